#include "storage/redis/stack_use.h"

#include <algorithm>

#include "scripts.h"
#include "storage/redis/records.h"

namespace tessera::storage {
namespace {

// TERMS of scripts/part/open_stack.lua, and HOLD of scripts/reserve.lua.
std::string PackTerms(const Backend& backend, const StackUse& use, int64_t attempt) {
  const core::Shape& shape = backend.keys.shape();
  const uint64_t base = uint64_t{use.bucket} * shape.partitions + use.partition;
  std::string terms = PackNumber(use.partition, 2) + use.place.ref.Pack();
  terms += View(backend.digests.Body(use.intent.order.order_id));
  terms += PackNumber(static_cast<uint64_t>(attempt), 4);
  terms += PackNumber(static_cast<uint64_t>(use.holds.start_ms), 7);
  terms += PackNumber(static_cast<uint64_t>(use.holds.end_ms), 7);
  terms += PackNumber(base, 7) + PackNumber(uint64_t{shape.partitions} * shape.buckets, 7);
  if (use.mode == StackUse::Mode::kReserve) {
    terms += PackNumber(static_cast<uint64_t>(use.ttl_ms), 7) + PackNumber(use.bucket, 4);
  }
  return terms;
}

struct Amounts {
  int64_t subtotal_minor = 0;
  int64_t discount_minor = 0;
};

// When each item's turn comes to be applied, from 1. Those that something stands against have none: they are
// not to be used, so they spend nothing.
std::map<const StackItem*, size_t> TurnsOf(StackUse* use) {
  std::map<const StackItem*, size_t> turns;
  if (!use->stack.has_value()) return turns;
  for (const core::AppliedCoupon& applied : use->stack->applied)
    turns.emplace(use->Find(applied.key), turns.size() + 1);
  return turns;
}

// ITEM of scripts/part/open_stack.lua, and CODE of scripts/part/judge_code.lua.
std::string PackItem(const core::Shape& shape, const StackUse& use, const StackItem& item,
                     size_t campaign_place, std::optional<size_t> turn, const Amounts& amounts) {
  const core::Campaign& campaign = item.campaign->campaign;
  const core::CampaignDefinition& definition = campaign.definition;
  const uint64_t number = item.coupon.has_value() ? item.coupon->value : item.code->value;
  std::string packed(item.coupon.has_value() ? "W" : "C");
  packed += PackNumber(campaign_place, 1) + PackNumber(campaign.number.value, 4);
  packed += PackNumber(static_cast<uint64_t>(campaign.version), 7);
  packed += CouponField(item.coupon.has_value() ? item.coupon->index(shape) : 0);
  packed += PackNumber(number, kNumberBytes);
  packed +=
      PackNumber(static_cast<uint64_t>(std::max<core::InstantMs>(definition.use_window.start_ms, 0)), 7);
  packed += PackNumber(static_cast<uint64_t>(definition.validity.wait_ms), 6);
  packed += PackNumber(static_cast<uint64_t>(amounts.subtotal_minor), 7);
  packed += PackNumber(static_cast<uint64_t>(amounts.discount_minor), 7);
  if (item.code.has_value()) {
    const core::CampaignLimits limits = use.named ? definition.limits : core::CampaignLimits();
    packed += PackValidity(definition);
    packed += PackNumber(PackedQuota(limits.per_user_total), 4);
    packed += PackNumber(PackedQuota(limits.per_user_per_day), 4);
    packed += PackNumber(static_cast<uint64_t>(item.windows.day.start_ms), 6);
  }
  const auto leased = [&](LimitKind kind) {
    const core::InstantMs window = CountsDays(kind) ? item.windows.day.start_ms : 0;
    const auto found = use.leased.find({campaign.number, kind, window});
    return found == use.leased.end() ? 0 : found->second;
  };
  if (!turn.has_value()) return packed;
  return packed + PackSpending(definition.use_limits, *turn, item.windows, leased(LimitKind::kBudget),
                               leased(LimitKind::kBudgetPerDay));
}

// What is kept of the use with its record.
Receipt ReceiptOf(const StackUse& use) {
  Receipt receipt;
  receipt.order = use.intent.order;
  receipt.order.instant_ms = use.judged_at_ms;
  receipt.applied = use.stack->applied;
  for (const size_t place : use.scripted) {
    receipt.campaign_versions.push_back(use.items[place].campaign->campaign.version);
    receipt.discount_max_minor.push_back(use.items[place].discount_max_minor);
  }
  for (size_t i = 0; i < use.items.size(); ++i) {
    std::optional<core::Error> why = use.WhyNot(i);
    if (why.has_value()) receipt.left_out.push_back({use.items[i].name, std::move(*why)});
  }
  return receipt;
}

}  // namespace

bool StackUse::decided() const {
  return stack.has_value() && std::none_of(items.begin(), items.end(), [this](const StackItem& item) {
           if (partial()) return item.objection.has_value() && !item.judged && !item.refused.has_value();
           return item.why_not() != nullptr;
         });
}

bool StackUse::wants_look() const {
  const bool has_code =
      std::any_of(items.begin(), items.end(), [](const StackItem& item) { return item.code.has_value(); });
  return items.size() > 1 && has_code && std::any_of(items.begin(), items.end(), [](const StackItem& item) {
           return !item.judged && !item.refused.has_value();
         });
}

bool StackUse::holds_codes() const {
  return std::any_of(items.begin(), items.end(),
                     [this](const StackItem& item) { return item.taken == attempt; });
}

CodeHolder StackUse::Holder() const {
  CodeHolder holder;
  holder.ref = place.ref;
  holder.body = intent.op.body;
  holder.attempt = attempt;
  return holder;
}

StackItem* StackUse::Find(const core::CouponKey& key) {
  const auto found = std::find_if(items.begin(), items.end(), [&key](const StackItem& item) {
    return !item.refused.has_value() && item.Current() == key.name;
  });
  return found == items.end() ? nullptr : &*found;
}

void StackUse::Adopt(KnownCampaignPtr newer) {
  for (StackItem& item : items) {
    const bool is_of_it =
        item.campaign != nullptr && item.campaign->campaign.number == newer->campaign.number;
    if (is_of_it) item.campaign = newer;
    item.judged = false;
  }
}

bool StackUse::IsListedBefore(const StackItem& item) const {
  for (const StackItem& other : items) {
    if (&other == &item) return false;
    if (!other.refused.has_value() && other.Current() == item.Current()) return true;
  }
  return false;
}

std::optional<core::Error> StackUse::WhyNot(size_t item) const {
  const core::Error* why = items[item].why_not();
  if (why == nullptr) return std::nullopt;
  core::Error error = *why;
  if (items.size() > 1) error.metadata.emplace_back("coupon", "coupons[" + std::to_string(item) + "]");
  return error;
}

redis::Command StackCommand(const Backend& backend, const ReceiptCodec& receipts, StackUse& use, bool judge) {
  const Keys& keys = backend.keys;
  use.scripted.clear();
  if (judge) {
    for (size_t i = 0; i < use.items.size(); ++i) {
      if (!use.items[i].refused.has_value()) use.scripted.push_back(i);
    }
  } else {
    for (const core::AppliedCoupon& applied : use.stack->applied) {
      use.scripted.push_back(static_cast<size_t>(use.Find(applied.key) - use.items.data()));
    }
  }
  const std::map<const StackItem*, size_t> turns = TurnsOf(&use);
  std::vector<core::CampaignNumber> campaigns;
  std::vector<std::string> packed;
  for (size_t i = 0; i < use.scripted.size(); ++i) {
    const StackItem& item = use.items[use.scripted[i]];
    const core::CampaignNumber number = item.campaign->campaign.number;
    const auto found = std::find(campaigns.begin(), campaigns.end(), number);
    const auto place = static_cast<size_t>(found - campaigns.begin());
    const bool is_first = found == campaigns.end();
    if (is_first) campaigns.push_back(number);
    Amounts amounts;
    // The order's sum counts once for each campaign.
    if (!judge && is_first) amounts.subtotal_minor = use.stack->subtotal_minor;
    if (!judge) amounts.discount_minor = use.stack->applied[i].discount_minor;
    const auto turn = turns.find(&item);
    packed.push_back(PackItem(keys.shape(), use, item, place + 1,
                              turn == turns.end() ? std::nullopt : std::optional(turn->second), amounts));
  }
  const bool reserve = use.mode == StackUse::Mode::kReserve;
  redis::Command command(reserve ? redis_scripts::kReserve : redis_scripts::kRedeem);
  command.Reserve(1024);
  command.Key(keys.Operation(use.place.ref)).Key(keys.Operation(use.place.earlier));
  command.Key(keys.Wallet(use.partition, use.bucket)).Key(keys.Ledger(use.partition));
  command.Key(reserve ? keys.Due(use.partition) : keys.Outgoing(use.partition));
  command.Key(keys.Owed(use.partition));
  for (const core::CampaignNumber number : campaigns) command.Key(keys.Campaign(use.partition, number));
  backend.AddBegin(command, use.intent.op, use.place);
  command.Arg(judge ? "judge" : "commit");
  command.Arg(use.user.has_value() ? use.user->view() : std::string_view());
  const int64_t attempt = use.holds_codes() ? use.attempt : 0;
  command.Arg(PackTerms(backend, use, attempt));
  command.Arg(judge ? std::string() : receipts.encode(ReceiptOf(use)));
  for (const std::string& item : packed) command.Arg(item);
  // One that fences an attempt writes.
  if (judge && attempt == 0) command.ReadOnly();
  return command;
}

}  // namespace tessera::storage
