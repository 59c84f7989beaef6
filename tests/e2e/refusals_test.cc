// What an order, or another coupon, has against a coupon, as callers of the services are told it: each reason
// with the number or the name that they need.

#include <map>

#include "tests/e2e/calling_test.h"
#include "tests/support/refusals.h"
#include "tools/load/campaign_setup.h"

namespace tessera::e2e {
namespace {

using Metadata = std::map<std::string, std::string>;
using Change = std::function<void(pb::Offer&)>;

// "REASON" and the metadata.
struct Told {
  std::string reason;
  Metadata metadata;
};

Told ToldBy(const pb::Refusal& refusal) {
  Told told{pb::ErrorReason_Name(refusal.reason()).substr(std::string("ERROR_REASON_").size()), {}};
  for (const auto& fact : refusal.metadata()) told.metadata[fact.key()] = fact.value();
  NoteRefusal(told.reason);
  return told;
}

class RefusalsTest : public CallingTest {
 protected:
  static testing::DeploymentOptions Options() {
    testing::DeploymentOptions options;
    options.durability = testing::RedisDurability::kMemory;
    options.log_level = "warning";
    return options;
  }
  RefusalsTest() : CallingTest(Options()) {}

  // Ada's coupon of a new campaign: 5.00 EUR off but for what `change` does.
  std::string CouponOf(const std::string& campaign_id, const Change& change) {
    pb::CampaignDefinition definition = load::PlainDefinition(campaign_id);
    definition.set_currency_code("EUR");
    definition.mutable_offer()->mutable_amount_off()->set_amount_minor(500);
    change(*definition.mutable_offer());
    client_.Open(campaign_id, definition);
    return Must<pb::ClaimCouponResponse>(client_.ClaimOf(campaign_id, "ada")).coupon().coupon_id();
  }
  // Two plates and a bowl, 50.00 EUR, shipped for nothing.
  static pb::Order Order() {
    pb::Order order = TesseraClient::OrderOf("order-1", 2'000);
    order.mutable_lines(0)->set_sku("plate");
    order.mutable_lines(0)->set_quantity(2);
    *order.add_lines() = order.lines(0);
    order.mutable_lines(1)->set_line_id("2");
    order.mutable_lines(1)->set_sku("bowl");
    order.mutable_lines(1)->set_quantity(1);
    order.mutable_lines(1)->set_unit_price_minor(1'000);
    order.set_shipping_minor(0);
    return order;
  }
  // What ValidateCoupons says of the last of these coupons; RedeemCoupons of that one alone says the same.
  Told Refused(const std::vector<std::string>& coupon_ids) {
    pb::ValidateCouponsRequest validate;
    validate.set_user_id("ada");
    for (const std::string& id : coupon_ids) validate.add_coupons()->set_coupon_id(id);
    *validate.mutable_order() = Order();
    const auto verdicts = Must<pb::ValidateCouponsResponse>(validate).verdicts();
    EXPECT_TRUE(verdicts.rbegin()->has_refusal());
    const Told told = ToldBy(verdicts.rbegin()->refusal());

    pb::RedeemCouponsRequest redeem;
    redeem.set_request_id(client_.NextId());
    redeem.set_user_id("ada");
    *redeem.mutable_coupons() = validate.coupons();
    *redeem.mutable_order() = validate.order();
    pb::RedeemCouponsResponse response;
    const load::RefusalInfo refusal = load::RefusalOf(client_.Call(redeem, &response));
    EXPECT_EQ(refusal.reason, told.reason);
    for (const auto& [key, value] : told.metadata) {
      const auto found = refusal.metadata.find(key);
      EXPECT_EQ(found == refusal.metadata.end() ? "none" : found->second, value) << key;
    }
    return told;
  }
  std::map<std::string, Told> Unused(const std::vector<std::string>& coupon_ids) {
    pb::OptimizeCouponsRequest optimize;
    optimize.set_user_id("ada");
    for (const std::string& id : coupon_ids) optimize.add_coupons()->set_coupon_id(id);
    *optimize.mutable_order() = Order();
    optimize.set_objective(pb::OPTIMIZE_OBJECTIVE_CUSTOMER_MAX);
    std::map<std::string, Told> unused;
    const auto response = Must<pb::OptimizeCouponsResponse>(optimize);
    for (const auto& one : response.unused()) unused[one.coupon_id()] = ToldBy(one.refusal());
    return unused;
  }
};

TEST_F(RefusalsTest, TellsWhatTheOrderLacks) {
  const Told minimum =
      Refused({CouponOf("minimum", [](pb::Offer& offer) { offer.set_minimum_spend_minor(6'000); })});
  EXPECT_EQ(minimum.reason, "MINIMUM_SPEND_NOT_MET");
  EXPECT_EQ(minimum.metadata.at("missing_minor"), "1000");

  const Told step = Refused({CouponOf("steps", [](pb::Offer& offer) {
    pb::ThresholdStep& only = *offer.mutable_threshold_off()->add_steps();
    only.set_at_least_minor(5'001);
    only.set_off_minor(100);
  })});
  EXPECT_EQ(step.reason, "MINIMUM_SPEND_NOT_MET");
  EXPECT_EQ(step.metadata.at("missing_minor"), "1");

  const Told exchange = Refused({CouponOf("cup", [](pb::Offer& offer) {
    offer.mutable_exchange()->set_sku("cup");
    offer.mutable_exchange()->set_price_minor(100);
    offer.mutable_exchange()->set_quantity_max(1);
  })});
  EXPECT_EQ(exchange.reason, "SKU_NOT_IN_ORDER");
  EXPECT_EQ(exchange.metadata, (Metadata{{"sku", "cup"}, {"missing_units", "1"}}));

  const Told units = Refused({CouponOf("five-for-four", [](pb::Offer& offer) {
    offer.mutable_buy_get()->set_buy(4);
    offer.mutable_buy_get()->set_get(1);
    offer.mutable_buy_get()->set_basis_points(10'000);
  })});
  EXPECT_EQ(units.reason, "TOO_FEW_UNITS");
  EXPECT_EQ(units.metadata.at("missing_units"), "2");

  const Told shipping =
      Refused({CouponOf("shipping", [](pb::Offer& offer) { offer.mutable_free_shipping(); })});
  EXPECT_EQ(shipping.reason, "NOTHING_TO_TAKE_OFF");
}

TEST_F(RefusalsTest, TellsWhichOrdersACouponIsFor) {
  const Told lines = Refused({CouponOf("no-plates", [](pb::Offer& offer) {
    offer.mutable_scope()->mutable_skus()->add_include("plate");
    offer.mutable_scope()->mutable_skus()->add_exclude("plate");
  })});
  EXPECT_EQ(lines.reason, "NOT_APPLICABLE");
  EXPECT_EQ(lines.metadata, (Metadata{{"dimension", "LINES"}, {"lines", "0-1"}}));

  const Told store = Refused({CouponOf(
      "one-store", [](pb::Offer& offer) { offer.mutable_scope()->mutable_stores()->add_include("s9"); })});
  EXPECT_EQ(store.reason, "NOT_APPLICABLE");
  EXPECT_EQ(store.metadata.at("dimension"), "STORE");

  const Told first = Refused({CouponOf("first-order", [](pb::Offer& offer) {
    offer.mutable_scope()->mutable_order_count()->set_completed_max(0);
  })});
  EXPECT_EQ(first.reason, "ORDER_COUNT_UNKNOWN");
}

TEST_F(RefusalsTest, TellsWhenACouponHoldsAgain) {
  // An hour of the day after tomorrow, whatever the zone.
  const int64_t now_s = load::NowMillis() / 1000;
  const auto day = static_cast<pb::DayOfWeek>((now_s / 86'400 + 3 + 2) % 7 + 1);
  const Told closed = Refused({CouponOf("hours", [day](pb::Offer& offer) {
    pb::WeeklyWindow& window = *offer.add_weekly_windows();
    window.set_day(day);
    window.set_start_minute(12 * 60);
    window.set_end_minute(13 * 60);
  })});
  EXPECT_EQ(closed.reason, "OUTSIDE_WEEKLY_WINDOW");
  EXPECT_EQ(closed.metadata.at("next_valid_at").substr(13, 7), ":00:00.")
      << closed.metadata.at("next_valid_at");
}

TEST_F(RefusalsTest, AConflictNamesBothCoupons) {
  const auto welcome = [](pb::Offer& offer) {
    pb::GroupRule& group = *offer.mutable_stacking()->add_groups();
    group.set_group("welcome");
    group.set_at_most(1);
  };
  const std::string one = CouponOf("welcome-1", welcome);
  const std::string two = CouponOf("welcome-2", welcome);
  const std::string alone =
      CouponOf("xclusive", [](pb::Offer& offer) { offer.mutable_stacking()->set_exclusive(true); });
  const Told group = Refused({one, two});
  EXPECT_EQ(group.reason, "GROUP_FULL");
  EXPECT_EQ(group.metadata.at("group"), "welcome");
  EXPECT_EQ(group.metadata.at("at_most"), "1");
  EXPECT_EQ(group.metadata.at("other"), "coupons[0]");
  EXPECT_EQ(group.metadata.at("other_coupon_id"), one);
  EXPECT_EQ(group.metadata.at("other_campaign_id"), "welcome-1");
  const Told exclusive = Refused({one, alone});
  EXPECT_EQ(exclusive.reason, "COUPON_EXCLUSIVE");
  EXPECT_EQ(exclusive.metadata.at("other_coupon_id"), one);
}

TEST_F(RefusalsTest, TheBestSetSaysWhyEachOtherIsNotInIt) {
  std::vector<std::string> coupons;
  for (int i = 0; i < 21; ++i) {
    coupons.push_back(CouponOf("small-" + std::to_string(i), [i](pb::Offer& offer) {
      offer.mutable_amount_off()->set_amount_minor(10 + i);
    }));
  }
  const auto unused = Unused(coupons);
  ASSERT_EQ(unused.size(), 1u);
  EXPECT_EQ(unused.at(coupons.front()).reason, "TOO_MANY_COUPONS");
  EXPECT_EQ(unused.at(coupons.front()).metadata.at("at_most"), "20");
}

TEST_F(RefusalsTest, TheBestSetLeavesOutWhatGainsNothingOrSpoilsAnother) {
  const std::string all = CouponOf("all", [](pb::Offer& offer) {
    offer.mutable_percent_off()->set_basis_points(5'000);
    offer.set_minimum_spend_minor(5'000);
    offer.mutable_stacking()->set_priority(2);
    offer.mutable_stacking()->set_threshold_basis(pb::THRESHOLD_BASIS_AFTER_DISCOUNTS);
  });
  const std::string spoiler = CouponOf("spoiler", [](pb::Offer& offer) {
    offer.mutable_amount_off()->set_amount_minor(100);
    offer.mutable_stacking()->set_priority(1);
  });
  const auto spoils = Unused({all, spoiler});
  ASSERT_EQ(spoils.size(), 1u);
  EXPECT_EQ(spoils.at(spoiler).reason, "SPOILS_ANOTHER");
  EXPECT_EQ(spoils.at(spoiler).metadata.at("other_coupon_id"), all);

  const std::string bowl = CouponOf("bowl", [](pb::Offer& offer) {
    offer.mutable_percent_off()->set_basis_points(10'000);
    offer.mutable_scope()->mutable_skus()->add_include("bowl");
    offer.mutable_stacking()->set_priority(2);
  });
  const std::string again = CouponOf("bowl-again", [](pb::Offer& offer) {
    offer.mutable_percent_off()->set_basis_points(5'000);
    offer.mutable_scope()->mutable_skus()->add_include("bowl");
    offer.mutable_stacking()->set_priority(1);
  });
  const auto gains = Unused({bowl, again});
  ASSERT_EQ(gains.size(), 1u);
  EXPECT_EQ(gains.at(again).reason, "GAINS_NOTHING");
  EXPECT_LE(std::stoll(gains.at(again).metadata.at("change_minor")), 0);
}

// Alone each of them can be used; together one too many is. No choice among its like helps.
TEST_F(RefusalsTest, TheBestSetKeepsToWhatOneUserMayUse) {
  pb::CampaignDefinition definition = load::PlainDefinition("one-use");
  definition.mutable_offer()->mutable_amount_off()->set_amount_minor(500);
  pb::GroupRule& pair = *definition.mutable_offer()->mutable_stacking()->add_groups();
  pair.set_group("pair");
  pair.set_at_most(2);
  definition.mutable_use_limits()->set_uses_per_user_total(1);
  client_.Open("one-use", definition);
  std::vector<std::string> coupons;
  for (int i = 0; i < 6; ++i) {
    coupons.push_back(Must<pb::ClaimCouponResponse>(client_.ClaimOf("one-use", "ada")).coupon().coupon_id());
  }
  const auto unused = Unused(coupons);
  EXPECT_EQ(unused.size(), 5u);
  for (const auto& [coupon_id, told] : unused) EXPECT_EQ(told.reason, "USE_QUOTA") << coupon_id;
}

}  // namespace
}  // namespace tessera::e2e
