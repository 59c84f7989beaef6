// What the tests' callers decide: the price of a stack on an order, by core/stacking.h alone.
#pragma once

#include "core/order.h"
#include "storage/redemption_store.h"

namespace tessera::contract {

// A coupon is refused with MINIMUM_SPEND_NOT_MET (missing_minor), CURRENCY_MISMATCH, or else NOT_APPLICABLE
// (why, a WhyNot's name). It holds for ever.
storage::Decide DecideFor(core::Order order);

}  // namespace tessera::contract
