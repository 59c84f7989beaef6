#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/campaign.h"
#include "core/ids.h"
#include "storage/coupon_store.h"

namespace tessera::storage {

// The packed values that scripts keep in Redis, as scripts/part/*.lua lay them out: big-endian, fixed width.
// A value that does not fit its layout opens as nothing. Pure, any thread.

// part/coupon.lua
struct StoredCoupon {
  CouponState state = CouponState::kIssued;
  core::CampaignNumber campaign;
  core::UserKey user;
  uint64_t previous = 0;  // the index of the user's coupon before it, plus one; 0: none
  core::InstantMs issue_time_ms = 0;
  core::InstantMs expire_time_ms = 0;
  std::string reference;              // of the operation that holds or used it
  core::InstantMs held_until_ms = 0;  // kReserved
};
std::optional<StoredCoupon> OpenCoupon(std::string_view value);

// A wallet's field of one coupon is its index in 3 bytes, that of an operation that issued one its 12 bytes
// and 'o'; the others are users (12 bytes), quotas (16), uses (17), what stands beside a coupon that was made
// of a code (4), and the letters n, d and h.
std::string CouponField(uint64_t index);
std::optional<uint64_t> OpenCouponField(std::string_view field);
std::string ClaimField(const std::array<uint8_t, 12>& operation);
bool IsClaimField(std::string_view field);

// An OpRef's Pack().
inline constexpr size_t kReferenceBytes = 16;
// A code's or a coupon's number.
inline constexpr int kNumberBytes = 5;

std::string PackCode(core::CodeNumber code);
// The first index that is no code's.
inline uint64_t CodeIndexEnd(const core::Shape& shape) {
  return (uint64_t{1} << core::CodeNumber::kBits) / shape.partitions;
}
// A code's field among the states of its neighbours; that of a code that is good several times among its
// uses.
std::string CodeField(core::CodeNumber code, const core::Shape& shape);
inline constexpr std::string_view kUsesWithdrawn = "w";

// part/stock.lua
struct StoredShare {
  int64_t issued = 0;
  int64_t share = 0;
  int64_t used = 0;
  int64_t got = 0;
  int64_t sent = 0;
  core::InstantMs window = 0;
};
std::optional<StoredShare> OpenShare(std::string_view value);

// part/uses.lua: how often a user has used coupons of a campaign, in all.
struct StoredUses {
  core::CampaignNumber campaign;
  int64_t total = 0;
};
// Nothing where the wallet's field is another one.
std::optional<StoredUses> OpenUses(std::string_view field, std::string_view value);

// NONE of scripts/issue.lua: no quota, which a larger one is as well.
inline constexpr int64_t kNoQuota = 0xffffffff;
// A quota as scripts take it.
uint64_t PackedQuota(const std::optional<int64_t>& limit);

// part/validity.lua
std::string PackValidity(const core::CampaignDefinition& definition);

// part/operation.lua; the letter is the record's type.
enum class RecordType : char {
  kFence = 'F',
  kIssued = 'I',
  kRedemption = 'R',
  kReservation = 'H',
  kReleased = 'L',
  kRolledBack = 'B',
  kRevoked = 'K',
  kCampaign = 'C',
  kGeneratedCodes = 'M',
  kRevokedCode = 'W',
  kJob = 'J',
};

// One coupon of a redemption or reservation, as far as it still counts.
struct RecordedUse {
  core::CampaignNumber campaign;
  core::CouponNumber coupon;
  std::optional<core::CodeNumber> code;  // that it was made of by this use
  bool taken_back = false;
  bool restored = false;
  int64_t subtotal_minor = 0;
  int64_t discount_minor = 0;
};

// When something of a redemption was taken back, and which of the coupons that the return names can be used
// again.
struct RecordedReturn {
  core::InstantMs time_ms = 0;
  uint64_t restored_bits = 0;
};

// An operation's record, opened. Which fields mean something depends on the type.
struct Record {
  RecordType type = RecordType::kFence;
  core::CampaignNumber campaign;
  core::CouponNumber coupon;
  core::InstantMs time_ms = 0;
  core::InstantMs until_ms = 0;  // end of the coupon (issued) or of the hold (reservation)
  uint8_t code_key_id = 0;
  std::optional<int64_t> quota_total;
  std::optional<int64_t> quota_today;
  std::optional<core::InstantMs> quota_reset_ms;
  std::string moved_reference;  // what a release or rollback was of, or what a committed reservation became
  bool flag = false;            // stock_returned
  // part/records.lua
  char state = '-';
  int64_t discount_minor = 0;
  std::vector<RecordedUse> uses;
  std::vector<RecordedReturn> returns;
  std::string receipt;
  int64_t version = 0;
  core::CampaignState campaign_state = core::CampaignState::kDraft;
  uint64_t job = 0;
  uint64_t batch = 0;
  uint64_t first_index = 0;
  uint64_t count = 0;
  core::CodeNumber code;
};
std::optional<Record> OpenRecord(std::string_view value);

// The coupon that the operation made of the code, unless it did without it or that was undone since.
std::optional<core::CouponNumber> MadeOf(const Record& record, core::CodeNumber code);

// Whether the record was made by a request with this body.
bool HasBody(std::string_view record, const std::array<uint8_t, 8>& body);

// Big-endian, `bytes` wide.
std::string PackNumber(uint64_t value, int bytes);

inline std::string_view View(const std::array<uint8_t, 8>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::string_view View(const std::array<uint8_t, 12>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tessera::storage
