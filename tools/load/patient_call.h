#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "tools/load/campaign_setup.h"
#include "tools/load/refusal.h"

namespace tessera::load {

// How a caller calls: as itself, with a deadline for each try, again with the same request until it knows the
// outcome. Any thread; the counters are shared.
struct Caller {
  std::string token;
  std::chrono::milliseconds try_timeout{5000};
  // Tries of one call; 1 means that nothing is tried again.
  int tries_max = 100;
  std::chrono::milliseconds backoff{5};
  // When it says yes, no further try is made.
  std::function<bool()> stop = nullptr;
  // Sees every try that is worth another one.
  std::function<void(const grpc::Status&)> on_retry = nullptr;
  std::atomic<int64_t> tries{0};
  std::atomic<int64_t> calls{0};

  int64_t retries() const { return tries - calls; }
};

// Whether the same call may have another outcome when it is sent again: the connection or the store was away,
// the time was over, too many wanted the same, or the service was full.
inline bool WorthRetrying(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return true;
    case grpc::StatusCode::ABORTED:
      return RefusalOf(status).reason == "CONTENDED";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return RefusalOf(status).reason == "OVERLOADED";
    default:
      return false;
  }
}

// Calls `rpc` of `stub`, again and again with the same request while that is worth it. The caller's pauses
// double up to 200 ms.
//
//   CallPatiently(caller, issuer.get(), &IssuerService::Stub::ClaimCoupon, request, &response);
template <class Stub, class Request, class Response>
grpc::Status CallPatiently(Caller& caller, Stub* stub,
                           grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
                           const Request& request, Response* response) {
  ++caller.calls;
  auto pause = caller.backoff;
  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    PrepareContext(caller.token, caller.try_timeout, &context);
    // A blocking call that fails at once gives gRPC no time to work on the connection: only waiting for it
    // brings it back.
    context.set_wait_for_ready(attempt > 1);
    ++caller.tries;
    const grpc::Status status = (stub->*rpc)(&context, request, response);
    if (status.ok() || !WorthRetrying(status) || attempt >= caller.tries_max ||
        (caller.stop && caller.stop()))
      return status;
    if (caller.on_retry) caller.on_retry(status);
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(200));
  }
}

}  // namespace tessera::load
