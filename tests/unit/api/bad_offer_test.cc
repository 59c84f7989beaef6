#include <regex>

#include "api/parse_campaign.h"
#include "core/order_limits.h"
#include "tests/unit/api/offers.h"
#include "tests/unit/api/requests.h"

namespace tessera::api {
namespace {

struct BadOffer {
  std::string text;
  std::string path;  // below campaign.offer
};

std::string Times(size_t count, const std::string& text) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

const std::string kAmount = "amount_off { amount_minor: 1 } ";
const std::string kTooMuch = "9007199254740992";
const std::string kLong = "'" + std::string(65, 'x') + "'";

// Of each benefit, every field that is out of its range.
std::vector<BadOffer> BadBenefits() {
  return {
      {"percent_off {}", "percent_off.basis_points"},
      {"percent_off { basis_points: -1 }", "percent_off.basis_points"},
      {"percent_off { basis_points: 10001 }", "percent_off.basis_points"},
      {"percent_off { basis_points: 1 cap_minor: 0 }", "percent_off.cap_minor"},
      {"percent_off { basis_points: 1 cap_minor: -5 }", "percent_off.cap_minor"},
      {"percent_off { basis_points: 1 cap_minor: " + kTooMuch + " }", "percent_off.cap_minor"},
      {"amount_off {}", "amount_off.amount_minor"},
      {"amount_off { amount_minor: -1 }", "amount_off.amount_minor"},
      {"amount_off { amount_minor: " + kTooMuch + " }", "amount_off.amount_minor"},
      {"threshold_off {}", "threshold_off.steps"},
      {"threshold_off { steps { off_minor: 1 } }", "threshold_off.steps[0].at_least_minor"},
      {"threshold_off { steps { at_least_minor: 1 } }", "threshold_off.steps[0].off_minor"},
      {"threshold_off { steps { at_least_minor: 2 off_minor: 1 } steps { at_least_minor: 2 off_minor: 2 } }",
       "threshold_off.steps[1].at_least_minor"},
      {"threshold_off { steps { at_least_minor: 2 off_minor: 1 } steps { at_least_minor: 3 off_minor: 1 } }",
       "threshold_off.steps[1].off_minor"},
      {"threshold_off { steps { at_least_minor: 9223372036854775807 off_minor: 1 } steps {} }",
       "threshold_off.steps[0].at_least_minor"},
      {"threshold_off {" + Times(11, " steps { at_least_minor: 1 off_minor: 1 }") + "}",
       "threshold_off.steps"},
      {"free_shipping { cap_minor: 0 }", "free_shipping.cap_minor"},
      {"exchange { quantity_max: 1 }", "exchange.sku"},
      {"exchange { sku: " + kLong + " quantity_max: 1 }", "exchange.sku"},
      {"exchange { sku: 'a\\tb' quantity_max: 1 }", "exchange.sku"},
      {"exchange { sku: 'A' price_minor: -1 quantity_max: 1 }", "exchange.price_minor"},
      {"exchange { sku: 'A' }", "exchange.quantity_max"},
      {"exchange { sku: 'A' quantity_max: 1000001 }", "exchange.quantity_max"},
      {"gift { quantity: 1 worth_minor: 1 }", "gift.sku"},
      {"gift { sku: 'a\\177' quantity: 1 worth_minor: 1 }", "gift.sku"},
      {"gift { sku: 'A' worth_minor: 1 }", "gift.quantity"},
      {"gift { sku: 'A' quantity: 1 }", "gift.worth_minor"},
      {"gift { sku: 'A' quantity: 1 worth_minor: 9007199255 }", "gift.worth_minor"},
      {"cut_to { price_minor: -1 }", "cut_to.price_minor"},
      {"cut_to { price_minor: " + kTooMuch + " }", "cut_to.price_minor"},
      {"cut_to { unit_price_max_minor: 0 }", "cut_to.unit_price_max_minor"},
      {"cut_to { quantity_max: 0 }", "cut_to.quantity_max"},
      {"buy_get { get: 1 basis_points: 1 }", "buy_get.buy"},
      {"buy_get { buy: 1001 get: 1 basis_points: 1 }", "buy_get.buy"},
      {"buy_get { buy: 1 basis_points: 1 }", "buy_get.get"},
      {"buy_get { buy: 1 get: 1 }", "buy_get.basis_points"},
      {"buy_get { buy: 1 get: 1 basis_points: 10001 }", "buy_get.basis_points"},
      {"buy_get { buy: 1 get: 1 basis_points: 1 times_max: 0 }", "buy_get.times_max"},
      {"buy_get { buy: 1 get: 1 basis_points: 1 get_sku: " + kLong + " }", "buy_get.get_sku"},
      {"buy_get { buy: 1 get: 1 basis_points: 1 get_sku: '\\n' }", "buy_get.get_sku"},
  };
}

std::vector<BadOffer> BadScopes() {
  std::vector<BadOffer> cases = {
      {"scope { user_attributes { include: 'tier=gold' include: 'gold' } }",
       "scope.user_attributes.include[1]"},
      {"scope { user_attributes { exclude: 'gold' } }", "scope.user_attributes.exclude[0]"},
      {"scope { order_count { completed_min: -1 } }", "scope.order_count.completed_min"},
      {"scope { order_count { completed_min: 1000000001 } }", "scope.order_count.completed_min"},
      {"scope { order_count { completed_max: -1 } }", "scope.order_count.completed_max"},
      {"scope { order_count { completed_min: 2 completed_max: 1 } }", "scope.order_count.completed_max"},
  };
  for (const std::string dimension :
       {"skus", "categories", "merchants", "stores", "channels", "payment_methods", "user_attributes"}) {
    for (const std::string list : {"include", "exclude"}) {
      const auto with = [&](const std::string& names) {
        return "scope { " + dimension + " { " + names + " } }";
      };
      const std::string path = "scope." + dimension + "." + list;
      cases.push_back({with(list + ": ''"), path + "[0]"});
      cases.push_back({with(list + ": 'a=b' " + list + ": " + kLong), path + "[1]"});
      cases.push_back({with(list + ": 'a=\\t'"), path + "[0]"});
      cases.push_back({with(Times(core::limits::kScopeEntriesMax + 1, list + ": 'a=b' ")), path});
    }
  }
  return cases;
}

std::vector<BadOffer> BadRules() {
  return {
      {"minimum_spend_minor: 0", "minimum_spend_minor"},
      {"minimum_spend_minor: -1", "minimum_spend_minor"},
      {"minimum_spend_minor: " + kTooMuch, "minimum_spend_minor"},
      {"floor_basis_points: 0", "floor_basis_points"},
      {"floor_basis_points: 10001", "floor_basis_points"},
      {"stacking { groups { at_most: 1 } }", "stacking.groups[0].group"},
      {"stacking { groups { group: " + kLong + " at_most: 1 } }", "stacking.groups[0].group"},
      {"stacking { groups { group: 'a\\tb' at_most: 1 } }", "stacking.groups[0].group"},
      {"stacking { groups { group: 'g' at_most: 1 } groups { group: 'h' } }", "stacking.groups[1].at_most"},
      {"stacking { groups { group: 'g' at_most: 21 } }", "stacking.groups[0].at_most"},
      {"stacking {" + Times(5, " groups { group: 'g' at_most: 1 }") + "}", "stacking.groups"},
      {"stacking { base: 9 }", "stacking.base"},
      {"stacking { threshold_basis: 9 }", "stacking.threshold_basis"},
      {"weekly_windows { end_minute: 60 }", "weekly_windows[0].day"},
      {"weekly_windows { day: DAY_OF_WEEK_SUNDAY } weekly_windows { day: 8 }", "weekly_windows[1].day"},
      {"weekly_windows { day: DAY_OF_WEEK_MONDAY start_minute: -1 }", "weekly_windows[0].start_minute"},
      {"weekly_windows { day: DAY_OF_WEEK_MONDAY start_minute: 1440 }", "weekly_windows[0].start_minute"},
      {"weekly_windows { day: DAY_OF_WEEK_MONDAY end_minute: 1441 }", "weekly_windows[0].end_minute"},
      {"weekly_windows { day: DAY_OF_WEEK_MONDAY end_minute: 66976 }", "weekly_windows[0].end_minute"},
      {Times(51, "weekly_windows { day: DAY_OF_WEEK_MONDAY end_minute: 1 } "), "weekly_windows"},
  };
}

std::vector<BadOffer> BadOffers() {
  std::vector<BadOffer> all = BadBenefits();
  for (const auto& more : {BadScopes(), BadRules()}) {
    for (const BadOffer& bad : more) all.push_back({kAmount + bad.text, bad.path});
  }
  return all;
}

TEST(BadOffer, NamesTheField) {
  for (const BadOffer& bad : BadOffers()) {
    SCOPED_TRACE(bad.text.substr(0, 200));
    pb::CampaignDefinition definition = GoodDefinition();
    *definition.mutable_offer() = OfferOf(bad.text);
    const auto parsed = ParseDefinition(definition, "campaign");
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().reason, core::Reason::kInvalidField);
    EXPECT_EQ(FieldOf(parsed.error()), "campaign.offer." + bad.path) << parsed.error().message;
  }
}

TEST(BadOffer, NoFieldGoesUntested) {
  std::set<std::string> untested = LeavesOfOffer();
  for (const BadOffer& bad : BadOffers()) {
    untested.erase(std::regex_replace(bad.path, std::regex("\\[[0-9]+\\]"), ""));
  }
  // Every value of these is good.
  EXPECT_EQ(untested, (std::set<std::string>{"stacking.exclusive", "stacking.priority"}));
}

TEST(BadOffer, AnOfferWithoutABenefitIsNone) {
  pb::CampaignDefinition definition = GoodDefinition();
  *definition.mutable_offer() = OfferOf("minimum_spend_minor: 100");
  const auto parsed = ParseDefinition(definition, "campaign");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(FieldOf(parsed.error()), "campaign.offer");
}

}  // namespace
}  // namespace tessera::api
