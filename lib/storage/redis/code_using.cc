#include "storage/redis/code_using.h"

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

// Attempts at one use: each but the last ends with newer knowledge of the campaign, of the time, or of what
// was fenced.
constexpr int kAttemptsMax = 32;
// For telling a code's home what is decided: the caller has better things to wait for.
constexpr std::chrono::milliseconds kTellTime{500};

Error TakenBack() { return Error(Reason::kCouponRevoked, "The coupon was taken back."); }

Error UsedUp(const CodeRange& range) {
  return Error(Reason::kCodeUsedUp, "All uses of the code are taken.")
      .With("limit", std::to_string(range.uses_max));
}

// Refusals that no script gave which looked at the operation's record.
bool MayBeReplay(const Error& refusal) {
  return refusal.reason == Reason::kContended || refusal.reason == Reason::kCouponNotFound ||
         refusal.reason == Reason::kCodeUsedUp;
}

}  // namespace

// TERMS of scripts/use_code.lua.
std::string CodeUsing::PackTerms(const Use& use) const {
  const core::Shape& shape = backend_.keys.shape();
  const core::Campaign& campaign = use.campaign->campaign;
  const core::CampaignDefinition& definition = campaign.definition;
  const core::CampaignLimits limits = use.named ? definition.limits : core::CampaignLimits();
  const uint64_t base = uint64_t{use.user.bucket(shape)} * shape.partitions + use.user.partition(shape);
  const core::InstantMs from =
      use.mode == Mode::kBind ? 0 : std::max<core::InstantMs>(definition.use_window.start_ms, 0);
  std::string terms(use.user.view());
  terms += PackCode(use.code) + PackNumber(base, 7);
  terms += PackNumber(uint64_t{shape.partitions} * shape.buckets, 7);
  terms += PackNumber(use.code_key_id, 1) + PackNumber(campaign.number.value, 4);
  terms += PackNumber(static_cast<uint64_t>(from), 7);
  terms += PackNumber(static_cast<uint64_t>(definition.use_window.end_ms), 6);
  terms += PackNumber(PackedQuota(limits.per_user_total), 4);
  terms += PackNumber(PackedQuota(limits.per_user_per_day), 4);
  terms += PackNumber(static_cast<uint64_t>(use.day.start_ms), 6);
  terms += PackNumber(static_cast<uint64_t>(use.day.end_ms), 7);
  return terms;
}

redis::Command CodeUsing::BuildCommand(const Use& use) const {
  const Keys& keys = backend_.keys;
  const uint32_t partition = use.user.partition(keys.shape());
  redis::Command command(redis_scripts::kUseCode);
  command.Reserve(768);
  command.Key(keys.Operation(use.place.ref)).Key(keys.Operation(use.place.earlier));
  command.Key(keys.Wallet(partition, use.user.bucket(keys.shape())));
  command.Key(keys.Campaign(partition, use.campaign->campaign.number));
  command.Key(keys.Ledger(partition)).Key(keys.Outgoing(partition));
  backend_.AddBegin(command, use.op, use.place);
  command.Arg(use.holder.attempt).Arg(use.campaign->campaign.version).Arg(PackTerms(use));
  if (use.mode == Mode::kJudge) {
    command.Arg("judge").ReadOnly();
  } else if (use.refusal.has_value()) {
    command.Arg("refuse");
  } else {
    command.Arg(use.mode == Mode::kBind ? "bind" : "redeem");
  }
  command.Arg(PackNumber(static_cast<uint64_t>(use.discount.subtotal_minor), 7) +
              PackNumber(static_cast<uint64_t>(use.discount.discount_minor), 7));
  command.Arg(use.order_id).Arg(use.place.ref.Pack()).Arg(use.holder.Pack());
  return command;
}

// What the service says for itself, and what it gives the script to judge by.
core::Status CodeUsing::Judge(Use* use) const {
  const core::Campaign& campaign = use->campaign->campaign;
  const core::CampaignLimits& limits = campaign.definition.limits;
  use->day = {};
  if (use->named && limits.per_user_per_day.has_value()) {
    use->day = calendar::DayWindow(use->campaign->zone, backend_.clock.Now());
  }
  if (core::Status may = core::MayRedeem(campaign); !may.ok()) return may;
  const bool counts_users = limits.per_user_total.has_value() || limits.per_user_per_day.has_value();
  if (!use->named && counts_users) {
    return Error(Reason::kSubjectRequired, "The campaign has limits for each user: user_id is needed.")
        .With("field", "user_id");
  }
  if (use->mode == Mode::kBind) return core::Ok();
  core::Result<core::Discount> decided = use->decide(campaign);
  if (!decided.ok()) return std::move(decided).error();
  use->discount = *decided;
  return core::Ok();
}

