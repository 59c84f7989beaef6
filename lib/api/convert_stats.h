#pragma once

#include "core/ids.h"
#include "core/result.h"
#include "coupon/v1/analytics_service.pb.h"
#include "storage/ledger_store.h"

// Statistics and self-checks in the words of coupon.v1, and their requests in those of the port. Pure, any
// thread.
namespace tessera::api {

struct VerifyInvariants {
  std::string campaign_id;  // empty: all
  storage::VerifyDepth depth = storage::VerifyDepth::kCounters;
};

core::Result<VerifyInvariants> Parse(const coupon::v1::VerifyInvariantsRequest& request);

// `lag_ms` is the age of the oldest event that the totals do not hold yet.
coupon::v1::CampaignStats ToProto(const storage::CampaignTotals& totals, int64_t lag_ms);
coupon::v1::VerifyInvariantsResponse ToProto(const storage::Verification& verification);

}  // namespace tessera::api
