// Calls of services whose protos no Debian package ships: health and reflection, by their bytes. Blocks for
// at most ten seconds.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

namespace tessera::e2e {

struct RawAnswer {
  grpc::Status status;
  std::string bytes;
};

// One unary call; `token` is sent as bearer token unless it is empty.
RawAnswer RawCall(const std::string& address, const std::string& method, const std::string& request,
                  const std::string& token = "");

// Sends one message on a stream, reads one, and ends the stream.
RawAnswer RawExchange(const std::string& address, const std::string& method, const std::string& request);

}  // namespace tessera::e2e
