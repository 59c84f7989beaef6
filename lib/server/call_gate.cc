#include "server/call_gate.h"

#include <algorithm>

#include "server/roles.h"

namespace tessera::server {

// The call counts before it looks whether the gate is closed, and Close comes before in_flight is read: so
// whoever closes sees every call that was let in.
std::optional<core::Error> CallGate::Enter() {
  const int64_t others = in_flight_.fetch_add(1);
  if (closed_.load()) {
    Leave();
    return core::Error(core::Reason::kDraining, "this process is going down");
  }
  if (others >= limits_.in_flight_max) {
    Leave();
    return core::Error(core::Reason::kOverloaded, "too many calls are in flight");
  }
  return std::nullopt;
}

core::Result<const Caller*> CallGate::Admit(const MethodInfo& method, const Credentials& credentials) const {
  core::Result<const Caller*> caller = authenticator_.Authenticate(credentials);
  if (caller.ok() && !MayCall((*caller)->roles, method.required_roles)) {
    return core::Error(core::Reason::kRoleMissing,
                       "the caller has none of the roles that the method requires")
        .With("required_roles", method.required_roles.ToString());
  }
  return caller;
}

std::chrono::steady_clock::time_point CallGate::Deadline(
    MethodKind kind, std::chrono::steady_clock::time_point now,
    std::optional<std::chrono::steady_clock::time_point> sent) const {
  const auto max = kind == MethodKind::kUnary ? limits_.deadline_max : limits_.stream_deadline_max;
  return std::min(sent.value_or(now + limits_.deadline_default), now + max);
}

}  // namespace tessera::server
