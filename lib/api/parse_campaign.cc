#include "api/parse_campaign.h"

#include <google/protobuf/util/field_mask_util.h>

#include "api/convert_campaign.h"
#include "api/field_checker.h"
#include "api/parse_offer.h"
#include "calendar/calendar.h"
#include "core/lifecycle.h"
#include "core/limits.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
using google::protobuf::util::FieldMaskUtil;

constexpr char kWholeDefinition[] = "*";
constexpr int kMaskPathsMax = 64;

core::Window ParseWindow(FieldChecker& check, const FieldPath& path, bool set, const pb::TimeWindow& window) {
  if (!set) {
    check.Fail(path, "must be set");
    return {};
  }
  const FieldPath end = path.Field("end_time");
  core::Window parsed;
  parsed.start_ms = check.Instant(path.Field("start_time"), window.has_start_time(), window.start_time());
  parsed.end_ms = check.Instant(end, window.has_end_time(), window.end_time());
  if (check.ok() && parsed.end_ms <= parsed.start_ms) check.Fail(end, "must be later than start_time");
  return parsed;
}

core::CampaignLimits ParseLimits(FieldChecker& check, const FieldPath& path,
                                 const pb::CampaignLimits& limits) {
  const auto limit = [&](const char* name, bool set, int64_t value) -> std::optional<int64_t> {
    if (!set) return std::nullopt;
    return check.Number(path.Field(name), value, 1);
  };
  core::CampaignLimits parsed;
  parsed.stock_total = limit("stock_total", limits.has_stock_total(), limits.stock_total());
  parsed.stock_per_day = limit("stock_per_day", limits.has_stock_per_day(), limits.stock_per_day());
  parsed.per_user_total = limit("per_user_total", limits.has_per_user_total(), limits.per_user_total());
  parsed.per_user_per_day =
      limit("per_user_per_day", limits.has_per_user_per_day(), limits.per_user_per_day());
  return parsed;
}

core::UseLimits ParseUseLimits(FieldChecker& check, const FieldPath& path, const pb::UseLimits& limits) {
  const auto limit = [&](const char* name, bool set, int64_t value) -> std::optional<int64_t> {
    if (!set) return std::nullopt;
    return check.Number(path.Field(name), value, 1);
  };
  core::UseLimits parsed;
  parsed.budget_total_minor =
      limit("budget_total_minor", limits.has_budget_total_minor(), limits.budget_total_minor());
  parsed.budget_per_day_minor =
      limit("budget_per_day_minor", limits.has_budget_per_day_minor(), limits.budget_per_day_minor());
  parsed.uses_per_user_total =
      limit("uses_per_user_total", limits.has_uses_per_user_total(), limits.uses_per_user_total());
  parsed.uses_per_user_per_day =
      limit("uses_per_user_per_day", limits.has_uses_per_user_per_day(), limits.uses_per_user_per_day());
  parsed.uses_per_user_per_week =
      limit("uses_per_user_per_week", limits.has_uses_per_user_per_week(), limits.uses_per_user_per_week());
  parsed.uses_per_user_per_month = limit("uses_per_user_per_month", limits.has_uses_per_user_per_month(),
                                         limits.uses_per_user_per_month());
  parsed.budget_clips = limits.budget_clips();
  return parsed;
}

core::Validity ParseValidity(FieldChecker& check, const FieldPath& path, const pb::CouponValidity& validity,
                             const core::CampaignDefinition& windows) {
  const FieldPath wait = path.Field("wait");
  const FieldPath duration = path.Field("duration");
  core::Validity parsed;
  if (validity.has_wait()) {
    parsed.wait_ms = check.DurationMs(wait, true, validity.wait(), 0, core::limits::kValidityMsMax);
  }
  if (validity.has_duration()) {
    parsed.lasts_ms = check.DurationMs(duration, true, validity.duration(), 1, core::limits::kValidityMsMax);
  }
  parsed.outlasts_window = validity.outlasts_use_window();
  if (!check.ok()) return parsed;
  if (parsed.outlasts_window) {
    if (parsed.lasts_ms == 0) check.Fail(duration, "must be set where outlasts_use_window is");
    if (windows.use_window.end_ms + parsed.wait_ms + parsed.lasts_ms > kInstantMsMax) {
      check.Fail(duration, "must end all coupons by the year 9998");
    }
  } else if (windows.claim_window.start_ms + parsed.wait_ms >= windows.use_window.end_ms) {
    check.Fail(wait, "must be over before use_window ends");
  }
  return parsed;
}

