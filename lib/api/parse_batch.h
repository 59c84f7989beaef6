#pragma once

#include <cstdint>
#include <string>

#include "core/ids.h"
#include "core/result.h"
#include "coupon/v1/issuer_service.pb.h"

// Requests about batches of codes, checked and in the words of core and port. INVALID_FIELD names the field.
// Pure, any thread.
namespace tessera::api {

// What the first part of an import says of all of it.
struct ImportHeader {
  core::RequestId request_id;
  std::string campaign_id;
  uint32_t uses_max = 1;
  uint64_t codes_max = 0;
};

struct StreamCodes {
  uint64_t batch = 0;
  uint64_t start = 0;
};

core::Result<ImportHeader> ParseFirst(const coupon::v1::ImportCodesRequest& part);
// Of a part that is not the first: it holds codes only.
core::Status CheckNext(const coupon::v1::ImportCodesRequest& part);
core::Result<StreamCodes> Parse(const coupon::v1::StreamCodesRequest& request);

}  // namespace tessera::api
