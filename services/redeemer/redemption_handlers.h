#pragma once

#include "api/parse_redemption.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "server/router.h"
#include "services/program/handler_tools.h"
#include "services/redeemer/redeemer_metrics.h"
#include "services/redeemer/stack_reader.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// The part of coupon.v1.RedeemerService that uses coupons. Loop thread only; store, codes, tools and metrics
// must outlive it.
class RedemptionHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  RedemptionHandlers(storage::RedemptionStore& store, program::CodeReader& codes,
                     const program::HandlerTools& tools, RedeemerMetrics& metrics)
      : store_(store), reader_(codes), tools_(tools), metrics_(metrics) {}

  // REQUIRES: the router serves the service already.
  void Register(server::Router& router);

  Answer<coupon::v1::RedeemCouponsResponse> RedeemCoupons(const Context& context,
                                                          const coupon::v1::RedeemCouponsRequest& request);
  Answer<coupon::v1::ReserveCouponsResponse> ReserveCoupons(const Context& context,
                                                            const coupon::v1::ReserveCouponsRequest& request);
  Answer<coupon::v1::CommitReservationResponse> CommitReservation(
      const Context& context, const coupon::v1::CommitReservationRequest& request);
  Answer<coupon::v1::ReleaseReservationResponse> ReleaseReservation(
      const Context& context, const coupon::v1::ReleaseReservationRequest& request);

 private:
  // What the call wants, once its codes were read. `method` says which call `request` is.
  Answer<storage::UseIntent> ReadIntent(const Context& context, api::UseCoupons use, storage::Method method,
                                        const google::protobuf::Message& request);

  storage::RedemptionStore& store_;
  StackReader reader_;
  const program::HandlerTools& tools_;
  RedeemerMetrics& metrics_;
};

}  // namespace tessera::redeemer
