#include "services/redeemer/redemption_handlers.h"

#include "api/convert_campaign.h"
#include "api/convert_error.h"
#include "api/convert_redemption.h"
#include "core/pricing.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;
using storage::Method;

storage::Decide DecideFor(core::Order order) {
  return [order = std::move(order)](const core::Campaign& campaign) {
    return core::Evaluate(campaign.definition, order);
  };
}

core::Money MoneyOf(int64_t minor, const core::Currency& currency) {
  core::Money money;
  money.minor = minor;
  money.currency = currency;
  return money;
}

}  // namespace

void RedemptionHandlers::Register(server::Router& router) {
  const auto handle = [&](const char* method, program::OutcomeCounter& counter, auto member) {
    router.Handle(std::string("coupon.v1.RedeemerService/") + method,
                  program::Counted(counter, this, member));
  };
  handle("RedeemCoupons", metrics_.redeem, &RedemptionHandlers::RedeemCoupons);
  handle("ReserveCoupons", metrics_.reserve, &RedemptionHandlers::ReserveCoupons);
  handle("CommitReservation", metrics_.commit, &RedemptionHandlers::CommitReservation);
  handle("ReleaseReservation", metrics_.release, &RedemptionHandlers::ReleaseReservation);
  handle("RollbackRedemption", metrics_.rollback, &RedemptionHandlers::RollbackRedemption);
  router.Handle("coupon.v1.RedeemerService/ValidateCoupons", this, &RedemptionHandlers::ValidateCoupons);
  router.Handle("coupon.v1.RedeemerService/GetRedemption", this, &RedemptionHandlers::GetRedemption);
}

template <class Use>
RedemptionHandlers::Answer<core::CouponName> RedemptionHandlers::ReadCoupon(const Context& context,
                                                                            const Use& use) {
  const std::string_view user_id = use.user_id ? std::string_view(*use.user_id) : std::string_view();
  return codes_.Read(use.coupons.front(), user_id, context);
}

RedemptionHandlers::Answer<pb::CouponVerdict> RedemptionHandlers::Judge(const Context& context,
                                                                        const api::ValidateCoupons& request) {
  pb::CouponVerdict verdict;
  const auto coupon = co_await ReadCoupon(context, request);
  if (!coupon.ok()) {
    metrics_.validate.Count(coupon);
    if (!api::IsVerdict(coupon.error().reason)) co_return coupon.error();
    *verdict.mutable_refusal() = api::ToProto(coupon.error());
    co_return verdict;
  }
  storage::UseIntent intent;
  intent.op.deadline = context.deadline;
  intent.coupon = *coupon;
  if (request.user_id) intent.user = tools_.users.MakeUserKey(*request.user_id);
  intent.order_id = request.order.order_id;
  intent.decide = DecideFor(request.order);
  const auto judged = co_await store_.Validate(std::move(intent));
  metrics_.validate.Count(judged);
  if (judged.ok()) {
    *verdict.mutable_applicable() = api::ToProto(*judged);
  } else if (api::IsVerdict(judged.error().reason)) {
    *verdict.mutable_refusal() = api::ToProto(judged.error());
  } else {
    co_return judged.error();
  }
  co_return verdict;
}

RedemptionHandlers::Answer<pb::ValidateCouponsResponse> RedemptionHandlers::ValidateCoupons(
    const Context& context, const pb::ValidateCouponsRequest& request) {
  const auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  auto verdict = co_await Judge(context, *parsed);
  if (!verdict.ok()) co_return verdict.error();
  const core::Order& order = parsed->order;
  pb::ValidateCouponsResponse response;
  *response.mutable_subtotal() = api::ToProto(MoneyOf(order.SubtotalMinor(), order.currency));
  *response.mutable_discount() =
      api::ToProto(MoneyOf(verdict->applicable().discount().amount_minor(), order.currency));
  *response.add_verdicts() = *std::move(verdict);
  co_return response;
}

storage::UseIntent RedemptionHandlers::IntentOf(const Context& context, api::UseCoupons use,
                                                const core::CouponName& coupon, Method method,
                                                const google::protobuf::Message& request) const {
  storage::UseIntent intent;
  intent.coupon = coupon;
  if (use.user_id) intent.user = tools_.users.MakeUserKey(*use.user_id);
  const api::Subject subject = intent.user ? api::Subject(*intent.user) : api::SubjectOf(intent.coupon);
  intent.op = tools_.operations.Make(method, subject, use.request_id, request, program::AskerOf(context));
  intent.order_id = use.order.order_id;
  intent.decide = DecideFor(std::move(use.order));
  // A code that belongs to nobody is a secret, and has no id.
  const auto* number = std::get_if<core::CouponNumber>(&intent.coupon);
  if (number != nullptr) context.Note("coupon_id", number->ToId());
  return intent;
}