core::PauseScope ParsePauseScope(FieldChecker& check, const FieldPath& path, pb::PauseScope scope) {
  const auto known = check.ChoiceOr(path, scope, pb::PauseScope_IsValid, pb::PAUSE_SCOPE_ISSUE);
  return known == pb::PAUSE_SCOPE_ISSUE_AND_REDEEM ? core::PauseScope::kIssueAndRedeem
                                                   : core::PauseScope::kIssue;
}

core::RestorePolicy ParseRestorePolicy(FieldChecker& check, const FieldPath& path, pb::RestorePolicy policy) {
  switch (check.ChoiceOr(path, policy, pb::RestorePolicy_IsValid, pb::RESTORE_POLICY_RESTORE)) {
    case pb::RESTORE_POLICY_KEEP_USED:
      return core::RestorePolicy::kKeepUsed;
    case pb::RESTORE_POLICY_RESTORE_IF_UNEXPIRED:
      return core::RestorePolicy::kRestoreIfUnexpired;
    default:
      return core::RestorePolicy::kRestore;
  }
}

core::ThresholdLoss ParseThresholdLoss(FieldChecker& check, const FieldPath& path, pb::ThresholdLoss loss) {
  switch (check.ChoiceOr(path, loss, pb::ThresholdLoss_IsValid, pb::THRESHOLD_LOSS_KEEP)) {
    case pb::THRESHOLD_LOSS_CLAW_BACK:
      return core::ThresholdLoss::kClawBack;
    case pb::THRESHOLD_LOSS_PRORATE:
      return core::ThresholdLoss::kProrate;
    default:
      return core::ThresholdLoss::kKeep;
  }
}

core::CampaignState ParseState(pb::CampaignState state) {
  switch (state) {
    case pb::CAMPAIGN_STATE_ACTIVE:
      return core::CampaignState::kActive;
    case pb::CAMPAIGN_STATE_PAUSED:
      return core::CampaignState::kPaused;
    case pb::CAMPAIGN_STATE_ENDED:
      return core::CampaignState::kEnded;
    default:
      return core::CampaignState::kDraft;
  }
}

// FieldMaskUtil overlooks empty parts; they are refused, so that a path that looks like none does not pass
// for one.
bool IsDefinitionPath(const std::string& path) {
  const bool has_empty_part =
      path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != path.npos;
  return !has_empty_part && FieldMaskUtil::IsValidPath<pb::CampaignDefinition>(path);
}

void CheckMask(FieldChecker& check, const google::protobuf::FieldMask& mask) {
  const FieldPath paths = "update_mask.paths";
  if (mask.paths_size() == 0) check.Fail("update_mask", "must name at least one field");
  if (mask.paths_size() > kMaskPathsMax)
    check.Fail(paths, "must have at most " + std::to_string(kMaskPathsMax) + " entries");
  for (int i = 0; check.ok() && i < mask.paths_size(); ++i) {
    const std::string& path = mask.paths(i);
    if (path == kWholeDefinition) {
      if (mask.paths_size() > 1) check.Fail(paths.At(i), "must stand alone");
    } else if (!IsDefinitionPath(path)) {
      check.Fail(paths.At(i), "must be a path within CampaignDefinition");
    }
  }
}

}  // namespace

