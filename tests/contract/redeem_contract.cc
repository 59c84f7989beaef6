// Validating and redeeming at once.

#include "store_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::Reason;
using core::Transition;
using storage::CouponState;
using storage::Method;
using storage::ReservedPolicy;

class RedeemContract : public StoreContract {
 protected:
  // What each way of use answers to the same call: they must agree on whether and why not.
  void ExpectRefused(storage::UseIntent intent, Reason reason, const std::string& key = "",
                     const std::string& value = "") {
    const Answer answers[] = {ToAnswer(Validate(intent)), ToAnswer(Redeem(intent)),
                              ToAnswer(Reserve(intent))};
    for (const Answer& answer : answers) {
      EXPECT_THAT(answer, Refuses(reason));
      if (!key.empty()) {
        EXPECT_THAT(answer, RefusesWith(reason, key, value));
      }
    }
  }
  storage::UseIntent Use(core::CouponNumber coupon, const std::string& order_id = "order-x") {
    return StoreContract::Use(Method::kRedeemCoupons, coupon, order_id);
  }
};
TESSERA_CONTRACT(RedeemContract);

TEST_P(RedeemContract, AnswersTheRedemption) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  const storage::UseIntent intent = Use(coupon, "order-1");
  const core::InstantMs before = Now();
  const auto redemption = Await(store_->redemptions().Redeem(intent));
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->ref.partition, coupon.partition(store_->shape()));
  EXPECT_EQ(redemption->ref.retention, core::Retention::kLong);
  EXPECT_EQ(redemption->ref.field, intent.op.field);
  EXPECT_EQ(NumberOf(*redemption), coupon);
  EXPECT_EQ(CampaignOf(*redemption), id);
  EXPECT_EQ(redemption->order_id, "order-1");
  EXPECT_EQ(redemption->currency.code(), "EUR");
  EXPECT_EQ(redemption->subtotal_minor, 2000);
  EXPECT_EQ(redemption->shipping_minor, 0);
  EXPECT_EQ(redemption->discount_minor, 500);
  EXPECT_EQ(TheCoupon(*redemption).discount_minor, 500);
  EXPECT_EQ(TheCoupon(*redemption).lines, (std::vector<core::LineShare>{{0, 500}}));
  EXPECT_TRUE(redemption->left_out.empty());
  EXPECT_GE(redemption->redeem_time_ms, before);
  EXPECT_LE(redemption->redeem_time_ms, Now());

  const auto shown = GetCoupon(coupon);
  EXPECT_EQ(shown->state, CouponState::kRedeemed);
  EXPECT_EQ(shown->redemption, redemption->ref);
  const auto view = Await(store_->redemptions().GetRedemption(redemption->ref, Soon()));
  ASSERT_THAT(view, Succeeds());
  EXPECT_EQ(*view, (storage::RedemptionView{*redemption, {}}));
}

TEST_P(RedeemContract, ValidateSaysWhatRedeemWouldAnswerAndWritesNothing) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  for (int i = 0; i < 2; ++i) {
    const auto verdict = Validate(coupon, "order-1");
    ASSERT_THAT(verdict, Succeeds());
    ASSERT_EQ(verdict->coupons.size(), 1u);
    EXPECT_EQ(verdict->coupons[0].coupon, core::CouponName(coupon));
    EXPECT_EQ(verdict->coupons[0].campaign_id, id);
    EXPECT_EQ(std::get<core::AppliedCoupon>(verdict->coupons[0].says),
              (core::AppliedCoupon{
                  .key = {.campaign_id = id, .name = coupon}, .discount_minor = 500, .lines = {{0, 500}}}));
    EXPECT_EQ(verdict->subtotal_minor, 2000);
    EXPECT_EQ(verdict->discount_minor, 500);
  }
  EXPECT_EQ(StateOf(coupon), CouponState::kIssued);
  EXPECT_EQ(Totals(id).redeemed, 0);
}

TEST_P(RedeemContract, ValidateReadsTheDeadlineAloneOfItsOperation) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  storage::UseIntent intent = Use(coupon, "order-1");
  ASSERT_THAT(Await(store_->redemptions().Redeem(intent)), Succeeds());
  EXPECT_THAT(Validate(intent), Refuses(Reason::kCouponAlreadyRedeemed));
  intent.op.body[0] = 99;
  EXPECT_THAT(Validate(intent), Refuses(Reason::kCouponAlreadyRedeemed));
  intent.op.id_time_ms = 1;
  EXPECT_THAT(Validate(intent), Refuses(Reason::kCouponAlreadyRedeemed));
}

