// StoreFixture has the port's calls in a few words each; StoreContract is that on a fresh store of each kind
// that the program names. Every call blocks the test's thread until it has answered.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "answer.h"
#include "deciding.h"
#include "store_under_test.h"
#include "tests/support/refusals.h"

namespace tessera::core {

// How GoogleTest shows a result that was not as expected.
template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  if constexpr (std::is_constructible_v<contract::Value, T> || std::is_same_v<T, storage::CampaignPtr> ||
                std::is_same_v<T, storage::Verdict> || std::is_same_v<T, storage::Explanation>) {
    *out << contract::Describe(contract::ToAnswer(result));
  } else {
    *out << (result.ok() ? "a value" : contract::Describe(contract::Answer(result.error())));
  }
}

}  // namespace tessera::core

namespace tessera::contract {

class StoreFixture : public ::testing::Test {
 public:
  template <class T>
  T Await(async::Task<T> task) {
    return store_->loop().RunUntilDone(std::move(task));
  }

  core::InstantMs Now() { return store_->Now(); }
  void Wait(int64_t ms) { store_->WaitUntil(Now() + ms); }

  // A call nobody made before, with a version 7 request id of now and a minute to run.
  storage::Operation NewOp(storage::Method method);
  static storage::Deadline Soon();
  static storage::Deadline Past();

  // The i-th user; users are spread over partitions and buckets. UserBeside shares partition and bucket with
  // User(i).
  static core::UserKey User(uint32_t i);
  static core::UserKey UserBeside(uint32_t i);

  // Amount off 500, EUR, both windows from an hour ago for 30 days, no limits, UTC.
  core::CampaignDefinition Definition();
  // Creates, and activates. Ids are fresh.
  std::string Draft(const core::CampaignDefinition& definition);
  std::string Active(const core::CampaignDefinition& definition);
  std::string Active() { return Active(Definition()); }

  core::Result<storage::CampaignChanged> Move(const std::string& campaign_id, core::Transition transition);
  // At the present version; `change` is applied to the definition, and core::MayUpdate judges it.
  core::Result<storage::CampaignChanged> Update(const std::string& campaign_id,
                                                std::function<void(core::CampaignDefinition&)> change);
  core::Campaign Get(const std::string& campaign_id);

  core::Result<storage::Issued> Claim(const std::string& campaign_id, const core::UserKey& user);
  core::Result<storage::Issued> Claim(const std::string& campaign_id, const core::UserKey& user,
                                      const storage::Operation& op);
  std::vector<core::Result<storage::Issued>> Issue(storage::IssueIntent intent);
  // A coupon of `campaign_id` for User(i); the test fails when it is refused.
  core::CouponNumber Coupon(const std::string& campaign_id, uint32_t i);
  core::Result<storage::Coupon> GetCoupon(core::CouponNumber number);
  storage::CouponState StateOf(core::CouponNumber number);
  // All pages, newest first.
  std::vector<storage::Coupon> Wallet(const core::UserKey& user);

