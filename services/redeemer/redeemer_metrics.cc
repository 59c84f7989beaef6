#include "services/redeemer/redeemer_metrics.h"

namespace tessera::redeemer {

using program::OutcomeFamily;

RedeemerMetrics::RedeemerMetrics(prometheus::Registry& registry)
    : redeems_(OutcomeFamily(registry, "coupon_redeem_total", "Redemptions asked for.")),
      validate(OutcomeFamily(registry, "coupon_validate_total", "Coupons judged without being used."), {}),
      list(OutcomeFamily(registry, "coupon_list_eligible_total", "Wallets judged on an order."), {}),
      optimize(OutcomeFamily(registry, "coupon_optimize_total", "Best sets of coupons asked for."), {}),
      redeem(redeems_, {{"source", "order"}}),
      commit(redeems_, {{"source", "reservation"}}),
      reserve(OutcomeFamily(registry, "coupon_reserve_total", "Reservations asked for."), {}),
      release(OutcomeFamily(registry, "coupon_release_total", "Releases of reservations asked for."), {}),
      rollback(OutcomeFamily(registry, "coupon_rollback_total", "Rollbacks of redemptions asked for."), {}),
      fence(OutcomeFamily(registry, "operation_fence_total", "Fences asked for."), {}) {}

}  // namespace tessera::redeemer
