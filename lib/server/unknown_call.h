#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <chrono>

#include "server/served_call.h"

namespace tessera::server {

// A call to a method that is not served: METHOD_UNKNOWN, under one label, whatever its name.
class UnknownCall final : public QueueEvent {
 public:
  static void Await(ServedCalls& shared, grpc::AsyncGenericService* service,
                    grpc::ServerCompletionQueue* queue);
  void Proceed(bool ok) override;

 private:
  UnknownCall(ServedCalls& shared, grpc::AsyncGenericService* service, grpc::ServerCompletionQueue* queue);
  ~UnknownCall();

  ServedCalls& shared_;
  grpc::AsyncGenericService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  bool arrived_ = false;
  std::chrono::steady_clock::time_point arrival_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
};

}  // namespace tessera::server
