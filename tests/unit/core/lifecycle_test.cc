#include "core/lifecycle.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

namespace tessera::core {
namespace {

using enum CampaignState;

constexpr CampaignState kStates[] = {kDraft, kActive, kPaused, kEnded};
constexpr Transition kTransitions[] = {Transition::kActivate, Transition::kPause, Transition::kResume,
                                       Transition::kEnd};

TEST(LifecycleTest, FullTransitionMatrix) {
  constexpr std::optional<CampaignState> kNo;
  //                                               activate  pause    resume   end
  const std::optional<CampaignState> next[4][4] = {{kActive, kNo, kNo, kEnded},  // draft
                                                   {kNo, kPaused, kNo, kEnded},  // active
                                                   {kNo, kNo, kActive, kEnded},  // paused
                                                   {kNo, kNo, kNo, kNo}};        // ended
  for (int from = 0; from < 4; ++from) {
    for (int by = 0; by < 4; ++by) {
      const auto to = NextState(kStates[from], kTransitions[by]);
      EXPECT_EQ(to.ok(), next[from][by].has_value()) << from << " " << by;
      if (to.ok()) {
        EXPECT_EQ(*to, *next[from][by]);
      } else {
        EXPECT_EQ(to.error().reason, Reason::kIllegalTransition);
        ASSERT_EQ(to.error().metadata.size(), 2u);
        EXPECT_EQ(to.error().metadata[0],
                  (std::pair<std::string, std::string>{"state", std::string(StateName(kStates[from]))}));
        EXPECT_EQ(to.error().metadata[1].first, "transition");
      }
    }
  }
  EXPECT_EQ(NextState(kEnded, Transition::kResume).error().metadata[1].second, "RESUME");
}

Campaign CampaignIn(CampaignState state, PauseScope scope = PauseScope::kIssue) {
  Campaign campaign;
  campaign.state = state;
  campaign.definition.pause_scope = scope;
  return campaign;
}

TEST(LifecycleTest, IssuingNeedsAnActiveCampaign) {
  EXPECT_TRUE(MayIssue(CampaignIn(kActive)).ok());
  EXPECT_EQ(MayIssue(CampaignIn(kDraft)).error().reason, Reason::kCampaignNotActive);
  EXPECT_EQ(MayIssue(CampaignIn(kPaused)).error().reason, Reason::kCampaignPaused);
  EXPECT_EQ(MayIssue(CampaignIn(kEnded)).error().reason, Reason::kCampaignEnded);
}

TEST(LifecycleTest, OnlyAPauseOfBothStopsRedeeming) {
  for (const CampaignState state : kStates)
    EXPECT_TRUE(MayRedeem(CampaignIn(state, PauseScope::kIssue)).ok());
  for (const CampaignState state : kStates) {
    const Status status = MayRedeem(CampaignIn(state, PauseScope::kIssueAndRedeem));
    EXPECT_EQ(status.ok(), state != kPaused);
    if (state == kPaused) {
      EXPECT_EQ(status.error().reason, Reason::kCampaignPaused);
    }
  }
}

CampaignDefinition Definition() {
  CampaignDefinition definition;
  definition.display_name = "Spring";
  definition.time_zone = "Europe/Berlin";
  definition.offer = {.currency = *Currency::Parse("EUR", "c"),
                      .benefit = PercentOff{.basis_points = 1'000, .cap_minor = 500},
                      .minimum_spend_minor = 2'000};
  definition.claim_window = {.start_ms = 1'000, .end_ms = 2'000};
  definition.use_window = {.start_ms = 1'000, .end_ms = 3'000};
  return definition;
}

TEST(LifecycleTest, ACouponsTimeCountsFromItsClaim) {
  struct Case {
    Validity validity;
    InstantMs claim_ms;
    Window usable;
  };
  const Case cases[] = {
      {{}, 1'500, {1'500, 3'000}},
      {{}, 500, {1'000, 3'000}},
      {{.wait_ms = 300}, 1'500, {1'800, 3'000}},
      {{.wait_ms = 300}, 500, {1'000, 3'000}},
      {{.wait_ms = 300, .lasts_ms = 100}, 500, {1'000, 1'100}},
      {{.lasts_ms = 100}, 1'500, {1'500, 1'600}},
      {{.lasts_ms = 1'600}, 1'500, {1'500, 3'000}},
      {{.lasts_ms = 1'600, .outlasts_window = true}, 1'500, {1'500, 3'100}},
      {{.wait_ms = 1'600, .lasts_ms = 50, .outlasts_window = true}, 1'500, {3'100, 3'150}},
  };
  for (const Case& one : cases) {
    CampaignDefinition definition = Definition();
    definition.validity = one.validity;
    EXPECT_EQ(UsableWindow(definition, one.claim_ms), one.usable)
        << one.validity.wait_ms << " " << one.validity.lasts_ms << " " << one.claim_ms;
  }
}

TEST(LifecycleTest, NoCouponIsMadeThatCouldNotBeUsed) {
  CampaignDefinition definition = Definition();
  definition.claim_window.end_ms = 2'900;
  EXPECT_EQ(ClaimUntil(definition), 2'900);
  definition.validity = {.wait_ms = 200};
  EXPECT_EQ(CodesUntil(definition), 2'800);
  EXPECT_EQ(ClaimUntil(definition), 2'800);
  EXPECT_EQ(LastEnd(definition), 3'000);
  definition.validity = {.wait_ms = 200, .lasts_ms = 70, .outlasts_window = true};
  EXPECT_EQ(CodesUntil(definition), 3'000);
  EXPECT_EQ(ClaimUntil(definition), 2'900);
  EXPECT_EQ(LastEnd(definition), 3'270);
}

struct Change {
  std::string field;
  std::function<void(CampaignDefinition&)> apply;
};

TEST(LifecycleTest, WhatCouponsRestOnCannotChangeOnceActivated) {
  const Change changes[] = {
      {"offer", [](auto& d) { d.offer.benefit = AmountOff{.amount_minor = 100}; }},
      {"offer", [](auto& d) { d.offer.benefit = PercentOff{.basis_points = 1'001, .cap_minor = 500}; }},
      {"offer", [](auto& d) { d.offer.minimum_spend_minor.reset(); }},
      {"offer", [](auto& d) { d.offer.scope.stores.include = {"s1"}; }},
      {"offer", [](auto& d) { d.offer.stacking.priority = 1; }},
      {"offer", [](auto& d) { d.offer.weekly_windows = {{.day = 5, .start_minute = 0, .end_minute = 60}}; }},
      {"threshold_loss", [](auto& d) { d.threshold_loss = ThresholdLoss::kProrate; }},
      {"currency_code", [](auto& d) { d.offer.currency = *Currency::Parse("USD", "c"); }},
      {"time_zone", [](auto& d) { d.time_zone = "UTC"; }},
      {"claim_window.start_time", [](auto& d) { d.claim_window.start_ms = 999; }},
      {"use_window.start_time", [](auto& d) { d.use_window.start_ms = 1'001; }},
      {"validity", [](auto& d) { d.validity.wait_ms = 1; }},
      {"limits.stock_total", [](auto& d) { d.limits.stock_total = 5; }},
      {"limits.stock_per_day", [](auto& d) { d.limits.stock_per_day = 5; }},
      {"use_limits.budget_total_minor", [](auto& d) { d.use_limits.budget_total_minor = 5; }},
      {"use_limits.budget_per_day_minor", [](auto& d) { d.use_limits.budget_per_day_minor = 5; }},
      {"use_limits.uses_per_user_total", [](auto& d) { d.use_limits.uses_per_user_total = 5; }},
      {"use_limits.uses_per_user_per_day", [](auto& d) { d.use_limits.uses_per_user_per_day = 5; }},
      {"use_limits.uses_per_user_per_week", [](auto& d) { d.use_limits.uses_per_user_per_week = 5; }},
      {"use_limits.uses_per_user_per_month", [](auto& d) { d.use_limits.uses_per_user_per_month = 5; }},
  };
  for (const Change& change : changes) {
    CampaignDefinition after = Definition();
    change.apply(after);
    EXPECT_TRUE(MayUpdate(kDraft, Definition(), after).ok()) << change.field;
    for (const CampaignState state : {kActive, kPaused, kEnded}) {
      const Status status = MayUpdate(state, Definition(), after);
      ASSERT_FALSE(status.ok()) << change.field;
      EXPECT_EQ(status.error().reason, Reason::kFieldImmutable);
      EXPECT_EQ(status.error().metadata.at(0), (std::pair<std::string, std::string>{"field", change.field}));
    }
  }
}

TEST(LifecycleTest, TheRestMayChangeInEveryState) {
  const Change changes[] = {
      {"nothing", [](auto&) {}},
      {"display_name", [](auto& d) { d.display_name = "Summer"; }},
      {"claim_window.end", [](auto& d) { d.claim_window.end_ms = 2'500; }},
      {"use_window.end", [](auto& d) { d.use_window.end_ms = 9'000; }},
      {"limits", [](auto& d) { d.limits.per_user_total = 5; }},
      {"use_limits.budget_clips", [](auto& d) { d.use_limits.budget_clips = true; }},
      {"pause_scope", [](auto& d) { d.pause_scope = PauseScope::kIssueAndRedeem; }},
      {"restore_policy", [](auto& d) { d.restore_policy = RestorePolicy::kKeepUsed; }},
  };
  for (const Change& change : changes) {
    CampaignDefinition after = Definition();
    change.apply(after);
    for (const CampaignState state : kStates)
      EXPECT_TRUE(MayUpdate(state, Definition(), after).ok()) << change.field;
  }
}

}  // namespace
}  // namespace tessera::core
