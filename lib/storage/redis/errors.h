#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "redis/error.h"
#include "redis/reply.h"

namespace tessera::storage {

// What a failure of Redis means to a caller. The only place where one becomes the other.
core::Error FromRedis(const redis::Error& error);

// The call may have taken effect, and the store did not say so.
core::Error OutcomeUnknown(std::string cause);

// What scripts/part/begin.lua refuses with (REUSED, FENCED, DEADLINE), or STORE_NONSENSE for a status nobody
// knows.
core::Error CommonRefusal(std::string_view status);

core::Error NoRedemption();
core::Error CouponTakenBack();
core::Error AnothersCoupon();

// Attempt after attempt met others: `why` is a sentence that says with what.
core::Error Contended(std::string_view why);
core::Error ContendedForUnits();

// The store holds something of ours that is not as we write it.
core::Error Unreadable(std::string what);

// Redis answered what no script of ours answers.
core::Error Nonsense(std::string_view where, const redis::Reply& reply);

}  // namespace tessera::storage
