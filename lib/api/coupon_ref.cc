#include "api/coupon_ref.h"

#include "core/limits.h"

namespace tessera::api {
namespace {

core::Error Invalid(const FieldPath& path, const char* must) {
  return core::InvalidField(path.ToString(), must);
}

core::Result<core::CouponNumber> OpenCode(const std::string& code, const FieldPath& path,
                                          const core::CodeBook& codes) {
  if (code.empty()) return Invalid(path, "must not be empty");
  if (code.size() > core::limits::kCodeTextLengthMax) {
    return core::InvalidField(
        path.ToString(), "must have at most " + std::to_string(core::limits::kCodeTextLengthMax) + " bytes");
  }
  const auto content = codes.Open(code);
  if (!content.ok()) return core::Error(content.error()).With("field", path.ToString());
  // Codes that belong to nobody are not made yet: nobody can hold one.
  if (content->kind != core::CodeKind::kCoupon) {
    return core::Error(core::Reason::kInvalidCode, "the code is of a kind that this service does not know")
        .With("field", path.ToString());
  }
  return content->number;
}

}  // namespace

core::Result<core::CouponNumber> ResolveCoupon(const coupon::v1::CouponRef& ref, const FieldPath& path,
                                               const core::CodeBook& codes) {
  switch (ref.ref_case()) {
    case coupon::v1::CouponRef::kCode:
      return OpenCode(ref.code(), path.Field("code"), codes);
    case coupon::v1::CouponRef::kCouponId: {
      const auto number = core::CouponNumber::FromId(ref.coupon_id());
      if (!number) return Invalid(path.Field("coupon_id"), "must be a coupon id, such as \"c-20971523\"");
      return *number;
    }
    case coupon::v1::CouponRef::REF_NOT_SET:
      break;
  }
  return Invalid(path, "must have one of code, coupon_id");
}

}  // namespace tessera::api