Error CodeUsing::Refusal(const Use& use, const ScriptReply& reply) const {
  const core::CampaignDefinition& definition = use.campaign->campaign.definition;
  if (reply.status == "EXPIRED") {
    return Error(Reason::kCouponExpired, "The coupon's time is over.")
        .With("expired_at", core::InstantText(definition.use_window.end_ms));
  }
  // What the service refuses comes after window and quotas, but for a pause.
  const bool paused = use.refusal.has_value() && use.refusal->reason == Reason::kCampaignPaused;
  const bool judged = reply.status != "REUSED" && reply.status != "FENCED" && reply.status != "DEADLINE";
  if (use.refusal.has_value() && (reply.status == "PASS" || (paused && judged))) return *use.refusal;
  if (reply.status == "NOT_YET") {
    return Error(Reason::kCouponNotYetValid, "The coupon can't be used yet.")
        .With("valid_from", core::InstantText(definition.use_window.start_ms));
  }
  if (reply.status == "QUOTA") return UserQuotaSpent();
  if (reply.status == "QUOTA_DAY") return UserQuotaSpentToday(use.day);
  if (reply.status == "FULL") return WalletFull();
  return CommonRefusal(reply.status);
}

// The script's answer, or nothing when the code has to be taken again.
async::Task<core::Result<std::optional<CodeUsing::Done>>> CodeUsing::DecideUse(Use* use) {
  const Deadline deadline = use->op.deadline;
  const uint32_t partition = use->user.partition(backend_.keys.shape());
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (!core::MayRedeem(use->campaign->campaign).ok()) {
      // A refusal must not rest on what is only remembered.
      core::Result<KnownCampaignPtr> fresh = co_await directory_.Fresh(use->campaign->campaign.id, deadline);
      if (!fresh.ok()) co_return std::move(fresh).error();
      use->campaign = *fresh;
    }
    core::Status may = Judge(use);
    use->refusal.reset();
    if (!may.ok()) use->refusal = std::move(may).error();
    core::Result<ScriptReply> reply = co_await backend_.Run(BuildCommand(*use), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    const std::string_view status = reply->status;
    if (status == "OK" || (status == "PASS" && !use->refusal.has_value())) {
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
    if (use->mode != Mode::kJudge && status != "DEADLINE") {
      co_await taking_.Free(use->code, use->holder, deadline);
    }
    co_return refusal;
  }
  co_return Contended("The campaign keeps changing.");
}

// Where the record of the use stands now, and so what the code's home is to know of it.
core::Status CodeUsing::Locate(Use* use) const {
  core::Result<OperationPlace> place = backend_.Place(use->op, use->user.partition(backend_.keys.shape()));
  if (!place.ok()) return std::move(place).error();
  use->place = *place;
  use->holder.ref = place->ref;
  use->holder.body = use->op.body;
  return core::Ok();
}

async::Task<core::Result<CodeUsing::Done>> CodeUsing::Run(Use* use) {
  const Deadline deadline = use->op.deadline;
  core::Status located = Locate(use);
  if (!located.ok()) co_return std::move(located).error();
  const core::Result<CodeRange> range = co_await ranges_.Of(use->code, deadline);
  if (!range.ok()) co_return range.error();
  // Guests of a code that is good several times are each a bearer of their own, or one wallet would have to
  // hold all of them. Their partition is the code's: there the record of the use stands.
  const bool of_many = !use->named && range->uses_max > 1;
  if (of_many) std::copy_n(use->op.field.begin(), 7, use->user.bytes.begin() + 5);
  core::Result<KnownCampaignPtr> known = co_await directory_.Known(range->campaign, deadline);
  if (!known.ok()) co_return std::move(known).error();
  use->campaign = *known;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    core::Result<CodeFound> found = CodeFound();
    if (use->mode == Mode::kJudge) {
      found = co_await taking_.Look(use->code, deadline);
    } else {
      found = co_await taking_.Take(use->code, use->holder, deadline);
    }
    if (!found.ok()) co_return std::move(found).error();
    if (found->kind == CodeFound::Kind::kRevoked) co_return Done();
    if (found->kind == CodeFound::Kind::kSpent) co_return UsedUp(*range);
    if (found->kind == CodeFound::Kind::kUsed) {
      Done done;
      done.made = found->coupon;
      co_return done;
    }
    core::Result<std::optional<Done>> decided = co_await DecideUse(use);
    if (!decided.ok()) co_return std::move(decided).error();
    if (decided->has_value()) co_return std::move(**decided);
    located = Locate(use);
    if (!located.ok()) co_return std::move(located).error();
  }
  co_return Contended("Others keep asking for the coupon.");
}

