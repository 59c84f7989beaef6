#pragma once

#include <optional>
#include <string>

#include "storage/redis/code_ranges.h"
#include "storage/redis/coupon_reader.h"
#include "storage/redis/outcomes.h"
#include "storage/redis/stack_codes.h"
#include "storage/redis/stack_money.h"
#include "storage/redis/stack_refusals.h"
#include "storage/redis/stack_use.h"

namespace tessera::storage {

// Uses coupons of a wallet, and codes that belong to nobody, together on one order. The service judges by
// data that can't change under a campaign's version, the script by the instant: as often as campaigns move on
// in between. Codes are taken at their homes first, and told after. Loop thread only.
class Redeeming {
 public:
  Redeeming(const Backend& backend, CampaignDirectory& directory, const CouponReader& coupons,
            const Outcomes& outcomes, CodeRanges& ranges, const StackCodes& codes, StackMoney& money,
            const ReceiptCodec& receipts)
      : backend_(backend),
        directory_(directory),
        coupons_(coupons),
        outcomes_(outcomes),
        refusals_(outcomes),
        ranges_(ranges),
        codes_(codes),
        money_(money),
        receipts_(receipts) {}

  async::Task<core::Result<Verdict>> Validate(UseIntent intent);
  async::Task<core::Result<Redemption>> Redeem(UseIntent intent);
  async::Task<core::Result<Reservation>> Reserve(ReserveIntent intent);

 private:
  using Mode = StackUse::Mode;

  template <class T>
  async::Task<core::Result<T>> Answer(UseIntent intent, Mode mode, int64_t ttl_ms);
  // The script's OK; or nothing, and the items say what stands against them.
  async::Task<core::Result<std::optional<ScriptReply>>> Run(StackUse* use);
  async::Task<core::Result<std::optional<ScriptReply>>> Attempts(StackUse* use);

  // Whose wallet it is, and which coupons there are.
  async::Task<core::Status> Resolve(StackUse* use);
  async::Task<core::Status> ReadWallet(StackUse* use);
  // What the service says as things stand.
  async::Task<core::Status> Judge(StackUse* use);
  core::Status Locate(StackUse* use) const;

  async::Task<core::Status> LearnCampaign(StackUse* use, int64_t version, size_t place);

  const Backend& backend_;
  CampaignDirectory& directory_;
  const CouponReader& coupons_;
  const Outcomes& outcomes_;
  const StackRefusals refusals_;
  CodeRanges& ranges_;
  const StackCodes& codes_;
  StackMoney& money_;
  const ReceiptCodec& receipts_;
};

}  // namespace tessera::storage
