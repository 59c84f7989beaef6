// ProbeHandlers are the handlers of the test service, and Register puts them on a router.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "probe.pb.h"
#include "server/router.h"

namespace tessera::testing {

class ProbeHandlers {
 public:
  using Request = probe::v1::ProbeRequest;
  using Response = probe::v1::ProbeResponse;

  async::Task<core::Result<Response>> Handle(const server::CallContext& context, const Request& request);
  async::Task<core::Status> Stream(const server::CallContext& context, const Request& request,
                                   server::ResponseStream<Response>& out);
  async::Task<core::Result<Response>> Collect(const server::CallContext& context,
                                              server::RequestStream<Request>& in);

  void Register(server::Router& router);

  // Handlers that began, and those that answered.
  std::atomic<int> begun{0};
  std::atomic<int> answered{0};
  // Messages that server streams sent, and that client streams brought.
  std::atomic<int> sent{0};
  std::atomic<int> received{0};
  // Streams whose handler was told that it is over before it was, and client streams that came to their end.
  std::atomic<int> cut{0};
  std::atomic<int> completed{0};
};

// What the texts of a client stream come to: another order or another text gives another number.
inline uint64_t Digest(uint64_t before, std::string_view text) {
  for (const char c : text) before = (before ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return before * 31 + 7;
}

}  // namespace tessera::testing
