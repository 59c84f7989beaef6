#include "storage/redis/issuing.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "async/event.h"
#include "async/when_all.h"
#include "core/instant.h"
#include "core/lifecycle.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one partition: each ends with an answer, newer knowledge of the campaign, or units.
constexpr int kAttemptsMax = 128;

// Claims of one script call that came on their own.
constexpr size_t kGatheredMax = 64;

}  // namespace

Issued ToIssued(const Record& record, const std::string& campaign_id) {
  Issued issued;
  issued.number = record.coupon;
  issued.campaign_id = campaign_id;
  issued.code_key_id = record.code_key_id;
  issued.issue_time_ms = record.time_ms;
  issued.expire_time_ms = record.until_ms;
  issued.quota.total = record.quota_total;
  issued.quota.today = record.quota_today;
  issued.quota.reset_time_ms = record.quota_reset_ms;
  return issued;
}

struct Issuing::Share {
  const IssueIntent& intent;
  uint32_t partition;
  std::vector<size_t> open;  // items without an answer
  std::vector<Answer>& answers;

  KnownCampaignPtr campaign;
  core::Window day;  // of the campaign's zone; zero when no limit counts days
  int64_t stock_leased = 0;
  int64_t day_leased = 0;

  void AnswerAll(const Error& error) {
    for (const size_t item : open) answers[item].emplace(error);
    open.clear();
  }
};

struct Issuing::Gathering {
  IssueIntent intent;
  std::vector<Answer> answers;
  async::Event answered;
};

async::Task<std::vector<core::Result<Issued>>> Issuing::Issue(IssueIntent intent) {
  if (intent.items.size() == 1) {
    Deadline shared{};
    std::vector<core::Result<Issued>> gathered;
    gathered.push_back(co_await IssueGathered(intent, &shared));
    const Deadline now = RedisClock::Steady::now();
    // Whatever went wrong when the time of another was over is tried again with its own.
    const bool cut_short = !gathered[0].ok() && shared < intent.deadline && now >= shared;
    if (!cut_short || now >= intent.deadline) co_return gathered;
  }
  std::vector<Answer> answers(intent.items.size());
  std::map<uint32_t, std::vector<size_t>> by_partition;
  for (size_t i = 0; i < intent.items.size(); ++i) {
    by_partition[intent.items[i].user.partition(backend_.keys.shape())].push_back(i);
  }
  if (by_partition.size() == 1) {
    co_await IssueAt(&intent, by_partition.begin()->first, std::move(by_partition.begin()->second), &answers);
  } else {
    std::vector<async::Task<void>> tasks;
    for (auto& [partition, items] : by_partition) {
      tasks.push_back(IssueAt(&intent, partition, std::move(items), &answers));
    }
    co_await async::WhenAll(std::move(tasks));
  }
  std::vector<core::Result<Issued>> results;
  results.reserve(answers.size());
  for (Answer& answer : answers) results.push_back(std::move(*answer));
  co_return results;
}

async::Task<core::Result<Issued>> Issuing::IssueGathered(const IssueIntent& intent, Deadline* shared) {
  const uint32_t partition = intent.items[0].user.partition(backend_.keys.shape());
  GatheringKey key{intent.campaign_id, partition, intent.source, intent.code_key_id};
  const auto open = gathering_.find(key);
  if (open != gathering_.end()) {
    const std::shared_ptr<Gathering> joined = open->second;
    const size_t place = joined->intent.items.size();
    joined->intent.items.push_back(intent.items[0]);
    joined->intent.deadline = std::min(joined->intent.deadline, intent.deadline);
    if (place + 1 == kGatheredMax) gathering_.erase(open);
    co_await joined->answered.Wait();
    *shared = joined->intent.deadline;
    co_return *joined->answers[place];
  }
  const auto own = std::make_shared<Gathering>();
  own->intent = intent;
  gathering_.emplace(key, own);
  co_await async::Yield();
  const auto still = gathering_.find(key);
  if (still != gathering_.end() && still->second == own) gathering_.erase(still);
  std::vector<size_t> items(own->intent.items.size());
  std::iota(items.begin(), items.end(), 0);
  own->answers.resize(items.size());
  co_await IssueAt(&own->intent, partition, std::move(items), &own->answers);
  own->answered.Set();
  *shared = own->intent.deadline;
  co_return *own->answers[0];
}

