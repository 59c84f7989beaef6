#include "api/parse_stack.h"

#include <algorithm>

#include "api/parse_order.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace limits = core::limits;

bool SameText(const TypedCoupon& one, const TypedCoupon& other) {
  const auto* code = std::get_if<TypedCode>(&one);
  const auto* other_code = std::get_if<TypedCode>(&other);
  if (code != nullptr && other_code != nullptr) return code->text == other_code->text;
  return one == other;
}

core::Error SubjectRequired(const char* why) {
  return core::Error(core::Reason::kSubjectRequired, why).With("field", "user_id");
}

}  // namespace

std::vector<TypedCoupon> ParseCoupons(FieldChecker& check, const CouponRefs& refs, size_t coupons_max) {
  const FieldPath path = "coupons";
  if (static_cast<size_t>(refs.size()) > coupons_max) {
    check.Fail(path, "must have at most " + std::to_string(coupons_max) + " entries");
  }
  std::vector<TypedCoupon> coupons;
  for (int i = 0; check.ok() && i < refs.size(); ++i) {
    TypedCoupon coupon = check.Take(ParseCoupon(refs.Get(i), path.At(i)));
    // Codes are compared as they were typed: whether one is good is not told before a wrong one would have
    // cost an attempt.
    const auto before = std::find_if(coupons.begin(), coupons.end(),
                                     [&](const TypedCoupon& one) { return SameText(one, coupon); });
    if (before != coupons.end()) {
      check.Fail(path.At(i), "must not repeat coupons[" + std::to_string(before - coupons.begin()) + "]");
    }
    coupons.push_back(std::move(coupon));
  }
  return coupons;
}

std::optional<std::string> ParseBearer(FieldChecker& check, const std::string& user_id,
                                       const CouponRefs& coupons) {
  if (!user_id.empty()) return check.Name("user_id", user_id, limits::kUserIdLengthMax);
  // Only a code proves by itself that its bearer may use the coupon; an id is no secret.
  if (std::any_of(coupons.begin(), coupons.end(), [](const auto& ref) { return ref.has_coupon_id(); })) {
    check.Fail(SubjectRequired("user_id is needed with a coupon_id"));
  }
  // Several are used in one step where they all stand: in one user's wallet.
  if (coupons.size() > 1) check.Fail(SubjectRequired("user_id is needed with several coupons"));
  return std::nullopt;
}

std::string ParseUser(FieldChecker& check, const std::string& user_id) {
  if (user_id.empty()) check.Fail(SubjectRequired("user_id is needed"));
  return check.Name("user_id", user_id, limits::kUserIdLengthMax);
}

core::Order ParseOrderField(FieldChecker& check, bool set, const coupon::v1::Order& order) {
  if (!set) check.Fail("order", "must be set");
  if (!check.ok()) return {};
  return check.Take(ParseOrder(order, "order"));
}

}  // namespace tessera::api
