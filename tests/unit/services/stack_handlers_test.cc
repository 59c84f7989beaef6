#include "tests/unit/services/redeemer_bench.h"

namespace tessera::redeemer {
namespace {

// Stacks through the handlers, on the model.
class StackHandlersTest : public StackBench {};

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
