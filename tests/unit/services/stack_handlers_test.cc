#include <set>

#include "tests/unit/services/redeemer_bench.h"

namespace tessera::redeemer {
namespace {

// The model has no limits of uses. This is one of whose campaigns each has room for one use more, as a budget
// may have: of coupons that are judged together in a call, the first of each campaign can be used.
class RoomForOne : public contract::MemoryStore {
 public:
  explicit RoomForOne(storage::RedemptionStore& store) : MemoryStore({}), store_(store) {}

  async::Task<core::Result<storage::Verdict>> Validate(storage::UseIntent intent) override {
    auto verdict = co_await store_.Validate(std::move(intent));
    if (!verdict.ok()) co_return verdict;
    std::set<std::string> spent;
    for (storage::CouponVerdict& one : verdict->coupons) {
      if (!spent.insert(one.campaign_id).second) one.says = core::Error(core::Reason::kBudget, "spent");
    }
    co_return verdict;
  }

 private:
  storage::RedemptionStore& store_;
};

// Stacks through the handlers, on the model. The order is of 60.00: three lines, 1, 2 and 3 pieces of 10.00.
class StackHandlersTest : public RedeemerBench {
 protected:
  void SetUp() override {
    OpenCampaign("five", Amount(500));
    OpenCampaign("seven", Amount(700));
    OpenCampaign("ten-alone", Exclusive(Amount(1'000)));
    five_ = Claim("five", "ada").coupon_id();
    seven_ = Claim("seven", "ada").coupon_id();
    alone_ = Claim("ten-alone", "ada").coupon_id();
  }

  // What the user's coupons take off order-1, as they are listed; 0 for those that can't be used.
  std::vector<int64_t> AmountsListed(JudgementHandlers& judgements, const std::string& user_id) {
    pb::ListEligibleCouponsRequest request;
    request.set_user_id(user_id);
    *request.mutable_order() = api::GoodOrder();
    const auto listed = Call(judgements, &JudgementHandlers::ListEligibleCoupons, request);
    EXPECT_TRUE(listed.ok());
    std::vector<int64_t> amounts;
    if (!listed.ok()) return amounts;
    for (const auto& coupon : listed->coupons()) {
      amounts.push_back(coupon.verdict().applicable().discount().amount_minor());
    }
    return amounts;
  }

  std::string five_, seven_, alone_;
};

TEST_F(StackHandlersTest, AStackIsOneRedemption) {
  const auto redeemed = Redeem("ada", {seven_, five_});
  ASSERT_TRUE(redeemed.ok()) << redeemed.error().message;
  const pb::Redemption& redemption = redeemed->redemption();
  EXPECT_EQ(redemption.discount().amount_minor(), 1'200);
  EXPECT_EQ(redemption.payable().amount_minor(), 4'800);
  ASSERT_EQ(redemption.coupons_size(), 2);
  EXPECT_EQ(redemption.coupons(0).coupon_id(), five_);
  EXPECT_EQ(redemption.coupons(0).lines_size(), 3);
  EXPECT_EQ(redemption.coupons(0).lines(0).line_id(), "line-0");
  EXPECT_EQ(redemption.coupons(1).coupon_id(), seven_);
  const auto again = Redeem("ada", {five_});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().reason, core::Reason::kCouponAlreadyRedeemed);
}

TEST_F(StackHandlersTest, WhatCannotGoTogetherIsRefusedByName) {
  const auto refused = Redeem("ada", {seven_, alone_});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kCouponExclusive);
  EXPECT_EQ(Fact(refused.error(), "coupon"), "coupons[1]");
  EXPECT_EQ(Fact(refused.error(), "other"), "coupons[0]");
  EXPECT_EQ(Fact(refused.error(), "other_coupon_id"), seven_);
}

TEST_F(StackHandlersTest, PartialLeavesOutAndSaysWhatAndWhy) {
  ASSERT_TRUE(Redeem("ada", {five_}).ok());
  auto request = UseOf<pb::RedeemCouponsRequest>("ada", {five_, seven_, alone_});
  request.set_request_id(NextId());
  request.set_partial(true);
  const auto redeemed = Call(redemptions_, &RedemptionHandlers::RedeemCoupons, request);
  ASSERT_TRUE(redeemed.ok()) << redeemed.error().message;
  EXPECT_EQ(redeemed->redemption().coupons_size(), 1);
  ASSERT_EQ(redeemed->redemption().left_out_size(), 2);
  const pb::LeftOutCoupon& used = redeemed->redemption().left_out(0);
  EXPECT_EQ(used.coupon_id(), five_);
  EXPECT_EQ(used.refusal().reason(), pb::ERROR_REASON_COUPON_ALREADY_REDEEMED);
  EXPECT_NE(used.refusal().ShortDebugString().find("coupons[0]"), std::string::npos);
  EXPECT_EQ(redeemed->redemption().left_out(1).refusal().reason(), pb::ERROR_REASON_COUPON_EXCLUSIVE);
  now_ms_ += 1'000;
  const auto again = Call(redemptions_, &RedemptionHandlers::RedeemCoupons, request);
  EXPECT_EQ(again->SerializeAsString(), redeemed->SerializeAsString());
}

TEST_F(StackHandlersTest, ValidateJudgesEachAndTheStack) {
  auto request = UseOf<pb::ValidateCouponsRequest>("ada", {seven_, alone_, "0000-0000-0000-0000", five_});
  auto answer = Call(judgements_, &JudgementHandlers::ValidateCoupons, request);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  ASSERT_EQ(answer->verdicts_size(), 4);
  EXPECT_EQ(answer->verdicts(0).applicable().discount().amount_minor(), 700);
  EXPECT_EQ(answer->verdicts(1).refusal().reason(), pb::ERROR_REASON_COUPON_EXCLUSIVE);
  EXPECT_EQ(answer->verdicts(2).refusal().reason(), pb::ERROR_REASON_INVALID_CODE);
  EXPECT_EQ(answer->verdicts(3).applicable().coupon_id(), five_);
  EXPECT_FALSE(answer->redeemable());
  EXPECT_EQ(answer->discount().amount_minor(), 1'200);
  EXPECT_EQ(answer->payable().amount_minor(), 4'800);
  request = UseOf<pb::ValidateCouponsRequest>("ada", {seven_, five_});
  answer = Call(judgements_, &JudgementHandlers::ValidateCoupons, request);
  EXPECT_TRUE(answer->redeemable());
}

TEST_F(StackHandlersTest, OneCouponByIdAndByCodeIsListedTwice) {
  const std::string code = Claim("five", "bob").code();
  const std::string id = Claim("seven", "bob").coupon_id();
  auto request = UseOf<pb::RedeemCouponsRequest>("bob", {code, id});
  request.set_request_id(NextId());
  const auto opened = api::OpenCode({code, "code"}, tools_.codes);
  request.add_coupons()->set_coupon_id(std::get<core::CouponNumber>(*opened).ToId());
  const auto refused = Call(redemptions_, &RedemptionHandlers::RedeemCoupons, request);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kListedTwice);
  EXPECT_EQ(Fact(refused.error(), "field"), "coupons[2]");
  EXPECT_EQ(Fact(refused.error(), "other"), "coupons[0]");
}

// What stands behind a wrong code is not read, and costs no attempt.
TEST_F(StackHandlersTest, AWrongCodeRefusesTheCallAtItsPlace) {
  const auto refused = Redeem("ada", {five_, "0000-0000-0000-0000", "0000-0000-0000-0001"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kInvalidCode);
  EXPECT_EQ(Fact(refused.error(), "field"), "coupons[1].code");
  EXPECT_TRUE(Redeem("ada", {five_}).ok());
}

TEST_F(StackHandlersTest, AReservedStackIsCommittedForItsSum) {
  auto reserve = UseOf<pb::ReserveCouponsRequest>("ada", {five_, seven_});
  reserve.set_request_id(NextId());
  reserve.mutable_ttl()->set_seconds(60);
  const auto reserved = Call(redemptions_, &RedemptionHandlers::ReserveCoupons, reserve);
  ASSERT_TRUE(reserved.ok()) << reserved.error().message;
  EXPECT_EQ(reserved->reservation().coupons_size(), 2);
  pb::CommitReservationRequest commit;
  commit.set_request_id(NextId());
  commit.set_reservation_id(reserved->reservation().reservation_id());
  commit.set_order_id("order-1");
  *commit.mutable_discount() = reserved->reservation().discount();
  const auto committed = Call(redemptions_, &RedemptionHandlers::CommitReservation, commit);
  ASSERT_TRUE(committed.ok()) << committed.error().message;
  EXPECT_EQ(committed->redemption().coupons_size(), 2);
  EXPECT_EQ(committed->redemption().coupons(0).SerializeAsString(),
            reserved->reservation().coupons(0).SerializeAsString());
}

TEST_F(StackHandlersTest, PartsAddUpToTheWhole) {
  const auto redeemed = Redeem("ada", {five_, seven_});
  ASSERT_TRUE(redeemed.ok());
  pb::RollbackRedemptionRequest part;
  part.set_request_id(NextId());
  part.set_redemption_id(redeemed->redemption().redemption_id());
  part.add_lines()->set_line_id("line-2");
  part.mutable_lines(0)->set_quantity(2);
  const auto first = Call(returns_, &ReturnHandlers::RollbackRedemption, part);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->rollback().refund().amount_minor(), 1'600);
  EXPECT_FALSE(first->rollback().whole());
  EXPECT_EQ(first->rollback().coupons_size(), 2);
  EXPECT_FALSE(first->rollback().coupons(0).restored());
  EXPECT_EQ(Call(returns_, &ReturnHandlers::RollbackRedemption, part)->SerializeAsString(),
            first->SerializeAsString());
  part.set_request_id(NextId());
  const auto too_much = Call(returns_, &ReturnHandlers::RollbackRedemption, part);
  ASSERT_FALSE(too_much.ok());
  EXPECT_EQ(too_much.error().reason, core::Reason::kInvalidField);
  EXPECT_EQ(Fact(too_much.error(), "field"), "lines[0].quantity");
  pb::RollbackRedemptionRequest rest;
  rest.set_request_id(NextId());
  rest.set_redemption_id(part.redemption_id());
  const auto last = Call(returns_, &ReturnHandlers::RollbackRedemption, rest);
  ASSERT_TRUE(last.ok()) << last.error().message;
  EXPECT_EQ(last->rollback().refund().amount_minor(), 3'200);
  EXPECT_TRUE(last->rollback().whole());
  EXPECT_TRUE(last->rollback().coupons(0).restored());
  pb::GetRedemptionRequest get;
  get.set_redemption_id(part.redemption_id());
  EXPECT_EQ(Call(returns_, &ReturnHandlers::GetRedemption, get)->rollbacks_size(), 2);
  EXPECT_TRUE(Redeem("ada", {five_, seven_}).ok());
}

TEST_F(StackHandlersTest, AReturnedCouponIsDue) {
  const auto redeemed = Redeem("ada", {five_, seven_});
  ASSERT_TRUE(redeemed.ok());
  pb::RollbackRedemptionRequest part;
  part.set_request_id(NextId());
  part.set_redemption_id(redeemed->redemption().redemption_id());
  part.set_coupon_id(five_);
  const auto returned = Call(returns_, &ReturnHandlers::RollbackRedemption, part);
  ASSERT_TRUE(returned.ok()) << returned.error().message;
  EXPECT_EQ(returned->rollback().due().amount_minor(), 500);
  EXPECT_EQ(returned->rollback().coupons(0).clawed_back().amount_minor(), 500);
  EXPECT_TRUE(Redeem("ada", {five_}).ok());
}

// More campaigns than one call of the store judges.
TEST_F(StackHandlersTest, AWalletOfManyCampaignsIsListedWhole) {
  std::vector<int64_t> expected;
  for (int64_t i = 45; i > 0; --i) {
    const std::string id = "many-" + std::to_string(i);
    OpenCampaign(id, Amount(i));
    Claim(id, "eve");
    expected.push_back(i);
  }
  EXPECT_EQ(AmountsListed(judgements_, "eve"), expected);
}

TEST_F(StackHandlersTest, ARedemptionExplainsItself) {
  const auto redeemed = Redeem("ada", {five_, seven_});
  ASSERT_TRUE(redeemed.ok());
  pb::ExplainRedemptionRequest request;
  request.set_redemption_id(redeemed->redemption().redemption_id());
  const auto explained = Call(returns_, &ReturnHandlers::ExplainRedemption, request);
  ASSERT_TRUE(explained.ok()) << explained.error().message;
  EXPECT_TRUE(explained->matches());
  EXPECT_EQ(explained->redemption().SerializeAsString(), redeemed->redemption().SerializeAsString());
  EXPECT_EQ(explained->order().SerializeAsString(), api::GoodOrder().SerializeAsString());
  EXPECT_EQ(explained->decision().payable().amount_minor(), 4'800);
  EXPECT_EQ(explained->campaigns(1).campaign_id(), "seven");
  request.mutable_redemption_id()->replace(2, 1, request.redemption_id()[2] == '0' ? "1" : "0");
  EXPECT_FALSE(Call(returns_, &ReturnHandlers::ExplainRedemption, request).ok());
}

TEST_F(StackHandlersTest, AWalletIsListedBestFirst) {
  Claim("five", "ada");
  const std::string used = Claim("seven", "ada").coupon_id();
  ASSERT_TRUE(Redeem("ada", {used}).ok());
  auto large = Amount(9'000);
  large.mutable_offer()->set_minimum_spend_minor(50'000);
  OpenCampaign("a-large-one", large);
  const std::string unusable = Claim("a-large-one", "ada").coupon_id();
  pb::ListEligibleCouponsRequest request;
  request.set_user_id("ada");
  *request.mutable_order() = api::GoodOrder();
  const auto listed = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
  ASSERT_TRUE(listed.ok()) << listed.error().message;
  std::vector<int64_t> amounts;
  for (const auto& coupon : listed->coupons()) {
    amounts.push_back(coupon.verdict().applicable().discount().amount_minor());
  }
  EXPECT_EQ(amounts, (std::vector<int64_t>{1'000, 700, 500, 500, 0}));
  EXPECT_EQ(listed->coupons(0).coupon_id(), alone_);
  EXPECT_EQ(listed->coupons(4).coupon_id(), unusable);
  EXPECT_EQ(listed->coupons(4).verdict().refusal().reason(), pb::ERROR_REASON_MINIMUM_SPEND_NOT_MET);
  // In pages.
  request.set_page_size(2);
  int coupons = 0;
  std::string token;
  do {
    request.set_page_token(token);
    const auto page = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
    ASSERT_TRUE(page.ok()) << page.error().message;
    coupons += page->coupons_size();
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(coupons, 5);
  const auto first = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, [&] {
    request.clear_page_token();
    return request;
  }());
  request.set_page_token(first->next_page_token());
  request.mutable_order()->mutable_lines(0)->set_quantity(9);
  const auto forged = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
  ASSERT_FALSE(forged.ok());
  EXPECT_EQ(forged.error().reason, core::Reason::kInvalidPageToken);
}

// Of a campaign whose limit has room for one use more any one coupon can be used: so each is listed.
TEST_F(StackHandlersTest, CouponsOfOneCampaignAreListedEachAsIfItWereAlone) {
  const std::vector<std::string> coupons = {five_, Claim("five", "ada").coupon_id(),
                                            Claim("five", "ada").coupon_id()};
  RoomForOne store(store_);
  JudgementHandlers judgements(store, store_, reader_, tools_, metrics_);
  const auto together = Call(judgements, &JudgementHandlers::ValidateCoupons,
                             UseOf<pb::ValidateCouponsRequest>("ada", coupons));
  EXPECT_FALSE(together->redeemable());
  const std::vector<int64_t> amounts = {1'000, 700, 500, 500, 500};
  EXPECT_EQ(AmountsListed(judgements, "ada"), amounts);
  // So it is of several that the order holds.
  auto reserve = UseOf<pb::ReserveCouponsRequest>("ada", coupons);
  reserve.set_request_id(NextId());
  reserve.mutable_ttl()->set_seconds(60);
  ASSERT_TRUE(Call(redemptions_, &RedemptionHandlers::ReserveCoupons, reserve).ok());
  EXPECT_EQ(AmountsListed(judgements, "ada"), amounts);
}

// Of a reserved coupon, the order that holds it is told its worth, and another one until when it is held.
TEST_F(StackHandlersTest, AHeldCouponIsListedForItsOrder) {
  auto reserve = UseOf<pb::ReserveCouponsRequest>("ada", {five_});
  reserve.set_request_id(NextId());
  reserve.mutable_ttl()->set_seconds(60);
  ASSERT_TRUE(Call(redemptions_, &RedemptionHandlers::ReserveCoupons, reserve).ok());
  pb::ListEligibleCouponsRequest request;
  request.set_user_id("ada");
  *request.mutable_order() = api::GoodOrder();
  const auto verdict_of_five = [&] {
    const auto listed = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
    for (const auto& coupon : listed->coupons()) {
      if (coupon.coupon_id() == five_) return coupon.verdict();
    }
    return pb::CouponVerdict();
  };
  EXPECT_EQ(verdict_of_five().applicable().discount().amount_minor(), 500);
  request.mutable_order()->set_order_id("order-2");
  EXPECT_EQ(verdict_of_five().refusal().reason(), pb::ERROR_REASON_COUPON_RESERVED);
}

// Of two coupons of one campaign whose time counts from their claim, each is told by its own time.
TEST_F(StackHandlersTest, OfOneCampaignEachIsListedByItsOwnTime) {
  auto waiting = Amount(2'000);
  waiting.mutable_validity()->mutable_wait()->set_seconds(60);
  OpenCampaign("after-a-minute", waiting);
  const std::string older = Claim("after-a-minute", "bob").coupon_id();
  now_ms_ += 40'000;
  const std::string newer = Claim("after-a-minute", "bob").coupon_id();
  pb::ListEligibleCouponsRequest request;
  request.set_user_id("bob");
  *request.mutable_order() = api::GoodOrder();
  const auto verdicts = [&] {
    const auto listed = Call(judgements_, &JudgementHandlers::ListEligibleCoupons, request);
    EXPECT_TRUE(listed.ok());
    std::map<std::string, pb::CouponVerdict> by_id;
    for (const auto& coupon : listed->coupons()) by_id[coupon.coupon_id()] = coupon.verdict();
    EXPECT_EQ(by_id.size(), 2u);
    return by_id;
  };
  const auto not_yet = pb::ERROR_REASON_COUPON_NOT_YET_VALID;
  EXPECT_EQ(verdicts()[older].refusal().reason(), not_yet);
  EXPECT_EQ(verdicts()[newer].refusal().reason(), not_yet);
  now_ms_ += 20'000;
  EXPECT_EQ(verdicts()[older].applicable().discount().amount_minor(), 2'000);
  EXPECT_EQ(verdicts()[newer].refusal().reason(), not_yet);
  auto question = UseOf<pb::OptimizeCouponsRequest>("bob", {});
  question.set_objective(pb::OPTIMIZE_OBJECTIVE_CUSTOMER_MAX);
  const auto best = Call(choices_, &OptimizeHandlers::OptimizeCoupons, question);
  ASSERT_TRUE(best.ok()) << best.error().message;
  ASSERT_EQ(best->best().coupons_size(), 1);
  EXPECT_EQ(best->best().coupons(0).applied().coupon_id(), older);
  ASSERT_EQ(best->unused_size(), 1);
  EXPECT_EQ(best->unused(0).coupon_id(), newer);
  EXPECT_EQ(best->unused(0).refusal().reason(), not_yet);
  now_ms_ += 40'000;
  for (const std::string& coupon : {older, newer}) {
    EXPECT_EQ(verdicts()[coupon].applicable().discount().amount_minor(), 2'000);
  }
}

// A redemption of the last hour of a Sunday is explained on a Monday as it was judged.
TEST_F(StackHandlersTest, ARedemptionExplainsItselfOutsideItsHours) {
  auto sundays = Amount(800);
  // kNow is Sunday, the 15th of June 2025, at 17:06 in Berlin.
  auto* window = sundays.mutable_offer()->add_weekly_windows();
  window->set_day(pb::DAY_OF_WEEK_SUNDAY);
  window->set_start_minute(17 * 60);
  window->set_end_minute(18 * 60);
  OpenCampaign("sundays", sundays);
  const std::string first = Claim("sundays", "ada").coupon_id();
  const std::string second = Claim("sundays", "ada").coupon_id();
  const auto redeemed = Redeem("ada", {first, five_});
  ASSERT_TRUE(redeemed.ok()) << redeemed.error().message;
  EXPECT_EQ(redeemed->redemption().discount().amount_minor(), 1'300);
  now_ms_ += 8 * 3'600'000;
  const auto refused = Redeem("ada", {second});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, core::Reason::kOutsideWeeklyWindow);
  pb::ExplainRedemptionRequest request;
  request.set_redemption_id(redeemed->redemption().redemption_id());
  const auto explained = Call(returns_, &ReturnHandlers::ExplainRedemption, request);
  ASSERT_TRUE(explained.ok()) << explained.error().message;
  EXPECT_TRUE(explained->matches()) << explained->ShortDebugString();
}

}  // namespace
}  // namespace tessera::redeemer
