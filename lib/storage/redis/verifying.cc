#include "storage/redis/verifying.h"

#include <algorithm>

#include "async/when_all.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/stream_state.h"

namespace tessera::storage {
namespace {

constexpr size_t kDifferencesMax = 1000;
// Entries that read_counters adds up itself when they are not applied yet.
constexpr int kTailMax = 2000;
constexpr int kAttemptsMax = 200;
// Times that a partition's wallets are read again because something moved meanwhile.
constexpr int kWalletAttemptsMax = 5;
constexpr uint32_t kWave = 256;
// The two shortest days: of an older day the books may be gone.
constexpr int64_t kDayBooksKeptMs = int64_t{46} * 3'600'000;

void Compare(Verification* found, const std::string& campaign_id, std::optional<uint32_t> partition,
             std::string_view term, int64_t expected, int64_t actual) {
  ++found->terms_checked;
  if (expected == actual || found->differences.size() >= kDifferencesMax) return;
  Difference difference;
  difference.campaign_id = campaign_id;
  difference.partition = partition;
  difference.term = std::string(term);
  difference.expected = expected;
  difference.found = actual;
  found->differences.push_back(std::move(difference));
}

int64_t NumberOf(redis::Value value) {
  const redis::Result<int64_t> number = value.Number();
  return number.ok() ? *number : 0;
}

}  // namespace

std::vector<Verifying::Campaigns> Verifying::Together(Campaigns campaigns) {
  std::vector<Campaigns> groups;
  for (size_t first = 0; first < campaigns.size(); first += kReadTogether)
    groups.push_back(campaigns.subspan(first, std::min(kReadTogether, campaigns.size() - first)));
  return groups;
}

async::Task<core::Result<std::vector<Verifying::Counters>>> Verifying::ReadCounters(uint32_t partition,
                                                                                    Campaigns campaigns,
                                                                                    Deadline deadline) {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    redis::Command command(redis_scripts::kReadCounters);
    command.ReadOnly().Key(backend_.keys.Totals(partition)).Key(backend_.keys.Ledger(partition));
    for (const KnownCampaignPtr& known : campaigns)
      command.Key(backend_.keys.Campaign(partition, known->campaign.number));
    command.Arg(kTailMax);
    for (const KnownCampaignPtr& known : campaigns) command.Arg(known->campaign.number.value);
    core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if ((*reply)[0].text() == "BEHIND") {
      const core::Result<ApplyProgress> applied = co_await ledger_.Apply(partition, kTailMax, deadline);
      if (!applied.ok()) co_return applied.error();
      continue;
    }
    if ((*reply)[0].text() != "OK") co_return Nonsense("read_counters", *reply);
    std::vector<Counters> all(campaigns.size());
    size_t at = 1;
    for (Counters& counters : all) {
      counters.reserved = NumberOf((*reply)[at++]);
      counters.redeemed = NumberOf((*reply)[at++]);
      counters.expired = NumberOf((*reply)[at++]);
      counters.revoked = NumberOf((*reply)[at++]);
      for (StoredShare& share : counters.shares)
        share = OpenShare((*reply)[at++].text()).value_or(StoredShare());
      counters.issued = counters.share(LimitKind::kStock).issued;
      for (int64_t& sum : counters.ledger) sum = (*reply)[at++].integer();
    }
    co_return all;
  }
  co_return Contended("The ledger grows faster than it can be read.");
}

void Verifying::CompareCounters(const core::Campaign& campaign, uint32_t partition, const Counters& counters,
                                Verification* found) {
  const auto compare = [&](std::string_view term, int64_t expected, int64_t actual) {
    Compare(found, campaign.id, partition, term, expected, actual);
  };
  const auto ledger = [&counters](Metric metric) { return counters.ledger[static_cast<size_t>(metric)]; };
  compare("issued: ledger = counter", ledger(Metric::kIssued), counters.issued);
  compare("reserved: ledger = counter", ledger(Metric::kReservedNow), counters.reserved);
  compare("redeemed: ledger = counter", ledger(Metric::kRedeemedNow), counters.redeemed);
  compare("expired: ledger = counter", ledger(Metric::kExpired), counters.expired);
  compare("revoked: ledger = counter", ledger(Metric::kRevoked), counters.revoked);
  const int64_t available =
      counters.issued - counters.reserved - counters.redeemed - counters.expired - counters.revoked;
  compare("available: not negative", std::max<int64_t>(available, 0), available);
  if (campaign.definition.limits.stock_total.has_value()) {
    compare("stock: issued - of codes - returned = used",
            ledger(Metric::kIssued) - ledger(Metric::kIssuedOfCodes) - ledger(Metric::kStockReturned),
            counters.share(LimitKind::kStock).used);
  }
  if (campaign.definition.use_limits.budget_total_minor.has_value()) {
    // What orders hold is spent too, and is on no sum.
    const int64_t redeemed = ledger(Metric::kDiscount);
    const int64_t used = counters.share(LimitKind::kBudget).used;
    const bool holds = ledger(Metric::kReservedNow) > 0;
    compare("budget: discounts that stand = used", holds ? std::max(redeemed, used) : redeemed, used);
  }
}

