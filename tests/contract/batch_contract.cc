#include "batch_contract.h"

#include <set>

namespace tessera::contract {
namespace {

using core::CodeNumber;
using core::Reason;

class BatchContract : public Contract<BatchFixture> {};
TESSERA_CONTRACT(BatchContract);

TEST_P(BatchContract, AStoredCodeHasOneNumber) {
  const std::string campaign = Active();
  const auto batch = Import(campaign, 300);
  ASSERT_THAT(batch, Succeeds());
  const std::vector<storage::StoredCode> codes = Codes(0, 300);
  const auto added = Await(redis().AddStoredCodes(campaign, batch->batch, codes, Soon()));
  ASSERT_TRUE(added.ok());
  std::set<CodeNumber> distinct;
  for (uint32_t i = 0; i < 300; ++i) {
    EXPECT_TRUE(Has(batch->numbers, (*added)[i]));
    EXPECT_EQ(*Await(redis().FindStoredCode(Key(i), Soon())), (*added)[i]);
    distinct.insert((*added)[i]);
  }
  EXPECT_EQ(distinct.size(), 300);
  EXPECT_EQ(Totals(campaign).codes_generated, 300);
  // Sent again, and by another import: the first numbers stand.
  EXPECT_EQ(*Await(redis().AddStoredCodes(campaign, batch->batch, codes, Soon())), *added);
  const auto other = Import(campaign, 300);
  EXPECT_EQ(*Await(redis().AddStoredCodes(campaign, other->batch, codes, Soon())), *added);
  EXPECT_EQ(Totals(campaign).codes_generated, 300);
  EXPECT_FALSE(Await(redis().FindStoredCode(Key(300), Soon())).ok());
  EXPECT_FALSE(Await(redis().AddStoredCodes(campaign, batch->batch, codes, Past())).ok());
  const auto elsewhere = Await(redis().AddStoredCodes(Active(), batch->batch, codes, Soon()));
  ASSERT_FALSE(elsewhere.ok());
  EXPECT_EQ(elsewhere.error().reason, Reason::kBatchNotFound);
}

// Nobody else is given the number of a code that an earlier try of the same import has added.
TEST_P(BatchContract, AnImportThatIsSentAgainWithOtherCodesGivesOthersNumbers) {
  const std::string campaign = Active();
  const auto batch = Import(campaign, 100);
  const auto first = Await(redis().AddStoredCodes(campaign, batch->batch, Codes(0, 50), Soon()));
  const auto second = Await(redis().AddStoredCodes(campaign, batch->batch, Codes(25, 50), Soon()));
  ASSERT_TRUE(first.ok() && second.ok());
  std::set<CodeNumber> distinct(first->begin(), first->end());
  distinct.insert(second->begin(), second->end());
  EXPECT_EQ(distinct.size(), 75);
  EXPECT_TRUE(std::equal(first->begin() + 25, first->end(), second->begin()));
}

TEST_P(BatchContract, AnImportHasNumbersForAsManyAsItWasOpenedFor) {
  const std::string campaign = Active();
  const auto batch = Import(campaign, 1);
  uint32_t added = 0;
  while (added < 10'000) {
    const auto more = Await(redis().AddStoredCodes(campaign, batch->batch, Codes(added, 100), Soon()));
    if (!more.ok()) {
      EXPECT_EQ(more.error().reason, Reason::kStorageFull);
      break;
    }
    added += 100;
  }
  EXPECT_LT(added, 10'000);
  ExpectVerified();
}

TEST_P(BatchContract, AnImportIsABatchOfItsOwn) {
  const std::string campaign = Active();
  const auto batch = Import(campaign, 50, 3);
  const auto found = Await(redis().GetBatch(batch->batch, Soon()));
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->imported);
  EXPECT_EQ(found->campaign_id, campaign);
  EXPECT_GE(found->numbers.count, 50);
  EXPECT_FALSE(Await(redis().GetBatch(Make(campaign, 2)->batch, Soon()))->imported);
  EXPECT_EQ(Totals(campaign).codes_generated, 2);
}

TEST_P(BatchContract, ACodeIsGoodAsOftenAsItsLimitSays) {
  const std::string campaign = Active();
  const CodeNumber code = StoredCode(campaign, 3);
  std::vector<core::Result<storage::Redemption>> used;
  for (uint32_t user = 0; user < 3; ++user) used.push_back(RedeemBy(user, code, "o"));
  for (const auto& one : used) EXPECT_THAT(one, Succeeds());
  EXPECT_THAT(RedeemBy(3, code, "o"), RefusesWith(Reason::kCodeUsedUp, "limit", "3"));
  EXPECT_THAT(Validate(By(3, code, "o")), Refuses(Reason::kCodeUsedUp));
  EXPECT_THAT(Bind(code, 4), Refuses(Reason::kCodeUsedUp));
  EXPECT_EQ(View(code)->state, storage::CouponState::kRedeemed);
  // A use that is undone is another's.
  ASSERT_THAT(Rollback(used[1]->ref), Succeeds());
  EXPECT_THAT(Validate(By(3, code, "o")), Succeeds());
  EXPECT_THAT(Bind(code, 4), Succeeds());
  EXPECT_THAT(RedeemBy(3, code, "o"), Refuses(Reason::kCodeUsedUp));
  EXPECT_EQ(Totals(campaign).issued_of_codes, 4);
  Sweep();
  ExpectVerified();
}

TEST_P(BatchContract, OneCallIsOneUse) {
  const std::string campaign = Active();
  const CodeNumber code = StoredCode(campaign, 2);
  const storage::UseIntent intent = By(1, code, "o");
  const auto first = Await(store_->redemptions().Redeem(intent));
  ASSERT_THAT(first, Succeeds());
  EXPECT_EQ(*Await(store_->redemptions().Redeem(intent)), *first);
  EXPECT_THAT(RedeemBy(1, code, "p"), Succeeds());
  EXPECT_EQ(*Await(store_->redemptions().Redeem(intent)), *first);
  EXPECT_THAT(RedeemBy(1, code, "q"), Refuses(Reason::kCodeUsedUp));
}

TEST_P(BatchContract, ARefusedUseIsFreeAtOnce) {
  const std::string campaign = ActiveWith([](auto& definition) { definition.limits.per_user_total = 1; });
  const CodeNumber code = StoredCode(campaign, 2);
  EXPECT_THAT(RedeemBy(1, code, "o"), Succeeds());
  for (int i = 0; i < 5; ++i) EXPECT_THAT(RedeemBy(1, code, "p"), Refuses(Reason::kUserQuota));
  EXPECT_THAT(RedeemBy(2, code, "o"), Succeeds());
  EXPECT_THAT(RedeemBy(3, code, "o"), Refuses(Reason::kCodeUsedUp));
}

TEST_P(BatchContract, GuestsUseACodeAsOftenAsItsLimitSays) {
  const std::string campaign = Active();
  const CodeNumber code = StoredCode(campaign, 4);
  for (int i = 0; i < 4; ++i) EXPECT_THAT(Redeem(code, "o" + std::to_string(i)), Succeeds());
  EXPECT_THAT(Redeem(code, "o5"), Refuses(Reason::kCodeUsedUp));
}

TEST_P(BatchContract, ARevokedCodeHasNoMoreUses) {
  const std::string campaign = Active();
  const CodeNumber code = StoredCode(campaign, 3);
  ASSERT_THAT(RedeemBy(1, code, "o"), Succeeds());
  EXPECT_THAT(Revoke(code, storage::ReservedPolicy::kWait, false), Succeeds());
  EXPECT_THAT(RedeemBy(2, code, "o"), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(Revoke(code, storage::ReservedPolicy::kWait, false), Refuses(Reason::kCouponRevoked));
  EXPECT_EQ(Totals(campaign).codes_revoked, 1);
}

TEST_P(BatchContract, AnImportIsTakenBackWhole) {
  const std::string campaign = Active();
  const auto batch = Import(campaign, 100, 5);
  const auto added = Await(redis().AddStoredCodes(campaign, batch->batch, Codes(0, 60), Soon()));
  ASSERT_TRUE(added.ok());
  const CodeNumber code = (*added)[42];
  ASSERT_THAT(RedeemBy(1, code, "o"), Succeeds());
  const auto single = Import(campaign, 100);
  const auto singles = Await(redis().AddStoredCodes(campaign, single->batch, Codes(100, 60), Soon()));
  ASSERT_TRUE(singles.ok());
  EXPECT_EQ(Finish(Create(campaign, TakingBack(single->batch))->job).refused, 0);
  for (const CodeNumber one : *singles) EXPECT_THAT(Bind(one, 3), Refuses(Reason::kCouponRevoked));
  EXPECT_EQ(Totals(campaign).codes_revoked, 60);
  const auto created = Create(campaign, TakingBack(batch->batch));
  ASSERT_THAT(created, Succeeds());
  EXPECT_EQ(Finish(created->job).state, storage::JobState::kSucceeded);
  EXPECT_THAT(RedeemBy(2, code, "o"), Refuses(Reason::kCouponRevoked));
  EXPECT_THAT(RedeemBy(2, (*added)[0], "o"), Refuses(Reason::kCouponRevoked));
  EXPECT_EQ(Totals(campaign).codes_revoked, 120);
  EXPECT_THAT(Create(campaign, TakingBack(batch->batch, 1)),
              RefusesWith(Reason::kInvalidField, "field", "revoke_codes.start_offset"));
}

}  // namespace
}  // namespace tessera::contract
