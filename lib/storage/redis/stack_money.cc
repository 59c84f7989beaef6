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

// What the last stack takes off of each campaign.
std::map<core::CampaignNumber, int64_t> NeedsOf(StackUse* use) {
  std::map<core::CampaignNumber, int64_t> needs;
  for (const core::AppliedCoupon& applied : use->stack->applied) {
    needs[use->Find(applied.key)->campaign->campaign.number] += applied.discount_minor;
  }
  return needs;
}

// Whether the campaign has one coupon in the last stack, which takes off less where the budget has less.
bool ClipsOne(StackUse* use, core::CampaignNumber campaign) {
  const auto is_of_it = [&](const core::AppliedCoupon& applied) {
    return use->Find(applied.key)->campaign->campaign.number == campaign;
  };
  const std::vector<core::AppliedCoupon>& applied = use->stack->applied;
  return std::count_if(applied.begin(), applied.end(), is_of_it) == 1 &&
         use->ItemOf(campaign)->campaign->campaign.definition.use_limits.budget_clips;
}

// A budget has `left`, with what the order holds, which is less than its campaign's coupons take off
// together.
void LearnLeft(StackUse* use, core::CampaignNumber campaign, LimitKind kind, int64_t left) {
  StackItem* last = nullptr;
  int64_t rest = left;
  for (const core::AppliedCoupon& applied : use->stack->applied) {
    StackItem* item = use->Find(applied.key);
    if (item->campaign->campaign.number != campaign || applied.discount_minor == 0) continue;
    last = item;
    const bool clips = item->campaign->campaign.definition.use_limits.budget_clips;
    if (clips && rest > 0) {
      item->discount_max_minor = std::min(applied.discount_minor, rest);
      rest -= *item->discount_max_minor;
    } else if (clips) {
      item->refused = BudgetSpent(kind, 0, item->windows);
    }
  }
  const bool refuses = last != nullptr && !last->campaign->campaign.definition.use_limits.budget_clips;
  if (refuses) last->refused = BudgetSpent(kind, left, last->windows);
}

}  // namespace

async::Task<core::Status> StackMoney::Fetch(StackUse* use, std::vector<MoneyShort> needed) {
  const Deadline deadline = use->intent.op.deadline;
  for (const MoneyShort& one : needed) {
    if (use->ItemOf(one.campaign) == nullptr) co_return CommonRefusal("NEED");
  }
  // Always in the same order, so that two orders with the same campaigns don't wait for each other.
  std::sort(needed.begin(), needed.end(), [&](const MoneyShort& a, const MoneyShort& b) {
    return std::pair(use->ItemOf(a.campaign)->campaign->campaign.id, a.kind) <
           std::pair(use->ItemOf(b.campaign)->campaign->campaign.id, b.kind);
  });
  for (const MoneyShort& one : needed) {
    const StackItem& item = *use->ItemOf(one.campaign);
    const std::optional<Limit> limit = Limit::Of(item.campaign, one.kind, item.windows.day);
    if (!limit.has_value()) co_return CommonRefusal("NEED");
    Demand demand;
    demand.partition = use->partition;
    demand.got = one.got;
    demand.share = one.share;
    demand.least = demand.want = one.need;
    const core::Result<Supply> supply = co_await escrow_.Acquire(*limit, demand, deadline);
    if (!supply.ok()) co_return supply.error();
    switch (supply->kind) {
      case Supply::Kind::kLeased:
        use->leased[{one.campaign, one.kind, limit->window}] = supply->total;
        break;
      case Supply::Kind::kMoved:
        break;
      case Supply::Kind::kBusy:
        co_return ContendedForUnits();
      case Supply::Kind::kStale: {
        core::Result<KnownCampaignPtr> fresh =
            co_await directory_.Fresh(item.campaign->campaign.id, deadline);
        if (!fresh.ok()) co_return std::move(fresh).error();
        use->Adopt(std::move(*fresh));
        break;
      }
      case Supply::Kind::kDry:
        // The script asked for no more than what the order does not hold.
        LearnLeft(use, one.campaign, one.kind, supply->left + NeedsOf(use).at(one.campaign) - one.need);
        // What the others need is another sum now.
        co_return core::Ok();
    }
  }
  co_return core::Ok();
}

async::Task<core::Result<bool>> StackMoney::Count(StackUse* use, const ScriptReply* passed) const {
  if (!use->stack.has_value()) co_return false;
  const std::map<StackUse::Budget, int64_t> held_of = OpenHeld(*passed);
  bool is_short = false;
  for (const auto& [campaign, need] : NeedsOf(use)) {
    // What is left of a budget that clips one coupon holds whatever the others take off, so all of those are
    // learned at once. Any other shortage refuses a coupon for a sum that may be another one by now.
    const bool clips_one = ClipsOne(use, campaign);
    if (is_short && !clips_one) continue;
    for (const LimitKind kind : {LimitKind::kBudget, LimitKind::kBudgetPerDay}) {
      const StackItem* item = use->ItemOf(campaign);
      const std::optional<Limit> limit = Limit::Of(item->campaign, kind, item->windows.day);
      if (!limit.has_value()) continue;
      const auto found = held_of.find({campaign, kind, limit->window});
      const int64_t held = found == held_of.end() ? 0 : found->second;
      if (held >= need) continue;
      const core::Result<int64_t> left =
          co_await CountLeft(&backend_, *limit, need - held, use->intent.op.deadline);
      if (!left.ok()) co_return left.error();
      if (*left + held >= need) continue;
      LearnLeft(use, campaign, kind, *left + held);
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
