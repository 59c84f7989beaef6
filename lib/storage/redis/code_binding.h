#pragma once

#include <optional>
#include <string>

#include "storage/code_store.h"
#include "storage/redis/code_ranges.h"
#include "storage/redis/code_taking.h"
#include "storage/redis/coupon_reader.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// Binds codes that belong to nobody: takes one at its home, makes a coupon of it in the user's wallet, and
// tells the home. Says what codes are. Loop thread only.
class CodeBinding {
 public:
  CodeBinding(const Backend& backend, CampaignDirectory& directory, const CouponReader& coupons,
              const Outcomes& outcomes, CodeRanges& ranges, const CodeTaking& taking)
      : backend_(backend),
        directory_(directory),
        coupons_(coupons),
        outcomes_(outcomes),
        ranges_(ranges),
        taking_(taking) {}

  async::Task<core::Result<Issued>> Bind(BindIntent intent);
  async::Task<core::Result<CodeView>> Get(core::CodeNumber code, Deadline deadline);

 private:
  // One binding on its way: what is asked for, and what is known by now.
  struct Use {
    BindIntent intent;
    KnownCampaignPtr campaign;
    core::Window day;  // that the user's quota counts; empty without
    OperationPlace place;
    CodeHolder holder;
    std::optional<core::Error> refusal;  // of the service, from data that can't change under the version
  };
  // How one came out; neither: the code was revoked.
  struct Done {
    std::optional<ScriptReply> reply;  // the script's OK
    std::optional<core::CouponNumber>
        made;  // somebody, who may have sent the same call, made this coupon of it
  };

  async::Task<core::Result<Done>> Run(Use* use);
  async::Task<core::Result<std::optional<Done>>> Decide(Use* use);
  core::Status Locate(Use* use) const;
  void Judge(Use* use) const;
  redis::Command BuildCommand(const Use& use) const;
  std::string PackTerms(const Use& use) const;
  core::Error Refusal(const Use& use, const ScriptReply& reply) const;
  // Tells the code's home what the record says, as far as that is quickly done.
  async::Task<void> TellHome(const Use* use, std::string record);
  async::Task<core::Result<Issued>> BoundAlready(const Use* use, core::CouponNumber coupon);

  const Backend& backend_;
  CampaignDirectory& directory_;
  const CouponReader& coupons_;
  const Outcomes& outcomes_;
  CodeRanges& ranges_;
  const CodeTaking& taking_;
};

}  // namespace tessera::storage
