#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/order.h"
#include "core/partial_return.h"
#include "core/result.h"
#include "core/stacking.h"
#include "storage/operation.h"

namespace tessera::storage {

// A part of a redemption that was taken back, and what came of it. The redemption's record has it under the
// name of the operation that did it.
struct ReturnEntry {
  core::PartialReturn part;
  RolledBack outcome;
  bool operator==(const ReturnEntry&) const = default;
};

// What a redemption or reservation was decided from and what came of it: kept with its record, so that its
// answer can be built again, parts of it be returned, and the decision be explained.
struct Receipt {
  core::Order order;                         // with the instant that it was judged at
  std::vector<core::AppliedCoupon> applied;  // in the order of application
  std::vector<int64_t> campaign_versions;    // by coupon: that it was judged by
  // By coupon: what its campaign's budget had left for it, where that was less than it would have taken off.
  std::vector<std::optional<int64_t>> discount_max_minor;
  std::vector<LeftOut> left_out;
  std::vector<ReturnEntry> returns;
  bool operator==(const Receipt&) const = default;
};

// How a receipt becomes bytes in the store and back; given by whoever owns the wire format. What the store's
// own records say (numbers and campaigns of coupons, operations, times of returns) need not be in the bytes.
// Pure functions, any thread.
struct ReceiptCodec {
  std::function<std::string(const Receipt&)> encode;
  std::function<core::Result<Receipt>(std::string_view)> decode;
};

}  // namespace tessera::storage
