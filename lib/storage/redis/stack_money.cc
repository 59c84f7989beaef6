#include "storage/redis/stack_money.h"

#include <algorithm>
#include <map>

#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

// Facts of PASS about each budget of which the order holds something.
constexpr size_t kFactsOfHeld = 4;

constexpr LimitKind kBudgets[] = {LimitKind::kBudget, LimitKind::kBudgetPerDay};

// What the order holds of budgets, as PASS says.
std::map<StackUse::Budget, int64_t> OpenHeld(const ScriptReply& reply) {
  std::map<StackUse::Budget, int64_t> held;
  for (size_t at = 2; at + kFactsOfHeld <= reply.reply.size(); at += kFactsOfHeld) {
    const core::CampaignNumber campaign{static_cast<uint32_t>(reply.reply[at].integer())};
    const LimitKind kind = KindOfBudget(reply.reply[at + 1].text());
    held[{campaign, kind, reply.reply[at + 2].integer()}] = reply.reply[at + 3].integer();
  }
  return held;
}

// What the last stack takes off of a campaign's budgets.
struct Need {
  struct Part {
    StackItem* item = nullptr;
    int64_t minor = 0;
  };
  std::vector<Part> parts;  // in the order of application
  int64_t minor = 0;

  const KnownCampaignPtr& campaign() const { return parts.front().item->campaign; }
  bool clips() const { return campaign()->campaign.definition.use_limits.budget_clips; }
  std::optional<Limit> LimitOf(LimitKind kind) const {
    return Limit::Of(campaign(), kind, parts.front().item->windows.day);
  }
};

// By id, so that whoever asks learns in the same order what is short.
std::map<std::string, Need> NeedsOf(StackUse* use) {
  std::map<std::string, Need> needs;
  for (const core::AppliedCoupon& applied : use->stack->applied) {
    Need& need = needs[applied.key.campaign_id];
    need.parts.push_back({use->Find(applied.key), applied.discount_minor});
    need.minor += applied.discount_minor;
  }
  return needs;
}

// A budget has `left`, with what the order holds, which is less than its campaign's coupons take off
// together.
void LearnLeft(const Need& need, LimitKind kind, int64_t left) {
  StackItem* last = nullptr;
  int64_t rest = left;
  for (const auto& [item, minor] : need.parts) {
    if (minor == 0) continue;
    last = item;
    if (need.clips() && rest > 0) {
      item->discount_max_minor = std::min(minor, rest);
      rest -= *item->discount_max_minor;
    } else if (need.clips()) {
      item->refused = BudgetSpent(kind, 0, item->windows);
    }
  }
  if (last != nullptr && !need.clips()) last->refused = BudgetSpent(kind, left, last->windows);
}

}  // namespace

// Always in the same order, so that two orders with the same campaigns don't wait for each other.
async::Task<core::Status> StackMoney::Fetch(StackUse* use, std::vector<MoneyShort> needed) {
  const Deadline deadline = use->intent.op.deadline;
  const std::map<std::string, Need> needs = NeedsOf(use);
  for (const auto& [id, need] : needs) {
    for (const LimitKind kind : kBudgets) {
      const core::CampaignNumber campaign = need.campaign()->campaign.number;
      const auto one = std::find_if(needed.begin(), needed.end(), [&](const MoneyShort& of) {
        return of.campaign == campaign && of.kind == kind;
      });
      if (one == needed.end()) continue;
      const std::optional<Limit> limit = need.LimitOf(kind);
      if (!limit.has_value()) co_return CommonRefusal("NEED");
      Demand demand;
      demand.partition = use->partition;
      demand.got = one->got;
      demand.share = one->share;
      demand.least = demand.want = one->need;
      const core::Result<Supply> supply = co_await escrow_.Acquire(*limit, demand, deadline);
      if (!supply.ok()) co_return supply.error();
      // Where this is not settled by the answer, the partition is asked anew before the others are: of
      // several budgets that are short the first is told, wherever the money was.
      switch (supply->kind) {
        case Supply::Kind::kLeased:
          use->leased[{campaign, kind, limit->window}] = supply->total;
          if (one->share + supply->total - one->got < one->need) co_return core::Ok();
          break;
        case Supply::Kind::kMoved:
          co_return core::Ok();
        case Supply::Kind::kBusy:
          co_return ContendedForUnits();
        case Supply::Kind::kStale: {
          core::Result<KnownCampaignPtr> fresh = co_await directory_.Fresh(id, deadline);
          if (!fresh.ok()) co_return std::move(fresh).error();
          use->Adopt(std::move(*fresh));
          co_return core::Ok();
        }
        case Supply::Kind::kDry:
          // The script asked for no more than what the order does not hold.
          LearnLeft(need, kind, supply->left + need.minor - one->need);
          // What the others need is another sum now.
          co_return core::Ok();
      }
    }
  }
  co_return core::Ok();
}

async::Task<core::Result<bool>> StackMoney::Count(StackUse* use, const ScriptReply* passed) const {
  if (!use->stack.has_value()) co_return false;
  const std::map<StackUse::Budget, int64_t> held_of = OpenHeld(*passed);
  const std::map<std::string, Need> needs = NeedsOf(use);
  bool is_short = false;
  for (const auto& [id, need] : needs) {
    // What is left of a budget that clips one coupon holds whatever the others take off, so all of those are
    // learned at once. Any other shortage refuses a coupon for a sum that may be another one by now.
    const bool clips_one = need.clips() && need.parts.size() == 1;
    if (is_short && !clips_one) continue;
    for (const LimitKind kind : kBudgets) {
      const std::optional<Limit> limit = need.LimitOf(kind);
      if (!limit.has_value()) continue;
      const auto found = held_of.find({need.campaign()->campaign.number, kind, limit->window});
      const int64_t held = found == held_of.end() ? 0 : found->second;
      if (held >= need.minor) continue;
      const core::Result<int64_t> left =
          co_await CountLeft(&backend_, *limit, need.minor - held, use->intent.op.deadline);
      if (!left.ok()) co_return left.error();
      if (*left + held >= need.minor) continue;
      LearnLeft(need, kind, *left + held);
      if (!clips_one) co_return true;
      is_short = true;
      break;
    }
  }
  co_return is_short;
}

async::Task<void> StackMoney::BringHome(const StackUse* use) {
  std::vector<KnownCampaignPtr> campaigns;
  for (const size_t place : use->scripted) campaigns.push_back(use->items[place].campaign);
  co_await escrow_.SettleBudgets(std::move(campaigns), use->partition, Afterwards(use->intent.op.deadline));
}

}  // namespace tessera::storage
