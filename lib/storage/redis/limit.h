#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/redis/campaign_directory.h"
#include "storage/redis/limit_kind.h"

namespace tessera::storage {

// One limit of one campaign, as it stands in the campaign's definition.
struct Limit {
  LimitKind kind = LimitKind::kStock;
  KnownCampaignPtr campaign;
  core::InstantMs window = 0;      // start of the day that it counts; 0 for one that counts for good
  core::InstantMs expires_ms = 0;  // when the day's books may go; 0 for never
  int64_t cap = 0;

  // Nothing when the campaign has no limit of that kind. `day` matters to kinds that count days.
  static std::optional<Limit> Of(KnownCampaignPtr campaign, LimitKind kind, const core::Window& day);
};

std::optional<int64_t> CapOf(const core::CampaignDefinition& definition, LimitKind kind);

// A limit of which a partition has something that its home has not got yet.
struct OwedLimit {
  core::CampaignNumber campaign;
  LimitKind kind = LimitKind::kStock;
  core::InstantMs window = 0;
  bool operator==(const OwedLimit&) const = default;
};

// How it is called in the partition's owed set, as owed_name of scripts/part/limit.lua calls it too:
// <number>:<window>, with a b before the window of a budget; 7:0 is a stock, 7:b1716163200000 a day's budget.
std::string OwedName(const OwedLimit& owed);
std::optional<OwedLimit> OpenOwedName(std::string_view name);

}  // namespace tessera::storage
