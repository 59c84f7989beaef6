#include "storage/redis/sweeping.h"

#include <algorithm>
#include <charconv>

#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

// Wallet buckets of one sweep, and coupons of one script call.
constexpr int kBucketsMax = 64;
constexpr size_t kItemsMax = 32;

template <class T>
T NumberIn(std::string_view text) {
  T number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

async::Task<core::Status> Sweeping::ExpireBucket(uint32_t partition, uint32_t bucket, Deadline deadline,
                                                 SweepReport* report) const {
  const Keys& keys = backend_.keys;
  redis::Command read("HGETALL");
  read.ReadOnly().Key(keys.Wallet(partition, bucket));
  core::Result<redis::Reply> wallet = co_await backend_.Call(std::move(read), deadline);
  if (!wallet.ok()) co_return std::move(wallet).error();
  const core::InstantMs now = backend_.clock.Now();
  struct Item {
    std::string_view index;
    core::CampaignNumber campaign;
  };
  std::vector<Item> items;
  std::string_view seen_next;
  std::string_view seen_holds;
  std::optional<core::InstantMs> next_due;
  for (size_t i = 0; i + 1 < wallet->size(); i += 2) {
    const std::string_view field = (*wallet)[i].text();
    const std::string_view value = (*wallet)[i + 1].text();
    if (field == "n") seen_next = value;
    if (field == "h") seen_holds = value;
    if (!OpenCouponField(field).has_value()) continue;
    const std::optional<StoredCoupon> coupon = OpenCoupon(value);
    if (!coupon.has_value()) continue;
    core::InstantMs due = coupon->expire_time_ms;
    if (coupon->state == CouponState::kReserved) {
      due = std::min(due, coupon->held_until_ms);
    } else if (coupon->state != CouponState::kIssued) {
      continue;
    }
    if (due <= now && items.size() < kItemsMax) {
      items.push_back(Item{field, coupon->campaign});
      // A hold that ran out leaves a coupon that will run out.
      due = coupon->expire_time_ms;
      if (due <= now) continue;
    }
    next_due = std::min(next_due.value_or(due), due);
  }
  redis::Command command(redis_scripts::kExpire);
  command.Key(keys.Wallet(partition, bucket)).Key(keys.Due(partition)).Key(keys.Ledger(partition));
  for (const Item& item : items) command.Key(keys.Campaign(partition, item.campaign));
  command.Arg(bucket).Arg(seen_next).Arg(seen_holds);
  command.Arg(next_due.has_value() ? std::to_string(*next_due) : std::string());
  for (const Item& item : items) {
    const uint64_t index = OpenCouponField(item.index).value_or(0);
    command.Arg(item.index).Arg(core::CouponNumber::Of(keys.shape(), partition, bucket, index).value);
  }
  core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  report->reservations_expired += reply->reply[2].integer();
  report->coupons_expired += reply->reply[3].integer();
  co_return core::Ok();
}

async::Task<core::Result<SweepReport>> Sweeping::SweepDue(uint32_t partition, Deadline deadline) {
  redis::Command command("ZRANGEBYSCORE");
  command.ReadOnly().Key(backend_.keys.Due(partition)).Arg("-inf").Arg(backend_.clock.Now());
  command.Arg("LIMIT").Arg(0).Arg(kBucketsMax);
  core::Result<redis::Reply> due = co_await backend_.Call(std::move(command), deadline);
  if (!due.ok()) co_return std::move(due).error();
  SweepReport report;
  report.more = due->size() == kBucketsMax;
  for (size_t i = 0; i < due->size(); ++i) {
    core::Status swept =
        co_await ExpireBucket(partition, NumberIn<uint32_t>((*due)[i].text()), deadline, &report);
    if (!swept.ok()) co_return std::move(swept).error();
  }
  co_return report;
}

async::Task<core::Result<SweepReport>> Sweeping::SweepTransfers(uint32_t partition, Deadline deadline) {
  redis::Command command("SMEMBERS");
  command.ReadOnly().Key(backend_.keys.Owed(partition));
  core::Result<redis::Reply> owed = co_await backend_.Call(std::move(command), deadline);
  if (!owed.ok()) co_return std::move(owed).error();
  SweepReport report;
  for (size_t i = 0; i < owed->size(); ++i) {
    const std::string_view name = (*owed)[i].text();
    const size_t colon = name.find(':');
    if (colon == std::string_view::npos) continue;
    const core::CampaignNumber number{NumberIn<uint32_t>(name.substr(0, colon))};
    const auto window = NumberIn<core::InstantMs>(name.substr(colon + 1));
    const core::Result<KnownCampaignPtr> known = co_await directory_.Known(number, deadline);
    if (!known.ok()) co_return known.error();
    core::Status settled = co_await stock_.Settle(partition, (*known)->campaign.id, number, window, deadline);
    if (!settled.ok()) co_return std::move(settled).error();
    ++report.transfers_credited;
  }
  co_return report;
}

async::Task<core::Result<SweepReport>> Sweeping::SweepChanges(uint32_t partition, Deadline deadline) {
  redis::Command command("SMEMBERS");
  command.ReadOnly().Key(backend_.keys.Pending(partition));
  core::Result<redis::Reply> pending = co_await backend_.Call(std::move(command), deadline);
  if (!pending.ok()) co_return std::move(pending).error();
  SweepReport report;
  for (size_t i = 0; i < pending->size(); ++i) {
    core::Status finished = co_await changing_.Finish(std::string((*pending)[i].text()), deadline);
    if (!finished.ok()) co_return std::move(finished).error();
    ++report.changes_finished;
  }
  co_return report;
}

}  // namespace tessera::storage
