#include "storage/redis/redeeming.h"

#include "core/instant.h"
#include "core/lifecycle.h"
#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one use: each but the last ends with newer knowledge of the campaign or of the time.
constexpr int kAttemptsMax = 32;

core::CouponNumber NumberOf(const UseIntent& intent) { return std::get<core::CouponNumber>(intent.coupon); }

}  // namespace

redis::Command Redeeming::BuildCommand(const UseIntent& intent, std::optional<int64_t> ttl_ms, bool judge,
                                       const Use& use) const {
  const Keys& keys = backend_.keys;
  const core::Shape& shape = keys.shape();
  const core::Campaign& campaign = use.campaign->campaign;
  const core::CouponNumber coupon = NumberOf(intent);
  const uint32_t partition = coupon.partition(shape);
  redis::Command command(ttl_ms.has_value() ? redis_scripts::kReserve : redis_scripts::kRedeem);
  command.Reserve(768);
  command.Key(keys.Operation(use.place.ref)).Key(keys.Operation(use.place.earlier)).Key(keys.Wallet(coupon));
  command.Key(keys.Campaign(partition, campaign.number)).Key(keys.Ledger(partition));
  if (ttl_ms.has_value()) command.Key(keys.Due(partition));
  backend_.AddBegin(command, intent.op, use.place);
  command.Arg(CouponField(coupon.index(shape))).Arg(coupon.value).Arg(campaign.version);
  command.Arg(intent.user.has_value() ? intent.user->view() : std::string_view());
  command.Arg(View(backend_.digests.Body(intent.order_id))).Arg(campaign.definition.use_window.start_ms);
  command.Arg(use.discount.subtotal_minor).Arg(use.discount.discount_minor).Arg(intent.order_id);
  command.Arg(judge ? "judge" : "commit").Arg(use.place.ref.Pack());
  if (ttl_ms.has_value()) command.Arg(*ttl_ms).Arg(coupon.bucket(shape));
  if (judge) command.ReadOnly();
  return command;
}

async::Task<core::Result<Redeeming::Use>> Redeeming::Run(UseIntent intent, std::optional<int64_t> ttl_ms,
                                                         bool judge_only) {
  const Deadline deadline = intent.op.deadline;
  const core::CouponNumber coupon = NumberOf(intent);
  const uint32_t partition = coupon.partition(backend_.keys.shape());
  core::Result<StoredCoupon> stored = co_await coupons_.Read(coupon, deadline);
  if (!stored.ok()) co_return std::move(stored).error();
  core::Result<KnownCampaignPtr> known = co_await directory_.Known(stored->campaign, deadline);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (known.ok() && !core::MayRedeem((*known)->campaign).ok()) {
      // A refusal must not rest on what is only remembered.
      known = co_await directory_.Fresh((*known)->campaign.id, deadline);
    }
    if (!known.ok()) co_return std::move(known).error();
    core::Result<OperationPlace> place = backend_.Place(intent.op, partition);
    if (!place.ok()) co_return std::move(place).error();
    Use use;
    use.place = *place;
    use.campaign = *known;
    const core::Status may = core::MayRedeem(use.campaign->campaign);
    const core::Result<core::Discount> decided = intent.decide(use.campaign->campaign);
    if (decided.ok()) use.discount = *decided;
    const bool judge = judge_only || !may.ok() || !decided.ok();
    redis::Command command = BuildCommand(intent, ttl_ms, judge, use);
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    use.reply = std::move(*reply);
    const std::string_view status = use.reply.status;
    if (status == "OK") co_return use;
    if (status == "STALE") {
      known = co_await directory_.Newer(use.campaign, partition, use.reply.version(), deadline);
      continue;
    }
    if (backend_.PeriodPassed(use.reply)) continue;
    // What the service refuses comes after the coupon's own state and, but for a pause, after the use window.
    if (!may.ok() && (status == "PASS" || status == "NOT_YET")) co_return may.error();
    if (status == "PASS" && !decided.ok()) co_return decided.error();
    if (status == "PASS") co_return use;
    co_return co_await Refusal(std::move(use.reply), coupon, use.campaign, deadline);
  }
  co_return Contended("The campaign keeps changing.");
}

async::Task<core::Error> Redeeming::Refusal(ScriptReply reply, core::CouponNumber coupon,
                                            KnownCampaignPtr campaign, Deadline deadline) {
  const std::string_view status = reply.status;
  if (status == "NOT_FOUND") co_return Error(Reason::kCouponNotFound, "There is no such coupon.");
  if (status == "FOREIGN")
    co_return Error(Reason::kCouponOfAnotherUser, "The coupon belongs to another user.");
  if (status == "REVOKED") co_return Error(Reason::kCouponRevoked, "The coupon was taken back.");
  if (status == "EXPIRED") {
    co_return Error(Reason::kCouponExpired, "The coupon's time is over.")
        .With("expired_at", core::InstantText(reply.reply[2].integer()));
  }
  if (status == "HELD") {
    co_return Error(Reason::kCouponReserved, "Another order holds the coupon.")
        .With("held_until", core::InstantText(reply.reply[2].integer()));
  }
  if (status == "NOT_YET") {
    co_return Error(Reason::kCouponNotYetValid, "The coupon can't be used yet.")
        .With("valid_from", core::InstantText(campaign->campaign.definition.use_window.start_ms));
  }
  if (status != "REDEEMED") co_return CommonRefusal(status);
  co_return co_await outcomes_.AlreadyRedeemed(coupon.partition(backend_.keys.shape()),
                                               std::string(reply.reply[2].text()), deadline);
}

async::Task<core::Result<Verdict>> Redeeming::Validate(UseIntent intent) {
  const core::CouponNumber coupon = NumberOf(intent);
  // Nothing is recorded of a validation, so it must not be taken for an operation that was.
  Operation unrecorded;
  unrecorded.deadline = intent.op.deadline;
  intent.op = unrecorded;
  core::Result<Use> use = co_await Run(std::move(intent), std::nullopt, true);
  if (!use.ok()) co_return std::move(use).error();
  Verdict verdict;
  verdict.coupon = coupon;
  verdict.campaign_id = use->campaign->campaign.id;
  verdict.currency = use->campaign->campaign.definition.currency;
  verdict.discount = use->discount;
  co_return verdict;
}

template <class T>
async::Task<core::Result<T>> Redeeming::Answer(Operation op, uint32_t partition, core::Result<Use> use) {
  if (use.ok()) co_return co_await outcomes_.OpenReply<T>(std::move(use->reply), use->place, op.deadline);
  if (use.error().reason != Reason::kCouponNotFound) co_return std::move(use).error();
  const core::Result<OperationPlace> place = backend_.Place(op, partition);
  if (!place.ok()) co_return place.error();
  co_return co_await outcomes_.RefuseUnlessReplay<T>(op, *place, std::move(use).error());
}

async::Task<core::Result<Redemption>> Redeeming::Redeem(UseIntent intent) {
  const Operation op = intent.op;
  const uint32_t partition = NumberOf(intent).partition(backend_.keys.shape());
  core::Result<Use> use = co_await Run(std::move(intent), std::nullopt, false);
  co_return co_await Answer<Redemption>(op, partition, std::move(use));
}

async::Task<core::Result<Reservation>> Redeeming::Reserve(ReserveIntent intent) {
  const Operation op = intent.use.op;
  const uint32_t partition = NumberOf(intent.use).partition(backend_.keys.shape());
  core::Result<Use> use = co_await Run(std::move(intent.use), intent.ttl_ms, false);
  co_return co_await Answer<Reservation>(op, partition, std::move(use));
}

}  // namespace tessera::storage
