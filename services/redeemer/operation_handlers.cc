#include "services/redeemer/operation_handlers.h"

#include "api/convert_operation.h"
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

OperationHandlers::Answer<pb::GetOperationResponse> OperationHandlers::GetOperation(
    const Context& context, const pb::GetOperationRequest& request) {
  const auto query = QueryOf(context, request.operation());
  if (!query.ok()) co_return query.error();
  const auto status = co_await store_.GetOperation(*query);
  if (!status.ok()) co_return status.error();
  auto operation = api::ToProto(*status, query->method, tools_.codes);
  if (!operation.ok()) co_return operation.error();
  pb::GetOperationResponse response;
  *response.mutable_operation() = *std::move(operation);
  co_return response;
}

OperationHandlers::Answer<pb::FenceOperationResponse> OperationHandlers::FenceOperation(
    const Context& context, const pb::FenceOperationRequest& request) {
  const auto query = QueryOf(context, request.operation());
  if (!query.ok()) co_return query.error();
  const auto status = co_await store_.FenceOperation(*query);
  if (!status.ok()) co_return status.error();
  auto operation = api::ToProto(*status, query->method, tools_.codes);
  if (!operation.ok()) co_return operation.error();
  pb::FenceOperationResponse response;
  *response.mutable_operation() = *std::move(operation);
  co_return response;
}

}  // namespace tessera::redeemer