async::Task<void> CodeUsing::TellHome(const Use* use, std::string text) {
  const std::optional<Record> record = OpenRecord(text);
  if (!record.has_value()) co_return;
  // Whoever fails here leaves the news in the partition, and a sweeper tells them.
  const Deadline deadline = std::min(use->op.deadline, async::After(kTellTime));
  if (IsUndone(*record)) {
    co_await taking_.Undo(use->code, use->holder, deadline);
  } else {
    co_await taking_.Confirm(use->code, use->holder, record->coupon, deadline);
  }
}

template <class T>
async::Task<core::Result<CodeUsing::Came<T>>> CodeUsing::Try(Use* use) {
  core::Result<Done> done = co_await Run(use);
  if (done.ok() && done->reply.has_value()) {
    co_await TellHome(use, std::string(done->reply->reply[2].text()));
    core::Result<T> answer =
        co_await outcomes_.OpenReply<T>(std::move(*done->reply), use->place, use->op.deadline);
    if (!answer.ok()) co_return std::move(answer).error();
    co_return Came<T>(std::move(*answer));
  }
  // What the code is now says nothing about a call that took effect before, or never will.
  if (!done.ok() && !MayBeReplay(done.error())) co_return std::move(done).error();
  core::Result<std::optional<T>> before = co_await outcomes_.AnsweredBefore<T>(use->op, use->place);
  if (!before.ok()) co_return std::move(before).error();
  if (before->has_value()) co_return Came<T>(std::move(**before));
  if (!done.ok()) co_return std::move(done).error();
  if (!done->made.has_value()) co_return TakenBack();
  co_return Came<T>(*done->made);
}

async::Task<core::Error> CodeUsing::RefusalToGuest(core::CouponNumber coupon, Deadline deadline) {
  core::Result<StoredCoupon> stored = co_await coupons_.Read(coupon, deadline);
  if (!stored.ok()) co_return std::move(stored).error();
  if (stored->state == CouponState::kRedeemed) {
    co_return co_await outcomes_.AlreadyRedeemed(coupon.partition(backend_.keys.shape()),
                                                 std::move(stored->reference), deadline);
  }
  if (stored->state == CouponState::kRevoked) co_return TakenBack();
  co_return Error(Reason::kSubjectRequired, "The code is in a user's wallet: user_id is needed.")
      .With("field", "user_id");
}

CodeUsing::Use CodeUsing::UseOf(const UseIntent& intent) const {
  Use use;
  use.op = intent.op;
  use.code = std::get<core::CodeNumber>(intent.coupon);
  use.named = intent.user.has_value();
  use.user = use.named ? *intent.user : use.code.Bearer(backend_.keys.shape());
  use.order_id = intent.order_id;
  use.decide = intent.decide;
  return use;
}

async::Task<core::Result<Redemption>> CodeUsing::Redeem(UseIntent intent) {
  core::Result<Redemption> answer = co_await RedeemOnce(intent);
  // Between two looks the use that was in the way may have been rolled back, which revokes its coupon and
  // frees the code.
  const bool again = !answer.ok() && answer.error().reason == Reason::kCouponRevoked;
  if (again) co_return co_await RedeemOnce(std::move(intent));
  co_return answer;
}

async::Task<core::Result<Redemption>> CodeUsing::RedeemOnce(UseIntent intent) {
  Use use = UseOf(intent);
  core::Result<Came<Redemption>> came = co_await Try<Redemption>(&use);
  if (!came.ok()) co_return std::move(came).error();
  if (auto* redemption = std::get_if<Redemption>(&*came)) co_return std::move(*redemption);
  const core::CouponNumber made = std::get<core::CouponNumber>(*came);
  if (!use.named) co_return co_await RefusalToGuest(made, intent.op.deadline);
  intent.coupon = made;
  co_return co_await redeeming_.Redeem(std::move(intent));
}

