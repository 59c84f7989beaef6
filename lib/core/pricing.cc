#include "core/pricing.h"

#include <algorithm>

namespace tessera::core {
namespace {

constexpr int64_t kBasisPointsWhole = 10'000;

// What each benefit takes off a subtotal, before it is held to the subtotal. A new alternative of
// CouponTerms::benefit does not compile until it stands here.
struct TakenOff {
  int64_t subtotal_minor;

  int64_t operator()(const PercentOff& percent) const {
    const int64_t share = MultiplyRoundHalfUp(subtotal_minor, percent.basis_points, kBasisPointsWhole);
    return percent.cap_minor ? std::min(share, *percent.cap_minor) : share;
  }
  int64_t operator()(const AmountOff& amount) const { return amount.amount_minor; }
};

}  // namespace

Result<Discount> Evaluate(const CampaignDefinition& definition, const Order& order) {
  if (order.currency != definition.currency) {
    return Error(Reason::kCurrencyMismatch, "the order is in another currency than the campaign")
        .With("order_currency", std::string(order.currency.code()))
        .With("campaign_currency", std::string(definition.currency.code()));
  }
  const int64_t subtotal = order.SubtotalMinor();
  const int64_t minimum = definition.terms.minimum_spend_minor.value_or(0);
  if (subtotal < minimum) {
    return Error(Reason::kMinimumSpendNotMet, "the order is below the campaign's minimum spend")
        .With("missing_minor", std::to_string(minimum - subtotal));
  }
  const int64_t discount = std::min(std::visit(TakenOff{subtotal}, definition.terms.benefit), subtotal);
  if (discount <= 0) return Error(Reason::kNotApplicable, "the coupon would take nothing off this order");
  return Discount{.subtotal_minor = subtotal, .discount_minor = discount};
}

}  // namespace tessera::core
