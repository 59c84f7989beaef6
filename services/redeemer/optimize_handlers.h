#pragma once

#include "api/parse_judgement.h"
#include "coupon/v1/redeemer_service.pb.h"
#include "server/router.h"
#include "services/program/handler_tools.h"
#include "services/redeemer/alone_judge.h"
#include "services/redeemer/coupon_choice.h"
#include "services/redeemer/redeemer_metrics.h"
#include "services/redeemer/stack_reader.h"
#include "storage/coupon_store.h"
#include "storage/redemption_store.h"

namespace tessera::redeemer {

// The part of coupon.v1.RedeemerService that chooses the best set of coupons. Loop thread only; stores,
// codes, tools and metrics must outlive it.
class OptimizeHandlers {
 public:
  template <class Response>
  using Answer = async::Task<core::Result<Response>>;
  using Context = server::CallContext;

  OptimizeHandlers(storage::RedemptionStore& store, storage::CouponStore& wallets, program::CodeReader& codes,
                   const program::HandlerTools& tools, RedeemerMetrics& metrics)
      : store_(store), wallets_(wallets), reader_(codes), judge_(store), tools_(tools), metrics_(metrics) {}

  // REQUIRES: the router serves the service already.
  void Register(server::Router& router);

  Answer<coupon::v1::OptimizeCouponsResponse> OptimizeCoupons(
      const Context& context, const coupon::v1::OptimizeCouponsRequest& request);

 private:
  using Response = coupon::v1::OptimizeCouponsResponse;

  // A question, as far as it was read.
  struct Question {
    api::OptimizeCoupons request;
    core::UserKey user;
    std::vector<core::CouponName> listed;
    std::optional<storage::Operation> op;  // of the reservation, where there is to be one
    storage::Deadline deadline{};
  };

  // The newest of the wallet's coupons in this state, as a page: it says whether there are more.
  Answer<storage::WalletPage> ReadWallet(const Question& question, storage::CouponState state,
                                         int32_t coupons_max);
  // What the coupons say that there are to choose from, each alone, and whether those are all.
  struct Choices {
    AloneJudge::Judged judged;
    bool all = true;
  };
  Answer<Choices> JudgeWallet(const Question& question);
  Answer<CouponChoice> Candidates(const Question& question);
  // Whether the coupons of the best set can be used together and take off what they should; where they can't,
  // `choice` is told.
  Answer<bool> Holds(const Question& question, CouponChoice* choice);
  // The reservation of these coupons; of an earlier call, the one that it made.
  async::Task<core::Result<storage::Reservation>> Reserve(const Question& question,
                                                          std::vector<core::CouponName> coupons);
  // The reservation that an earlier call of this identity made, if one did.
  Answer<std::optional<storage::Reservation>> Earlier(const Context& context, const Question& question);
  Answer<Response> Choose(const Context& context, const Question& question);

  storage::RedemptionStore& store_;
  storage::CouponStore& wallets_;
  StackReader reader_;
  AloneJudge judge_;
  const program::HandlerTools& tools_;
  RedeemerMetrics& metrics_;
};

}  // namespace tessera::redeemer
