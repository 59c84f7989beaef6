// Reservations in the model: the coupons of an order are held together, and used or given back together.

#include <algorithm>

#include "memory_store.h"

namespace tessera::contract {

using core::AppliedCoupon;
using core::Error;
using core::Reason;
using core::Result;
using storage::CampaignTotals;
using storage::Redemption;
using storage::Released;
using storage::Reservation;

Result<Reservation> MemoryStore::ReserveNow(const storage::ReserveIntent& intent) {
  const uint32_t partition = PartitionOf(intent.use);
  if (auto settled = Settled<Reservation>(intent.use.op, partition)) return *settled;
  std::vector<JudgedCoupon> coupons = JudgeEach(intent.use, Purpose::kReserve);
  const std::optional<core::PricedStack> stack = PriceTogether(intent.use, intent.use.partial, coupons);
  if (!stack) return FirstRefusal(coupons);
  if (probing_) return WouldTakeEffect();

  Reservation reservation;
  reservation.ref = RefOf(intent.use.op, partition);
  reservation.order_id = intent.use.order.order_id;
  reservation.currency = intent.use.order.currency;
  reservation.subtotal_minor = stack->subtotal_minor;
  reservation.shipping_minor = stack->shipping_minor;
  reservation.discount_minor = stack->discount_minor;
  reservation.coupons = stack->applied;
  ReservationRecord& record = reservations_[reservation.ref];
  record.receipt = ReceiptOf(intent.use, *stack, coupons);
  reservation.left_out = record.receipt.left_out;
  reservation.line_ids = LineIdsOf(intent.use.order);
  reservation.expire_time_ms = now() + intent.ttl_ms;
  for (const AppliedCoupon& applied : stack->applied) {
    const CouponRecord& coupon = coupons_.at(std::get<core::CouponNumber>(applied.key.name));
    reservation.expire_time_ms = std::min(reservation.expire_time_ms, coupon.usable.end_ms);
  }
  for (const AppliedCoupon& applied : stack->applied) {
    CouponRecord& coupon = coupons_.at(std::get<core::CouponNumber>(applied.key.name));
    SettleHold(coupon);
    GiveBackHold(coupon);
    const bool replaces = coupon.hold.has_value();
    coupon.hold = Hold{.reservation = reservation.ref,
                       .order_id = reservation.order_id,
                       .end_ms = reservation.expire_time_ms,
                       .spent = {now(), applied.discount_minor}};
    Spend(coupon, coupon.hold->spent);
    Book(coupon, [replaces](CampaignTotals& totals) {
      ++totals.reserved_events;
      if (replaces) return;
      ++totals.reserved_now;
      --totals.available_now;
    });
  }
  record.reservation = reservation;
  Remember(reservation.ref, intent.use.op, reservation);
  return reservation;
}

async::Task<Result<Reservation>> MemoryStore::Reserve(storage::ReserveIntent intent) {
  co_return ReserveNow(intent);
}

std::optional<core::InstantMs> MemoryStore::HoldEndOf(const core::CouponName& name) const {
  const auto* number = std::get_if<core::CouponNumber>(&name);
  if (number == nullptr) {
    const auto used = used_codes_.find(std::get<core::CodeNumber>(name));
    if (used == used_codes_.end()) return std::nullopt;
    number = &used->second;
  }
  const auto found = coupons_.find(*number);
  if (found == coupons_.end() || !found->second.hold) return std::nullopt;
  return found->second.hold->end_ms;
}

bool MemoryStore::Holds(const Reservation& reservation, const AppliedCoupon& applied) const {
  const Hold* hold = LiveHold(coupons_.at(std::get<core::CouponNumber>(applied.key.name)));
  return hold != nullptr && hold->reservation == reservation.ref;
}

Result<Redemption> MemoryStore::CommitNow(const storage::CommitIntent& intent) {
  const uint32_t partition = intent.reservation.partition;
  if (auto settled = Settled<Redemption>(intent.op, partition)) return *settled;
  const auto found = reservations_.find(intent.reservation);
  if (found == reservations_.end()) return Error(Reason::kReservationNotFound, "no such reservation");
  ReservationRecord& record = found->second;
  const Reservation& reservation = record.reservation;
  if (!intent.order_id.empty() && intent.order_id != reservation.order_id) {
    return Error(Reason::kReservationOfAnotherOrder, "another order's");
  }
  if (record.released) return Error(Reason::kReservationReleased, "released");
  if (record.committed) {
    return Error(Reason::kReservationCommitted, "committed")
        .With("redemption_id", record.committed->ToId('r'));
  }
  if (intent.expected_discount.currency != reservation.currency) {
    return Error(Reason::kCurrencyMismatch, "another currency");
  }
  if (intent.expected_discount.minor != reservation.discount_minor) {
    return Error(Reason::kAmountMismatch, "another amount")
        .With("reserved_minor", std::to_string(reservation.discount_minor));
  }
  if (!std::all_of(reservation.coupons.begin(), reservation.coupons.end(),
                   [&](const AppliedCoupon& coupon) { return Holds(reservation, coupon); })) {
    return Error(Reason::kReservationFenced, "not held");
  }
  if (probing_) return WouldTakeEffect();

  Redemption redemption;
  redemption.ref = RefOf(intent.op, partition);
  redemption.order_id = reservation.order_id;
  redemption.currency = reservation.currency;
  redemption.subtotal_minor = reservation.subtotal_minor;
  redemption.shipping_minor = reservation.shipping_minor;
  redemption.discount_minor = reservation.discount_minor;
  redemption.coupons = reservation.coupons;
  redemption.left_out = reservation.left_out;
  redemption.line_ids = reservation.line_ids;
  redemption.redeem_time_ms = now();
  // What was spent by the reservation stays so.
  const auto first = std::get<core::CouponNumber>(reservation.coupons.front().key.name);
  BookRedemption(redemption, record.receipt, coupons_.at(first).hold->spent.time_ms);
  record.committed = redemption.ref;
  Remember(redemption.ref, intent.op, redemption);
  return redemption;
}

async::Task<Result<Redemption>> MemoryStore::Commit(storage::CommitIntent intent) {
  co_return CommitNow(intent);
}

Result<Released> MemoryStore::ReleaseNow(const storage::ReleaseIntent& intent) {
  const uint32_t partition = intent.reservation.partition;
  if (auto settled = Settled<Released>(intent.op, partition)) return *settled;
  const auto found = reservations_.find(intent.reservation);
  if (found == reservations_.end()) return Error(Reason::kReservationNotFound, "no such reservation");
  ReservationRecord& record = found->second;
  if (record.committed) {
    return Error(Reason::kReservationCommitted, "committed")
        .With("redemption_id", record.committed->ToId('r'));
  }
  if (record.released) return *record.released;
  std::vector<CouponRecord*> held;
  for (const AppliedCoupon& applied : record.reservation.coupons) {
    if (!Holds(record.reservation, applied)) continue;
    held.push_back(&coupons_.at(std::get<core::CouponNumber>(applied.key.name)));
  }
  if (held.empty()) return Error(Reason::kReservationFenced, "not held");
  if (probing_) return WouldTakeEffect();

  for (CouponRecord* coupon : held) {
    GiveBackHold(*coupon);
    coupon->hold.reset();
    Book(*coupon, [](CampaignTotals& totals) {
      ++totals.released;
      --totals.reserved_now;
      ++totals.available_now;
    });
  }
  record.released = Released{intent.reservation, now()};
  Remember(RefOf(intent.op, partition), intent.op, *record.released);
  return *record.released;
}

async::Task<Result<Released>> MemoryStore::Release(storage::ReleaseIntent intent) {
  co_return ReleaseNow(intent);
}

}  // namespace tessera::contract
