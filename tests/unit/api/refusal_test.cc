#include "api/convert_refusal.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/refusals.h"

namespace tessera::api {
namespace {

using core::Reason;
using core::Refusal;
using core::WhyNot;
using Metadata = std::map<std::string, std::string>;

const core::CouponName kListedCoupon = core::CouponNumber{7};
const core::CouponName kListedCode = core::CodeNumber{8};

core::Error ErrorOf(const Refusal& refusal) {
  core::Order order;
  order.currency = *core::Currency::Parse("USD", "currency");
  core::Offer offer;
  offer.currency = *core::Currency::Parse("EUR", "currency");
  const std::vector<core::CouponName> listed = {kListedCoupon, kListedCode};
  return ToError(refusal, {order, offer, listed});
}

Metadata MetadataOf(const core::Error& error) { return {error.metadata.begin(), error.metadata.end()}; }

core::CouponKey Other(core::CouponName name) { return {"winter", name}; }

TEST(RefusalToError, SaysWhatTheCoreSays) {
  struct Case {
    Refusal refusal;
    Reason reason;
    Metadata metadata;
  };
  const std::vector<Case> cases = {
      {{.why = WhyNot::kCurrencyMismatch},
       Reason::kCurrencyMismatch,
       {{"order_currency", "USD"}, {"campaign_currency", "EUR"}}},
      {{.why = WhyNot::kOutOfScope, .dimension = core::Dimension::kLines, .lines = {0, 1, 2, 5, 7, 8}},
       Reason::kNotApplicable,
       {{"dimension", "LINES"}, {"lines", "0-2,5,7-8"}}},
      {{.why = WhyNot::kOutOfScope, .dimension = core::Dimension::kStore, .lines = {0}},
       Reason::kNotApplicable,
       {{"dimension", "STORE"}, {"lines", "0"}}},
      {{.why = WhyNot::kOrderCountUnknown}, Reason::kOrderCountUnknown, {}},
      {{.why = WhyNot::kMinimumNotMet, .missing_minor = 1'000},
       Reason::kMinimumSpendNotMet,
       {{"missing_minor", "1000"}}},
      {{.why = WhyNot::kSkuNotInOrder, .missing_units = 2, .sku = "cup"},
       Reason::kSkuNotInOrder,
       {{"sku", "cup"}, {"missing_units", "2"}}},
      {{.why = WhyNot::kTooFewUnits, .missing_units = 1}, Reason::kTooFewUnits, {{"missing_units", "1"}}},
      {{.why = WhyNot::kNothingToTakeOff}, Reason::kNothingToTakeOff, {}},
      {{.why = WhyNot::kOutsideWeeklyWindow, .next_valid_at_ms = 1'711'929'600'000},
       Reason::kOutsideWeeklyWindow,
       {{"next_valid_at", "2024-04-01T00:00:00.000Z"}}},
      {{.why = WhyNot::kOutsideWeeklyWindow}, Reason::kOutsideWeeklyWindow, {}},
      {{.why = WhyNot::kGroupFull, .at_most = 1, .group = "welcome", .other = Other(kListedCoupon)},
       Reason::kGroupFull,
       {{"group", "welcome"},
        {"at_most", "1"},
        {"other", "coupons[0]"},
        {"other_coupon_id", "c-7"},
        {"other_campaign_id", "winter"}}},
      {{.why = WhyNot::kTooManyCoupons, .at_most = 20}, Reason::kTooManyCoupons, {{"at_most", "20"}}},
      {{.why = WhyNot::kSpoilsAnother, .other = Other(core::CouponNumber{9})},
       Reason::kSpoilsAnother,
       {{"other_coupon_id", "c-9"}, {"other_campaign_id", "winter"}}},
      {{.why = WhyNot::kGainsNothing, .change_minor = -5}, Reason::kGainsNothing, {{"change_minor", "-5"}}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(core::WhyNotName(c.refusal.why));
    const core::Error error = ErrorOf(c.refusal);
    EXPECT_EQ(error.reason, c.reason);
    EXPECT_EQ(MetadataOf(error), c.metadata);
    EXPECT_FALSE(error.message.empty());
    NoteRefusal(core::ReasonName(error.reason));
  }
}

// Its number would be as good as the code to whoever knows how codes are made.
TEST(RefusalToError, ACodeThatBelongsToNobodyIsNamedByItsPlace) {
  for (const WhyNot why : {WhyNot::kExclusive, WhyNot::kListedTwice, WhyNot::kSpoilsAnother}) {
    const Metadata metadata = MetadataOf(ErrorOf({.why = why, .other = Other(kListedCode)}));
    const Metadata expected = {{"other", "coupons[1]"}, {"other_campaign_id", "winter"}};
    EXPECT_EQ(metadata, expected) << core::WhyNotName(why);
  }
  const Metadata unlisted =
      MetadataOf(ErrorOf({.why = WhyNot::kExclusive, .other = Other(core::CodeNumber{99})}));
  EXPECT_EQ(unlisted, (Metadata{{"other_campaign_id", "winter"}}));
}

TEST(RefusalToError, EveryDimensionHasAName) {
  std::map<std::string, int> names;
  for (int i = 1; i <= static_cast<int>(core::Dimension::kLines); ++i) {
    const auto error = ErrorOf({.why = WhyNot::kOutOfScope, .dimension = static_cast<core::Dimension>(i)});
    ++names[MetadataOf(error).at("dimension")];
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(core::Dimension::kLines));
}

}  // namespace
}  // namespace tessera::api
