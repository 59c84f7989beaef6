#include "server/unknown_call.h"

#include "api/status.h"
#include "core/reason.h"

namespace tessera::server {

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