async::Task<core::Status> Verifying::VerifyEscrows(KnownCampaignPtr campaign,
                                                   const std::vector<Counters>* counters, Deadline deadline,
                                                   Verification* found) {
  for (size_t i = 0; i < kLimitKinds; ++i) {
    const auto kind = static_cast<LimitKind>(i);
    const std::optional<int64_t> cap = CapOf(campaign->campaign.definition, kind);
    if (!cap.has_value()) continue;
    core::Status verified = co_await VerifyEscrow(campaign, kind, *cap, counters, deadline, found);
    if (!verified.ok()) co_return verified;
  }
  co_return core::Ok();
}

async::Task<core::Status> Verifying::VerifyCampaigns(Campaigns campaigns, Deadline deadline,
                                                     Verification* found) {
  std::vector<std::vector<Counters>> counters(campaigns.size());  // by campaign and partition
  for (uint32_t p = 0; p < backend_.keys.shape().partitions; ++p) {
    core::Result<std::vector<Counters>> read = co_await ReadCounters(p, campaigns, deadline);
    if (!read.ok()) co_return std::move(read).error();
    for (size_t i = 0; i < campaigns.size(); ++i) {
      CompareCounters(campaigns[i]->campaign, p, (*read)[i], found);
      counters[i].push_back((*read)[i]);
    }
  }
  for (size_t i = 0; i < campaigns.size(); ++i) {
    core::Status verified = co_await VerifyEscrows(campaigns[i], &counters[i], deadline, found);
    if (!verified.ok()) co_return verified;
  }
  co_return core::Ok();
}

async::Task<core::Status> Verifying::VerifyEscrow(KnownCampaignPtr campaign, LimitKind kind,
                                                  int64_t defined_cap, const std::vector<Counters>* counters,
                                                  Deadline deadline, Verification* found) {
  const std::string& id = campaign->campaign.id;
  // The last day that any partition has seen; those that have seen none of it have nothing of it.
  core::InstantMs window = 0;
  for (const Counters& one : *counters) window = std::max(window, one.share(kind).window);
  redis::Command command("HGETALL");
  command.ReadOnly().Key(backend_.keys.LimitBooks(id, kind, window));
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  // A day's books go at the end of the day after.
  if (CountsDays(kind) && backend_.clock.Now() >= window + kDayBooksKeptMs) co_return core::Ok();
  std::map<std::string, int64_t, std::less<>> books;
  for (size_t i = 0; i + 1 < reply->size(); i += 2)
    books[std::string((*reply)[i].text())] = NumberOf((*reply)[i + 1]);
  const int64_t cap = books.contains("cap") ? books["cap"] : defined_cap;
  const std::string limit =
      std::string(IsBudget(kind) ? "budget" : "stock") + (CountsDays(kind) ? " of a day" : "");
  int64_t away = 0;
  for (uint32_t p = 0; p < counters->size(); ++p) {
    const StoredShare& share = (*counters)[p].share(kind);
    const int64_t leased = books["l" + std::to_string(p)];
    const int64_t received = books["r" + std::to_string(p)];
    away += leased - received;
    Compare(found, id, p, limit + ": share + used + sent = got", share.got,
            share.share + share.used + share.sent);
    Compare(found, id, p, limit + ": nothing negative", 0,
            std::min({share.share, share.used, share.sent, int64_t{0}}));
    // The home was read after the partition: what it leased can only be more, what it received at least what
    // was settled.
    const int64_t got = share.window == window ? share.got : 0;
    Compare(found, id, p, limit + ": got at most leased", std::min(got, leased), got);
  }
  const int64_t pool = books.contains("pool") ? books["pool"] : cap;
  Compare(found, id, std::nullopt, limit + ": pool + away = cap", cap, pool + away);
  co_return core::Ok();
}

async::Task<void> Verifying::CountWallet(uint32_t partition, uint32_t bucket, Deadline deadline,
                                         std::map<uint32_t, WalletCounts>* counts,
                                         core::Status* failure) const {
  redis::Command command("HGETALL");
  command.ReadOnly().Key(backend_.keys.Wallet(partition, bucket));
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) {
    *failure = std::move(reply).error();
    co_return;
  }
  for (size_t i = 0; i + 1 < reply->size(); i += 2) {
    const std::string_view field = (*reply)[i].text();
    const std::string_view value = (*reply)[i + 1].text();
    if (const std::optional<StoredUses> uses = OpenUses(field, value)) {
      (*counts)[uses->campaign.value].uses += uses->total;
    } else if (OpenCouponField(field).has_value()) {
      const std::optional<StoredCoupon> coupon = OpenCoupon(value);
      if (coupon.has_value()) ++(*counts)[coupon->campaign.value].states[static_cast<size_t>(coupon->state)];
    }
  }
}