async::Task<void> Issuing::IssueAt(const IssueIntent* intent, uint32_t partition, std::vector<size_t> items,
                                   std::vector<Answer>* answers) {
  Share share{*intent, partition, std::move(items), *answers, nullptr};
  for (int attempt = 0; attempt < kAttemptsMax && !share.open.empty(); ++attempt) {
    core::Status tried = co_await Try(share);
    if (!tried.ok()) {
      share.AnswerAll(tried.error());
      co_return;
    }
  }
  if (!share.open.empty())
    share.AnswerAll(Error(Reason::kContended, "Too many others wanted the same. Try again."));
}

// TERMS and DAY of scripts/issue.lua.
std::string Issuing::PackTerms(const Share& share) const {
  const core::Campaign& campaign = share.campaign->campaign;
  const core::CampaignDefinition& definition = campaign.definition;
  const core::CampaignLimits& limits = definition.limits;
  const core::Shape& shape = backend_.keys.shape();
  core::InstantMs from = definition.claim_window.start_ms;
  core::InstantMs until =
      std::min(core::ClaimUntil(definition), backend_.clock.At(share.intent.deadline) + 1);
  const bool counts_days = share.day.end_ms > 0;
  if (counts_days) {
    from = std::max(from, share.day.start_ms);
    until = std::min(until, share.day.end_ms);
  }
  const auto quota = [](const std::optional<int64_t>& limit) {
    return static_cast<uint64_t>(std::min(limit.value_or(kNoQuota), kNoQuota));
  };
  const std::string number = PackNumber(campaign.number.value, 4);
  std::string terms;
  terms.reserve(96);
  for (const int64_t part : {from, until, campaign.version, share.stock_leased}) {
    terms += PackNumber(static_cast<uint64_t>(std::max<int64_t>(part, 0)), 7);
  }
  terms += PackNumber(quota(limits.per_user_total), 4);
  terms += PackNumber(
      (limits.stock_total.has_value() ? 1u : 0u) + (limits.stock_per_day.has_value() ? 2u : 0u), 1);
  terms += PackNumber(uint64_t{shape.partitions} * shape.buckets, 5);
  terms += PackNumber(static_cast<uint64_t>(share.intent.source), 1) + number;
  terms += PackNumber(share.intent.code_key_id, 1) + number + number;
  terms += PackNumber(static_cast<uint64_t>(definition.use_window.end_ms), 6);
  if (counts_days) {
    terms += PackNumber(static_cast<uint64_t>(share.day.start_ms), 6);
    terms += PackNumber(static_cast<uint64_t>(share.day.end_ms), 6);
    terms += PackNumber(static_cast<uint64_t>(share.day_leased), 7);
    terms += PackNumber(quota(limits.per_user_per_day), 4);
  }
  return terms;
}

