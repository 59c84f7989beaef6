#include "api/convert_campaign.h"

#include <variant>

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

void Set(pb::TimeWindow* out, const core::Window& window) {
  *out->mutable_start_time() = ToProto(window.start_ms);
  *out->mutable_end_time() = ToProto(window.end_ms);
}

// One overload for each benefit: a new alternative does not compile until it has one.
void SetBenefit(pb::CouponTerms* out, const core::PercentOff& percent) {
  out->mutable_percent_off()->set_basis_points(percent.basis_points);
  if (percent.cap_minor) out->mutable_percent_off()->set_cap_minor(*percent.cap_minor);
}

void SetBenefit(pb::CouponTerms* out, const core::AmountOff& amount) {
  out->mutable_amount_off()->set_amount_minor(amount.amount_minor);
}

void Set(pb::CouponTerms* out, const core::CouponTerms& terms) {
  std::visit([&](const auto& benefit) { SetBenefit(out, benefit); }, terms.benefit);
  if (terms.minimum_spend_minor) out->set_minimum_spend_minor(*terms.minimum_spend_minor);
}

void Set(pb::CampaignLimits* out, const core::CampaignLimits& limits) {
  if (limits.stock_total) out->set_stock_total(*limits.stock_total);
  if (limits.stock_per_day) out->set_stock_per_day(*limits.stock_per_day);
  if (limits.per_user_total) out->set_per_user_total(*limits.per_user_total);
  if (limits.per_user_per_day) out->set_per_user_per_day(*limits.per_user_per_day);
}

pb::PauseScope ToProto(core::PauseScope scope) {
  switch (scope) {
    case core::PauseScope::kIssue:
      return pb::PAUSE_SCOPE_ISSUE;
    case core::PauseScope::kIssueAndRedeem:
      return pb::PAUSE_SCOPE_ISSUE_AND_REDEEM;
  }
  return pb::PAUSE_SCOPE_UNSPECIFIED;
}

pb::RestorePolicy ToProto(core::RestorePolicy policy) {
  switch (policy) {
    case core::RestorePolicy::kRestore:
      return pb::RESTORE_POLICY_RESTORE;
    case core::RestorePolicy::kKeepUsed:
      return pb::RESTORE_POLICY_KEEP_USED;
    case core::RestorePolicy::kRestoreIfUnexpired:
      return pb::RESTORE_POLICY_RESTORE_IF_UNEXPIRED;
  }
  return pb::RESTORE_POLICY_UNSPECIFIED;
}

}  // namespace

google::protobuf::Timestamp ToProto(core::InstantMs instant) {
  google::protobuf::Timestamp out;
  out.set_seconds(instant / 1000);
  out.set_nanos(static_cast<int32_t>(instant % 1000) * 1'000'000);
  return out;
}

pb::Money ToProto(const core::Money& money) {
  pb::Money out;
  out.set_currency_code(std::string(money.currency.code()));
  out.set_amount_minor(money.minor);
  return out;
}

pb::CampaignState ToProto(core::CampaignState state) {
  switch (state) {
    case core::CampaignState::kDraft:
      return pb::CAMPAIGN_STATE_DRAFT;
    case core::CampaignState::kActive:
      return pb::CAMPAIGN_STATE_ACTIVE;
    case core::CampaignState::kPaused:
      return pb::CAMPAIGN_STATE_PAUSED;
    case core::CampaignState::kEnded:
      return pb::CAMPAIGN_STATE_ENDED;
  }
  return pb::CAMPAIGN_STATE_UNSPECIFIED;
}

pb::CampaignDefinition ToProto(const core::CampaignDefinition& definition) {
  pb::CampaignDefinition out;
  out.set_display_name(definition.display_name);
  out.set_currency_code(std::string(definition.currency.code()));
  out.set_time_zone(definition.time_zone);
  Set(out.mutable_terms(), definition.terms);
  Set(out.mutable_claim_window(), definition.claim_window);
  Set(out.mutable_use_window(), definition.use_window);
  if (definition.limits != core::CampaignLimits{}) Set(out.mutable_limits(), definition.limits);
  out.set_pause_scope(ToProto(definition.pause_scope));
  out.set_restore_policy(ToProto(definition.restore_policy));
  return out;
}

pb::Campaign ToProto(const core::Campaign& campaign) {
  pb::Campaign out;
  out.set_campaign_id(campaign.id);
  out.set_version(campaign.version);
  out.set_state(ToProto(campaign.state));
  *out.mutable_definition() = ToProto(campaign.definition);
  *out.mutable_create_time() = ToProto(campaign.create_time_ms);
  *out.mutable_update_time() = ToProto(campaign.update_time_ms);
  return out;
}

}  // namespace tessera::api
