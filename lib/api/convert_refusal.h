#pragma once

#include <span>

#include "core/ids.h"
#include "core/offer.h"
#include "core/order.h"
#include "core/refusal.h"
#include "core/result.h"

// The only place where what the core says of a coupon becomes the refusal that callers see. Pure, any thread.
namespace tessera::api {

// What a refusal is about, besides what it says itself. All must outlive the call.
struct RefusalContext {
  const core::Order& order;
  const core::Offer& offer;  // of the coupon that is refused
  // The coupons of the request, by their places in it; empty where it named none.
  std::span<const core::CouponName> listed;
};

// The reason, with the metadata that error_reason.proto states. Another coupon is named by its id and its
// campaign and, if the request listed it, by its place there. A code that belongs to nobody has no id: it is
// a secret, and so is its number.
core::Error ToError(const core::Refusal& refusal, const RefusalContext& context);

// The place of a coupon in a request, such as "coupons[1]".
std::string PlaceInRequest(size_t place);

}  // namespace tessera::api
