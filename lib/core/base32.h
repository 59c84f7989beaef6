#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// Crockford's base-32 symbols (crockford.com/base32.html): digits and letters without I, L, O, U. Pure, any
// thread.
namespace tessera::core {

// Codes are shown in capitals; ids, which only machines read, are in small letters.
inline constexpr std::string_view kBase32Upper = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
inline constexpr std::string_view kBase32Lower = "0123456789abcdefghjkmnpqrstvwxyz";

using Base32Values = std::array<int8_t, 256>;

constexpr Base32Values NoBase32Values() {
  Base32Values values{};
  for (int8_t& value : values) value = -1;
  return values;
}

// What people type: either case, and the letters they mistake for digits read as those digits. U stays
// refused.
inline constexpr Base32Values kBase32Typed = [] {
  Base32Values values = NoBase32Values();
  for (int8_t i = 0; i < 32; ++i) {
    values[static_cast<uint8_t>(kBase32Upper[static_cast<size_t>(i)])] = i;
    values[static_cast<uint8_t>(kBase32Lower[static_cast<size_t>(i)])] = i;
  }
  for (const char o : {'O', 'o'}) values[static_cast<uint8_t>(o)] = 0;
  for (const char one : {'I', 'i', 'L', 'l'}) values[static_cast<uint8_t>(one)] = 1;
  return values;
}();

// What machines send: the small letters only, so that an id has one spelling.
inline constexpr Base32Values kBase32Exact = [] {
  Base32Values values = NoBase32Values();
  for (int8_t i = 0; i < 32; ++i) values[static_cast<uint8_t>(kBase32Lower[static_cast<size_t>(i)])] = i;
  return values;
}();

// 0 to 31, or -1 for a character that is no symbol.
constexpr int Base32ExactValue(char c) { return kBase32Exact[static_cast<uint8_t>(c)]; }
constexpr int Base32TypedValue(char c) { return kBase32Typed[static_cast<uint8_t>(c)]; }

}  // namespace tessera::core