TEST_P(RedeemContract, AcceptsTheOwner) {
  storage::UseIntent intent = Use(Coupon(Active(), 1));
  intent.user = User(1);
  EXPECT_THAT(Validate(intent), Succeeds());
  EXPECT_THAT(Await(store_->redemptions().Redeem(intent)), Succeeds());
}

TEST_P(RedeemContract, KeepsTheLongestOrderId) {
  const std::string order_id(64, 'z');
  const auto redemption = Redeem(Coupon(Active(), 1), order_id);
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->order_id, order_id);
  EXPECT_EQ(Await(store_->redemptions().GetRedemption(redemption->ref, Soon()))->redemption, *redemption);
}

TEST_P(RedeemContract, KeepsTheLargestAmounts) {
  CampaignDefinition definition = Definition();
  definition.offer.benefit = core::AmountOff{core::kAmountMax};
  const std::string id = Active(definition);
  storage::UseIntent intent = Use(Coupon(id, 1));
  Buy(intent, core::kAmountMax);
  const auto redemption = Await(store_->redemptions().Redeem(intent));
  ASSERT_THAT(redemption, Succeeds());
  EXPECT_EQ(redemption->discount_minor, core::kAmountMax);
  EXPECT_EQ(Await(store_->redemptions().GetRedemption(redemption->ref, Soon()))->redemption, *redemption);
  EXPECT_EQ(Totals(id).discount_minor, core::kAmountMax);
}

TEST_P(RedeemContract, RefusesUnknownCoupons) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const core::Shape shape = store_->shape();
  const uint32_t partition = coupon.partition(shape);
  const uint32_t bucket = coupon.bucket(shape);
  ExpectRefused(Use(core::CouponNumber::Of(shape, partition, bucket, 1)), Reason::kCouponNotFound);
  ExpectRefused(Use(core::CouponNumber::Of(shape, partition, bucket, 1'000'000)), Reason::kCouponNotFound);
  ExpectRefused(Use(core::CouponNumber::Of(shape, partition, (bucket + 1) % shape.buckets, 0)),
                Reason::kCouponNotFound);
  ExpectRefused(Use(core::CouponNumber{(uint64_t{1} << 35) - 1}), Reason::kCouponNotFound);
}

TEST_P(RedeemContract, RefusesAnotherUsersCoupon) {
  storage::UseIntent intent = Use(Coupon(Active(), 1));
  for (const core::UserKey& user : {User(2), UserBeside(1)}) {
    intent.user = user;
    ExpectRefused(intent, Reason::kCouponOfAnotherUser);
  }
}

TEST_P(RedeemContract, RefusesARevokedCoupon) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  ASSERT_THAT(Revoke(coupon, ReservedPolicy::kWait, false), Succeeds());
  ExpectRefused(Use(coupon), Reason::kCouponRevoked);
}

TEST_P(RedeemContract, RefusesARedeemedCouponAndNamesTheRedemption) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const auto redemption = Redeem(coupon, "order-1");
  ASSERT_THAT(redemption, Succeeds());
  ExpectRefused(Use(coupon), Reason::kCouponAlreadyRedeemed, "redemption_id", redemption->ref.ToId('r'));
  ExpectRefused(Use(coupon), Reason::kCouponAlreadyRedeemed, "order_id", "order-1");
  ExpectRefused(Use(coupon, "order-1"), Reason::kCouponAlreadyRedeemed, "order_id", "order-1");
}

TEST_P(RedeemContract, RefusesAnExpiredCouponBookedOrNot) {
  CampaignDefinition definition = Definition();
  definition.use_window.end_ms = Now() + 2'500;
  const core::CouponNumber coupon = Coupon(Active(definition), 1);
  store_->WaitUntil(definition.use_window.end_ms);
  EXPECT_EQ(StateOf(coupon), CouponState::kExpired);
  ExpectRefused(Use(coupon), Reason::kCouponExpired);
  Sweep();
  EXPECT_EQ(StateOf(coupon), CouponState::kExpired);
  ExpectRefused(Use(coupon), Reason::kCouponExpired);
}

