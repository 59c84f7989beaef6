#include "storage/redis/settling.h"

#include "core/instant.h"
#include "scripts.h"
#include "storage/redis/errors.h"

namespace tessera::storage {
namespace {

using core::Error;
using core::Reason;

// Attempts at one script: each but the last ends with newer knowledge of the campaign or of the time.
constexpr int kAttemptsMax = 32;

core::CouponNumber NumberOf(const RevokeIntent& intent) {
  return std::get<core::CouponNumber>(intent.coupon);
}

Error NoReservation() { return Error(Reason::kReservationNotFound, "There is no such reservation."); }

}  // namespace

async::Task<core::Result<std::optional<Record>>> Settling::ReadReservation(core::OpRef ref,
                                                                           Deadline deadline) const {
  core::Result<std::optional<std::string>> text = co_await backend_.Find(OperationPlace::At(ref), deadline);
  if (!text.ok()) co_return std::move(text).error();
  std::optional<Record> record = text->has_value() ? OpenRecord(**text) : std::nullopt;
  const bool is_one = record.has_value() && record->type == RecordType::kReservation && !record->uses.empty();
  if (!is_one) record.reset();
  co_return record;
}

redis::Command Settling::CommandOn(const redis::Script& script, const core::OpRef& held, const Record& record,
                                   const Operation& op, const OperationPlace& place, bool gives_back) const {
  const Keys& keys = backend_.keys;
  redis::Command command(script);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier)).Key(keys.Operation(held));
  command.Key(keys.Wallet(record.uses.front().coupon)).Key(keys.Ledger(held.partition));
  if (gives_back) command.Key(keys.Owed(held.partition));
  std::string indices;
  for (const RecordedUse& use : record.uses) {
    command.Key(keys.Campaign(held.partition, use.campaign));
    indices += CouponField(use.coupon.index(keys.shape()));
  }
  backend_.AddBegin(command, op, place);
  command.Arg(View(held.field)).Arg(held.Pack()).Arg(indices);
  return command;
}

Error Settling::ReservationRefusal(const ScriptReply& reply, uint32_t partition) const {
  if (reply.status == "NOT_FOUND") return NoReservation();
  if (reply.status == "RELEASED") return Error(Reason::kReservationReleased, "The reservation was released.");
  if (reply.status == "LOST") {
    return Error(Reason::kReservationFenced, "The reservation's time is over, or another took its place.");
  }
  if (reply.status == "COMMITTED") {
    Error refusal(Reason::kReservationCommitted, "The reservation was committed already.");
    const std::optional<core::OpRef> redemption = core::OpRef::Unpack(partition, reply.reply[2].text());
    if (redemption.has_value()) refusal.metadata.emplace_back("redemption_id", redemption->ToId('r'));
    return refusal;
  }
  return CommonRefusal(reply.status);
}

async::Task<core::Result<Redemption>> Settling::Commit(CommitIntent intent) {
  const Deadline deadline = intent.op.deadline;
  const core::OpRef& held = intent.reservation;
  core::Result<std::optional<Record>> record = co_await ReadReservation(held, deadline);
  if (!record.ok()) co_return std::move(record).error();
  std::optional<Error> refusal;
  core::Currency currency;
  if (!record->has_value()) {
    refusal = NoReservation();
  } else {
    const core::Result<Outcomes::Uses> uses = co_await outcomes_.OpenUses(&**record, held, deadline);
    if (!uses.ok()) co_return uses.error();
    currency = uses->receipt.order.currency;
    if (!intent.order_id.empty() && uses->receipt.order.order_id != intent.order_id) {
      refusal = Error(Reason::kReservationOfAnotherOrder, "The reservation was made for another order.");
    }
  }
  const bool same_currency = currency == intent.expected_discount.currency;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const core::Result<OperationPlace> place = backend_.Place(intent.op, held.partition);
    if (!place.ok()) co_return place.error();
    if (refusal.has_value()) {
      co_return co_await outcomes_.RefuseUnlessReplay<Redemption>(intent.op, *place, std::move(*refusal));
    }
    redis::Command command = CommandOn(redis_scripts::kCommit, held, **record, intent.op, *place, false);
    command.Arg(place->ref.Pack()).Arg(same_currency ? intent.expected_discount.minor : int64_t{-1});
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "OK")
      co_return co_await outcomes_.OpenReply<Redemption>(std::move(*reply), *place, deadline);
    if (reply->status == "AMOUNT" && !same_currency) {
      co_return Error(Reason::kCurrencyMismatch, "The reservation is in another currency.")
          .With("field", "discount")
          .With("currency_code", std::string(currency.code()));
    }
    if (reply->status == "AMOUNT") {
      co_return Error(Reason::kAmountMismatch, "Another discount was reserved.")
          .With("field", "discount")
          .With("reserved_minor", std::to_string(reply->reply[2].integer()));
    }
    if (!backend_.PeriodPassed(*reply)) co_return ReservationRefusal(*reply, held.partition);
  }
  co_return Contended("The time moves on too fast.");
}

