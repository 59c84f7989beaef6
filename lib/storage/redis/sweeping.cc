#include "storage/redis/sweeping.h"

#include <algorithm>
#include <charconv>

#include "async/when_all.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

// Members of the due set in one sweep, coupons of one script call, and wallets that a walk reads at once.
constexpr int kDueMax = 64;
constexpr size_t kItemsMax = 32;
constexpr uint32_t kWave = 32;

// Members of the due set that are no wallet bucket: the end of coupons, as scripts/set_version.lua notes it,
// and the walk that forgets old records.
constexpr char kEnding = 'e';
constexpr std::string_view kForget = "forget";

template <class T>
T NumberIn(std::string_view text) {
  T number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Sweeping::Overdue Sweeping::FindOverdue(const redis::Reply& wallet, core::InstantMs now) const {
  const core::InstantMs forget = now - backend_.config.retention_short.count() - kRequestAheadMaxMs;
  Overdue overdue;
  for (size_t i = 0; i + 1 < wallet.size(); i += 2) {
    const std::string_view field = wallet[i].text();
    const std::string_view value = wallet[i + 1].text();
    if (field == "h") overdue.seen_holds = value;
    if (IsClaimField(field)) {
      const std::optional<Record> record = OpenRecord(value);
      if (record.has_value() && record->time_ms < forget) overdue.records.push_back(field);
    }
    const std::optional<StoredCoupon> coupon = OpenCouponField(field) ? OpenCoupon(value) : std::nullopt;
    if (!coupon.has_value()) continue;
    const bool held = coupon->state == CouponState::kReserved;
    if (!held && coupon->state != CouponState::kIssued) continue;
    core::InstantMs due = held ? coupon->held_until_ms : coupon->expire_time_ms;
    if (due <= now && overdue.items.size() < kItemsMax) {
      overdue.items.push_back({field, coupon->campaign});
      if (coupon->expire_time_ms <= now) continue;
      // After its hold, its own end.
      due = coupon->expire_time_ms;
    }
    overdue.next_due = std::min(overdue.next_due.value_or(due), due);
  }
  return overdue;
}

async::Task<core::Status> Sweeping::SweepBucket(uint32_t partition, uint32_t bucket, bool due,
                                                core::InstantMs now, Deadline deadline,
                                                SweepReport* report) const {
  const Keys& keys = backend_.keys;
  const std::string key = keys.Wallet(partition, bucket);
  while (true) {
    redis::Command read("HGETALL");
    read.ReadOnly().Key(key);
    const core::Result<redis::Reply> wallet = co_await backend_.Call(std::move(read), deadline);
    if (!wallet.ok()) co_return wallet.error();
    const Overdue overdue = FindOverdue(*wallet, now);
    if (!overdue.records.empty()) {
      redis::Command forget("HDEL");
      forget.Key(key);
      for (const std::string_view record : overdue.records) forget.Arg(record);
      const core::Result<redis::Reply> forgot = co_await backend_.Call(std::move(forget), deadline);
      if (!forgot.ok()) co_return forgot.error();
    }
    if (overdue.items.empty() && !due) co_return core::Ok();
    redis::Command command(redis_scripts::kExpire);
    command.Key(key).Key(keys.Due(partition)).Key(keys.Ledger(partition)).Key(keys.Owed(partition));
    for (const Overdue::Item& item : overdue.items) command.Key(keys.Campaign(partition, item.campaign));
    command.Arg(bucket).Arg(overdue.seen_holds);
    command.Arg(overdue.next_due.has_value() ? std::to_string(*overdue.next_due) : std::string());
    for (const Overdue::Item& item : overdue.items) {
      const uint64_t index = OpenCouponField(item.index).value_or(0);
      command.Arg(item.index).Arg(core::CouponNumber::Of(keys.shape(), partition, bucket, index).value);
    }
    const core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return reply.error();
    report->reservations_expired += reply->reply[2].integer();
    report->coupons_expired += reply->reply[3].integer();
    if (overdue.items.size() < kItemsMax) co_return core::Ok();
  }
}

// Every wallet of the partition, for what runs out in many of them at once. A walk that is cut short goes on
// where it was.
async::Task<core::Status> Sweeping::Walk(uint32_t partition, core::InstantMs now, Deadline deadline,
                                         SweepReport* report) {
  const uint32_t buckets = backend_.keys.shape().buckets;
  Round& round = rounds_[partition];
  while (round.next_bucket < buckets) {
    std::vector<async::Task<void>> wave;
    core::Status swept = core::Ok();
    const uint32_t end = std::min(round.next_bucket + kWave, buckets);
    for (uint32_t bucket = round.next_bucket; bucket < end; ++bucket) {
      wave.push_back(SweepInto(partition, bucket, now, deadline, report, &swept));
    }
    co_await async::WhenAll(std::move(wave));
    if (!swept.ok()) co_return swept;
    round.next_bucket = end;
  }
  co_return core::Ok();
}

async::Task<void> Sweeping::SweepInto(uint32_t partition, uint32_t bucket, core::InstantMs now,
                                      Deadline deadline, SweepReport* report, core::Status* swept) const {
  core::Status status = co_await SweepBucket(partition, bucket, false, now, deadline, report);
  if (!status.ok()) *swept = std::move(status);
}

// The next walk that forgets old records: noted in the due set, so that it is made every so often, however
// many processes there are.
async::Task<core::Status> Sweeping::Schedule(uint32_t partition, bool again, Deadline deadline) const {
  redis::Command command("ZADD");
  command.Key(backend_.keys.Due(partition));
  if (!again) command.Arg("NX");  // else it moves, and is never absent
  command.Arg(backend_.clock.Now() + backend_.config.retention_short.count() / 4).Arg(kForget);
  const core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return reply.error();
  co_return core::Ok();
}

async::Task<core::Result<SweepReport>> Sweeping::SweepDue(uint32_t partition, Deadline deadline) {
  if (!scheduled_[partition]) {
    const core::Status scheduled = co_await Schedule(partition, false, deadline);
    if (!scheduled.ok()) co_return scheduled.error();
    scheduled_[partition] = true;
  }
  redis::Command command(redis_scripts::kReadDue);
  command.ReadOnly().Key(backend_.keys.Due(partition)).Arg(kDueMax);
  const core::Result<ScriptReply> due = co_await backend_.Run(std::move(command), deadline);
  if (!due.ok()) co_return due.error();
  SweepReport report;
  report.more = due->reply.size() == 2 + kDueMax;
  std::vector<std::string> ends;
  for (size_t i = 2; i < due->reply.size(); ++i) {
    const std::string_view member = due->reply[i].text();
    if (member == kForget || member.starts_with(kEnding)) {
      ends.emplace_back(member);
      continue;
    }
    const core::Status swept =
        co_await SweepBucket(partition, NumberIn<uint32_t>(member), true, due->now_ms, deadline, &report);
    if (!swept.ok()) co_return swept.error();
  }
  Round& round = rounds_[partition];
  if (round.ends.empty()) round = Round{std::move(ends), 0};
  if (round.ends.empty()) co_return report;
  const core::Status walked = co_await Walk(partition, due->now_ms, deadline, &report);
  if (!walked.ok()) co_return walked.error();
  const core::Status noted = co_await NoteWalked(partition, deadline);
  if (!noted.ok()) co_return noted.error();
  round = {};
  co_return report;
}

// Takes from the due set what the walk was for.
async::Task<core::Status> Sweeping::NoteWalked(uint32_t partition, Deadline deadline) const {
  redis::Command done("ZREM");
  done.Key(backend_.keys.Due(partition));
  bool ends = false;
  for (const std::string& member : rounds_[partition].ends) {
    if (member == kForget) {
      const core::Status scheduled = co_await Schedule(partition, true, deadline);
      if (!scheduled.ok()) co_return scheduled.error();
    } else {
      done.Arg(member);
      ends = true;
    }
  }
  if (!ends) co_return core::Ok();
  const core::Result<redis::Reply> removed = co_await backend_.Call(std::move(done), deadline);
  if (!removed.ok()) co_return removed.error();
  co_return core::Ok();
}

async::Task<core::Result<SweepReport>> Sweeping::SweepTransfers(uint32_t partition, Deadline deadline) {
  redis::Command command("SMEMBERS");
  command.ReadOnly().Key(backend_.keys.Owed(partition));
  core::Result<redis::Reply> owed = co_await backend_.Call(std::move(command), deadline);
  if (!owed.ok()) co_return std::move(owed).error();
  SweepReport report;
  core::Status failed = core::Ok();  // the first of them; the others are not left waiting
  for (size_t i = 0; i < owed->size(); ++i) {
    const std::optional<OwedLimit> limit = OpenOwedName((*owed)[i].text());
    if (!limit.has_value()) continue;
    const core::Result<KnownCampaignPtr> known = co_await directory_.Known(limit->campaign, deadline);
    core::Status settled = known.ok() ? core::Ok() : core::Status(known.error());
    if (known.ok()) settled = co_await escrow_.Settle(partition, (*known)->campaign.id, *limit, deadline);
    if (settled.ok()) ++report.transfers_credited;
    if (!settled.ok() && failed.ok()) failed = std::move(settled);
  }
  const core::Result<int64_t> told = co_await taking_.TellOutgoing(partition, deadline);
  if (told.ok()) report.codes_settled = *told;
  if (!told.ok() && failed.ok()) failed = told.error();
  if (!failed.ok()) co_return failed.error();
  co_return report;
}

async::Task<core::Result<SweepReport>> Sweeping::SweepChanges(uint32_t partition, Deadline deadline) {
  redis::Command command("SMEMBERS");
  command.ReadOnly().Key(backend_.keys.Pending(partition));
  core::Result<redis::Reply> pending = co_await backend_.Call(std::move(command), deadline);
  if (!pending.ok()) co_return std::move(pending).error();
  SweepReport report;
  core::Status failed = core::Ok();
  for (size_t i = 0; i < pending->size(); ++i) {
    core::Status finished = co_await changing_.Finish(std::string((*pending)[i].text()), deadline);
    if (finished.ok()) ++report.changes_finished;
    if (!finished.ok() && failed.ok()) failed = std::move(finished);
  }
  if (!failed.ok()) co_return failed.error();
  co_return report;
}

}  // namespace tessera::storage
