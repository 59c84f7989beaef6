#include "server/served_call.h"

#include <google/protobuf/descriptor.h>
#include <grpc/support/time.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <utility>

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

int RawService::Add(const MethodInfo& method) {
  // gRPC keeps the pointer to the name; the route, which outlives the service, owns it.
  AddMethod(new grpc::internal::RpcServiceMethod(method.path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC,
                                                 nullptr));
  MarkMethodRaw(methods_);
  return methods_++;
}

void ServedCall::Await(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue) {
  new ServedCall(shared, served, queue);
}

ServedCall::ServedCall(ServedCalls& shared, const ServedRoute& served, grpc::ServerCompletionQueue* queue)
    : shared_(shared), served_(served), queue_(queue), writer_(&grpc_context_) {
  shared_.objects.fetch_add(1, std::memory_order_relaxed);
  served_.service->Request(served_.index, &grpc_context_, &bytes_, &writer_, queue_, this);
}

ServedCall::~ServedCall() { shared_.objects.fetch_sub(1, std::memory_order_release); }

void ServedCall::Proceed(bool ok) {
  if (arrived_) {
    End();
  } else if (ok) {
    arrived_ = true;
    Arrive();
  } else {
    delete this;
  }
}

void ServedCall::Arrive() {
  if (!shared_.closing.load(std::memory_order_acquire)) Await(shared_, served_, queue_);
  arrival_ = Clock::now();
  const Route& route = *served_.route;
  shared_.metrics.Started(route.index);
  const auto& metadata = grpc_context_.client_metadata();
  trace_ = BeginSpan(View(Find(metadata, "traceparent")));
  if (const std::optional<core::Error> refusal = shared_.gate.Enter()) return Refuse(*refusal);
  entered_ = true;
  const core::Result<const Caller*> caller =
      shared_.gate.Admit(route.info, Credentials{View(Find(metadata, "authorization"))});
  if (!caller.ok()) return Refuse(caller.error());
  context_.emplace(route.info, **caller,
                   shared_.gate.Deadline(arrival_, SentDeadline(grpc_context_, arrival_)), trace_);
  if (context_->deadline <= arrival_) {
    return Refuse(
        core::Error(core::Reason::kDeadlinePassed, "the deadline had passed when the call arrived"));
  }
  if (!Parse()) {
    return Refuse(
        core::Error(core::Reason::kUndecodableRequest, "the bytes are no message of the method's type"));
  }
  shared_.loop.Spawn(route.Run(*this));
}

// Also false for a text that is not UTF-8: proto3 messages refuse it while they parse.
bool ServedCall::Parse() {
  google::protobuf::ArenaOptions options;
  options.initial_block = arena_block_;
  options.initial_block_size = sizeof(arena_block_);
  arena_.emplace(options);
  request_ = served_.route->NewRequest(&*arena_);
  grpc::Slice slice;
  bool parsed = false;
  if (bytes_.TrySingleSlice(&slice).ok()) {
    parsed = request_->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  } else {
    grpc::ProtoBufferReader reader(&bytes_);
    parsed = reader.status().ok() && request_->ParseFromZeroCopyStream(&reader);
  }
  bytes_.Clear();
  return parsed;
}

void ServedCall::Answer(const google::protobuf::Message& response) {
  const size_t size = response.ByteSizeLong();
  grpc::Slice slice(size);
  response.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  const grpc::ByteBuffer bytes(&slice, 1);
  answered_ = Clock::now();
  // The queue's thread may delete this object before Finish has returned.
  writer_.Finish(bytes, grpc::Status::OK, static_cast<QueueEvent*>(this));
}

void ServedCall::Refuse(const core::Error& error) {
  const grpc::Status status = api::ToGrpcStatus(error);
  code_ = status.error_code();
  refusal_ = error;
  answered_ = Clock::now();
  writer_.FinishWithError(status, static_cast<QueueEvent*>(this));
}

void ServedCall::End() {
  shared_.metrics.Handled(served_.route->index, code_, answered_ - arrival_);
  const bool failure = IsFailure(code_);
  if (shared_.access_log.Wants(code_ == grpc::StatusCode::OK, failure)) {
    const std::string request_id = RequestId();
    AccessEntry entry;
    entry.method = served_.route->info.full_name;
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
  delete this;
}

std::string ServedCall::RequestId() const {
  if (request_ == nullptr) return "";
  const auto* field = request_->GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  return request_->GetReflection()->GetString(*request_, field);
}

void UnknownCall::Await(ServedCalls& shared, grpc::AsyncGenericService* service,
                        grpc::ServerCompletionQueue* queue) {
  new UnknownCall(shared, service, queue);
}

UnknownCall::UnknownCall(ServedCalls& shared, grpc::AsyncGenericService* service,
                         grpc::ServerCompletionQueue* queue)
    : shared_(shared), service_(service), queue_(queue), stream_(&context_) {
  shared_.objects.fetch_add(1, std::memory_order_relaxed);
  service_->RequestCall(&context_, &stream_, queue_, queue_, static_cast<QueueEvent*>(this));
}

UnknownCall::~UnknownCall() { shared_.objects.fetch_sub(1, std::memory_order_release); }

void UnknownCall::Proceed(bool ok) {
  RpcMetrics& metrics = shared_.metrics;
  if (arrived_) {
    metrics.Handled(metrics.unknown_method(), grpc::StatusCode::UNIMPLEMENTED,
                    std::chrono::steady_clock::now() - arrival_);
    delete this;
  } else if (ok) {
    if (!shared_.closing.load(std::memory_order_acquire)) Await(shared_, service_, queue_);
    arrived_ = true;
    arrival_ = std::chrono::steady_clock::now();
    metrics.Started(metrics.unknown_method());
    stream_.Finish(
        api::ToGrpcStatus(core::Error(core::Reason::kMethodUnknown, "this process serves no such method")),
        static_cast<QueueEvent*>(this));
  } else {
    delete this;
  }
}

}  // namespace tessera::server
