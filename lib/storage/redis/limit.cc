#include "storage/redis/limit.h"

#include <charconv>

namespace tessera::storage {
namespace {

// Takes a number off the front of `text`.
template <class T>
std::optional<T> TakeNumber(std::string_view& text) {
  T number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<int64_t> CapOf(const core::CampaignDefinition& definition, LimitKind kind) {
  switch (kind) {
    case LimitKind::kStock:
      return definition.limits.stock_total;
    case LimitKind::kStockPerDay:
      return definition.limits.stock_per_day;
    case LimitKind::kBudget:
      return definition.use_limits.budget_total_minor;
    case LimitKind::kBudgetPerDay:
      return definition.use_limits.budget_per_day_minor;
  }
  return std::nullopt;
}

std::optional<Limit> Limit::Of(KnownCampaignPtr campaign, LimitKind kind, const core::Window& day) {
  const std::optional<int64_t> cap = CapOf(campaign->campaign.definition, kind);
  if (!cap.has_value()) return std::nullopt;
  Limit limit;
  limit.kind = kind;
  limit.campaign = std::move(campaign);
  limit.cap = *cap;
  if (CountsDays(kind)) {
    limit.window = day.start_ms;
    // The books outlive the day by another one, for what comes home late.
    limit.expires_ms = day.end_ms + (day.end_ms - day.start_ms);
  }
  return limit;
}

std::string OwedName(const OwedLimit& owed) {
  return std::to_string(owed.campaign.value) + (IsBudget(owed.kind) ? ":b" : ":") +
         std::to_string(owed.window);
}

std::optional<OwedLimit> OpenOwedName(std::string_view name) {
  const std::optional<uint32_t> number = TakeNumber<uint32_t>(name);
  if (!number.has_value() || !name.starts_with(':')) return std::nullopt;
  name.remove_prefix(1);
  const bool budget = name.starts_with('b');
  if (budget) name.remove_prefix(1);
  const std::optional<core::InstantMs> window = TakeNumber<core::InstantMs>(name);
  if (!window.has_value() || *window < 0 || !name.empty()) return std::nullopt;
  OwedLimit owed;
  owed.campaign = {*number};
  owed.window = *window;
  if (budget) {
    owed.kind = *window == 0 ? LimitKind::kBudget : LimitKind::kBudgetPerDay;
  } else {
    owed.kind = *window == 0 ? LimitKind::kStock : LimitKind::kStockPerDay;
  }
  return owed;
}

}  // namespace tessera::storage
