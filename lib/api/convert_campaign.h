#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "core/campaign.h"
#include "coupon/v1/campaign.pb.h"
#include "coupon/v1/money.pb.h"
#include "storage/operation.h"

// From the words of the core to those of coupon.v1: instants, money, campaigns. Pure, any thread.
namespace tessera::api {

google::protobuf::Timestamp ToProto(core::InstantMs instant);
google::protobuf::Duration ToDuration(int64_t ms);
coupon::v1::Money ToProto(const core::Money& money);
coupon::v1::CampaignState ToProto(core::CampaignState state);
coupon::v1::CampaignDefinition ToProto(const core::CampaignDefinition& definition);
coupon::v1::Campaign ToProto(const core::Campaign& campaign);

// The answer of a campaign's change: the responses of all of them have the same fields.
template <class Response>
Response ToChangeResponse(const storage::CampaignChanged& changed) {
  Response response;
  response.set_campaign_id(changed.campaign_id);
  response.set_version(changed.version);
  response.set_state(ToProto(changed.state));
  *response.mutable_update_time() = ToProto(changed.update_time_ms);
  return response;
}

}  // namespace tessera::api