core::Result<core::CampaignDefinition> ParseDefinition(const pb::CampaignDefinition& in,
                                                       const FieldPath& path) {
  FieldChecker check;
  core::CampaignDefinition out;
  out.display_name =
      check.Text(path.Field("display_name"), in.display_name(), core::limits::kDisplayNameLengthMax);
  const auto currency =
      check.Take(core::Currency::Parse(in.currency_code(), path.Field("currency_code").ToString()));
  out.time_zone = in.time_zone();
  check.Take(calendar::LoadZone(in.time_zone(), path.Field("time_zone").ToString()));
  out.offer = ParseOffer(check, path.Field("offer"), in.offer(), currency);
  out.claim_window = ParseWindow(check, path.Field("claim_window"), in.has_claim_window(), in.claim_window());
  out.use_window = ParseWindow(check, path.Field("use_window"), in.has_use_window(), in.use_window());
  out.limits = ParseLimits(check, path.Field("limits"), in.limits());
  out.use_limits = ParseUseLimits(check, path.Field("use_limits"), in.use_limits());
  if (in.has_validity()) out.validity = ParseValidity(check, path.Field("validity"), in.validity(), out);
  out.pause_scope = ParsePauseScope(check, path.Field("pause_scope"), in.pause_scope());
  out.restore_policy = ParseRestorePolicy(check, path.Field("restore_policy"), in.restore_policy());
  out.threshold_loss = ParseThresholdLoss(check, path.Field("threshold_loss"), in.threshold_loss());
  return check.Answer(std::move(out));
}

core::Result<CreateCampaign> Parse(const pb::CreateCampaignRequest& request) {
  FieldChecker check;
  CreateCampaign parsed;
  parsed.request_id = check.RequestId(request.request_id());
  if (!request.campaign_id().empty())
    parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  if (!request.has_campaign()) check.Fail("campaign", "must be set");
  if (check.ok()) parsed.definition = check.Take(ParseDefinition(request.campaign(), "campaign"));
  return check.Answer(std::move(parsed));
}

core::Result<UpdateCampaign> Parse(const pb::UpdateCampaignRequest& request) {
  FieldChecker check;
  UpdateCampaign parsed;
  parsed.request_id = check.RequestId(request.request_id());
  parsed.campaign_id = check.CampaignId("campaign_id", request.campaign_id());
  parsed.version = check.Number("version", request.version(), 1);
  if (!request.has_campaign()) check.Fail("campaign", "must be set");
  CheckMask(check, request.update_mask());
  return check.Answer(std::move(parsed));
}

core::Result<MoveCampaign> ParseMove(const std::string& request_id, const std::string& campaign_id) {
  FieldChecker check;
  MoveCampaign parsed;
  parsed.request_id = check.RequestId(request_id);
  parsed.campaign_id = check.CampaignId("campaign_id", campaign_id);
  return check.Answer(std::move(parsed));
}

core::Result<ListCampaigns> Parse(const pb::ListCampaignsRequest& request) {
  FieldChecker check;
  ListCampaigns parsed;
  if (request.state() != pb::CAMPAIGN_STATE_UNSPECIFIED) {
    parsed.state = ParseState(check.Choice("state", request.state(), pb::CampaignState_IsValid));
  }
  parsed.page_size = check.PageSize(request.page_size());
  return check.Answer(std::move(parsed));
}

core::Result<std::string> ParseCampaignId(const std::string& campaign_id) {
  FieldChecker check;
  return check.Answer(check.CampaignId("campaign_id", campaign_id));
}

core::Result<core::CampaignDefinition> EditDefinition(const pb::UpdateCampaignRequest& request,
                                                      const core::Campaign& current) {
  pb::CampaignDefinition merged = ToProto(current.definition);
  if (request.update_mask().paths(0) == kWholeDefinition) {
    merged = request.campaign();
  } else {
    FieldMaskUtil::MergeOptions options;
    options.set_replace_message_fields(true);
    options.set_replace_repeated_fields(true);
    FieldMaskUtil::MergeMessageTo(request.campaign(), request.update_mask(), options, &merged);
  }
  auto edited = ParseDefinition(merged, "campaign");
  if (!edited.ok()) return edited;
  const core::Status allowed = core::MayUpdate(current.state, current.definition, *edited);
  if (!allowed.ok()) return allowed.error();
  return edited;
}

}  // namespace tessera::api
