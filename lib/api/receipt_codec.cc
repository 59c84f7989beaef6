#include "api/receipt_codec.h"

#include <utility>

#include "api/convert_error.h"
#include "api/convert_order.h"
#include "coupon/v1/receipt.pb.h"

namespace tessera::api {
namespace {

namespace pb = coupon::v1;
using Numbers = google::protobuf::RepeatedField<int64_t>;

void Set(pb::ReceiptName* out, const core::CouponName& name) {
  if (const auto* number = std::get_if<core::CouponNumber>(&name)) out->set_coupon(number->value);
  if (const auto* code = std::get_if<core::CodeNumber>(&name)) out->set_code(code->value);
}

core::CouponName NameOf(const pb::ReceiptName& stored) {
  if (stored.has_code()) return core::CodeNumber{stored.code()};
  return core::CouponNumber{stored.coupon()};
}

void Set(pb::ReceiptCoupon* out, const core::AppliedCoupon& applied) {
  uint32_t next = 0;
  for (const core::LineShare& share : applied.lines) {
    out->add_shares(share.line - next);
    out->add_shares(share.minor);
    next = share.line + 1;
  }
  out->set_shipping_minor(applied.shipping_minor);
  if (!applied.added) return;
  out->set_added_sku(applied.added->sku);
  out->set_added_quantity(applied.added->quantity);
}

void Set(pb::ReceiptReturn* out, const storage::ReturnEntry& entry) {
  for (const core::ReturnedUnits& units : entry.part.units) {
    out->add_units(units.line);
    out->add_units(units.quantity);
  }
  out->set_shipping(entry.part.shipping);
  if (entry.part.coupon) {
    Set(out->mutable_coupon(), entry.part.coupon->name);
    out->set_coupon_campaign_id(entry.part.coupon->campaign_id);
  }
  out->set_whole(entry.outcome.whole);
  out->set_refund_minor(entry.outcome.refund_minor);
  out->set_due_minor(entry.outcome.due_minor);
  for (const storage::ReturnedCoupon& returned : entry.outcome.coupons) {
    pb::ReceiptReturnedCoupon* coupon = out->add_coupons();
    coupon->set_coupon(returned.coupon.value);
    coupon->set_returned_minor(returned.returned_minor);
    coupon->set_clawed_minor(returned.clawed_minor);
  }
}

// Reads what was written and notes what nobody wrote.
class Decoder {
 public:
  explicit Decoder(const storage::Receipt& receipt) : receipt_(receipt) {}

  bool sound() const { return sound_; }

  core::AppliedCoupon Applied(const pb::ReceiptCoupon& stored) {
    core::AppliedCoupon applied;
    applied.shipping_minor = Amount(stored.shipping_minor());
    applied.discount_minor = applied.shipping_minor;
    int64_t line = 0;
    for (const auto& [skipped, minor] : Pairs(stored.shares())) {
      line += skipped;
      applied.lines.push_back({.line = Line(line), .minor = Amount(minor)});
      Need(!__builtin_add_overflow(applied.discount_minor, minor, &applied.discount_minor));
      ++line;
    }
    if (!stored.added_sku().empty()) {
      applied.added = core::AddedItem{.sku = stored.added_sku(), .quantity = stored.added_quantity()};
    }
    return applied;
  }

  std::optional<int64_t> DiscountMax(const pb::ReceiptCoupon& stored) {
    if (!stored.has_discount_max_minor()) return std::nullopt;
    return Amount(stored.discount_max_minor());
  }

