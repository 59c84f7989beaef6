#include "storage/redis/redeeming.h"

#include <algorithm>
#include <map>

#include "async/timer.h"
#include "core/lifecycle.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one use: each but the last ends with newer knowledge of a campaign, of the time, of a coupon,
// of what was fenced, or of money: a budget that has too little may take two, and 20 campaigns may have two
// each.
constexpr int kAttemptsMax = 128;
// The longest wait for a clock that is behind.
constexpr std::chrono::milliseconds kEarlyMax{20};

void Narrow(core::Window* window, const core::Window& by) {
  window->start_ms = std::max(window->start_ms, by.start_ms);
  window->end_ms = std::min(window->end_ms, by.end_ms);
}

// Whether, after a script that stopped before the first write, nothing more is to be found out.
bool IsSettled(const StackUse& use, bool passed) {
  if (passed) return use.mode == StackUse::Mode::kJudge || !use.decided();
  const bool objected = std::any_of(use.items.begin(), use.items.end(),
                                    [](const StackItem& item) { return item.objection.has_value(); });
  const bool refused = std::any_of(use.items.begin(), use.items.end(),
                                   [](const StackItem& item) { return item.refused.has_value(); });
  // A code that is to be looked at again may be refused as well, and be listed before the others.
  const bool looks_again = std::any_of(use.items.begin(), use.items.end(), [](const StackItem& item) {
    return !item.refused.has_value() && !item.judged;
  });
  // Without those that were refused now, the service may say something else of the others.
  return !use.partial() && !objected && refused && !looks_again;
}

// The error of the call: what the first coupon is refused with, as they were listed; before others, one that
// says that the call may succeed when it is made again.
Error FirstRefusal(const StackUse& use) {
  std::optional<Error> first;
  for (size_t i = 0; i < use.items.size(); ++i) {
    std::optional<Error> why = use.WhyNot(i);
    if (why.has_value() && why->reason == Reason::kContended) return std::move(*why);
    if (!first.has_value()) first = std::move(why);
  }
  return first.value_or(Error(Reason::kInternal, "Nothing stands against the coupons."));
}

}  // namespace

core::Status Redeeming::Locate(StackUse* use) const {
  core::Result<OperationPlace> place = backend_.Place(use->intent.op, use->partition);
  if (!place.ok()) return std::move(place).error();
  use->place = *place;
  return core::Ok();
}

async::Task<core::Status> Redeeming::Resolve(StackUse* use) {
  const core::Shape& shape = backend_.keys.shape();
  use->named = use->intent.user.has_value();
  use->user = use->intent.user;
  for (const core::CouponName& name : use->intent.coupons) {
    StackItem item;
    item.name = name;
    if (const auto* number = std::get_if<core::CouponNumber>(&name)) item.coupon = *number;
    if (const auto* code = std::get_if<core::CodeNumber>(&name)) item.code = *code;
    use->items.push_back(std::move(item));
  }
  const StackItem& first = use->items.front();
  if (!use->named && first.code.has_value()) use->user = first.code->Bearer(shape);
  use->partition = use->user.has_value() ? use->user->partition(shape) : first.coupon->partition(shape);
  use->bucket = use->user.has_value() ? use->user->bucket(shape) : first.coupon->bucket(shape);
  core::Status located = Locate(use);
  if (!located.ok()) co_return located;
  for (StackItem& item : use->items) {
    if (!item.code.has_value()) continue;
    const core::Result<CodeRange> range = co_await ranges_.Of(*item.code, use->intent.op.deadline);
    if (!range.ok() && range.error().reason != Reason::kCouponNotFound) co_return range.error();
    if (!range.ok()) {
      item.refused = range.error();
      continue;
    }
    item.uses_max = range->uses_max;
    // Guests of a code that is good several times are each a bearer of their own, or one wallet would have to
    // hold all of them. Their partition is the code's: there the record of the use stands.
    if (!use->named && item.uses_max > 1) {
      std::copy_n(use->intent.op.field.begin(), 7, use->user->bytes.begin() + 5);
      use->bucket = use->user->bucket(shape);
    }
    core::Result<KnownCampaignPtr> known =
        co_await directory_.Known(range->campaign, use->intent.op.deadline);
    if (!known.ok()) co_return std::move(known).error();
    item.campaign = std::move(*known);
  }
  co_return co_await ReadWallet(use);
}

