#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/block_cipher.h"
#include "core/ids.h"

namespace tessera::core {

// What a code names.
enum class CodeKind : uint8_t { kCoupon = 0, kUnbound = 1 };

struct CodeContent {
  CodeKind kind = CodeKind::kCoupon;
  uint64_t number = 0;  // a CouponNumber's or a CodeNumber's value
  bool operator==(const CodeContent&) const = default;
};

// Numbers at equal distances: what a row of codes is made of.
struct NumberRow {
  uint64_t first = 0;
  uint64_t stride = 1;
  size_t count = 0;
  bool operator==(const NumberRow&) const = default;
};

// Codes: 16 base-32 characters that hold a key id (3 bits, clear) and, under a keyed permutation of 77 bits,
// a kind (2 bits), a number (35 bits) and 40 zero bits. Only the holder of the key can make one that opens,
// except by a guess of 2^-40. See code.cc for the construction and its sources. Thread-safe once built.
class CodeBook {
 public:
  static constexpr int kLength = 16;
  static constexpr size_t kTextLength = 19;  // with the dashes
  static constexpr uint8_t kKeyIdMax = 7;

  // Codes are made under `current`; those of the other keys still open: leaving a key out retires it.
  // REQUIRES: ids are 0..7 and `current` is one of them.
  CodeBook(std::map<uint8_t, std::unique_ptr<BlockCipher>> keys, uint8_t current);

  // Four groups of four, such as "7K2M-90QX-ABCD-EFGH".
  std::string Make(const CodeContent& content) const;
  // The code that Make gave for `content` when `key_id` was current; the key must still be in the book.
  std::string MakeUnder(uint8_t key_id, const CodeContent& content) const;
  // The codes of a row of numbers, one text after the other, as MakeUnder gives each: many at once cost a
  // fraction of what each costs alone. REQUIRES: `text` has room for row.count * kTextLength characters.
  void MakeRow(uint8_t key_id, CodeKind kind, const NumberRow& row, std::span<char> text) const;

  uint8_t current_key_id() const { return current_; }
  bool Has(uint8_t key_id) const { return keys_.contains(key_id); }

  // INVALID_CODE unless it was made under a key of this book. Case, blanks and dashes do not matter.
  Result<CodeContent> Open(std::string_view text) const;

 private:
  std::map<uint8_t, std::unique_ptr<BlockCipher>> keys_;
  uint8_t current_;
};

}  // namespace tessera::core