  storage::ReturnEntry Return(const pb::ReceiptReturn& stored) {
    storage::ReturnEntry entry;
    for (const auto& [line, quantity] : Pairs(stored.units())) {
      entry.part.units.push_back({.line = static_cast<uint32_t>(Amount(line)), .quantity = Amount(quantity)});
    }
    entry.part.shipping = stored.shipping();
    if (stored.has_coupon()) {
      entry.part.coupon = core::CouponKey{stored.coupon_campaign_id(), NameOf(stored.coupon())};
    }
    entry.outcome.currency = receipt_.order.currency;
    entry.outcome.refund_minor = Amount(stored.refund_minor());
    entry.outcome.due_minor = Amount(stored.due_minor());
    entry.outcome.whole = stored.whole();
    for (const pb::ReceiptReturnedCoupon& coupon : stored.coupons()) {
      entry.outcome.coupons.push_back({.coupon = core::CouponNumber{coupon.coupon()},
                                       .returned_minor = Amount(coupon.returned_minor()),
                                       .clawed_minor = Amount(coupon.clawed_minor())});
    }
    return entry;
  }

 private:
  void Need(bool holds) { sound_ = sound_ && holds; }

  int64_t Amount(int64_t value) {
    Need(value >= 0 && value <= core::kAmountMax);
    return value;
  }

  uint32_t Line(int64_t place) {
    Need(place >= 0 && place < static_cast<int64_t>(receipt_.order.lines.size()));
    return static_cast<uint32_t>(place);
  }

  std::vector<std::pair<int64_t, int64_t>> Pairs(const Numbers& stored) {
    Need(stored.size() % 2 == 0);
    std::vector<std::pair<int64_t, int64_t>> pairs;
    for (int i = 0; sound_ && i < stored.size(); i += 2) pairs.emplace_back(stored.Get(i), stored.Get(i + 1));
    return pairs;
  }

  const storage::Receipt& receipt_;
  bool sound_ = true;
};

core::Error Nonsense(const char* cause) {
  return core::Error(core::Reason::kStoreNonsense, "a stored receipt cannot be read").Because(cause);
}

}  // namespace

std::string EncodeReceipt(const storage::Receipt& receipt) {
  pb::Receipt out;
  *out.mutable_order() = ToProto(receipt.order);
  out.set_judge_time_ms(receipt.order.instant_ms);
  for (size_t i = 0; i < receipt.applied.size(); ++i) {
    Set(out.add_coupons(), receipt.applied[i]);
    const bool clipped = i < receipt.discount_max_minor.size() && receipt.discount_max_minor[i];
    if (clipped) out.mutable_coupons()->rbegin()->set_discount_max_minor(*receipt.discount_max_minor[i]);
  }
  for (const int64_t version : receipt.campaign_versions) out.add_campaign_versions(version);
  for (const storage::LeftOut& left_out : receipt.left_out) {
    pb::ReceiptLeftOut* added = out.add_left_out();
    Set(added->mutable_name(), left_out.coupon);
    *added->mutable_refusal() = ToProto(left_out.why);
  }
  for (const storage::ReturnEntry& entry : receipt.returns) Set(out.add_returns(), entry);
  // No map is in it, so its serialization is deterministic as it is.
  return out.SerializeAsString();
}

core::Result<storage::Receipt> DecodeReceipt(std::string_view bytes) {
  pb::Receipt stored;
  if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Nonsense("no Receipt");
  storage::Receipt receipt;
  auto order = ReadOrder(stored.order());
  if (!order.ok()) return std::move(order).error();
  receipt.order = *std::move(order);
  receipt.order.instant_ms = stored.judge_time_ms();
  Decoder decoder(receipt);
  for (const pb::ReceiptCoupon& coupon : stored.coupons()) {
    receipt.applied.push_back(decoder.Applied(coupon));
    receipt.discount_max_minor.push_back(decoder.DiscountMax(coupon));
  }
  receipt.campaign_versions.assign(stored.campaign_versions().begin(), stored.campaign_versions().end());
  for (const pb::ReceiptLeftOut& left_out : stored.left_out()) {
    receipt.left_out.push_back({NameOf(left_out.name()), ReadRefusal(left_out.refusal())});
  }
  for (const pb::ReceiptReturn& entry : stored.returns()) receipt.returns.push_back(decoder.Return(entry));
  if (!decoder.sound()) return Nonsense("a number that nobody wrote");
  return receipt;
}

}  // namespace tessera::api
