#pragma once

#include "api/parse_judgement.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "server/router.h"
#include "services/program/handler_tools.h"
#include "services/redeemer/alone_judge.h"
#include "services/redeemer/redeemer_metrics.h"
#include "services/redeemer/stack_reader.h"
#include "storage/coupon_store.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// The part of coupon.v1.RedeemerService that judges coupons and uses none. Loop thread only; stores, codes,
// tools and metrics must outlive it.
class JudgementHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  JudgementHandlers(storage::RedemptionStore& store, storage::CouponStore& wallets,
                    program::CodeReader& codes, const program::HandlerTools& tools, RedeemerMetrics& metrics)
      : store_(store), wallets_(wallets), reader_(codes), judge_(store), tools_(tools), metrics_(metrics) {}

  // REQUIRES: the router serves the service already.
  void Register(server::Router& router);

  Answer<coupon::v1::ValidateCouponsResponse> ValidateCoupons(
      const Context& context, const coupon::v1::ValidateCouponsRequest& request);
  async::Task<core::Status> ListEligibleCoupons(const Context& context,
                                                const coupon::v1::ListEligibleCouponsRequest& request,
                                                coupon::v1::ListEligibleCouponsResponse* response);

 private:
  // What the store says of the coupons that could be read, in their order.
  Answer<storage::Verdict> Judge(const Context& context, const api::ValidateCoupons& request,
                                 std::vector<core::CouponName> coupons);

  storage::RedemptionStore& store_;
  storage::CouponStore& wallets_;
  StackReader reader_;
  AloneJudge judge_;
  const program::HandlerTools& tools_;
  RedeemerMetrics& metrics_;
};

}  // namespace tessera::redeemer
