#include "tests/unit/services/redeemer_bench.h"

namespace tessera::redeemer {
namespace {

// The model, with something that comes in between before each reservation.
class BusyStore final : public storage::RedemptionStore {
 public:
  explicit BusyStore(storage::RedemptionStore& store) : store_(store) {}

  std::function<void(const storage::ReserveIntent&)> before_reserve = [](const auto&) {};
  int reserves = 0;

  template <class T>
  using Answer = async::Task<core::Result<T>>;

  Answer<storage::Reservation> Reserve(storage::ReserveIntent intent) override {
    ++reserves;
    before_reserve(intent);
    return store_.Reserve(std::move(intent));
  }
  Answer<storage::Verdict> Validate(storage::UseIntent intent) override {
    return store_.Validate(std::move(intent));
  }
  Answer<storage::Redemption> Redeem(storage::UseIntent intent) override {
    return store_.Redeem(std::move(intent));
  }
  Answer<storage::Redemption> Commit(storage::CommitIntent intent) override {
    return store_.Commit(std::move(intent));
  }
  Answer<storage::Released> Release(storage::ReleaseIntent intent) override {
    return store_.Release(std::move(intent));
  }
  Answer<storage::RolledBack> Rollback(storage::RollbackIntent intent) override {
    return store_.Rollback(std::move(intent));
  }
  Answer<storage::RedemptionView> GetRedemption(core::OpRef ref, storage::Deadline deadline) override {
    return store_.GetRedemption(ref, deadline);
  }
  Answer<storage::Explanation> Explain(core::OpRef ref, storage::Deadline deadline) override {
    return store_.Explain(ref, deadline);
  }
  Answer<storage::OperationStatus> GetOperation(storage::OperationQuery query) override {
    return store_.GetOperation(std::move(query));
  }
  Answer<storage::OperationStatus> FenceOperation(storage::OperationQuery query) override {
    return store_.FenceOperation(std::move(query));
  }

 private:
  storage::RedemptionStore& store_;
};

class OptimizeTest : public StackBench {
 protected:
  pb::OptimizeCouponsRequest Question(const std::vector<std::string>& coupons = {}) {
    auto request = UseOf<pb::OptimizeCouponsRequest>("ada", coupons);
    request.set_objective(pb::OPTIMIZE_OBJECTIVE_CUSTOMER_MAX);
    return request;
  }
  pb::OptimizeCouponsRequest Reserving(const std::vector<std::string>& coupons = {}) {
    auto request = Question(coupons);
    request.set_request_id(NextId());
    request.mutable_reserve_ttl()->set_seconds(60);
    return request;
  }
  core::Result<pb::OptimizeCouponsResponse> Optimize(const pb::OptimizeCouponsRequest& request) {
    return Call(busy_choices_, &OptimizeHandlers::OptimizeCoupons, request);
  }
  // What another call does while one is under way, on a loop of its own: the model never waits.
  void RedeemMeanwhile(const std::string& coupon_id) {
    auto request = UseOf<pb::RedeemCouponsRequest>("ada", {coupon_id});
    request.set_request_id(NextId());
    const server::CallContext context(info_, caller_,
                                      std::chrono::steady_clock::now() + std::chrono::seconds(5), {});
    async::EventLoop loop;
    EXPECT_TRUE(loop.RunUntilDone(redemptions_.RedeemCoupons(context, request)).ok());
  }
  static std::vector<std::string> IdsOf(const pb::CouponSet& set) {
    std::vector<std::string> ids;
    for (const auto& coupon : set.coupons()) ids.push_back(coupon.applied().coupon_id());
    return ids;
  }
  static std::vector<std::string> IdsOf(const pb::Reservation& reservation) {
    std::vector<std::string> ids;
    for (const auto& coupon : reservation.coupons()) ids.push_back(coupon.coupon_id());
    return ids;
  }
  using Ids = std::vector<std::string>;

