#include "storage/redis/stack_codes.h"

#include <algorithm>

#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

}  // namespace

// A code that was found to be something else than nobody's, or to be another's.
async::Task<core::Result<bool>> StackCodes::Learn(StackUse* use, StackItem* item, CodeFound found) const {
  const core::Shape& shape = backend_.keys.shape();
  switch (found.kind) {
    case CodeFound::Kind::kTaken:
    case CodeFound::Kind::kFree:
    case CodeFound::Kind::kHeld:
      if (use->mode != StackUse::Mode::kReserve) co_return false;
      item->refused =
          Error(Reason::kCodeNotBound, "The code belongs to nobody, so no order can hold it: bind it first.");
      co_return true;
    case CodeFound::Kind::kRevoked:
      item->refused = CouponTakenBack();
      co_return true;
    case CodeFound::Kind::kSpent:
      item->refused = Error(Reason::kCodeUsedUp, "All uses of the code are taken.")
                          .With("limit", std::to_string(item->uses_max));
      co_return true;
    case CodeFound::Kind::kUsed:
      break;
  }
  if (!use->named) {
    item->refused = co_await RefusalToGuest(found.coupon, use->intent.op.deadline);
  } else if (found.coupon.partition(shape) != use->partition || found.coupon.bucket(shape) != use->bucket) {
    item->refused = AnothersCoupon();
  } else {
    item->code.reset();
    item->coupon = found.coupon;
  }
  co_return true;
}

async::Task<core::Error> StackCodes::RefusalToGuest(core::CouponNumber coupon, Deadline deadline) const {
  core::Result<StoredCoupon> stored = co_await coupons_.Read(coupon, deadline);
  if (!stored.ok()) co_return std::move(stored).error();
  if (stored->state == CouponState::kRedeemed) {
    co_return co_await outcomes_.AlreadyRedeemed(coupon.partition(backend_.keys.shape()),
                                                 std::move(stored->reference), deadline);
  }
  if (stored->state == CouponState::kRevoked) co_return CouponTakenBack();
  co_return Error(Reason::kSubjectRequired, "The code is in a user's wallet: user_id is needed.")
      .With("field", "user_id");
}

async::Task<core::Result<bool>> StackCodes::Look(StackUse* use) const {
  bool changed = false;
  for (StackItem& item : use->items) {
    if (!item.code.has_value() || item.refused.has_value()) continue;
    core::Result<CodeFound> found = co_await taking_.Look(*item.code, use->intent.op.deadline);
    if (!found.ok()) co_return std::move(found).error();
    core::Result<bool> learned = co_await Learn(use, &item, *found);
    if (!learned.ok()) co_return std::move(learned).error();
    changed = changed || *learned;
  }
  co_return changed;
}

async::Task<core::Result<bool>> StackCodes::Take(StackUse* use) const {
  for (const core::AppliedCoupon& applied : use->stack->applied) {
    StackItem* item = use->Find(applied.key);
    if (!item->code.has_value() || item->taken == use->attempt) continue;
    core::Result<CodeFound> found =
        co_await taking_.Take(*item->code, use->Holder(), use->intent.op.deadline);
    if (!found.ok() && found.error().reason == Reason::kContended) {
      // Another order is about to use it, or not: so nothing can be said of the others without it either.
      item->refused = std::move(found).error();
      use->intent.partial = false;
      co_return true;
    }
    if (!found.ok()) co_return std::move(found).error();
    if (found->kind == CodeFound::Kind::kTaken) item->taken = use->attempt;
    core::Result<bool> learned = co_await Learn(use, item, *found);
    if (!learned.ok()) co_return std::move(learned).error();
    if (*learned) co_return true;
  }
  co_return false;
}

// Every attempt that took them is fenced by now.
async::Task<void> StackCodes::Free(const StackUse* use) const {
  for (const StackItem& item : use->items) {
    const auto* code = std::get_if<core::CodeNumber>(&item.name);
    if (item.taken == 0 || code == nullptr) continue;
    CodeHolder holder = use->Holder();
    holder.attempt = item.taken;
    co_await taking_.Free(*code, holder, use->intent.op.deadline);
  }
}

async::Task<void> StackCodes::TellHomes(const StackUse* use, std::string text) const {
  const std::optional<Record> record = OpenRecord(text);
  if (!record.has_value()) co_return;
  // Whoever fails here leaves the news in the partition, and a sweeper tells them.
  const Deadline deadline = Afterwards(use->intent.op.deadline);
  CodeHolder holder = use->Holder();
  for (const RecordedUse& one : record->uses) {
    if (!one.code.has_value()) continue;
    if (one.restored) {
      co_await taking_.Undo(*one.code, holder, deadline);
    } else {
      co_await taking_.Confirm(*one.code, holder, one.coupon, deadline);
    }
  }
  for (const StackItem& item : use->items) {
    if (item.taken == 0 || !item.code.has_value()) continue;
    const bool is_used = std::any_of(record->uses.begin(), record->uses.end(),
                                     [&item](const RecordedUse& one) { return one.code == item.code; });
    holder.attempt = item.taken;
    if (!is_used) co_await taking_.Free(*item.code, holder, deadline);
  }
}

}  // namespace tessera::storage
