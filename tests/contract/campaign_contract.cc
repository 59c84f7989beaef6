// Campaigns: create, read, change, list.

#include <set>

#include "store_contract.h"

namespace tessera::contract {
namespace {

using core::CampaignDefinition;
using core::CampaignState;
using core::Reason;
using core::Transition;
using storage::Method;

class CampaignContract : public StoreContract {};
TESSERA_CONTRACT(CampaignContract);

TEST_P(CampaignContract, CreateMakesVersionOneADraft) {
  const core::InstantMs before = Now();
  const auto created =
      Await(store_->campaigns().Create(NewOp(Method::kCreateCampaign), "spring", Definition()));
  ASSERT_THAT(created, Succeeds());
  EXPECT_EQ(created->campaign_id, "spring");
  EXPECT_EQ(created->version, 1);
  EXPECT_EQ(created->state, CampaignState::kDraft);
  EXPECT_GE(created->update_time_ms, before);
  EXPECT_LE(created->update_time_ms, Now());
}

TEST_P(CampaignContract, CreateRefusesATakenId) {
  const std::string id = Draft(Definition());
  const auto again = Await(store_->campaigns().Create(NewOp(Method::kCreateCampaign), id, Definition()));
  EXPECT_THAT(again, Refuses(Reason::kCampaignExists));
  EXPECT_EQ(Get(id).version, 1);
}

TEST_P(CampaignContract, GetAnswersEveryFieldOfTheDefinition) {
  CampaignDefinition definition = Definition();
  definition.display_name = "Sömmer \"24\" \\ %";
  definition.offer.currency = *core::Currency::Parse("JPY", "currency");
  definition.time_zone = "Europe/Berlin";
  definition.offer.benefit = core::PercentOff{1250, 3000};
  definition.offer.minimum_spend_minor = 10'000;
  definition.offer.scope.skus = {{"A", "B"}, {"C"}};
  definition.offer.scope.order_count = {0, 0};
  definition.offer.stacking.groups = {{"season", 2}};
  definition.offer.stacking.priority = -1;
  definition.offer.weekly_windows = {{6, 1'380, 60}};
  definition.claim_window = {Now() + 1, Now() + 2};
  definition.use_window = {Now() + 3, Now() + 4};
  definition.limits = {1'000'000, 5'000, 3, 1};
  definition.pause_scope = core::PauseScope::kIssueAndRedeem;
  definition.restore_policy = core::RestorePolicy::kRestoreIfUnexpired;
  definition.threshold_loss = core::ThresholdLoss::kProrate;
  const std::string id = Draft(definition);
  const core::Campaign campaign = Get(id);
  EXPECT_EQ(campaign.id, id);
  EXPECT_EQ(campaign.version, 1);
  EXPECT_EQ(campaign.state, CampaignState::kDraft);
  EXPECT_EQ(campaign.definition, definition);
  EXPECT_EQ(campaign.create_time_ms, campaign.update_time_ms);
}

TEST_P(CampaignContract, GetAnswersADefinitionWithoutOptionalFields) {
  CampaignDefinition definition = Definition();
  definition.offer.benefit = core::PercentOff{10'000, std::nullopt};
  EXPECT_EQ(Get(Draft(definition)).definition, definition);
}

TEST_P(CampaignContract, GetAnswersTheLargestAmounts) {
  CampaignDefinition definition = Definition();
  definition.offer.benefit = core::AmountOff{core::kAmountMax};
  definition.limits = {core::kAmountMax, core::kAmountMax, core::kAmountMax, core::kAmountMax};
  EXPECT_EQ(Get(Draft(definition)).definition, definition);
}

TEST_P(CampaignContract, GetRefusesAnUnknownCampaign) {
  EXPECT_THAT(Await(store_->campaigns().Get("nowhere", Soon())), Refuses(Reason::kCampaignNotFound));
}

TEST_P(CampaignContract, NumbersOfCampaignsDiffer) {
  std::set<core::CampaignNumber> numbers;
  for (int i = 0; i < 20; ++i) numbers.insert(Get(Draft(Definition())).number);
  EXPECT_EQ(numbers.size(), 20u);
}

TEST_P(CampaignContract, MoveFollowsTheLifecycle) {
  const std::string id = Draft(Definition());
  const struct {
    Transition transition;
    CampaignState state;
  } kSteps[] = {{Transition::kActivate, CampaignState::kActive},
                {Transition::kPause, CampaignState::kPaused},
                {Transition::kResume, CampaignState::kActive},
                {Transition::kPause, CampaignState::kPaused},
                {Transition::kEnd, CampaignState::kEnded}};
  int64_t version = 1;
  for (const auto& step : kSteps) {
    const auto moved = Move(id, step.transition);
    ASSERT_THAT(moved, Succeeds());
    EXPECT_EQ(moved->state, step.state);
    EXPECT_EQ(moved->version, ++version);
    const core::Campaign campaign = Get(id);
    EXPECT_EQ(campaign.state, step.state);
    EXPECT_EQ(campaign.version, version);
    EXPECT_EQ(campaign.update_time_ms, moved->update_time_ms);
    EXPECT_LE(campaign.create_time_ms, campaign.update_time_ms);
  }
}

TEST_P(CampaignContract, MoveRefusesWhatTheLifecycleForbids) {
  const std::string id = Draft(Definition());
  EXPECT_THAT(Move(id, Transition::kPause), RefusesWith(Reason::kIllegalTransition, "state", "DRAFT"));
  EXPECT_THAT(Move(id, Transition::kResume), RefusesWith(Reason::kIllegalTransition, "transition", "RESUME"));
  ASSERT_THAT(Move(id, Transition::kActivate), Succeeds());
  EXPECT_THAT(Move(id, Transition::kActivate), Refuses(Reason::kIllegalTransition));
  EXPECT_THAT(Move(id, Transition::kResume), Refuses(Reason::kIllegalTransition));
  ASSERT_THAT(Move(id, Transition::kEnd), Succeeds());
  EXPECT_THAT(Move(id, Transition::kEnd), Refuses(Reason::kIllegalTransition));
  EXPECT_THAT(Move(id, Transition::kActivate), RefusesWith(Reason::kIllegalTransition, "state", "ENDED"));
  EXPECT_EQ(Get(id).version, 3);
}

TEST_P(CampaignContract, MoveRefusesAnUnknownCampaign) {
  EXPECT_THAT(Move("nowhere", Transition::kActivate), Refuses(Reason::kCampaignNotFound));
}

TEST_P(CampaignContract, UpdateChangesTheDefinition) {
  const std::string id = Active();
  const auto updated = Update(id, [](CampaignDefinition& d) {
    d.display_name = "Autumn";
    d.limits.per_user_total = 7;
  });
  ASSERT_THAT(updated, Succeeds());
  EXPECT_EQ(updated->version, 3);
  EXPECT_EQ(updated->state, CampaignState::kActive);
  const core::Campaign campaign = Get(id);
  EXPECT_EQ(campaign.version, 3);
  EXPECT_EQ(campaign.definition.display_name, "Autumn");
  EXPECT_EQ(campaign.definition.limits.per_user_total, 7);
}

TEST_P(CampaignContract, UpdateRefusesAnUnknownCampaign) {
  storage::Edit edit = [](const core::Campaign& campaign) { return campaign.definition; };
  const auto updated = Await(store_->campaigns().Update(NewOp(Method::kUpdateCampaign), "nowhere", 1, edit));
  EXPECT_THAT(updated, Refuses(Reason::kCampaignNotFound));
}

TEST_P(CampaignContract, UpdateRefusesAnotherVersionBeforeItAsksTheEdit) {
  const std::string id = Active();
  storage::Edit edit = [](const core::Campaign&) -> core::Result<CampaignDefinition> {
    return core::Error(Reason::kFieldImmutable, "must not be asked");
  };
  for (const int64_t version : {int64_t{1}, int64_t{3}}) {
    const auto updated = Await(store_->campaigns().Update(NewOp(Method::kUpdateCampaign), id, version, edit));
    EXPECT_THAT(updated, RefusesWith(Reason::kVersionMismatch, "version", "2"));
  }
}

TEST_P(CampaignContract, UpdateRefusesWhatTheEditRefuses) {
  const std::string id = Active();
  storage::Edit edit = [](const core::Campaign&) -> core::Result<CampaignDefinition> {
    return core::Error(Reason::kFieldImmutable, "no").With("field", "currency");
  };
  const auto updated = Await(store_->campaigns().Update(NewOp(Method::kUpdateCampaign), id, 2, edit));
  EXPECT_THAT(updated, RefusesWith(Reason::kFieldImmutable, "field", "currency"));
  EXPECT_EQ(Get(id).version, 2);
}

TEST_P(CampaignContract, UpdateRefusesAStockBelowWhatWasIssued) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 10;
  const std::string id = Active(definition);
  for (uint32_t i = 0; i < 4; ++i) Coupon(id, i);
  EXPECT_THAT(Update(id, [](auto& d) { d.limits.stock_total = 3; }),
              RefusesWith(Reason::kStockBelowIssued, "issued", "4"));
  EXPECT_EQ(Get(id).definition.limits.stock_total, 10);
  for (uint32_t i = 4; i < 10; ++i) Coupon(id, i);
  EXPECT_THAT(Claim(id, User(10)), Refuses(Reason::kStock));
}

TEST_P(CampaignContract, StockLoweredToWhatWasIssuedIsSoldOut) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 10;
  const std::string id = Active(definition);
  for (uint32_t i = 0; i < 4; ++i) Coupon(id, i);
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.stock_total = 4; }), Succeeds());
  EXPECT_THAT(Claim(id, User(4)), Refuses(Reason::kStock));
}

TEST_P(CampaignContract, LoweredStockIsExact) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 1'000;
  const std::string id = Active(definition);
  for (uint32_t i = 0; i < 5; ++i) Coupon(id, i);
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.stock_total = 8; }), Succeeds());
  for (uint32_t i = 5; i < 8; ++i) Coupon(id, i);
  EXPECT_THAT(Claim(id, User(8)), Refuses(Reason::kStock));
  EXPECT_EQ(Totals(id).stock_left, 0);
}

