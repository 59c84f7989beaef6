#include "api/operation_maker.h"

#include "api/canonical_bytes.h"
#include "core/base32.h"

namespace tessera::api {
namespace {

// What stands in the digest for each kind of subject. A letter for the kind, so that no two kinds give the
// same text.
std::string NameOf(const core::UserKey& user) { return std::string("u").append(user.view()); }
std::string NameOf(const core::CouponNumber& coupon) { return "n" + std::to_string(coupon.value); }
std::string NameOf(const core::CodeNumber& code) { return "k" + std::to_string(code.value); }
std::string NameOf(const CampaignSubject& campaign) { return "c" + campaign.campaign_id; }
std::string NameOf(const ReservationSubject& reservation) { return reservation.ref.ToId('h'); }
std::string NameOf(const RedemptionSubject& redemption) { return redemption.ref.ToId('r'); }

std::string NameOf(const Subject& subject) {
  return std::visit([](const auto& alternative) { return NameOf(alternative); }, subject);
}

struct PartitionOf {
  const core::Shape& shape;
  const OperationMaker::CampaignHome& home;

  uint32_t operator()(const core::UserKey& user) const { return user.partition(shape); }
  uint32_t operator()(const core::CouponNumber& coupon) const { return coupon.partition(shape); }
  uint32_t operator()(const core::CodeNumber& code) const { return code.partition(shape); }
  uint32_t operator()(const CampaignSubject& campaign) const { return home(campaign.campaign_id); }
  uint32_t operator()(const ReservationSubject& reservation) const { return reservation.ref.partition; }
  uint32_t operator()(const RedemptionSubject& redemption) const { return redemption.ref.partition; }
};

}  // namespace

storage::Operation OperationMaker::Make(storage::Method method, const Subject& subject,
                                        const core::RequestId& request_id,
                                        const google::protobuf::Message& request, const Asker& asker) const {
  return MakeItem(method, subject, request_id, CanonicalBytes(request), asker);
}

storage::Operation OperationMaker::MakeItem(storage::Method method, const Subject& subject,
                                            const core::RequestId& request_id, std::string_view body,
                                            const Asker& asker) const {
  storage::Operation operation;
  operation.method = method;
  operation.field =
      digests_.Operation({asker.caller, storage::MethodName(method), NameOf(subject), request_id});
  operation.body = digests_.Body(body);
  operation.id_time_ms = request_id.time_ms();
  operation.deadline = asker.deadline;
  return operation;
}

storage::OperationQuery OperationMaker::Query(storage::Method method, const Subject& subject,
                                              const core::RequestId& request_id, const Asker& asker) const {
  storage::OperationQuery query;
  query.method = method;
  query.partition = std::visit(PartitionOf{shape_, home_}, subject);
  if (const auto* user = std::get_if<core::UserKey>(&subject)) query.bucket = user->bucket(shape_);
  query.field = digests_.Operation({asker.caller, storage::MethodName(method), NameOf(subject), request_id});
  query.id_time_ms = request_id.time_ms();
  query.deadline = asker.deadline;
  return query;
}

std::string OperationMaker::DeriveCampaignId(std::string_view caller,
                                             const core::RequestId& request_id) const {
  const crypto::OperationField digest = digests_.Operation({caller, "DeriveCampaignId", "", request_id});
  // 16 letters of five bits each: 80 bits of the digest.
  std::string id = "campaign-";
  uint32_t buffer = 0;
  int bits = 0;
  for (size_t i = 0; i < 10; ++i) {
    buffer = buffer << 8 | digest[i];
    for (bits += 8; bits >= 5; bits -= 5) id.push_back(core::kBase32Lower[buffer >> (bits - 5) & 31]);
  }
  return id;
}

}  // namespace tessera::api
