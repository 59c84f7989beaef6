#include "api/coupon_ref.h"

#include "core/limits.h"

namespace tessera::api {
namespace {

core::Error Invalid(const FieldPath& path, const char* must) {
  return core::InvalidField(path.ToString(), must);
}

}  // namespace

std::string CouponIdOf(const core::CouponName& coupon) {
  const auto* number = std::get_if<core::CouponNumber>(&coupon);
  return number != nullptr ? number->ToId() : "";
}

core::Result<TypedCode> ParseCode(const std::string& text, const FieldPath& path) {
  if (text.empty()) return Invalid(path, "must not be empty");
  if (text.size() > core::limits::kCodeTextLengthMax) {
    return core::InvalidField(
        path.ToString(), "must have at most " + std::to_string(core::limits::kCodeTextLengthMax) + " bytes");
  }
  return TypedCode{text, path.ToString()};
}

core::Result<TypedCoupon> ParseCoupon(const coupon::v1::CouponRef& ref, const FieldPath& path) {
  switch (ref.ref_case()) {
    case coupon::v1::CouponRef::kCode: {
      auto code = ParseCode(ref.code(), path.Field("code"));
      if (!code.ok()) return std::move(code).error();
      return TypedCoupon(*std::move(code));
    }
    case coupon::v1::CouponRef::kCouponId: {
      const auto number = core::CouponNumber::FromId(ref.coupon_id());
      if (!number) return Invalid(path.Field("coupon_id"), "must be a coupon id, such as \"c-20971523\"");
      return TypedCoupon(*number);
    }
    case coupon::v1::CouponRef::REF_NOT_SET:
      break;
  }
  return Invalid(path, "must have one of code, coupon_id");
}

core::Result<core::CouponName> OpenCode(const TypedCode& code, const core::CodeBook& codes) {
  auto content = codes.Open(code.text);
  if (!content.ok()) return std::move(content).error().With("field", code.field);
  if (content->kind == core::CodeKind::kUnbound) return core::CouponName(core::CodeNumber{content->number});
  return core::CouponName(core::CouponNumber{content->number});
}

}  // namespace tessera::api
