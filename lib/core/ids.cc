#include "core/ids.h"

#include <cassert>
#include <charconv>

#include "core/base32.h"

namespace tessera::core {
namespace {

uint32_t BigEndian32(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

constexpr uint32_t kLongRetentionBit = uint32_t{1} << 31;
constexpr uint32_t kPeriodMax = kLongRetentionBit - 1;
constexpr uint32_t kPartitionMax = 1023;

// An OpRef in letters holds 140 bits: 2 zero bits, partition (10), retention (1), period (31), field (96).
constexpr size_t kOpRefLetters = 28;

}  // namespace

// Byte 0 is the key id, which many users share; the bytes after it are an HMAC's and evenly spread.
uint32_t UserKey::partition(const Shape& shape) const { return BigEndian32(&bytes[1]) % shape.partitions; }
uint32_t UserKey::bucket(const Shape& shape) const { return BigEndian32(&bytes[5]) % shape.buckets; }

CouponNumber CouponNumber::Of(const Shape& shape, uint32_t partition, uint32_t bucket, uint64_t index) {
  assert(partition < shape.partitions && bucket < shape.buckets);
  const CouponNumber number{(index * shape.buckets + bucket) * shape.partitions + partition};
  assert(number.value < uint64_t{1} << kBits);
  return number;
}

std::string CouponNumber::ToId() const { return "c-" + std::to_string(value); }

std::optional<CouponNumber> CouponNumber::FromId(std::string_view id) {
  if (!id.starts_with("c-")) return std::nullopt;
  const std::string_view digits = id.substr(2);
  // One spelling only, so that ids can be compared as text: no sign, no leading zero.
  if (digits.empty() || digits.size() > 11 || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  CouponNumber number;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number.value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (number.value >= uint64_t{1} << kBits) return std::nullopt;
  return number;
}

CodeNumber CodeNumber::Of(const Shape& shape, uint32_t home, uint64_t index) {
  assert(home < shape.partitions);
  const CodeNumber number{index * shape.partitions + home};
  assert(number.value < uint64_t{1} << kBits);
  return number;
}

// The key's partition is the code's, so that a bearer's call stays in one slot.
UserKey CodeNumber::Bearer(const Shape& shape) const {
  const uint64_t parts[] = {partition(shape), place(shape)};
  UserKey key;
  for (size_t byte = 0; byte < 4; ++byte) {
    key.bytes[1 + byte] = static_cast<uint8_t>(parts[0] >> (24 - 8 * byte));
    key.bytes[5 + byte] = static_cast<uint8_t>(parts[1] >> (24 - 8 * byte));
  }
  key.bytes[9] = static_cast<uint8_t>(parts[1] >> 32);
  key.bytes[10] = static_cast<uint8_t>(home(shape) >> 8);
  key.bytes[11] = static_cast<uint8_t>(home(shape));
  return key;
}

std::string OpRef::ToId(char prefix) const {
  assert(partition <= kPartitionMax && period <= kPeriodMax);
  std::string id{prefix, '-'};
  id.reserve(2 + kOpRefLetters);
  // 42 bits of head and 96 of field, sent through a bit buffer five at a time, after the two zero bits.
  const uint64_t head =
      uint64_t{partition} << 32 | (retention == Retention::kLong ? kLongRetentionBit : 0) | period;
  uint64_t buffer = head >> 32;
  int bits = 12;
  size_t next_byte = 0;
  const auto byte_at = [&](size_t i) {
    return i < 4 ? static_cast<uint8_t>(head >> (24 - 8 * i)) : field[i - 4];
  };
  for (size_t letter = 0; letter < kOpRefLetters; ++letter) {
    if (bits < 5) {
      buffer = buffer << 8 | byte_at(next_byte++);
      bits += 8;
    }
    bits -= 5;
    id.push_back(kBase32Lower[buffer >> bits & 31]);
    buffer &= (uint64_t{1} << bits) - 1;
  }
  return id;
}

std::optional<OpRef> OpRef::FromId(char prefix, std::string_view id) {
  if (id.size() != 2 + kOpRefLetters || id[0] != prefix || id[1] != '-') return std::nullopt;
  std::array<uint8_t, 18>
      bytes{};  // 4 zero bits and the 140: the first two bytes are 6 zero bits and the partition
  uint32_t buffer = 0;
  int bits = 4;
  size_t filled = 0;
  for (const char letter : id.substr(2)) {
    const int value = Base32ExactValue(letter);
    if (value < 0) return std::nullopt;
    buffer = buffer << 5 | static_cast<uint32_t>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[filled++] = static_cast<uint8_t>(buffer >> bits);
      buffer &= (uint32_t{1} << bits) - 1;
    }
  }
  const uint32_t partition = uint32_t{bytes[0]} << 8 | bytes[1];
  if (partition > kPartitionMax) return std::nullopt;
  return Unpack(partition, {reinterpret_cast<const char*>(&bytes[2]), 16});
}

std::string OpRef::Pack() const {
  assert(period <= kPeriodMax);
  const uint32_t head = (retention == Retention::kLong ? kLongRetentionBit : 0) | period;
  std::string packed;
  packed.reserve(4 + field.size());
  for (int shift = 24; shift >= 0; shift -= 8) packed.push_back(static_cast<char>(head >> shift));
  return packed.append(field_view());
}

std::optional<OpRef> OpRef::Unpack(uint32_t partition, std::string_view packed) {
  if (packed.size() != 16) return std::nullopt;
  std::array<uint8_t, 16> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(packed[i]);
  const uint32_t head = BigEndian32(bytes.data());
  OpRef ref;
  ref.partition = partition;
  ref.retention = (head & kLongRetentionBit) != 0 ? Retention::kLong : Retention::kShort;
  ref.period = head & kPeriodMax;
  for (size_t i = 0; i < ref.field.size(); ++i) ref.field[i] = bytes[4 + i];
  return ref;
}

Result<RequestId> RequestId::Parse(std::string_view text, const std::string& path) {
  const auto malformed = [&] {
    return InvalidField(path, "must be a UUID (RFC 9562) in its form of 36 characters");
  };
  if (text.size() != 36) return malformed();
  RequestId id;
  size_t nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return malformed();
      continue;
    }
    int value = -1;
    if (c >= '0' && c <= '9') value = c - '0';
    if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
    if (value < 0) return malformed();
    uint8_t& byte = id.bytes[nibble / 2];
    byte = static_cast<uint8_t>(byte << 4 | value);
    ++nibble;
  }
  // Nil and max fall here too: their variant or version is none. RFC 9562 defines versions 1 to 8 of
  // variant 10.
  const int version = id.bytes[6] >> 4;
  if (id.bytes[8] >> 6 != 0b10 || version < 1 || version > 8) return malformed();
  return id;
}

std::optional<InstantMs> RequestId::time_ms() const {
  if (bytes[6] >> 4 != 7) return std::nullopt;
  InstantMs time = 0;
  for (size_t i = 0; i < 6; ++i) time = time << 8 | bytes[i];
  return time;
}

}  // namespace tessera::core
