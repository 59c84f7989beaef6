#include "core/money.h"

#include <array>
#include <cassert>
#include <cstddef>

namespace tessera::core {
namespace {

constexpr int kLetters = 26;
constexpr int8_t kNoCurrency = -1;

// ISO 4217 table A.1 (maintained by SIX) with its changes up to January 2026: ZWG for ZWL, SLE for SLL, XCG
// for ANG; HRK, CUC and BGN are gone. Funds codes that have a minor unit are in; metals, SDRs and the codes
// for testing and for "no currency", whose minor unit is "N.A.", are not: no order can be priced in them.
constexpr std::string_view kExponent0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kExponent2 =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CNY "
    "COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MXV MYR "
    "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
    "SRD SSP "
    "STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW "
    "ZWG";
constexpr std::string_view kExponent3 = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view kExponent4 = "CLF UYW";

// The place of three capital letters in the table, or the table's size for anything else.
constexpr size_t Place(std::string_view code) {
  constexpr size_t kNowhere = size_t{kLetters} * kLetters * kLetters;
  if (code.size() != 3) return kNowhere;
  size_t place = 0;
  for (const char letter : code) {
    if (letter < 'A' || letter > 'Z') return kNowhere;
    place = place * kLetters + static_cast<size_t>(letter - 'A');
  }
  return place;
}

using ExponentTable = std::array<int8_t, kLetters * kLetters * kLetters + 1>;

constexpr void Enter(ExponentTable& table, std::string_view codes, int8_t exponent) {
  for (size_t i = 0; i < codes.size(); i += 4) table[Place(codes.substr(i, 3))] = exponent;
}

// Indexed by Place(), so that a look-up is one load however long the list is.
constexpr ExponentTable kExponents = [] {
  ExponentTable table{};
  for (int8_t& entry : table) entry = kNoCurrency;
  Enter(table, kExponent0, 0);
  Enter(table, kExponent2, 2);
  Enter(table, kExponent3, 3);
  Enter(table, kExponent4, 4);
  table.back() = kNoCurrency;
  return table;
}();

}  // namespace

Result<Currency> Currency::Parse(std::string_view code, const std::string& path) {
  if (kExponents[Place(code)] == kNoCurrency)
    return InvalidField(path, "must be an active ISO 4217 currency code, such as EUR");
  Currency currency;
  for (size_t i = 0; i < 3; ++i) currency.code_[i] = code[i];
  return currency;
}

int Currency::exponent() const {
  const int8_t exponent = kExponents[Place(code())];
  return exponent == kNoCurrency ? 0 : exponent;
}

int64_t MultiplyRoundHalfUp(int64_t value, int64_t numerator, int64_t denominator) {
  assert(value >= 0 && value <= kAmountMax && numerator >= 0 && denominator > 0);
  // 2^53 * 2^63 * 2 needs 117 bits; unsigned, so that the shift is plain and the division truncates
  // downwards.
  __extension__ using Wide = unsigned __int128;
  const Wide twice =
      static_cast<Wide>(value) * static_cast<Wide>(numerator) * 2 + static_cast<Wide>(denominator);
  const Wide rounded = twice / (static_cast<Wide>(denominator) * 2);
  assert(rounded <= static_cast<Wide>(kAmountMax));
  return static_cast<int64_t>(rounded);
}

}  // namespace tessera::core
