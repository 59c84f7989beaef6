#pragma once

#include "coupon/v1/redeemer_service.pb.h"
#include "server/router.h"
#include "services/program/handler_tools.h"
#include "services/redeemer/redeemer_metrics.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// The part of coupon.v1.RedeemerService that resolves doubt about earlier calls. Loop thread only; store,
// tools and metrics must outlive it.
class OperationHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  OperationHandlers(storage::RedemptionStore& store, const program::HandlerTools& tools,
                    RedeemerMetrics& metrics)
      : store_(store), tools_(tools), metrics_(metrics) {}

  // REQUIRES: the router serves the service already.
  void Register(server::Router& router);

  Answer<coupon::v1::GetOperationResponse> GetOperation(const Context& context,
                                                        const coupon::v1::GetOperationRequest& request);
  Answer<coupon::v1::FenceOperationResponse> FenceOperation(const Context& context,
                                                            const coupon::v1::FenceOperationRequest& request);

 private:
  core::Result<storage::OperationQuery> QueryOf(const Context& context,
                                                const coupon::v1::OperationKey& key) const;

  storage::RedemptionStore& store_;
  const program::HandlerTools& tools_;
  RedeemerMetrics& metrics_;
};

}  // namespace tessera::redeemer