async::Task<core::Status> Redeeming::ReadWallet(StackUse* use) {
  const core::Shape& shape = backend_.keys.shape();
  const Deadline deadline = use->intent.op.deadline;
  redis::Command command("HMGET");
  command.ReadOnly().Key(backend_.keys.Wallet(use->partition, use->bucket));
  std::vector<StackItem*> asked;
  for (StackItem& item : use->items) {
    if (!item.coupon.has_value()) continue;
    if (item.coupon->partition(shape) == use->partition && item.coupon->bucket(shape) == use->bucket) {
      command.Arg(CouponField(item.coupon->index(shape)));
      asked.push_back(&item);
      continue;
    }
    // It stands elsewhere, so it is not this user's, if it is there at all.
    const core::Result<StoredCoupon> stored = co_await coupons_.Read(*item.coupon, deadline);
    if (!stored.ok() && stored.error().reason != Reason::kCouponNotFound) co_return stored.error();
    item.refused = stored.ok() ? AnothersCoupon() : stored.error();
  }
  if (asked.empty()) co_return core::Ok();
  core::Result<redis::Reply> reply = co_await backend_.Call(std::move(command), deadline);
  if (!reply.ok()) co_return std::move(reply).error();
  for (size_t i = 0; i < asked.size(); ++i) {
    if ((*reply)[i].is_nil()) {
      asked[i]->refused = Error(Reason::kCouponNotFound, "There is no such coupon.");
      continue;
    }
    const std::optional<StoredCoupon> stored = OpenCoupon((*reply)[i].text());
    if (!stored.has_value()) co_return Unreadable("coupon");
    core::Result<KnownCampaignPtr> known = co_await directory_.Known(stored->campaign, deadline);
    if (!known.ok()) co_return std::move(known).error();
    asked[i]->campaign = std::move(*known);
  }
  co_return core::Ok();
}

async::Task<core::Status> Redeeming::Judge(StackUse* use) {
  use->judged_at_ms = backend_.clock.Now();
  use->holds = {0, core::kAmountMax};
  use->stack.reset();
  for (StackItem& item : use->items) {
    item.objection.reset();
    if (item.refused.has_value()) continue;
    if (!core::MayRedeem(item.campaign->campaign).ok()) {
      // A refusal must not rest on what is only remembered.
      core::Result<KnownCampaignPtr> fresh =
          co_await directory_.Fresh(item.campaign->campaign.id, use->intent.op.deadline);
      if (!fresh.ok()) co_return std::move(fresh).error();
      item.campaign = std::move(*fresh);
    }
    const core::CampaignLimits& limits = item.campaign->campaign.definition.limits;
    const core::UseLimits& uses = item.campaign->campaign.definition.use_limits;
    const bool counts_users =
        uses.count_uses() ||
        (item.code.has_value() && (limits.per_user_total.has_value() || limits.per_user_per_day.has_value()));
    core::Status may = core::MayRedeem(item.campaign->campaign);
    if (!may.ok()) {
      item.objection = std::move(may).error();
    } else if (use->IsListedBefore(item)) {
      item.objection = Error(Reason::kListedTwice, "The coupon is listed twice.");
    } else if (!use->named && counts_users) {
      item.objection =
          Error(Reason::kSubjectRequired, "The campaign has limits for each user: user_id is needed.")
              .With("field", "user_id");
    }
    const core::InstantMs day_before = item.windows.day.start_ms;
    item.windows = WindowsOf(*item.campaign, use->judged_at_ms, item.code.has_value() && use->named);
    // What one day's budget had left says nothing of another's.
    if (item.windows.day.start_ms != day_before) item.discount_max_minor.reset();
    for (const core::Window& window : {item.windows.day, item.windows.week, item.windows.month}) {
      if (window.end_ms > 0) Narrow(&use->holds, window);
    }
  }
  for (;;) {
    std::vector<Candidate> candidates;
    std::vector<StackItem*> of;
    for (StackItem& item : use->items) {
      if (item.why_not() != nullptr) continue;
      std::shared_ptr<const core::Campaign> campaign(item.campaign, &item.campaign->campaign);
      candidates.push_back({item.Current(), std::move(campaign), item.discount_max_minor});
      of.push_back(&item);
    }
    if (candidates.empty()) co_return core::Ok();
    Decision decision = use->intent.decide(candidates, use->judged_at_ms);
    Narrow(&use->holds, decision.holds);
    if (auto* stack = std::get_if<core::PricedStack>(&decision.stack)) {
      use->stack = std::move(*stack);
      co_return core::Ok();
    }
    for (RefusedCandidate& refused : std::get<std::vector<RefusedCandidate>>(decision.stack)) {
      of[refused.place]->objection = std::move(refused.why);
    }
    if (!use->partial()) co_return core::Ok();
  }
}