async::Task<core::Result<std::map<uint32_t, Verifying::WalletCounts>>> Verifying::CountWallets(
    uint32_t partition, Deadline deadline) const {
  std::map<uint32_t, WalletCounts> counts;
  core::Status failure = core::Ok();
  const uint32_t buckets = backend_.keys.shape().buckets;
  for (uint32_t begin = 0; begin < buckets && failure.ok(); begin += kWave) {
    std::vector<async::Task<void>> tasks;
    for (uint32_t b = begin; b < std::min(buckets, begin + kWave); ++b) {
      tasks.push_back(CountWallet(partition, b, deadline, &counts, &failure));
    }
    co_await async::WhenAll(std::move(tasks));
  }
  if (!failure.ok()) co_return std::move(failure).error();
  co_return counts;
}

async::Task<core::Result<std::vector<Verifying::Counters>>> Verifying::ReadAll(uint32_t partition,
                                                                               Campaigns campaigns,
                                                                               Deadline deadline) {
  std::vector<Counters> all;
  for (const Campaigns some : Together(campaigns)) {
    core::Result<std::vector<Counters>> counters = co_await ReadCounters(partition, some, deadline);
    if (!counters.ok()) co_return std::move(counters).error();
    all.insert(all.end(), counters->begin(), counters->end());
  }
  co_return all;
}

async::Task<core::Status> Verifying::VerifyWallets(uint32_t partition, Campaigns campaigns, Deadline deadline,
                                                   Verification* found) {
  for (int attempt = 0; attempt < kWalletAttemptsMax; ++attempt) {
    core::Result<std::vector<Counters>> before = co_await ReadAll(partition, campaigns, deadline);
    if (!before.ok()) co_return std::move(before).error();
    core::Result<std::map<uint32_t, WalletCounts>> counted = co_await CountWallets(partition, deadline);
    if (!counted.ok()) co_return std::move(counted).error();
    core::Result<std::vector<Counters>> after = co_await ReadAll(partition, campaigns, deadline);
    if (!after.ok()) co_return std::move(after).error();
    if (*before != *after) continue;
    for (size_t i = 0; i < campaigns.size(); ++i) {
      const core::Campaign& campaign = campaigns[i]->campaign;
      const Counters& counters = (*after)[i];
      const WalletCounts& wallets = (*counted)[campaign.number.value];
      const int64_t available =
          counters.issued - counters.reserved - counters.redeemed - counters.expired - counters.revoked;
      const int64_t expected[] = {available, counters.reserved, counters.redeemed, counters.expired,
                                  counters.revoked};
      constexpr std::string_view kTerms[] = {"available: counter = wallets", "reserved: counter = wallets",
                                             "redeemed: counter = wallets", "expired: counter = wallets",
                                             "revoked: counter = wallets"};
      for (size_t s = 0; s < wallets.states.size(); ++s) {
        Compare(found, campaign.id, partition, kTerms[s], expected[s], wallets.states[s]);
      }
      // What returns gave back was uncounted, unless the coupon stayed used.
      if (campaign.definition.use_limits.count_uses()) {
        Compare(found, campaign.id, partition, "uses: reserved and redeemed = counted",
                counters.reserved + counters.redeemed, wallets.uses);
      }
    }
    co_return core::Ok();
  }
  co_return Contended("The wallets change faster than they can be counted.");
}

async::Task<core::Status> Verifying::VerifyLedger(uint32_t partition, Deadline deadline,
                                                  Verification* found) {
  // The sums are read first: the ledger can only have more than what was added up.
  redis::Command sums("HGETALL");
  sums.ReadOnly().Key(backend_.keys.Totals(partition));
  const core::Result<redis::Reply> totals = co_await backend_.Call(std::move(sums), deadline);
  if (!totals.ok()) co_return totals.error();
  std::string_view last = "0-0";
  int64_t applied_entries = 0;
  for (size_t i = 0; i + 1 < totals->size(); i += 2) {
    const std::string_view name = (*totals)[i].text();
    if (name == "last") last = (*totals)[i + 1].text();
    if (name == "entries") applied_entries = NumberOf((*totals)[i + 1]);
  }
  redis::Command size("XLEN");
  size.ReadOnly().Key(backend_.keys.Ledger(partition));
  const core::Result<redis::Reply> length = co_await backend_.Call(std::move(size), deadline);
  if (!length.ok()) co_return length.error();
  StreamState ledger;
  if (length->integer() > 0) {
    redis::Command info("XINFO");
    info.ReadOnly().Arg("STREAM").Key(backend_.keys.Ledger(partition));
    const core::Result<redis::Reply> state = co_await backend_.Call(std::move(info), deadline);
    if (!state.ok()) co_return state.error();
    ledger = OpenStreamState(*state);
  }
  Compare(found, "", partition, "ledger: entries there = entries added", ledger.added, ledger.there);
  Compare(found, "", partition, "ledger: entries added at least those applied",
          std::max(ledger.added, applied_entries), ledger.added);
  const StreamId& end = ledger.last;
  const StreamId applied = OpenStreamId(last);
  const StreamId expected = std::max(end, applied);
  Compare(found, "", partition, "ledger: ends no earlier than what was applied", expected.instant_ms,
          end.instant_ms);
  if (expected.instant_ms == end.instant_ms) {
    Compare(found, "", partition, "ledger: ends no earlier than what was applied", expected.sequence,
            end.sequence);
  }
  co_return core::Ok();
}

