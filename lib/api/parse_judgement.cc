#include "api/parse_judgement.h"

#include "api/parse_redemption.h"
#include "api/parse_stack.h"
#include "core/limits.h"
#include "core/order_limits.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
namespace limits = core::limits;

core::Objective ParseObjective(FieldChecker& check, pb::OptimizeObjective objective) {
  const auto chosen = check.Choice("objective", objective, pb::OptimizeObjective_IsValid);
  return chosen == pb::OPTIMIZE_OBJECTIVE_MERCHANT_MIN ? core::Objective::kMerchantMin
                                                       : core::Objective::kCustomerMax;
}

// Whether the lines are wanted.
bool ParseView(FieldChecker& check, pb::EligibleCouponView view) {
  if (view == pb::ELIGIBLE_COUPON_VIEW_UNSPECIFIED) return false;
  return check.Choice("view", view, pb::EligibleCouponView_IsValid) == pb::ELIGIBLE_COUPON_VIEW_FULL;
}

std::optional<OptimizeCoupons::Reserve> ParseReserve(FieldChecker& check,
                                                     const pb::OptimizeCouponsRequest& request) {
  if (!request.has_reserve_ttl()) {
    if (!request.request_id().empty()) check.Fail("request_id", "must be empty without reserve_ttl");
    return std::nullopt;
  }
  OptimizeCoupons::Reserve reserve;
  reserve.request_id = check.RequestId(request.request_id());
  reserve.ttl_ms = check.DurationMs("reserve_ttl", true, request.reserve_ttl(), limits::kReservationTtlMsMin,
                                    limits::kReservationTtlMsMax);
  return reserve;
}

}  // namespace

core::Result<ValidateCoupons> Parse(const pb::ValidateCouponsRequest& request) {
  FieldChecker check;
  ValidateCoupons parsed;
  parsed.coupons = ParseCoupons(check, request.coupons(), limits::kStackedCouponsMax);
  if (parsed.coupons.empty()) check.Fail("coupons", "must not be empty");
  parsed.user_id = ParseBearer(check, request.user_id(), request.coupons());
  parsed.order = ParseOrderField(check, request.has_order(), request.order());
  return check.Answer(std::move(parsed));
}

core::Result<OptimizeCoupons> Parse(const pb::OptimizeCouponsRequest& request) {
  FieldChecker check;
  OptimizeCoupons parsed;
  parsed.reserve = ParseReserve(check, request);
  parsed.user_id = ParseUser(check, request.user_id());
  parsed.coupons = ParseCoupons(check, request.coupons(), limits::kOptimizedCouponsMax);
  parsed.order = ParseOrderField(check, request.has_order(), request.order());
  parsed.objective = ParseObjective(check, request.objective());
  return check.Answer(std::move(parsed));
}

core::Result<ListEligibleCoupons> Parse(const pb::ListEligibleCouponsRequest& request) {
  FieldChecker check;
  ListEligibleCoupons parsed;
  parsed.user_id = ParseUser(check, request.user_id());
  parsed.order = ParseOrderField(check, request.has_order(), request.order());
  parsed.page_size = check.PageSize(request.page_size());
  check.Number("page_size", parsed.page_size, 1, limits::kEligiblePageSizeMax);
  parsed.with_lines = ParseView(check, request.view());
  return check.Answer(std::move(parsed));
}

core::Result<core::OpRef> Parse(const pb::ExplainRedemptionRequest& request, const core::Shape& shape) {
  FieldChecker check;
  const core::OpRef ref = ParseRedemptionId(check, request.redemption_id(), shape);
  return check.Answer(ref);
}

}  // namespace tessera::api
