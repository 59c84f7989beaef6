#include "api/definition_codec.h"

#include "api/convert_campaign.h"
#include "api/parse_campaign.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

TEST(Definition, SurvivesTheWayThereAndBack) {
  pb::CampaignDefinition percent = GoodDefinition();
  percent.mutable_validity()->mutable_wait()->set_seconds(3'600);
  percent.mutable_validity()->mutable_duration()->set_seconds(86'400);
  percent.mutable_validity()->mutable_duration()->set_nanos(1'000'000);
  pb::CampaignDefinition amount = GoodDefinition();
  amount.mutable_validity()->mutable_duration()->set_nanos(1'000'000);
  amount.mutable_offer()->mutable_amount_off()->set_amount_minor(700);
  amount.mutable_offer()->clear_minimum_spend_minor();
  amount.clear_limits();
  amount.mutable_validity()->set_outlasts_use_window(true);
  amount.set_pause_scope(pb::PAUSE_SCOPE_ISSUE);
  amount.set_restore_policy(pb::RESTORE_POLICY_RESTORE_IF_UNEXPIRED);
  amount.set_threshold_loss(pb::THRESHOLD_LOSS_CLAW_BACK);
  for (const pb::CampaignDefinition& definition : {percent, amount}) {
    const auto parsed = ParseDefinition(definition, "campaign");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(ToProto(*parsed).SerializeAsString(), definition.SerializeAsString());
    const std::string stored = EncodeDefinition(*parsed);
    const auto decoded = DecodeDefinition(stored);
    ASSERT_TRUE(decoded.ok()) << decoded.error().cause;
    EXPECT_EQ(*decoded, *parsed);
    EXPECT_EQ(EncodeDefinition(*decoded), stored);
  }
}

TEST(Definition, UnsetPoliciesHaveTheirDefaults) {
  pb::CampaignDefinition definition = GoodDefinition();
  definition.clear_pause_scope();
  definition.clear_restore_policy();
  definition.clear_threshold_loss();
  const auto parsed = ParseDefinition(definition, "campaign");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->pause_scope, core::PauseScope::kIssue);
  EXPECT_EQ(parsed->restore_policy, core::RestorePolicy::kRestore);
  EXPECT_EQ(parsed->threshold_loss, core::ThresholdLoss::kKeep);
}

TEST(Definition, BytesThatAreNoneAreTheStoresNonsense) {
  for (const std::string& bytes : {std::string("\xff\xff"), std::string(), std::string("\x0a\x01x")}) {
    const auto decoded = DecodeDefinition(bytes);
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().reason, core::Reason::kStoreNonsense);
  }
}

// A rule for input that becomes stricter must not make what was accepted before unreadable.
TEST(Definition, WhatWasStoredIsNotJudgedByTheRulesForInput) {
  using D = pb::CampaignDefinition;
  const std::vector<std::pair<const char*, std::function<void(D&)>>> cases = {
      {"a long name", [](D& d) { d.set_display_name(std::string(1000, 'x')); }},
      {"a zone that went", [](D& d) { d.set_time_zone("Mars/Olympus"); }},
      {"a window that ends at its start",
       [](D& d) { *d.mutable_claim_window()->mutable_end_time() = d.claim_window().start_time(); }},
      {"a stock of 0", [](D& d) { d.mutable_limits()->set_stock_total(0); }},
      {"no percent", [](D& d) { d.mutable_offer()->mutable_percent_off()->set_basis_points(0); }},
      {"steps that fall",
       [](D& d) {
         for (const int64_t amount : {200, 100}) {
           pb::ThresholdStep& step = *d.mutable_offer()->mutable_threshold_off()->add_steps();
           step.set_at_least_minor(amount);
           step.set_off_minor(amount);
         }
       }},
      {"an SKU with a tab",
       [](D& d) { d.mutable_offer()->mutable_scope()->mutable_skus()->add_include("a\tb"); }},
      {"a group of none",
       [](D& d) {
         d.mutable_offer()->mutable_stacking()->add_groups()->set_group("g");
         d.mutable_offer()->mutable_stacking()->set_base(pb::PRICE_BASE_INITIAL);
         d.mutable_offer()->mutable_stacking()->set_threshold_basis(pb::THRESHOLD_BASIS_AFTER_DISCOUNTS);
       }},
  };
  for (const auto& [name, spoil] : cases) {
    auto definition = ToProto(*ParseDefinition(GoodDefinition(), "campaign"));
    spoil(definition);
    ASSERT_FALSE(ParseDefinition(definition, "campaign").ok()) << name;
    const auto decoded = DecodeDefinition(definition.SerializeAsString());
    ASSERT_TRUE(decoded.ok()) << name << ": " << decoded.error().cause;
    EXPECT_EQ(ToProto(*decoded).SerializeAsString(), definition.SerializeAsString()) << name;
  }
}

TEST(Definition, WhatTheCoreCannotComputeWithIsTheStoresNonsense) {
  using D = pb::CampaignDefinition;
  const std::vector<std::function<void(D&)>> cases = {
      [](D& d) { d.set_currency_code("euro"); },
      [](D& d) { d.mutable_offer()->clear_benefit(); },
      [](D& d) { d.mutable_offer()->mutable_percent_off()->set_basis_points(10'001); },
      [](D& d) { d.mutable_offer()->mutable_amount_off()->set_amount_minor(-1); },
      [](D& d) { d.mutable_limits()->set_stock_total(INT64_MAX); },
      [](D& d) { d.mutable_use_window()->mutable_end_time()->set_seconds(INT64_MAX); },
      [](D& d) { d.mutable_validity()->mutable_wait()->set_seconds(-1); },
      [](D& d) { d.mutable_validity()->mutable_duration()->set_seconds(INT64_MAX); },
      [](D& d) { d.set_pause_scope(static_cast<pb::PauseScope>(9)); },
      [](D& d) { d.set_restore_policy(static_cast<pb::RestorePolicy>(9)); },
      [](D& d) { d.set_threshold_loss(static_cast<pb::ThresholdLoss>(9)); },
      [](D& d) { d.mutable_offer()->mutable_threshold_off(); },
      [](D& d) { d.mutable_offer()->mutable_buy_get()->set_get(1); },
      [](D& d) { d.mutable_offer()->set_floor_basis_points(10'001); },
      [](D& d) { d.mutable_offer()->mutable_stacking()->set_base(static_cast<pb::PriceBase>(9)); },
      [](D& d) {
        d.mutable_offer()->mutable_stacking()->set_threshold_basis(static_cast<pb::ThresholdBasis>(9));
      },
      [](D& d) { d.mutable_offer()->add_weekly_windows(); },
      [](D& d) { d.mutable_offer()->add_weekly_windows()->set_day(static_cast<pb::DayOfWeek>(8)); },
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    auto definition = ToProto(*ParseDefinition(GoodDefinition(), "campaign"));
    cases[i](definition);
    const auto decoded = DecodeDefinition(definition.SerializeAsString());
    ASSERT_FALSE(decoded.ok()) << i;
    EXPECT_EQ(decoded.error().reason, core::Reason::kStoreNonsense);
  }
}

TEST(Definition, WhatWasStoredBeforeThereWereThresholdLossesKeepsDiscounts) {
  auto definition = ToProto(*ParseDefinition(GoodDefinition(), "campaign"));
  definition.clear_threshold_loss();
  const auto decoded = DecodeDefinition(definition.SerializeAsString());
  ASSERT_TRUE(decoded.ok()) << decoded.error().cause;
  EXPECT_EQ(decoded->threshold_loss, core::ThresholdLoss::kKeep);
}

}  // namespace
}  // namespace tessera::api
