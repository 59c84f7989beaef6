// Issuing: one coupon and batches.

#include "store_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::Reason;
using core::Transition;
using storage::CouponState;
using storage::Method;

class IssueContract : public StoreContract {
 protected:
  storage::IssueIntent Batch(const std::string& campaign_id, uint32_t users) {
    storage::IssueIntent intent;
    intent.campaign_id = campaign_id;
    intent.source = storage::IssueSource::kBatch;
    intent.deadline = Soon();
    for (uint32_t i = 0; i < users; ++i) intent.items.push_back({NewOp(Method::kBatchIssueCoupons), User(i)});
    return intent;
  }
};
TESSERA_CONTRACT(IssueContract);

TEST_P(IssueContract, AnswersWhatWasIssued) {
  const std::string id = Active();
  storage::IssueIntent intent;
  intent.campaign_id = id;
  intent.code_key_id = 5;
  intent.deadline = Soon();
  intent.items.push_back({NewOp(Method::kClaimCoupon), User(1)});
  const core::InstantMs before = Now();
  const auto outcomes = Issue(intent);
  ASSERT_EQ(outcomes.size(), 1u);
  ASSERT_THAT(outcomes[0], Succeeds());
  const storage::Issued& issued = *outcomes[0];
  EXPECT_EQ(issued.number.partition(store_->shape()), User(1).partition(store_->shape()));
  EXPECT_EQ(issued.number.bucket(store_->shape()), User(1).bucket(store_->shape()));
  EXPECT_EQ(issued.campaign_id, id);
  EXPECT_EQ(issued.code_key_id, 5);
  EXPECT_GE(issued.issue_time_ms, before);
  EXPECT_LE(issued.issue_time_ms, Now());
  EXPECT_EQ(issued.usable.end_ms, Get(id).definition.use_window.end_ms);
  EXPECT_EQ(issued.quota, storage::QuotaLeft{});
}

TEST_P(IssueContract, ShowsTheCouponInTheWallet) {
  const std::string id = Active();
  const auto issued = Claim(id, User(1));
  ASSERT_THAT(issued, Succeeds());
  const auto coupon = GetCoupon(issued->number);
  ASSERT_THAT(coupon, Succeeds());
  EXPECT_EQ(coupon->number, issued->number);
  EXPECT_EQ(coupon->campaign_id, id);
  EXPECT_EQ(coupon->user, User(1));
  EXPECT_EQ(coupon->state, CouponState::kIssued);
  EXPECT_EQ(coupon->issue_time_ms, issued->issue_time_ms);
  EXPECT_EQ(coupon->usable, issued->usable);
  EXPECT_EQ(coupon->held_until_ms, std::nullopt);
  EXPECT_EQ(coupon->redemption, std::nullopt);
  EXPECT_THAT(Wallet(User(1)), testing::ElementsAre(*coupon));
}

TEST_P(IssueContract, CountsNumbersOfABucketFromZero) {
  const std::string id = Active();
  ASSERT_EQ(User(3).bucket(store_->shape()), UserBeside(3).bucket(store_->shape()));
  for (uint64_t index = 0; index < 6; ++index) {
    const auto issued = Claim(id, index % 2 == 0 ? User(3) : UserBeside(3));
    ASSERT_THAT(issued, Succeeds());
    EXPECT_EQ(issued->number.index(store_->shape()), index);
  }
}

TEST_P(IssueContract, RefusesAnUnknownCampaign) {
  EXPECT_THAT(Claim("nowhere", User(1)), Refuses(Reason::kCampaignNotFound));
}

TEST_P(IssueContract, KnowsARequestIdThatWasUsedThoughTheCampaignIsUnknown) {
  storage::Operation op = NewOp(Method::kClaimCoupon);
  ASSERT_THAT(Claim(Active(), User(1), op), Succeeds());
  op.body[0] ^= 1;
  EXPECT_THAT(Claim("nowhere", User(1), op), Refuses(Reason::kRequestIdReused));
}

TEST_P(IssueContract, RefusesADraft) {
  EXPECT_THAT(Claim(Draft(Definition()), User(1)), Refuses(Reason::kCampaignNotActive));
}

TEST_P(IssueContract, RefusesAPausedCampaignUntilItIsResumed) {
  const std::string id = Active();
  ASSERT_THAT(Move(id, Transition::kPause), Succeeds());
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kCampaignPaused));
  ASSERT_THAT(Move(id, Transition::kResume), Succeeds());
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
}

TEST_P(IssueContract, RefusesAnEndedCampaign) {
  const std::string id = Active();
  ASSERT_THAT(Move(id, Transition::kEnd), Succeeds());
  EXPECT_THAT(Claim(id, User(1)), Refuses(Reason::kCampaignEnded));
}

TEST_P(IssueContract, RefusesBeforeTheClaimWindowAndIssuesInIt) {
  CampaignDefinition definition = Definition();
  definition.claim_window.start_ms = Now() + 2'500;
  const std::string id = Active(definition);
  EXPECT_THAT(Claim(id, User(1)), RefusesWith(Reason::kClaimWindowNotOpen, "opens_at",
                                              InstantText(definition.claim_window.start_ms)));
  store_->WaitUntil(definition.claim_window.start_ms);
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
}

