#include "services/issuer/issuer_metrics.h"

#include "coupon/v1/issuer_service.pb.h"

namespace tessera::issuer {

IssuerMetrics::IssuerMetrics(prometheus::Registry& registry)
    : changes_(program::OutcomeFamily(registry, "campaign_change_total", "Changes of campaigns asked for.")),
      issues_(program::OutcomeFamily(registry, "coupon_issue_total", "Coupons asked for.")),
      job_changes_(
          program::OutcomeFamily(registry, "coupon_job_change_total", "Jobs asked for, or to be stopped.")),
      create_campaign(changes_, {{"change", "create"}}),
      update_campaign(changes_, {{"change", "update"}}),
      activate_campaign(changes_, {{"change", "activate"}}),
      pause_campaign(changes_, {{"change", "pause"}}),
      resume_campaign(changes_, {{"change", "resume"}}),
      end_campaign(changes_, {{"change", "end"}}),
      grant(issues_, {{"source", "grant"}}),
      claim(issues_, {{"source", "claim"}}),
      batch_item(issues_, {{"source", "batch"}}),
      revoke(program::OutcomeFamily(registry, "coupon_revoke_total", "Revocations asked for."), {}),
      generate(program::OutcomeFamily(registry, "coupon_generate_codes_total", "Batches of codes asked for."),
               {}),
      bind(program::OutcomeFamily(registry, "coupon_bind_code_total", "Bindings of codes asked for."), {}),
      import(program::OutcomeFamily(registry, "coupon_import_codes_total", "Imports of codes asked for."),
             {}),
      create_job(job_changes_, {{"change", "create"}}),
      cancel_job(job_changes_, {{"change", "cancel"}}) {
  static_assert(kRevokeReasons == coupon::v1::RevokeReason_ARRAYSIZE);
  auto& family =
      prometheus::BuildCounter().Name("coupon_revoked_total").Help("Coupons taken back.").Register(registry);
  for (size_t why = 0; why < kRevokeReasons; ++why) {
    revoked_[why] = &family.Add({{"why", coupon::v1::RevokeReason_Name(static_cast<int>(why))}});
  }
}

}  // namespace tessera::issuer
