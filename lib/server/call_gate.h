#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.h"
#include "server/call_context.h"
#include "server/identity.h"

namespace tessera::server {

// Decides about a call before anything is parsed or queued: whether this process takes calls at all, has room
// for one more, knows the caller and lets them in. Also counts the calls in flight. Any thread.
class CallGate {
 public:
  struct Limits {
    int in_flight_max = 0;
    std::chrono::milliseconds deadline_default{};
    std::chrono::milliseconds deadline_max{};
    std::chrono::milliseconds stream_deadline_max{};
  };

  // `authenticator` must outlive the gate.
  CallGate(const Limits& limits, const Authenticator& authenticator)
      : limits_(limits), authenticator_(authenticator) {}

  // Lets a call in, or says DRAINING or OVERLOADED. A call that was let in is in flight until Leave.
  std::optional<core::Error> Enter();
  void Leave() { in_flight_.fetch_sub(1); }

  // From now on nobody is let in: once in_flight() was 0 after this, no call is in flight any more.
  void Close() { closed_.store(true); }

  // Calls that were let in and have not left.
  int64_t in_flight() const { return in_flight_.load(); }

  // Who calls, when they may call `method`; else CALLER_UNKNOWN or ROLE_MISSING.
  core::Result<const Caller*> Admit(const MethodInfo& method, const Credentials& credentials) const;

  // The instant by which the call is answered: `sent`, the caller's own, or the default when there is none,
  // and no further from `now` than the limit. Streams have a limit of their own, as their length is the
  // caller's; but whoever wants one that is longer than a call has to say so: the default is the same.
  std::chrono::steady_clock::time_point Deadline(
      MethodKind kind, std::chrono::steady_clock::time_point now,
      std::optional<std::chrono::steady_clock::time_point> sent) const;

 private:
  const Limits limits_;
  const Authenticator& authenticator_;
  std::atomic<int64_t> in_flight_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace tessera::server
