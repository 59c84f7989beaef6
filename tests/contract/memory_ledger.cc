// The model's ledger, totals and sweeps.

#include "memory_store.h"

namespace tessera::contract {

using core::Error;
using core::Reason;
using core::Result;
using storage::CampaignTotals;
using storage::SweepReport;

void MemoryStore::Book(const CouponRecord& coupon, std::function<void(CampaignTotals&)> add) {
  Book(coupon.number.partition(options_.shape), coupon.campaign_id, std::move(add));
}

void MemoryStore::Book(uint32_t partition, const std::string& campaign_id,
                       std::function<void(CampaignTotals&)> add) {
  ledger_[partition].push_back({campaign_id, now(), std::move(add)});
}

bool MemoryStore::SettleHold(CouponRecord& coupon) {
  if (!coupon.hold || LiveHold(coupon) != nullptr) return false;
  GiveBackHold(coupon);
  coupon.hold.reset();
  Book(coupon, [](CampaignTotals& totals) {
    ++totals.released;
    --totals.reserved_now;
    ++totals.available_now;
  });
  return true;
}

async::Task<Result<storage::ApplyProgress>> MemoryStore::Apply(uint32_t partition, int32_t entries_max,
                                                               storage::Deadline) {
  std::deque<LedgerEvent>& events = ledger_[partition];
  storage::ApplyProgress progress;
  while (!events.empty() && progress.applied < entries_max) {
    events.front().add(totals_.at(events.front().campaign_id));
    events.pop_front();
    ++progress.applied;
  }
  progress.more = !events.empty();
  if (progress.more) progress.lag_ms = now() - events.front().time_ms;
  co_return progress;
}

async::Task<Result<CampaignTotals>> MemoryStore::Totals(std::string campaign_id, storage::Deadline) {
  const auto found = campaigns_.find(campaign_id);
  if (found == campaigns_.end()) co_return Error(Reason::kCampaignNotFound, "no such campaign");
  const core::CampaignDefinition& definition = found->second.campaign.definition;
  CampaignTotals totals = totals_.at(campaign_id);
  totals.currency = definition.offer.currency;
  if (definition.limits.stock_total)
    totals.stock_left = *definition.limits.stock_total - found->second.stock_used;
  co_return totals;
}

async::Task<Result<std::vector<CampaignTotals>>> MemoryStore::TotalsOfEach(
    std::vector<storage::CampaignPtr> campaigns, storage::Deadline deadline) {
  std::vector<CampaignTotals> all;
  for (const storage::CampaignPtr& campaign : campaigns) {
    auto totals = co_await Totals(campaign->id, deadline);
    if (!totals.ok()) co_return std::move(totals).error();
    all.push_back(*std::move(totals));
  }
  co_return all;
}

// Counts every coupon again and compares with what the events came to.
async::Task<Result<storage::Verification>> MemoryStore::Verify(std::string campaign_id, storage::VerifyDepth,
                                                               storage::Deadline) {
  if (!campaign_id.empty() && !campaigns_.contains(campaign_id)) {
    co_return Error(Reason::kCampaignNotFound, "no such campaign");
  }
  std::map<std::string, CampaignTotals> counted;
  for (const auto& [number, coupon] : coupons_) {
    CampaignTotals& totals = counted[coupon.campaign_id];
    ++totals.issued;
    if (coupon.booked == Booked::kUsed) ++totals.redeemed_now;
    if (coupon.booked == Booked::kExpired) ++totals.expired;
    if (coupon.booked == Booked::kRevoked) ++totals.revoked;
    if (coupon.booked == Booked::kUsable) ++(coupon.hold ? totals.reserved_now : totals.available_now);
  }
  std::map<std::string, CampaignTotals> found = totals_;
  for (const auto& [partition, events] : ledger_) {
    for (const LedgerEvent& event : events) event.add(found.at(event.campaign_id));
  }
  storage::Verification verification;
  for (const auto& [id, totals] : found) {
    if (!campaign_id.empty() && id != campaign_id) continue;
    const CampaignTotals& expected = counted[id];
    const auto check = [&](const char* term, int64_t want, int64_t have) {
      ++verification.terms_checked;
      if (want != have) verification.differences.push_back({id, std::nullopt, term, want, have});
    };
    check("issued", expected.issued, totals.issued);
    check("available_now", expected.available_now, totals.available_now);
    check("reserved_now", expected.reserved_now, totals.reserved_now);
    check("redeemed_now", expected.redeemed_now, totals.redeemed_now);
    check("expired", expected.expired, totals.expired);
    check("revoked", expected.revoked, totals.revoked);
  }
  co_return verification;
}

async::Task<Result<SweepReport>> MemoryStore::SweepDue(uint32_t partition, storage::Deadline) {
  SweepReport report;
  for (auto& [number, coupon] : coupons_) {
    if (number.partition(options_.shape) != partition) continue;
    if (SettleHold(coupon)) ++report.reservations_expired;
    if (coupon.booked != Booked::kUsable || now() < coupon.usable.end_ms) continue;
    coupon.booked = Booked::kExpired;
    Book(coupon, [](CampaignTotals& totals) {
      ++totals.expired;
      --totals.available_now;
    });
    ++report.coupons_expired;
  }
  co_return report;
}

// Nothing travels between partitions here, and a change is everywhere at once.
async::Task<Result<SweepReport>> MemoryStore::SweepTransfers(uint32_t, storage::Deadline) {
  co_return SweepReport{};
}
async::Task<Result<SweepReport>> MemoryStore::SweepChanges(uint32_t, storage::Deadline) {
  co_return SweepReport{};
}

}  // namespace tessera::contract
