#include "core/stored_code.h"

#include <algorithm>

#include "core/base32.h"
#include "core/code.h"

namespace tessera::core {
namespace {

char Capital(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// The capital letter or digit that `c` is read as, or 0 for a character that is none.
char Canonical(char c) {
  c = Capital(c);
  if (c == 'O') return '0';
  if (c == 'I' || c == 'L') return '1';
  const bool valid = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return valid ? c : '\0';
}

Error Wrong(const std::string& path, const char* field, const std::string& must) {
  return InvalidField(path + "." + field, must);
}

}  // namespace

Result<std::string> CanonicalStoredCode(std::string_view text) {
  std::string code;
  for (const char typed : text) {
    if (typed == ' ' || typed == '-' || typed == '\t') continue;
    const char c = Canonical(typed);
    if (c == '\0' || code.size() == kStoredCodeLengthMax) {
      return Error(Reason::kInvalidCode, "not 4 to 32 letters and digits");
    }
    code.push_back(c);
  }
  if (code.size() < kStoredCodeLengthMin) {
    return Error(Reason::kInvalidCode, "not 4 to 32 letters and digits");
  }
  if (code.size() == CodeBook::kLength) {
    return Error(Reason::kInvalidCode, "16 characters, the length of the service's own codes");
  }
  return code;
}

Result<CodePattern> CodePattern::Parse(std::string_view prefix, int length, std::string_view alphabet,
                                       const std::string& path) {
  CodePattern pattern;
  for (const char typed : prefix) {
    if (Canonical(typed) == '\0') return Wrong(path, "prefix", "must be letters and digits");
    pattern.prefix_.push_back(Capital(typed));
  }
  if (prefix.size() > kPrefixLengthMax) return Wrong(path, "prefix", "must have 0 to 12 characters");
  const size_t whole = prefix.size() + static_cast<size_t>(std::max(length, 0));
  if (length < kLengthMin || length > kLengthMax || whole > kStoredCodeLengthMax) {
    return Wrong(path, "length", "must be 4 to 24, and with the prefix at most 32");
  }
  if (whole == CodeBook::kLength) {
    return Wrong(path, "length", "must not make 16 with the prefix, the length of the service's own codes");
  }
  pattern.length_ = length;
  for (const char typed : alphabet.empty() ? kBase32Upper : alphabet) {
    const char c = Capital(typed);
    if (kBase32Upper.find(c) == std::string_view::npos) {
      return Wrong(path, "alphabet",
                   "must be digits and letters without I, L, O and U, which are mistaken for others");
    }
    if (pattern.alphabet_.find(c) != std::string::npos) {
      return Wrong(path, "alphabet", "must have each symbol once");
    }
    pattern.alphabet_.push_back(c);
  }
  if (pattern.alphabet_.size() < kAlphabetMin) return Wrong(path, "alphabet", "must have 10 to 32 symbols");
  return pattern;
}

bool CodePattern::HasSpaceFor(uint64_t count) const {
  const unsigned __int128 wanted = static_cast<unsigned __int128>(count) * kSpacePerCode;
  unsigned __int128 space = 1;
  for (int i = 0; i < length_ && space < wanted; ++i) space *= alphabet_.size();
  return space >= wanted;
}

std::string CodePattern::Draw(const BlockCipher& cipher, CodeNumber number, uint32_t attempt) const {
  // The block opens with another byte than those of core/code.cc, so no block serves both.
  Block block{2};
  for (size_t i = 0; i < 4; ++i) block[4 + i] = static_cast<uint8_t>(attempt >> (24 - 8 * i));
  for (size_t i = 0; i < 8; ++i) block[8 + i] = static_cast<uint8_t>(number.value >> (56 - 8 * i));
  cipher.Encrypt(block);
  unsigned __int128 value = 0;
  for (const uint8_t byte : block) value = value << 8 | byte;
  // Digits to the alphabet's base: of 2^128 values for at most 2^120 codes, so each code is as likely as any
  // other but for one part in 2^8 at the very longest, and in 2^64 at 12 symbols.
  std::string code = prefix_;
  for (int i = 0; i < length_; ++i) {
    code.push_back(alphabet_[static_cast<size_t>(value % alphabet_.size())]);
    value /= alphabet_.size();
  }
  return code;
}

}  // namespace tessera::core
