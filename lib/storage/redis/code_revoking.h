#pragma once

#include "storage/coupon_store.h"
#include "storage/redis/code_ranges.h"
#include "storage/redis/code_taking.h"
#include "storage/redis/outcomes.h"
#include "storage/redis/settling.h"

namespace tessera::storage {

// Takes codes back: one that belongs to nobody at its home, one that became a coupon in its user's wallet.
// Loop thread only.
class CodeRevoking {
 public:
  CodeRevoking(const Backend& backend, const Outcomes& outcomes, CodeRanges& ranges, const CodeTaking& taking,
               Settling& settling)
      : backend_(backend), outcomes_(outcomes), ranges_(ranges), taking_(taking), settling_(settling) {}

  // REQUIRES: intent.coupon is a code.
  async::Task<core::Result<Revoked>> Revoke(RevokeIntent intent);

 private:
  async::Task<core::Result<ScriptReply>> Run(Operation op, core::CodeNumber code, CodeRange range,
                                             OperationPlace place) const;

  const Backend& backend_;
  const Outcomes& outcomes_;
  CodeRanges& ranges_;
  const CodeTaking& taking_;
  Settling& settling_;
};

}  // namespace tessera::storage
