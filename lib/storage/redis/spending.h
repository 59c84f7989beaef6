#pragma once

#include <string>
#include <vector>

#include "storage/redis/campaign_directory.h"
#include "storage/redis/escrow.h"

namespace tessera::storage {

// What using coupons spends of their campaigns' limits: scripts/part/spending.lua judges and books it, here
// stands what it is told, and where the money comes from.

// The day, week and month that a campaign's limits count at an instant; those that no limit counts are empty.
struct LimitWindows {
  core::Window day;
  core::Window week;
  core::Window month;
};
// `claims`: the user's quota of coupons counts too, as where a code becomes one.
LimitWindows WindowsOf(const KnownCampaign& campaign, core::InstantMs now, bool claims);

// LIMITS of scripts/part/spending.lua for the use that is the `turn`-th, from 1, to be applied; empty where
// there is nothing to spend.
std::string PackSpending(const core::UseLimits& limits, size_t turn, const LimitWindows& windows,
                         int64_t leased, int64_t leased_day);

// What a script found too little of at hand: an entry of NEED.
struct MoneyShort {
  core::CampaignNumber campaign;
  LimitKind kind = LimitKind::kBudget;
  int64_t got = 0;
  int64_t share = 0;
  int64_t need = 0;
};
// The budget that scripts call by this name.
LimitKind KindOfBudget(std::string_view name);
std::vector<MoneyShort> OpenNeed(const ScriptReply& reply);

// Why a user may not use one more coupon; nothing for a status that says something else.
std::optional<core::Error> UsesSpent(std::string_view status, const LimitWindows& windows);
core::Error BudgetSpent(LimitKind kind, int64_t left_minor, const LimitWindows& windows);

// What is left of a budget anywhere, at hand or not, without leasing any: as a validation wants to know.
// Counts no further once it is `enough`. Others spend meanwhile, so it is as true as the validation.
async::Task<core::Result<int64_t>> CountLeft(const Backend* backend, Limit limit, int64_t enough,
                                             Deadline deadline);

}  // namespace tessera::storage
