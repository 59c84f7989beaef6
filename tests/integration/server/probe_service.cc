#include "tests/integration/server/probe_service.h"

#include <algorithm>
#include <stdexcept>

#include "async/timer.h"

namespace tessera::testing {

namespace {

ProbeHandlers::Response Seen(const server::CallContext& context) {
  ProbeHandlers::Response response;
  response.set_caller(context.caller.name);
  response.set_left_ms(std::chrono::duration_cast<std::chrono::milliseconds>(context.TimeLeft()).count());
  response.set_traceparent(context.trace.Traceparent());
  return response;
}

async::Task<void> Pause(int delay_ms) {
  if (delay_ms > 0) co_await async::Sleep(std::chrono::milliseconds(delay_ms));
}

core::Error Failure() {
  return core::Error(core::Reason::kStoreUnreachable, "the store is away")
      .Because("connection refused: 10.0.0.1");
}

}  // namespace

async::Task<core::Result<ProbeHandlers::Response>> ProbeHandlers::Handle(const server::CallContext& context,
                                                                         const Request& request) {
  ++begun;
  context.Note("probe_id", "p-" + std::to_string(request.inner_size()));
  Response response = Seen(context);
  response.set_text(request.text());
  co_await Pause(request.delay_ms());
  if (request.text() == "throw") throw std::runtime_error("a defect with secrets");
  ++answered;
  if (request.text() == "fail") co_return Failure();
  co_return response;
}

async::Task<core::Status> ProbeHandlers::Stream(const server::CallContext& context, const Request& request,
                                                server::ResponseStream<Response>& out) {
  ++begun;
  context.Note("probe_id", "p-" + std::to_string(request.inner_size()));
  Response response = Seen(context);
  response.set_text(request.text());
  for (int i = 0; i < std::max(1, request.messages()); ++i) {
    co_await Pause(request.delay_ms());
    response.set_number(i);
    const bool taken = co_await out.Send(response);
    if (!taken) {
      ++cut;
      co_return core::Ok();
    }
    ++sent;
  }
  if (request.text() == "throw") throw std::runtime_error("a defect with secrets");
  ++answered;
  if (request.text() == "fail") co_return Failure();
  co_return core::Ok();
}

async::Task<core::Result<ProbeHandlers::Response>> ProbeHandlers::Collect(
    const server::CallContext& context, server::RequestStream<Request>& in) {
  ++begun;
  Response response = Seen(context);
  while (true) {
    const core::Result<const Request*> next = co_await in.Next();
    if (!next.ok()) {
      ++cut;
      co_return next.error();
    }
    if (*next == nullptr) break;
    const Request& request = **next;
    ++received;
    response.set_number(response.number() + 1);
    response.set_digest(Digest(response.digest(), request.text()));
    co_await Pause(request.delay_ms());
    if (request.text() == "throw") throw std::runtime_error("a defect with secrets");
    if (request.text() == "fail") co_return Failure();
    if (request.text() == "enough") co_return response;
  }
  ++completed;
  ++answered;
  co_return response;
}

void ProbeHandlers::Register(server::Router& router) {
  router.Serve("tessera.probe.v1.ProbeService");
  router.Serve("tessera.probe.v1.OtherService");
  for (const char* method :
       {"ProbeService/Issue", "ProbeService/Redeem", "ProbeService/Administer", "OtherService/Read"}) {
    router.Handle("tessera.probe.v1." + std::string(method), this, &ProbeHandlers::Handle);
  }
  router.Handle("tessera.probe.v1.ProbeService/Stream", this, &ProbeHandlers::Stream);
  router.Handle("tessera.probe.v1.ProbeService/Collect", this, &ProbeHandlers::Collect);
}

}  // namespace tessera::testing