// One script call for what is open, or a refusal that needs none.
async::Task<core::Status> Issuing::Try(Share& share) {
  const IssueIntent& intent = share.intent;
  core::Result<KnownCampaignPtr> known = co_await directory_.Known(intent.campaign_id, intent.deadline);
  if (known.ok() && !core::MayIssue((*known)->campaign).ok()) {
    // A refusal must not rest on what is only remembered.
    known = co_await directory_.Fresh(intent.campaign_id, intent.deadline);
  }
  if (!known.ok() && known.error().reason != Reason::kCampaignNotFound) co_return std::move(known).error();
  std::erase_if(share.open, [&](size_t item) {
    const core::Status age = backend_.MayBeRecorded(intent.items[item].op);
    if (!age.ok()) share.answers[item].emplace(age.error());
    return !age.ok();
  });
  if (share.open.empty()) co_return core::Ok();
  const core::Status may = known.ok() ? core::MayIssue((*known)->campaign) : core::Status(known.error());
  if (!may.ok()) {
    co_await RefuseUnlessReplay(share, may.error());
    co_return core::Ok();
  }
  share.campaign = *known;
  const core::Campaign& campaign = share.campaign->campaign;
  const core::CampaignLimits& limits = campaign.definition.limits;
  const Keys& keys = backend_.keys;
  const core::InstantMs day_before = std::exchange(share.day, {}).start_ms;
  if (limits.stock_per_day.has_value() || limits.per_user_per_day.has_value()) {
    share.day = calendar::DayWindow(share.campaign->zone, backend_.clock.Now());
  }
  // What was leased for one day is nothing to another.
  if (share.day.start_ms != day_before) share.day_leased = 0;
  redis::Command command(redis_scripts::kIssue);
  command.Reserve(256 + 128 * share.open.size());
  command.Key(keys.Campaign(share.partition, campaign.number)).Key(keys.Ledger(share.partition));
  for (const size_t item : share.open) {
    command.Key(keys.Wallet(share.partition, intent.items[item].user.bucket(keys.shape())));
  }
  command.Arg(PackTerms(share));
  for (const size_t i : share.open) {
    const IssueItem& item = intent.items[i];
    const uint64_t bucket = item.user.bucket(keys.shape());
    std::string packed = ClaimField(item.op.field);
    packed.append(item.user.view()).append(View(item.op.body));
    packed += PackNumber(bucket * keys.shape().partitions + share.partition, 5);
    command.Arg(packed);
  }
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), intent.deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return co_await TakeReply(share, std::move(*reply));
}

async::Task<core::Status> Issuing::TakeReply(Share& share, redis::Reply reply) {
  Unpacker in(reply.text());
  const std::string_view status = in.Bytes(1);
  const core::InstantMs now = in.Signed(6);
  if (status == "S") {
    co_return co_await directory_.Reconcile(share.campaign, share.partition, in.Signed(7),
                                            share.intent.deadline);
  }
  const int64_t got = in.Signed(7);
  const int64_t day_got = in.Signed(7);
  const std::vector<size_t> items = std::exchange(share.open, {});
  int64_t need_stock = 0;
  int64_t need_day = 0;
  for (const size_t item : items) {
    const std::string_view outcome = in.Bytes(1);
    const std::string_view record = in.Bytes(in.Number(1));
    if (outcome == "N") ++need_stock;
    if (outcome == "n") ++need_day;
    if (outcome == "N" || outcome == "n" || (outcome == "T" && DayIsOver(share, now))) {
      share.open.push_back(item);
    } else {
      share.answers[item].emplace(Open(share, outcome, record, now));
    }
  }
  if (status != "D" || in.failed()) co_return Nonsense("issue", reply);
  if (need_stock > 0) co_return co_await FetchUnits(share, false, got, need_stock);
  if (need_day > 0) co_return co_await FetchUnits(share, true, day_got, need_day);
  if (!share.open.empty()) backend_.clock.CatchUp(now);
  co_return core::Ok();
}

// Whether the service took another day for today's; a passed deadline leaves no time to try that again.
bool Issuing::DayIsOver(const Share& share, core::InstantMs now) const {
  return share.day.end_ms > 0 && (now < share.day.start_ms || now >= share.day.end_ms) &&
         now <= backend_.clock.At(share.intent.deadline);
}

