#include "core/partial_return.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/allocation.h"

namespace tessera::core {
namespace {

int64_t Sum(const std::vector<int64_t>& amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), int64_t{0});
}

std::string Place(const std::string& path, size_t i) { return path + "[" + std::to_string(i) + "]"; }

// One return on its way: the order as it changes and what each coupon lost.
class Returning {
 public:
  explicit Returning(const StandingOrder& standing)
      : standing_(standing), returned_(Empty(standing)), clawed_(Empty(standing)) {}

  void Units(const ReturnedUnits& units);
  void Shipping();
  void Coupon(size_t coupon);
  void JudgeThresholds();
  ReturnOutcome Finish() &&;

 private:
  // By coupon, what was lost: of each line, then of the shipping.
  using Losses = std::vector<std::vector<int64_t>>;
  static Losses Empty(const StandingOrder& standing) {
    return Losses(standing.coupons.size(), std::vector<int64_t>(standing.lines.size() + 1));
  }
  int64_t SpendOf(size_t coupon) const;
  int64_t KeptOf(const StandingCoupon& coupon, int64_t spend_minor, int64_t left_minor) const;
  void ClawBack(size_t coupon, int64_t amount_minor);

  StandingOrder standing_;
  Losses returned_;
  Losses clawed_;
  int64_t gross_minor_ = 0;
};

void Returning::Units(const ReturnedUnits& units) {
  StandingLine& line = standing_.lines[units.line];
  std::vector<int64_t> left;
  for (const StandingCoupon& coupon : standing_.coupons) left.push_back(coupon.off_minor[units.line]);
  // What stands off a line is at most its price, so its share is at most the price of the units returned.
  const int64_t share = MultiplyRoundHalfUp(Sum(left), units.quantity, line.quantity);
  std::vector<int64_t> shares(left.size());
  Allocate(share, left, left, shares);
  for (size_t i = 0; i < shares.size(); ++i) {
    standing_.coupons[i].off_minor[units.line] -= shares[i];
    returned_[i][units.line] += shares[i];
  }
  line.quantity -= units.quantity;
  gross_minor_ += units.quantity * line.unit_price_minor;
}

void Returning::Shipping() {
  gross_minor_ += standing_.shipping_minor;
  standing_.shipping_minor = 0;
  for (size_t i = 0; i < standing_.coupons.size(); ++i) {
    returned_[i].back() += std::exchange(standing_.coupons[i].shipping_off_minor, 0);
  }
}

void Returning::Coupon(size_t coupon) {
  StandingCoupon& one = standing_.coupons[coupon];
  for (size_t line = 0; line < one.off_minor.size(); ++line) {
    clawed_[coupon][line] += std::exchange(one.off_minor[line], 0);
  }
  clawed_[coupon].back() += std::exchange(one.shipping_off_minor, 0);
}

// The sum of the lines that the coupon counts, as it is judged for it.
int64_t Returning::SpendOf(size_t coupon) const {
  const StandingCoupon& one = standing_.coupons[coupon];
  int64_t spend = 0;
  for (const uint32_t line : one.counted) {
    spend += standing_.lines[line].quantity * standing_.lines[line].unit_price_minor;
    if (one.threshold_basis == ThresholdBasis::kBeforeDiscounts) continue;
    for (size_t earlier = 0; earlier < coupon; ++earlier) spend -= standing_.coupons[earlier].off_minor[line];
  }
  return spend;
}

int64_t Returning::KeptOf(const StandingCoupon& coupon, int64_t spend_minor, int64_t left_minor) const {
  int64_t kept = 0;
  for (const ThresholdStep& step : coupon.steps) {
    if (step.at_least_minor <= spend_minor) kept = std::min(left_minor, step.off_minor);
  }
  if (coupon.threshold_loss == ThresholdLoss::kProrate) {
    kept = std::max(kept, MultiplyRoundHalfUp(left_minor, spend_minor, coupon.steps.back().at_least_minor));
  }
  return kept;
}

// Takes the amount from the lines and the shipping that the discount stands on, in proportion.
void Returning::ClawBack(size_t coupon, int64_t amount_minor) {
  StandingCoupon& one = standing_.coupons[coupon];
  std::vector<int64_t> left = one.off_minor;
  left.push_back(one.shipping_off_minor);
  std::vector<int64_t> shares(left.size());
  Allocate(amount_minor, left, left, shares);
  for (size_t line = 0; line < one.off_minor.size(); ++line) one.off_minor[line] -= shares[line];
  one.shipping_off_minor -= shares.back();
  for (size_t i = 0; i < shares.size(); ++i) clawed_[coupon][i] += shares[i];
}

void Returning::JudgeThresholds() {
  for (size_t i = 0; i < standing_.coupons.size(); ++i) {
    StandingCoupon& coupon = standing_.coupons[i];
    if (coupon.steps.empty() || coupon.threshold_loss == ThresholdLoss::kKeep) continue;
    const int64_t spend = SpendOf(i);
    if (spend >= coupon.steps.back().at_least_minor) continue;
    const int64_t left = Sum(coupon.off_minor) + coupon.shipping_off_minor;
    const int64_t kept = KeptOf(coupon, spend, left);
    ClawBack(i, left - kept);
    // From here on the coupon is held to what it still has and what it still has it for.
    while (!coupon.steps.empty() && coupon.steps.back().at_least_minor > spend) coupon.steps.pop_back();
    if (coupon.threshold_loss == ThresholdLoss::kProrate && spend > 0 &&
        (coupon.steps.empty() || coupon.steps.back().at_least_minor < spend)) {
      coupon.steps.push_back({.at_least_minor = spend, .off_minor = kept});
    }
  }
}