async::Task<core::Status> Verifying::ListHome(uint32_t home, Deadline deadline, std::set<std::string>* ids,
                                              Verification* found) {
  const auto numbers = [&] {
    redis::Command command("HVALS");
    command.ReadOnly().Key(backend_.keys.Numbers(home));
    return backend_.Call(std::move(command), deadline);
  };
  // A campaign is entered in both lists at once, and one that comes meanwhile is in the later answers.
  const core::Result<redis::Reply> before = co_await numbers();
  if (!before.ok()) co_return before.error();
  redis::Command command("ZRANGE");
  command.ReadOnly().Key(backend_.keys.Ids(home)).Arg(0).Arg(-1);
  const core::Result<redis::Reply> listed = co_await backend_.Call(std::move(command), deadline);
  if (!listed.ok()) co_return listed.error();
  const core::Result<redis::Reply> after = co_await numbers();
  if (!after.ok()) co_return after.error();
  // One of the numbers' values is the next number.
  const auto count = [](const redis::Reply& reply) {
    return std::max<int64_t>(static_cast<int64_t>(reply.size()) - 1, 0);
  };
  const auto size = static_cast<int64_t>(listed->size());
  Compare(found, "", home, "campaigns: by id = by number",
          std::clamp(size, count(*before), std::max(count(*before), count(*after))), size);
  for (size_t i = 0; i < listed->size(); ++i) ids->emplace((*listed)[i].text());
  for (size_t i = 0; i < before->size(); ++i) {
    // A campaign's id begins with a letter.
    const std::string_view value = (*before)[i].text();
    if (!value.empty() && (value[0] < '0' || value[0] > '9')) ids->emplace(value);
  }
  co_return core::Ok();
}

async::Task<core::Status> Verifying::ListCampaigns(Deadline deadline,
                                                   std::vector<KnownCampaignPtr>* campaigns,
                                                   Verification* found) {
  std::set<std::string> ids;
  for (uint32_t p = 0; p < backend_.keys.shape().partitions; ++p) {
    core::Status listed = co_await ListHome(p, deadline, &ids, found);
    if (!listed.ok()) co_return listed;
    core::Status verified = co_await VerifyLedger(p, deadline, found);
    if (!verified.ok()) co_return verified;
  }
  for (const std::string& id : ids) {
    core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(id, deadline);
    const bool is_there = known.ok() || (known.error().reason != core::Reason::kCampaignNotFound &&
                                         known.error().reason != core::Reason::kStoreNonsense);
    Compare(found, id, std::nullopt, "definition: can be read", 1, is_there ? 1 : 0);
    if (known.ok()) {
      campaigns->push_back(std::move(*known));
    } else if (is_there) {
      co_return std::move(known).error();
    }
  }
  co_return core::Ok();
}

async::Task<core::Result<Verification>> Verifying::Verify(std::string campaign_id, VerifyDepth depth,
                                                          Deadline deadline) {
  Verification found;
  std::vector<KnownCampaignPtr> campaigns;
  if (!campaign_id.empty()) {
    core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(campaign_id, deadline);
    if (!known.ok()) co_return std::move(known).error();
    campaigns.push_back(std::move(*known));
  } else {
    core::Status listed = co_await ListCampaigns(deadline, &campaigns, &found);
    if (!listed.ok()) co_return std::move(listed).error();
  }
  for (const Campaigns some : Together(campaigns)) {
    core::Status verified = co_await VerifyCampaigns(some, deadline, &found);
    if (!verified.ok()) co_return std::move(verified).error();
  }
  for (uint32_t p = 0; depth == VerifyDepth::kWallets && p < backend_.keys.shape().partitions; ++p) {
    core::Status verified = co_await VerifyWallets(p, campaigns, deadline, &found);
    if (!verified.ok()) co_return std::move(verified).error();
  }
  co_return found;
}

}  // namespace tessera::storage
