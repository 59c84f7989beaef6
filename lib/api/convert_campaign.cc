#include "api/convert_campaign.h"

#include "api/convert_offer.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

void Set(pb::TimeWindow* out, const core::Window& window) {
  *out->mutable_start_time() = ToProto(window.start_ms);
  *out->mutable_end_time() = ToProto(window.end_ms);
}

void Set(pb::UseLimits* out, const core::UseLimits& limits) {
  if (limits.budget_total_minor) out->set_budget_total_minor(*limits.budget_total_minor);
  if (limits.budget_per_day_minor) out->set_budget_per_day_minor(*limits.budget_per_day_minor);
  if (limits.uses_per_user_total) out->set_uses_per_user_total(*limits.uses_per_user_total);
  if (limits.uses_per_user_per_day) out->set_uses_per_user_per_day(*limits.uses_per_user_per_day);
  if (limits.uses_per_user_per_week) out->set_uses_per_user_per_week(*limits.uses_per_user_per_week);
  if (limits.uses_per_user_per_month) out->set_uses_per_user_per_month(*limits.uses_per_user_per_month);
  out->set_budget_clips(limits.budget_clips);
}

void Set(pb::CampaignLimits* out, const core::CampaignLimits& limits) {
  if (limits.stock_total) out->set_stock_total(*limits.stock_total);
  if (limits.stock_per_day) out->set_stock_per_day(*limits.stock_per_day);
  if (limits.per_user_total) out->set_per_user_total(*limits.per_user_total);
  if (limits.per_user_per_day) out->set_per_user_per_day(*limits.per_user_per_day);
}

void Set(pb::CouponValidity* out, const core::Validity& validity) {
  if (validity.wait_ms > 0) *out->mutable_wait() = ToDuration(validity.wait_ms);
  if (validity.lasts_ms > 0) *out->mutable_duration() = ToDuration(validity.lasts_ms);
  out->set_outlasts_use_window(validity.outlasts_window);
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

pb::ThresholdLoss ToProto(core::ThresholdLoss loss) {
  switch (loss) {
    case core::ThresholdLoss::kKeep:
      return pb::THRESHOLD_LOSS_KEEP;
    case core::ThresholdLoss::kClawBack:
      return pb::THRESHOLD_LOSS_CLAW_BACK;
    case core::ThresholdLoss::kProrate:
      return pb::THRESHOLD_LOSS_PRORATE;
  }
  return pb::THRESHOLD_LOSS_UNSPECIFIED;
}

}  // namespace

google::protobuf::Timestamp ToProto(core::InstantMs instant) {
  google::protobuf::Timestamp out;
  out.set_seconds(instant / 1000);
  out.set_nanos(static_cast<int32_t>(instant % 1000) * 1'000'000);
  return out;
}

google::protobuf::Duration ToDuration(int64_t ms) {
  google::protobuf::Duration out;
  out.set_seconds(ms / 1000);
  out.set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
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
  out.set_currency_code(std::string(definition.offer.currency.code()));
  out.set_time_zone(definition.time_zone);
  *out.mutable_offer() = ToProto(definition.offer);
  Set(out.mutable_claim_window(), definition.claim_window);
  Set(out.mutable_use_window(), definition.use_window);
  if (definition.limits != core::CampaignLimits{}) Set(out.mutable_limits(), definition.limits);
  if (definition.use_limits != core::UseLimits{}) Set(out.mutable_use_limits(), definition.use_limits);
  if (definition.validity != core::Validity{}) Set(out.mutable_validity(), definition.validity);
  out.set_pause_scope(ToProto(definition.pause_scope));
  out.set_restore_policy(ToProto(definition.restore_policy));
  out.set_threshold_loss(ToProto(definition.threshold_loss));
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
