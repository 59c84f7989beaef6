#pragma once

#include <optional>
#include <string>
#include <variant>

#include "storage/code_store.h"
#include "storage/redis/code_ranges.h"
#include "storage/redis/code_taking.h"
#include "storage/redis/coupon_reader.h"
#include "storage/redis/outcomes.h"
#include "storage/redis/redeeming.h"

namespace tessera::storage {

// Uses codes that belong to nobody: takes one at its home, makes a coupon of it in the user's wallet, and
// tells the home. Loop thread only.
class CodeUsing {
 public:
  CodeUsing(const Backend& backend, CampaignDirectory& directory, const CouponReader& coupons,
            const Outcomes& outcomes, CodeRanges& ranges, const CodeTaking& taking, Redeeming& redeeming)
      : backend_(backend),
        directory_(directory),
        coupons_(coupons),
        outcomes_(outcomes),
        ranges_(ranges),
        taking_(taking),
        redeeming_(redeeming) {}

  async::Task<core::Result<Issued>> Bind(BindIntent intent);
  // REQUIRES for both: intent.coupon is a code.
  async::Task<core::Result<Redemption>> Redeem(UseIntent intent);
  async::Task<core::Result<Verdict>> Validate(UseIntent intent);
  // CODE_NOT_BOUND unless a user has bound it. REQUIRES: the intent's coupon is a code.
  async::Task<core::Result<Reservation>> Reserve(ReserveIntent intent);
  async::Task<core::Result<CodeView>> Get(core::CodeNumber code, Deadline deadline);

 private:
  enum class Mode : uint8_t { kRedeem, kBind, kJudge };

  // One use on its way: what is asked for, and what is known by now.
  struct Use {
    Operation op;
    core::CodeNumber code;
    core::UserKey user;
    bool named = false;  // the caller named the user
    Mode mode = Mode::kRedeem;
    uint8_t code_key_id = 0;
    std::string order_id;
    Decide decide;

    KnownCampaignPtr campaign;
    core::Window day;  // that the user's quota counts; empty without
    OperationPlace place;
    CodeHolder holder;
    core::Discount discount;
    std::optional<core::Error> refusal;  // of the service, from data that can't change under the version
  };
  // How one came out; neither: the code was revoked.
  struct Done {
    std::optional<ScriptReply> reply;  // the script's OK or PASS
    std::optional<core::CouponNumber>
        made;  // somebody, who may have sent the same call, made this coupon of the code
  };

  Use UseOf(const UseIntent& intent) const;
  async::Task<core::Result<Redemption>> RedeemOnce(UseIntent intent);
  async::Task<core::Result<Done>> Run(Use* use);
  async::Task<core::Result<std::optional<Done>>> DecideUse(Use* use);
  core::Status Locate(Use* use) const;
  core::Status Judge(Use* use) const;
  redis::Command BuildCommand(const Use& use) const;
  std::string PackTerms(const Use& use) const;
  core::Error Refusal(const Use& use, const ScriptReply& reply) const;
  // Tells the code's home what the record says, as far as that is quickly done.
  async::Task<void> TellHome(const Use* use, std::string record);
  // What a call answers, now or as it did before; or the coupon that somebody else made of the code.
  template <class T>
  using Came = std::variant<T, core::CouponNumber>;
  template <class T>
  async::Task<core::Result<Came<T>>> Try(Use* use);
  async::Task<core::Result<Issued>> BoundAlready(const Use* use, core::CouponNumber coupon);
  async::Task<core::Error> RefusalToGuest(core::CouponNumber coupon, Deadline deadline);

  const Backend& backend_;
  CampaignDirectory& directory_;
  const CouponReader& coupons_;
  const Outcomes& outcomes_;
  CodeRanges& ranges_;
  const CodeTaking& taking_;
  Redeeming& redeeming_;
};

}  // namespace tessera::storage
