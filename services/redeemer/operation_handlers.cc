#include "services/redeemer/operation_handlers.h"

#include "api/convert_operation.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;

}  // namespace

void OperationHandlers::Register(server::Router& router) {
  router.Handle("coupon.v1.RedeemerService/GetOperation", this, &OperationHandlers::GetOperation);
  router.Handle("coupon.v1.RedeemerService/FenceOperation",
                program::Counted(metrics_.fence, this, &OperationHandlers::FenceOperation));
}

OperationHandlers::Answer<api::OperationKey> OperationHandlers::KeyOf(const Context& context,
                                                                      const pb::OperationKey& key) {
  const api::SubjectReader subjects{tools_.users, tools_.shape};
  auto parsed = api::Parse(key, subjects);
  if (!parsed.ok()) co_return parsed;
  if (parsed->code) {
    const std::string_view no_user;
    const auto coupon = co_await reader_.ReadCode(*parsed->code, no_user, context);
    if (!coupon.ok()) co_return coupon.error();
    parsed->subject = api::SubjectOf(*coupon);
  }
  auto* campaign = std::get_if<api::CampaignSubject>(&parsed->subject);
  if (campaign != nullptr && campaign->campaign_id.empty()) {
    campaign->campaign_id = tools_.operations.DeriveCampaignId(context.caller.name, parsed->request_id);
  }
  co_return parsed;
}

// What `ask` says of the call that `key` names. The revocation of a code that became a coupon is recorded
// with the coupon.
OperationHandlers::Answer<pb::Operation> OperationHandlers::Ask(const Context& context,
                                                                const pb::OperationKey& key, Asking ask) {
  const auto parsed = co_await KeyOf(context, key);
  if (!parsed.ok()) co_return parsed.error();
  storage::OperationQuery query =
      tools_.operations.Query(parsed->method, parsed->subject, parsed->request_id, program::AskerOf(context));
  auto status = co_await (store_.*ask)(query);
  if (!status.ok()) co_return status.error();
  const auto* code = std::get_if<core::CodeNumber>(&parsed->subject);
  const bool may_be_elsewhere = code != nullptr && parsed->method == storage::Method::kRevokeCoupon &&
                                status->state != storage::OperationState::kCommitted;
  if (may_be_elsewhere) {
    const auto view = co_await codes_.GetCode(*code, context.deadline);
    if (view.ok() && view->coupon) {
      query.partition = view->coupon->partition(tools_.shape);
      status = co_await (store_.*ask)(query);
      if (!status.ok()) co_return status.error();
    }
  }
  co_return api::ToProto(*status, parsed->method, tools_.codes);
}

OperationHandlers::Answer<pb::GetOperationResponse> OperationHandlers::GetOperation(
    const Context& context, const pb::GetOperationRequest& request) {
  auto operation = co_await Ask(context, request.operation(), &storage::RedemptionStore::GetOperation);
  if (!operation.ok()) co_return operation.error();
  pb::GetOperationResponse response;
  *response.mutable_operation() = *std::move(operation);
  co_return response;
}

OperationHandlers::Answer<pb::FenceOperationResponse> OperationHandlers::FenceOperation(
    const Context& context, const pb::FenceOperationRequest& request) {
  auto operation = co_await Ask(context, request.operation(), &storage::RedemptionStore::FenceOperation);
  if (!operation.ok()) co_return operation.error();
  pb::FenceOperationResponse response;
  *response.mutable_operation() = *std::move(operation);
  co_return response;
}

}  // namespace tessera::redeemer
