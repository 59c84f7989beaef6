#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/money.h"
#include "core/scope.h"
#include "core/weekly_window.h"

// What a coupon of a campaign takes off an order. offer_pricing.h says how much that is, stacking.h what
// several of them take together.
//
// An offer counts the lines in its scope: their sum is held to the minimum spend and to the steps of a
// threshold. It lowers its targets, which are the same lines unless a type says otherwise below. No type but
// FreeShipping touches the shipping, and none takes a line below its floor.
namespace tessera::core {

// A share of the targets' price, in basis points (1 to 10,000), at most `cap_minor` when that is set. A line
// that its floor stops short gives less than its share, and no other line gives more for it.
struct PercentOff {
  int32_t basis_points = 0;
  std::optional<int64_t> cap_minor;
  bool operator==(const PercentOff&) const = default;
};

// A fixed amount, at most the spend. What one line cannot give, for its floor, the others give.
struct AmountOff {
  int64_t amount_minor = 0;
  bool operator==(const AmountOff&) const = default;
};

// "10 off from 100, 30 off from 200": the highest step reached counts, once. Both numbers rise strictly from
// step to step.
struct ThresholdStep {
  int64_t at_least_minor = 0;
  int64_t off_minor = 0;
  bool operator==(const ThresholdStep&) const = default;
};
struct ThresholdOff {
  std::vector<ThresholdStep> steps;
  bool operator==(const ThresholdOff&) const = default;
};

// The shipping, at most `cap_minor` of it. No line is lowered.
struct FreeShipping {
  std::optional<int64_t> cap_minor;
  bool operator==(const FreeShipping&) const = default;
};

// Up to `quantity_max` units of one SKU cost `price_minor` each: what they cost more is taken off. The SKU
// has to be in the order and not to be excluded; it need not be in the scope's lists of what is included,
// which say what has to be spent for it. (WeChat Pay's merchant coupons of type EXCHANGE: `exchange_price`,
// the unit price of one article, beside `transaction_minimum`.)
struct Exchange {
  std::string sku;
  int64_t price_minor = 0;
  int64_t quantity_max = 1;
  bool operator==(const Exchange&) const = default;
};

// `quantity` units of a SKU come with the order at no price. Nothing is taken off what is paid: units of the
// same SKU that the customer chose are still paid for, since they were wanted besides. `worth_minor` is what
// the campaign says that a unit is worth, at least 1, so that no gift is left out for nothing; it counts
// where sets of coupons are compared and nowhere else.
struct Gift {
  std::string sku;
  int64_t quantity = 1;
  int64_t worth_minor = 1;
  bool operator==(const Gift&) const = default;
};

// Each target unit that costs more than `price_minor` costs that much; units whose list price is above
// `unit_price_max_minor` are left alone. With `quantity_max`, the units that gain most are cut, the earlier
// line first where two gain the same. (WeChat Pay's coupons of type CUT_TO: `cut_to_price`, the unit price
// after it, and `single_price_max`, the highest unit price that it may be used for.)
struct CutTo {
  int64_t price_minor = 0;
  std::optional<int64_t> unit_price_max_minor;
  std::optional<int64_t> quantity_max;
  bool operator==(const CutTo&) const = default;
};

// For every `buy` units that are paid, up to `get` further ones are `basis_points` cheaper (10,000 is free),
// at most `times_max` times. With an empty `get_sku` all units come out of the targets: they are laid out
// from the dearest to the cheapest, and in each run of buy + get the last ones are lowered. No other way to
// part the units into runs takes more off, and no dearer or further unit ever makes it less. With a `get_sku`
// the units bought are those of the scope but of that SKU, the dearest units of `get_sku` are lowered, and
// what Exchange says of its SKU holds.
struct BuyGet {
  int64_t buy = 1;
  int64_t get = 1;
  int32_t basis_points = 10'000;
  std::optional<int64_t> times_max;
  std::string get_sku;
  bool operator==(const BuyGet&) const = default;
};

// A new type of coupon is one more alternative here; the compiler asks for its pricing (cut_pricing.cc) and
// its ranges (offer.cc).
using Benefit =
    std::variant<PercentOff, AmountOff, ThresholdOff, FreeShipping, Exchange, Gift, CutTo, BuyGet>;

// The price that a benefit is computed from, when coupons that come before it have lowered lines already: the
// list price, or what is left of it. Where units of a line cost differently, what is left is spread over them
// as evenly as minor units allow.
enum class PriceBase : uint8_t { kRemaining, kInitial };

// The sum that a minimum spend and threshold steps are held to: of list prices, or of what coupons that come
// before it left of them.
enum class ThresholdBasis : uint8_t { kBeforeDiscounts, kAfterDiscounts };

// At most `at_most` coupons of the group in one order: with 1 its coupons exclude each other. Where coupons
// of one group disagree, the least number of those in the set holds.
struct GroupRule {
  std::string group;
  int32_t at_most = 1;
  bool operator==(const GroupRule&) const = default;
};

// How a campaign's coupons go together with others.
struct StackingRule {
  bool exclusive = false;  // with no other coupon at all
  std::vector<GroupRule> groups;
  int32_t priority = 0;  // lower ones are applied first
  PriceBase base = PriceBase::kRemaining;
  ThresholdBasis threshold_basis = ThresholdBasis::kBeforeDiscounts;
  bool operator==(const StackingRule&) const = default;
};

struct Offer {
  Currency currency;
  Benefit benefit;
  Scope scope;
  std::optional<int64_t> minimum_spend_minor;
  // The share of its list price, rounded up, below which this offer takes no unit. The line's own floor holds
  // besides.
  std::optional<int32_t> floor_basis_points;
  StackingRule stacking;
  std::vector<WeeklyWindow> weekly_windows;  // none: always
  bool operator==(const Offer&) const = default;
};

// INVALID_FIELD at the first field below `path` that is out of range, such as
// "campaign.offer.percent_off.basis_points".
Status CheckOffer(const Offer& offer, const std::string& path);

// The same for what offer_pricing.h cannot compute with. It holds of every offer that CheckOffer ever
// accepted, also when that has become stricter since.
Status CheckComputable(const Offer& offer, const std::string& path);

}  // namespace tessera::core
