// HistoryGenerator invents calls that get into each other's way: few users, few campaigns, coupons that are
// used again and again, request ids that come back with the same or another body, fences, references that
// never were. It learns from the answers what it can refer to. The same seed and the same answers give the
// same calls, but for instants.
#pragma once

#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "history_call.h"

namespace tessera::contract {

class HistoryGenerator {
 public:
  using HomeOf = std::function<uint32_t(const std::string&)>;

  HistoryGenerator(uint64_t seed, core::Shape shape, HomeOf home);

  // The next call; `now` is the store's time.
  HistoryCall Next(core::InstantMs now);
  void Learn(const HistoryCall& call, const std::vector<Answer>& answers);

  const std::vector<std::string>& campaigns() const { return campaigns_; }
  const std::vector<core::CouponNumber>& coupons() const { return all_coupons_; }
  const std::vector<core::CodeNumber>& codes() const { return all_codes_; }
  // A claim by a user that the history has not met.
  HistoryCall ClaimOfAStranger(const std::string& campaign_id, core::InstantMs now);

 private:
  static constexpr uint32_t kUsers = 10;

  struct KnownCoupon {
    core::CouponNumber number;
    core::UserKey user;
  };

  uint64_t Random(uint64_t below) { return random_() % below; }
  bool Chance(int percent) { return Random(100) < static_cast<uint64_t>(percent); }
  template <class Pool>
  const auto& Any(const Pool& pool) {
    return pool[Random(pool.size())];
  }

  storage::Operation NewOp(storage::Method method, core::InstantMs now);
  core::UserKey UserOf(uint32_t i) const;
  core::Window AnyWindow(core::InstantMs now);
  core::Offer AnyOffer();
  core::UseLimits AnyUseLimits();
  core::CampaignDefinition AnyDefinition(core::InstantMs now);
  std::string RecentCampaign();
  core::CouponNumber AnyCoupon();
  core::CodeNumber AnyCode();
  // A coupon's own number, or a code.
  core::CouponName AnyName();
  core::OpRef AnyRef(const std::deque<core::OpRef>& pool, const std::deque<core::OpRef>& wrong_pool);
  uint32_t PartitionOf(const HistoryCall& call) const;

  HistoryCall Create(core::InstantMs now);
  HistoryCall Update(core::InstantMs now);
  HistoryCall Move(core::InstantMs now);
  HistoryCall Issue(core::InstantMs now);
  HistoryCall Use(CallKind kind, storage::Method method, core::InstantMs now);
  // The coupons that a user, or nobody, uses together.
  void ChooseStack(HistoryCall& call);
  // Coupons that a user has and that were not used, as far as is known: so that several can be used together.
  std::vector<core::CouponName> FreshOf(const core::UserKey& user) const;
  // What is likely to come of it next.
  void FollowUp(const storage::Reservation& reservation);
  void FollowUp(const storage::Redemption& redemption);
  void FillOrder(core::Order& order);
  HistoryCall Settle(CallKind kind, storage::Method method, core::InstantMs now);
  // All of a redemption, or some part of it.
  void ChooseReturn(HistoryCall& call);
  HistoryCall Revoke(core::InstantMs now);
  HistoryCall GenerateCodes(core::InstantMs now);
  HistoryCall Bind(core::InstantMs now);
  HistoryCall Read(CallKind kind);
  HistoryCall AboutOperation(CallKind kind, core::InstantMs now);
  HistoryCall Again();

  std::mt19937_64 random_;
  const core::Shape shape_;
  const HomeOf home_;
  core::InstantMs now_ = 0;  // of the call made last
  uint64_t fresh_ = 0;
  uint32_t strangers_ = 0;
  std::deque<HistoryCall> due_;  // calls that are to come next
  std::vector<std::string> campaigns_;
  std::map<std::string, int64_t> versions_;
  std::vector<core::CouponNumber> all_coupons_;
  std::deque<KnownCoupon> coupons_;
  std::set<core::CouponNumber> used_;
  std::deque<core::CodeNumber> codes_;
  std::vector<core::CodeNumber> all_codes_;
  std::deque<core::OpRef> reservations_;
  std::map<core::OpRef, storage::Reservation> reserved_;
  std::deque<core::OpRef> redemptions_;
  std::map<core::OpRef, storage::Redemption> redeemed_;
  std::deque<HistoryCall> past_;
  std::deque<storage::Operation> fenced_;
};

}  // namespace tessera::contract
