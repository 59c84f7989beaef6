#pragma once

#include "api/parse_operation.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "server/router.h"
#include "services/program/code_reader.h"
#include "services/program/handler_tools.h"
#include "services/redeemer/redeemer_metrics.h"
#include "storage/code_store.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// The part of coupon.v1.RedeemerService that resolves doubt about earlier calls. Loop thread only; stores,
// reader, tools and metrics must outlive it.
class OperationHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  OperationHandlers(storage::RedemptionStore& store, storage::CodeStore& codes, program::CodeReader& reader,
                    const program::HandlerTools& tools, RedeemerMetrics& metrics)
      : store_(store), codes_(codes), reader_(reader), tools_(tools), metrics_(metrics) {}

  // REQUIRES: the router serves the service already.
  void Register(server::Router& router);

  Answer<coupon::v1::GetOperationResponse> GetOperation(const Context& context,
                                                        const coupon::v1::GetOperationRequest& request);
  Answer<coupon::v1::FenceOperationResponse> FenceOperation(const Context& context,
                                                            const coupon::v1::FenceOperationRequest& request);

 private:
  // A code that names the subject is under the budget of wrong ones: whoever could ask here for nothing what
  // a code names would ask here. So while a budget is spent a call by code stays in doubt; its record
  // outlives any window.
  Answer<api::OperationKey> KeyOf(const Context& context, const coupon::v1::OperationKey& key);
  using Asking = async::Task<core::Result<storage::OperationStatus>> (storage::RedemptionStore::*)(
      storage::OperationQuery);
  Answer<coupon::v1::Operation> Ask(const Context& context, const coupon::v1::OperationKey& key, Asking ask);

  storage::RedemptionStore& store_;
  storage::CodeStore& codes_;
  program::CodeReader& reader_;
  const program::HandlerTools& tools_;
  RedeemerMetrics& metrics_;
};

}  // namespace tessera::redeemer
