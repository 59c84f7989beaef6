// Coupons whose time counts from their claim.

#include "code_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CodeNumber;
using core::CouponNumber;
using core::InstantMs;
using core::Reason;
using core::Validity;
using core::Window;
using storage::CouponState;

class ValidityContract : public Contract<CodeFixture> {
 protected:
  std::string Timed(const Validity& validity) {
    return ActiveWith([&](CampaignDefinition& d) { d.validity = validity; });
  }
  // The use window of Definition() ends this long from now.
  std::string TimedFor(int64_t ms, const Validity& validity) {
    return ActiveWith([&](CampaignDefinition& d) {
      d.use_window.end_ms = Now() + ms;
      d.validity = validity;
    });
  }
};
TESSERA_CONTRACT(ValidityContract);

TEST_P(ValidityContract, CountsFromTheClaimAndTellsIt) {
  const std::string id = Timed({.wait_ms = 60'000, .lasts_ms = 3'600'000});
  const auto issued = Claim(id, User(1));
  ASSERT_THAT(issued, Succeeds());
  const InstantMs start = issued->issue_time_ms + 60'000;
  EXPECT_EQ(issued->usable, (Window{start, start + 3'600'000}));
  EXPECT_EQ(GetCoupon(issued->number)->usable, issued->usable);
  EXPECT_THAT(Wallet(User(1)),
              testing::ElementsAre(testing::Field(&storage::Coupon::usable, issued->usable)));
}

TEST_P(ValidityContract, BeginsWithTheUseWindowAtTheEarliest) {
  CampaignDefinition definition = Definition();
  definition.use_window.start_ms = Now() + 600'000;
  definition.validity = {.wait_ms = 5, .lasts_ms = 1'000};
  const auto issued = Claim(Active(definition), User(1));
  ASSERT_THAT(issued, Succeeds());
  EXPECT_EQ(issued->usable, (Window{definition.use_window.start_ms, definition.use_window.start_ms + 1'000}));
}

TEST_P(ValidityContract, EndsWithTheUseWindowUnlessItOutlastsIt) {
  const std::string bounded = TimedFor(600'000, {.lasts_ms = 3'600'000});
  const std::string outlasting = TimedFor(600'000, {.lasts_ms = 3'600'000, .outlasts_window = true});
  EXPECT_EQ(Claim(bounded, User(1))->usable.end_ms, Get(bounded).definition.use_window.end_ms);
  const auto issued = Claim(outlasting, User(1));
  EXPECT_EQ(issued->usable.end_ms, issued->issue_time_ms + 3'600'000);
}

TEST_P(ValidityContract, IsUsedNeitherBeforeNorAfter) {
  const CouponNumber coupon = Coupon(Timed({.wait_ms = 1'500, .lasts_ms = 3'000}), 1);
  const Window usable = GetCoupon(coupon)->usable;
  EXPECT_THAT(Redeem(coupon, "order-1"),
              RefusesWith(Reason::kCouponNotYetValid, "valid_from", InstantText(usable.start_ms)));
  EXPECT_THAT(Validate(coupon, "order-1"), Refuses(Reason::kCouponNotYetValid));
  EXPECT_THAT(Reserve(coupon, "order-1"), Refuses(Reason::kCouponNotYetValid));
  store_->WaitUntil(usable.start_ms);
  const auto held = Reserve(coupon, "order-1");
  ASSERT_THAT(held, Succeeds());
  EXPECT_EQ(held->expire_time_ms, usable.end_ms);
  store_->WaitUntil(usable.end_ms);
  EXPECT_THAT(Redeem(coupon, "order-1"), Refuses(Reason::kCouponExpired));
  EXPECT_EQ(StateOf(coupon), CouponState::kExpired);
}

TEST_P(ValidityContract, IsUsedAfterItsCampaignWhereItOutlastsIt) {
  const std::string id = TimedFor(3'000, {.lasts_ms = 600'000, .outlasts_window = true});
  const CouponNumber coupon = Coupon(id, 1);
  store_->WaitUntil(Get(id).definition.use_window.end_ms);
  EXPECT_THAT(Claim(id, User(2)), Refuses(Reason::kClaimWindowClosed));
  Sweep();
  EXPECT_EQ(StateOf(coupon), CouponState::kIssued);
  EXPECT_THAT(Redeem(coupon, "order-1"), Succeeds());
}

TEST_P(ValidityContract, NoneIsIssuedThatCouldNotBeUsed) {
  const std::string id = TimedFor(63'000, {.wait_ms = 60'000});
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
  const CodeNumber code = Code(id);
  store_->WaitUntil(Get(id).definition.use_window.end_ms - 60'000);
  EXPECT_THAT(Claim(id, User(2)), Refuses(Reason::kClaimWindowClosed));
  EXPECT_THAT(Bind(code, 2), Refuses(Reason::kCouponExpired));
}

TEST_P(ValidityContract, OfACodeCountsFromItsBindingOrItsUse) {
  const std::string id = Timed({.lasts_ms = 3'600'000});
  const auto bound = Bind(Code(id), 1);
  ASSERT_THAT(bound, Succeeds());
  EXPECT_EQ(bound->usable, (Window{bound->issue_time_ms, bound->issue_time_ms + 3'600'000}));
  EXPECT_EQ(GetCoupon(bound->number)->usable, bound->usable);
  const auto redeemed = RedeemBy(2, Code(id), "order-1");
  ASSERT_THAT(redeemed, Succeeds());
  const auto coupon = GetCoupon(NumberOf(*redeemed));
  EXPECT_EQ(coupon->usable.end_ms, coupon->issue_time_ms + 3'600'000);
}

TEST_P(ValidityContract, ACodeOfACampaignWithAWaitMustBeBoundFirst) {
  const std::string id = Timed({.wait_ms = 600});
  const CodeNumber code = Code(id);
  EXPECT_THAT(RedeemBy(1, code, "order-1"), Refuses(Reason::kCouponNotYetValid));
  EXPECT_THAT(Validate(code, "order-1"), Refuses(Reason::kCouponNotYetValid));
  const auto bound = Bind(code, 1);
  ASSERT_THAT(bound, Succeeds());
  store_->WaitUntil(bound->usable.start_ms);
  EXPECT_THAT(RedeemBy(1, code, "order-1"), Succeeds());
}

TEST_P(ValidityContract, TheSweeperBooksEachAtItsOwnEnd) {
  const std::string id = Timed({.lasts_ms = 6'000});
  const std::string other = Active();
  const CouponNumber used = Coupon(id, 1);
  ASSERT_THAT(Redeem(used, "order-1"), Succeeds());
  const CouponNumber first = Coupon(id, 1);
  const CouponNumber lasting = Coupon(other, 1);
  const InstantMs first_end = GetCoupon(first)->usable.end_ms;
  store_->WaitUntil(first_end - 3'000);
  const CouponNumber second = Coupon(id, 1);
  const auto bound = Bind(Code(id), 1);
  ASSERT_THAT(bound, Succeeds());
  store_->WaitUntil(first_end);
  EXPECT_EQ(Sweep().coupons_expired, 1);
  EXPECT_EQ(StateOf(second), CouponState::kIssued);
  store_->WaitUntil(bound->usable.end_ms);
  EXPECT_EQ(Sweep().coupons_expired, 2);
  EXPECT_EQ(StateOf(lasting), CouponState::kIssued);
  EXPECT_EQ(Totals(id).expired, 3);
  EXPECT_EQ(Totals(id).available_now, 0);
  ExpectVerified();
}

TEST_P(ValidityContract, TheSweeperBooksTheEndOfWhatARollbackRestored) {
  const CouponNumber coupon = Coupon(Timed({.lasts_ms = 4'000}), 1);
  const auto redeemed = Redeem(coupon, "order-1");
  ASSERT_THAT(redeemed, Succeeds());
  Sweep();
  ASSERT_THAT(Rollback(redeemed->ref), Succeeds());
  store_->WaitUntil(GetCoupon(coupon)->usable.end_ms);
  EXPECT_EQ(Sweep().coupons_expired, 1);
  ExpectVerified();
}

TEST_P(ValidityContract, TheSweeperBooksTheEndOfWhatAnOrderHeldOnce) {
  const std::string id = Timed({.lasts_ms = 4'000});
  const CouponNumber coupon = Coupon(id, 1);
  const auto held = Reserve(coupon, "order-1", 200);
  ASSERT_THAT(held, Succeeds());
  store_->WaitUntil(held->expire_time_ms);
  EXPECT_EQ(Sweep().reservations_expired, 1);
  store_->WaitUntil(GetCoupon(coupon)->usable.end_ms);
  EXPECT_EQ(Sweep().coupons_expired, 1);
  EXPECT_EQ(Totals(id).available_now, 0);
  ExpectVerified();
}

TEST_P(ValidityContract, IsAnsweredTheSameAgain) {
  const std::string id = Timed({.wait_ms = 60'000, .lasts_ms = 1'000});
  const storage::Operation op = NewOp(storage::Method::kClaimCoupon);
  const auto issued = Claim(id, User(1), op);
  ASSERT_THAT(issued, Succeeds());
  EXPECT_EQ(*Claim(id, User(1), op), *issued);
  ASSERT_THAT(Move(id, core::Transition::kEnd), Succeeds());
  EXPECT_EQ(*Claim(id, User(1), op), *issued);
}

}  // namespace
}  // namespace tessera::contract
