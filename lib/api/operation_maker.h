#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "core/ids.h"
#include "crypto/digest.h"
#include "storage/operation.h"

namespace tessera::api {

// What a changing call is about. With caller, method and request_id it is the call's identity, and it says
// where the call's record stands.
struct CampaignSubject {
  std::string campaign_id;
};
struct ReservationSubject {
  core::OpRef ref;
};
struct RedemptionSubject {
  core::OpRef ref;
};
using Subject = std::variant<core::UserKey, core::CouponNumber, core::CodeNumber, CampaignSubject,
                             ReservationSubject, RedemptionSubject>;

// The coupon or code as a subject.
inline Subject SubjectOf(const core::CouponName& coupon) {
  return std::visit([](const auto& number) { return Subject(number); }, coupon);
}

// Who asks, and until when.
struct Asker {
  std::string_view caller;
  storage::Deadline deadline{};
};

// Gives changing calls the identity under which the store records them. The digests must outlive it. Any
// thread.
class OperationMaker {
 public:
  // The partition that is a campaign's home.
  using CampaignHome = std::function<uint32_t(std::string_view campaign_id)>;

  OperationMaker(const crypto::RequestDigests& digests, const core::Shape& shape, CampaignHome home)
      : digests_(digests), shape_(shape), home_(std::move(home)) {}

  // REQUIRES: field 1 of `request` is its request_id.
  storage::Operation Make(storage::Method method, const Subject& subject, const core::RequestId& request_id,
                          const google::protobuf::Message& request, const Asker& asker) const;
  // One item of a batch: its body is all that it has from the batch besides its subject.
  storage::Operation MakeItem(storage::Method method, const Subject& subject,
                              const core::RequestId& request_id, std::string_view body,
                              const Asker& asker) const;
  // Where to look for the record of an earlier call of the same caller.
  storage::OperationQuery Query(storage::Method method, const Subject& subject,
                                const core::RequestId& request_id, const Asker& asker) const;

  // The id of a campaign whose creator named none: the same for each retry.
  std::string DeriveCampaignId(std::string_view caller, const core::RequestId& request_id) const;

 private:
  const crypto::RequestDigests& digests_;
  core::Shape shape_;
  CampaignHome home_;
};

}  // namespace tessera::api
