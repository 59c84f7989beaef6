#include "storage/redis/stack_money.h"

#include <algorithm>
#include <map>
#include <set>

#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

// Facts of PASS about each budget of which the order holds something.
constexpr size_t kFactsOfHeld = 4;
// For bringing money home.
constexpr std::chrono::milliseconds kHomeTime{500};

// What the last stack takes off of a campaign.
int64_t NeedOf(StackUse* use, core::CampaignNumber campaign) {
  int64_t need = 0;
  for (const core::AppliedCoupon& applied : use->stack->applied) {
    const StackItem* item = use->Find(applied.key);
    if (item->campaign->campaign.number == campaign) need += applied.discount_minor;
  }
  return need;
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
        LearnLeft(use, one.campaign, one.kind, supply->left + NeedOf(use, one.campaign) - one.need);
        // What the others need is another sum now.
        co_return core::Ok();
    }
  }
  co_return core::Ok();
}

async::Task<core::Result<bool>> StackMoney::Count(StackUse* use) const {
  if (!use->stack.has_value()) co_return false;
  std::map<core::CampaignNumber, int64_t> needs;
  for (const core::AppliedCoupon& applied : use->stack->applied) {
    needs[use->Find(applied.key)->campaign->campaign.number] += applied.discount_minor;
  }
  for (const auto& [campaign, need] : needs) {
    for (const LimitKind kind : {LimitKind::kBudget, LimitKind::kBudgetPerDay}) {
      const StackItem* item = use->ItemOf(campaign);
      const std::optional<Limit> limit = Limit::Of(item->campaign, kind, item->windows.day);
      if (!limit.has_value()) continue;
      const auto found = use->held.find({campaign, kind, limit->window});
      const int64_t held = found == use->held.end() ? 0 : found->second;
      if (held >= need) continue;
      const core::Result<int64_t> left =
          co_await CountLeft(&backend_, *limit, need - held, use->intent.op.deadline);
      if (!left.ok()) co_return left.error();
      if (*left + held >= need) continue;
      LearnLeft(use, campaign, kind, *left + held);
      co_return true;
    }
  }
  co_return false;
}

void StackMoney::LearnHeld(StackUse* use, const ScriptReply& reply) {
  use->held.clear();
  for (size_t at = 2; at + kFactsOfHeld <= reply.reply.size(); at += kFactsOfHeld) {
    const core::CampaignNumber campaign{static_cast<uint32_t>(reply.reply[at].integer())};
    const LimitKind kind = KindOfBudget(reply.reply[at + 1].text());
    use->held[{campaign, kind, reply.reply[at + 2].integer()}] = reply.reply[at + 3].integer();
  }
}

async::Task<void> StackMoney::BringHome(const StackUse* use) {
  // The use has taken effect, so its caller has better things to wait for than this.
  const Deadline deadline = std::min(use->intent.op.deadline, async::After(kHomeTime));
  std::set<core::CampaignNumber> done;
  for (const size_t place : use->scripted) {
    const KnownCampaignPtr campaign = use->items[place].campaign;
    if (!done.insert(campaign->campaign.number).second) continue;
    const core::Status settled = co_await escrow_.SettleBudgets(campaign, use->partition, deadline);
    if (!settled.ok()) co_return;
  }
}

}  // namespace tessera::storage
