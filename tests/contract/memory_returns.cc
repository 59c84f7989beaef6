// Returns in the model: a redemption is taken back, whole or in part, and what was redeemed can be read.

#include <algorithm>

#include "core/limits.h"
#include "memory_store.h"

namespace tessera::contract {

using core::CouponNumber;
using core::Error;
using core::PartialReturn;
using core::Reason;
using core::Result;
using storage::CampaignTotals;
using storage::ReturnedCoupon;
using storage::RolledBack;

namespace {

// The return that took what was left, if there was one.
const RolledBack* WholeOf(const RedemptionRecord& record) {
  const auto& returns = record.receipt.returns;
  return !returns.empty() && returns.back().outcome.whole ? &returns.back().outcome : nullptr;
}

// Everything that still stands.
PartialReturn AllOf(const core::StandingOrder& standing) {
  PartialReturn all{.units = {}, .shipping = standing.shipping_minor > 0, .coupon = {}};
  for (uint32_t line = 0; line < standing.lines.size(); ++line) {
    if (standing.lines[line].quantity > 0) all.units.push_back({line, standing.lines[line].quantity});
  }
  return all;
}

bool NothingStands(const core::StandingOrder& standing) {
  return standing.shipping_minor == 0 &&
         std::all_of(standing.lines.begin(), standing.lines.end(),
                     [](const core::StandingLine& line) { return line.quantity == 0; });
}

// What an intent gives back, by the places of lines.
Result<PartialReturn> PartOf(const RedemptionRecord& record, const storage::RollbackIntent& intent) {
  PartialReturn part{.units = {}, .shipping = intent.shipping, .coupon = {}};
  const std::vector<core::OrderLine>& lines = record.receipt.order.lines;
  for (size_t i = 0; i < intent.lines.size(); ++i) {
    const std::string place = "lines[" + std::to_string(i) + "]";
    const auto found = std::find_if(lines.begin(), lines.end(), [&](const core::OrderLine& line) {
      return line.line_id == intent.lines[i].line_id;
    });
    if (found == lines.end()) return core::InvalidField(place + ".line_id", "must be a line of the order");
    const auto line = static_cast<uint32_t>(found - lines.begin());
    if (std::any_of(part.units.begin(), part.units.end(), [&](const auto& one) { return one.line == line; }))
      return core::InvalidField(place + ".line_id", "must be named once");
    const int64_t quantity = intent.lines[i].quantity;
    if (quantity < 1 || quantity > record.standing.lines[line].quantity)
      return core::InvalidField(place + ".quantity", "must be 1 to what was not returned yet");
    part.units.push_back({line, quantity});
  }
  if (intent.coupon) {
    for (const core::AppliedCoupon& applied : record.redemption.coupons) {
      if (applied.key.name == core::CouponName(*intent.coupon)) part.coupon = applied.key;
    }
    if (!part.coupon || record.taken_back.contains(*intent.coupon))
      return core::InvalidField("coupon_id", "must be one of the redemption's that was not taken back yet");
  }
  return part;
}

}  // namespace

void MemoryStore::NoteReturn(RedemptionRecord& record, core::StandingOrder standing) {
  record.standing = std::move(standing);
}

bool MemoryStore::TakeBack(RedemptionRecord& record, CouponRecord& coupon) {
  bool restored = false;
  switch (campaigns_.at(coupon.campaign_id).campaign.definition.restore_policy) {
    case core::RestorePolicy::kRestore:
      restored = true;
      break;
    case core::RestorePolicy::kKeepUsed:
      break;
    case core::RestorePolicy::kRestoreIfUnexpired:
      restored = now() < coupon.usable.end_ms;
      break;
  }
  if (restored) coupon.booked = Booked::kUsable;
  if (restored) GiveBackUse(coupon, record.spend_time_ms);
  Book(coupon, [restored](CampaignTotals& totals) {
    ++totals.rolled_back;
    if (!restored) return;
    --totals.redeemed_now;
    ++totals.available_now;
  });
  if (restored && coupon.code) FreeCode(coupon);

  record.taken_back.insert(coupon.number);
  // The order counts for the campaign as long as one of its coupons does.
  const auto& coupons = record.redemption.coupons;
  const bool last = std::all_of(coupons.begin(), coupons.end(), [&](const core::AppliedCoupon& applied) {
    return applied.key.campaign_id != coupon.campaign_id ||
           record.taken_back.contains(std::get<CouponNumber>(applied.key.name));
  });
  if (last) UnbookSubtotal(record, coupon.campaign_id, record.subtotals.at(coupon.campaign_id));
  return restored;
}

void MemoryStore::UnbookSubtotal(RedemptionRecord& record, const std::string& campaign_id, int64_t minor) {
  int64_t& counted = record.subtotals.at(campaign_id);
  const int64_t taken = std::min(minor, counted);
  counted -= taken;
  Book(record.redemption.ref.partition, campaign_id,
       [taken](CampaignTotals& totals) { totals.subtotal_minor -= taken; });
}

Result<RolledBack> MemoryStore::RollbackNow(const storage::RollbackIntent& intent) {
  const uint32_t partition = intent.redemption.partition;
  if (auto settled = Settled<RolledBack>(intent.op, partition)) return *settled;
  const auto found = redemptions_.find(intent.redemption);
  if (found == redemptions_.end()) return Error(Reason::kRedemptionNotFound, "no such redemption");
  RedemptionRecord& record = found->second;
  if (const RolledBack* whole = WholeOf(record)) {
    if (intent.whole()) return *whole;
    return Error(Reason::kRedemptionRolledBack, "taken back whole");
  }
  if (!intent.whole() && record.receipt.returns.size() >= core::limits::kReturnsMax)
    return Error(Reason::kTooManyReturns, "returned in too many parts");
  const Result<PartialReturn> part = intent.whole() ? AllOf(record.standing) : PartOf(record, intent);
  if (!part.ok()) return part.error();
  Result<core::ReturnOutcome> outcome = core::ReturnPart(record.standing, *part, "part");
  if (!outcome.ok()) return outcome.error();
  if (probing_) return WouldTakeEffect();

  const int64_t shipping = record.standing.shipping_minor - outcome->standing.shipping_minor;
  const int64_t goods = outcome->gross_minor - shipping;
  const bool nothing_stands = NothingStands(outcome->standing);
  NoteReturn(record, std::move(outcome->standing));
  for (const auto& [campaign_id, counted] : record.subtotals) UnbookSubtotal(record, campaign_id, goods);

  RolledBack back;
  back.redemption = intent.redemption;
  back.rollback_time_ms = now();
  back.currency = record.redemption.currency;
  back.refund_minor = outcome->refund_minor;
  back.due_minor = outcome->due_minor;
  back.whole = nothing_stands;
  for (const core::AppliedCoupon& applied : record.redemption.coupons) {
    CouponRecord& coupon = coupons_.at(std::get<CouponNumber>(applied.key.name));
    const auto change = std::find_if(outcome->coupons.begin(), outcome->coupons.end(),
                                     [&](const core::CouponChange& one) { return one.key == applied.key; });
    const bool changed = change != outcome->coupons.end();
    const bool taken_back =
        !record.taken_back.contains(coupon.number) && (back.whole || intent.coupon == coupon.number);
    if (!changed && !taken_back) continue;
    ReturnedCoupon returned{.coupon = coupon.number};
    if (changed) {
      returned.returned_minor = change->returned_minor;
      returned.clawed_minor = change->clawed_minor;
      const int64_t lost = change->returned_minor + change->clawed_minor;
      Book(coupon, [lost](CampaignTotals& totals) { totals.discount_minor -= lost; });
      GiveBackMoney(coupon, {record.spend_time_ms, lost});
    }
    if (taken_back) returned.restored = TakeBack(record, coupon);
    back.coupons.push_back(returned);
  }
  record.receipt.returns.push_back({.part = *part, .outcome = back});
  Remember(RefOf(intent.op, partition), intent.op, back);
  return back;
}

async::Task<Result<RolledBack>> MemoryStore::Rollback(storage::RollbackIntent intent) {
  co_return RollbackNow(intent);
}

async::Task<Result<storage::RedemptionView>> MemoryStore::GetRedemption(core::OpRef ref, storage::Deadline) {
  const auto found = redemptions_.find(ref);
  if (found == redemptions_.end()) co_return Error(Reason::kRedemptionNotFound, "no such redemption");
  storage::RedemptionView view;
  view.redemption = found->second.redemption;
  for (const storage::ReturnEntry& entry : found->second.receipt.returns)
    view.returns.push_back(entry.outcome);
  co_return view;
}

async::Task<Result<storage::Explanation>> MemoryStore::Explain(core::OpRef ref, storage::Deadline) {
  const auto found = redemptions_.find(ref);
  if (found == redemptions_.end()) co_return Error(Reason::kRedemptionNotFound, "no such redemption");
  storage::Explanation explanation;
  explanation.redemption = found->second.redemption;
  explanation.receipt = found->second.receipt;
  for (const core::AppliedCoupon& applied : explanation.redemption.coupons) {
    const core::Campaign& campaign = campaigns_.at(applied.key.campaign_id).campaign;
    explanation.campaigns.push_back(std::make_shared<const core::Campaign>(campaign));
  }
  co_return explanation;
}

}  // namespace tessera::contract
