#include "server/served_call.h"

#include <grpc/support/time.h>

#include "api/status.h"
#include "core/reason.h"

namespace tessera::server {
namespace {

// The caller's deadline on this process's steady clock; nothing when none was sent.
std::optional<std::chrono::steady_clock::time_point> SentDeadline(const grpc::ServerContext& context,
                                                                  std::chrono::steady_clock::time_point now) {
  const gpr_timespec deadline = context.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) return std::nullopt;
  const gpr_timespec left =
      deadline.clock_type == GPR_TIMESPAN ? deadline : gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return now + std::chrono::seconds(left.tv_sec) + std::chrono::nanoseconds(left.tv_nsec);
}

grpc::string_ref Find(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? grpc::string_ref() : found->second;
}

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// Whether the fault is the service's, so that an operator should look.
bool IsFailure(grpc::StatusCode code) {
  return code == grpc::StatusCode::INTERNAL || code == grpc::StatusCode::UNAVAILABLE ||
         code == grpc::StatusCode::UNKNOWN || code == grpc::StatusCode::DATA_LOSS;
}

}  // namespace

core::Error UndecodableRequest() {
  return core::Error(core::Reason::kUndecodableRequest, "the bytes are no message of the method's type");
}

ServedCall::ServedCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue)
    : shared_(shared), served_(served), queue_(queue) {
  shared_.objects.fetch_add(1, std::memory_order_relaxed);
}

ServedCall::~ServedCall() { shared_.objects.fetch_sub(1, std::memory_order_release); }

void ServedCall::Proceed(bool ok) {
  if (arrived_) {
    Record();
    Discard();
  } else if (ok) {
    arrived_ = true;
    Arrive();
  } else {
    delete this;
  }
}

void ServedCall::Arrive() {
  if (!shared_.closing.load(std::memory_order_acquire)) AwaitNext();
  arrival_ = Clock::now();
  const MethodInfo& method = route().info;
  shared_.metrics.Started(route().index);
  const auto& metadata = grpc_context_.client_metadata();
  trace_ = BeginSpan(View(Find(metadata, "traceparent")));
  if (const std::optional<core::Error> refusal = shared_.gate.Enter()) return RefuseCall(*refusal);
  entered_ = true;
  const core::Result<const Caller*> caller =
      shared_.gate.Admit(method, Credentials{View(Find(metadata, "authorization"))});
  if (!caller.ok()) return RefuseCall(caller.error());
  context_.emplace(method, **caller,
                   shared_.gate.Deadline(method.kind, arrival_, SentDeadline(grpc_context_, arrival_)),
                   trace_);
  if (context_->deadline <= arrival_) {
    return RefuseCall(
        core::Error(core::Reason::kDeadlinePassed, "the deadline had passed when the call arrived"));
  }
  Begin();
}

void ServedCall::RefuseCall(const core::Error& error) {
  const grpc::Status status = api::ToGrpcStatus(error);
  code_ = status.error_code();
  refusal_ = error;
  answered_ = Clock::now();
  FinishWith(status);
}

void ServedCall::Cancel() {
  code_ = grpc::StatusCode::CANCELLED;
  answered_ = Clock::now();
  FinishWith(grpc::Status(code_, "the caller is gone"));
}

void ServedCall::Record() {
  shared_.metrics.Handled(route().index, code_, answered_ - arrival_);
  const bool failure = IsFailure(code_);
  if (shared_.access_log.Wants(code_ == grpc::StatusCode::OK, failure)) {
    const std::string request_id = RequestId();
    AccessEntry entry;
    entry.method = route().info.full_name;
    entry.code = RpcMetrics::CodeName(code_);
    entry.took = answered_ - arrival_;
    entry.request_id = request_id;
    entry.failure = failure;
    entry.trace = &trace_;
    if (context_) {
      entry.caller = context_->caller.name;
      entry.notes = &context_->notes();
    }
    if (refusal_) {
      entry.reason = core::ReasonName(refusal_->reason);
      entry.cause = refusal_->cause;
    }
    shared_.access_log.Write(entry);
  }
  if (entered_) shared_.gate.Leave();
}

}  // namespace tessera::server
