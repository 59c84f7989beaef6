#include "core/code.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

#include "core/base32.h"

namespace tessera::core {
namespace {

constexpr int kRounds = 10;
constexpr int kBitsA = 38;
constexpr int kBitsB = 39;
constexpr uint64_t kMaskA = (uint64_t{1} << kBitsA) - 1;
constexpr uint64_t kMaskB = (uint64_t{1} << kBitsB) - 1;
constexpr int kBitsNumber = CouponNumber::kBits;
constexpr uint64_t kMaskNumber = (uint64_t{1} << kBitsNumber) - 1;
constexpr uint64_t kKindMax = static_cast<uint64_t>(CodeKind::kUnbound);

struct Halves {
  uint64_t a = 0;
  uint64_t b = 0;
};

// What the round function encrypts. A block opens with FF1's constants in FF1's order: version, method,
// addition, radix, rounds, u, n.
Block RoundBlock(uint8_t tweak, int round, uint64_t half) {
  Block block{1, 2, 1, 2, kRounds, kBitsA, kBitsA + kBitsB};
  block[7] = static_cast<uint8_t>(tweak << 4 | round);
  for (int i = 0; i < 8; ++i) block[8 + i] = static_cast<uint8_t>(half >> (56 - 8 * i));
  return block;
}

// What the round function gives for an encrypted block.
uint64_t Head(const Block& block) {
  uint64_t head = 0;
  for (int i = 0; i < 8; ++i) head = head << 8 | block[i];
  return head;
}

// The round function under one key and tweak.
class Rounds {
 public:
  Rounds(const BlockCipher& cipher, uint8_t tweak) : cipher_(cipher), tweak_(tweak) {}

  uint64_t operator()(int round, uint64_t half) const {
    Block block = RoundBlock(tweak_, round, half);
    cipher_.Encrypt(block);
    return Head(block);
  }

 private:
  const BlockCipher& cipher_;
  uint8_t tweak_;
};

// Numbers that go through the permutation side by side: enough to keep the processor's AES units busy.
constexpr size_t kLanesMax = 64;

// Even rounds change A's 38 bits and odd rounds B's 39; written pairwise, the halves need not change places.
// REQUIRES: at most kLanesMax lanes.
void Permute(const BlockCipher& cipher, uint8_t tweak, std::span<Halves> lanes) {
  std::array<Block, kLanesMax> blocks;
  const std::span<Block> used = std::span(blocks).first(lanes.size());
  for (int round = 0; round < kRounds; round += 2) {
    for (size_t i = 0; i < lanes.size(); ++i) used[i] = RoundBlock(tweak, round, lanes[i].b);
    cipher.Encrypt(used);
    for (size_t i = 0; i < lanes.size(); ++i) {
      lanes[i].a = (lanes[i].a + Head(used[i])) & kMaskA;
      used[i] = RoundBlock(tweak, round + 1, lanes[i].a);
    }
    cipher.Encrypt(used);
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i].b = (lanes[i].b + Head(used[i])) & kMaskB;
  }
}

// The B whose A was zero, or nothing. B is known before the last round is spent: 7 of 8 forgeries end there.
std::optional<uint64_t> Unpermute(const Rounds& rounds, Halves halves) {
  for (int round = kRounds - 2; round > 0; round -= 2) {
    halves.b = (halves.b - rounds(round + 1, halves.a)) & kMaskB;
    halves.a = (halves.a - rounds(round, halves.b)) & kMaskA;
  }
  halves.b = (halves.b - rounds(1, halves.a)) & kMaskB;
  if (halves.b >> kBitsNumber > kKindMax) return std::nullopt;
  halves.a = (halves.a - rounds(0, halves.b)) & kMaskA;
  if (halves.a != 0) return std::nullopt;
  return halves.b;
}

using Symbols = std::array<uint8_t, CodeBook::kLength>;

// The 16 symbols of a typed code, or nothing when it has more, fewer or others.
std::optional<Symbols> Read(std::string_view text) {
  Symbols symbols{};
  size_t count = 0;
  for (const char c : text) {
    if (c == ' ' || c == '-' || c == '\t') continue;
    const int value = Base32TypedValue(c);
    if (value < 0 || count == symbols.size()) return std::nullopt;
    symbols[count++] = static_cast<uint8_t>(value);
  }
  if (count != symbols.size()) return std::nullopt;
  return symbols;
}

// 80 bits as 16 symbols: key id (3), A (38), B (39). The first eight symbols hold key id and all but the last
// bit of A.
Symbols Spread(uint8_t key_id, const Halves& halves) {
  const uint64_t head = uint64_t{key_id} << 37 | halves.a >> 1;
  const uint64_t tail = (halves.a & 1) << kBitsB | halves.b;
  Symbols symbols{};
  for (int i = 0; i < 8; ++i) {
    symbols[i] = head >> (35 - 5 * i) & 31;
    symbols[8 + i] = tail >> (35 - 5 * i) & 31;
  }
  return symbols;
}

// Four groups of four. Returns where the next text begins.
char* Write(const Symbols& symbols, char* out) {
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (i != 0 && i % 4 == 0) *out++ = '-';
    *out++ = kBase32Upper[symbols[i]];
  }
  return out;
}

