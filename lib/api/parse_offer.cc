#include "api/parse_offer.h"

#include "api/convert_offer.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

void CheckNames(FieldChecker& check, const FieldPath& path, const pb::Selection& selection) {
  check.PrintableAll(path.Field("include"), selection.include());
  check.PrintableAll(path.Field("exclude"), selection.exclude());
}

void CheckNames(FieldChecker& check, const FieldPath& path, const pb::Scope& scope) {
  CheckNames(check, path.Field("skus"), scope.skus());
  CheckNames(check, path.Field("categories"), scope.categories());
  CheckNames(check, path.Field("merchants"), scope.merchants());
  CheckNames(check, path.Field("stores"), scope.stores());
  CheckNames(check, path.Field("channels"), scope.channels());
  CheckNames(check, path.Field("payment_methods"), scope.payment_methods());
  CheckNames(check, path.Field("user_attributes"), scope.user_attributes());
}

// The SKU that a benefit names.
void CheckSku(FieldChecker& check, const FieldPath& path, const pb::Offer& offer) {
  const FieldPath exchange = path.Field("exchange");
  const FieldPath gift = path.Field("gift");
  const FieldPath buy_get = path.Field("buy_get");
  if (offer.has_exchange()) check.Printable(exchange.Field("sku"), offer.exchange().sku());
  if (offer.has_gift()) check.Printable(gift.Field("sku"), offer.gift().sku());
  if (!offer.buy_get().get_sku().empty()) {
    check.Printable(buy_get.Field("get_sku"), offer.buy_get().get_sku());
  }
}

void CheckStacking(FieldChecker& check, const FieldPath& path, const pb::StackingRule& rule) {
  const FieldPath groups = path.Field("groups");
  for (int i = 0; check.ok() && i < rule.groups_size(); ++i) {
    const FieldPath group = groups.At(i);
    check.Printable(group.Field("group"), rule.groups(i).group());
  }
  check.ChoiceOr(path.Field("base"), rule.base(), pb::PriceBase_IsValid, pb::PRICE_BASE_REMAINING);
  check.ChoiceOr(path.Field("threshold_basis"), rule.threshold_basis(), pb::ThresholdBasis_IsValid,
                 pb::THRESHOLD_BASIS_BEFORE_DISCOUNTS);
}

void CheckDays(FieldChecker& check, const FieldPath& path, const pb::Offer& offer) {
  for (int i = 0; check.ok() && i < offer.weekly_windows_size(); ++i) {
    const FieldPath window = path.At(i);
    check.Choice(window.Field("day"), offer.weekly_windows(i).day(), pb::DayOfWeek_IsValid);
  }
}

}  // namespace

core::Offer ParseOffer(FieldChecker& check, const FieldPath& path, const pb::Offer& offer,
                       const core::Currency& currency) {
  if (offer.benefit_case() == pb::Offer::BENEFIT_NOT_SET) {
    check.Fail(path, "must have a benefit, such as percent_off");
  }
  // What the core cannot say, since it knows neither UTF-8 nor these enums.
  CheckSku(check, path, offer);
  CheckNames(check, path.Field("scope"), offer.scope());
  CheckStacking(check, path.Field("stacking"), offer.stacking());
  CheckDays(check, path.Field("weekly_windows"), offer);
  core::Offer parsed = FromProto(offer, currency);
  if (check.ok()) check.Take(core::CheckOffer(parsed, path.ToString()));
  return parsed;
}

}  // namespace tessera::api
