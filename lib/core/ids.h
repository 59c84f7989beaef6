#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/result.h"

namespace tessera::core {

// Instants are milliseconds since the Unix epoch, UTC, as Redis TIME gives them.
using InstantMs = int64_t;

// [start, end) of instants.
struct Window {
  InstantMs start_ms = 0;
  InstantMs end_ms = 0;

  bool Contains(InstantMs t) const { return start_ms <= t && t < end_ms; }
  bool operator==(const Window&) const = default;
};

// The shape of a namespace, fixed when it is created: P partitions (a power of two, 1 to 1024), each with B
// user buckets (a power of two, 1 to 65,536).
struct Shape {
  uint32_t partitions = 64;
  uint32_t buckets = 2048;

  bool operator==(const Shape&) const = default;
};

// Who a user is inside Tessera: key id and 88 bits of an HMAC-SHA256 of the caller's user id. Never the id
// itself.
struct UserKey {
  std::array<uint8_t, 12> bytes{};

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  uint32_t partition(const Shape& shape) const;
  uint32_t bucket(const Shape& shape) const;
  auto operator<=>(const UserKey&) const = default;
};

// A coupon's number: (index * B + bucket) * P + partition, below 2^35. It carries its place, so it alone
// finds the coupon.
struct CouponNumber {
  uint64_t value = 0;

  static constexpr int kBits = 35;
  static CouponNumber Of(const Shape& shape, uint32_t partition, uint32_t bucket, uint64_t index);
  uint32_t partition(const Shape& shape) const { return static_cast<uint32_t>(value % shape.partitions); }
  uint32_t bucket(const Shape& shape) const {
    return static_cast<uint32_t>(value / shape.partitions % shape.buckets);
  }
  uint64_t index(const Shape& shape) const { return value / shape.partitions / shape.buckets; }

  // "c-" and the number in decimal.
  std::string ToId() const;
  static std::optional<CouponNumber> FromId(std::string_view id);
  auto operator<=>(const CouponNumber&) const = default;
};

// The number of a code that was made before it had a user: index * P + home, below 2^35. At `home`, the home
// of its campaign, stand the ranges of numbers that were given out; consecutive numbers have their states in
// different partitions.
struct CodeNumber {
  uint64_t value = 0;

  static constexpr int kBits = CouponNumber::kBits;
  static CodeNumber Of(const Shape& shape, uint32_t home, uint64_t index);
  uint32_t home(const Shape& shape) const { return static_cast<uint32_t>(value % shape.partitions); }
  uint64_t index(const Shape& shape) const { return value / shape.partitions; }
  // Where the code's state stands, and its place among those of the same home there.
  uint32_t partition(const Shape& shape) const {
    return static_cast<uint32_t>(index(shape) % shape.partitions);
  }
  uint64_t place(const Shape& shape) const { return index(shape) / shape.partitions; }

  // Who uses the code when no user is named. No user's key is one of these but by a chance of 2^-88.
  UserKey Bearer(const Shape& shape) const;
  auto operator<=>(const CodeNumber&) const = default;
};

// How a caller names a coupon: by its own number, or by the code that it is still to be made of.
using CouponName = std::variant<CouponNumber, CodeNumber>;

// A campaign's number: small, given once by the campaign's home partition; records hold it instead of the id.
struct CampaignNumber {
  uint32_t value = 0;
  auto operator<=>(const CampaignNumber&) const = default;
};

// How long an operation's record is kept.
enum class Retention : uint8_t { kShort, kLong };

// Where the record of one mutating call stands: its partition, its period, and a keyed digest of caller,
// method, subject and request_id. Redemption and reservation ids are OpRefs in letters.
struct OpRef {
  uint32_t partition = 0;
  Retention retention = Retention::kShort;
  uint32_t period = 0;
  std::array<uint8_t, 12> field{};

  std::string_view field_view() const { return {reinterpret_cast<const char*>(field.data()), field.size()}; }
  // `prefix` + 28 base-32 letters: 'r' for redemptions, 'h' for reservations (holds).
  std::string ToId(char prefix) const;
  static std::optional<OpRef> FromId(char prefix, std::string_view id);
  // 16 bytes: retention and period (4, the top bit is the retention), field (12). The partition is implied by
  // where it is kept.
  std::string Pack() const;
  static std::optional<OpRef> Unpack(uint32_t partition, std::string_view packed);
  auto operator<=>(const OpRef&) const = default;
};

// A parsed request_id: a UUID. Version 7 carries its time.
struct RequestId {
  std::array<uint8_t, 16> bytes{};

  // Any RFC 9562 UUID in its 36-character form, letters of either case; nil and max are refused.
  static Result<RequestId> Parse(std::string_view text, const std::string& path);
  std::optional<InstantMs> time_ms() const;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  auto operator<=>(const RequestId&) const = default;
};

}  // namespace tessera::core