  // Of an order of 2000, without a user.
  storage::UseIntent Use(storage::Method method, core::CouponName coupon, const std::string& order_id);
  // Of User(i), together.
  storage::UseIntent Use(storage::Method method, std::vector<core::CouponName> coupons, uint32_t user,
                         const std::string& order_id);
  // One coupon's refusal is the answer.
  core::Result<storage::Verdict> Validate(storage::UseIntent intent);
  core::Result<storage::Verdict> Validate(core::CouponName coupon, const std::string& order_id);
  core::Result<storage::Redemption> Redeem(storage::UseIntent intent);
  core::Result<storage::Redemption> Redeem(core::CouponName coupon, const std::string& order_id);
  // By another operation than a redemption with the same intent.
  core::Result<storage::Reservation> Reserve(storage::UseIntent intent, int64_t ttl_ms = 60'000);
  core::Result<storage::Reservation> Reserve(core::CouponNumber coupon, const std::string& order_id,
                                             int64_t ttl_ms = 60'000);
  core::Result<storage::Redemption> Commit(const storage::Reservation& reservation);
  core::Result<storage::Released> Release(const core::OpRef& reservation);
  core::Result<storage::RolledBack> Rollback(const core::OpRef& redemption);
  core::Result<storage::Revoked> Revoke(core::CouponName coupon, storage::ReservedPolicy policy,
                                        bool return_stock);

  // Applies all events, then reads. `Sweep` books everything that is due, in every partition.
  storage::CampaignTotals Totals(const std::string& campaign_id);
  int64_t ApplyAll();
  storage::SweepReport Sweep();
  // No difference may be found at any depth.
  void ExpectVerified();

  std::unique_ptr<StoreUnderTest> store_;

 private:
  uint64_t fresh_ = 0;
};

// The suites' base: each case runs on every store of the program.
template <class Fixture>
class Contract : public Fixture, public ::testing::WithParamInterface<StoreFactory> {
 protected:
  void SetUp() override { this->store_ = GetParam().make(); }
};
using StoreContract = Contract<StoreFixture>;

inline core::Order OrderOf(int64_t total_minor) {
  core::Order order;
  order.order_id = "o";
  order.currency = *core::Currency::Parse("EUR", "currency");
  order.lines.push_back({"1", "sku", 1, total_minor});
  return order;
}

inline storage::Decide Deciding(int64_t total_minor) { return DecideFor(OrderOf(total_minor)); }

// Refuses every candidate.
inline storage::Decide Refusing(core::Reason reason) {
  return [reason](std::span<const storage::Candidate> candidates, core::InstantMs) {
    std::vector<storage::RefusedCandidate> refused;
    for (size_t i = 0; i < candidates.size(); ++i) refused.push_back({i, core::Error(reason, "so decided")});
    storage::Decision decision;
    decision.stack = std::move(refused);
    return decision;
  };
}

// Makes `intent` one of another order, of the same id.
void Buy(storage::UseIntent& intent, core::Order order);
inline void Buy(storage::UseIntent& intent, int64_t total_minor) { Buy(intent, OrderOf(total_minor)); }

// Of a redemption or reservation of one coupon; the test fails when it is one of several.
template <class Use>
const core::AppliedCoupon& TheCoupon(const Use& use) {
  static const core::AppliedCoupon none{.key = {.campaign_id = "", .name = core::CouponNumber{}}};
  EXPECT_EQ(use.coupons.size(), 1u);
  return use.coupons.size() == 1 ? use.coupons.front() : none;
}
template <class Use>
core::CouponNumber NumberOf(const Use& use) {
  return std::get<core::CouponNumber>(TheCoupon(use).key.name);
}
template <class Use>
std::string CampaignOf(const Use& use) {
  return TheCoupon(use).key.campaign_id;
}
// Of a rollback of one coupon, whole.
inline bool Restored(const storage::RolledBack& back) {
  EXPECT_TRUE(back.whole);
  EXPECT_EQ(back.coupons.size(), 1u);
  return back.coupons.size() == 1 && back.coupons.front().restored;
}

// EXPECT_THAT(result, Refuses(Reason::kStock)), with metadata that must be among the error's where given.
MATCHER_P(Refuses, reason, std::string("is refused with ") + std::string(core::ReasonName(reason))) {
  if (arg.ok()) return false;
  *result_listener << "which is refused with " << core::ReasonName(arg.error().reason);
  NoteRefusal(core::ReasonName(arg.error().reason));
  return arg.error().reason == reason;
}
MATCHER_P3(RefusesWith, reason, key, value,
           "is refused with " + std::string(core::ReasonName(reason)) + " and metadata") {
  if (arg.ok()) return false;
  *result_listener << "which is " << Describe(Answer(arg.error()));
  NoteRefusal(core::ReasonName(arg.error().reason));
  const std::pair<std::string, std::string> entry{key, value};
  const auto& metadata = arg.error().metadata;
  return arg.error().reason == reason && std::find(metadata.begin(), metadata.end(), entry) != metadata.end();
}
MATCHER(Succeeds, "succeeds") {
  if (!arg.ok()) *result_listener << "which is " << Describe(Answer(arg.error()));
  return arg.ok();
}

inline std::string StoreName(const ::testing::TestParamInfo<StoreFactory>& info) { return info.param.name; }

// Holds every store of the program to the cases of `suite`.
#define TESSERA_CONTRACT(suite) \
  INSTANTIATE_TEST_SUITE_P(Store, suite, ::testing::ValuesIn(StoreFactories()), StoreName)

}  // namespace tessera::contract
