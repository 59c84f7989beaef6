// Uses of coupons in the model: validate, redeem, reserve, commit, release, roll back.

#include <algorithm>

#include "answer.h"
#include "memory_store.h"

namespace tessera::contract {

using core::Error;
using core::Reason;
using core::Result;
using storage::CampaignTotals;
using storage::CouponState;
using storage::Redemption;
using storage::Released;
using storage::Reservation;
using storage::RolledBack;

Error MemoryStore::AlreadyRedeemed(const CouponRecord& coupon) const {
  return Error(Reason::kCouponAlreadyRedeemed, "redeemed")
      .With("redemption_id", coupon.redemption.ToId('r'))
      .With("order_id", redemptions_.at(coupon.redemption).redemption.order_id);
}

// What an immediate use of the coupon would take off the order, or the first reason against it.
Result<core::Discount> MemoryStore::Use(const storage::UseIntent& intent) const {
  const auto found = coupons_.find(std::get<core::CouponNumber>(intent.coupon));
  if (found == coupons_.end()) return Error(Reason::kCouponNotFound, "no such coupon");
  const CouponRecord& coupon = found->second;
  if (intent.user && *intent.user != coupon.user)
    return Error(Reason::kCouponOfAnotherUser, "another user's");
  switch (StateOf(coupon)) {
    case CouponState::kRevoked:
      return Error(Reason::kCouponRevoked, "revoked");
    case CouponState::kRedeemed:
      return AlreadyRedeemed(coupon);
    case CouponState::kExpired:
      return Error(Reason::kCouponExpired, "expired");
    case CouponState::kReserved:
      if (coupon.hold->order_id != intent.order_id) {
        return Error(Reason::kCouponReserved, "held").With("held_until", InstantText(coupon.hold->end_ms));
      }
      break;
    case CouponState::kIssued:
      break;
  }
  const core::Campaign& campaign = campaigns_.at(coupon.campaign_id).campaign;
  if (core::Status may = core::MayRedeem(campaign); !may.ok()) return may.error();
  if (now() < campaign.definition.use_window.start_ms) {
    return Error(Reason::kCouponNotYetValid, "not yet")
        .With("valid_from", InstantText(campaign.definition.use_window.start_ms));
  }
  return intent.decide(campaign);
}

async::Task<Result<storage::Verdict>> MemoryStore::Validate(storage::UseIntent intent) {
  if (std::chrono::steady_clock::now() >= intent.op.deadline)
    co_return Error(Reason::kDeadlinePassed, "too late");
  std::string campaign_id;
  if (const auto* code = std::get_if<core::CodeNumber>(&intent.coupon);
      code && !used_codes_.contains(*code)) {
    if (const CodeRange* range = RangeOf(*code)) campaign_id = range->campaign_id;
  } else if (code) {
    const Result<core::CouponNumber> number = CouponOfCode(intent);
    if (!number.ok()) co_return number.error();
    intent.coupon = *number;
  }
  const bool by_code = std::holds_alternative<core::CodeNumber>(intent.coupon);
  const Result<core::Discount> discount = by_code ? UseCode(intent) : Use(intent);
  if (!discount.ok()) co_return discount.error();
  if (!by_code) campaign_id = coupons_.at(std::get<core::CouponNumber>(intent.coupon)).campaign_id;
  storage::Verdict verdict;
  verdict.coupon = intent.coupon;
  verdict.campaign_id = campaign_id;
  verdict.currency = campaigns_.at(campaign_id).campaign.definition.currency;
  verdict.discount = *discount;
  co_return verdict;
}

Redemption& MemoryStore::BookRedemption(CouponRecord& coupon, Redemption redemption, bool was_held) {
  coupon.booked = Booked::kUsed;
  coupon.hold.reset();
  coupon.redemption = redemption.ref;
  Book(coupon, [was_held, redemption](CampaignTotals& totals) {
    ++totals.redeemed;
    ++totals.redeemed_now;
    --(was_held ? totals.reserved_now : totals.available_now);
    totals.discount_minor += redemption.discount_minor;
    totals.subtotal_minor += redemption.subtotal_minor;
  });
  return redemptions_[redemption.ref].redemption = redemption;
}

Result<Redemption> MemoryStore::RedeemNow(const storage::UseIntent& intent) {
  if (std::holds_alternative<core::CodeNumber>(intent.coupon)) return RedeemCodeNow(intent);
  const auto number = std::get<core::CouponNumber>(intent.coupon);
  const uint32_t partition = number.partition(options_.shape);
  if (auto settled = Settled<Redemption>(intent.op, partition)) return *settled;
  const Result<core::Discount> discount = Use(intent);
  if (!discount.ok()) return discount.error();
  if (probing_) return WouldTakeEffect();

  CouponRecord& coupon = coupons_.at(number);
  SettleHold(coupon);
  Redemption redemption;
  redemption.ref = RefOf(intent.op, partition);
  redemption.coupon = coupon.number;
  redemption.campaign_id = coupon.campaign_id;
  redemption.order_id = intent.order_id;
  redemption.currency = campaigns_.at(coupon.campaign_id).campaign.definition.currency;
  redemption.subtotal_minor = discount->subtotal_minor;
  redemption.discount_minor = discount->discount_minor;
  redemption.redeem_time_ms = now();
  BookRedemption(coupon, redemption, coupon.hold.has_value());
  Remember(redemption.ref, intent.op, redemption);
  return redemption;
}

async::Task<Result<Redemption>> MemoryStore::Redeem(storage::UseIntent intent) {
  co_return RedeemNow(intent);
}

Result<Reservation> MemoryStore::ReserveNow(const storage::ReserveIntent& intent) {
  if (const auto* code = std::get_if<core::CodeNumber>(&intent.use.coupon)) {
    const core::UserKey user = intent.use.user ? *intent.use.user : code->Bearer(options_.shape);
    if (auto settled = Settled<Reservation>(intent.use.op, user.partition(options_.shape))) return *settled;
    if (RangeOf(*code) == nullptr) return Error(Reason::kCouponNotFound, "no such code");
    if (revoked_codes_.contains(*code)) return Error(Reason::kCouponRevoked, "revoked");
    if (!used_codes_.contains(*code)) return Error(Reason::kCodeNotBound, "nobody's yet");
    const Result<core::CouponNumber> coupon = CouponOfCode(intent.use);
    if (!coupon.ok()) return coupon.error();
    storage::ReserveIntent by_number = intent;
    by_number.use.coupon = *coupon;
    return ReserveNow(by_number);
  }
  const auto number = std::get<core::CouponNumber>(intent.use.coupon);
  const uint32_t partition = number.partition(options_.shape);
  if (auto settled = Settled<Reservation>(intent.use.op, partition)) return *settled;
  const Result<core::Discount> discount = Use(intent.use);
  if (!discount.ok()) return discount.error();
  if (probing_) return WouldTakeEffect();

  CouponRecord& coupon = coupons_.at(number);
  SettleHold(coupon);
  Reservation reservation;
  reservation.ref = RefOf(intent.use.op, partition);
  reservation.coupon = coupon.number;
  reservation.campaign_id = coupon.campaign_id;
  reservation.order_id = intent.use.order_id;
  reservation.currency = campaigns_.at(coupon.campaign_id).campaign.definition.currency;
  reservation.subtotal_minor = discount->subtotal_minor;
  reservation.discount_minor = discount->discount_minor;
  reservation.expire_time_ms = std::min(now() + intent.ttl_ms, coupon.expire_time_ms);
  const bool replaces = coupon.hold.has_value();
  coupon.hold = Hold{reservation.ref, reservation.order_id, reservation.expire_time_ms};
  reservations_[reservation.ref].reservation = reservation;
  Book(coupon, [replaces](CampaignTotals& totals) {
    ++totals.reserved_events;
    if (replaces) return;
    ++totals.reserved_now;
    --totals.available_now;
  });
  Remember(reservation.ref, intent.use.op, reservation);
  return reservation;
}

async::Task<Result<Reservation>> MemoryStore::Reserve(storage::ReserveIntent intent) {
  co_return ReserveNow(intent);
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
  CouponRecord& coupon = coupons_.at(reservation.coupon);
  const Hold* hold = LiveHold(coupon);
  if (hold == nullptr || hold->reservation != reservation.ref)
    return Error(Reason::kReservationFenced, "not held");
  if (probing_) return WouldTakeEffect();

  Redemption redemption;
  redemption.ref = RefOf(intent.op, partition);
  redemption.coupon = reservation.coupon;
  redemption.campaign_id = reservation.campaign_id;
  redemption.order_id = reservation.order_id;
  redemption.currency = reservation.currency;
  redemption.subtotal_minor = reservation.subtotal_minor;
  redemption.discount_minor = reservation.discount_minor;
  redemption.redeem_time_ms = now();
  BookRedemption(coupon, redemption, true);
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
  CouponRecord& coupon = coupons_.at(record.reservation.coupon);
  const Hold* hold = LiveHold(coupon);
  if (hold == nullptr || hold->reservation != intent.reservation)
    return Error(Reason::kReservationFenced, "not held");
  if (probing_) return WouldTakeEffect();

  coupon.hold.reset();
  record.released = Released{intent.reservation, now()};
  Book(coupon, [](CampaignTotals& totals) {
    ++totals.released;
    --totals.reserved_now;
    ++totals.available_now;
  });
  Remember(RefOf(intent.op, partition), intent.op, *record.released);
  return *record.released;
}

async::Task<Result<Released>> MemoryStore::Release(storage::ReleaseIntent intent) {
  co_return ReleaseNow(intent);
}

Result<RolledBack> MemoryStore::RollbackNow(const storage::RollbackIntent& intent) {
  const uint32_t partition = intent.redemption.partition;
  if (auto settled = Settled<RolledBack>(intent.op, partition)) return *settled;
  const auto found = redemptions_.find(intent.redemption);
  if (found == redemptions_.end()) return Error(Reason::kRedemptionNotFound, "no such redemption");
  storage::RedemptionView& view = found->second;
  if (view.rolled_back) return *view.rolled_back;
  if (probing_) return WouldTakeEffect();

  CouponRecord& coupon = coupons_.at(view.redemption.coupon);
  bool restored = false;
  switch (campaigns_.at(coupon.campaign_id).campaign.definition.restore_policy) {
    case core::RestorePolicy::kRestore:
      restored = true;
      break;
    case core::RestorePolicy::kKeepUsed:
      break;
    case core::RestorePolicy::kRestoreIfUnexpired:
      restored = now() < coupon.expire_time_ms;
      break;
  }
  if (restored) coupon.booked = Booked::kUsable;
  view.rolled_back = RolledBack{intent.redemption, now(), restored};
  const Redemption& redemption = view.redemption;
  Book(coupon, [restored, redemption](CampaignTotals& totals) {
    ++totals.rolled_back;
    totals.discount_minor -= redemption.discount_minor;
    totals.subtotal_minor -= redemption.subtotal_minor;
    if (!restored) return;
    --totals.redeemed_now;
    ++totals.available_now;
  });
  if (restored && coupon.code) FreeCode(coupon);
  Remember(RefOf(intent.op, partition), intent.op, *view.rolled_back);
  return *view.rolled_back;
}

async::Task<Result<RolledBack>> MemoryStore::Rollback(storage::RollbackIntent intent) {
  co_return RollbackNow(intent);
}

async::Task<Result<storage::RedemptionView>> MemoryStore::GetRedemption(core::OpRef ref, storage::Deadline) {
  const auto found = redemptions_.find(ref);
  if (found == redemptions_.end()) co_return Error(Reason::kRedemptionNotFound, "no such redemption");
  co_return found->second;
}

}  // namespace tessera::contract
