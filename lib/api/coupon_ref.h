#pragma once

#include <string>
#include <variant>

#include "api/field_path.h"
#include "core/code.h"
#include "core/ids.h"
#include "core/result.h"
#include "coupon/v1/coupon.pb.h"

namespace tessera::api {

// A code as somebody typed it, and the path of its field. Whether it is one is found out when all else in the
// request was found right, for a wrong one costs an attempt (services/program/code_reader.h).
struct TypedCode {
  std::string text;
  std::string field;
  bool operator==(const TypedCode&) const = default;
};

// How a request names a coupon: by id, or by a code that is still to be read.
using TypedCoupon = std::variant<core::CouponNumber, TypedCode>;

// INVALID_FIELD when `ref` names no coupon, by a malformed id, or by a text that is too long for a code.
// Pure, any thread.
core::Result<TypedCoupon> ParseCoupon(const coupon::v1::CouponRef& ref, const FieldPath& path);
core::Result<TypedCode> ParseCode(const std::string& text, const FieldPath& path);

// What the code names; INVALID_CODE for one that no key of `codes` made, which costs no look at the store.
core::Result<core::CouponName> OpenCode(const TypedCode& code, const core::CodeBook& codes);

// The coupon's id, or nothing for a code, which is a secret and has none.
std::string CouponIdOf(const core::CouponName& coupon);

}  // namespace tessera::api
