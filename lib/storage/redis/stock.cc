#include "storage/redis/stock.h"

#include <algorithm>
#include <charconv>

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
// Partitions that are asked at the same time while units are called back.
constexpr uint32_t kWave = 16;

}  // namespace

std::string Stock::OwedName(core::CampaignNumber number, core::InstantMs window) {
  return std::to_string(number.value) + ":" + std::to_string(window);
}

async::Task<core::Result<Supply>> Stock::Acquire(StockLimit limit, uint32_t partition, int64_t got,
                                                 int64_t want, Deadline deadline) {
  const std::string key =
      backend_.keys.StockBooks(limit.campaign->campaign.id, limit.window) + "/" + std::to_string(partition);
  const uint64_t arrived = ++sequence_;
  for (;;) {
    const auto found = flights_.find(key);
    if (found == flights_.end()) break;
    const std::shared_ptr<Flight> flight = found->second;
    if (flight->started == 0) {
      flight->got = std::max(flight->got, got);
      flight->want += want;
    }
    if (!co_await flight->done.WaitUntil(deadline)) co_return CommonRefusal("DEADLINE");
    const core::Result<Supply>& answer = *flight->answer;
    // Units that came are for all who wait. "Dry" is only for those who asked before it was read.
    if (answer.ok() && answer->kind == Supply::Kind::kLeased && answer->total > got) co_return answer;
    const bool cut_short = !answer.ok() && flight->deadline < deadline;
    if (flight->started > arrived && !cut_short) co_return answer;
  }
  const auto flight = std::make_shared<Flight>();
  flight->got = got;
  flight->want = want;
  flight->deadline = deadline;
  flights_[key] = flight;
  // Whom the same script call left without a unit asks along.
  co_await async::Yield();
  flight->started = ++sequence_;
  flight->answer.emplace(co_await Obtain(std::move(limit), partition, flight->got, flight->want, deadline));
  flights_.erase(key);
  flight->done.Set();
  co_return *flight->answer;
}

async::Task<core::Result<Supply>> Stock::Obtain(StockLimit limit, uint32_t partition, int64_t got,
                                                int64_t want, Deadline deadline) {
  const core::Campaign& campaign = limit.campaign->campaign;
  for (int round = 0; round < kRoundsMax; ++round) {
    redis::Command command(redis_scripts::kLeaseStock);
    command.Key(backend_.keys.Definition(campaign.id))
        .Key(backend_.keys.StockBooks(campaign.id, limit.window));
    command.Arg(campaign.version).Arg(partition).Arg(got).Arg(want).Arg(limit.cap);
    command.Arg(backend_.keys.shape().partitions * 2);
    command.Arg(limit.expires_ms == 0 ? std::string() : std::to_string(limit.expires_ms));
    core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
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
    if (status != "SHORT") co_return Nonsense("lease_stock", *reply);
    if ((*reply)[1].integer() == 1) {
      supply.kind = Supply::Kind::kDry;
      co_return supply;
    }
    core::Status gathered = co_await Gather(limit, deadline);
    if (!gathered.ok()) co_return std::move(gathered).error();
    // Units came home or the limit is dry: the next lease tells, and others who lease are in the same queue
    // at Redis.
    if (round > 2) co_await async::Sleep(std::chrono::milliseconds(round));
  }
  co_return Supply();
}

async::Task<core::Status> Stock::Gather(StockLimit limit, Deadline deadline) {
  std::string key = backend_.keys.StockBooks(limit.campaign->campaign.id, limit.window);
  while (async::Clock::now() < deadline) {
    decltype(gathers_)::Read gather = [this, limit] { return GatherOnce(limit, async::After(kGatherTime)); };
    std::optional<core::Status> gathered = co_await gathers_.Share(key, std::move(gather), deadline);
    if (!gathered.has_value()) break;
    const bool unanswered = !gathered->ok() && (gathered->error().reason == core::Reason::kOutcomeUnknown ||
                                                gathered->error().reason == core::Reason::kDeadlinePassed);
    if (!unanswered) co_return std::move(*gathered);
  }
  co_return CommonRefusal("DEADLINE");
}

async::Task<core::Result<Stock::Books>> Stock::ReadBooks(std::string key, Deadline deadline) const {
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
    if (name == "pool") books.has_units = number > 0;
    if (name == "dry") books.dry = number == 1;
    size_t partition = 0;
    const bool is_lease =
        name.size() > 1 && name[0] == 'l' &&
        std::from_chars(name.data() + 1, name.data() + name.size(), partition).ec == std::errc();
    if (is_lease && partition < books.leased.size()) books.leased[partition] = number;
  }
  co_return books;
}

