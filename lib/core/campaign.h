#pragma once

#include <optional>
#include <string>

#include "core/ids.h"
#include "core/offer.h"
#include "core/threshold_loss.h"
#include "core/validity.h"

namespace tessera::core {

enum class CampaignState : uint8_t { kDraft, kActive, kPaused, kEnded };

// What a pause stops. Issuing always; redeeming too when the campaign says so.
enum class PauseScope : uint8_t { kIssue, kIssueAndRedeem };

// What a rollback gives back.
enum class RestorePolicy : uint8_t { kRestore, kKeepUsed, kRestoreIfUnexpired };

// Limits that issuing spends. An absent limit is no limit.
struct CampaignLimits {
  std::optional<int64_t> stock_total;
  std::optional<int64_t> stock_per_day;
  std::optional<int64_t> per_user_total;
  std::optional<int64_t> per_user_per_day;
  bool operator==(const CampaignLimits&) const = default;
};

// Limits that using a coupon spends, and that come back when the use is undone. Money is in minor units of
// the campaign's currency, days are calendar days, weeks begin on Monday, months are calendar months. An
// absent limit is no limit.
struct UseLimits {
  std::optional<int64_t> budget_total_minor;
  std::optional<int64_t> budget_per_day_minor;
  bool budget_clips = false;  // whether what is left of a budget lessens a discount, or else refuses it
  std::optional<int64_t> uses_per_user_total;
  std::optional<int64_t> uses_per_user_per_day;
  std::optional<int64_t> uses_per_user_per_week;
  std::optional<int64_t> uses_per_user_per_month;

  bool count_uses() const {
    return uses_per_user_total || uses_per_user_per_day || uses_per_user_per_week || uses_per_user_per_month;
  }
  // Whether using a coupon spends anything but the coupon.
  bool any() const { return count_uses() || budget_total_minor || budget_per_day_minor; }
  bool operator==(const UseLimits&) const = default;
};

// What an operator defines. Days and the offer's weekly windows are those of `time_zone`.
struct CampaignDefinition {
  std::string display_name;
  std::string time_zone;
  Offer offer;
  Window claim_window;
  Window use_window;
  Validity validity;  // of each coupon, within the use window
  CampaignLimits limits;
  UseLimits use_limits;
  PauseScope pause_scope = PauseScope::kIssue;
  RestorePolicy restore_policy = RestorePolicy::kRestore;
  ThresholdLoss threshold_loss = ThresholdLoss::kKeep;
  bool operator==(const CampaignDefinition&) const = default;
};

// A campaign as it stands. `version` grows by one with every change of definition or state.
struct Campaign {
  std::string id;
  CampaignNumber number;
  int64_t version = 0;
  CampaignState state = CampaignState::kDraft;
  CampaignDefinition definition;
  InstantMs create_time_ms = 0;
  InstantMs update_time_ms = 0;
  bool operator==(const Campaign&) const = default;
};

}  // namespace tessera::core
