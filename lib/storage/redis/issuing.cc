#include "storage/redis/issuing.h"

#include <algorithm>
#include <map>

#include "async/when_all.h"
#include "core/instant.h"
#include "core/lifecycle.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one partition: each ends with an answer, newer knowledge of the campaign, or units.
constexpr int kAttemptsMax = 128;

// NONE of scripts/issue.lua; a larger quota is none.
constexpr int64_t kNoQuota = 0xffffffff;

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

async::Task<std::vector<core::Result<Issued>>> Issuing::Issue(IssueIntent intent) {
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

// TERMS of scripts/issue.lua.
std::string Issuing::PackTerms(const Share& share, core::InstantMs from, core::InstantMs until) const {
  const core::Campaign& campaign = share.campaign->campaign;
  const core::CampaignDefinition& definition = campaign.definition;
  const core::CampaignLimits& limits = definition.limits;
  const core::Shape& shape = backend_.keys.shape();
  std::string terms;
  terms.reserve(96);
  for (const core::InstantMs number :
       {backend_.clock.At(share.intent.deadline), from, until, definition.claim_window.start_ms,
        definition.claim_window.end_ms, definition.use_window.end_ms, share.day.start_ms, share.day.end_ms,
        share.stock_leased, share.day_leased}) {
    terms += PackNumber(static_cast<uint64_t>(std::max<int64_t>(number, 0)), 7);
  }
  for (const std::optional<int64_t>& quota : {limits.per_user_total, limits.per_user_per_day}) {
    terms += PackNumber(static_cast<uint64_t>(std::min(quota.value_or(kNoQuota), kNoQuota)), 4);
  }
  terms += PackNumber(
      (limits.stock_total.has_value() ? 1u : 0u) + (limits.stock_per_day.has_value() ? 2u : 0u), 1);
  terms += PackNumber(uint64_t{shape.partitions} * shape.buckets, 5);
  terms +=
      PackNumber(static_cast<uint64_t>(share.intent.source), 1) + PackNumber(share.intent.code_key_id, 1);
  return terms + PackNumber(campaign.number.value, 4);
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
  const core::Status may = known.ok() ? core::MayIssue((*known)->campaign) : core::Status(known.error());
  if (!may.ok()) {
    co_await RefuseUnlessReplay(share, may.error());
    co_return core::Ok();
  }
  share.campaign = *known;
  const core::Campaign& campaign = share.campaign->campaign;
  const core::CampaignDefinition& definition = campaign.definition;
  const core::CampaignLimits& limits = definition.limits;
  const Keys& keys = backend_.keys;
  share.day = {};
  if (limits.stock_per_day.has_value() || limits.per_user_per_day.has_value()) {
    share.day = calendar::DayWindow(share.campaign->zone, backend_.clock.Now());
  }

  std::vector<OperationPlace> places;
  core::InstantMs from = 0;
  core::InstantMs until = core::kAmountMax;
  for (size_t i = 0; i < share.open.size();) {
    core::Result<OperationPlace> place = backend_.Place(intent.items[share.open[i]].op, share.partition);
    if (!place.ok()) {
      share.answers[share.open[i]].emplace(std::move(place).error());
      share.open.erase(share.open.begin() + static_cast<ptrdiff_t>(i));
      continue;
    }
    from = std::max(from, place->from_ms);
    until = std::min(until, place->until_ms);
    places.push_back(*place);
    ++i;
  }
  if (share.open.empty()) co_return core::Ok();

  redis::Command command(redis_scripts::kIssue);
  command.Reserve(512 + 256 * places.size());
  command.Key(keys.Campaign(share.partition, campaign.number))
      .Key(keys.Ledger(share.partition))
      .Key(keys.Due(share.partition));
  for (size_t i = 0; i < places.size(); ++i) {
    const core::UserKey& user = intent.items[share.open[i]].user;
    command.Key(keys.Operation(places[i].ref)).Key(keys.Operation(places[i].earlier));
    command.Key(keys.Wallet(share.partition, user.bucket(keys.shape())));
  }
  command.Arg(PackTerms(share, from, until)).Arg(campaign.version);
  for (size_t i = 0; i < places.size(); ++i) {
    const IssueItem& item = intent.items[share.open[i]];
    const uint32_t bucket = item.user.bucket(keys.shape());
    std::string packed;
    packed.append(View(item.op.field)).append(View(item.op.body)).append(item.user.view());
    packed += PackNumber(uint64_t{bucket} * keys.shape().partitions + share.partition, 5);
    packed += PackNumber(bucket, 3) + PackNumber(static_cast<uint64_t>(places[i].expires_ms), 7);
    command.Arg(packed);
  }
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), intent.deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return co_await TakeReply(share, *reply);
}

