#include "storage/redis/escrow.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "async/timer.h"
#include "async/when_all.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

// A block that was leased less than this ago is left to whoever leased it: else two claims steal from each
// other for ever.
constexpr int kFreshMs = 50;
constexpr std::chrono::milliseconds kFreshWait{10};
// For calling units home on behalf of claims, each of which has a deadline of its own. Whoever has more time
// asks again.
constexpr std::chrono::milliseconds kGatherTime{3'000};
// Attempts of one flight before its callers are told that they were unlucky (ABORTED).
constexpr int kRoundsMax = 64;
// Rounds of one gathering that follow each other at once. Those who need less than it looks for may lease
// meanwhile, and each such lease begins the proof anew.
constexpr int kRoundsAtOnce = 8;
// Partitions that are asked at the same time while units are called back.
constexpr uint32_t kWave = 16;

}  // namespace

std::string Escrow::BooksOf(const Limit& limit) const {
  return backend_.keys.LimitBooks(limit.campaign->campaign.id, limit.kind, limit.window);
}

void Escrow::Flight::Join(const Demand& other) {
  demand.got = std::max(demand.got, other.got);
  // What is at hand serves one of them, so it lessens the sum once.
  demand.share = std::max(demand.share, other.share);
  demand.want += other.want;
  lack = std::min(lack, other.least - other.share);
}

async::Task<core::Result<Supply>> Escrow::Acquire(Limit limit, Demand demand, Deadline deadline) {
  const std::string key = BooksOf(limit) + "/" + std::to_string(demand.partition);
  const uint64_t arrived = ++sequence_;
  for (;;) {
    const auto found = flights_.find(key);
    if (found == flights_.end()) break;
    const std::shared_ptr<Flight> flight = found->second;
    if (flight->started == 0) flight->Join(demand);
    if (!co_await flight->done.WaitUntil(deadline)) co_return CommonRefusal("DEADLINE");
    const core::Result<Supply>& answer = *flight->answer;
    // Units that came are for all who wait. "Dry" is only for those who asked before it was read, and it was
    // read of the smallest need among theirs.
    if (answer.ok() && answer->kind == Supply::Kind::kLeased && answer->total > demand.got) co_return answer;
    const bool cut_short = !answer.ok() && flight->deadline < deadline;
    if (flight->started > arrived && !cut_short) co_return answer;
  }
  const auto flight = std::make_shared<Flight>();
  flight->demand = demand;
  flight->lack = demand.least - demand.share;
  flight->deadline = deadline;
  flights_[key] = flight;
  // Whom the same script call left without a unit asks along.
  co_await async::Yield();
  flight->started = ++sequence_;
  flight->answer.emplace(co_await Obtain(std::move(limit), flight));
  flights_.erase(key);
  flight->done.Set();
  co_return *flight->answer;
}

async::Task<core::Result<redis::Reply>> Escrow::Lease(Limit limit,
                                                      std::shared_ptr<const Flight> flight) const {
  const core::Campaign& campaign = limit.campaign->campaign;
  const Demand& demand = flight->demand;
  redis::Command command(redis_scripts::kLeaseUnits);
  command.Key(backend_.keys.Definition(campaign.id)).Key(BooksOf(limit));
  command.Arg(campaign.version).Arg(demand.partition).Arg(demand.got).Arg(flight->lack);
  command.Arg(std::max(flight->lack, demand.want - demand.share)).Arg(limit.cap);
  command.Arg(backend_.keys.shape().partitions * 2);
  command.Arg(limit.expires_ms == 0 ? std::string() : std::to_string(limit.expires_ms));
  co_return co_await backend_.Call(std::move(command), flight->deadline);
}

async::Task<core::Result<Supply>> Escrow::Obtain(Limit limit, std::shared_ptr<const Flight> flight) {
  for (int round = 0; round < kRoundsMax; ++round) {
    core::Result<redis::Reply> reply = co_await Lease(limit, flight);
    if (!reply.ok()) co_return std::move(reply).error();
    const std::string_view status = (*reply)[0].text();
    Supply supply;
    if (status == "LEASED") {
      supply.kind = Supply::Kind::kLeased;
      supply.total = (*reply)[1].integer();
      co_return supply;
    }
    if (status == "STALE") {
      supply.kind = Supply::Kind::kStale;
      co_return supply;
    }
    if (status != "SHORT") co_return Nonsense("lease_units", *reply);
    if ((*reply)[1].integer() == 1) {
      supply.kind = Supply::Kind::kDry;
      supply.left = (*reply)[2].integer();
      co_return supply;
    }
    core::Status gathered = co_await Gather(limit, flight->lack, flight->deadline);
    if (!gathered.ok()) co_return std::move(gathered).error();
    if (flight->demand.share > 0) {
      supply.kind = Supply::Kind::kMoved;
      co_return supply;
    }
    // Units came home or the limit is dry: the next lease tells, and others who lease are in the same queue
    // at Redis.
    if (round > 2) co_await async::Sleep(std::chrono::milliseconds(round));
  }
  co_return Supply();
}

