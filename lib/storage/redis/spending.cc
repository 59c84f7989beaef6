#include "storage/redis/spending.h"

#include <charconv>

#include "async/when_all.h"
#include "core/instant.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

constexpr int kFactsOfNeed = 5;

async::Task<void> AddShare(const Backend* backend, Limit limit, uint32_t partition, int64_t leased,
                           Deadline deadline, int64_t* left, core::Status* failure) {
  redis::Command command("HGET");
  command.ReadOnly().Key(backend->keys.Campaign(partition, limit.campaign->campaign.number));
  command.Arg(FieldOf(limit.kind));
  const core::Result<redis::Reply> reply = co_await backend->Call(std::move(command), deadline);
  if (!reply.ok()) {
    *failure = reply.error();
    co_return;
  }
  const std::optional<StoredShare> share = reply->is_nil() ? std::nullopt : OpenShare(reply->text());
  const bool is_of_it = share.has_value() && share->window == limit.window;
  // A block that has not arrived yet is left too.
  *left += is_of_it ? share->share + leased - share->got : leased;
}

}  // namespace

LimitWindows WindowsOf(const KnownCampaign& campaign, core::InstantMs now, bool claims) {
  const core::CampaignDefinition& definition = campaign.campaign.definition;
  const core::UseLimits& uses = definition.use_limits;
  LimitWindows windows;
  const bool counts_days = uses.budget_per_day_minor.has_value() || uses.uses_per_user_per_day.has_value() ||
                           (claims && definition.limits.per_user_per_day.has_value());
  if (counts_days) windows.day = calendar::DayWindow(campaign.zone, now);
  if (uses.uses_per_user_per_week.has_value()) windows.week = calendar::WeekWindow(campaign.zone, now);
  if (uses.uses_per_user_per_month.has_value()) windows.month = calendar::MonthWindow(campaign.zone, now);
  return windows;
}

std::string PackSpending(const core::UseLimits& limits, size_t turn, const LimitWindows& windows,
                         int64_t leased, int64_t leased_day) {
  if (!limits.any()) return {};
  const int has = (limits.count_uses() ? 1 : 0) + (limits.budget_total_minor.has_value() ? 2 : 0) +
                  (limits.budget_per_day_minor.has_value() ? 4 : 0);
  std::string packed = PackNumber(turn, 1) + PackNumber(static_cast<uint64_t>(has), 1);
  for (const std::optional<int64_t>& cap : {limits.uses_per_user_total, limits.uses_per_user_per_day,
                                            limits.uses_per_user_per_week, limits.uses_per_user_per_month}) {
    packed += PackNumber(PackedQuota(cap), 4);
  }
  for (const core::Window& window : {windows.day, windows.week, windows.month}) {
    packed += PackNumber(static_cast<uint64_t>(window.start_ms), 6);
  }
  packed += PackNumber(static_cast<uint64_t>(leased), 7) + PackNumber(static_cast<uint64_t>(leased_day), 7);
  return packed;
}

LimitKind KindOfBudget(std::string_view name) {
  return name == FieldOf(LimitKind::kBudget) ? LimitKind::kBudget : LimitKind::kBudgetPerDay;
}

std::vector<MoneyShort> OpenNeed(const ScriptReply& reply) {
  std::vector<MoneyShort> found;
  for (size_t at = 2; at + kFactsOfNeed <= reply.reply.size(); at += kFactsOfNeed) {
    MoneyShort one;
    one.campaign.value = static_cast<uint32_t>(reply.reply[at].integer());
    one.kind = KindOfBudget(reply.reply[at + 1].text());
    one.got = reply.reply[at + 2].integer();
    one.share = reply.reply[at + 3].integer();
    one.need = reply.reply[at + 4].integer();
    found.push_back(one);
  }
  return found;
}

std::optional<Error> UsesSpent(std::string_view status, const LimitWindows& windows) {
  const auto until = [](Reason reason, const char* text, const core::Window& window) {
    return Error(reason, text).With("resets_at", core::InstantText(window.end_ms));
  };
  if (status == "USES")
    return Error(Reason::kUseQuota, "The user has used as many coupons as the campaign allows.");
  if (status == "USES_DAY") {
    return until(Reason::kUseQuotaPerDay,
                 "The user has used as many coupons as the campaign allows on one day.", windows.day);
  }
  if (status == "USES_WEEK") {
    return until(Reason::kUseQuotaPerWeek,
                 "The user has used as many coupons as the campaign allows in one week.", windows.week);
  }
  if (status == "USES_MONTH") {
    return until(Reason::kUseQuotaPerMonth,
                 "The user has used as many coupons as the campaign allows in one month.", windows.month);
  }
  return std::nullopt;
}

Error BudgetSpent(LimitKind kind, int64_t left_minor, const LimitWindows& windows) {
  if (kind == LimitKind::kBudget) {
    return Error(Reason::kBudget, "The campaign's budget has less left than the coupon would take off.")
        .With("left_minor", std::to_string(left_minor));
  }
  return Error(Reason::kBudgetPerDay,
               "The campaign's budget of the day has less left than the coupon would take off.")
      .With("left_minor", std::to_string(left_minor))
      .With("resets_at", core::InstantText(windows.day.end_ms));
}

async::Task<core::Result<int64_t>> CountLeft(const Backend* backend, Limit limit, int64_t enough,
                                             Deadline deadline) {
  redis::Command read("HGETALL");
  read.ReadOnly().Key(backend->keys.LimitBooks(limit.campaign->campaign.id, limit.kind, limit.window));
  const core::Result<redis::Reply> books = co_await backend->Call(std::move(read), deadline);
  if (!books.ok()) co_return books.error();
  if (books->size() == 0) co_return limit.cap;  // not open yet
  int64_t left = 0;
  core::Status failure = core::Ok();
  std::vector<async::Task<void>> shares;
  for (size_t i = 0; i + 1 < books->size(); i += 2) {
    const std::string_view name = (*books)[i].text();
    const redis::Result<int64_t> number = (*books)[i + 1].Number();
    if (!number.ok()) continue;
    uint32_t partition = 0;
    if (name == "pool") left += *number;
    const bool is_lease =
        name.size() > 1 && name[0] == 'l' &&
        std::from_chars(name.data() + 1, name.data() + name.size(), partition).ec == std::errc();
    if (is_lease) shares.push_back(AddShare(backend, limit, partition, *number, deadline, &left, &failure));
  }
  if (left >= enough) co_return left;
  co_await async::WhenAll(std::move(shares));
  if (!failure.ok()) co_return std::move(failure).error();
  co_return left;
}

}  // namespace tessera::storage
