#include "tests/integration/server/probe_service.h"

#include <stdexcept>

#include "async/timer.h"

namespace tessera::testing {

async::Task<core::Result<ProbeHandlers::Response>> ProbeHandlers::Handle(const server::CallContext& context,
                                                                         const Request& request) {
  ++begun;
  context.Note("probe_id", "p-" + std::to_string(request.inner_size()));
  Response response;
  response.set_text(request.text());
  response.set_caller(context.caller.name);
  response.set_left_ms(std::chrono::duration_cast<std::chrono::milliseconds>(context.TimeLeft()).count());
  response.set_traceparent(context.trace.Traceparent());
  if (request.delay_ms() > 0) co_await async::Sleep(std::chrono::milliseconds(request.delay_ms()));
  if (request.text() == "throw") throw std::runtime_error("a defect with secrets");
  ++answered;
  if (request.text() == "fail") {
    co_return core::Error(core::Reason::kStoreUnreachable, "the store is away")
        .Because("connection refused: 10.0.0.1");
  }
  co_return response;
}

void ProbeHandlers::Register(server::Router& router) {
  router.Serve("tessera.probe.v1.ProbeService");
  router.Serve("tessera.probe.v1.OtherService");
  for (const char* method :
       {"ProbeService/Issue", "ProbeService/Redeem", "ProbeService/Administer", "OtherService/Read"}) {
    router.Handle("tessera.probe.v1." + std::string(method), this, &ProbeHandlers::Handle);
  }
}

}  // namespace tessera::testing