async::Task<core::Status> Escrow::Gather(Limit limit, int64_t need, Deadline deadline) {
  std::string key = BooksOf(limit);
  while (async::Clock::now() < deadline) {
    decltype(gathers_)::Read gather = [this, limit, need] {
      return GatherOnce(limit, need, async::After(kGatherTime));
    };
    std::optional<core::Status> gathered = co_await gathers_.Share(key, std::move(gather), deadline);
    if (!gathered.has_value()) break;
    const bool unanswered = !gathered->ok() && (gathered->error().reason == core::Reason::kOutcomeUnknown ||
                                                gathered->error().reason == core::Reason::kDeadlinePassed);
    if (!unanswered) co_return std::move(*gathered);
  }
  co_return CommonRefusal("DEADLINE");
}

async::Task<core::Result<Escrow::Books>> Escrow::ReadBooks(std::string key, Deadline deadline) const {
  redis::Command read("HGETALL");
  read.ReadOnly().Key(key);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(read), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  Books books;
  books.leased.resize(backend_.keys.shape().partitions, 0);
  for (size_t i = 0; i + 1 < reply->size(); i += 2) {
    const std::string_view name = (*reply)[i].text();
    const redis::Result<int64_t> value = (*reply)[i + 1].Number();
    const int64_t number = value.ok() ? *value : 0;
    if (name == "version") books.version = (*reply)[i + 1].text();
    if (name == "pool") books.pool = number;
    if (name == "dry") books.dry = number == 1;
    size_t partition = 0;
    const bool is_lease =
        name.size() > 1 && name[0] == 'l' &&
        std::from_chars(name.data() + 1, name.data() + name.size(), partition).ec == std::errc();
    if (is_lease && partition < books.leased.size()) books.leased[partition] = number;
  }
  co_return books;
}

async::Task<core::Status> Escrow::GatherOnce(Limit limit, int64_t need, Deadline deadline) {
  const std::string key = BooksOf(limit);
  std::optional<Pass> before;
  std::string before_version;
  for (int round = 0; round < kRoundsMax; ++round) {
    if (round > kRoundsAtOnce) co_await async::Sleep(std::chrono::milliseconds(round / 4));
    core::Result<Books> books = co_await ReadBooks(key, deadline);
    if (!books.ok()) co_return std::move(books).error();
    if (books->pool >= need || books->dry) co_return core::Ok();
    if (books->version != before_version) before.reset();
    core::Result<Pass> pass = co_await RunPass(limit, std::move(books->leased), need - books->pool, deadline);
    if (!pass.ok()) co_return std::move(pass).error();
    if (books->pool + pass->credited >= need) co_return core::Ok();
    if (pass->fresh) co_await async::Sleep(kFreshWait);
    if (pass->fresh || pass->credited > 0) {
      before.reset();
      continue;
    }
    // Two passes in a row saw no unit and the same totals, and the books did not move: at every instant
    // between the two all that is left was in the pool.
    if (before.has_value() && before->totals == pass->totals) {
      redis::Command mark(redis_scripts::kMarkDry);
      mark.Key(key).Arg(books->version);
      core::Result<redis::Reply> marked = co_await backend_.Call(std::move(mark), deadline);
      if (!marked.ok()) co_return std::move(marked).error();
      if ((*marked)[0].text() == "DRY") co_return core::Ok();
      before.reset();
      continue;
    }
    before = std::move(*pass);
    before_version = books->version;
  }
  co_return ContendedForUnits();
}

async::Task<core::Result<bool>> Escrow::CallHome(Limit limit, Deadline deadline) {
  const std::string key = BooksOf(limit);
  for (int round = 0; round < kRoundsMax; ++round) {
    core::Result<Books> books = co_await ReadBooks(key, deadline);
    if (!books.ok()) co_return std::move(books).error();
    core::Result<Pass> pass =
        co_await RunPass(limit, std::move(books->leased), std::numeric_limits<int64_t>::max(), deadline);
    if (!pass.ok()) co_return std::move(pass).error();
    if (pass->credited > 0 || !pass->fresh) co_return pass->credited > 0;
    co_await async::Sleep(kFreshWait);
  }
  co_return ContendedForUnits();
}

