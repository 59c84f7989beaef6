#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/optimizer.h"
#include "core/order.h"
#include "coupon/v1/judgement.pb.h"
#include "services/redeemer/alone_judge.h"

namespace tessera::redeemer {

// The choice of the best set among coupons that were judged alone, and what is found out about them since.
// The same coupons give the same choice, in whatever order they are listed. Loop thread only.
class CouponChoice {
 public:
  // `listed`: the coupons of the request, by their places in it; none for the wallet's.
  CouponChoice(core::Order order, core::Objective objective, AloneJudge::Judged judged,
               std::vector<core::CouponName> listed);

  // Chooses among those that were not refused. REQUIRES before the rest: called once, and again after Refuse.
  void Choose();

  // The coupons of the best set, in the order in which they are applied, and what they take off.
  const std::vector<core::AppliedCoupon>& best() const { return chosen_.best.applied; }
  std::vector<core::CouponName> BestNames() const;
  // This coupon is out, for a reason that the offers don't show: it was lost to another call, or a limit of
  // its campaign is spent by others of the set.
  void Refuse(const core::CouponName& coupon, core::Error why);
  // There are coupons that none of the choices is among.
  void LeaveSomeOut() { limited_ = true; }
  // The same of all coupons of its campaign but those: the limit is spent by these.
  void RefuseBut(const std::string& campaign_id, const std::set<core::CouponName>& kept,
                 const core::Error& why);
  // This coupon takes off no more than that beside the others: its campaign's budget has no more left.
  void Limit(const core::CouponName& coupon, int64_t discount_max_minor);

  coupon::v1::OptimizeCouponsResponse Answer() const;

 private:
  struct Candidate {
    core::CouponKey key;  // as the store found it
    std::shared_ptr<const core::Campaign> campaign;
    std::optional<int64_t> discount_max_minor;  // what its campaign's budget has left for it
    std::optional<size_t> place;                // in the request
    std::optional<core::Error> refused;         // whatever the others are
  };

  void KeepTheBest();
  const Candidate& Of(const core::CouponKey& key) const { return candidates_.at(key); }
  coupon::v1::CouponSet ToProto(const core::PricedStack& stack) const;
  coupon::v1::UnusedCoupon Unused(const Candidate& candidate, const core::Error& why) const;

  core::Order order_;
  std::vector<std::string> line_ids_;
  core::Objective objective_;
  std::vector<core::CouponName> listed_;
  std::map<core::CouponKey, Candidate> candidates_;
  std::vector<Candidate> twice_;              // found to be one of those
  std::map<core::CouponKey, int64_t> worth_;  // of each that can be used alone
  core::OptimizedSet chosen_;
  bool limited_ = false;  // not all were chosen among, or as their offers are
};

}  // namespace tessera::redeemer
