#pragma once

#include "core/campaign.h"
#include "core/order.h"

namespace tessera::core {

struct Discount {
  int64_t subtotal_minor = 0;
  int64_t discount_minor = 0;  // of lines and shipping; 0 for a gift
  bool operator==(const Discount&) const = default;
};

// What one coupon of `definition` takes off `order` when no other is used with it: core/stacking.h in a word.
// Pure: the same inputs give the same answer for ever. CURRENCY_MISMATCH; MINIMUM_SPEND_NOT_MET with metadata
// missing_minor; NOT_APPLICABLE for every other refusal.
Result<Discount> Evaluate(const CampaignDefinition& definition, const Order& order);

}  // namespace tessera::core
