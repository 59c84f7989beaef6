#include "api/convert_coupon.h"

#include "api/convert_campaign.h"
#include "api/coupon_ref.h"
#include "api/numbered_id.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;

core::CodeContent ContentOf(core::CouponNumber number) {
  core::CodeContent content;
  content.kind = core::CodeKind::kCoupon;
  content.number = number.value;
  return content;
}

core::CodeContent ContentOf(core::CodeNumber number) {
  core::CodeContent content;
  content.kind = core::CodeKind::kUnbound;
  content.number = number.value;
  return content;
}

// The key that a code was made under, or the current one when that is retired: its codes are good too.
uint8_t KeyFor(uint8_t key_id, const core::CodeBook& codes) {
  return codes.Has(key_id) ? key_id : codes.current_key_id();
}

pb::CouponState ToProto(storage::CouponState state) {
  switch (state) {
    case storage::CouponState::kIssued:
      return pb::COUPON_STATE_AVAILABLE;
    case storage::CouponState::kReserved:
      return pb::COUPON_STATE_RESERVED;
    case storage::CouponState::kRedeemed:
      return pb::COUPON_STATE_REDEEMED;
    case storage::CouponState::kExpired:
      return pb::COUPON_STATE_EXPIRED;
    case storage::CouponState::kRevoked:
      return pb::COUPON_STATE_REVOKED;
  }
  return pb::COUPON_STATE_UNSPECIFIED;
}

}  // namespace

pb::IssuedCoupon ToProto(const storage::Issued& issued, const core::CodeBook& codes) {
  pb::IssuedCoupon out;
  out.set_coupon_id(issued.number.ToId());
  out.set_code(codes.MakeUnder(KeyFor(issued.code_key_id, codes), ContentOf(issued.number)));
  out.set_campaign_id(issued.campaign_id);
  *out.mutable_issue_time() = ToProto(issued.issue_time_ms);
  *out.mutable_start_time() = ToProto(issued.usable.start_ms);
  *out.mutable_expire_time() = ToProto(issued.usable.end_ms);
  return out;
}

pb::Quota ToProto(const storage::QuotaLeft& quota) {
  pb::Quota out;
  if (quota.total) out.set_remaining_total(*quota.total);
  if (quota.today) out.set_remaining_today(*quota.today);
  if (quota.reset_time_ms) *out.mutable_reset_time() = ToProto(*quota.reset_time_ms);
  return out;
}

pb::Coupon ToProto(const storage::Coupon& coupon, const core::CodeBook& codes) {
  pb::Coupon out;
  out.set_coupon_id(coupon.number.ToId());
  out.set_code(codes.Make(ContentOf(coupon.number)));
  out.set_campaign_id(coupon.campaign_id);
  out.set_state(ToProto(coupon.state));
  *out.mutable_issue_time() = ToProto(coupon.issue_time_ms);
  *out.mutable_start_time() = ToProto(coupon.usable.start_ms);
  *out.mutable_expire_time() = ToProto(coupon.usable.end_ms);
  if (coupon.held_until_ms) *out.mutable_held_until_time() = ToProto(*coupon.held_until_ms);
  if (coupon.redemption) out.set_redemption_id(coupon.redemption->ToId('r'));
  return out;
}

pb::Coupon ToProto(const storage::CodeView& code, core::CodeNumber number, const core::CodeBook& codes) {
  pb::Coupon out;
  out.set_code(codes.Make(ContentOf(number)));
  out.set_campaign_id(code.campaign_id);
  out.set_state(ToProto(code.state));
  *out.mutable_start_time() = ToProto(code.usable.start_ms);
  *out.mutable_expire_time() = ToProto(code.usable.end_ms);
  return out;
}

std::vector<std::string> TextsOf(const core::NumberRow& row, uint8_t key_id, const core::CodeBook& codes) {
  constexpr size_t kLength = core::CodeBook::kTextLength;
  std::string text(row.count * kLength, ' ');
  codes.MakeRow(KeyFor(key_id, codes), core::CodeKind::kUnbound, row, text);
  std::vector<std::string> texts;
  texts.reserve(row.count);
  for (size_t i = 0; i < row.count; ++i) texts.push_back(text.substr(i * kLength, kLength));
  return texts;
}

pb::GenerateCodesResponse ToProto(const storage::GeneratedCodes& made, const core::CodeBook& codes) {
  pb::GenerateCodesResponse out;
  out.set_batch_id(BatchId(made.batch));
  for (std::string& code : TextsOf(made.numbers, made.code_key_id, codes)) out.add_codes(std::move(code));
  *out.mutable_make_time() = ToProto(made.make_time_ms);
  return out;
}

pb::RevokeCouponResponse ToProto(const storage::Revoked& revoked) {
  pb::RevokeCouponResponse out;
  out.set_coupon_id(CouponIdOf(revoked.coupon));
  *out.mutable_revoke_time() = ToProto(revoked.revoke_time_ms);
  out.set_stock_returned(revoked.stock_returned);
  return out;
}

}  // namespace tessera::api
