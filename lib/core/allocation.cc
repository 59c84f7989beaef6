#include "core/allocation.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <limits>
#include <vector>

#include "core/money.h"

namespace tessera::core {
namespace {

__extension__ using Wide = unsigned __int128;

struct Remainder {
  uint64_t value;
  uint32_t line;
};

// Gives the lines that would overflow their full room, until none would, and takes them out of the split.
// A share marked kOpen still has to be computed.
constexpr int64_t kOpen = -1;

void FillFullLines(int64_t& amount, int64_t& weight, std::span<const int64_t> weights,
                   std::span<const int64_t> rooms, std::span<int64_t> shares) {
  for (bool found = true; found;) {
    found = false;
    const int64_t round_amount = amount;
    const int64_t round_weight = weight;
    for (size_t i = 0; i < weights.size(); ++i) {
      if (shares[i] != kOpen) continue;
      if (static_cast<Wide>(round_amount) * static_cast<Wide>(weights[i]) <=
          static_cast<Wide>(rooms[i]) * static_cast<Wide>(round_weight)) {
        continue;
      }
      shares[i] = rooms[i];
      amount -= rooms[i];
      weight -= weights[i];
      found = true;
    }
  }
}

// Rounded-down parts of the open lines; the remainders of those that have one; what is still to be given out.
// kOpen when a line's part is more than its room. Number is uint64_t where the products fit, which is nearly
// always and several times as fast.
template <class Number>
int64_t RoundDown(int64_t amount, int64_t weight, std::span<const int64_t> weights,
                  std::span<const int64_t> rooms, std::span<int64_t> shares,
                  std::vector<Remainder>& remainders) {
  int64_t left = amount;
  remainders.clear();
  for (size_t i = 0; i < weights.size(); ++i) {
    if (shares[i] != kOpen) continue;
    const Number product = static_cast<Number>(amount) * static_cast<Number>(weights[i]);
    const auto quotient = static_cast<int64_t>(product / static_cast<Number>(weight));
    const auto rest =
        static_cast<uint64_t>(product - static_cast<Number>(quotient) * static_cast<Number>(weight));
    if (quotient + (rest != 0 ? 1 : 0) > rooms[i]) return kOpen;
    shares[i] = quotient;
    left -= quotient;
    if (rest != 0) remainders.push_back({.value = rest, .line = static_cast<uint32_t>(i)});
  }
  return left;
}

int64_t Open(std::span<const int64_t> weights, std::span<int64_t> shares) {
  int64_t weight = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    weight += weights[i];
    shares[i] = weights[i] == 0 ? 0 : kOpen;
  }
  return weight;
}

int64_t RoundDown(int64_t amount, int64_t weight, std::span<const int64_t> weights,
                  std::span<const int64_t> rooms, std::span<int64_t> shares,
                  std::vector<Remainder>& remainders) {
  const bool fits = amount == 0 || weight <= std::numeric_limits<int64_t>::max() / amount;
  return fits ? RoundDown<uint64_t>(amount, weight, weights, rooms, shares, remainders)
              : RoundDown<Wide>(amount, weight, weights, rooms, shares, remainders);
}

}  // namespace

void Allocate(int64_t amount_minor, std::span<const int64_t> weights, std::span<const int64_t> rooms,
              std::span<int64_t> shares) {
  // One buffer per thread: this runs thousands of times where the best set of coupons is looked for.
  static thread_local std::vector<Remainder> remainders;
  int64_t weight = Open(weights, shares);
  if (weight == 0) return;
  int64_t left = RoundDown(amount_minor, weight, weights, rooms, shares, remainders);
  if (left == kOpen) {
    weight = Open(weights, shares);
    FillFullLines(amount_minor, weight, weights, rooms, shares);
    if (weight == 0) return;
    left = RoundDown(amount_minor, weight, weights, rooms, shares, remainders);
  }
  assert(left >= 0 && static_cast<size_t>(left) <= remainders.size());
  const auto larger = [](const Remainder& a, const Remainder& b) {
    return a.value != b.value ? a.value > b.value : a.line < b.line;
  };
  const auto cut = remainders.begin() + left;
  if (cut != remainders.end()) std::nth_element(remainders.begin(), cut, remainders.end(), larger);
  for (auto one = remainders.begin(); one != cut; ++one) ++shares[one->line];
}

}  // namespace tessera::core
