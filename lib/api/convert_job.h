#pragma once

#include "coupon/v1/job_service.pb.h"
#include "storage/job_store.h"
#include "storage/operation.h"

// Jobs in the words of coupon.v1. Pure, any thread.
namespace tessera::api {

coupon::v1::CreateJobResponse ToProto(const storage::JobCreated& created);
coupon::v1::Job ToProto(const storage::Job& job);

}  // namespace tessera::api
