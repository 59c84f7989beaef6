#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coupon/v1/job_service.pb.h"
#include "storage/job_store.h"
#include "storage/operation.h"

// Jobs and batches in the words of coupon.v1. Pure, any thread.
namespace tessera::api {

std::string BatchId(uint64_t batch);
std::string JobId(uint64_t job);

coupon::v1::CreateJobResponse ToProto(const storage::JobCreated& created);
coupon::v1::Job ToProto(const storage::Job& job);

}  // namespace tessera::api
