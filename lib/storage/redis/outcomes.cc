#include "storage/redis/outcomes.h"

#include "storage/redis/errors.h"
#include "storage/redis/issuing.h"

namespace tessera::storage {

Redemption ToRedemption(const Record& record, const core::OpRef& ref, const core::Campaign& campaign) {
  Redemption redemption;
  redemption.ref = ref;
  redemption.coupon = record.coupon;
  redemption.campaign_id = campaign.id;
  redemption.order_id = record.order_id;
  redemption.currency = campaign.definition.currency;
  redemption.subtotal_minor = record.subtotal_minor;
  redemption.discount_minor = record.discount_minor;
  redemption.redeem_time_ms = record.time_ms;
  return redemption;
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
  if (record.has_value()) refusal.metadata.emplace_back("order_id", record->order_id);
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
      RolledBack back{moved, record->time_ms, record->flag};
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
    case RecordType::kIssued:
    case RecordType::kRedemption:
    case RecordType::kReservation:
    case RecordType::kCampaign:
    case RecordType::kGeneratedCodes:
      break;
  }

  core::Result<KnownCampaignPtr> known = co_await directory_.Known(record->campaign, deadline);
  if (!known.ok()) co_return std::move(known).error();
  const core::Campaign& campaign = (*known)->campaign;
  if (record->type == RecordType::kIssued) co_return Outcome(ToIssued(*record, campaign.id));
  if (record->type == RecordType::kCampaign) {
    CampaignChanged changed{campaign.id, record->version, record->campaign_state, record->time_ms};
    co_return Outcome(std::move(changed));
  }
  if (record->type == RecordType::kGeneratedCodes) {
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
  Redemption redemption = ToRedemption(*record, ref, campaign);
  if (record->type == RecordType::kRedemption) co_return Outcome(std::move(redemption));
  Reservation reservation;
  reservation.ref = ref;
  reservation.coupon = redemption.coupon;
  reservation.campaign_id = std::move(redemption.campaign_id);
  reservation.order_id = std::move(redemption.order_id);
  reservation.currency = redemption.currency;
  reservation.subtotal_minor = redemption.subtotal_minor;
  reservation.discount_minor = redemption.discount_minor;
  reservation.expire_time_ms = record->until_ms;
  co_return Outcome(std::move(reservation));
}

}  // namespace tessera::storage
