#include "api/parse_redemption.h"

#include <string_view>
#include <unordered_map>

#include "api/parse_stack.h"
#include "core/limits.h"
#include "core/order_limits.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
namespace limits = core::limits;
template <class Request>
UseCoupons ParseUse(FieldChecker& check, const Request& request) {
  UseCoupons parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.coupons = ParseCoupons(check, request.coupons(), limits::kStackedCouponsMax);
  if (parsed.coupons.empty()) check.Fail("coupons", "must not be empty");
  parsed.user_id = ParseBearer(check, request.user_id(), request.coupons());
  parsed.order = ParseOrderField(check, request.has_order(), request.order());
  parsed.partial = request.partial();
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
  parsed.minor = check.Number(path.Field("amount_minor"), money.amount_minor(), 0);  // 0: gifts alone
  parsed.currency =
      check.Take(core::Currency::Parse(money.currency_code(), path.Field("currency_code").ToString()));
  return parsed;
}

std::vector<storage::ReturnedLine> ParseReturnedLines(FieldChecker& check,
                                                      const pb::RollbackRedemptionRequest& request) {
  const FieldPath path = "lines";
  if (static_cast<size_t>(request.lines_size()) > limits::kOrderLinesMax) {
    check.Fail(path, "must have at most " + std::to_string(limits::kOrderLinesMax) + " entries");
  }
  std::vector<storage::ReturnedLine> lines;
  std::unordered_map<std::string_view, int> seen;
  for (int i = 0; check.ok() && i < request.lines_size(); ++i) {
    const FieldPath line_path = path.At(i);
    const pb::ReturnedLine& line = request.lines(i);
    storage::ReturnedLine parsed;
    parsed.line_id = check.Name(line_path.Field("line_id"), line.line_id(), limits::kLineIdLengthMax);
    parsed.quantity = check.Number(line_path.Field("quantity"), line.quantity(), 1, limits::kQuantityMax);
    const auto [first, is_new] = seen.try_emplace(line.line_id(), i);
    if (!is_new) {
      check.Fail(line_path.Field("line_id"),
                 "must not repeat lines[" + std::to_string(first->second) + "].line_id");
    }
    lines.push_back(std::move(parsed));
  }
  return lines;
}

}  // namespace

core::OpRef ParseRedemptionId(FieldChecker& check, const std::string& id, const core::Shape& shape) {
  return ParseRef(check, "redemption_id", id, 'r', shape);
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
  parsed.redemption = ParseRedemptionId(check, request.redemption_id(), shape);
  parsed.lines = ParseReturnedLines(check, request);
  parsed.shipping = request.shipping();
  if (!request.coupon_id().empty()) {
    parsed.coupon = core::CouponNumber::FromId(request.coupon_id());
    if (!parsed.coupon) check.Fail("coupon_id", "must be a coupon id, such as \"c-20971523\"");
    if (!parsed.lines.empty() || parsed.shipping) {
      check.Fail("coupon_id", "must be empty where lines or shipping are returned");
    }
  }
  return check.Answer(std::move(parsed));
}

core::Result<core::OpRef> Parse(const pb::GetRedemptionRequest& request, const core::Shape& shape) {
  FieldChecker check;
  const core::OpRef ref = ParseRedemptionId(check, request.redemption_id(), shape);
  return check.Answer(ref);
}

}  // namespace tessera::api