RedemptionHandlers::Answer<pb::RedeemCouponsResponse> RedemptionHandlers::RedeemCoupons(
    const Context& context, const pb::RedeemCouponsRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const auto coupon = co_await ReadCoupon(context, *parsed);
  if (!coupon.ok()) co_return coupon.error();
  storage::UseIntent intent = IntentOf(context, *std::move(parsed), *coupon, Method::kRedeemCoupons, request);
  const auto redemption = co_await store_.Redeem(std::move(intent));
  if (!redemption.ok()) co_return redemption.error();
  context.Note("redemption_id", redemption->ref.ToId('r'));
  co_return api::ToRedeemResponse(*redemption);
}

RedemptionHandlers::Answer<pb::ReserveCouponsResponse> RedemptionHandlers::ReserveCoupons(
    const Context& context, const pb::ReserveCouponsRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  const auto coupon = co_await ReadCoupon(context, *parsed);
  if (!coupon.ok()) co_return coupon.error();
  storage::ReserveIntent intent;
  intent.ttl_ms = parsed->ttl_ms;
  intent.use = IntentOf(context, *std::move(parsed), *coupon, Method::kReserveCoupons, request);
  const auto reservation = co_await store_.Reserve(std::move(intent));
  if (!reservation.ok()) co_return reservation.error();
  context.Note("reservation_id", reservation->ref.ToId('h'));
  co_return api::ToReserveResponse(*reservation);
}

RedemptionHandlers::Answer<pb::CommitReservationResponse> RedemptionHandlers::CommitReservation(
    const Context& context, const pb::CommitReservationRequest& request) {
  auto parsed = api::Parse(request, tools_.shape);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("reservation_id", request.reservation_id());
  const api::ReservationSubject subject{parsed->reservation};
  storage::CommitIntent intent;
  intent.op = tools_.operations.Make(Method::kCommitReservation, subject, parsed->request_id, request,
                                     program::AskerOf(context));
  intent.reservation = parsed->reservation;
  intent.order_id = std::move(parsed->order_id);
  intent.expected_discount = parsed->discount;
  const auto redemption = co_await store_.Commit(std::move(intent));
  if (!redemption.ok()) co_return redemption.error();
  context.Note("redemption_id", redemption->ref.ToId('r'));
  co_return api::ToCommitResponse(*redemption);
}

RedemptionHandlers::Answer<pb::ReleaseReservationResponse> RedemptionHandlers::ReleaseReservation(
    const Context& context, const pb::ReleaseReservationRequest& request) {
  const auto parsed = api::Parse(request, tools_.shape);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("reservation_id", request.reservation_id());
  const api::ReservationSubject subject{parsed->reservation};
  storage::ReleaseIntent intent;
  intent.op = tools_.operations.Make(Method::kReleaseReservation, subject, parsed->request_id, request,
                                     program::AskerOf(context));
  intent.reservation = parsed->reservation;
  const auto released = co_await store_.Release(std::move(intent));
  if (!released.ok()) co_return released.error();
  co_return api::ToProto(*released);
}

RedemptionHandlers::Answer<pb::RollbackRedemptionResponse> RedemptionHandlers::RollbackRedemption(
    const Context& context, const pb::RollbackRedemptionRequest& request) {
  const auto parsed = api::Parse(request, tools_.shape);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("redemption_id", request.redemption_id());
  const api::RedemptionSubject subject{parsed->redemption};
  storage::RollbackIntent intent;
  intent.op = tools_.operations.Make(Method::kRollbackRedemption, subject, parsed->request_id, request,
                                     program::AskerOf(context));
  intent.redemption = parsed->redemption;
  const auto rolled_back = co_await store_.Rollback(std::move(intent));
  if (!rolled_back.ok()) co_return rolled_back.error();
  co_return api::ToProto(*rolled_back);
}

RedemptionHandlers::Answer<pb::GetRedemptionResponse> RedemptionHandlers::GetRedemption(
    const Context& context, const pb::GetRedemptionRequest& request) {
  const auto ref = api::Parse(request, tools_.shape);
  if (!ref.ok()) co_return ref.error();
  context.Note("redemption_id", request.redemption_id());
  const auto view = co_await store_.GetRedemption(*ref, context.deadline);
  if (!view.ok()) co_return view.error();
  co_return api::ToProto(*view);
}

}  // namespace tessera::redeemer