async::Task<core::Result<Escrow::Pass>> Escrow::RunPass(Limit limit, std::vector<int64_t> leased,
                                                        int64_t enough, Deadline deadline) {
  Pass pass;
  pass.totals.resize(leased.size());
  const uint32_t partitions = static_cast<uint32_t>(leased.size());
  for (uint32_t begin = 0; begin < partitions && pass.credited < enough; begin += kWave) {
    core::Status failure = core::Ok();
    std::vector<async::Task<void>> tasks;
    for (uint32_t p = begin; p < std::min(partitions, begin + kWave); ++p) {
      if (leased[p] > 0) tasks.push_back(CollectFrom(limit, p, leased[p], deadline, &pass, &failure));
    }
    co_await async::WhenAll(std::move(tasks));
    if (!failure.ok()) co_return std::move(failure).error();
  }
  co_return pass;
}

async::Task<void> Escrow::CollectFrom(Limit limit, uint32_t partition, int64_t leased, Deadline deadline,
                                      Pass* pass, core::Status* failure) {
  const core::Campaign& campaign = limit.campaign->campaign;
  redis::Command command(redis_scripts::kCollectUnits);
  command.Key(backend_.keys.Campaign(partition, campaign.number)).Arg(FieldOf(limit.kind));
  command.Arg(limit.window).Arg(leased).Arg(kFreshMs);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) {
    *failure = std::move(reply).error();
    co_return;
  }
  if ((*reply)[0].text() == "OVER") co_return;
  const int64_t got = (*reply)[1].integer();
  const int64_t sent = (*reply)[2].integer();
  pass->totals[partition] = {got, sent};
  if ((*reply)[3].integer() > 0) pass->fresh = true;
  if (sent == 0) co_return;
  core::Result<int64_t> news = co_await Credit(BooksOf(limit), partition, sent, deadline);
  if (!news.ok()) {
    *failure = std::move(news).error();
  } else {
    pass->credited += *news;
  }
}

async::Task<core::Result<int64_t>> Escrow::Credit(std::string books, uint32_t partition, int64_t sent,
                                                  Deadline deadline) {
  redis::Command command(redis_scripts::kCreditUnits);
  command.Key(books).Arg(partition).Arg(sent);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return (*reply)[0].text() == "CREDITED" ? (*reply)[1].integer() : 0;
}

async::Task<core::Status> Escrow::Settle(uint32_t partition, std::string campaign_id, OwedLimit owed,
                                         Deadline deadline) {
  const std::string campaign = backend_.keys.Campaign(partition, owed.campaign);
  redis::Command read("HGET");
  read.ReadOnly().Key(campaign).Arg(FieldOf(owed.kind));
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(read), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  const std::optional<StoredShare> share = OpenShare(reply->text());
  std::string sent;
  if (share.has_value() && share->window == owed.window) {
    sent = std::to_string(share->sent);
    core::Result<int64_t> credited = co_await Credit(
        backend_.keys.LimitBooks(campaign_id, owed.kind, owed.window), partition, share->sent, deadline);
    if (!credited.ok()) co_return std::move(credited).error();
  }
  redis::Command clear(redis_scripts::kClearOwed);
  clear.Key(campaign).Key(backend_.keys.Owed(partition));
  clear.Arg(FieldOf(owed.kind)).Arg(owed.window).Arg(sent).Arg(OwedName(owed));
  core::Result<redis::Reply> cleared = co_await backend_.Call(std::move(clear), deadline);
  if (!cleared.ok()) co_return std::move(cleared).error();
  co_return core::Ok();
}

async::Task<core::Status> Escrow::SettleBudgets(std::vector<KnownCampaignPtr> campaigns, uint32_t partition,
                                                Deadline deadline) {
  std::set<core::CampaignNumber> done;
  for (const KnownCampaignPtr& campaign : campaigns) {
    const core::CampaignNumber number = campaign->campaign.number;
    if (!done.insert(number).second) continue;
    const core::Window day = calendar::DayWindow(campaign->zone, backend_.clock.Now());
    for (const LimitKind kind : kBudgets) {
      const std::optional<Limit> limit = Limit::Of(campaign, kind, day);
      if (!limit.has_value()) continue;
      const OwedLimit owed{number, kind, limit->window};
      core::Status settled = co_await Settle(partition, campaign->campaign.id, owed, deadline);
      if (!settled.ok()) co_return settled;
    }
  }
  co_return core::Ok();
}

}  // namespace tessera::storage
