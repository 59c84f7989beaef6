#include "core/lifecycle.h"

#include <algorithm>
#include <utility>

namespace tessera::core {
namespace {

std::string_view TransitionName(Transition transition) {
  switch (transition) {
    case Transition::kActivate:
      return "ACTIVATE";
    case Transition::kPause:
      return "PAUSE";
    case Transition::kResume:
      return "RESUME";
    case Transition::kEnd:
      return "END";
  }
  return "UNKNOWN";
}

Error Illegal(CampaignState from, Transition transition) {
  return Error(Reason::kIllegalTransition, "the campaign's state does not allow this transition")
      .With("state", std::string(StateName(from)))
      .With("transition", std::string(TransitionName(transition)));
}

Error Immutable(const char* field) {
  return Error(Reason::kFieldImmutable, std::string(field) + " cannot change once the campaign was activated")
      .With("field", field);
}

}  // namespace

Result<CampaignState> NextState(CampaignState from, Transition transition) {
  switch (transition) {
    case Transition::kActivate:
      if (from == CampaignState::kDraft) return CampaignState::kActive;
      break;
    case Transition::kPause:
      if (from == CampaignState::kActive) return CampaignState::kPaused;
      break;
    case Transition::kResume:
      if (from == CampaignState::kPaused) return CampaignState::kActive;
      break;
    case Transition::kEnd:
      if (from != CampaignState::kEnded) return CampaignState::kEnded;
      break;
  }
  return Illegal(from, transition);
}

Status MayIssue(const Campaign& campaign) {
  switch (campaign.state) {
    case CampaignState::kActive:
      return Ok();
    case CampaignState::kDraft:
      return Error(Reason::kCampaignNotActive, "the campaign was not activated yet");
    case CampaignState::kPaused:
      return Error(Reason::kCampaignPaused, "the campaign is paused");
    case CampaignState::kEnded:
      return Error(Reason::kCampaignEnded, "the campaign has ended");
  }
  return Error(Reason::kInternal, "the campaign's state is unknown");
}

Window UsableWindow(const CampaignDefinition& definition, InstantMs claim_ms) {
  const Validity& validity = definition.validity;
  Window usable = definition.use_window;
  usable.start_ms = std::max(usable.start_ms, claim_ms + validity.wait_ms);
  if (validity.lasts_ms == 0) return usable;
  const InstantMs end_ms = usable.start_ms + validity.lasts_ms;
  usable.end_ms = validity.outlasts_window ? end_ms : std::min(usable.end_ms, end_ms);
  return usable;
}

InstantMs CodesUntil(const CampaignDefinition& definition) {
  const Validity& validity = definition.validity;
  return definition.use_window.end_ms - (validity.outlasts_window ? 0 : validity.wait_ms);
}

InstantMs LastEnd(const CampaignDefinition& definition) {
  const Validity& validity = definition.validity;
  return definition.use_window.end_ms + (validity.outlasts_window ? validity.wait_ms + validity.lasts_ms : 0);
}

InstantMs ClaimUntil(const CampaignDefinition& definition) {
  return std::min(definition.claim_window.end_ms, CodesUntil(definition));
}

Status MayRedeem(const Campaign& campaign) {
  if (campaign.state == CampaignState::kPaused &&
      campaign.definition.pause_scope == PauseScope::kIssueAndRedeem) {
    return Error(Reason::kCampaignPaused, "the campaign is paused for redemptions too");
  }
  return Ok();
}

Status MayUpdate(CampaignState state, const CampaignDefinition& before, const CampaignDefinition& after) {
  if (state == CampaignState::kDraft) return Ok();
  if (before.offer.currency != after.offer.currency) return Immutable("currency_code");
  if (before.offer != after.offer) return Immutable("offer");
  if (before.threshold_loss != after.threshold_loss) return Immutable("threshold_loss");
  if (before.time_zone != after.time_zone) return Immutable("time_zone");
  if (before.claim_window.start_ms != after.claim_window.start_ms)
    return Immutable("claim_window.start_time");
  if (before.use_window.start_ms != after.use_window.start_ms) return Immutable("use_window.start_time");
  if (before.validity != after.validity) return Immutable("validity");
  // A stock that appears or goes away could not know what was issued without it.
  if (before.limits.stock_total.has_value() != after.limits.stock_total.has_value()) {
    return Immutable("limits.stock_total");
  }
  if (before.limits.stock_per_day.has_value() != after.limits.stock_per_day.has_value()) {
    return Immutable("limits.stock_per_day");
  }
  // Nor a budget what was spent.
  if (before.use_limits.budget_total_minor.has_value() != after.use_limits.budget_total_minor.has_value()) {
    return Immutable("use_limits.budget_total_minor");
  }
  if (before.use_limits.budget_per_day_minor.has_value() !=
      after.use_limits.budget_per_day_minor.has_value()) {
    return Immutable("use_limits.budget_per_day_minor");
  }
  // Nor a limit of uses: it would be given back what it never counted.
  const std::pair<const char*, std::optional<int64_t> UseLimits::*> uses[] = {
      {"use_limits.uses_per_user_total", &UseLimits::uses_per_user_total},
      {"use_limits.uses_per_user_per_day", &UseLimits::uses_per_user_per_day},
      {"use_limits.uses_per_user_per_week", &UseLimits::uses_per_user_per_week},
      {"use_limits.uses_per_user_per_month", &UseLimits::uses_per_user_per_month}};
  for (const auto& [field, limit] : uses) {
    if ((before.use_limits.*limit).has_value() != (after.use_limits.*limit).has_value()) {
      return Immutable(field);
    }
  }
  return Ok();
}

std::string_view StateName(CampaignState state) {
  switch (state) {
    case CampaignState::kDraft:
      return "DRAFT";
    case CampaignState::kActive:
      return "ACTIVE";
    case CampaignState::kPaused:
      return "PAUSED";
    case CampaignState::kEnded:
      return "ENDED";
  }
  return "UNKNOWN";
}

}  // namespace tessera::core
