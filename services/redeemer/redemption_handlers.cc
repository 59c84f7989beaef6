#include "services/redeemer/redemption_handlers.h"

#include "api/convert_redemption.h"
#include "services/redeemer/stack_judge.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;
using storage::Method;

// Ids of the coupons that the call names, for its log line. A code that belongs to nobody is a secret, and
// has no id.
void NoteCoupons(const server::CallContext& context, const std::vector<core::CouponName>& coupons) {
  for (const core::CouponName& coupon : coupons) {
    const auto* number = std::get_if<core::CouponNumber>(&coupon);
    if (number != nullptr) context.Note("coupon_id", number->ToId());
  }
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
}

RedemptionHandlers::Answer<storage::UseIntent> RedemptionHandlers::ReadIntent(
    const Context& context, api::UseCoupons use, Method method, const google::protobuf::Message& request) {
  auto coupons = co_await reader_.ReadAll(use.coupons, use.user_id, context);
  if (!coupons.ok()) co_return std::move(coupons).error();
  NoteCoupons(context, *coupons);
  storage::UseIntent intent;
  intent.coupons = *coupons;
  if (use.user_id) intent.user = tools_.users.MakeUserKey(*use.user_id);
  const api::Subject subject =
      intent.user ? api::Subject(*intent.user) : api::SubjectOf(intent.coupons.front());
  intent.op = tools_.operations.Make(method, subject, use.request_id, request, program::AskerOf(context));
  intent.partial = use.partial;
  intent.decide = StackJudge(use.order, *std::move(coupons));
  intent.order = std::move(use.order);
  co_return intent;
}

RedemptionHandlers::Answer<pb::RedeemCouponsResponse> RedemptionHandlers::RedeemCoupons(
    const Context& context, const pb::RedeemCouponsRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  auto intent = co_await ReadIntent(context, *std::move(parsed), Method::kRedeemCoupons, request);
  if (!intent.ok()) co_return intent.error();
  const auto redemption = co_await store_.Redeem(*std::move(intent));
  if (!redemption.ok()) co_return redemption.error();
  context.Note("redemption_id", redemption->ref.ToId('r'));
  co_return api::ToRedeemResponse(*redemption);
}

RedemptionHandlers::Answer<pb::ReserveCouponsResponse> RedemptionHandlers::ReserveCoupons(
    const Context& context, const pb::ReserveCouponsRequest& request) {
  auto parsed = api::Parse(request);
  if (!parsed.ok()) co_return parsed.error();
  storage::ReserveIntent intent;
  intent.ttl_ms = parsed->ttl_ms;
  auto use = co_await ReadIntent(context, *std::move(parsed), Method::kReserveCoupons, request);
  if (!use.ok()) co_return use.error();
  intent.use = *std::move(use);
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

}  // namespace tessera::redeemer