async::Task<core::Result<Released>> Settling::Release(ReleaseIntent intent) {
  const Deadline deadline = intent.op.deadline;
  const core::OpRef& held = intent.reservation;
  core::Result<std::optional<Record>> record = co_await ReadReservation(held, deadline);
  if (!record.ok()) co_return std::move(record).error();
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const core::Result<OperationPlace> place = backend_.Place(intent.op, held.partition);
    if (!place.ok()) co_return place.error();
    if (!record->has_value()) {
      co_return co_await outcomes_.RefuseUnlessReplay<Released>(intent.op, *place, NoReservation());
    }
    redis::Command command = CommandOn(redis_scripts::kRelease, held, **record, intent.op, *place, true);
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "OK") {
      // A repetition brings home as well: the first may have died in between.
      core::Status home = co_await BringBudgetsHome(&**record, held.partition, deadline);
      if (!home.ok()) co_return std::move(home).error();
      co_return co_await outcomes_.OpenReply<Released>(std::move(*reply), *place, deadline);
    }
    if (reply->status == "RELEASED") {
      Released released{held, reply->reply[2].integer()};
      co_return released;
    }
    if (!backend_.PeriodPassed(*reply)) co_return ReservationRefusal(*reply, held.partition);
  }
  co_return Contended("The time moves on too fast.");
}

async::Task<core::Status> Settling::BringBudgetsHome(const Record* record, uint32_t partition,
                                                     Deadline deadline) {
  std::vector<KnownCampaignPtr> campaigns;
  for (const RecordedUse& use : record->uses) {
    core::Result<KnownCampaignPtr> known = co_await directory_.Known(use.campaign, deadline);
    if (!known.ok()) co_return std::move(known).error();
    campaigns.push_back(std::move(*known));
  }
  co_return co_await escrow_.SettleBudgets(std::move(campaigns), partition, deadline);
}

async::Task<core::Result<ScriptReply>> Settling::RunRevoke(RevokeIntent intent, KnownCampaignPtr campaign,
                                                           OperationPlace place, core::Window day) const {
  const Keys& keys = backend_.keys;
  const core::CouponNumber coupon = NumberOf(intent);
  const uint32_t partition = coupon.partition(keys.shape());
  const core::CampaignNumber number = campaign->campaign.number;
  redis::Command command(redis_scripts::kRevoke);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier)).Key(keys.Wallet(coupon));
  command.Key(keys.Campaign(partition, number)).Key(keys.Ledger(partition)).Key(keys.Owed(partition));
  backend_.AddBegin(command, intent.op, place);
  command.Arg(CouponField(coupon.index(keys.shape()))).Arg(coupon.value).Arg(campaign->campaign.version);
  command.Arg(intent.reserved_policy == ReservedPolicy::kWait ? "wait" : "break")
      .Arg(intent.return_stock ? 1 : 0);
  command.Arg(day.start_ms).Arg(day.end_ms);
  for (const LimitKind kind : {LimitKind::kStock, LimitKind::kStockPerDay}) {
    const std::optional<Limit> limit = Limit::Of(campaign, kind, day);
    command.Arg(limit.has_value() ? OwedName({number, kind, limit->window}) : std::string());
  }
  co_return co_await backend_.Run(std::move(command), intent.op.deadline);
}