async::Task<core::Status> Issuing::TakeReply(Share& share, const ScriptReply& reply) {
  if (reply.status == "STALE") {
    const redis::Result<int64_t> version = reply.reply[2].Number();
    co_return co_await directory_.Reconcile(share.campaign, share.partition, version.ok() ? *version : 0,
                                            share.intent.deadline);
  }
  if (reply.status == "PERIOD") {
    backend_.clock.CatchUp(reply.now_ms);
    share.day_leased = 0;
    co_return core::Ok();
  }
  if (reply.status != "DONE" || reply.reply.size() != 4 + 2 * share.open.size())
    co_return Nonsense("issue", reply.reply);
  const std::vector<size_t> items = std::exchange(share.open, {});
  int64_t need_stock = 0;
  int64_t need_day = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    TakeItem(share, items[i], reply.reply[4 + 2 * i].text(), reply.reply[5 + 2 * i].text(), &need_stock,
             &need_day);
  }
  if (need_stock > 0) co_return co_await FetchUnits(share, false, reply.reply[2].integer(), need_stock);
  if (need_day > 0) co_return co_await FetchUnits(share, true, reply.reply[3].integer(), need_day);
  co_return core::Ok();
}

void Issuing::TakeItem(Share& share, size_t item, std::string_view status, std::string_view record,
                       int64_t* need_stock, int64_t* need_day) {
  Answer& answer = share.answers[item];
  const core::CampaignDefinition& definition = share.campaign->campaign.definition;
  if (status == "OK") {
    const std::optional<Record> opened = OpenRecord(record);
    if (!opened.has_value() || opened->type != RecordType::kIssued) {
      answer.emplace(Error(Reason::kStoreNonsense, "The store holds a record that can't be read."));
    } else {
      answer.emplace(ToIssued(*opened, share.campaign->campaign.id));
    }
  } else if (status == "NEED_STOCK") {
    ++*need_stock;
    share.open.push_back(item);
  } else if (status == "NEED_DAY") {
    ++*need_day;
    share.open.push_back(item);
  } else if (status == "NOT_OPEN") {
    answer.emplace(Error(Reason::kClaimWindowNotOpen, "Claiming has not begun.")
                       .With("opens_at", core::InstantText(definition.claim_window.start_ms)));
  } else if (status == "CLOSED") {
    answer.emplace(Error(Reason::kClaimWindowClosed, "Claiming is over."));
  } else if (status == "USER_QUOTA") {
    answer.emplace(Error(Reason::kUserQuota, "The user has claimed as often as the campaign allows."));
  } else if (status == "USER_QUOTA_DAY") {
    answer.emplace(
        Error(Reason::kUserQuotaPerDay, "The user has claimed as often as the campaign allows a day.")
            .With("resets_at", core::InstantText(share.day.end_ms)));
  } else if (status == "FULL") {
    answer.emplace(Error(Reason::kStorageFull, "No coupon numbers are left where this user's coupons lie."));
  } else {
    answer.emplace(CommonRefusal(status));
  }
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
async::Task<void> Issuing::RefuseUnlessReplay(Share& share, core::Error refusal) {
  for (const size_t item : std::exchange(share.open, {})) {
    const Operation& op = share.intent.items[item].op;
    core::Result<OperationPlace> place = backend_.Place(op, share.partition);
    if (!place.ok()) {
      share.answers[item].emplace(std::move(place).error());
      continue;
    }
    core::Result<std::optional<std::string>> record = co_await backend_.Replay(op, *place);
    if (!record.ok()) {
      share.answers[item].emplace(std::move(record).error());
      continue;
    }
    const std::optional<Record> opened = record->has_value() ? OpenRecord(**record) : std::nullopt;
    if (opened.has_value() && opened->type == RecordType::kIssued) {
      share.answers[item].emplace(ToIssued(*opened, share.intent.campaign_id));
    } else {
      share.answers[item].emplace(refusal);
    }
  }
}

}  // namespace tessera::storage
