#include "storage/redis/settling.h"

#include <algorithm>

#include "core/instant.h"
#include "scripts.h"
#include "storage/redis/errors.h"
#include "storage/redis/unpacker.h"

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

Error NoRedemption() { return Error(Reason::kRedemptionNotFound, "There is no such redemption."); }

std::string_view PolicyName(core::RestorePolicy policy) {
  switch (policy) {
    case core::RestorePolicy::kRestore:
      return "restore";
    case core::RestorePolicy::kKeepUsed:
      return "keep";
    case core::RestorePolicy::kRestoreIfUnexpired:
      return "unexpired";
  }
  return "keep";
}

}  // namespace

async::Task<core::Result<std::optional<Settling::Earlier>>> Settling::ReadEarlier(core::OpRef ref,
                                                                                  RecordType type,
                                                                                  Deadline deadline) const {
  core::Result<std::optional<std::string>> text = co_await backend_.Find(OperationPlace::At(ref), deadline);
  if (!text.ok()) co_return std::move(text).error();
  std::optional<Record> record = text->has_value() ? OpenRecord(**text) : std::nullopt;
  if (!record.has_value() || record->type != type) co_return std::optional<Earlier>();
  core::Result<KnownCampaignPtr> campaign = co_await directory_.Known(record->campaign, deadline);
  if (!campaign.ok()) co_return std::move(campaign).error();
  Earlier earlier;
  earlier.record = std::move(*record);
  earlier.campaign = std::move(*campaign);
  co_return std::optional<Earlier>(std::move(earlier));
}

redis::Command Settling::CommandOn(const redis::Script& script, const core::OpRef& earlier,
                                   const Record& record, const Operation& op, const OperationPlace& place,
                                   std::initializer_list<std::string> more_keys) const {
  const Keys& keys = backend_.keys;
  redis::Command command(script);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier)).Key(keys.Operation(earlier));
  command.Key(keys.Wallet(record.coupon)).Key(keys.Campaign(earlier.partition, record.campaign));
  command.Key(keys.Ledger(earlier.partition));
  for (const std::string& key : more_keys) command.Key(key);
  backend_.AddBegin(command, op, place);
  command.Arg(View(earlier.field)).Arg(earlier.Pack()).Arg(CouponField(record.coupon.index(keys.shape())));
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
  core::Result<std::optional<Earlier>> earlier =
      co_await ReadEarlier(held, RecordType::kReservation, deadline);
  if (!earlier.ok()) co_return std::move(earlier).error();
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const core::Result<OperationPlace> place = backend_.Place(intent.op, held.partition);
    if (!place.ok()) co_return place.error();
    if (!earlier->has_value()) {
      co_return co_await outcomes_.RefuseUnlessReplay<Redemption>(intent.op, *place, NoReservation());
    }
    const Record& record = (*earlier)->record;
    if (!intent.order_id.empty() && record.order_id != intent.order_id) {
      Error refusal(Reason::kReservationOfAnotherOrder, "The reservation was made for another order.");
      co_return co_await outcomes_.RefuseUnlessReplay<Redemption>(intent.op, *place, std::move(refusal));
    }
    const core::Campaign& campaign = (*earlier)->campaign->campaign;
    const bool same_currency = campaign.definition.currency == intent.expected_discount.currency;
    redis::Command command = CommandOn(redis_scripts::kCommit, held, record, intent.op, *place);
    command.Arg(place->ref.Pack()).Arg(same_currency ? intent.expected_discount.minor : int64_t{-1});
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "OK")
      co_return co_await outcomes_.OpenReply<Redemption>(std::move(*reply), *place, deadline);
    if (reply->status == "AMOUNT" && !same_currency) {
      co_return Error(Reason::kCurrencyMismatch, "The reservation is in another currency.")
          .With("field", "discount")
          .With("currency_code", std::string(campaign.definition.currency.code()));
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
  core::Result<std::optional<Earlier>> earlier =
      co_await ReadEarlier(held, RecordType::kReservation, deadline);
  if (!earlier.ok()) co_return std::move(earlier).error();
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const core::Result<OperationPlace> place = backend_.Place(intent.op, held.partition);
    if (!place.ok()) co_return place.error();
    if (!earlier->has_value()) {
      co_return co_await outcomes_.RefuseUnlessReplay<Released>(intent.op, *place, NoReservation());
    }
    redis::Command command = CommandOn(redis_scripts::kRelease, held, (*earlier)->record, intent.op, *place);
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "OK")
      co_return co_await outcomes_.OpenReply<Released>(std::move(*reply), *place, deadline);
    if (reply->status == "RELEASED") {
      Released released{held, reply->reply[2].integer()};
      co_return released;
    }
    if (!backend_.PeriodPassed(*reply)) co_return ReservationRefusal(*reply, held.partition);
  }
  co_return Contended("The time moves on too fast.");
}

