#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/roles.h"
#include "server/trace_context.h"

namespace tessera::server {

// Who calls: the outcome of authentication. `name` is the service's name from the token file, never a
// person's.
struct Caller {
  std::string name;
  RoleSet roles;
};

// Which side of an RPC sends many messages.
enum class MethodKind {
  kUnary,         // neither
  kServerStream,  // the service
  kClientStream,  // the caller
};

// One served RPC, known at start-up and never changed.
struct MethodInfo {
  std::string full_name;   // "coupon.v1.IssuerService/ClaimCoupon"
  std::string service;     // "coupon.v1.IssuerService"
  std::string method;      // "ClaimCoupon"
  std::string path;        // "/coupon.v1.IssuerService/ClaimCoupon"
  RoleSet required_roles;  // any one of these is enough
  MethodKind kind = MethodKind::kUnary;
};

// What a handler knows about the call besides the request. It lives as long as the call, so a handler may
// keep the reference until it answers. Only the loop thread touches it while the handler runs.
class CallContext {
 public:
  using LogFields = std::vector<std::pair<std::string_view, std::string>>;

  CallContext(const MethodInfo& called, const Caller& by, std::chrono::steady_clock::time_point until,
              const TraceContext& traced)
      : method(called), caller(by), deadline(until), trace(traced) {}
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;

  const MethodInfo& method;
  const Caller& caller;
  // The caller's deadline, or the server's default when the caller sent none; never further away than
  // grpc.deadline_max_ms or, for a stream, grpc.stream_deadline_max_ms.
  std::chrono::steady_clock::time_point deadline;
  // trace_id is the caller's; span_id is this call's own and names the call in the logs.
  TraceContext trace;

  std::chrono::steady_clock::duration TimeLeft() const { return deadline - std::chrono::steady_clock::now(); }

  // Leaves a field for the access log line of this call. `key` must outlive the call (a literal); `value` is
  // an id or a word of a closed set: never a code, a user id or a text the caller chose.
  void Note(std::string_view key, std::string value) const { fields_.emplace_back(key, std::move(value)); }
  const LogFields& notes() const { return fields_; }

 private:
  mutable LogFields fields_;
};

}  // namespace tessera::server