TEST_P(RedeemContract, RefusesACouponThatAnotherOrderHolds) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const auto reservation = Reserve(coupon, "order-1");
  ASSERT_THAT(reservation, Succeeds());
  ExpectRefused(Use(coupon, "order-2"), Reason::kCouponReserved, "held_until",
                InstantText(reservation->expire_time_ms));
}

TEST_P(RedeemContract, RefusesWhileAPauseStopsRedeeming) {
  CampaignDefinition definition = Definition();
  definition.pause_scope = core::PauseScope::kIssueAndRedeem;
  const std::string id = Active(definition);
  const core::CouponNumber coupon = Coupon(id, 1);
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  ExpectRefused(Use(coupon), Reason::kCampaignPaused);
  ASSERT_THAT(Move(id, Transition::kResume), Succeeds());
  EXPECT_THAT(Redeem(coupon, "order-1"), Succeeds());
}

TEST_P(RedeemContract, APauseOfIssuingAloneStopsNoRedeeming) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  EXPECT_THAT(Redeem(coupon, "order-1"), Succeeds());
}

TEST_P(RedeemContract, AnEndedCampaignsCouponsStayGood) {
  const std::string id = Active();
  const core::CouponNumber coupon = Coupon(id, 1);
  ASSERT_THAT(Move(id, Transition::kEnd), Succeeds());
  EXPECT_THAT(Redeem(coupon, "order-1"), Succeeds());
}

TEST_P(RedeemContract, RefusesBeforeTheUseWindowAndRedeemsInIt) {
  CampaignDefinition definition = Definition();
  definition.use_window.start_ms = Now() + 2'500;
  const core::CouponNumber coupon = Coupon(Active(definition), 1);
  ExpectRefused(Use(coupon), Reason::kCouponNotYetValid, "valid_from",
                InstantText(definition.use_window.start_ms));
  store_->WaitUntil(definition.use_window.start_ms);
  EXPECT_THAT(Redeem(coupon, "order-1"), Succeeds());
}

TEST_P(RedeemContract, RefusesWhatDecideRefuses) {
  CampaignDefinition definition = Definition();
  definition.offer.minimum_spend_minor = 5000;
  const core::CouponNumber coupon = Coupon(Active(definition), 1);
  ExpectRefused(Use(coupon), Reason::kMinimumSpendNotMet, "missing_minor", "3000");
  EXPECT_EQ(StateOf(coupon), CouponState::kIssued);
}

TEST_P(RedeemContract, DecidesByTheCampaignAsItStands) {
  const std::string id = Draft(Definition());
  ASSERT_THAT(Update(id, [](auto& d) { d.offer.benefit = core::AmountOff{700}; }), Succeeds());
  ASSERT_THAT(Move(id, Transition::kActivate), Succeeds());
  const core::CouponNumber coupon = Coupon(id, 1);
  EXPECT_EQ(Validate(coupon, "order-1")->discount_minor, 700);
  int64_t seen = 0;
  storage::UseIntent intent = Use(coupon);
  intent.decide = [&seen](std::span<const storage::Candidate> candidates, core::InstantMs) {
    EXPECT_EQ(candidates.size(), 1u);
    seen = candidates.front().campaign->version;
    core::PricedStack stack;
    stack.applied.push_back(
        {.key = {.campaign_id = candidates.front().campaign->id, .name = candidates.front().coupon},
         .discount_minor = 1});
    stack.subtotal_minor = 10;
    stack.discount_minor = 1;
    storage::Decision decision;
    decision.stack = stack;
    return decision;
  };
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  EXPECT_EQ(Await(store_->redemptions().Redeem(intent))->discount_minor, 1);
  EXPECT_EQ(seen, 4);
}

TEST_P(RedeemContract, JudgesTheOwnerBeforeTheCouponsState) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  ASSERT_THAT(Redeem(coupon, "order-1"), Succeeds());
  storage::UseIntent intent = Use(coupon);
  intent.user = User(2);
  ExpectRefused(intent, Reason::kCouponOfAnotherUser);
}