TEST_P(IssueContract, RefusesAfterTheClaimWindow) {
  CampaignDefinition definition = Definition();
  definition.claim_window.end_ms = Now() + 2'500;
  const std::string id = Active(definition);
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
  store_->WaitUntil(definition.claim_window.end_ms);
  EXPECT_THAT(Claim(id, User(2)), Refuses(Reason::kClaimWindowClosed));
}

TEST_P(IssueContract, ClaimingEndsWithTheUseWindow) {
  CampaignDefinition definition = Definition();
  definition.use_window.end_ms = Now() + 2'500;
  ASSERT_GT(definition.claim_window.end_ms, definition.use_window.end_ms);
  const std::string id = Active(definition);
  EXPECT_THAT(Claim(id, User(1)), Succeeds());
  store_->WaitUntil(definition.use_window.end_ms);
  EXPECT_THAT(Claim(id, User(2)), Refuses(Reason::kClaimWindowClosed));
  EXPECT_TRUE(Wallet(User(2)).empty());
}

TEST_P(IssueContract, JudgesTheStateBeforeTheWindow) {
  CampaignDefinition definition = Definition();
  definition.claim_window.start_ms = Now() + 60'000;
  EXPECT_THAT(Claim(Draft(definition), User(1)), Refuses(Reason::kCampaignNotActive));
}

TEST_P(IssueContract, IssuesExactlyTheStock) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 7;
  const std::string id = Active(definition);
  for (uint32_t i = 0; i < 7; ++i) EXPECT_THAT(Claim(id, User(i)), Succeeds());
  for (uint32_t i = 7; i < 12; ++i) EXPECT_THAT(Claim(id, User(i)), Refuses(Reason::kStock));
}

TEST_P(IssueContract, KeepsTheEndThatTheCampaignHadWhenItWasIssued) {
  const std::string id = Active();
  const auto first = Claim(id, User(1));
  ASSERT_THAT(first, Succeeds());
  const core::InstantMs later = first->usable.end_ms + 1000;
  ASSERT_THAT(Update(id, [later](auto& d) { d.use_window.end_ms = later; }), Succeeds());
  const auto second = Claim(id, User(2));
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second->usable.end_ms, later);
  EXPECT_EQ(GetCoupon(first->number)->usable.end_ms, first->usable.end_ms);
}

TEST_P(IssueContract, ABatchAnswersEachItemInOrder) {
  const std::string id = Active();
  const storage::IssueIntent intent = Batch(id, 50);
  const auto outcomes = Issue(intent);
  ASSERT_EQ(outcomes.size(), 50u);
  for (uint32_t i = 0; i < 50; ++i) {
    ASSERT_THAT(outcomes[i], Succeeds());
    EXPECT_EQ(GetCoupon(outcomes[i]->number)->user, User(i));
  }
}

TEST_P(IssueContract, ABatchOverTheStockIssuesExactlyTheStock) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 20;
  const std::string id = Active(definition);
  int issued = 0;
  for (const auto& outcome : Issue(Batch(id, 50))) {
    if (outcome.ok()) {
      ++issued;
    } else {
      EXPECT_THAT(outcome, Refuses(Reason::kStock));
    }
  }
  EXPECT_EQ(issued, 20);
}

TEST_P(IssueContract, OneRefusedItemDoesNotTouchTheOthers) {
  CampaignDefinition definition = Definition();
  definition.limits.per_user_total = 1;
  const std::string id = Active(definition);
  Coupon(id, 2);
  const auto outcomes = Issue(Batch(id, 4));
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_THAT(outcomes[0], Succeeds());
  EXPECT_THAT(outcomes[1], Succeeds());
  EXPECT_THAT(outcomes[2], Refuses(Reason::kUserQuota));
  EXPECT_THAT(outcomes[3], Succeeds());
}

TEST_P(IssueContract, EveryItemOfABatchIsRefusedForItsCampaign) {
  for (const auto& outcome : Issue(Batch("nowhere", 3)))
    EXPECT_THAT(outcome, Refuses(Reason::kCampaignNotFound));
  for (const auto& outcome : Issue(Batch(Draft(Definition()), 3))) {
    EXPECT_THAT(outcome, Refuses(Reason::kCampaignNotActive));
  }
}

TEST_P(IssueContract, ABatchSentAgainIssuesOnlyWhatItDidNotIssue) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 3;
  const std::string id = Active(definition);
  storage::IssueIntent intent = Batch(id, 3);
  const auto first = Issue(intent);
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.stock_total = 4; }), Succeeds());
  intent.items.push_back({NewOp(Method::kBatchIssueCoupons), User(9)});
  const auto second = Issue(intent);
  ASSERT_EQ(second.size(), 4u);
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(first[i], Succeeds());
    ASSERT_THAT(second[i], Succeeds());
    EXPECT_EQ(*second[i], *first[i]);
  }
  EXPECT_THAT(second[3], Succeeds());
  EXPECT_THAT(Claim(id, User(10)), Refuses(Reason::kStock));
}

TEST_P(IssueContract, ABatchOfAThousandIsIssuedWhole) {
  const std::string id = Active();
  for (const auto& outcome : Issue(Batch(id, 1'000))) ASSERT_THAT(outcome, Succeeds());
  EXPECT_EQ(Totals(id).issued, 1'000);
}

}  // namespace
}  // namespace tessera::contract
