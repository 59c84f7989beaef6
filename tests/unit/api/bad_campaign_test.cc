#include "api/parse_campaign.h"
#include "core/limits.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

constexpr int64_t kTooMuch = core::kAmountMax + 1;

pb::CreateCampaignRequest GoodCreate() {
  pb::CreateCampaignRequest request;
  request.set_request_id(kRequestId);
  request.set_campaign_id("spring");
  *request.mutable_campaign() = GoodDefinition();
  return request;
}

using Create = pb::CreateCampaignRequest;

Spoiled<Create> Bad(const char* name, std::function<void(pb::CampaignDefinition&)> spoil,
                    const std::string& path) {
  return {name, [spoil](Create& r) { spoil(*r.mutable_campaign()); }, "campaign." + path};
}

core::Result<CreateCampaign> ParseCreate(const Create& request) { return Parse(request); }

TEST(BadCampaign, NamesTheFieldOfCreate) {
  using D = pb::CampaignDefinition;
  std::vector<Spoiled<Create>> cases = {
      {"no campaign", [](Create& r) { r.clear_campaign(); }, "campaign"},
      Bad(
          "no name", [](D& d) { d.clear_display_name(); }, "display_name"),
      Bad(
          "name too long", [](D& d) { d.set_display_name(std::string(201, 'x')); }, "display_name"),
      Bad(
          "name far too long", [](D& d) { d.set_display_name(std::string(1 << 20, 'x')); }, "display_name"),
      Bad(
          "name with tab", [](D& d) { d.set_display_name("a\tb"); }, "display_name"),
      Bad(
          "no currency", [](D& d) { d.clear_currency_code(); }, "currency_code"),
      Bad(
          "unknown currency", [](D& d) { d.set_currency_code("XYZ"); }, "currency_code"),
      Bad(
          "small currency", [](D& d) { d.set_currency_code("eur"); }, "currency_code"),
      Bad(
          "no zone", [](D& d) { d.clear_time_zone(); }, "time_zone"),
      Bad(
          "unknown zone", [](D& d) { d.set_time_zone("Mars/Olympus"); }, "time_zone"),
      Bad(
          "no offer", [](D& d) { d.clear_offer(); }, "offer"),
      Bad(
          "a bad offer", [](D& d) { d.mutable_offer()->mutable_percent_off()->set_basis_points(0); },
          "offer.percent_off.basis_points"),
      Bad(
          "no claim window", [](D& d) { d.clear_claim_window(); }, "claim_window"),
      Bad(
          "claim start missing", [](D& d) { d.mutable_claim_window()->clear_start_time(); },
          "claim_window.start_time"),
      Bad(
          "claim end missing", [](D& d) { d.mutable_claim_window()->clear_end_time(); },
          "claim_window.end_time"),
      Bad(
          "claim end before start",
          [](D& d) { d.mutable_claim_window()->mutable_end_time()->set_seconds(1'600'000'000); },
          "claim_window.end_time"),
      Bad(
          "claim end at start",
          [](D& d) { *d.mutable_claim_window()->mutable_end_time() = d.claim_window().start_time(); },
          "claim_window.end_time"),
      Bad(
          "no use window", [](D& d) { d.clear_use_window(); }, "use_window"),
      Bad(
          "use end before start", [](D& d) { d.mutable_use_window()->mutable_end_time()->set_seconds(1); },
          "use_window.end_time"),
      Bad(
          "half a millisecond", [](D& d) { d.mutable_use_window()->mutable_end_time()->set_nanos(500'000); },
          "use_window.end_time"),
      Bad(
          "nanos negative", [](D& d) { d.mutable_use_window()->mutable_end_time()->set_nanos(-1'000'000); },
          "use_window.end_time"),
      Bad(
          "nanos over a second",
          [](D& d) { d.mutable_use_window()->mutable_end_time()->set_nanos(1'000'000'000); },
          "use_window.end_time"),
      Bad(
          "before 1970", [](D& d) { d.mutable_use_window()->mutable_start_time()->set_seconds(-1); },
          "use_window.start_time"),
      Bad(
          "year 9999", [](D& d) { d.mutable_use_window()->mutable_end_time()->set_seconds(253'402'000'000); },
          "use_window.end_time"),
      Bad(
          "wait negative", [](D& d) { d.mutable_validity()->mutable_wait()->set_seconds(-1); },
          "validity.wait"),
      Bad(
          "wait in microseconds", [](D& d) { d.mutable_validity()->mutable_wait()->set_nanos(1'000); },
          "validity.wait"),
      Bad(
          "wait of eleven years",
          [](D& d) { d.mutable_validity()->mutable_wait()->set_seconds(346'896'000); }, "validity.wait"),
      Bad(
          "wait past the use window",
          [](D& d) { d.mutable_validity()->mutable_wait()->set_seconds(200'000'000); }, "validity.wait"),
      Bad(
          "duration 0", [](D& d) { d.mutable_validity()->mutable_duration()->Clear(); }, "validity.duration"),
      Bad(
          "duration of eleven years",
          [](D& d) { d.mutable_validity()->mutable_duration()->set_seconds(346'896'000); },
          "validity.duration"),
      Bad(
          "outlasting without a duration",
          [](D& d) {
            d.mutable_validity()->clear_duration();
            d.mutable_validity()->set_outlasts_use_window(true);
          },
          "validity.duration"),
      Bad(
          "outlasting the calendar",
          [](D& d) {
            d.mutable_use_window()->mutable_end_time()->set_seconds(253'370'764'799);
            d.mutable_validity()->mutable_duration()->set_seconds(1);
            d.mutable_validity()->set_outlasts_use_window(true);
          },
          "validity.duration"),
      Bad(
          "stock 0", [](D& d) { d.mutable_limits()->set_stock_total(0); }, "limits.stock_total"),
      Bad(
          "stock negative", [](D& d) { d.mutable_limits()->set_stock_total(-1); }, "limits.stock_total"),
      Bad(
          "stock too large", [](D& d) { d.mutable_limits()->set_stock_total(kTooMuch); },
          "limits.stock_total"),
      Bad(
          "stock a day 0", [](D& d) { d.mutable_limits()->set_stock_per_day(0); }, "limits.stock_per_day"),
      Bad(
          "a user 0", [](D& d) { d.mutable_limits()->set_per_user_total(0); }, "limits.per_user_total"),
      Bad(
          "a user and day -1", [](D& d) { d.mutable_limits()->set_per_user_per_day(-1); },
          "limits.per_user_per_day"),
      Bad(
          "budget_total_minor 0", [](D& d) { d.mutable_use_limits()->set_budget_total_minor(0); },
          "use_limits.budget_total_minor"),
      Bad(
          "budget_total_minor too large",
          [](D& d) { d.mutable_use_limits()->set_budget_total_minor(kTooMuch); },
          "use_limits.budget_total_minor"),
      Bad(
          "budget_per_day_minor 0", [](D& d) { d.mutable_use_limits()->set_budget_per_day_minor(0); },
          "use_limits.budget_per_day_minor"),
      Bad(
          "budget_per_day_minor too large",
          [](D& d) { d.mutable_use_limits()->set_budget_per_day_minor(kTooMuch); },
          "use_limits.budget_per_day_minor"),
      Bad(
          "uses_per_user_total 0", [](D& d) { d.mutable_use_limits()->set_uses_per_user_total(0); },
          "use_limits.uses_per_user_total"),
      Bad(
          "uses_per_user_total too large",
          [](D& d) { d.mutable_use_limits()->set_uses_per_user_total(kTooMuch); },
          "use_limits.uses_per_user_total"),
      Bad(
          "uses_per_user_per_day 0", [](D& d) { d.mutable_use_limits()->set_uses_per_user_per_day(0); },
          "use_limits.uses_per_user_per_day"),
      Bad(
          "uses_per_user_per_day too large",
          [](D& d) { d.mutable_use_limits()->set_uses_per_user_per_day(kTooMuch); },
          "use_limits.uses_per_user_per_day"),
      Bad(
          "uses_per_user_per_week 0", [](D& d) { d.mutable_use_limits()->set_uses_per_user_per_week(0); },
          "use_limits.uses_per_user_per_week"),
      Bad(
          "uses_per_user_per_week too large",
          [](D& d) { d.mutable_use_limits()->set_uses_per_user_per_week(kTooMuch); },
          "use_limits.uses_per_user_per_week"),
      Bad(
          "uses_per_user_per_month 0", [](D& d) { d.mutable_use_limits()->set_uses_per_user_per_month(0); },
          "use_limits.uses_per_user_per_month"),
      Bad(
          "uses_per_user_per_month too large",
          [](D& d) { d.mutable_use_limits()->set_uses_per_user_per_month(kTooMuch); },
          "use_limits.uses_per_user_per_month"),
      Bad(
          "unknown pause scope", [](D& d) { d.set_pause_scope(static_cast<pb::PauseScope>(99)); },
          "pause_scope"),
      Bad(
          "unknown restore policy", [](D& d) { d.set_restore_policy(static_cast<pb::RestorePolicy>(99)); },
          "restore_policy"),
      Bad(
          "unknown threshold loss", [](D& d) { d.set_threshold_loss(static_cast<pb::ThresholdLoss>(99)); },
          "threshold_loss"),
  };
  AddRequestIdCases(cases);
  AddCampaignIdCases(cases, /*may_be_empty=*/true);
  ExpectRefused(GoodCreate(), cases, ParseCreate);
}

TEST(BadCampaign, TakesWhatIsAtTheLimits) {
  Create request = GoodCreate();
  std::string name;
  for (size_t i = 0; i < core::limits::kDisplayNameLengthMax; ++i) name += "ü";
  request.mutable_campaign()->set_display_name(name);
  request.mutable_campaign()->mutable_limits()->set_stock_total(core::kAmountMax);
  request.mutable_campaign()->mutable_offer()->mutable_percent_off()->set_basis_points(10'000);
  request.set_campaign_id("c" + std::string(62, '9'));
  const auto parsed = Parse(request);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->definition.display_name, name);
  request.clear_campaign_id();
  EXPECT_TRUE(Parse(request).ok());
}

pb::UpdateCampaignRequest GoodUpdate() {
  pb::UpdateCampaignRequest request;
  request.set_request_id(kRequestId);
  request.set_campaign_id("spring");
  request.set_version(3);
  request.mutable_campaign()->mutable_limits()->set_stock_total(2'000);
  request.mutable_update_mask()->add_paths("limits.stock_total");
  return request;
}

TEST(BadCampaign, NamesTheFieldOfUpdate) {
  using R = pb::UpdateCampaignRequest;
  std::vector<Spoiled<R>> cases = {
      {"version missing", [](R& r) { r.clear_version(); }, "version"},
      {"version negative", [](R& r) { r.set_version(-3); }, "version"},
      {"no campaign", [](R& r) { r.clear_campaign(); }, "campaign"},
      {"no mask", [](R& r) { r.clear_update_mask(); }, "update_mask"},
      {"unknown path", [](R& r) { r.mutable_update_mask()->add_paths("limits.nothing"); },
       "update_mask.paths[1]"},
      {"path of another message", [](R& r) { r.mutable_update_mask()->set_paths(0, "campaign_id"); },
       "update_mask.paths[0]"},
      {"empty path", [](R& r) { r.mutable_update_mask()->add_paths(""); }, "update_mask.paths[1]"},
      {"dot", [](R& r) { r.mutable_update_mask()->add_paths("."); }, "update_mask.paths[1]"},
      {"two dots", [](R& r) { r.mutable_update_mask()->add_paths("limits..stock_total"); },
       "update_mask.paths[1]"},
      {"dot last", [](R& r) { r.mutable_update_mask()->add_paths("limits."); }, "update_mask.paths[1]"},
      {"star among others", [](R& r) { r.mutable_update_mask()->add_paths("*"); }, "update_mask.paths[1]"},
      {"too many paths",
       [](R& r) {
         for (int i = 0; i < 100; ++i) r.mutable_update_mask()->add_paths("display_name");
       },
       "update_mask.paths"},
  };
  AddRequestIdCases(cases);
  AddCampaignIdCases(cases);
  ExpectRefused(GoodUpdate(), cases, [](const R& r) { return Parse(r); });
}

TEST(BadCampaign, NamesTheFieldOfMovesAndLists) {
  using M = pb::PauseCampaignRequest;
  M move;
  move.set_request_id(kRequestId);
  move.set_campaign_id("spring");
  std::vector<Spoiled<M>> moves;
  AddRequestIdCases(moves);
  AddCampaignIdCases(moves);
  ExpectRefused(move, moves, [](const M& r) { return ParseMove(r.request_id(), r.campaign_id()); });

  using L = pb::ListCampaignsRequest;
  const std::vector<Spoiled<L>> lists = {
      {"page size negative", [](L& r) { r.set_page_size(-1); }, "page_size"},
      {"page size too large", [](L& r) { r.set_page_size(1'001); }, "page_size"},
      {"unknown state", [](L& r) { r.set_state(static_cast<pb::CampaignState>(77)); }, "state"},
  };
  ExpectRefused(L(), lists, [](const L& r) { return Parse(r); });
}

core::Campaign CampaignIn(core::CampaignState state) {
  core::Campaign campaign;
  campaign.id = "spring";
  campaign.version = 3;
  campaign.state = state;
  campaign.definition = *ParseDefinition(GoodDefinition(), "campaign");
  return campaign;
}

TEST(EditDefinition, ChangesOnlyWhatTheMaskNames) {
  const core::Campaign campaign = CampaignIn(core::CampaignState::kActive);
  pb::UpdateCampaignRequest request = GoodUpdate();
  request.mutable_campaign()->set_display_name("not named");
  const auto edited = EditDefinition(request, campaign);
  ASSERT_TRUE(edited.ok()) << edited.error().message;
  core::CampaignDefinition expected = campaign.definition;
  expected.limits.stock_total = 2'000;
  EXPECT_EQ(*edited, expected);
}

TEST(EditDefinition, UnsetsWhatTheMaskNamesAndTheRequestDoesNotHave) {
  const core::Campaign campaign = CampaignIn(core::CampaignState::kDraft);
  pb::UpdateCampaignRequest request = GoodUpdate();
  request.mutable_campaign()->clear_limits();
  const auto edited = EditDefinition(request, campaign);
  ASSERT_TRUE(edited.ok()) << edited.error().message;
  EXPECT_FALSE(edited->limits.stock_total.has_value());
  EXPECT_EQ(edited->limits.per_user_total, 3);

  request.mutable_update_mask()->set_paths(0, "limits");
  const auto unlimited = EditDefinition(request, campaign);
  ASSERT_TRUE(unlimited.ok()) << unlimited.error().message;
  EXPECT_EQ(unlimited->limits, core::CampaignLimits());

  const auto activated = EditDefinition(request, CampaignIn(core::CampaignState::kActive));
  ASSERT_FALSE(activated.ok());
  EXPECT_EQ(activated.error().reason, core::Reason::kFieldImmutable);
}

TEST(EditDefinition, StarReplacesAll) {
  pb::UpdateCampaignRequest request = GoodUpdate();
  *request.mutable_campaign() = GoodDefinition();
  request.mutable_campaign()->mutable_offer()->mutable_amount_off()->set_amount_minor(700);
  request.mutable_update_mask()->set_paths(0, "*");
  const auto edited = EditDefinition(request, CampaignIn(core::CampaignState::kDraft));
  ASSERT_TRUE(edited.ok()) << edited.error().message;
  EXPECT_EQ(*edited, *ParseDefinition(request.campaign(), "campaign"));
}

TEST(EditDefinition, ReplacesAListThatTheMaskNames) {
  core::Campaign campaign = CampaignIn(core::CampaignState::kDraft);
  campaign.definition.offer.scope.skus.include = {"A", "B"};
  pb::UpdateCampaignRequest request = GoodUpdate();
  request.mutable_campaign()->mutable_offer()->mutable_scope()->mutable_skus()->add_include("C");
  request.mutable_update_mask()->set_paths(0, "offer.scope.skus.include");
  const auto replaced = EditDefinition(request, campaign);
  ASSERT_TRUE(replaced.ok()) << replaced.error().message;
  EXPECT_EQ(replaced->offer.scope.skus.include, std::vector<std::string>{"C"});
  EXPECT_EQ(replaced->offer.benefit, campaign.definition.offer.benefit);

  request.mutable_campaign()->clear_offer();
  const auto emptied = EditDefinition(request, campaign);
  ASSERT_TRUE(emptied.ok()) << emptied.error().message;
  EXPECT_TRUE(emptied->offer.scope.skus.include.empty());
}

TEST(EditDefinition, RefusesWhatTheStateOrTheFieldForbids) {
  pb::UpdateCampaignRequest request = GoodUpdate();
  request.mutable_campaign()->mutable_offer()->mutable_amount_off()->set_amount_minor(700);
  request.mutable_update_mask()->set_paths(0, "offer");
  const auto immutable = EditDefinition(request, CampaignIn(core::CampaignState::kActive));
  ASSERT_FALSE(immutable.ok());
  EXPECT_EQ(immutable.error().reason, core::Reason::kFieldImmutable);
  EXPECT_TRUE(EditDefinition(request, CampaignIn(core::CampaignState::kDraft)).ok());

  request.mutable_campaign()->mutable_limits()->set_stock_total(-1);
  request.mutable_update_mask()->set_paths(0, "limits.stock_total");
  const auto bad = EditDefinition(request, CampaignIn(core::CampaignState::kDraft));
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(FieldOf(bad.error()), "campaign.limits.stock_total");
}

}  // namespace
}  // namespace tessera::api