async::Task<core::Status> Settling::BringHome(KnownCampaignPtr campaign, uint32_t partition, core::Window day,
                                              Deadline deadline) {
  const core::Campaign& c = campaign->campaign;
  for (const LimitKind kind : {LimitKind::kStock, LimitKind::kStockPerDay}) {
    const std::optional<Limit> limit = Limit::Of(campaign, kind, day);
    if (!limit.has_value()) continue;
    const OwedLimit owed{c.number, kind, limit->window};
    core::Status settled = co_await escrow_.Settle(partition, c.id, owed, deadline);
    if (!settled.ok()) co_return settled;
  }
  co_return core::Ok();
}

async::Task<core::Result<Revoked>> Settling::Revoke(RevokeIntent intent) {
  const Deadline deadline = intent.op.deadline;
  const core::CouponNumber coupon = NumberOf(intent);
  const uint32_t partition = coupon.partition(backend_.keys.shape());
  core::Result<StoredCoupon> stored = co_await coupons_.Read(coupon, deadline);
  if (!stored.ok() && stored.error().reason == Reason::kCouponNotFound) {
    const core::Result<OperationPlace> place = backend_.Place(intent.op, partition);
    if (!place.ok()) co_return place.error();
    co_return co_await outcomes_.RefuseUnlessReplay<Revoked>(intent.op, *place, std::move(stored).error());
  }
  if (!stored.ok()) co_return std::move(stored).error();
  core::Result<KnownCampaignPtr> known = co_await directory_.Known(stored->campaign, deadline);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (!known.ok()) co_return std::move(known).error();
    const KnownCampaignPtr campaign = *known;
    const core::CampaignLimits& limits = campaign->campaign.definition.limits;
    core::Window day;
    if (limits.stock_per_day.has_value() || limits.per_user_per_day.has_value()) {
      day = calendar::DayWindow(campaign->zone, backend_.clock.Now());
    }
    const core::Result<OperationPlace> place = backend_.Place(intent.op, partition);
    if (!place.ok()) co_return place.error();
    core::Result<ScriptReply> reply = co_await RunRevoke(intent, campaign, *place, day);
    if (!reply.ok()) co_return std::move(reply).error();
    const std::string_view status = reply->status;
    if (status == "OK") {
      // The same of a hold that was broken.
      std::vector<KnownCampaignPtr> only(1, campaign);
      core::Status budgets = co_await escrow_.SettleBudgets(std::move(only), partition, deadline);
      if (!budgets.ok()) co_return std::move(budgets).error();
      if (intent.return_stock) {
        core::Status home = co_await BringHome(campaign, partition, day, deadline);
        if (!home.ok()) co_return std::move(home).error();
      }
      co_return co_await outcomes_.OpenReply<Revoked>(std::move(*reply), *place, deadline);
    }
    if (status == "NOT_FOUND") co_return Error(Reason::kCouponNotFound, "There is no such coupon.");
    if (status == "REVOKED") co_return Error(Reason::kCouponRevoked, "The coupon was taken back already.");
    if (status == "REDEEMED") {
      co_return co_await outcomes_.AlreadyRedeemed(partition, std::string(reply->reply[2].text()), deadline);
    }
    if (status == "EXPIRED") co_return Error(Reason::kCouponExpired, "The coupon's time is over.");
    if (status == "HELD") {
      co_return Error(Reason::kCouponReserved, "An order holds the coupon.")
          .With("held_until", core::InstantText(reply->reply[2].integer()));
    }
    if (status == "STALE") {
      known = co_await directory_.Newer(campaign, partition, reply->version(), deadline);
    } else if (!backend_.PeriodPassed(*reply)) {
      co_return CommonRefusal(status);
    }
  }
  co_return Contended("The campaign keeps changing.");
}

}  // namespace tessera::storage
