#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace tessera::api {

// The body of a changing request, by which a retry is told from another call with the same request_id: its
// deterministic serialization without the request_id. REQUIRES: its field 1 is the request_id, as in every
// changing request of coupon.v1 (a test holds them to it). Pure, any thread.
std::string CanonicalBytes(const google::protobuf::Message& request);

}  // namespace tessera::api