TEST_P(CampaignContract, RaisedStockIsIssued) {
  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 2;
  const std::string id = Active(definition);
  for (uint32_t i = 0; i < 2; ++i) Coupon(id, i);
  EXPECT_THAT(Claim(id, User(2)), Refuses(Reason::kStock));
  ASSERT_THAT(Update(id, [](auto& d) { d.limits.stock_total = 5; }), Succeeds());
  for (uint32_t i = 2; i < 5; ++i) Coupon(id, i);
  EXPECT_THAT(Claim(id, User(5)), Refuses(Reason::kStock));
}

TEST_P(CampaignContract, AStockNeitherAppearsNorGoesOnceActivated) {
  CampaignDefinition definition = Definition();
  const std::string without = Active(definition);
  definition.limits = {.stock_total = 5, .stock_per_day = 5};
  const std::string with = Active(definition);
  EXPECT_THAT(Update(without, [](auto& d) { d.limits.stock_total = 5; }), Refuses(Reason::kFieldImmutable));
  EXPECT_THAT(Update(without, [](auto& d) { d.limits.stock_per_day = 5; }), Refuses(Reason::kFieldImmutable));
  EXPECT_THAT(Update(with, [](auto& d) { d.limits.stock_total.reset(); }), Refuses(Reason::kFieldImmutable));
  EXPECT_THAT(Update(with, [](auto& d) { d.limits.stock_per_day.reset(); }),
              Refuses(Reason::kFieldImmutable));
}