async::Task<core::Result<RolledBack>> Settling::Rollback(RollbackIntent intent) {
  const Deadline deadline = intent.op.deadline;
  const core::OpRef& used = intent.redemption;
  core::Result<std::optional<Earlier>> earlier =
      co_await ReadEarlier(used, RecordType::kRedemption, deadline);
  if (!earlier.ok()) co_return std::move(earlier).error();
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const core::Result<OperationPlace> place = backend_.Place(intent.op, used.partition);
    if (!place.ok()) co_return place.error();
    if (!earlier->has_value()) {
      co_return co_await outcomes_.RefuseUnlessReplay<RolledBack>(intent.op, *place, NoRedemption());
    }
    const Record& record = (*earlier)->record;
    const core::Campaign& campaign = (*earlier)->campaign->campaign;
    redis::Command command =
        CommandOn(redis_scripts::kRollback, used, record, intent.op, *place,
                  {backend_.keys.Due(used.partition), backend_.keys.Outgoing(used.partition)});
    command.Arg(PolicyName(campaign.definition.restore_policy));
    command.Arg(record.coupon.bucket(backend_.keys.shape()));
    command.Arg(campaign.version).Arg(PackNumber(used.partition, 2) + used.Pack());
    core::Result<ScriptReply> reply = co_await backend_.Run(std::move(command), deadline);
    if (!reply.ok()) co_return std::move(reply).error();
    if (reply->status == "OK") {
      co_await FreeCode(used, *reply, deadline);
      co_return co_await outcomes_.OpenReply<RolledBack>(std::move(*reply), *place, deadline);
    }
    if (reply->status == "ROLLED_BACK") {
      RolledBack back{used, reply->reply[2].integer(), reply->reply[3].integer() == 1};
      co_return back;
    }
    if (reply->status == "NOT_FOUND") co_return NoRedemption();
    if (reply->status == "STALE") {
      core::Result<KnownCampaignPtr> newer =
          co_await directory_.Newer((*earlier)->campaign, used.partition, reply->version(), deadline);
      if (!newer.ok()) co_return std::move(newer).error();
      (*earlier)->campaign = std::move(*newer);
    } else if (!backend_.PeriodPassed(*reply)) {
      co_return CommonRefusal(reply->status);
    }
  }
  co_return Contended("The campaign keeps changing.");
}

// A code is free again when its home has heard so: now, or from a sweeper when it can't be reached.
async::Task<void> Settling::FreeCode(core::OpRef redemption, const ScriptReply& reply,
                                     Deadline deadline) const {
  const std::string_view code = reply.reply[4].text();
  const std::string_view body = reply.reply[5].text();
  if (code.empty()) co_return;
  CodeHolder holder;
  holder.ref = redemption;
  std::copy_n(body.begin(), std::min(body.size(), holder.body.size()), holder.body.begin());
  const core::CodeNumber number{Unpacker(code).Number(code.size())};
  co_await taking_.Undo(number, holder, deadline);
}

async::Task<core::Result<ScriptReply>> Settling::RunRevoke(RevokeIntent intent, KnownCampaignPtr campaign,
                                                           OperationPlace place, core::Window day) const {
  const Keys& keys = backend_.keys;
  const core::CouponNumber coupon = NumberOf(intent);
  const uint32_t partition = coupon.partition(keys.shape());
  const core::CampaignNumber number = campaign->campaign.number;
  const core::CampaignLimits& limits = campaign->campaign.definition.limits;
  redis::Command command(redis_scripts::kRevoke);
  command.Key(keys.Operation(place.ref)).Key(keys.Operation(place.earlier)).Key(keys.Wallet(coupon));
  command.Key(keys.Campaign(partition, number)).Key(keys.Ledger(partition)).Key(keys.Owed(partition));
  backend_.AddBegin(command, intent.op, place);
  command.Arg(CouponField(coupon.index(keys.shape()))).Arg(coupon.value).Arg(campaign->campaign.version);
  command.Arg(intent.reserved_policy == ReservedPolicy::kWait ? "wait" : "break")
      .Arg(intent.return_stock ? 1 : 0);
  command.Arg(day.start_ms).Arg(day.end_ms);
  command.Arg(limits.stock_total.has_value() ? Stock::OwedName(number, 0) : std::string());
  command.Arg(limits.stock_per_day.has_value() ? Stock::OwedName(number, day.start_ms) : std::string());
  co_return co_await backend_.Run(std::move(command), intent.op.deadline);
}

async::Task<core::Status> Settling::BringHome(KnownCampaignPtr campaign, uint32_t partition, core::Window day,
                                              Deadline deadline) {
  const core::Campaign& c = campaign->campaign;
  if (c.definition.limits.stock_total.has_value()) {
    core::Status settled = co_await stock_.Settle(partition, c.id, c.number, 0, deadline);
    if (!settled.ok()) co_return settled;
  }
  if (c.definition.limits.stock_per_day.has_value()) {
    core::Status settled = co_await stock_.Settle(partition, c.id, c.number, day.start_ms, deadline);
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
      // A repetition brings home as well: the first may have died in between.
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
