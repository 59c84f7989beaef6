#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tessera::core {

// The largest amount, count or cap: Redis scripts compute in doubles, which are exact below 2^53.
inline constexpr int64_t kAmountMax = (int64_t{1} << 53) - 1;

// An ISO 4217 currency by its alphabetic code, such as "EUR". A value type of three bytes.
class Currency {
 public:
  Currency() = default;
  // INVALID_FIELD at `path` unless `code` is an active ISO 4217 code in upper case.
  static Result<Currency> Parse(std::string_view code, const std::string& path);

  std::string_view code() const { return {code_, 3}; }
  // Digits of the minor unit: 0 for JPY, 2 for EUR, 3 for KWD.
  int exponent() const;

  bool operator==(const Currency&) const = default;

 private:
  char code_[3] = {'X', 'X', 'X'};
};

// An amount in minor units of a currency. |minor| <= kAmountMax.
struct Money {
  int64_t minor = 0;
  Currency currency;

  bool operator==(const Money&) const = default;
};

// value * numerator / denominator, rounded half up (towards positive infinity on a tie): the one rounding
// rule of Tessera. REQUIRES: 0 <= value <= kAmountMax, 0 <= numerator, 0 < denominator; the result must be <=
// kAmountMax.
int64_t MultiplyRoundHalfUp(int64_t value, int64_t numerator, int64_t denominator);

}  // namespace tessera::core