ReturnOutcome Returning::Finish() && {
  ReturnOutcome outcome{.gross_minor = gross_minor_};
  int64_t net = gross_minor_;
  for (size_t i = 0; i < standing_.coupons.size(); ++i) {
    CouponChange change{.key = standing_.coupons[i].key,
                        .returned_minor = Sum(returned_[i]),
                        .clawed_minor = Sum(clawed_[i]),
                        .lines = {}};
    if (change.returned_minor == 0 && change.clawed_minor == 0) continue;
    net -= change.returned_minor + change.clawed_minor;
    for (uint32_t line = 0; line < standing_.lines.size(); ++line) {
      const int64_t lost = returned_[i][line] + clawed_[i][line];
      if (lost != 0) change.lines.push_back({.line = line, .minor = lost});
    }
    outcome.coupons.push_back(std::move(change));
  }
  outcome.refund_minor = std::max<int64_t>(0, net);
  outcome.due_minor = std::max<int64_t>(0, -net);
  outcome.standing = std::move(standing_);
  return outcome;
}

Status CheckUnits(const StandingOrder& standing, const PartialReturn& part, const std::string& path) {
  std::vector<bool> seen(standing.lines.size());
  for (size_t i = 0; i < part.units.size(); ++i) {
    const std::string place = Place(path + ".units", i);
    const ReturnedUnits& units = part.units[i];
    if (units.line >= standing.lines.size())
      return InvalidField(place + ".line", "must be a line of the order");
    if (seen[units.line]) return InvalidField(place + ".line", "must be named once");
    seen[units.line] = true;
    const int64_t left = standing.lines[units.line].quantity;
    if (units.quantity < 1 || units.quantity > left) {
      return InvalidField(place + ".quantity",
                          "must be 1 to the " + std::to_string(left) + " that were not returned yet");
    }
  }
  return Ok();
}

}  // namespace

StandingOrder StandingAfter(const Order& order, const PricedStack& stack,
                            std::span<const PaidCoupon> coupons) {
  StandingOrder standing{.lines = {}, .shipping_minor = order.shipping_minor, .coupons = {}};
  for (const OrderLine& line : order.lines) {
    standing.lines.push_back({.unit_price_minor = line.unit_price_minor, .quantity = line.quantity});
  }
  for (const AppliedCoupon& applied : stack.applied) {
    const auto paid = std::find_if(coupons.begin(), coupons.end(),
                                   [&](const PaidCoupon& coupon) { return coupon.key == applied.key; });
    const Offer& offer = *paid->offer;
    StandingCoupon coupon{.key = applied.key,
                          .off_minor = std::vector<int64_t>(order.lines.size()),
                          .shipping_off_minor = applied.shipping_minor,
                          .counted = MatchScope(offer.scope, order).lines,
                          .steps = {},
                          .threshold_basis = offer.stacking.threshold_basis,
                          .threshold_loss = paid->threshold_loss};
    for (const LineShare& share : applied.lines) coupon.off_minor[share.line] = share.minor;
    const int64_t minimum = offer.minimum_spend_minor.value_or(0);
    if (const auto* threshold = std::get_if<ThresholdOff>(&offer.benefit)) {
      // Only the steps that were reached can be lost; a minimum above a step lifts it.
      int64_t spend = 0;
      for (const uint32_t line : coupon.counted) {
        spend += order.lines[line].quantity * order.lines[line].unit_price_minor;
      }
      if (coupon.threshold_basis == ThresholdBasis::kAfterDiscounts) {
        for (const StandingCoupon& earlier : standing.coupons) {
          for (const uint32_t line : coupon.counted) spend -= earlier.off_minor[line];
        }
      }
      for (const ThresholdStep& step : threshold->steps) {
        if (step.at_least_minor > spend) break;
        const ThresholdStep lifted{.at_least_minor = std::max(step.at_least_minor, minimum),
                                   .off_minor = step.off_minor};
        if (!coupon.steps.empty() && coupon.steps.back().at_least_minor == lifted.at_least_minor) {
          coupon.steps.pop_back();
        }
        coupon.steps.push_back(lifted);
      }
    } else if (minimum > 0) {
      coupon.steps.push_back({.at_least_minor = minimum, .off_minor = applied.discount_minor});
    }
    standing.coupons.push_back(std::move(coupon));
  }
  return standing;
}

Result<ReturnOutcome> ReturnPart(const StandingOrder& standing, const PartialReturn& part,
                                 const std::string& path) {
  if (part.units.empty() && !part.shipping && !part.coupon) {
    return InvalidField(path, "must give back units, the shipping or a coupon");
  }
  if (Status status = CheckUnits(standing, part, path); !status.ok()) return status.error();
  Returning returning(standing);
  if (part.coupon) {
    const auto found = std::find_if(standing.coupons.begin(), standing.coupons.end(),
                                    [&](const StandingCoupon& coupon) { return coupon.key == *part.coupon; });
    if (found == standing.coupons.end()) return InvalidField(path + ".coupon", "must be one of the order's");
    returning.Coupon(static_cast<size_t>(found - standing.coupons.begin()));
  }
  for (const ReturnedUnits& units : part.units) returning.Units(units);
  if (part.shipping) returning.Shipping();
  returning.JudgeThresholds();
  return std::move(returning).Finish();
}

}  // namespace tessera::core
