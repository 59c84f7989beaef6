#include "storage/redis/code_binding.h"

#include <algorithm>

#include "core/instant.h"
#include "core/lifecycle.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/issuing.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one binding: each but the last ends with newer knowledge of the campaign, of the time, or of
// what was fenced.
constexpr int kAttemptsMax = 32;

// Refusals that no script gave which looked at the operation's record.
bool MayBeReplay(const Error& refusal) {
  return refusal.reason == Reason::kContended || refusal.reason == Reason::kCouponNotFound ||
         refusal.reason == Reason::kCodeUsedUp;
}

}  // namespace

// TERMS of scripts/bind_code.lua.
std::string CodeBinding::PackTerms(const Use& use) const {
  const core::Shape& shape = backend_.keys.shape();
  const core::Campaign& campaign = use.campaign->campaign;
  const core::CampaignLimits& limits = campaign.definition.limits;
  const core::UserKey& user = use.intent.user;
  const uint64_t base = uint64_t{user.bucket(shape)} * shape.partitions + user.partition(shape);
  std::string terms(user.view());
  terms += PackCode(use.intent.code) + PackNumber(base, 7);
  terms += PackNumber(uint64_t{shape.partitions} * shape.buckets, 7);
  terms += PackNumber(user.bucket(shape), 4);
  terms += PackNumber(use.intent.code_key_id, 1) + PackNumber(campaign.number.value, 4);
  terms += PackNumber(
      static_cast<uint64_t>(std::max<core::InstantMs>(core::CodesUntil(campaign.definition), 0)), 6);
  terms += PackValidity(campaign.definition);
  terms += PackNumber(PackedQuota(limits.per_user_total), 4);
  terms += PackNumber(PackedQuota(limits.per_user_per_day), 4);
  terms += PackNumber(static_cast<uint64_t>(use.day.start_ms), 6);
  terms += PackNumber(static_cast<uint64_t>(use.day.end_ms), 7);
  return terms;
}

redis::Command CodeBinding::BuildCommand(const Use& use) const {
  const Keys& keys = backend_.keys;
  const core::UserKey& user = use.intent.user;
  const uint32_t partition = user.partition(keys.shape());
  redis::Command command(redis_scripts::kBindCode);
  command.Reserve(768);
  command.Key(keys.Operation(use.place.ref)).Key(keys.Operation(use.place.earlier));
  command.Key(keys.Wallet(partition, user.bucket(keys.shape())));
  command.Key(keys.Campaign(partition, use.campaign->campaign.number));
  command.Key(keys.Ledger(partition)).Key(keys.Outgoing(partition)).Key(keys.Due(partition));
  backend_.AddBegin(command, use.intent.op, use.place);
  command.Arg(use.holder.attempt).Arg(use.campaign->campaign.version).Arg(PackTerms(use));
  command.Arg(use.refusal.has_value() ? "refuse" : "bind").Arg(use.holder.Pack());
  return command;
}

// What the service says for itself, and what it gives the script to judge by.
void CodeBinding::Judge(Use* use) const {
  const core::Campaign& campaign = use->campaign->campaign;
  use->day = {};
  if (campaign.definition.limits.per_user_per_day.has_value()) {
    use->day = calendar::DayWindow(use->campaign->zone, backend_.clock.Now());
  }
  use->refusal.reset();
  if (core::Status may = core::MayRedeem(campaign); !may.ok()) use->refusal = std::move(may).error();
}

Error CodeBinding::Refusal(const Use& use, const ScriptReply& reply) const {
  if (reply.status == "EXPIRED") {
    return Error(Reason::kCouponExpired, "The coupon's time is over.")
        .With("expired_at", core::InstantText(core::CodesUntil(use.campaign->campaign.definition)));
  }
  // A pause comes before the quotas.
  const bool judged = reply.status != "REUSED" && reply.status != "FENCED" && reply.status != "DEADLINE";
  if (use.refusal.has_value() && judged) return *use.refusal;
  if (reply.status == "QUOTA") return UserQuotaSpent();
  if (reply.status == "QUOTA_DAY") return UserQuotaSpentToday(use.day);
  if (reply.status == "FULL") return WalletFull();
  return CommonRefusal(reply.status);
}

// The script's answer, or nothing when the code has to be taken again.
async::Task<core::Result<std::optional<CodeBinding::Done>>> CodeBinding::Decide(Use* use) {
  const Deadline deadline = use->intent.op.deadline;
  const uint32_t partition = use->intent.user.partition(backend_.keys.shape());
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (!core::MayRedeem(use->campaign->campaign).ok()) {
      // A refusal must not rest on what is only remembered.
      core::Result<KnownCampaignPtr> fresh = co_await directory_.Fresh(use->campaign->campaign.id, deadline);
      if (!fresh.ok()) co_return std::move(fresh).error();
      use->campaign = *fresh;
    }
    Judge(use);
    core::Result<ScriptReply> reply = co_await backend_.Run(BuildCommand(*use), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    const std::string_view status = reply->status;
    if (status == "OK") {
      Done done;
      done.reply = std::move(*reply);
      co_return std::optional<Done>(std::move(done));
    }
    if (status == "STALE") {
      core::Result<KnownCampaignPtr> newer =
          co_await directory_.Newer(use->campaign, partition, reply->version(), deadline);
      if (!newer.ok()) co_return std::move(newer).error();
      use->campaign = *newer;
      continue;
    }
    if (status == "LATE") {
      use->holder.attempt = reply->reply[2].integer() + 1;
      co_return std::optional<Done>();
    }
    if (backend_.PeriodPassed(*reply)) co_return std::optional<Done>();
    Error refusal = Refusal(*use, *reply);
    // The attempt can't commit any more, but for one whose time was over, whom others will ask.
    if (status != "DEADLINE") co_await taking_.Free(use->intent.code, use->holder, deadline);
    co_return refusal;
  }
  co_return Contended("The campaign keeps changing.");
}