async::Task<core::Status> Redeeming::LearnCampaign(StackUse* use, int64_t version, size_t place) {
  const KnownCampaignPtr old = use->items[use->scripted.at(place)].campaign;
  core::Result<KnownCampaignPtr> newer =
      co_await directory_.Newer(old, use->partition, version, use->intent.op.deadline);
  if (!newer.ok()) co_return std::move(newer).error();
  use->Adopt(std::move(*newer));
  co_return core::Ok();
}

async::Task<core::Result<std::optional<ScriptReply>>> Redeeming::Attempts(StackUse* use) {
  const Deadline deadline = use->intent.op.deadline;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    core::Status ready = Locate(use);
    if (ready.ok()) ready = co_await Judge(use);
    if (!ready.ok()) co_return std::move(ready).error();
    // Codes are taken for a stack that nothing stands against: a refusal after they were leaves a fence
    // behind.
    const bool commit = use->mode != Mode::kJudge && use->decided() && !use->wants_look();
    core::Result<bool> changed = false;
    if (commit && use->mode == Mode::kRedeem) {
      changed = co_await codes_.Take(use);
    } else {
      changed = co_await codes_.Look(use);
    }
    if (!changed.ok()) co_return std::move(changed).error();
    if (*changed) continue;
    const bool fences = !commit && use->holds_codes();
    redis::Command command = StackCommand(backend_, receipts_, *use, !commit);
    // Codes that were taken are set free only when the attempt that took them is fenced.
    if (use->scripted.empty() && !fences) co_return std::optional<ScriptReply>();
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    const std::string status(reply->status);
    if (status == "OK") co_return std::optional<ScriptReply>(std::move(*reply));
    use->asked = use->asked || status == "PASS" || status == "REFUSED";
    if (status == "NEED") {
      core::Status fetched = co_await money_.Fetch(use, OpenNeed(*reply));
      if (!fetched.ok()) co_return std::move(fetched).error();
    } else if (status == "LATE") {
      use->attempt = reply->reply[2].integer() + 1;
    } else if (status == "STALE") {
      core::Status learned =
          co_await LearnCampaign(use, reply->version(), static_cast<size_t>(reply->reply[3].integer() - 1));
      if (!learned.ok()) co_return std::move(learned).error();
    } else if (status == "PASS" || status == "REFUSED") {
      if (fences || (commit && use->holds_codes())) ++use->attempt;
      for (const size_t place : use->scripted) use->items[place].judged = true;
      const bool passed = status == "PASS";
      core::Result<bool> is_short = false;
      if (!passed) {
        core::Status learned = co_await refusals_.Learn(use, std::move(*reply));
        if (!learned.ok()) co_return std::move(learned).error();
      } else if (use->mode == Mode::kJudge) {
        is_short = co_await money_.Count(use, &*reply);
      }
      if (!is_short.ok()) co_return std::move(is_short).error();
      if (!*is_short && IsSettled(*use, passed)) co_return std::optional<ScriptReply>();
    } else if (backend_.PeriodPassed(*reply)) {
      // Another node's clock is ahead of this one's, and has begun the period already.
      const int64_t early_ms = use->holds.start_ms - reply->now_ms;
      if (early_ms > 0) co_await async::Sleep(std::min(std::chrono::milliseconds(early_ms), kEarlyMax));
    } else {
      // Of one whose time was over nobody knows but those who ask.
      if (status != "DEADLINE") co_await codes_.Free(use);
      co_return CommonRefusal(status);
    }
  }
  co_return Contended("The campaigns keep changing, or others keep asking for the coupons.");
}

