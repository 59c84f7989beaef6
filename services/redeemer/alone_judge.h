#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "async/task.h"
#include "core/campaign.h"
#include "core/order.h"
#include "core/stacking.h"
#include "storage/coupon_store.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// A coupon, judged as if it were the only one.
struct JudgedAlone {
  core::CouponName coupon;  // as it was asked for
  std::string campaign_id;  // empty where there is no such coupon
  std::variant<core::AppliedCoupon, core::Error> says;
  std::shared_ptr<const core::Campaign> campaign;  // that it was judged by, where it can be used
  std::optional<int64_t> discount_max_minor;       // what its campaign's budget had left for it
};

// Coupons of a wallet, judged. Many have one judgement, and are not given a copy each.
struct JudgedWallet {
  // A coupon that is issued or reserved.
  struct Entry {
    size_t coupon = 0;  // its place in the wallet
    size_t judged = 0;  // the place of what is said of it; there another coupon may be named
  };
  std::vector<Entry> entries;  // in the wallet's order
  std::vector<JudgedAlone> judged;
};

// Whose coupons are judged, on what, and until when.
struct AloneQuestion {
  core::UserKey user;
  core::Order order;
  storage::Deadline deadline{};
};

// A coupon to be judged.
struct AskedCoupon {
  core::CouponName coupon;
  std::string campaign_id = {};  // empty where it is not known
};

// What is said of each coupon of the wallet, by its own name.
std::vector<JudgedAlone> OneByOne(const JudgedWallet& wallet, const std::vector<storage::Coupon>& coupons);

// Asks the store about each of many coupons of one user, side by side, and in one call where they don't spend
// the same limits. Loop thread only; the store must outlive it.
class AloneJudge {
 public:
  using Judged = std::vector<JudgedAlone>;

  explicit AloneJudge(storage::RedemptionStore& store) : store_(store) {}

  // Each as if it were the only one, in their order. Refused itself only where the store can't tell.
  async::Task<core::Result<Judged>> Each(AloneQuestion question, std::vector<AskedCoupon> coupons);

  // Coupons as a wallet's page has them, those that are neither issued nor reserved left out; it must outlive
  // the Task. Coupons of one campaign are worth the same on one order, so one of them is judged for all whose
  // time it is, and the wallet's word is taken for the rest. The store is asked only where the page, with its
  // campaigns, does not tell as much.
  async::Task<core::Result<JudgedWallet>> Wallet(AloneQuestion question, const storage::WalletPage* page);

 private:
  storage::RedemptionStore& store_;
};

}  // namespace tessera::redeemer
