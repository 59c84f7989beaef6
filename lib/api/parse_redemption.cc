#include "api/parse_redemption.h"

#include <algorithm>

#include "api/field_checker.h"
#include "api/parse_order.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
namespace limits = core::limits;
using CouponRefs = google::protobuf::RepeatedPtrField<pb::CouponRef>;

// Entries of a list that is too long are looked at up to here, so that a coupon that stands in it twice is
// named.
constexpr int kCouponsLookedAt = 20;

std::optional<std::string> ParseUser(FieldChecker& check, const std::string& user_id,
                                     const CouponRefs& coupons) {
  if (!user_id.empty()) return check.Name("user_id", user_id, limits::kUserIdLengthMax);
  // Only a code proves by itself that its bearer may use the coupon; an id is no secret.
  if (std::any_of(coupons.begin(), coupons.end(), [](const auto& ref) { return ref.has_coupon_id(); })) {
    check.Fail(core::Error(core::Reason::kSubjectRequired, "user_id is needed with a coupon_id")
                   .With("field", "user_id"));
  }
  return std::nullopt;
}

bool SameText(const TypedCoupon& one, const TypedCoupon& other) {
  const auto* code = std::get_if<TypedCode>(&one);
  const auto* other_code = std::get_if<TypedCode>(&other);
  if (code != nullptr && other_code != nullptr) return code->text == other_code->text;
  return one == other;
}

std::vector<TypedCoupon> ParseCoupons(FieldChecker& check, const CouponRefs& refs) {
  const FieldPath path = "coupons";
  std::vector<TypedCoupon> coupons;
  for (int i = 0; i < std::min(refs.size(), kCouponsLookedAt); ++i) {
    TypedCoupon coupon = check.Take(ParseCoupon(refs.Get(i), path.At(i)));
    // Codes are compared as they were typed: whether one is good is not told before a wrong one would have
    // cost an attempt.
    for (size_t before = 0; check.ok() && before < coupons.size(); ++before) {
      if (!SameText(coupons[before], coupon)) continue;
      check.Fail(path.At(i), "must not repeat coupons[" + std::to_string(before) + "]");
    }
    coupons.push_back(std::move(coupon));
  }
  if (refs.empty()) check.Fail(path, "must not be empty");
  if (static_cast<size_t>(refs.size()) > limits::kCouponsPerOrderMax) {
    check.Fail(path, "must have at most " + std::to_string(limits::kCouponsPerOrderMax) + " entry");
  }
  return coupons;
}

core::Order ParseTheOrder(FieldChecker& check, bool set, const pb::Order& order) {
  if (!set) check.Fail("order", "must be set");
  if (!check.ok()) return {};
  return check.Take(ParseOrder(order, "order"));
}

template <class Request>
UseCoupons ParseUse(FieldChecker& check, const Request& request) {
  UseCoupons parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.coupons = ParseCoupons(check, request.coupons());
  parsed.user_id = ParseUser(check, request.user_id(), request.coupons());
  parsed.order = ParseTheOrder(check, request.has_order(), request.order());
  return parsed;
}

// `kind` is 'h' for a reservation (a hold), 'r' for a redemption.
core::OpRef ParseRef(FieldChecker& check, const FieldPath& path, const std::string& id, char kind,
                     const core::Shape& shape) {
  const auto ref = core::OpRef::FromId(kind, id);
  if (ref && ref->partition < shape.partitions) return *ref;
  check.Fail(path, kind == 'h' ? "must be the id of a reservation" : "must be the id of a redemption");
  return {};
}

core::Money ParseDiscount(FieldChecker& check, bool set, const pb::Money& money) {
  const FieldPath path = "discount";
  if (!set) {
    check.Fail(path, "must be set");
    return {};
  }
  core::Money parsed;
  parsed.minor = check.Number(path.Field("amount_minor"), money.amount_minor(), 1);
  parsed.currency =
      check.Take(core::Currency::Parse(money.currency_code(), path.Field("currency_code").ToString()));
  return parsed;
}

}  // namespace

core::Result<ValidateCoupons> Parse(const pb::ValidateCouponsRequest& request) {
  FieldChecker check;
  ValidateCoupons parsed;
  parsed.coupons = ParseCoupons(check, request.coupons());
  parsed.user_id = ParseUser(check, request.user_id(), request.coupons());
  parsed.order = ParseTheOrder(check, request.has_order(), request.order());
  return check.Answer(std::move(parsed));
}

core::Result<UseCoupons> Parse(const pb::RedeemCouponsRequest& request) {
  FieldChecker check;
  UseCoupons parsed = ParseUse(check, request);
  return check.Answer(std::move(parsed));
}

core::Result<UseCoupons> Parse(const pb::ReserveCouponsRequest& request) {
  FieldChecker check;
  UseCoupons parsed = ParseUse(check, request);
  parsed.ttl_ms = check.DurationMs("ttl", request.has_ttl(), request.ttl(), limits::kReservationTtlMsMin,
                                   limits::kReservationTtlMsMax);
  return check.Answer(std::move(parsed));
}

core::Result<CommitReservation> Parse(const pb::CommitReservationRequest& request, const core::Shape& shape) {
  FieldChecker check;
  CommitReservation parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.reservation = ParseRef(check, "reservation_id", request.reservation_id(), 'h', shape);
  parsed.order_id = check.Name("order_id", request.order_id(), limits::kOrderIdLengthMax);
  parsed.discount = ParseDiscount(check, request.has_discount(), request.discount());
  return check.Answer(std::move(parsed));
}

core::Result<ReleaseReservation> Parse(const pb::ReleaseReservationRequest& request,
                                       const core::Shape& shape) {
  FieldChecker check;
  ReleaseReservation parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.reservation = ParseRef(check, "reservation_id", request.reservation_id(), 'h', shape);
  return check.Answer(std::move(parsed));
}

core::Result<RollbackRedemption> Parse(const pb::RollbackRedemptionRequest& request,
                                       const core::Shape& shape) {
  FieldChecker check;
  RollbackRedemption parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.redemption = ParseRef(check, "redemption_id", request.redemption_id(), 'r', shape);
  return check.Answer(std::move(parsed));
}

core::Result<core::OpRef> Parse(const pb::GetRedemptionRequest& request, const core::Shape& shape) {
  FieldChecker check;
  const core::OpRef ref = ParseRef(check, "redemption_id", request.redemption_id(), 'r', shape);
  return check.Answer(ref);
}

}  // namespace tessera::api