struct Sealed {
  uint8_t key_id = 0;
  Halves halves;
};

Sealed Gather(const Symbols& symbols) {
  uint64_t head = 0;
  uint64_t tail = 0;
  for (int i = 0; i < 8; ++i) {
    head = head << 5 | symbols[i];
    tail = tail << 5 | symbols[8 + i];
  }
  return {.key_id = static_cast<uint8_t>(head >> 37),
          .halves = {.a = (head << 1 & kMaskA) | tail >> kBitsB, .b = tail & kMaskB}};
}

Error Refused() { return Error(Reason::kInvalidCode, "not a code of this service"); }

}  // namespace

CodeBook::CodeBook(std::map<uint8_t, std::unique_ptr<BlockCipher>> keys, uint8_t current)
    : keys_(std::move(keys)), current_(current) {
  assert(keys_.contains(current_) && keys_.rbegin()->first <= kKeyIdMax);
}

std::string CodeBook::Make(const CodeContent& content) const { return MakeUnder(current_, content); }

std::string CodeBook::MakeUnder(uint8_t key_id, const CodeContent& content) const {
  std::string text(kTextLength, '-');
  MakeRow(key_id, content.kind, {.first = content.number, .count = 1}, text);
  return text;
}

void CodeBook::MakeRow(uint8_t key_id, CodeKind kind, const NumberRow& row, std::span<char> text) const {
  assert(row.count == 0 || row.first + (row.count - 1) * row.stride <= kMaskNumber);
  assert(text.size() >= row.count * kTextLength);
  const BlockCipher& cipher = *keys_.at(key_id);
  const uint64_t kind_bits = static_cast<uint64_t>(kind) << kBitsNumber;
  std::array<Halves, kLanesMax> halves;
  char* out = text.data();
  for (size_t done = 0; done < row.count;) {
    const std::span<Halves> lanes = std::span(halves).first(std::min(kLanesMax, row.count - done));
    for (Halves& lane : lanes) lane = {.a = 0, .b = kind_bits | (row.first + done++ * row.stride)};
    Permute(cipher, key_id, lanes);
    for (const Halves& lane : lanes) out = Write(Spread(key_id, lane), out);
  }
}

Result<CodeContent> CodeBook::Open(std::string_view text) const {
  const std::optional<Symbols> symbols = Read(text);
  if (!symbols) return Refused();
  const Sealed sealed = Gather(*symbols);
  const auto key = keys_.find(sealed.key_id);
  if (key == keys_.end()) return Refused();
  const std::optional<uint64_t> b = Unpermute(Rounds(*key->second, sealed.key_id), sealed.halves);
  if (!b) return Refused();
  return CodeContent{.kind = static_cast<CodeKind>(*b >> kBitsNumber), .number = *b & kMaskNumber};
}

}  // namespace tessera::core
