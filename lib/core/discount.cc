#include "core/discount.h"

#include "core/stacking.h"

namespace tessera::core {
namespace {

Error ErrorOf(const Refusal& refusal, const Offer& offer, const Order& order) {
  if (refusal.why == WhyNot::kCurrencyMismatch) {
    return Error(Reason::kCurrencyMismatch, "the order is in another currency than the campaign")
        .With("order_currency", std::string(order.currency.code()))
        .With("campaign_currency", std::string(offer.currency.code()));
  }
  if (refusal.why == WhyNot::kMinimumNotMet) {
    return Error(Reason::kMinimumSpendNotMet, "the order is below the campaign's minimum spend")
        .With("missing_minor", std::to_string(refusal.missing_minor));
  }
  return Error(Reason::kNotApplicable,
               "the coupon would take nothing off this order: " + std::string(WhyNotName(refusal.why)));
}

}  // namespace

Result<Discount> Evaluate(const CampaignDefinition& definition, const Order& order) {
  const ListedCoupon only{.key = {}, .offer = &definition.offer};
  const auto priced = PriceStack(order, std::span(&only, 1));
  if (const auto* refused = std::get_if<RefusedCoupons>(&priced)) {
    return ErrorOf(refused->front().refusal, definition.offer, order);
  }
  const auto& stack = std::get<PricedStack>(priced);
  return Discount{.subtotal_minor = stack.subtotal_minor, .discount_minor = stack.discount_minor};
}

}  // namespace tessera::core
