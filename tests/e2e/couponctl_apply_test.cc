// `couponctl campaign apply`: campaigns by declarative files.

#include "tests/e2e/couponctl_fixture.h"

namespace tessera::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(CouponctlTest, BringsACampaignToWhatAFileSays) {
  const Outcome planned = Apply(Spring("ACTIVE", "  limits: {stock_total: 100}\n"), {"--dry-run"});
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("spring: new"));
  EXPECT_THAT(planned.out, HasSubstr("+ limits: {stock_total: 100}"));
  EXPECT_EQ(Ctl({"campaign", "get", "spring"}).exit_code, 1) << "--dry-run made it";
  const Outcome made = Apply(Spring("ACTIVE", "  limits: {stock_total: 100}\n"));
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("state: DRAFT -> ACTIVE"));
  EXPECT_THAT(made.out, HasSubstr("spring: created, version 1\nspring: ACTIVE, version 2\n"));
  EXPECT_EQ(Apply(Spring("ACTIVE", "  limits: {stock_total: 100}\n")).out, "spring: as it is wanted\n");
  const Outcome changed = Apply(Spring("PAUSED", "  limits: {stock_total: 200, per_user_total: 1}\n"));
  EXPECT_EQ(changed.exit_code, 0) << changed.err;
  EXPECT_EQ(changed.out,
            "spring: version 2\n"
            "  ~ limits.stock_total: 100 -> 200\n"
            "  + limits.per_user_total: 1\n"
            "  ~ state: ACTIVE -> PAUSED\n"
            "spring: changed, version 3\n"
            "spring: PAUSED, version 4\n");
  const Outcome without = Apply(Spring("", "  limits: {stock_total: 200}\n"));
  EXPECT_THAT(without.out, HasSubstr("  - limits.per_user_total: 1\n"));
  EXPECT_EQ(Json({"campaign", "get", "spring"})["state"], "CAMPAIGN_STATE_PAUSED");
  // What get writes is what apply reads.
  const Outcome got = Ctl({"campaign", "get", "spring", "-o", "yaml"});
  EXPECT_EQ(Apply(got.out).out, "spring: as it is wanted\n") << got.out;
}

// Whatever a draft has of another kind, the services take the fields that differ.
TEST_F(CouponctlTest, EveryKindOfDifferenceCanBeApplied) {
  const std::string scoped =
      "campaign_id: autumn\n"
      "definition:\n"
      "  display_name: Autumn\n"
      "  currency_code: EUR\n"
      "  time_zone: Europe/Berlin\n"
      "  offer: {amount_off: {amount_minor: 500}, scope: {skus: {include: [cup, teapot]}}, weekly_windows: "
      "[{day: MONDAY, end_minute: 60}]}\n"
      "  claim_window: {start_time: '2026-01-02T00:00:00Z', end_time: '2100-01-01T00:00:00Z'}\n"
      "  use_window: {start_time: '2026-01-01T00:00:00Z', end_time: '2100-01-01T00:00:00Z'}\n"
      "  validity: {duration: 604800s}\n"
      "  restore_policy: KEEP_USED\n";
  std::string plain = Spring("", "  use_limits: {budget_total_minor: 100000, budget_clips: true}\n");
  plain.replace(plain.find("spring"), 6, "autumn");
  for (const std::string& text : {scoped, plain, scoped}) {
    const Outcome applied = Apply(text);
    EXPECT_EQ(applied.exit_code, 0) << applied.out << applied.err;
    EXPECT_EQ(Apply(text).out, "autumn: as it is wanted\n");
  }
  const auto json = Json({"campaign", "apply", "-f", File(plain)});
  EXPECT_EQ(json["campaign_id"], "autumn");
  EXPECT_EQ(json["version"].get<int>(), json["version_before"].get<int>() + 1);
  EXPECT_GT(json["differences"].size(), 5u);
  const Outcome shown = Ctl({"campaign", "get", "autumn"});
  EXPECT_THAT(shown.out, HasSubstr("use limits"));
}

// Two people edit what they read; nothing of either is lost unseen.
TEST_F(CouponctlTest, AVersionInTheFileIsHeldAgainstTheCampaigns) {
  OpenSpring();
  const std::string mine = Spring("ACTIVE", "  limits: {per_user_total: 2}\n") + "version: 2\n";
  EXPECT_EQ(Apply(Spring("ACTIVE", "  limits: {per_user_total: 1}\n") + "version: 2\n").exit_code, 0);
  const Outcome late = Apply(mine);
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, HasSubstr("spring: version: it is 3 by now, and 2 in the file"));
  EXPECT_EQ(Apply(Spring("ACTIVE", "  limits: {per_user_total: 1}\n") + "version: 2\n").exit_code, 0)
      << "all is as wanted";
}

// The first of two is done and told, the second is named.
TEST_F(CouponctlTest, OfSeveralCampaignsTheOneThatFailsIsNamed) {
  OpenSpring();
  std::string other = Spring("ACTIVE", "  limits: {stock_total: 5}\n");
  const Outcome half = Apply(Spring("PAUSED") + "---\n" + other);
  EXPECT_EQ(half.exit_code, 1);
  EXPECT_THAT(half.out, HasSubstr("spring: PAUSED, version 3\n"));
  EXPECT_THAT(half.err, StartsWith("couponctl: spring: FAILED_PRECONDITION/FIELD_IMMUTABLE"));
}

TEST_F(CouponctlTest, AFileThatCannotBeMeantChangesNothing) {
  OpenSpring();
  const std::string before = Ctl({"campaign", "get", "spring"}).out;
  const auto refused = [&](const std::string& text, int exit_code, const std::string& says) {
    const Outcome outcome = Apply(text);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(says));
    EXPECT_EQ(Ctl({"campaign", "get", "spring"}).out, before);
  };
  refused(Spring("ACTIVE", "  colour: green\n"), 2, "colour");
  refused(Spring("ACTIVE", "  limits: {stock_total: many}\n"), 2, "stock_total");
  refused(Spring("ACTIVE", "  limits: {per_user_total: 1}\n  limits: {per_user_total: 2}\n"), 2,
          "limits stands here twice");
  refused(Spring("ACTIVE") + "  - [", 2, "line");
  refused(Spring("DRAFT"), 1, "spring: state: no move leads from ACTIVE to DRAFT");
  refused(Spring("PAUSED") + "version: 7\n", 1, "it is 2 by now, and 7 in the file");
  refused(Spring("ASLEEP"), 2, "ASLEEP");
  refused("campaign_id: spring\ndefinition: &a {offer: *a}\n", 2, "");
  refused("campaign_id: spring\ndefinition: {display_name: \"\xff\"}\n", 2, "");
  refused("", 2, "there is nothing in it");
  refused("campaign_id: ''\n", 2, "campaign_id is not set");
  refused(Spring("ACTIVE", "  limits: {stock_total: 5}\n"), 1, "FIELD_IMMUTABLE");
  refused(Spring("ACTIVE", "  limits: {per_user_total: 0}\n"), 2, "definition.limits.per_user_total");
  EXPECT_EQ(Apply(Spring("ACTIVE", "  limits: {per_user_total: 0}\n"), {"--dry-run"}).exit_code, 2);
  // One bad document of two: neither is applied.
  refused(Spring("PAUSED") + "---\ncampaign_id: summer\ncolour: green\n", 2, "colour");
  const Outcome none = Ctl({"campaign", "apply", "-f", "/nowhere/campaign.yaml"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("can't read /nowhere/campaign.yaml"));
}

}  // namespace
}  // namespace tessera::e2e
