#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>

#include "coupon/v1/campaign.pb.h"

namespace tessera::load {

// Definitions and first steps of campaigns, as load, bench, demo and end-to-end tests need them. Any thread.

// 10 % off in EUR at most 10.00; claimed and used from an hour ago until a week from now; days of Berlin; no
// limits.
coupon::v1::CampaignDefinition PlainDefinition(const std::string& display_name);

// Creates and activates a campaign. The same id again, by another call of this, is refused with
// CAMPAIGN_EXISTS.
grpc::Status CreateActiveCampaign(const std::shared_ptr<grpc::Channel>& issuer, const std::string& token,
                                  const std::string& campaign_id,
                                  const coupon::v1::CampaignDefinition& definition);

// Sets the deadline and, when `token` is not empty, the bearer token.
void PrepareContext(const std::string& token, std::chrono::milliseconds timeout,
                    grpc::ClientContext* context);

// An instant in milliseconds since the epoch as Timestamp.
void SetMillis(int64_t unix_ms, google::protobuf::Timestamp* timestamp);
int64_t NowMillis();

}  // namespace tessera::load
