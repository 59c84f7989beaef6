#pragma once

#include "services/program/outcome_counter.h"

namespace tessera::issuer {

// The issuer's business series:
//   campaign_change_total{change,outcome,reason}
//   coupon_issue_total{source,outcome,reason}   source: grant, claim, batch (of a batch, each item)
//   coupon_revoke_total{outcome,reason}
//   coupon_generate_codes_total{outcome,reason}   calls, not codes
//   coupon_bind_code_total{outcome,reason}
//   coupon_import_codes_total{outcome,reason}   calls, not codes
//   coupon_job_change_total{change,outcome,reason}   change: create, cancel
//   coupon_revoked_total{why}                   why: the caller's RevokeReason
// Any thread; the registry must outlive it.
class IssuerMetrics {
 public:
  explicit IssuerMetrics(prometheus::Registry& registry);

  // Counts a coupon that was taken back. REQUIRES: `why` is a value of coupon.v1.RevokeReason.
  void Revoked(int why) { revoked_[static_cast<size_t>(why)]->Increment(); }

 private:
  static constexpr size_t kRevokeReasons = 6;

  program::CounterFamily& changes_;
  program::CounterFamily& issues_;
  program::CounterFamily& job_changes_;
  std::array<prometheus::Counter*, kRevokeReasons> revoked_;

 public:
  program::OutcomeCounter create_campaign;
  program::OutcomeCounter update_campaign;
  program::OutcomeCounter activate_campaign;
  program::OutcomeCounter pause_campaign;
  program::OutcomeCounter resume_campaign;
  program::OutcomeCounter end_campaign;
  program::OutcomeCounter grant;
  program::OutcomeCounter claim;
  program::OutcomeCounter batch_item;
  program::OutcomeCounter revoke;
  program::OutcomeCounter generate;
  program::OutcomeCounter bind;
  program::OutcomeCounter import;
  program::OutcomeCounter create_job;
  program::OutcomeCounter cancel_job;
};

}  // namespace tessera::issuer
