#include "server/health_service.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <optional>

namespace tessera::server {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr char kCheckPath[] = "/grpc.health.v1.Health/Check";
constexpr char kWatchPath[] = "/grpc.health.v1.Health/Watch";
constexpr int kCheck = 0;
constexpr int kWatch = 1;
constexpr int kAwaited = 4;

// HealthCheckRequest { string service = 1; }, read by hand: linking a second copy of that proto would collide
// with the one that callers of this library link. Nothing when the bytes do not decode.
std::optional<std::string> DecodeService(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  if (!bytes.Dump(&slices).ok()) return std::nullopt;
  std::string text;
  for (const grpc::Slice& slice : slices)
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(text.data()),
                                               static_cast<int>(text.size()));
  std::string service;
  while (const uint32_t tag = input.ReadTag()) {
    if (tag == WireFormatLite::MakeTag(1, WireFormatLite::WIRETYPE_LENGTH_DELIMITED)) {
      if (!WireFormatLite::ReadString(&input, &service)) return std::nullopt;
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      return std::nullopt;
    }
  }
  if (!input.ConsumedEntireMessage()) return std::nullopt;
  return service;
}

// HealthCheckResponse { ServingStatus status = 1; }
grpc::ByteBuffer Encode(HealthService::Status status) {
  const char bytes[] = {8, static_cast<char>(status)};
  const grpc::Slice slice(bytes, sizeof(bytes));
  return grpc::ByteBuffer(&slice, 1);
}

grpc::Status Undecodable() { return {grpc::StatusCode::INVALID_ARGUMENT, "not a HealthCheckRequest"}; }

}  // namespace

// One call of Check. It deletes itself.
class HealthService::Check final : public QueueEvent {
 public:
  Check(HealthService* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), writer_(&context_) {
    service_->calls_.objects.fetch_add(1, std::memory_order_relaxed);
    service_->RequestAsyncUnary(kCheck, &context_, &request_, &writer_, queue, queue,
                                static_cast<QueueEvent*>(this));
  }

  void Proceed(bool ok) override {
    if (!ok || arrived_) {
      delete this;
      return;
    }
    arrived_ = true;
    if (!service_->calls_.closing.load(std::memory_order_acquire)) new Check(service_, queue_);
    const std::optional<std::string> name = DecodeService(request_);
    const Status status = name ? service_->StatusOf(*name) : Status::kServiceUnknown;
    if (!name) {
      writer_.FinishWithError(Undecodable(), static_cast<QueueEvent*>(this));
    } else if (status == Status::kServiceUnknown) {
      writer_.FinishWithError({grpc::StatusCode::NOT_FOUND, "no such service"},
                              static_cast<QueueEvent*>(this));
    } else {
      writer_.Finish(Encode(status), grpc::Status::OK, static_cast<QueueEvent*>(this));
    }
  }

 private:
  ~Check() { service_->calls_.objects.fetch_sub(1, std::memory_order_release); }

  HealthService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  bool arrived_ = false;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;
};

// One stream of Watch: the status now, and again whenever it changes, until the caller or the server ends it.
// It deletes itself when the end was told and no write is under way.
class HealthService::Watch final : public QueueEvent {
 public:
  Watch(HealthService* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), writer_(&context_) {
    service_->calls_.objects.fetch_add(1, std::memory_order_relaxed);
    context_.AsyncNotifyWhenDone(static_cast<QueueEvent*>(&end_));
    service_->RequestAsyncServerStreaming(kWatch, &context_, &request_, &writer_, queue, queue,
                                          static_cast<QueueEvent*>(this));
  }

  // An arrival, or the end of a write.
  void Proceed(bool ok) override {
    bool finished = false;
    if (!arrived_) {
      if (!ok) {
        delete this;  // the end of a call that never began is not told
        return;
      }
      Arrive();
    } else {
      const std::lock_guard lock(service_->mutex_);
      busy_ = false;
      WriteLocked();
      finished = ended_ && !busy_;
    }
    if (finished) delete this;
  }

  // REQUIRES: the service's mutex is held.
  void WriteLocked() {
    const Status status = service_->StatusLocked(name_);
    if (busy_ || ended_ || finishing_ || status == written_) return;
    busy_ = true;
    written_ = status;
    writer_.Write(Encode(status), static_cast<QueueEvent*>(this));
  }

 private:
  struct End final : QueueEvent {
    explicit End(Watch* ended) : watch(ended) {}
    void Proceed(bool) override { watch->OnEnd(); }
    Watch* const watch;
  };

  ~Watch() { service_->calls_.objects.fetch_sub(1, std::memory_order_release); }

  void Arrive() {
    arrived_ = true;
    if (!service_->calls_.closing.load(std::memory_order_acquire)) new Watch(service_, queue_);
    const std::optional<std::string> name = DecodeService(request_);
    const std::lock_guard lock(service_->mutex_);
    if (!name) {
      finishing_ = busy_ = true;
      writer_.Finish(Undecodable(), static_cast<QueueEvent*>(this));
      return;
    }
    name_ = *name;
    service_->watches_.insert(this);
    WriteLocked();
  }

  void OnEnd() {
    bool finished = false;
    {
      const std::lock_guard lock(service_->mutex_);
      ended_ = true;
      service_->watches_.erase(this);
      finished = !busy_;
    }
    if (finished) delete this;
  }

  HealthService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  End end_{this};
  bool arrived_ = false;  // of the queue's thread alone
  // The rest is guarded by the service's mutex.
  bool busy_ = false;  // an operation is under way
  bool finishing_ = false;
  bool ended_ = false;
  std::optional<Status> written_;
  std::string name_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncWriter<grpc::ByteBuffer> writer_;
};

HealthService::HealthService(const std::vector<std::string>& services, ServedCalls& calls)
    : calls_(calls), services_(services.begin(), services.end()) {
  services_.insert("");
  using Method = grpc::internal::RpcMethod;
  AddMethod(new grpc::internal::RpcServiceMethod(kCheckPath, Method::NORMAL_RPC, nullptr));
  AddMethod(new grpc::internal::RpcServiceMethod(kWatchPath, Method::SERVER_STREAMING, nullptr));
  MarkMethodRaw(kCheck);
  MarkMethodRaw(kWatch);
}

void HealthService::Follow(HealthBoard& board) {
  board.OnChange([this](bool serving) { Changed(serving); });
}

void HealthService::Await(grpc::ServerCompletionQueue* queue) {
  for (int i = 0; i < kAwaited; ++i) {
    new Check(this, queue);
    new Watch(this, queue);
  }
}

HealthService::Status HealthService::StatusLocked(const std::string& service) const {
  if (services_.find(service) == services_.end()) return Status::kServiceUnknown;
  return serving_ ? Status::kServing : Status::kNotServing;
}

HealthService::Status HealthService::StatusOf(const std::string& service) const {
  const std::lock_guard lock(mutex_);
  return StatusLocked(service);
}

void HealthService::Changed(bool serving) {
  const std::lock_guard lock(mutex_);
  serving_ = serving;
  for (Watch* watch : watches_) watch->WriteLocked();
}

}  // namespace tessera::server