async::Task<core::Status> Stock::GatherOnce(StockLimit limit, Deadline deadline) {
  const std::string key = backend_.keys.StockBooks(limit.campaign->campaign.id, limit.window);
  std::optional<Pass> before;
  std::string before_version;
  for (int round = 0; round < kRoundsMax; ++round) {
    core::Result<Books> books = co_await ReadBooks(key, deadline);
    if (!books.ok()) co_return std::move(books).error();
    if (books->has_units || books->dry) co_return core::Ok();
    if (books->version != before_version) before.reset();
    core::Result<Pass> pass = co_await RunPass(limit, std::move(books->leased), false, deadline);
    if (!pass.ok()) co_return std::move(pass).error();
    if (pass->moved) co_return core::Ok();
    if (pass->fresh) {
      before.reset();
      co_await async::Sleep(kFreshWait);
      continue;
    }
    // Two passes in a row saw no unit and the same totals, and the books did not move: at every instant
    // between the two there was none anywhere.
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

async::Task<core::Result<bool>> Stock::CallHome(StockLimit limit, Deadline deadline) {
  const std::string key = backend_.keys.StockBooks(limit.campaign->campaign.id, limit.window);
  for (int round = 0; round < kRoundsMax; ++round) {
    core::Result<Books> books = co_await ReadBooks(key, deadline);
    if (!books.ok()) co_return std::move(books).error();
    core::Result<Pass> pass = co_await RunPass(limit, std::move(books->leased), true, deadline);
    if (!pass.ok()) co_return std::move(pass).error();
    if (pass->moved || !pass->fresh) co_return pass->moved;
    co_await async::Sleep(kFreshWait);
  }
  co_return ContendedForUnits();
}

async::Task<core::Result<Stock::Pass>> Stock::RunPass(StockLimit limit, std::vector<int64_t> leased, bool all,
                                                      Deadline deadline) {
  Pass pass;
  pass.totals.resize(leased.size());
  const uint32_t partitions = static_cast<uint32_t>(leased.size());
  for (uint32_t begin = 0; begin < partitions && (all || !pass.moved); begin += kWave) {
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

async::Task<void> Stock::CollectFrom(StockLimit limit, uint32_t partition, int64_t leased, Deadline deadline,
                                     Pass* pass, core::Status* failure) {
  const core::Campaign& campaign = limit.campaign->campaign;
  redis::Command command(redis_scripts::kCollectStock);
  command.Key(backend_.keys.Campaign(partition, campaign.number)).Arg(limit.window).Arg(leased).Arg(kFreshMs);
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
  core::Result<bool> news =
      co_await Credit(backend_.keys.StockBooks(campaign.id, limit.window), partition, sent, deadline);
  if (!news.ok()) {
    *failure = std::move(news).error();
  } else if (*news) {
    pass->moved = true;
  }
}

async::Task<core::Result<bool>> Stock::Credit(std::string books, uint32_t partition, int64_t sent,
                                              Deadline deadline) {
  redis::Command command(redis_scripts::kCreditStock);
  command.Key(books).Arg(partition).Arg(sent);
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return (*reply)[0].text() == "CREDITED" && (*reply)[1].integer() > 0;
}

async::Task<core::Status> Stock::Settle(uint32_t partition, std::string campaign_id,
                                        core::CampaignNumber number, core::InstantMs window,
                                        Deadline deadline) {
  redis::Command read("HGET");
  read.ReadOnly().Key(backend_.keys.Campaign(partition, number)).Arg(window == 0 ? "s" : "D");
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(read), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  const std::optional<StoredShare> share = OpenShare(reply->text());
  std::string sent;
  if (share.has_value() && share->window == window) {
    sent = std::to_string(share->sent);
    core::Result<bool> credited =
        co_await Credit(backend_.keys.StockBooks(campaign_id, window), partition, share->sent, deadline);
    if (!credited.ok()) co_return std::move(credited).error();
  }
  redis::Command clear(redis_scripts::kClearOwed);
  clear.Key(backend_.keys.Campaign(partition, number)).Key(backend_.keys.Owed(partition));
  clear.Arg(window).Arg(sent).Arg(OwedName(number, window));
  core::Result<redis::Reply> cleared = co_await backend_.Call(std::move(clear), deadline);
  if (!cleared.ok()) co_return std::move(cleared).error();
  co_return core::Ok();
}

}  // namespace tessera::storage
