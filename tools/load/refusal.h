#pragma once

#include <grpcpp/support/status.h>

#include <map>
#include <string>

namespace tessera::load {

// Why a call was refused, as a client reads it: the ErrorInfo in the status' details (google.rpc.Status). Any
// thread.
struct RefusalInfo {
  std::string
      reason;  // such as "STOCK"; empty when the status has no ErrorInfo, as when the connection broke
  std::string domain;
  std::map<std::string, std::string> metadata;
};
RefusalInfo RefusalOf(const grpc::Status& status);

// The name of a status code, such as "UNAVAILABLE".
std::string StatusName(grpc::StatusCode code);

// "RESOURCE_EXHAUSTED/STOCK", or the status alone where there is no reason.
std::string RefusalLabel(const grpc::Status& status);

}  // namespace tessera::load
