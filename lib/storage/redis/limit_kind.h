#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tessera::storage {

// The limits of a campaign that all partitions draw from: coupons (one unit each), and money (its minor units
// are the units), each for good and for a day of the campaign's zone.
enum class LimitKind : uint8_t { kStock, kStockPerDay, kBudget, kBudgetPerDay };
inline constexpr size_t kLimitKinds = 4;

inline constexpr LimitKind kBudgets[] = {LimitKind::kBudget, LimitKind::kBudgetPerDay};

constexpr bool IsBudget(LimitKind kind) {
  return kind == LimitKind::kBudget || kind == LimitKind::kBudgetPerDay;
}
constexpr bool CountsDays(LimitKind kind) {
  return kind == LimitKind::kStockPerDay || kind == LimitKind::kBudgetPerDay;
}

// The field of the campaign's hash in a partition that holds the partition's part of the limit.
constexpr std::string_view FieldOf(LimitKind kind) {
  switch (kind) {
    case LimitKind::kStock:
      return "s";
    case LimitKind::kStockPerDay:
      return "D";
    case LimitKind::kBudget:
      return "b";
    case LimitKind::kBudgetPerDay:
      return "B";
  }
  return {};
}

}  // namespace tessera::storage
