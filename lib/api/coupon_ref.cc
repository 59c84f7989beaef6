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

core::Result<core::CouponName> ResolveCode(const std::string& code, const FieldPath& path,
                                           const core::CodeBook& codes) {
  if (code.empty()) return Invalid(path, "must not be empty");
  if (code.size() > core::limits::kCodeTextLengthMax) {
    return core::InvalidField(
        path.ToString(), "must have at most " + std::to_string(core::limits::kCodeTextLengthMax) + " bytes");
  }
  const auto content = codes.Open(code);
  if (!content.ok()) return core::Error(content.error()).With("field", path.ToString());
  if (content->kind == core::CodeKind::kUnbound) return core::CouponName(core::CodeNumber{content->number});
  return core::CouponName(core::CouponNumber{content->number});
}

core::Result<core::CouponName> ResolveCoupon(const coupon::v1::CouponRef& ref, const FieldPath& path,
                                             const core::CodeBook& codes) {
  switch (ref.ref_case()) {
    case coupon::v1::CouponRef::kCode:
      return ResolveCode(ref.code(), path.Field("code"), codes);
    case coupon::v1::CouponRef::kCouponId: {
      const auto number = core::CouponNumber::FromId(ref.coupon_id());
      if (!number) return Invalid(path.Field("coupon_id"), "must be a coupon id, such as \"c-20971523\"");
      return core::CouponName(*number);
    }
    case coupon::v1::CouponRef::REF_NOT_SET:
      break;
  }
  return Invalid(path, "must have one of code, coupon_id");
}

}  // namespace tessera::api