TEST_P(RedeemContract, JudgesRevokedAndRedeemedBeforeExpired) {
  CampaignDefinition definition = Definition();
  definition.use_window.end_ms = Now() + 2'500;
  const std::string id = Active(definition);
  const core::CouponNumber redeemed = Coupon(id, 1);
  const core::CouponNumber revoked = Coupon(id, 2);
  ASSERT_THAT(Redeem(redeemed, "order-1"), Succeeds());
  ASSERT_THAT(Revoke(revoked, ReservedPolicy::kWait, false), Succeeds());
  store_->WaitUntil(definition.use_window.end_ms);
  ExpectRefused(Use(redeemed), Reason::kCouponAlreadyRedeemed);
  ExpectRefused(Use(revoked), Reason::kCouponRevoked);
}

TEST_P(RedeemContract, JudgesExpiredAndHeldBeforePaused) {
  CampaignDefinition definition = Definition();
  definition.pause_scope = core::PauseScope::kIssueAndRedeem;
  definition.use_window.end_ms = Now() + 3'000;
  const std::string short_lived = Active(definition);
  const core::CouponNumber expired = Coupon(short_lived, 1);
  definition.use_window.end_ms = Now() + 600'000;
  const std::string id = Active(definition);
  const core::CouponNumber held = Coupon(id, 2);
  ASSERT_THAT(Reserve(held, "order-1"), Succeeds());
  ASSERT_THAT(Move(short_lived, Transition::kPause), Succeeds());
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  ExpectRefused(Use(held, "order-2"), Reason::kCouponReserved);
  ExpectRefused(Use(held, "order-1"), Reason::kCampaignPaused);
  store_->WaitUntil(Get(short_lived).definition.use_window.end_ms);
  ExpectRefused(Use(expired), Reason::kCouponExpired);
}

TEST_P(RedeemContract, JudgesPausedBeforeNotYetValidBeforeDecide) {
  CampaignDefinition definition = Definition();
  definition.pause_scope = core::PauseScope::kIssueAndRedeem;
  definition.use_window.start_ms = Now() + 60'000;
  definition.offer.minimum_spend_minor = 5000;
  const std::string id = Active(definition);
  const core::CouponNumber coupon = Coupon(id, 1);
  ExpectRefused(Use(coupon), Reason::kCouponNotYetValid);
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  ExpectRefused(Use(coupon), Reason::kCampaignPaused);
}

TEST_P(RedeemContract, JudgesTheCouponBeforeDecide) {
  CampaignDefinition definition = Definition();
  definition.offer.minimum_spend_minor = 5000;
  const core::CouponNumber coupon = Coupon(Active(definition), 1);
  ASSERT_THAT(Revoke(coupon, ReservedPolicy::kWait, false), Succeeds());
  ExpectRefused(Use(coupon), Reason::kCouponRevoked);
}

TEST_P(RedeemContract, GetRedemptionRefusesWhatIsNone) {
  const core::CouponNumber coupon = Coupon(Active(), 1);
  const auto reservation = Reserve(coupon, "order-1");
  ASSERT_THAT(reservation, Succeeds());
  core::OpRef ref = reservation->ref;
  EXPECT_THAT(Await(store_->redemptions().GetRedemption(ref, Soon())), Refuses(Reason::kRedemptionNotFound));
  ref.field[11] ^= 1;
  EXPECT_THAT(Await(store_->redemptions().GetRedemption(ref, Soon())), Refuses(Reason::kRedemptionNotFound));
  ref = Redeem(coupon, "order-1")->ref;
  EXPECT_THAT(Await(store_->redemptions().GetRedemption(ref, Soon())), Succeeds());
  core::OpRef elsewhere = ref;
  elsewhere.partition = 1023;
  EXPECT_THAT(Await(store_->redemptions().GetRedemption(elsewhere, Soon())),
              Refuses(Reason::kRedemptionNotFound));
  elsewhere = ref;
  elsewhere.period += 1;
  EXPECT_THAT(Await(store_->redemptions().GetRedemption(elsewhere, Soon())),
              Refuses(Reason::kRedemptionNotFound));
  elsewhere = ref;
  elsewhere.retention = core::Retention::kShort;
  EXPECT_THAT(Await(store_->redemptions().GetRedemption(elsewhere, Soon())),
              Refuses(Reason::kRedemptionNotFound));
}

}  // namespace
}  // namespace tessera::contract