// Where the record of the use stands now, and so what the code's home is to know of it.
core::Status CodeBinding::Locate(Use* use) const {
  core::Result<OperationPlace> place =
      backend_.Place(use->intent.op, use->intent.user.partition(backend_.keys.shape()));
  if (!place.ok()) return std::move(place).error();
  use->place = *place;
  use->holder.ref = place->ref;
  use->holder.body = use->intent.op.body;
  return core::Ok();
}

async::Task<core::Result<CodeBinding::Done>> CodeBinding::Run(Use* use) {
  const Deadline deadline = use->intent.op.deadline;
  core::Status located = Locate(use);
  if (!located.ok()) co_return std::move(located).error();
  const core::Result<CodeRange> range = co_await ranges_.Of(use->intent.code, deadline);
  if (!range.ok()) co_return range.error();
  core::Result<KnownCampaignPtr> known = co_await directory_.Known(range->campaign, deadline);
  if (!known.ok()) co_return std::move(known).error();
  use->campaign = *known;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    core::Result<CodeFound> found = co_await taking_.Take(use->intent.code, use->holder, deadline);
    if (!found.ok()) co_return std::move(found).error();
    if (found->kind == CodeFound::Kind::kRevoked) co_return Done();
    if (found->kind == CodeFound::Kind::kSpent) {
      co_return Error(Reason::kCodeUsedUp, "All uses of the code are taken.")
          .With("limit", std::to_string(range->uses_max));
    }
    if (found->kind == CodeFound::Kind::kUsed) {
      Done done;
      done.made = found->coupon;
      co_return done;
    }
    core::Result<std::optional<Done>> decided = co_await Decide(use);
    if (!decided.ok()) co_return std::move(decided).error();
    if (decided->has_value()) co_return std::move(**decided);
    located = Locate(use);
    if (!located.ok()) co_return std::move(located).error();
  }
  co_return Contended("Others keep asking for the coupon.");
}

async::Task<void> CodeBinding::TellHome(const Use* use, std::string text) {
  const std::optional<Record> record = OpenRecord(text);
  if (!record.has_value()) co_return;
  // Whoever fails here leaves the news in the partition, and a sweeper tells them.
  const Deadline deadline = Afterwards(use->intent.op.deadline);
  co_await taking_.Confirm(use->intent.code, use->holder, record->coupon, deadline);
}

async::Task<core::Result<CodeView>> CodeBinding::Get(core::CodeNumber code, Deadline deadline) {
  const core::Result<CodeRange> range = co_await ranges_.Of(code, deadline);
  if (!range.ok()) co_return range.error();
  core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(range->campaign, deadline);
  if (!known.ok()) co_return std::move(known).error();
  core::Result<CodeFound> found = co_await taking_.Look(code, deadline);
  if (!found.ok()) co_return std::move(found).error();
  CodeView view;
  view.campaign_id = (*known)->campaign.id;
  view.usable = (*known)->campaign.definition.use_window;
  if (found->kind == CodeFound::Kind::kUsed) view.coupon = found->coupon;
  if (backend_.clock.Now() >= view.usable.end_ms) view.state = CouponState::kExpired;
  if (found->kind == CodeFound::Kind::kSpent) view.state = CouponState::kRedeemed;
  if (found->kind == CodeFound::Kind::kRevoked) view.state = CouponState::kRevoked;
  co_return view;
}

async::Task<core::Result<Issued>> CodeBinding::BoundAlready(const Use* use, core::CouponNumber number) {
  core::Result<Coupon> coupon = co_await coupons_.Get(number, use->intent.op.deadline);
  if (!coupon.ok()) co_return std::move(coupon).error();
  if (coupon->redemption.has_value()) {
    co_return co_await outcomes_.AlreadyRedeemed(number.partition(backend_.keys.shape()),
                                                 coupon->redemption->Pack(), use->intent.op.deadline);
  }
  if (coupon->user != use->intent.user) {
    co_return Error(Reason::kCodeAlreadyBound, "The code is in another user's wallet.");
  }
  if (coupon->state == CouponState::kRevoked) co_return CouponTakenBack();
  Issued issued;
  issued.number = number;
  issued.campaign_id = coupon->campaign_id;
  issued.code_key_id = use->intent.code_key_id;
  issued.issue_time_ms = coupon->issue_time_ms;
  issued.usable = coupon->usable;
  co_return issued;
}

async::Task<core::Result<Issued>> CodeBinding::Bind(BindIntent intent) {
  Use use;
  use.intent = std::move(intent);
  core::Result<Done> done = co_await Run(&use);
  if (done.ok() && done->reply.has_value()) {
    co_await TellHome(&use, std::string(done->reply->reply[2].text()));
    co_return co_await outcomes_.OpenReply<Issued>(std::move(*done->reply), use.place,
                                                   use.intent.op.deadline);
  }
  // What the code is now says nothing about a call that took effect before, or never will.
  if (!done.ok() && !MayBeReplay(done.error())) co_return std::move(done).error();
  core::Result<std::optional<Issued>> before =
      co_await outcomes_.AnsweredBefore<Issued>(use.intent.op, use.place);
  if (!before.ok()) co_return std::move(before).error();
  if (before->has_value()) co_return std::move(**before);
  if (!done.ok()) co_return std::move(done).error();
  if (!done->made.has_value()) co_return CouponTakenBack();
  co_return co_await BoundAlready(&use, *done->made);
}

}  // namespace tessera::storage
