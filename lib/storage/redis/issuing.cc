#include "storage/redis/issuing.h"

#include <algorithm>
#include <map>

#include "async/when_all.h"
#include "core/instant.h"
#include "core/lifecycle.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"
#include "storage/redis/unpacker.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one partition: each ends with an answer, newer knowledge of the campaign, or units.
constexpr int kAttemptsMax = 128;

}  // namespace

Error UserQuotaSpent() {
  return Error(Reason::kUserQuota, "The user has got as many coupons as the campaign allows.");
}

Error UserQuotaSpentToday(const core::Window& day) {
  return Error(Reason::kUserQuotaPerDay, "The user has got as many coupons as the campaign allows a day.")
      .With("resets_at", core::InstantText(day.end_ms));
}

Error WalletFull() {
  return Error(Reason::kStorageFull, "No coupon numbers are left where this user's coupons lie.");
}

Issued ToIssued(const Record& record, const core::Campaign& campaign) {
  Issued issued;
  issued.number = record.coupon;
  issued.campaign_id = campaign.id;
  issued.code_key_id = record.code_key_id;
  issued.issue_time_ms = record.time_ms;
  issued.usable = {core::UsableWindow(campaign.definition, record.time_ms).start_ms, record.until_ms};
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
  std::vector<async::Task<void>> tasks;
  for (const auto& [partition, items] : by_partition) {
    for (size_t begin = 0; begin < items.size(); begin += IssueCalls::kItemsMax) {
      const size_t end = std::min(begin + IssueCalls::kItemsMax, items.size());
      std::vector<size_t> some(items.data() + begin, items.data() + end);
      tasks.push_back(IssueAt(&intent, partition, std::move(some), &answers));
    }
  }
  if (tasks.size() == 1) {
    co_await std::move(tasks.front());
  } else {
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
  if (!share.open.empty()) share.AnswerAll(ContendedForUnits());
}

// One script call for what is open, or a refusal that needs none.
async::Task<core::Status> Issuing::Try(Share& share) {
  core::Status judged = co_await Judge(share);
  if (!judged.ok() || share.open.empty()) co_return judged;
  core::Result<IssueAnswer> answer = co_await calls_.Send(Request(share));
  if (!answer.ok()) co_return std::move(answer).error();
  co_return co_await Take(share, std::move(*answer));
}

// Answers what can be without a script; leaves the campaign, and the day, for the rest.
async::Task<core::Status> Issuing::Judge(Share& share) {
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
  if (known.ok()) share.campaign = *known;
  const core::Status may = known.ok() ? core::MayIssue((*known)->campaign) : core::Status(known.error());
  if (!may.ok()) {
    co_await RefuseUnlessReplay(share, may.error());
    co_return core::Ok();
  }
  const core::CampaignLimits& limits = share.campaign->campaign.definition.limits;
  const core::InstantMs day_before = std::exchange(share.day, {}).start_ms;
  if (limits.stock_per_day.has_value() || limits.per_user_per_day.has_value()) {
    share.day = calendar::DayWindow(share.campaign->zone, backend_.clock.Now());
  }
  // What was leased for one day is nothing to another.
  if (share.day.start_ms != day_before) share.day_leased = 0;
  co_return core::Ok();
}

// TERMS and DAY of scripts/issue.lua.
std::string Issuing::PackTerms(const Share& share) const {
  const core::Campaign& campaign = share.campaign->campaign;
  const core::CampaignDefinition& definition = campaign.definition;
  const core::CampaignLimits& limits = definition.limits;
  const core::Shape& shape = backend_.keys.shape();
  core::InstantMs from = definition.claim_window.start_ms;
  core::InstantMs until = core::ClaimUntil(definition);
  const bool counts_days = share.day.end_ms > 0;
  if (counts_days) {
    from = std::max(from, share.day.start_ms);
    until = std::min(until, share.day.end_ms);
  }
  const std::string number = PackNumber(campaign.number.value, 4);
  std::string terms;
  terms.reserve(96);
  for (const int64_t part : {from, until, campaign.version}) {
    terms += PackNumber(static_cast<uint64_t>(std::max<int64_t>(part, 0)), 7);
  }
  terms += PackNumber(PackedQuota(limits.per_user_total), 4);
  terms += PackNumber(
      (limits.stock_total.has_value() ? 1u : 0u) + (limits.stock_per_day.has_value() ? 2u : 0u), 1);
  terms += PackNumber(uint64_t{shape.partitions} * shape.buckets, 5) + PackNumber(shape.partitions, 2);
  terms += PackNumber(static_cast<uint64_t>(share.intent.source), 1) + number;
  terms += PackNumber(share.intent.code_key_id, 1) + number + number;
  terms += PackValidity(definition);
  if (counts_days) {
    terms += PackNumber(static_cast<uint64_t>(share.day.start_ms), 6);
    terms += PackNumber(static_cast<uint64_t>(share.day.end_ms), 6);
    terms += PackNumber(PackedQuota(limits.per_user_per_day), 4);
  }
  return terms;
}

IssueRequest Issuing::Request(const Share& share) const {
  const core::Shape& shape = backend_.keys.shape();
  IssueRequest request;
  request.terms = PackTerms(share);
  request.campaign = share.campaign->campaign.number;
  request.partition = share.partition;
  request.stock_leased = share.stock_leased;
  request.day_leased = share.day_leased;
  request.deadline = share.intent.deadline;
  const std::string limit =
      PackNumber(static_cast<uint64_t>(backend_.clock.At(share.intent.deadline) + 1), 7);
  request.items.reserve(share.open.size());
  for (const size_t i : share.open) {
    const IssueItem& item = share.intent.items[i];
    IssueRequest::Item packed;
    packed.bucket = item.user.bucket(shape);
    packed.packed.reserve(48);
    packed.packed.append(ClaimField(item.op.field)).append(item.user.view()).append(View(item.op.body));
    packed.packed.append(PackNumber(uint64_t{packed.bucket} * shape.partitions + share.partition, 5));
    packed.packed.append(limit);
    request.items.push_back(std::move(packed));
  }
  return request;
}

async::Task<core::Status> Issuing::Take(Share& share, IssueAnswer answer) {
  const core::InstantMs now = answer.now();
  Unpacker head(answer.head_text());
  const std::string_view status = head.Bytes(1);
  if (status == "S") {
    co_return co_await directory_.Reconcile(share.campaign, share.partition, head.Signed(7),
                                            share.intent.deadline);
  }
  if (status == "U") co_return Unreadable("campaign in partition " + std::to_string(share.partition));
  const int64_t got = head.Signed(7);
  const int64_t day_got = head.Signed(7);
  if (status != "D" || head.failed()) co_return Nonsense("issue", *answer.reply);
  const std::vector<size_t> items = std::exchange(share.open, {});
  int64_t need_stock = 0;
  int64_t need_day = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string_view outcome = answer.item(i).substr(0, 1);
    if (outcome == "N") ++need_stock;
    if (outcome == "n") ++need_day;
    if (outcome == "N" || outcome == "n" || (outcome == "T" && DayIsOver(share, now))) {
      share.open.push_back(items[i]);
    } else {
      const std::string_view record = answer.item(i).substr(outcome.size());
      share.answers[items[i]].emplace(Open(share, outcome, record, now));
    }
  }
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
      return ToIssued(*opened, share.campaign->campaign);
    return Unreadable("record of an operation");
  }
  if (status == "T") {
    if (now < definition.claim_window.start_ms) {
      return Error(Reason::kClaimWindowNotOpen, "Claiming has not begun.")
          .With("opens_at", core::InstantText(definition.claim_window.start_ms));
    }
    if (now >= core::ClaimUntil(definition)) return Error(Reason::kClaimWindowClosed, "Claiming is over.");
    return CommonRefusal("DEADLINE");
  }
  if (status == "Q") return UserQuotaSpent();
  if (status == "q") return UserQuotaSpentToday(share.day);
  if (status == "Z") return Unreadable("wallet in partition " + std::to_string(share.partition));
  if (status == "X") return WalletFull();
  return CommonRefusal(status == "R" ? "REUSED" : status == "F" ? "FENCED" : status);
}

async::Task<core::Status> Issuing::FetchUnits(Share& share, bool of_day, int64_t got, int64_t want) {
  const LimitKind kind = of_day ? LimitKind::kStockPerDay : LimitKind::kStock;
  std::optional<Limit> limit = Limit::Of(share.campaign, kind, share.day);
  Demand demand;
  demand.partition = share.partition;
  demand.got = got;
  demand.want = want;
  core::Result<Supply> supply = co_await escrow_.Acquire(std::move(*limit), demand, share.intent.deadline);
  if (!supply.ok()) co_return std::move(supply).error();
  switch (supply->kind) {
    case Supply::Kind::kLeased:
      (of_day ? share.day_leased : share.stock_leased) = supply->total;
      break;
    case Supply::Kind::kMoved:
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
      co_return ContendedForUnits();
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
  // A coupon is of a campaign that there is.
  const bool was_issued = opened.has_value() && opened->type == RecordType::kIssued;
  if (was_issued && share.campaign != nullptr) {
    share.answers[item].emplace(ToIssued(*opened, share.campaign->campaign));
  } else {
    share.answers[item].emplace(*refusal);
  }
}

}  // namespace tessera::storage
