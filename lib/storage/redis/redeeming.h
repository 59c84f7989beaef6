#pragma once

#include <optional>
#include <string>

#include "storage/redemption_store.h"
#include "storage/redis/coupon_reader.h"
#include "storage/redis/outcomes.h"

namespace tessera::storage {

// Uses coupons of wallets: judges by the campaign in C++ and by the instant in the script, as often as the
// campaign moves on in between. Intents name their coupons by coupons' numbers. Loop thread only.
class Redeeming {
 public:
  Redeeming(const Backend& backend, CampaignDirectory& directory, const CouponReader& coupons,
            const Outcomes& outcomes)
      : backend_(backend), directory_(directory), coupons_(coupons), outcomes_(outcomes) {}

  async::Task<core::Result<Verdict>> Validate(UseIntent intent);
  async::Task<core::Result<Redemption>> Redeem(UseIntent intent);
  async::Task<core::Result<Reservation>> Reserve(ReserveIntent intent);

 private:
  // What a use came to: the script's OK or PASS, with the campaign and discount that it was judged by.
  struct Use {
    ScriptReply reply;
    OperationPlace place;
    KnownCampaignPtr campaign;
    core::Discount discount;
  };

  // `ttl_ms` makes it a reservation; `judge_only` stops before the first write.
  async::Task<core::Result<Use>> Run(UseIntent intent, std::optional<int64_t> ttl_ms, bool judge_only);
  template <class T>
  async::Task<core::Result<T>> Answer(Operation op, uint32_t partition, core::Result<Use> use);
  async::Task<core::Error> Refusal(ScriptReply reply, core::CouponNumber coupon, KnownCampaignPtr campaign,
                                   Deadline deadline);
  redis::Command BuildCommand(const UseIntent& intent, std::optional<int64_t> ttl_ms, bool judge,
                              const Use& use) const;

  const Backend& backend_;
  CampaignDirectory& directory_;
  const CouponReader& coupons_;
  const Outcomes& outcomes_;
};

}  // namespace tessera::storage
