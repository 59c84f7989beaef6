#pragma once

#include "services/program/outcome_counter.h"

namespace tessera::redeemer {

// The redeemer's business series, each with the labels outcome and reason:
//   coupon_validate_total (each coupon judged), coupon_list_eligible_total, coupon_optimize_total (one that
//   reserves counts in coupon_reserve_total too, each time it tries), coupon_redeem_total{source} (source:
//   order, or reservation when a commit redeemed it), coupon_reserve_total, coupon_release_total,
//   coupon_rollback_total, operation_fence_total
// Any thread; the registry must outlive it.
class RedeemerMetrics {
 public:
  explicit RedeemerMetrics(prometheus::Registry& registry);

 private:
  program::CounterFamily& redeems_;

 public:
  program::OutcomeCounter validate;
  program::OutcomeCounter list;
  program::OutcomeCounter optimize;
  program::OutcomeCounter redeem;
  program::OutcomeCounter commit;
  program::OutcomeCounter reserve;
  program::OutcomeCounter release;
  program::OutcomeCounter rollback;
  program::OutcomeCounter fence;
};

}  // namespace tessera::redeemer