  BusyStore busy_{store_};
  OptimizeHandlers busy_choices_{busy_, store_, reader_, tools_, metrics_};
};

TEST_F(OptimizeTest, TheBestOfAWalletIsWhatRedeemWouldTakeOff) {
  const auto answer = Optimize(Question());
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(IdsOf(answer->best()), (Ids{five_, seven_}));
  EXPECT_EQ(answer->best().discount().amount_minor(), 1'200);
  EXPECT_EQ(IdsOf(answer->runner_up()), Ids{alone_});
  ASSERT_EQ(answer->unused_size(), 1);
  EXPECT_EQ(answer->unused(0).coupon_id(), alone_);
  EXPECT_EQ(answer->unused(0).refusal().reason(), pb::ERROR_REASON_COUPON_EXCLUSIVE);
  EXPECT_TRUE(answer->best_is_proven());
  EXPECT_TRUE(answer->runner_up_is_proven());
  EXPECT_FALSE(answer->has_reservation());
  EXPECT_EQ(Optimize(Question())->SerializeAsString(), answer->SerializeAsString());
  const auto redeemed = Redeem("ada", IdsOf(answer->best()));
  ASSERT_TRUE(redeemed.ok());
  EXPECT_EQ(redeemed->redemption().discount().amount_minor(), 1'200);
}

TEST_F(OptimizeTest, TheMerchantsBestCostsLeast) {
  auto request = Question();
  request.set_objective(pb::OPTIMIZE_OBJECTIVE_MERCHANT_MIN);
  EXPECT_EQ(IdsOf(Optimize(request)->best()), Ids{alone_});
}

TEST_F(OptimizeTest, NamedCouponsHaveTheirPlaces) {
  const std::string code = PrintCode("seven");
  const auto answer = Optimize(Question({alone_, code, "c-1", five_}));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  ASSERT_EQ(answer->best().coupons_size(), 2);
  EXPECT_EQ(answer->best().coupons(0).place(), 3);
  EXPECT_EQ(answer->best().coupons(1).place(), 1);
  EXPECT_EQ(answer->best().coupons(1).applied().coupon_id(), "");
  std::map<int, pb::ErrorReason> unused;
  for (const auto& coupon : answer->unused()) unused[coupon.place()] = coupon.refusal().reason();
  const std::map<int, pb::ErrorReason> expected = {{0, pb::ERROR_REASON_COUPON_EXCLUSIVE},
                                                   {2, pb::ERROR_REASON_COUPON_NOT_FOUND}};
  EXPECT_EQ(unused, expected);
  const auto wrong = Optimize(Question({five_, "0000-0000-0000-0000"}));
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(Fact(wrong.error(), "field"), "coupons[1].code");
}

TEST_F(OptimizeTest, AnEmptyWalletHasAnEmptyBest) {
  auto request = Question();
  request.set_user_id("bob");
  const auto answer = Optimize(request);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->best().coupons_size(), 0);
  EXPECT_EQ(answer->best().payable().amount_minor(), 6'000);
  request = Reserving();
  request.set_user_id("bob");
  const auto refused = Optimize(request);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kNotApplicable);
}

TEST_F(OptimizeTest, TheBestSetIsReservedOnce) {
  const auto request = Reserving();
  const auto reserved = Optimize(request);
  ASSERT_TRUE(reserved.ok()) << reserved.error().message;
  EXPECT_EQ(IdsOf(reserved->reservation()), (Ids{five_, seven_}));
  EXPECT_EQ(reserved->reservation().expire_time().seconds(), now_ms_ / 1000 + 60);
  EXPECT_FALSE(reserved->has_best());
  // The same request, when there would be a better set: the same bytes.
  OpenCampaign("thirty", Amount(3'000));
  Claim("thirty", "ada");
  now_ms_ += 1'000;
  const auto again = Optimize(request);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->SerializeAsString(), reserved->SerializeAsString());
  auto other = request;
  other.set_objective(pb::OPTIMIZE_OBJECTIVE_MERCHANT_MIN);
  const auto reused = Optimize(other);
  ASSERT_FALSE(reused.ok());
  EXPECT_EQ(reused.error().reason, core::Reason::kRequestIdReused);
  // It is found as a reservation.
  pb::GetOperationRequest ask;
  ask.mutable_operation()->set_request_id(request.request_id());
  ask.mutable_operation()->set_method(pb::METHOD_RESERVE_COUPONS);
  ask.mutable_operation()->set_user_id("ada");
  const auto found = Call(operations_, &OperationHandlers::GetOperation, ask);
  EXPECT_EQ(found->operation().reserve_coupons().reservation().SerializeAsString(),
            reserved->reservation().SerializeAsString());
  // The order may choose again among what it holds.
  const auto better = Optimize(Reserving());
  ASSERT_TRUE(better.ok()) << better.error().message;
  EXPECT_EQ(better->reservation().discount().amount_minor(), 4'200);
}

TEST_F(OptimizeTest, WhatWasLostMeanwhileIsChosenAround) {
  busy_.before_reserve = [&](const storage::ReserveIntent& intent) {
    if (intent.use.coupons.size() == 2) RedeemMeanwhile(seven_);
  };
  const auto reserved = Optimize(Reserving());
  ASSERT_TRUE(reserved.ok()) << reserved.error().message;
  EXPECT_EQ(IdsOf(reserved->reservation()), Ids{alone_});
  EXPECT_EQ(busy_.reserves, 2);
}

TEST_F(OptimizeTest, AfterFourChoicesItTells) {
  for (int i = 0; i < 6; ++i) Claim("five", "ada");
  busy_.before_reserve = [&](const storage::ReserveIntent& intent) {
    RedeemMeanwhile(std::get<core::CouponNumber>(intent.use.coupons.front()).ToId());
  };
  const auto refused = Optimize(Reserving());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kContended);
  EXPECT_EQ(busy_.reserves, 4);
}

TEST_F(OptimizeTest, NoOrderHoldsACodeThatBelongsToNobody) {
  const auto reserved = Optimize(Reserving({PrintCode("seven"), five_}));
  ASSERT_TRUE(reserved.ok()) << reserved.error().message;
  EXPECT_EQ(IdsOf(reserved->reservation()), Ids{five_});
}

}  // namespace
}  // namespace tessera::redeemer
