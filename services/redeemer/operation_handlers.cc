#include "services/redeemer/operation_handlers.h"

#include "api/convert_operation.h"
#include "api/coupon_ref.h"
#include "api/parse_operation.h"

namespace tessera::redeemer {
namespace {

namespace pb = coupon::v1;

}  // namespace

void OperationHandlers::Register(server::Router& router) {
  router.Handle("coupon.v1.RedeemerService/GetOperation", this, &OperationHandlers::GetOperation);
  router.Handle("coupon.v1.RedeemerService/FenceOperation",
                program::Counted(metrics_.fence, this, &OperationHandlers::FenceOperation));
}

core::Result<storage::OperationQuery> OperationHandlers::QueryOf(const Context& context,
                                                                 const pb::OperationKey& key) const {
  const api::SubjectReader reader{tools_.users, tools_.codes, tools_.shape};
  auto parsed = api::Parse(key, reader);
  if (!parsed.ok()) return parsed.error();
  auto* campaign = std::get_if<api::CampaignSubject>(&parsed->subject);
  if (campaign != nullptr && campaign->campaign_id.empty()) {
    campaign->campaign_id = tools_.operations.DeriveCampaignId(context.caller.name, parsed->request_id);
  }
  return tools_.operations.Query(parsed->method, parsed->subject, parsed->request_id,
                                 program::AskerOf(context));
}

// What `ask` says of the call that `key` names. The revocation of a code that became a coupon is recorded
// with the coupon.
async::Task<core::Result<pb::Operation>> OperationHandlers::Ask(const Context& context,
                                                                const pb::OperationKey& key, Asking ask) {
  auto query = QueryOf(context, key);
  if (!query.ok()) co_return query.error();
  auto status = co_await (store_.*ask)(*query);
  const bool may_be_elsewhere = query->method == storage::Method::kRevokeCoupon && status.ok() &&
                                status->state != storage::OperationState::kCommitted;
  if (may_be_elsewhere) {
    const auto name = api::ResolveCoupon(key.coupon(), "operation", tools_.codes);
    const auto* code = name.ok() ? std::get_if<core::CodeNumber>(&*name) : nullptr;
    if (code != nullptr) {
      const auto view = co_await codes_.GetCode(*code, context.deadline);
      if (view.ok() && view->coupon) {
        query->partition = view->coupon->partition(tools_.shape);
        status = co_await (store_.*ask)(*query);
      }
    }
  }
  if (!status.ok()) co_return status.error();
  co_return api::ToProto(*status, query->method, tools_.codes);
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
