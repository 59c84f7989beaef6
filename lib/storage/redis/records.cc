#include "storage/redis/records.h"

#include <algorithm>

#include "storage/redis/keys.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {
namespace {

void OpenIssued(Unpacker& in, Record& record) {
  record.code_key_id = static_cast<uint8_t>(in.Number(1));
  record.campaign = in.Campaign();
  record.coupon.value = in.Number(5);
  record.time_ms = in.Signed(6);
  record.until_ms = in.Signed(6);
  const int64_t total = in.Signed(4);
  if (total != kNoQuota) record.quota_total = total;
  if (in.left() > 0) {
    record.quota_today = in.Signed(4);
    record.quota_reset_ms = in.Signed(6);
  }
}

// Flags of a use, as scripts/part/records.lua names them.
constexpr uint64_t kTakenBack = 2;
constexpr uint64_t kRestored = 4;

void OpenReturns(Unpacker& in, Record& record) {
  for (uint64_t left = in.Number(1); left > 0; --left) {
    RecordedReturn entry;
    entry.time_ms = in.Signed(6);
    entry.restored_bits = in.Number(3);
    record.returns.push_back(entry);
  }
}

void OpenUses(Unpacker& in, Record& record) {
  record.state = static_cast<char>(in.Number(1));
  record.time_ms = in.Signed(6);
  in.Number(6);  // when its limits were spent
  record.discount_minor = in.Signed(7);
  const uint64_t count = in.Number(1);
  if (record.type == RecordType::kReservation) record.until_ms = in.Signed(6);
  for (uint64_t i = 0; i < count && !in.failed(); ++i) {
    RecordedUse use;
    use.campaign = in.Campaign();
    use.coupon.value = in.Number(kNumberBytes);
    const uint64_t flag = in.Number(1);
    use.taken_back = (flag & kTakenBack) != 0;
    use.restored = (flag & kRestored) != 0;
    use.subtotal_minor = in.Signed(7);
    use.discount_minor = in.Signed(7);
    record.uses.push_back(use);
  }
  for (uint64_t left = in.Number(1); left > 0 && !in.failed(); --left) {
    const core::CodeNumber code{in.Number(kNumberBytes)};
    const uint64_t place = in.Number(1);
    if (place < record.uses.size()) record.uses[place].code = code;
  }
  switch (record.state) {
    case '-':
      break;
    case 'C':
      record.moved_reference = in.Bytes(kReferenceBytes);
      break;
    case 'L':
      in.Number(6);
      break;
    case 'P':
    case 'B':
      OpenReturns(in, record);
      break;
    default:
      in.Fail();
  }
  record.receipt = in.Rest();
}

}  // namespace

std::optional<StoredCoupon> OpenCoupon(std::string_view value) {
  Unpacker in(value);
  StoredCoupon coupon;
  const uint64_t state = in.Number(1);
  if (state > static_cast<uint64_t>(CouponState::kRevoked)) return std::nullopt;
  coupon.state = static_cast<CouponState>(state);
  coupon.campaign = in.Campaign();
  const std::string_view user = in.Bytes(coupon.user.bytes.size());
  std::copy(user.begin(), user.end(), coupon.user.bytes.begin());
  coupon.previous = in.Number(3);
  coupon.issue_time_ms = in.Signed(6);
  coupon.expire_time_ms = in.Signed(6);
  if (coupon.state == CouponState::kReserved || coupon.state == CouponState::kRedeemed) {
    coupon.reference = in.Bytes(kReferenceBytes);
  }
  if (coupon.state == CouponState::kReserved) coupon.held_until_ms = in.Signed(6);
  if (in.failed()) return std::nullopt;
  return coupon;
}

std::string CouponField(uint64_t index) { return PackNumber(index, 3); }

std::optional<uint64_t> OpenCouponField(std::string_view field) {
  if (field.size() != 3) return std::nullopt;
  return Unpacker(field).Number(3);
}

std::string ClaimField(const std::array<uint8_t, 12>& operation) {
  return std::string(View(operation)) + 'o';
}

bool IsClaimField(std::string_view field) { return field.size() == 13 && field.back() == 'o'; }

std::optional<StoredUses> OpenUses(std::string_view field, std::string_view value) {
  constexpr size_t kUserBytes = 12;
  if (field.size() != kUserBytes + 5 || field.back() != 'u') return std::nullopt;
  Unpacker in(value);
  StoredUses uses;
  uses.campaign = Unpacker(field.substr(kUserBytes)).Campaign();
  uses.total = in.Signed(4);
  if (in.failed()) return std::nullopt;
  return uses;
}

