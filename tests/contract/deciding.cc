#include "deciding.h"

#include <algorithm>
#include <utility>

namespace tessera::contract {
namespace {

using core::Error;
using core::Reason;

Error ErrorOf(const core::Refusal& refusal) {
  if (refusal.why == core::WhyNot::kCurrencyMismatch)
    return Error(Reason::kCurrencyMismatch, "another currency");
  if (refusal.why == core::WhyNot::kMinimumNotMet) {
    return Error(Reason::kMinimumSpendNotMet, "too little")
        .With("missing_minor", std::to_string(refusal.missing_minor));
  }
  return Error(Reason::kNotApplicable, "it does not apply")
      .With("why", std::string(core::WhyNotName(refusal.why)));
}

storage::Decision Decide(const core::Order& order, std::span<const storage::Candidate> candidates) {
  std::vector<core::ListedCoupon> listed;
  for (const storage::Candidate& candidate : candidates) {
    listed.push_back({.key = {.campaign_id = candidate.campaign->id, .name = candidate.coupon},
                      .offer = &candidate.campaign->definition.offer,
                      .discount_max_minor = candidate.discount_max_minor});
  }
  auto priced = core::PriceStack(order, listed);
  storage::Decision decision;
  if (auto* stack = std::get_if<core::PricedStack>(&priced)) {
    decision.stack = std::move(*stack);
    return decision;
  }
  std::vector<storage::RefusedCandidate> refused;
  for (const core::RefusedCoupon& coupon : std::get<core::RefusedCoupons>(priced)) {
    const auto place = std::find_if(listed.begin(), listed.end(), [&](const core::ListedCoupon& candidate) {
      return candidate.key == coupon.key;
    });
    refused.push_back({static_cast<size_t>(place - listed.begin()), ErrorOf(coupon.refusal)});
  }
  decision.stack = std::move(refused);
  return decision;
}

}  // namespace

storage::Decide DecideFor(core::Order order) {
  return [order = std::move(order)](std::span<const storage::Candidate> candidates, core::InstantMs) {
    return Decide(order, candidates);
  };
}

}  // namespace tessera::contract