TEST_P(CampaignContract, AStockOfADraftMayAppearAndGo) {
  const std::string limited = Draft(Definition());
  ASSERT_THAT(Update(limited, [](auto& d) { d.limits.stock_total = 2; }), Succeeds());
  ASSERT_THAT(Move(limited, Transition::kActivate), Succeeds());
  for (uint32_t i = 0; i < 2; ++i) Coupon(limited, i);
  EXPECT_THAT(Claim(limited, User(2)), Refuses(Reason::kStock));

  CampaignDefinition definition = Definition();
  definition.limits.stock_total = 2;
  const std::string unlimited = Draft(definition);
  ASSERT_THAT(Update(unlimited, [](auto& d) { d.limits.stock_total.reset(); }), Succeeds());
  ASSERT_THAT(Move(unlimited, Transition::kActivate), Succeeds());
  for (uint32_t i = 0; i < 4; ++i) Coupon(unlimited, i);
  EXPECT_EQ(Totals(unlimited).stock_left, std::nullopt);
}

TEST_P(CampaignContract, ListIsEmptyWithoutCampaigns) {
  const auto page = Await(store_->campaigns().List(10, "", Soon()));
  ASSERT_THAT(page, Succeeds());
  EXPECT_TRUE(page->campaigns.empty());
  EXPECT_EQ(page->next_cursor, "");
}

TEST_P(CampaignContract, ListAnswersByHomeThenIdInPages) {
  std::vector<std::pair<uint32_t, std::string>> expected;
  for (int i = 0; i < 11; ++i) {
    const std::string id = Draft(Definition());
    expected.emplace_back(store_->HomeOf(id), id);
  }
  std::sort(expected.begin(), expected.end());
  for (const int32_t page_size : {1, 3, 11, 100}) {
    std::vector<std::pair<uint32_t, std::string>> found;
    std::string cursor;
    do {
      const auto page = Await(store_->campaigns().List(page_size, cursor, Soon()));
      ASSERT_THAT(page, Succeeds());
      ASSERT_LE(page->campaigns.size(), static_cast<size_t>(page_size));
      for (const auto& campaign : page->campaigns)
        found.emplace_back(store_->HomeOf(campaign->id), campaign->id);
      cursor = page->next_cursor;
    } while (!cursor.empty());
    EXPECT_EQ(found, expected) << "pages of " << page_size;
  }
}

TEST_P(CampaignContract, ListAnswersCampaignsAsTheyStand) {
  const std::string id = Active();
  const auto page = Await(store_->campaigns().List(10, "", Soon()));
  ASSERT_THAT(page, Succeeds());
  ASSERT_EQ(page->campaigns.size(), 1u);
  EXPECT_EQ(*page->campaigns.front(), Get(id));
}

TEST_P(CampaignContract, ListMissesNothingWhileCampaignsAreCreated) {
  std::set<std::string> before;
  for (int i = 0; i < 9; ++i) before.insert(Draft(Definition()));
  std::vector<std::string> found;
  std::string cursor;
  do {
    const auto page = Await(store_->campaigns().List(2, cursor, Soon()));
    ASSERT_THAT(page, Succeeds());
    for (const auto& campaign : page->campaigns) found.push_back(campaign->id);
    if (found.size() < 30) Draft(Definition());
    cursor = page->next_cursor;
  } while (!cursor.empty());
  const std::set<std::string> once(found.begin(), found.end());
  EXPECT_EQ(once.size(), found.size()) << "a campaign was shown twice";
  for (const std::string& id : before) EXPECT_TRUE(once.contains(id)) << id;
}

}  // namespace
}  // namespace tessera::contract
