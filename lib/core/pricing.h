#pragma once

#include "core/campaign.h"
#include "core/order.h"

namespace tessera::core {

struct Discount {
  int64_t subtotal_minor = 0;
  int64_t discount_minor = 0;  // 0 < discount <= subtotal
  bool operator==(const Discount&) const = default;
};

// What a coupon of `definition` takes off `order`. Pure: the same inputs give the same answer for ever.
// CURRENCY_MISMATCH; MINIMUM_SPEND_NOT_MET with metadata missing_minor; NOT_APPLICABLE when it would take
// nothing off.
Result<Discount> Evaluate(const CampaignDefinition& definition, const Order& order);

}  // namespace tessera::core
