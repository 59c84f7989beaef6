// ProbeHandlers are the handlers of the test service, and Register puts them on a router.
#pragma once

#include <atomic>

#include "probe.pb.h"
#include "server/router.h"

namespace tessera::testing {

class ProbeHandlers {
 public:
  using Request = probe::v1::ProbeRequest;
  using Response = probe::v1::ProbeResponse;

  async::Task<core::Result<Response>> Handle(const server::CallContext& context, const Request& request);

  void Register(server::Router& router);

  // Handlers that began, and those that answered.
  std::atomic<int> begun{0};
  std::atomic<int> answered{0};
};

}  // namespace tessera::testing
