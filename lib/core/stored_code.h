#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/block_cipher.h"
#include "core/ids.h"
#include "core/result.h"

// Stored codes: imported, vanity and short ones. They are looked up, where derived ones (core/code.h) are
// opened. Pure, any thread.
namespace tessera::core {

// Where a stored code stands: key id and 88 bits of an HMAC-SHA256 of its canonical form. Never the code.
struct StoredCodeKey {
  std::array<uint8_t, 12> bytes{};

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  uint32_t partition(const Shape& shape) const { return UserKey{bytes}.partition(shape); }
  uint32_t bucket(const Shape& shape) const { return UserKey{bytes}.bucket(shape); }
  auto operator<=>(const StoredCodeKey&) const = default;
};

inline constexpr size_t kStoredCodeLengthMin = 4;
inline constexpr size_t kStoredCodeLengthMax = 32;

// The one form of a stored code, whatever was typed: letters are capital, blanks and dashes are gone, O is 0,
// I and L are 1. INVALID_CODE unless 4 to 32 letters and digits are left, and not 16, the length of derived
// codes: so a mistyped one of those is never looked up.
Result<std::string> CanonicalStoredCode(std::string_view text);

// What short codes look like: a prefix, and symbols of an alphabet after it. Made by Parse; immutable.
class CodePattern {
 public:
  static constexpr size_t kPrefixLengthMax = 12;
  static constexpr int kLengthMin = 4;
  static constexpr int kLengthMax = 24;
  static constexpr size_t kAlphabetMin = 10;
  // So many codes must a pattern have for each that is made of it, or codes could be guessed.
  static constexpr uint64_t kSpacePerCode = 1000;

  CodePattern() = default;
  // An empty alphabet is all of base 32. INVALID_FIELD names prefix, length or alphabet, after `path`.
  static Result<CodePattern> Parse(std::string_view prefix, int length, std::string_view alphabet,
                                   const std::string& path);

  // Whether the pattern has enough codes for `count` of them to be made.
  bool HasSpaceFor(uint64_t count) const;

  // The code of `number` at its `attempt`-th try, as printed: evenly drawn for whoever lacks the key, and for
  // its holder always the same.
  std::string Draw(const BlockCipher& cipher, CodeNumber number, uint32_t attempt) const;

  const std::string& prefix() const { return prefix_; }
  int length() const { return length_; }
  const std::string& alphabet() const { return alphabet_; }
  bool operator==(const CodePattern&) const = default;

 private:
  std::string prefix_;
  int length_ = 0;
  std::string alphabet_;
};

}  // namespace tessera::core
