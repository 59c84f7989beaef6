#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/ids.h"
#include "core/result.h"
#include "coupon/v1/job_service.pb.h"
#include "storage/job_store.h"

// Requests about jobs and batches, checked and in the words of core and port. INVALID_FIELD names the field.
// Pure, any thread.
namespace tessera::api {

struct CreateJob {
  core::RequestId request_id;
  std::string campaign_id;
  storage::Work work;                              // without the code key
  std::optional<coupon::v1::RevokeReason> reason;  // of work that takes codes back
};

struct ListJobs {
  std::string campaign_id;
  int32_t page_size = 0;
};

core::Result<CreateJob> Parse(const coupon::v1::CreateJobRequest& request);
core::Result<uint64_t> Parse(const coupon::v1::GetJobRequest& request);
core::Result<ListJobs> Parse(const coupon::v1::ListJobsRequest& request);
core::Result<uint64_t> Parse(const coupon::v1::CancelJobRequest& request);

}  // namespace tessera::api
