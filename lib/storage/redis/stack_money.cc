#include "storage/redis/stack_money.h"

#include <algorithm>
#include <map>

#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

// Facts of PASS about each budget of which the order holds something.
constexpr size_t kFactsOfHeld = 4;

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

}  // namespace

// What the last stack takes off of a campaign's budgets.
struct StackMoney::Need {
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

// By id: all who ask do so in the same order, so that two orders with the same campaigns don't wait for each
// other, and of several budgets that are short the same one is told.
std::map<std::string, StackMoney::Need> StackMoney::NeedsOf(StackUse* use) {
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
void StackMoney::LearnLeft(const Need& need, LimitKind kind, int64_t left) {
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

async::Task<core::Result<bool>> StackMoney::Bring(StackUse* use, const Need* need, MoneyShort shortage) {
  const Deadline deadline = use->intent.op.deadline;
  const std::optional<Limit> limit = need->LimitOf(shortage.kind);
  if (!limit.has_value()) co_return CommonRefusal("NEED");
  Demand demand;
  demand.partition = use->partition;
  demand.got = shortage.got;
  demand.share = shortage.share;
  demand.least = demand.want = shortage.need;
  const core::Result<Supply> supply = co_await escrow_.Acquire(*limit, demand, deadline);
  if (!supply.ok()) co_return supply.error();
  switch (supply->kind) {
    case Supply::Kind::kLeased:
      use->leased[{shortage.campaign, shortage.kind, limit->window}] = supply->total;
      co_return shortage.share + supply->total - shortage.got >= shortage.need;
    case Supply::Kind::kMoved:
      co_return false;
    case Supply::Kind::kBusy:
      break;
    case Supply::Kind::kStale: {
      core::Result<KnownCampaignPtr> fresh =
          co_await directory_.Fresh(need->campaign()->campaign.id, deadline);
      if (!fresh.ok()) co_return std::move(fresh).error();
      use->Adopt(std::move(*fresh));
      co_return false;
    }
    case Supply::Kind::kDry:
      // The script asked for no more than what the order does not hold.
      LearnLeft(*need, shortage.kind, supply->left + need->minor - shortage.need);
      co_return false;
  }
  co_return ContendedForUnits();
}

async::Task<core::Status> StackMoney::Fetch(StackUse* use, std::vector<MoneyShort> shortages) {
  std::sort(shortages.begin(), shortages.end(),
            [](const MoneyShort& a, const MoneyShort& b) { return a.kind < b.kind; });
  const std::map<std::string, Need> needs = NeedsOf(use);
  bool asked = false;
  for (const auto& [id, need] : needs) {
    for (const MoneyShort& shortage : shortages) {
      if (shortage.campaign != need.campaign()->campaign.number) continue;
      asked = true;
      const core::Result<bool> brought = co_await Bring(use, &need, shortage);
      if (!brought.ok()) co_return brought.error();
      if (!*brought) co_return core::Ok();
    }
  }
  if (!asked) co_return CommonRefusal("NEED");
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