async::Task<core::Result<Verdict>> CodeUsing::Validate(UseIntent intent) {
  Use use = UseOf(intent);
  use.mode = Mode::kJudge;
  // Nothing is recorded of a validation, so it must not be taken for an operation that was.
  use.op = Operation();
  use.op.deadline = intent.op.deadline;
  core::Result<Done> done = co_await Run(&use);
  if (!done.ok()) co_return std::move(done).error();
  if (done->reply.has_value()) {
    Verdict verdict;
    verdict.coupon = use.code;
    verdict.campaign_id = use.campaign->campaign.id;
    verdict.currency = use.campaign->campaign.definition.currency;
    verdict.discount = use.discount;
    co_return verdict;
  }
  if (!done->made.has_value()) co_return TakenBack();
  if (!use.named) co_return co_await RefusalToGuest(*done->made, intent.op.deadline);
  intent.coupon = *done->made;
  co_return co_await redeeming_.Validate(std::move(intent));
}

async::Task<core::Result<Reservation>> CodeUsing::Reserve(ReserveIntent intent) {
  Use use = UseOf(intent.use);
  core::Status located = Locate(&use);
  if (!located.ok()) co_return std::move(located).error();
  core::Result<CodeView> view = co_await Get(use.code, use.op.deadline);
  if (!view.ok() && !MayBeReplay(view.error())) co_return std::move(view).error();
  const bool belongs_to_user = view.ok() && view->coupon.has_value() && use.named;
  if (belongs_to_user) {
    intent.use.coupon = *view->coupon;
    co_return co_await redeeming_.Reserve(std::move(intent));
  }
  Error refusal(Reason::kCodeNotBound, "The code belongs to nobody, so no order can hold it: bind it first.");
  if (!view.ok()) {
    refusal = view.error();
  } else if (view->state == CouponState::kRevoked) {
    refusal = TakenBack();
  } else if (view->coupon.has_value()) {
    refusal = co_await RefusalToGuest(*view->coupon, use.op.deadline);
  }
  co_return co_await outcomes_.RefuseUnlessReplay<Reservation>(use.op, use.place, std::move(refusal));
}

async::Task<core::Result<CodeView>> CodeUsing::Get(core::CodeNumber code, Deadline deadline) {
  const core::Result<CodeRange> range = co_await ranges_.Of(code, deadline);
  if (!range.ok()) co_return range.error();
  core::Result<KnownCampaignPtr> known = co_await directory_.Fresh(range->campaign, deadline);
  if (!known.ok()) co_return std::move(known).error();
  core::Result<CodeFound> found = co_await taking_.Look(code, deadline);
  if (!found.ok()) co_return std::move(found).error();
  CodeView view;
  view.campaign_id = (*known)->campaign.id;
  view.expire_time_ms = (*known)->campaign.definition.use_window.end_ms;
  if (found->kind == CodeFound::Kind::kUsed) view.coupon = found->coupon;
  if (backend_.clock.Now() >= view.expire_time_ms) view.state = CouponState::kExpired;
  if (found->kind == CodeFound::Kind::kSpent) view.state = CouponState::kRedeemed;
  if (found->kind == CodeFound::Kind::kRevoked) view.state = CouponState::kRevoked;
  co_return view;
}

async::Task<core::Result<Issued>> CodeUsing::BoundAlready(const Use* use, core::CouponNumber number) {
  core::Result<Coupon> coupon = co_await coupons_.Get(number, use->op.deadline);
  if (!coupon.ok()) co_return std::move(coupon).error();
  if (coupon->redemption.has_value()) {
    co_return co_await outcomes_.AlreadyRedeemed(number.partition(backend_.keys.shape()),
                                                 coupon->redemption->Pack(), use->op.deadline);
  }
  if (coupon->user != use->user) {
    co_return Error(Reason::kCodeAlreadyBound, "The code is in another user's wallet.");
  }
  if (coupon->state == CouponState::kRevoked) co_return TakenBack();
  Issued issued;
  issued.number = number;
  issued.campaign_id = coupon->campaign_id;
  issued.code_key_id = use->code_key_id;
  issued.issue_time_ms = coupon->issue_time_ms;
  issued.expire_time_ms = coupon->expire_time_ms;
  co_return issued;
}

async::Task<core::Result<Issued>> CodeUsing::Bind(BindIntent intent) {
  Use use;
  use.op = intent.op;
  use.mode = Mode::kBind;
  use.code = intent.code;
  use.user = intent.user;
  use.named = true;
  use.code_key_id = intent.code_key_id;
  core::Result<Came<Issued>> came = co_await Try<Issued>(&use);
  if (!came.ok()) co_return std::move(came).error();
  if (auto* issued = std::get_if<Issued>(&*came)) co_return std::move(*issued);
  co_return co_await BoundAlready(&use, std::get<core::CouponNumber>(*came));
}

}  // namespace tessera::storage
