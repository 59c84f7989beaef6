#pragma once

#include <optional>
#include <string>

#include "async/task.h"
#include "core/ids.h"
#include "core/result.h"
#include "storage/coupon_store.h"
#include "storage/operation.h"

namespace tessera::storage {

struct GenerateCodesIntent {
  Operation op;
  std::string campaign_id;
  uint64_t count = 0;  // 1 or more
  uint8_t code_key_id = 0;
};

struct BindIntent {
  Operation op;
  core::CodeNumber code;
  core::UserKey user;
  uint8_t code_key_id = 0;  // of the coupon's own code
};

// A code as it stands.
struct CodeView {
  std::string campaign_id;
  core::Window usable;                       // its campaign's use window
  std::optional<core::CouponNumber> coupon;  // that was made of it; absent while it belongs to nobody
  // While it belongs to nobody: kIssued, kExpired, kRevoked, or kRedeemed when it is good several times and
  // all uses are taken.
  CouponState state = CouponState::kIssued;
  bool operator==(const CodeView&) const = default;
};

// Codes that are made before they have a user, each good once, for whoever brings it first: printed, mailed
// or handed to partners. A code becomes a coupon in a wallet when it is bound or used; until then nothing is
// stored of it. It spends no stock, for its batch has its own size, but a user's quotas. RedemptionStore uses
// such codes; the protocol that keeps it to once is in ARCHITECTURE.md and is model-checked in
// tests/model/take_code.pml. All methods run on the event loop's thread.
class CodeStore {
 public:
  virtual ~CodeStore() = default;

  // CAMPAIGN_NOT_FOUND, CAMPAIGN_NOT_ACTIVE, _PAUSED, _ENDED; STORAGE_FULL when so many numbers are not left.
  virtual async::Task<core::Result<GeneratedCodes>> GenerateCodes(GenerateCodesIntent intent) = 0;

  // Makes a coupon of the code in the user's wallet; to the same user it answers the same coupon again.
  // COUPON_NOT_FOUND, CODE_ALREADY_BOUND, COUPON_ALREADY_REDEEMED, COUPON_REVOKED, COUPON_EXPIRED,
  // CAMPAIGN_PAUSED, USER_QUOTA, USER_QUOTA_PER_DAY.
  virtual async::Task<core::Result<Issued>> Bind(BindIntent intent) = 0;

  // COUPON_NOT_FOUND.
  virtual async::Task<core::Result<CodeView>> GetCode(core::CodeNumber code, Deadline deadline) = 0;
};

}  // namespace tessera::storage
