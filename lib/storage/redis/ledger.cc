#include "storage/redis/ledger.h"

#include <charconv>

#include "async/when_all.h"
#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

// The instant in a stream id, such as 1716208223512-3.
core::InstantMs InstantOf(std::string_view stream_id) {
  core::InstantMs instant = 0;
  std::from_chars(stream_id.data(), stream_id.data() + stream_id.size(), instant);
  return instant;
}

}  // namespace

async::Task<core::Result<ApplyProgress>> Ledger::Apply(uint32_t partition, int32_t entries_max,
                                                       Deadline deadline) {
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
    if (progress.more) progress.lag_ms = std::max<core::InstantMs>(0, reply->now_ms - InstantOf(waiting));
    co_return progress;
  }
  ApplyProgress raced;
  raced.more = true;
  co_return raced;
}

async::Task<void> Ledger::AddTotals(uint32_t partition, core::CampaignNumber number, Deadline deadline,
                                    std::vector<int64_t>* sums, core::Status* failure) const {
  redis::Command command("HMGET");
  command.ReadOnly().Key(backend_.keys.Totals(partition));
  for (const char letter : kMetricLetters) command.Arg(std::to_string(number.value) + ":" + letter);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) {
    *failure = std::move(reply).error();
    co_return;
  }
  for (size_t i = 0; i < kMetricCount; ++i) {
    const redis::Result<int64_t> value = (*reply)[i].Number();
    if (value.ok()) (*sums)[i] += *value;
  }
}

async::Task<core::Result<CampaignTotals>> Ledger::Totals(std::string campaign_id, Deadline deadline) {
  const core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(campaign_id, deadline);
  if (!known.ok()) co_return known.error();
  const core::Campaign& campaign = (*known)->campaign;
  std::vector<int64_t> sums(kMetricCount, 0);
  core::Status failure = core::Ok();
  std::vector<async::Task<void>> tasks;
  for (uint32_t p = 0; p < backend_.keys.shape().partitions; ++p) {
    tasks.push_back(AddTotals(p, campaign.number, deadline, &sums, &failure));
  }
  co_await async::WhenAll(std::move(tasks));
  if (!failure.ok()) co_return std::move(failure).error();
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
  co_return totals;
}

}  // namespace tessera::storage