// The answer to one item. `status` is one of scripts/issue.lua, but for those that ask for another attempt.
core::Result<Issued> Issuing::Open(const Share& share, std::string_view status, std::string_view record,
                                   core::InstantMs now) const {
  const core::CampaignDefinition& definition = share.campaign->campaign.definition;
  if (status == "O") {
    const std::optional<Record> opened = OpenRecord(record);
    if (opened.has_value() && opened->type == RecordType::kIssued)
      return ToIssued(*opened, share.campaign->campaign.id);
    return Error(Reason::kStoreNonsense, "The store holds a record that can't be read.");
  }
  if (status == "T") {
    if (now < definition.claim_window.start_ms) {
      return Error(Reason::kClaimWindowNotOpen, "Claiming has not begun.")
          .With("opens_at", core::InstantText(definition.claim_window.start_ms));
    }
    if (now >= core::ClaimUntil(definition)) return Error(Reason::kClaimWindowClosed, "Claiming is over.");
    return CommonRefusal("DEADLINE");
  }
  if (status == "Q")
    return Error(Reason::kUserQuota, "The user has claimed as often as the campaign allows.");
  if (status == "q") {
    return Error(Reason::kUserQuotaPerDay, "The user has claimed as often as the campaign allows a day.")
        .With("resets_at", core::InstantText(share.day.end_ms));
  }
  if (status == "X")
    return Error(Reason::kStorageFull, "No coupon numbers are left where this user's coupons lie.");
  return CommonRefusal(status == "R" ? "REUSED" : status == "F" ? "FENCED" : status);
}

async::Task<core::Status> Issuing::FetchUnits(Share& share, bool of_day, int64_t got, int64_t want) {
  const core::CampaignLimits& limits = share.campaign->campaign.definition.limits;
  StockLimit limit;
  limit.campaign = share.campaign;
  limit.cap = of_day ? *limits.stock_per_day : *limits.stock_total;
  if (of_day) {
    limit.window = share.day.start_ms;
    // The books outlive the day by another one, for what comes home late.
    limit.expires_ms = share.day.end_ms + (share.day.end_ms - share.day.start_ms);
  }
  core::Result<Supply> supply =
      co_await stock_.Acquire(std::move(limit), share.partition, got, want, share.intent.deadline);
  if (!supply.ok()) co_return std::move(supply).error();
  switch (supply->kind) {
    case Supply::Kind::kLeased:
      (of_day ? share.day_leased : share.stock_leased) = supply->total;
      break;
    case Supply::Kind::kDry:
      if (of_day) {
        share.AnswerAll(Error(Reason::kStockPerDay, "Today's stock is used up.")
                            .With("resets_at", core::InstantText(share.day.end_ms)));
      } else {
        share.AnswerAll(Error(Reason::kStock, "The stock is used up."));
      }
      break;
    case Supply::Kind::kStale: {
      core::Result<KnownCampaignPtr> fresh =
          co_await directory_.Fresh(share.intent.campaign_id, share.intent.deadline);
      if (!fresh.ok()) co_return std::move(fresh).error();
      break;
    }
    case Supply::Kind::kBusy:
      co_return Error(Reason::kContended, "Too many others wanted the same. Try again.");
  }
  co_return core::Ok();
}

// A refusal that no script judged: what took effect before answers as it did.
async::Task<void> Issuing::RefuseUnlessReplay(Share& share, const core::Error& refusal) {
  std::vector<async::Task<void>> tasks;
  for (const size_t item : std::exchange(share.open, {})) {
    tasks.push_back(RefuseUnlessReplay(share, item, &refusal));
  }
  co_await async::WhenAll(std::move(tasks));
}

async::Task<void> Issuing::RefuseUnlessReplay(Share& share, size_t item, const core::Error* refusal) {
  const Operation& op = share.intent.items[item].op;
  const uint32_t bucket = share.intent.items[item].user.bucket(backend_.keys.shape());
  core::Result<std::optional<std::string>> record =
      co_await backend_.FindClaim(share.partition, bucket, op.field, op.deadline);
  if (record.ok() && record->has_value()) record = Backend::Replayed(op, std::move(**record));
  if (!record.ok()) {
    share.answers[item].emplace(std::move(record).error());
    co_return;
  }
  const std::optional<Record> opened = record->has_value() ? OpenRecord(**record) : std::nullopt;
  if (opened.has_value() && opened->type == RecordType::kIssued) {
    share.answers[item].emplace(ToIssued(*opened, share.intent.campaign_id));
  } else {
    share.answers[item].emplace(*refusal);
  }
}

}  // namespace tessera::storage
