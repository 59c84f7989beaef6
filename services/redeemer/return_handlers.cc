#include "services/redeemer/return_handlers.h"

#include "api/convert_redemption.h"
#include "api/parse_judgement.h"
#include "api/parse_redemption.h"
#include "services/redeemer/second_look.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;
using storage::Method;

}  // namespace

void ReturnHandlers::Register(server::Router& router) {
  router.Handle("coupon.v1.RedeemerService/RollbackRedemption",
                program::Counted(metrics_.rollback, this, &ReturnHandlers::RollbackRedemption));
  router.Handle("coupon.v1.RedeemerService/GetRedemption", this, &ReturnHandlers::GetRedemption);
  router.Handle("coupon.v1.RedeemerService/ExplainRedemption", this, &ReturnHandlers::ExplainRedemption);
}

ReturnHandlers::Answer<pb::RollbackRedemptionResponse> ReturnHandlers::RollbackRedemption(
    const Context& context, const pb::RollbackRedemptionRequest& request) {
  auto parsed = api::Parse(request, tools_.shape);
  if (!parsed.ok()) co_return parsed.error();
  context.Note("redemption_id", request.redemption_id());
  const api::RedemptionSubject subject{parsed->redemption};
  storage::RollbackIntent intent;
  intent.op = tools_.operations.Make(Method::kRollbackRedemption, subject, parsed->request_id, request,
                                     program::AskerOf(context));
  intent.redemption = parsed->redemption;
  intent.lines = std::move(parsed->lines);
  intent.shipping = parsed->shipping;
  intent.coupon = parsed->coupon;
  const auto rolled_back = co_await store_.Rollback(std::move(intent));
  if (!rolled_back.ok()) co_return rolled_back.error();
  co_return api::ToRollbackResponse(*rolled_back);
}

ReturnHandlers::Answer<pb::GetRedemptionResponse> ReturnHandlers::GetRedemption(
    const Context& context, const pb::GetRedemptionRequest& request) {
  const auto ref = api::Parse(request, tools_.shape);
  if (!ref.ok()) co_return ref.error();
  context.Note("redemption_id", request.redemption_id());
  const auto view = co_await store_.GetRedemption(*ref, context.deadline);
  if (!view.ok()) co_return view.error();
  co_return api::ToProto(*view);
}

ReturnHandlers::Answer<pb::ExplainRedemptionResponse> ReturnHandlers::ExplainRedemption(
    const Context& context, const pb::ExplainRedemptionRequest& request) {
  const auto ref = api::Parse(request, tools_.shape);
  if (!ref.ok()) co_return ref.error();
  context.Note("redemption_id", request.redemption_id());
  const auto explanation = co_await store_.Explain(*ref, context.deadline);
  if (!explanation.ok()) co_return explanation.error();
  co_return LookAgain(*explanation);
}

}  // namespace tessera::redeemer
