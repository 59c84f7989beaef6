// What is told of a redemption afterwards: what it was decided from, and what came of it.

#include "stack_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CouponNumber;
using core::Reason;

class StackExplainContract : public Contract<StackFixture> {
 protected:
  void SetUp() override {
    Contract<StackFixture>::SetUp();
    a_ = CouponOff(500, 1);
    b_ = CouponOff(0, 2,
                   [](CampaignDefinition& d) { d.offer.benefit = core::PercentOff{1'000, std::nullopt}; });
  }

  CouponNumber a_, b_;
};
TESSERA_CONTRACT(StackExplainContract);

TEST_P(StackExplainContract, ExplainSaysWhatWasDecidedAndFromWhat) {
  const CouponNumber revoked = CouponOff(100);
  ASSERT_THAT(Revoke(revoked, storage::ReservedPolicy::kWait, false), Succeeds());
  storage::UseIntent intent = Stack({revoked, b_, a_}, "order-1");
  intent.partial = true;
  intent.order.lines[0].categories = {"shoes"};
  intent.order.lines[1].unit_floor_minor = 3;
  intent.order.store = "7";
  intent.order.user_attributes = {"tier=gold"};
  const core::InstantMs before = Now();
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  const auto back = ReturnLines(redemption->ref, {{"1", 1}}, true);
  ASSERT_THAT(back, Succeeds());
  ASSERT_THAT(Update(campaigns_[1], [](auto& d) { d.display_name = "Summer"; }), Succeeds());

  const auto told = Await(store_->redemptions().Explain(redemption->ref, Soon()));
  ASSERT_THAT(told, Succeeds());
  EXPECT_EQ(told->redemption, *redemption);
  // Judged then, by a clock that may differ from the store's.
  EXPECT_GE(told->receipt.order.instant_ms, before - 2'000);
  EXPECT_LE(told->receipt.order.instant_ms, Now() + 2'000);
  core::Order order = intent.order;
  order.instant_ms = told->receipt.order.instant_ms;
  EXPECT_EQ(told->receipt.order, order);
  EXPECT_EQ(told->receipt.applied, redemption->coupons);
  EXPECT_EQ(told->receipt.campaign_versions, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(told->receipt.left_out, redemption->left_out);
  ASSERT_EQ(told->receipt.returns.size(), 1u);
  EXPECT_EQ(told->receipt.returns[0].part,
            (core::PartialReturn{.units = {{0, 1}}, .shipping = true, .coupon = {}}));
  EXPECT_EQ(told->receipt.returns[0].outcome, *back);
  ASSERT_EQ(told->campaigns.size(), 2u);
  EXPECT_EQ(told->campaigns[0]->id, campaigns_[0]);
  EXPECT_EQ(told->campaigns[1]->definition.display_name, "Summer");

  core::OpRef unknown = redemption->ref;
  unknown.field[3] ^= 1;
  EXPECT_THAT(Await(store_->redemptions().Explain(unknown, Soon())), Refuses(Reason::kRedemptionNotFound));
}

TEST_P(StackExplainContract, ExplainTellsOfACommitWhatItsReservationWasDecidedFrom) {
  const auto held = ReserveStack({b_, a_}, "order-1");
  ASSERT_THAT(held, Succeeds());
  EXPECT_THAT(Await(store_->redemptions().Explain(held->ref, Soon())), Refuses(Reason::kRedemptionNotFound));
  ASSERT_THAT(Update(campaigns_[1], [](auto& d) { d.display_name = "Summer"; }), Succeeds());
  const auto redemption = Commit(*held);
  ASSERT_THAT(redemption, Succeeds());
  const auto told = Await(store_->redemptions().Explain(redemption->ref, Soon()));
  ASSERT_THAT(told, Succeeds());
  EXPECT_EQ(told->receipt.applied, held->coupons);
  EXPECT_EQ(told->receipt.campaign_versions, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(told->receipt.order.lines, Basket().lines);
  EXPECT_EQ(ReturnLines(redemption->ref, {{"1", 1}})->refund_minor, 1'500 - 285);
}

}  // namespace
}  // namespace tessera::contract
