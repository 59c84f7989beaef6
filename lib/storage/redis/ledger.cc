#include "storage/redis/ledger.h"

#include <algorithm>

#include "async/when_all.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/stream_state.h"

namespace tessera::storage {
namespace {

// Campaigns whose sums a partition is asked for at once.
constexpr size_t kSumsTogether = 20;

CampaignTotals TotalsOf(const core::Campaign& campaign, const std::array<int64_t, kMetricCount>& sums) {
  const auto sum = [&sums](Metric metric) { return sums[static_cast<size_t>(metric)]; };
  CampaignTotals totals;
  totals.campaign_id = campaign.id;
  totals.currency = campaign.definition.offer.currency;
  totals.issued = sum(Metric::kIssued);
  totals.claimed = sum(Metric::kClaimed);
  totals.reserved_events = sum(Metric::kReserved);
  totals.redeemed = sum(Metric::kRedeemed);
  totals.rolled_back = sum(Metric::kRolledBack);
  totals.expired = sum(Metric::kExpired);
  totals.revoked = sum(Metric::kRevoked);
  totals.released = sum(Metric::kReleased);
  totals.codes_generated = sum(Metric::kCodesGenerated);
  totals.codes_revoked = sum(Metric::kCodesRevoked);
  totals.issued_of_codes = sum(Metric::kIssuedOfCodes);
  totals.reserved_now = sum(Metric::kReservedNow);
  totals.redeemed_now = sum(Metric::kRedeemedNow);
  totals.available_now =
      totals.issued - totals.reserved_now - totals.redeemed_now - totals.expired - totals.revoked;
  totals.discount_minor = sum(Metric::kDiscount);
  totals.subtotal_minor = sum(Metric::kSubtotal);
  if (campaign.definition.limits.stock_total.has_value()) {
    totals.stock_left = *campaign.definition.limits.stock_total - totals.issued + totals.issued_of_codes +
                        sum(Metric::kStockReturned);
  }
  return totals;
}

}  // namespace

async::Task<bool> Ledger::IsApplied(uint32_t partition, Deadline deadline) const {
  redis::Command totals("HGET");
  totals.ReadOnly().Key(backend_.keys.Totals(partition)).Arg("last");
  const core::Result<redis::Reply> last = co_await backend_.Call(std::move(totals), deadline);
  if (!last.ok()) co_return false;
  redis::Command ledger("XREVRANGE");
  ledger.ReadOnly().Key(backend_.keys.Ledger(partition)).Arg("+").Arg("-").Arg("COUNT").Arg(1);
  const core::Result<redis::Reply> newest = co_await backend_.Call(std::move(ledger), deadline);
  co_return newest.ok() && (*newest)[0][0].text() == last->text();
}

async::Task<core::Result<ApplyProgress>> Ledger::Apply(uint32_t partition, int32_t entries_max,
                                                       Deadline deadline) {
  // Where the last look found something there is likely more.
  if (was_applied_[partition] && co_await IsApplied(partition, deadline)) co_return ApplyProgress();
  // At most one repetition: the first answer names the id to go on from.
  for (int attempt = 0; attempt < 2; ++attempt) {
    redis::Command command(redis_scripts::kApplyLedger);
    command.Key(backend_.keys.Ledger(partition))
        .Key(backend_.keys.Totals(partition))
        .Arg(last_[partition])
        .Arg(entries_max);
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "MOVED") {
      last_[partition] = reply->reply[2].text();
      continue;
    }
    if (reply->status == "REWOUND") {
      co_return core::Error(core::Reason::kStoreEmpty,
                            "The ledger lost events that were applied: rebuild the totals.")
          .Because("partition " + std::to_string(partition) + " ends before " +
                   std::string(reply->reply[2].text()));
    }
    if (reply->status != "OK") co_return Nonsense("apply_ledger", reply->reply);
    last_[partition] = reply->reply[3].text();
    ApplyProgress progress;
    progress.applied = reply->reply[2].integer();
    const std::string_view waiting = reply->reply[4].text();
    progress.more = !waiting.empty();
    was_applied_[partition] = progress.applied == 0 && !progress.more;
    if (progress.more)
      progress.lag_ms = std::max<core::InstantMs>(0, reply->now_ms - OpenStreamId(waiting).instant_ms);
    co_return progress;
  }
  ApplyProgress raced;
  raced.more = true;
  co_return raced;
}

async::Task<void> Ledger::AddTotals(uint32_t partition, std::span<const CampaignPtr> campaigns,
                                    Deadline deadline, std::vector<Sums>* sums, core::Status* failure) const {
  for (size_t first = 0; first < campaigns.size() && failure->ok(); first += kSumsTogether) {
    const size_t last = std::min(first + kSumsTogether, campaigns.size());
    redis::Command command("HMGET");
    command.ReadOnly().Key(backend_.keys.Totals(partition));
    for (size_t i = first; i < last; ++i) {
      const std::string number = std::to_string(campaigns[i]->number.value) + ":";
      for (const char letter : kMetricLetters) command.Arg(number + letter);
    }
    core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
    if (!reply.ok()) {
      *failure = std::move(reply).error();
      co_return;
    }
    size_t at = 0;
    for (size_t i = first; i < last; ++i) {
      for (int64_t& sum : (*sums)[i]) {
        const redis::Result<int64_t> value = (*reply)[at++].Number();
        if (value.ok()) sum += *value;
      }
    }
  }
}

async::Task<core::Result<std::vector<CampaignTotals>>> Ledger::TotalsOfEach(
    std::vector<CampaignPtr> campaigns, Deadline deadline) {
  std::vector<Sums> sums(campaigns.size());
  core::Status failure = core::Ok();
  std::vector<async::Task<void>> tasks;
  for (uint32_t p = 0; p < backend_.keys.shape().partitions; ++p) {
    tasks.push_back(AddTotals(p, campaigns, deadline, &sums, &failure));
  }
  co_await async::WhenAll(std::move(tasks));
  if (!failure.ok()) co_return std::move(failure).error();
  std::vector<CampaignTotals> totals;
  for (size_t i = 0; i < campaigns.size(); ++i) totals.push_back(TotalsOf(*campaigns[i], sums[i]));
  co_return totals;
}

async::Task<core::Result<CampaignTotals>> Ledger::Totals(std::string campaign_id, Deadline deadline) {
  const core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(campaign_id, deadline);
  if (!known.ok()) co_return known.error();
  std::vector<CampaignPtr> campaigns;
  campaigns.emplace_back(*known, &(*known)->campaign);
  auto totals = co_await TotalsOfEach(std::move(campaigns), deadline);
  if (!totals.ok()) co_return std::move(totals).error();
  co_return std::move(totals->front());
}

}  // namespace tessera::storage
