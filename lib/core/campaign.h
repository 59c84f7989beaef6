#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/ids.h"
#include "core/money.h"
#include "core/offer.h"

namespace tessera::core {

// What a coupon is worth. A new type of coupon is one more alternative here and one more case in pricing.cc.
struct CouponTerms {
  std::variant<PercentOff, AmountOff> benefit;
  std::optional<int64_t> minimum_spend_minor;
  bool operator==(const CouponTerms&) const = default;
};

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

// What an operator defines. Days are calendar days of `time_zone`.
struct CampaignDefinition {
  std::string display_name;
  Currency currency;
  std::string time_zone;
  CouponTerms terms;
  Window claim_window;
  Window use_window;  // its end is the end of every coupon issued
  CampaignLimits limits;
  PauseScope pause_scope = PauseScope::kIssue;
  RestorePolicy restore_policy = RestorePolicy::kRestore;
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