uint64_t PackedQuota(const std::optional<int64_t>& limit) {
  return static_cast<uint64_t>(std::min(limit.value_or(kNoQuota), kNoQuota));
}

std::string PackCode(core::CodeNumber code) { return PackNumber(code.value, kNumberBytes); }

std::string CodeField(core::CodeNumber code, const core::Shape& shape) {
  return PackNumber(code.place(shape) % Keys::kCodesPerBucket, 1);
}

std::optional<StoredShare> OpenShare(std::string_view value) {
  Unpacker in(value);
  StoredShare share;
  share.issued = in.Signed(7);
  share.share = in.Signed(7);
  share.used = in.Signed(7);
  share.got = in.Signed(7);
  share.sent = in.Signed(7);
  in.Number(6);
  share.window = in.Signed(6);
  if (in.failed()) return std::nullopt;
  return share;
}

std::optional<Record> OpenRecord(std::string_view value) {
  Unpacker in(value);
  Record record;
  record.type = static_cast<RecordType>(in.Number(1));
  if (record.type == RecordType::kFence) {
    record.time_ms = in.Signed(6);
    return record;
  }
  in.Bytes(8);
  switch (record.type) {
    case RecordType::kFence:
      break;
    case RecordType::kIssued:
      OpenIssued(in, record);
      break;
    case RecordType::kRedemption:
    case RecordType::kReservation:
      OpenUses(in, record);
      break;
    case RecordType::kReleased:
      record.moved_reference = in.Bytes(kReferenceBytes);
      record.time_ms = in.Signed(6);
      break;
    case RecordType::kRolledBack: {
      record.moved_reference = in.Bytes(kReferenceBytes);
      RecordedReturn entry;
      record.time_ms = entry.time_ms = in.Signed(6);
      entry.restored_bits = in.Number(3);
      record.returns.push_back(entry);
      record.receipt = in.Rest();
      break;
    }
    case RecordType::kRevoked:
      record.coupon.value = in.Number(5);
      record.time_ms = in.Signed(6);
      record.flag = in.Number(1) != 0;
      break;
    case RecordType::kCampaign:
      record.campaign = in.Campaign();
      record.version = in.Signed(5);
      record.campaign_state = static_cast<core::CampaignState>(in.Number(1));
      record.time_ms = in.Signed(6);
      break;
    case RecordType::kGeneratedCodes:
      record.campaign = in.Campaign();
      record.batch = in.Number(5);
      record.first_index = in.Number(5);
      record.count = in.Number(5);
      record.code_key_id = static_cast<uint8_t>(in.Number(1));
      record.time_ms = in.Signed(6);
      break;
    case RecordType::kJob:
      record.job = in.Number(5);
      record.batch = in.Number(5);
      record.time_ms = in.Signed(6);
      break;
    case RecordType::kRevokedCode:
      record.code.value = in.Number(5);
      record.time_ms = in.Signed(6);
      break;
    default:
      return std::nullopt;
  }
  if (in.failed()) return std::nullopt;
  return record;
}

std::optional<core::CouponNumber> MadeOf(const Record& record, core::CodeNumber code) {
  if (record.type == RecordType::kIssued) return record.coupon;
  for (const RecordedUse& use : record.uses) {
    if (use.code == code && !use.restored) return use.coupon;
  }
  return std::nullopt;
}

bool HasBody(std::string_view record, const std::array<uint8_t, 8>& body) {
  return record.size() >= 9 && record.substr(1, 8) == View(body);
}

std::string PackValidity(const core::CampaignDefinition& definition) {
  const core::Validity& validity = definition.validity;
  std::string packed;
  packed.reserve(25);
  for (const int64_t part :
       {definition.use_window.end_ms, std::max<int64_t>(definition.use_window.start_ms, 0), validity.wait_ms,
        validity.lasts_ms}) {
    packed += PackNumber(static_cast<uint64_t>(part), 6);
  }
  return packed + PackNumber(validity.outlasts_window ? 1 : 0, 1);
}

std::string PackNumber(uint64_t value, int bytes) {
  std::string packed(static_cast<size_t>(bytes), '\0');
  for (int i = bytes - 1; i >= 0; --i, value >>= 8)
    packed[static_cast<size_t>(i)] = static_cast<char>(value & 0xff);
  return packed;
}

}  // namespace tessera::storage
