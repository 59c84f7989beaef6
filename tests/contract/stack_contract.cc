// Several coupons of one user on one order: used together in one step, or not at all.

#include "stack_contract.h"

namespace tessera::contract {
namespace {

using core::AppliedCoupon;
using core::CampaignDefinition;
using core::CodeNumber;
using core::CouponNumber;
using core::Reason;
using storage::CouponState;
using storage::Method;

class StackContract : public Contract<StackFixture> {};
TESSERA_CONTRACT(StackContract);

TEST_P(StackContract, UsesCouponsOfTwoCampaignsAndACodeInOneStep) {
  const std::string first = Off(500, 1);
  const std::string second =
      Off(0, 2, [](CampaignDefinition& d) { d.offer.benefit = core::PercentOff{1'000, std::nullopt}; });
  const std::string third = Off(0, 3, [](CampaignDefinition& d) { d.offer.benefit = core::FreeShipping{}; });
  const CouponNumber a = Coupon(first, 1);
  const CouponNumber b = Coupon(second, 1);
  const CodeNumber code = WatchedCode(third);
  const storage::UseIntent intent = Stack({code, b, a}, "order-1");
  const core::InstantMs before = Now();
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->ref.partition, User(1).partition(store_->shape()));
  EXPECT_EQ(redemption->ref.field, intent.op.field);
  EXPECT_EQ(redemption->order_id, "order-1");
  EXPECT_EQ(redemption->currency.code(), "EUR");
  EXPECT_EQ(redemption->subtotal_minor, 5'000);
  EXPECT_EQ(redemption->shipping_minor, 500);
  EXPECT_EQ(redemption->discount_minor, 500 + 450 + 500);
  EXPECT_GE(redemption->redeem_time_ms, before);
  EXPECT_LE(redemption->redeem_time_ms, Now());
  EXPECT_TRUE(redemption->left_out.empty());
  EXPECT_EQ(redemption->line_ids, (std::vector<std::string>{"1", "2"}));
  // In the order of application, whatever the order in which they were listed.
  ASSERT_EQ(redemption->coupons.size(), 3u);
  EXPECT_EQ(redemption->coupons[0], (AppliedCoupon{.key = {.campaign_id = first, .name = a},
                                                   .discount_minor = 500,
                                                   .lines = {{0, 300}, {1, 200}}}));
  EXPECT_EQ(redemption->coupons[1], (AppliedCoupon{.key = {.campaign_id = second, .name = b},
                                                   .discount_minor = 450,
                                                   .lines = {{0, 270}, {1, 180}}}));
  const CouponNumber of_code = Nth(*redemption, 2);
  EXPECT_EQ(redemption->coupons[2], (AppliedCoupon{.key = {.campaign_id = third, .name = of_code},
                                                   .discount_minor = 500,
                                                   .shipping_minor = 500}));
  for (const CouponNumber coupon : {a, b, of_code}) {
    EXPECT_EQ(StateOf(coupon), CouponState::kRedeemed);
    EXPECT_EQ(GetCoupon(coupon)->redemption, redemption->ref);
    EXPECT_EQ(GetCoupon(coupon)->user, User(1));
    EXPECT_THAT(Redeem(coupon, "order-2"),
                RefusesWith(Reason::kCouponAlreadyRedeemed, "order_id", "order-1"));
  }
  EXPECT_EQ(View(code)->coupon, of_code);
  EXPECT_EQ(Wallet(User(1)).size(), 3u);
  const auto view = Await(store_->redemptions().GetRedemption(redemption->ref, Soon()));
  ASSERT_THAT(view, Succeeds());
  EXPECT_EQ(*view, (storage::RedemptionView{*redemption, {}}));
  for (const auto& [id, discount] : {std::pair{first, 500}, {second, 450}, {third, 500}}) {
    const storage::CampaignTotals totals = Totals(id);
    EXPECT_EQ(totals.redeemed, 1);
    EXPECT_EQ(totals.redeemed_now, 1);
    EXPECT_EQ(totals.available_now, 0);
    EXPECT_EQ(totals.discount_minor, discount);
    EXPECT_EQ(totals.subtotal_minor, 5'000);
  }
  ExpectVerified();
}

TEST_P(StackContract, TheOrderCountsOnceForEachCampaign) {
  const std::string id = Off(300);
  const std::string other = Off(100);
  ASSERT_THAT(RedeemStack({Coupon(id, 1), Coupon(other, 1), Coupon(id, 1)}, "order-1"), Succeeds());
  const storage::CampaignTotals totals = Totals(id);
  EXPECT_EQ(totals.redeemed, 2);
  EXPECT_EQ(totals.redeemed_now, 2);
  EXPECT_EQ(totals.discount_minor, 600);
  EXPECT_EQ(totals.subtotal_minor, 5'000);
  EXPECT_EQ(Totals(other).subtotal_minor, 5'000);
  ExpectVerified();
}

TEST_P(StackContract, UsesTwentyCoupons) {
  Names names;
  for (int32_t i = 0; i < 12; ++i) names.emplace_back(CouponOff(10 + i, i));
  const std::string id = Off(50, 12);
  for (int i = 0; i < 4; ++i) names.emplace_back(Coupon(id, 1));
  for (int i = 0; i < 4; ++i) names.emplace_back(WatchedCode(id));
  ASSERT_EQ(names.size(), 20u);
  const auto redemption = RedeemStack(names, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->coupons.size(), 20u);
  EXPECT_EQ(redemption->discount_minor, 12 * 10 + 66 + 8 * 50);
  for (const AppliedCoupon& applied : redemption->coupons) {
    EXPECT_EQ(StateOf(std::get<CouponNumber>(applied.key.name)), CouponState::kRedeemed);
  }
  // Those of one campaign are applied by their numbers, and codes get theirs in that order.
  for (size_t i = 13; i < 20; ++i) EXPECT_LT(Nth(*redemption, i - 1), Nth(*redemption, i));
  EXPECT_EQ(Totals(id).redeemed, 8);
  const auto back = Rollback(redemption->ref);
  ASSERT_THAT(back, Succeeds());
  EXPECT_EQ(back->coupons.size(), 20u);
  EXPECT_EQ(back->refund_minor, 5'500 - redemption->discount_minor);
  EXPECT_EQ(Totals(id).redeemed_now, 0);
  ExpectVerified();
}

TEST_P(StackContract, TheOrderInWhichTheyAreListedSaysNothing) {
  const CouponNumber a = CouponOff(500);
  const CouponNumber b =
      CouponOff(0, 0, [](CampaignDefinition& d) { d.offer.benefit = core::PercentOff{1'000, std::nullopt}; });
  const CodeNumber code = CodeOff(300);
  Names names = {a, b, code};
  std::sort(names.begin(), names.end());
  const auto first = Validate(Stack(names, "order-1"));
  ASSERT_THAT(first, Succeeds());
  while (std::next_permutation(names.begin(), names.end())) {
    const auto verdict = Validate(Stack(names, "order-1"));
    ASSERT_THAT(verdict, Succeeds());
    EXPECT_EQ(verdict->discount_minor, first->discount_minor);
    for (size_t i = 0; i < names.size(); ++i) {
      EXPECT_EQ(verdict->coupons.at(i).coupon, names[i]);
      ASSERT_NE(Applied(verdict->coupons[i]), nullptr);
      const auto same =
          std::find_if(first->coupons.begin(), first->coupons.end(),
                       [&](const storage::CouponVerdict& one) { return one.coupon == names[i]; });
      EXPECT_EQ(*Applied(verdict->coupons[i]), *Applied(*same));
    }
  }
}

TEST_P(StackContract, AnswersARepetitionAsTheFirstTime) {
  const CouponNumber a = CouponOff(500);
  const CodeNumber code = CodeOff(300);
  const storage::UseIntent intent = Stack({a, code}, "order-1");
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(*Redeem(intent), *redemption);
  storage::UseIntent other = intent;
  other.op.body[0] = 9;
  EXPECT_THAT(Redeem(other), Refuses(Reason::kRequestIdReused));
  storage::OperationQuery query;
  query.method = Method::kRedeemCoupons;
  query.partition = User(1).partition(store_->shape());
  query.field = intent.op.field;
  query.id_time_ms = intent.op.id_time_ms;
  query.deadline = Soon();
  const auto status = Await(store_->redemptions().GetOperation(query));
  EXPECT_EQ(status->state, storage::OperationState::kCommitted);
  EXPECT_EQ(std::get<storage::Redemption>(*status->outcome), *redemption);
  // Also when its coupons have gone another way since.
  ASSERT_THAT(Rollback(redemption->ref), Succeeds());
  ASSERT_THAT(Redeem(a, "order-2"), Succeeds());
  ASSERT_THAT(RedeemBy(2, code, "order-3"), Succeeds());
  EXPECT_EQ(*Redeem(intent), *redemption);
  ExpectVerified();
}

TEST_P(StackContract, AFencedStackNeverTakesEffect) {
  const CouponNumber a = CouponOff(500);
  const CodeNumber code = CodeOff(300);
  const storage::UseIntent intent = Stack({a, code}, "order-1");
  storage::OperationQuery query;
  query.method = Method::kRedeemCoupons;
  query.partition = User(1).partition(store_->shape());
  query.field = intent.op.field;
  query.id_time_ms = intent.op.id_time_ms;
  query.deadline = Soon();
  EXPECT_EQ(Await(store_->redemptions().FenceOperation(query))->state, storage::OperationState::kFenced);
  const State before = StateNow();
  EXPECT_THAT(Redeem(intent), Refuses(Reason::kOperationFenced));
  ExpectUnchangedSince(before);
  EXPECT_THAT(RedeemStack({code, a}, "order-2"), Succeeds());
}

TEST_P(StackContract, PastItsDeadlineItHasNoEffect) {
  storage::UseIntent intent = Stack({CouponOff(500), CodeOff(300)}, "order-1");
  intent.op.deadline = Past();
  const State before = StateNow();
  EXPECT_THAT(Redeem(intent), Refuses(Reason::kDeadlinePassed));
  EXPECT_THAT(Validate(intent), Refuses(Reason::kDeadlinePassed));
  ExpectUnchangedSince(before);
}

TEST_P(StackContract, TheRefusalIsThatOfTheFirstAsTheyAreListed) {
  // One that only the order refuses, and one whose own state does.
  const CouponNumber poor =
      CouponOff(100, 0, [](CampaignDefinition& d) { d.offer.minimum_spend_minor = 9'000; });
  const CouponNumber revoked = CouponOff(200);
  const CouponNumber good = CouponOff(300);
  ASSERT_THAT(Revoke(revoked, storage::ReservedPolicy::kWait, false), Succeeds());
  const auto expect = [&](Names names, Reason reason, const std::string& place) {
    EXPECT_THAT(RedeemStack(names, "order-1"), RefusesWith(reason, "coupon", place));
    EXPECT_THAT(ReserveStack(names, "order-1"), RefusesWith(reason, "coupon", place));
  };
  expect({good, poor, revoked}, Reason::kMinimumSpendNotMet, "coupons[1]");
  expect({good, revoked, poor}, Reason::kCouponRevoked, "coupons[1]");
  expect({poor, good, revoked}, Reason::kMinimumSpendNotMet, "coupons[0]");
  EXPECT_EQ(StateOf(good), CouponState::kIssued);
}

TEST_P(StackContract, TheRefusalOfOneCouponAloneNamesNoPlace) {
  const CouponNumber revoked = CouponOff(200);
  ASSERT_THAT(Revoke(revoked, storage::ReservedPolicy::kWait, false), Succeeds());
  const auto refused = RedeemStack({revoked}, "order-1");
  ASSERT_THAT(refused, Refuses(Reason::kCouponRevoked));
  for (const auto& [key, value] : refused.error().metadata) EXPECT_NE(key, "coupon");
}

TEST_P(StackContract, StackingRulesAreJudgedByWhoDecides) {
  const CouponNumber alone =
      CouponOff(200, 2, [](CampaignDefinition& d) { d.offer.stacking.exclusive = true; });
  const CouponNumber good = CouponOff(300, 1);
  const State before = StateNow();
  EXPECT_THAT(RedeemStack({alone, good}, "order-1"),
              RefusesWith(Reason::kNotApplicable, "why", std::string(WhyNotName(core::WhyNot::kExclusive))));
  ExpectUnchangedSince(before);
  // Of the two the one that is applied later is left out.
  storage::UseIntent intent = Stack({alone, good}, "order-1");
  intent.partial = true;
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(NumberOf(*redemption), good);
  EXPECT_EQ(redemption->discount_minor, 300);
  ASSERT_EQ(redemption->left_out.size(), 1u);
  EXPECT_EQ(redemption->left_out[0].coupon, core::CouponName(alone));
  EXPECT_EQ(redemption->left_out[0].why.reason, Reason::kNotApplicable);
  EXPECT_THAT(RedeemStack({alone}, "order-2"), Succeeds());
}

TEST_P(StackContract, PartlyUsesThoseThatCanBeUsed) {
  const CouponNumber poor =
      CouponOff(100, 0, [](CampaignDefinition& d) { d.offer.minimum_spend_minor = 9'000; });
  const CouponNumber redeemed = CouponOff(200);
  const CouponNumber good = CouponOff(300, 1);
  const CodeNumber free = CodeOff(400, 2);
  const CodeNumber spent = CodeOff(500);
  ASSERT_THAT(Redeem(redeemed, "order-0"), Succeeds());
  ASSERT_THAT(RedeemBy(2, spent, "order-0"), Succeeds());
  storage::UseIntent intent = Stack({spent, good, redeemed, free, poor}, "order-1");
  EXPECT_THAT(Redeem(intent), RefusesWith(Reason::kCouponOfAnotherUser, "coupon", "coupons[0]"));
  intent.partial = true;
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  ASSERT_EQ(redemption->coupons.size(), 2u);
  EXPECT_EQ(Nth(*redemption, 0), good);
  EXPECT_EQ(View(free)->coupon, Nth(*redemption, 1));
  EXPECT_EQ(redemption->discount_minor, 700);
  ASSERT_EQ(redemption->left_out.size(), 3u);
  EXPECT_EQ(redemption->left_out[0].coupon, core::CouponName(spent));
  EXPECT_EQ(redemption->left_out[0].why.reason, Reason::kCouponOfAnotherUser);
  EXPECT_EQ(redemption->left_out[1].coupon, core::CouponName(redeemed));
  EXPECT_EQ(redemption->left_out[1].why.reason, Reason::kCouponAlreadyRedeemed);
  EXPECT_EQ(redemption->left_out[2].coupon, core::CouponName(poor));
  EXPECT_EQ(redemption->left_out[2].why.reason, Reason::kMinimumSpendNotMet);
  const char* const places[] = {"coupons[0]", "coupons[2]", "coupons[4]"};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(core::Status(redemption->left_out[i].why),
                RefusesWith(redemption->left_out[i].why.reason, "coupon", places[i]));
  }
  EXPECT_EQ(StateOf(poor), CouponState::kIssued);
  EXPECT_EQ(GetCoupon(redeemed)->redemption != redemption->ref, true);
  EXPECT_EQ(*Redeem(intent), *redemption);
  ExpectVerified();
}

TEST_P(StackContract, PartlyIsAskedAgainUntilTheRestGoTogether) {
  // The second is refused after the first took the order below its minimum; without it the third would too.
  const auto after = [](int64_t minimum) {
    return [minimum](CampaignDefinition& d) {
      d.offer.minimum_spend_minor = minimum;
      d.offer.stacking.threshold_basis = core::ThresholdBasis::kAfterDiscounts;
    };
  };
  const CouponNumber first = CouponOff(1'000, 1);
  const CouponNumber second = CouponOff(2'000, 2, after(4'500));
  const CouponNumber third = CouponOff(100, 3, after(4'200));
  const CouponNumber fourth = CouponOff(100, 4, after(4'000));
  storage::UseIntent intent = Stack({fourth, third, second, first}, "order-1");
  EXPECT_THAT(Redeem(intent), RefusesWith(Reason::kMinimumSpendNotMet, "coupon", "coupons[2]"));
  intent.partial = true;
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  ASSERT_EQ(redemption->coupons.size(), 2u);
  EXPECT_EQ(Nth(*redemption, 0), first);
  EXPECT_EQ(Nth(*redemption, 1), fourth);
  ASSERT_EQ(redemption->left_out.size(), 2u);
  EXPECT_EQ(redemption->left_out[0].coupon, core::CouponName(third));
  EXPECT_EQ(redemption->left_out[1].coupon, core::CouponName(second));
}

TEST_P(StackContract, PartlyRefusesWhenNobodyIsLeft) {
  const CouponNumber poor =
      CouponOff(100, 0, [](CampaignDefinition& d) { d.offer.minimum_spend_minor = 9'000; });
  const CouponNumber revoked = CouponOff(200);
  ASSERT_THAT(Revoke(revoked, storage::ReservedPolicy::kWait, false), Succeeds());
  const State before = StateNow();
  storage::UseIntent intent = Stack({poor, revoked}, "order-1");
  intent.partial = true;
  EXPECT_THAT(Redeem(intent), RefusesWith(Reason::kMinimumSpendNotMet, "coupon", "coupons[0]"));
  EXPECT_THAT(Reserve(intent), RefusesWith(Reason::kMinimumSpendNotMet, "coupon", "coupons[0]"));
  ExpectUnchangedSince(before);
}

TEST_P(StackContract, ValidateSaysOfEachWhatAPartRedemptionDoes) {
  const CouponNumber poor =
      CouponOff(100, 0, [](CampaignDefinition& d) { d.offer.minimum_spend_minor = 9'000; });
  const CouponNumber revoked = CouponOff(200);
  const CouponNumber good = CouponOff(300, 1);
  const CodeNumber code = CodeOff(400, 2);
  ASSERT_THAT(Revoke(revoked, storage::ReservedPolicy::kWait, false), Succeeds());
  storage::UseIntent intent = Stack({revoked, code, poor, good}, "order-1");
  const State before = StateNow();
  const auto verdict = Validate(intent);
  ASSERT_THAT(verdict, Succeeds());
  ExpectUnchangedSince(before);
  EXPECT_EQ(verdict->subtotal_minor, 5'000);
  EXPECT_EQ(verdict->shipping_minor, 500);
  EXPECT_EQ(verdict->discount_minor, 700);
  ASSERT_EQ(verdict->coupons.size(), 4u);
  EXPECT_EQ(Refused(verdict->coupons[0]), Reason::kCouponRevoked);
  EXPECT_EQ(verdict->coupons[0].campaign_id, campaigns_[1]);
  EXPECT_EQ(Refused(verdict->coupons[2]), Reason::kMinimumSpendNotMet);
  // A code that belongs to nobody is named as such.
  EXPECT_EQ(verdict->coupons[1].coupon, core::CouponName(code));
  ASSERT_NE(Applied(verdict->coupons[1]), nullptr);
  EXPECT_EQ(Applied(verdict->coupons[1])->key, (core::CouponKey{.campaign_id = campaigns_[3], .name = code}));

  intent.partial = true;
  const auto redemption = Redeem(intent);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->discount_minor, verdict->discount_minor);
  EXPECT_EQ(redemption->coupons.at(0), *Applied(verdict->coupons[3]));
  AppliedCoupon of_code = redemption->coupons.at(1);
  of_code.key.name = code;
  EXPECT_EQ(of_code, *Applied(verdict->coupons[1]));
}

TEST_P(StackContract, ValidateTellsNothingOfAnotherUsersCoupon) {
  const std::string id = Off(500);
  const CouponNumber anothers = Coupon(id, 2);
  const CouponNumber good = CouponOff(300);
  for (const core::CouponName& name :
       {core::CouponName(anothers), core::CouponName(CouponNumber{anothers.value + 7'777'777})}) {
    const auto verdict = Validate(Stack({name, good}, "order-1"));
    ASSERT_THAT(verdict, Succeeds());
    EXPECT_EQ(verdict->coupons.at(0).coupon, name);
    EXPECT_EQ(verdict->coupons.at(0).campaign_id, "");
    EXPECT_NE(Applied(verdict->coupons.at(1)), nullptr);
  }
}

}  // namespace
}  // namespace tessera::contract
