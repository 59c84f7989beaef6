#include "api/convert_refusal.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/coupon_ref.h"
#include "core/instant.h"

namespace tessera::api {
namespace {

using core::Dimension;
using core::Error;
using core::Reason;
using core::WhyNot;

std::string_view DimensionName(Dimension dimension) {
  switch (dimension) {
    case Dimension::kNone:
      break;
    case Dimension::kMerchant:
      return "MERCHANT";
    case Dimension::kStore:
      return "STORE";
    case Dimension::kChannel:
      return "CHANNEL";
    case Dimension::kPaymentMethod:
      return "PAYMENT_METHOD";
    case Dimension::kUserAttribute:
      return "USER_ATTRIBUTE";
    case Dimension::kOrderCount:
      return "ORDER_COUNT";
    case Dimension::kLines:
      return "LINES";
  }
  return "NONE";
}

// Places as they rise, runs of them together: "0-2,5".
std::string Places(const std::vector<uint32_t>& places) {
  std::string text;
  for (size_t first = 0; first < places.size();) {
    size_t last = first;
    while (last + 1 < places.size() && places[last + 1] == places[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(places[first]);
    if (last != first) text += "-" + std::to_string(places[last]);
    first = last + 1;
  }
  return text;
}

Error Other(Error error, const core::Refusal& refusal, const RefusalContext& context) {
  if (!refusal.other) return error;
  const auto& [campaign_id, name] = *refusal.other;
  const auto listed = std::find(context.listed.begin(), context.listed.end(), name);
  if (listed != context.listed.end()) {
    error.metadata.emplace_back("other",
                                PlaceInRequest(static_cast<size_t>(listed - context.listed.begin())));
  }
  const std::string coupon_id = CouponIdOf(name);
  if (!coupon_id.empty()) error.metadata.emplace_back("other_coupon_id", coupon_id);
  error.metadata.emplace_back("other_campaign_id", campaign_id);
  return error;
}

Error NotApplicable(const core::Refusal& refusal) {
  return Error(Reason::kNotApplicable, "the coupon is for other orders, or for other lines")
      .With("dimension", std::string(DimensionName(refusal.dimension)))
      .With("lines", Places(refusal.lines));
}

Error OutsideWindow(const core::Refusal& refusal) {
  Error error(Reason::kOutsideWeeklyWindow, "the coupon does not hold at this hour of the week");
  if (!refusal.next_valid_at_ms) return error;
  return std::move(error).With("next_valid_at", core::InstantText(*refusal.next_valid_at_ms));
}

}  // namespace

std::string PlaceInRequest(size_t place) { return "coupons[" + std::to_string(place) + "]"; }

Error ToError(const core::Refusal& refusal, const RefusalContext& context) {
  // No default: what the core can newly say does not compile until callers can be told.
  switch (refusal.why) {
    case WhyNot::kCurrencyMismatch:
      return Error(Reason::kCurrencyMismatch, "the order is in another currency than the campaign")
          .With("order_currency", std::string(context.order.currency.code()))
          .With("campaign_currency", std::string(context.offer.currency.code()));
    case WhyNot::kOutOfScope:
      return NotApplicable(refusal);
    case WhyNot::kOrderCountUnknown:
      return Error(Reason::kOrderCountUnknown, "the coupon asks how many orders the user has completed");
    case WhyNot::kMinimumNotMet:
      return Error(Reason::kMinimumSpendNotMet, "the order is below the campaign's minimum spend")
          .With("missing_minor", std::to_string(refusal.missing_minor));
    case WhyNot::kSkuNotInOrder:
      return Error(Reason::kSkuNotInOrder,
                   "the coupon is for an article that the order has not, or not enough of")
          .With("sku", refusal.sku)
          .With("missing_units", std::to_string(refusal.missing_units));
    case WhyNot::kTooFewUnits:
      return Error(Reason::kTooFewUnits, "the order has too few units for one more to be cheaper")
          .With("missing_units", std::to_string(refusal.missing_units));
    case WhyNot::kNothingToTakeOff:
      return Error(Reason::kNothingToTakeOff, "the coupon would take nothing off this order");
    case WhyNot::kOutsideWeeklyWindow:
      return OutsideWindow(refusal);
    case WhyNot::kListedTwice:
      return Other(Error(Reason::kListedTwice, "the coupon is named twice"), refusal, context);
    case WhyNot::kExclusive:
      return Other(Error(Reason::kCouponExclusive, "one of two coupons goes with no other"), refusal,
                   context);
    case WhyNot::kGroupFull:
      return Other(Error(Reason::kGroupFull, "no more coupons of this group go together")
                       .With("group", refusal.group)
                       .With("at_most", std::to_string(refusal.at_most)),
                   refusal, context);
    case WhyNot::kTooManyCoupons:
      return Error(Reason::kTooManyCoupons, "no more coupons can be used together")
          .With("at_most", std::to_string(refusal.at_most));
    case WhyNot::kSpoilsAnother:
      return Other(Error(Reason::kSpoilsAnother, "beside the coupon a chosen one could not be used"), refusal,
                   context);
    case WhyNot::kGainsNothing:
      return Error(Reason::kGainsNothing, "with the coupon the chosen ones would take off no more")
          .With("change_minor", std::to_string(refusal.change_minor));
  }
  return Error(Reason::kInternal, "a refusal that has no name");
}

}  // namespace tessera::api