async::Task<core::Result<std::optional<ScriptReply>>> Redeeming::Run(StackUse* use) {
  core::Status resolved = co_await Resolve(use);
  if (!resolved.ok()) co_return std::move(resolved).error();
  core::Result<std::optional<ScriptReply>> reply = co_await Attempts(use);
  if (reply.ok() && !reply->has_value()) co_await codes_.Free(use);
  co_return reply;
}

template <class T>
async::Task<core::Result<T>> Redeeming::Answer(UseIntent intent, Mode mode, int64_t ttl_ms) {
  StackUse use;
  use.intent = std::move(intent);
  use.mode = mode;
  use.ttl_ms = ttl_ms;
  core::Result<std::optional<ScriptReply>> reply = co_await Run(&use);
  if (!reply.ok()) co_return std::move(reply).error();
  if (reply->has_value()) {
    co_await codes_.TellHomes(&use, std::string((*reply)->reply[2].text()));
    if ((*reply)->reply[4].integer() == 1) co_await money_.BringHome(&use);
    co_return co_await outcomes_.OpenReply<T>(std::move(**reply), use.place, use.intent.op.deadline);
  }
  Error refusal = FirstRefusal(use);
  if (use.asked) co_return refusal;
  // What the coupons are now says nothing about a call that took effect before, or never will.
  co_return co_await outcomes_.RefuseUnlessReplay<T>(use.intent.op, use.place, std::move(refusal));
}

async::Task<core::Result<Redemption>> Redeeming::Redeem(UseIntent intent) {
  return Answer<Redemption>(std::move(intent), Mode::kRedeem, 0);
}

async::Task<core::Result<Reservation>> Redeeming::Reserve(ReserveIntent intent) {
  return Answer<Reservation>(std::move(intent.use), Mode::kReserve, intent.ttl_ms);
}

async::Task<core::Result<Verdict>> Redeeming::Validate(UseIntent intent) {
  StackUse use;
  // Nothing is recorded of a validation, so it must not be taken for an operation that was.
  const Deadline deadline = intent.op.deadline;
  use.intent = std::move(intent);
  use.intent.op = Operation();
  use.intent.op.deadline = deadline;
  use.mode = Mode::kJudge;
  core::Result<std::optional<ScriptReply>> reply = co_await Run(&use);
  if (!reply.ok()) co_return std::move(reply).error();
  Verdict verdict;
  verdict.subtotal_minor = use.intent.order.SubtotalMinor();
  verdict.shipping_minor = use.intent.order.shipping_minor;
  if (use.stack.has_value()) verdict.discount_minor = use.stack->discount_minor;
  std::map<core::CouponName, core::AppliedCoupon*> applied;
  if (use.stack.has_value()) {
    for (core::AppliedCoupon& one : use.stack->applied) applied[one.key.name] = &one;
  }
  for (const StackItem& item : use.items) {
    const core::Error* why = item.why_not();
    // Nothing is told of what is another's, neither which coupon it is nor whose campaign it is of.
    const bool may_tell = why == nullptr || why->reason != Reason::kCouponOfAnotherUser;
    CouponVerdict one{item.coupon.has_value() && may_tell ? core::CouponName(*item.coupon) : item.name, "",
                      core::AppliedCoupon()};
    if (item.campaign != nullptr && may_tell) one.campaign_id = item.campaign->campaign.id;
    if (why != nullptr) {
      one.says = *why;
    } else if (const auto found = applied.find(item.Current()); found != applied.end()) {
      one.says = std::move(*found->second);
    }
    verdict.coupons.push_back(std::move(one));
  }
  co_return verdict;
}

}  // namespace tessera::storage
