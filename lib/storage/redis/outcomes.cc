#include "storage/redis/outcomes.h"

#include "storage/redis/errors.h"
#include "storage/redis/issuing.h"

namespace tessera::storage {

Redemption ToRedemption(const Record& record, const core::OpRef& ref, Receipt receipt) {
  Redemption redemption;
  redemption.ref = ref;
  redemption.order_id = std::move(receipt.order.order_id);
  redemption.currency = receipt.order.currency;
  redemption.subtotal_minor = receipt.order.SubtotalMinor();
  redemption.shipping_minor = receipt.order.shipping_minor;
  redemption.discount_minor = record.discount_minor;
  for (const core::OrderLine& line : receipt.order.lines) redemption.line_ids.push_back(line.line_id);
  redemption.coupons = std::move(receipt.applied);
  redemption.left_out = std::move(receipt.left_out);
  redemption.redeem_time_ms = record.time_ms;
  return redemption;
}

RolledBack ToRolledBack(RolledBack kept, const core::OpRef& redemption, const RecordedReturn& recorded) {
  kept.redemption = redemption;
  kept.rollback_time_ms = recorded.time_ms;
  for (size_t i = 0; i < kept.coupons.size(); ++i)
    kept.coupons[i].restored = (recorded.restored_bits >> i & 1) != 0;
  return kept;
}

async::Task<core::Result<Outcomes::Uses>> Outcomes::OpenUses(const Record* record, core::OpRef ref,
                                                             Deadline deadline) const {
  core::Result<Receipt> receipt = receipts_.decode(record->receipt);
  if (!receipt.ok()) co_return std::move(receipt).error();
  const bool fits = receipt->applied.size() == record->uses.size() && !record->uses.empty() &&
                    (record->returns.empty() || receipt->returns.size() == record->returns.size());
  if (!fits) co_return Unreadable("receipt of a redemption");
  Uses uses;
  for (size_t i = 0; i < record->uses.size(); ++i) {
    core::Result<KnownCampaignPtr> known = co_await directory_.Known(record->uses[i].campaign, deadline);
    if (!known.ok()) co_return std::move(known).error();
    receipt->applied[i].key = core::CouponKey{(*known)->campaign.id, record->uses[i].coupon};
    uses.campaigns.push_back(std::move(*known));
  }
  for (size_t i = 0; i < record->returns.size(); ++i) {
    RolledBack& outcome = receipt->returns[i].outcome;
    outcome = ToRolledBack(std::move(outcome), ref, record->returns[i]);
  }
  uses.receipt = std::move(*receipt);
  co_return uses;
}

async::Task<core::Error> Outcomes::AlreadyRedeemed(uint32_t partition, std::string reference,
                                                   Deadline deadline) const {
  core::Error refusal(core::Reason::kCouponAlreadyRedeemed, "The coupon was redeemed already.");
  const std::optional<core::OpRef> ref = core::OpRef::Unpack(partition, reference);
  if (!ref.has_value()) co_return refusal;
  refusal.metadata.emplace_back("redemption_id", ref->ToId('r'));
  const core::Result<std::optional<std::string>> winner =
      co_await backend_.Find(OperationPlace::At(*ref), deadline);
  const std::optional<Record> record =
      winner.ok() && winner->has_value() ? OpenRecord(**winner) : std::nullopt;
  const core::Result<Receipt> receipt =
      record.has_value() ? receipts_.decode(record->receipt) : core::Result<Receipt>(Receipt());
  const bool known = receipt.ok() && !receipt->order.order_id.empty();
  if (known) refusal.metadata.emplace_back("order_id", receipt->order.order_id);
  co_return refusal;
}

async::Task<core::Result<Outcome>> Outcomes::Open(std::string text, core::OpRef ref,
                                                  Deadline deadline) const {
  const std::optional<Record> record = OpenRecord(text);
  if (!record.has_value()) co_return Unreadable("record of an operation");
  const core::OpRef moved =
      core::OpRef::Unpack(ref.partition, record->moved_reference).value_or(core::OpRef());

  switch (record->type) {
    case RecordType::kReleased: {
      Released released{moved, record->time_ms};
      co_return Outcome(std::move(released));
    }
    case RecordType::kRolledBack: {
      core::Result<Receipt> receipt = receipts_.decode(record->receipt);
      if (!receipt.ok()) co_return std::move(receipt).error();
      if (receipt->returns.size() != 1) co_return Unreadable("receipt of a rollback");
      RolledBack back = std::move(receipt->returns.front().outcome);
      back.currency = receipt->order.currency;
      back = ToRolledBack(std::move(back), moved, record->returns.front());
      co_return Outcome(std::move(back));
    }
    case RecordType::kRevoked: {
      Revoked revoked{record->coupon, record->time_ms, record->flag};
      co_return Outcome(std::move(revoked));
    }
    case RecordType::kRevokedCode: {
      Revoked revoked{record->code, record->time_ms, false};
      co_return Outcome(std::move(revoked));
    }
    case RecordType::kJob: {
      const core::Shape& shape = backend_.keys.shape();
      JobCreated created;
      created.job = record->job * shape.partitions + ref.partition;
      created.batch = record->batch * shape.partitions + ref.partition;
      created.create_time_ms = record->time_ms;
      co_return Outcome(std::move(created));
    }
    case RecordType::kFence:
      co_return Unreadable("record of an operation");
    case RecordType::kRedemption:
    case RecordType::kReservation: {
      core::Result<Uses> uses = co_await OpenUses(&*record, ref, deadline);
      if (!uses.ok()) co_return std::move(uses).error();
      Redemption redemption = ToRedemption(*record, ref, std::move(uses->receipt));
      if (record->type == RecordType::kRedemption) co_return Outcome(std::move(redemption));
      Reservation reservation;
      reservation.ref = ref;
      reservation.order_id = std::move(redemption.order_id);
      reservation.currency = redemption.currency;
      reservation.subtotal_minor = redemption.subtotal_minor;
      reservation.shipping_minor = redemption.shipping_minor;
      reservation.discount_minor = redemption.discount_minor;
      reservation.coupons = std::move(redemption.coupons);
      reservation.left_out = std::move(redemption.left_out);
      reservation.line_ids = std::move(redemption.line_ids);
      reservation.expire_time_ms = record->until_ms;
      co_return Outcome(std::move(reservation));
    }
    case RecordType::kIssued:
    case RecordType::kCampaign:
    case RecordType::kGeneratedCodes:
      break;
  }

  core::Result<KnownCampaignPtr> known = co_await directory_.Known(record->campaign, deadline);
  if (!known.ok()) co_return std::move(known).error();
  const core::Campaign& campaign = (*known)->campaign;
  if (record->type == RecordType::kIssued) co_return Outcome(ToIssued(*record, campaign));
  if (record->type == RecordType::kCampaign) {
    CampaignChanged changed{campaign.id, record->version, record->campaign_state, record->time_ms};
    co_return Outcome(std::move(changed));
  }
  const core::Shape& shape = backend_.keys.shape();
  GeneratedCodes made;
  made.campaign_id = campaign.id;
  made.batch = record->batch * shape.partitions + ref.partition;
  made.numbers.first = core::CodeNumber::Of(shape, ref.partition, record->first_index).value;
  made.numbers.stride = shape.partitions;
  made.numbers.count = record->count;
  made.code_key_id = record->code_key_id;
  made.make_time_ms = record->time_ms;
  co_return Outcome(std::move(made));
}

}  // namespace tessera::storage
