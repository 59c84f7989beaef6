#pragma once

#include "coupon/v1/redeemer_service.pb.h"
#include "server/router.h"
#include "services/program/handler_tools.h"
#include "services/redeemer/redeemer_metrics.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// The part of coupon.v1.RedeemerService that is about redemptions that stand: reads, explains, and takes them
// back. Loop thread only; store, tools and metrics must outlive it.
class ReturnHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  ReturnHandlers(storage::RedemptionStore& store, const program::HandlerTools& tools,
                 RedeemerMetrics& metrics)
      : store_(store), tools_(tools), metrics_(metrics) {}

  // REQUIRES: the router serves the service already.
  void Register(server::Router& router);

  Answer<coupon::v1::RollbackRedemptionResponse> RollbackRedemption(
      const Context& context, const coupon::v1::RollbackRedemptionRequest& request);
  Answer<coupon::v1::GetRedemptionResponse> GetRedemption(const Context& context,
                                                          const coupon::v1::GetRedemptionRequest& request);
  Answer<coupon::v1::ExplainRedemptionResponse> ExplainRedemption(
      const Context& context, const coupon::v1::ExplainRedemptionRequest& request);

 private:
  storage::RedemptionStore& store_;
  const program::HandlerTools& tools_;
  RedeemerMetrics& metrics_;
};

}  // namespace tessera::redeemer
