#pragma once

#include <string>

#include "api/field_path.h"
#include "core/code.h"
#include "core/ids.h"
#include "core/result.h"
#include "coupon/v1/coupon.pb.h"

namespace tessera::api {

// The coupon that `ref` names. INVALID_FIELD when it names none, or by a malformed id; INVALID_CODE for a
// code that no key of `codes` made, which costs no look at the store. Pure, any thread.
core::Result<core::CouponName> ResolveCoupon(const coupon::v1::CouponRef& ref, const FieldPath& path,
                                             const core::CodeBook& codes);
// The same for a code's text.
core::Result<core::CouponName> ResolveCode(const std::string& code, const FieldPath& path,
                                           const core::CodeBook& codes);

// The coupon's id, or nothing for a code, which is a secret and has none.
std::string CouponIdOf(const core::CouponName& coupon);

}  // namespace tessera::api
