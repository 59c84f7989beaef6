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

// Codes: 16 base-32 characters, 80 bits: a key id (3 bits, clear) and, under a keyed permutation of the other
// 77, halves A of 38 zero bits and B of 2 zero bits, a kind (2) and a number (35). Only the holder of the key
// can make one that opens, except by a guess: of the 2^77 values under a key id 2^36 open, those of two
// kinds, so one guess opens with a chance of 2^-41. The redundancy stands in A so that the first round
// already works on the number, and opening knows B, of which most forgeries get the top bits wrong, one round
// before A.
//
// The permutation has the structure of FF1 (NIST SP 800-38G): ten rounds of an alternating Feistel network
// with radix 2 over n = 77 digits, halves of u = 38 and v = 39 bits, modular addition, the tweak being the
// key id. Its round function is one AES call on one block that holds the scheme's constants, tweak, round and
// half, where FF1 chains several blocks: everything fits in one, and distinct inputs give distinct blocks. So
// it is FF1-shaped, not FF1, and no validated mode.
//
// What is known of its strength, AES being taken for a random function: Hoang and Rogaway (CRYPTO 2010, "On
// generalized Feistel networks") prove alternating Feistel networks with enough rounds secure against q ~
// N^(1-e) chosen plaintexts and ciphertexts, N = 2^39 here: asymptotically, so that no figure for ten rounds
// is claimed. The published attacks on FF1 (Bellare, Hoang, Tessaro, CCS 2016; Durak, Vaudenay, CRYPTO 2017)
// cost powers of N and matter for small domains; at 77 bits they are out of reach.
//
// Thread-safe once built.
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
