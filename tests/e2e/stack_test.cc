// Several coupons on one order over the public API: chosen, reserved, used, returned in parts, explained.

#include "tests/e2e/calling_test.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

class StackTest : public CallingTest {
 protected:
  // A campaign whose coupons take off so much, and ada's coupon of it.
  std::string CouponOf(const std::string& campaign_id, int64_t amount_minor, bool exclusive = false) {
    pb::CampaignDefinition definition = load::PlainDefinition(campaign_id);
    definition.mutable_offer()->mutable_amount_off()->set_amount_minor(amount_minor);
    definition.mutable_offer()->mutable_stacking()->set_exclusive(exclusive);
    client_.Open(campaign_id, definition);
    return Must<pb::ClaimCouponResponse>(client_.ClaimOf(campaign_id, "ada")).coupon().coupon_id();
  }
  // Two lines of 30.00, three pieces each.
  static pb::Order Order(const std::string& order_id) {
    pb::Order order = TesseraClient::OrderOf(order_id, 1'000);
    order.mutable_lines(0)->set_quantity(3);
    *order.add_lines() = order.lines(0);
    order.mutable_lines(1)->set_line_id("2");
    return order;
  }
};

TEST_F(StackTest, ABestSetFromItsChoiceToItsReturn) {
  const std::string five = CouponOf("five", 500);
  const std::string seven = CouponOf("seven", 700);
  const std::string alone = CouponOf("ten-alone", 1'000, true);

  pb::ListEligibleCouponsRequest list;
  list.set_user_id("ada");
  *list.mutable_order() = Order("order-1");
  const auto listed = Must<pb::ListEligibleCouponsResponse>(list);
  ASSERT_EQ(listed.coupons_size(), 3);
  EXPECT_EQ(listed.coupons(0).coupon_id(), alone);
  EXPECT_EQ(listed.coupons(2).verdict().applicable().discount().amount_minor(), 500);

  pb::OptimizeCouponsRequest optimize;
  optimize.set_user_id("ada");
  *optimize.mutable_order() = Order("order-1");
  optimize.set_objective(pb::OPTIMIZE_OBJECTIVE_CUSTOMER_MAX);
  const auto best = Must<pb::OptimizeCouponsResponse>(optimize);
  EXPECT_EQ(best.best().discount().amount_minor(), 1'200);
  EXPECT_EQ(best.runner_up().discount().amount_minor(), 1'000);
  ASSERT_EQ(best.unused_size(), 1);
  EXPECT_EQ(best.unused(0).refusal().reason(), pb::ERROR_REASON_COUPON_EXCLUSIVE);

  optimize.set_request_id(client_.NextId());
  optimize.mutable_reserve_ttl()->set_seconds(60);
  const auto reserved = Must<pb::OptimizeCouponsResponse>(optimize);
  EXPECT_EQ(Must<pb::OptimizeCouponsResponse>(optimize).SerializeAsString(), reserved.SerializeAsString());
  ASSERT_EQ(reserved.reservation().coupons_size(), 2);

  pb::CommitReservationRequest commit;
  commit.set_request_id(client_.NextId());
  commit.set_reservation_id(reserved.reservation().reservation_id());
  commit.set_order_id("order-1");
  *commit.mutable_discount() = reserved.reservation().discount();
  const auto committed = Must<pb::CommitReservationResponse>(commit);
  EXPECT_EQ(committed.redemption().payable().amount_minor(), 4'800);
  EXPECT_EQ(committed.redemption().coupons(0).coupon_id(), five);
  EXPECT_EQ(committed.redemption().coupons(1).coupon_id(), seven);

  pb::ExplainRedemptionRequest explain;
  explain.set_redemption_id(committed.redemption().redemption_id());
  const auto explained = Must<pb::ExplainRedemptionResponse>(explain);
  EXPECT_TRUE(explained.matches()) << explained.ShortDebugString();

  pb::RollbackRedemptionRequest part;
  part.set_request_id(client_.NextId());
  part.set_redemption_id(explain.redemption_id());
  part.add_lines()->set_line_id("2");
  part.mutable_lines(0)->set_quantity(1);
  const auto returned = Must<pb::RollbackRedemptionResponse>(part);
  EXPECT_EQ(returned.rollback().refund().amount_minor(), 800);
  EXPECT_FALSE(returned.rollback().whole());
  EXPECT_EQ(Must<pb::RollbackRedemptionResponse>(part).SerializeAsString(), returned.SerializeAsString());

  pb::RollbackRedemptionRequest rest;
  rest.set_request_id(client_.NextId());
  rest.set_redemption_id(explain.redemption_id());
  const auto last = Must<pb::RollbackRedemptionResponse>(rest);
  EXPECT_EQ(last.rollback().refund().amount_minor(), 4'000);
  EXPECT_TRUE(last.rollback().whole());
  pb::GetRedemptionRequest get;
  get.set_redemption_id(explain.redemption_id());
  EXPECT_EQ(Must<pb::GetRedemptionResponse>(get).rollbacks_size(), 2);
  client_.SettledStats("five");
  EXPECT_EQ(client_.Differences(), "");
}

TEST_F(StackTest, AStackIsUsedWholeOrInPartOrNotAtAll) {
  const std::string five = CouponOf("five", 500);
  const std::string alone = CouponOf("ten-alone", 1'000, true);
  pb::RedeemCouponsRequest redeem;
  redeem.set_request_id(client_.NextId());
  redeem.set_user_id("ada");
  redeem.add_coupons()->set_coupon_id(five);
  redeem.add_coupons()->set_coupon_id(alone);
  *redeem.mutable_order() = Order("order-1");
  EXPECT_EQ(ReasonOf<pb::RedeemCouponsResponse>(redeem), "COUPON_EXCLUSIVE");
  pb::ValidateCouponsRequest validate;
  validate.set_user_id("ada");
  *validate.mutable_coupons() = redeem.coupons();
  *validate.mutable_order() = redeem.order();
  const auto verdicts = Must<pb::ValidateCouponsResponse>(validate);
  EXPECT_TRUE(verdicts.verdicts(0).has_applicable());
  EXPECT_EQ(verdicts.verdicts(1).refusal().reason(), pb::ERROR_REASON_COUPON_EXCLUSIVE);
  EXPECT_FALSE(verdicts.redeemable());
  redeem.set_partial(true);
  const auto redeemed = Must<pb::RedeemCouponsResponse>(redeem);
  EXPECT_EQ(redeemed.redemption().discount().amount_minor(), 500);
  ASSERT_EQ(redeemed.redemption().left_out_size(), 1);
  EXPECT_EQ(redeemed.redemption().left_out(0).coupon_id(), alone);
  EXPECT_EQ(Must<pb::RedeemCouponsResponse>(redeem).SerializeAsString(), redeemed.SerializeAsString());
}

}  // namespace
}  // namespace tessera::e2e
