#include "server/raw_service.h"

namespace tessera::server {
namespace {

grpc::internal::RpcMethod::RpcType TypeOf(MethodKind kind) {
  switch (kind) {
    case MethodKind::kUnary:
      return grpc::internal::RpcMethod::NORMAL_RPC;
    case MethodKind::kServerStream:
      return grpc::internal::RpcMethod::SERVER_STREAMING;
    case MethodKind::kClientStream:
      return grpc::internal::RpcMethod::CLIENT_STREAMING;
  }
  return grpc::internal::RpcMethod::NORMAL_RPC;
}

}  // namespace

int RawService::Add(const MethodInfo& method) {
  // gRPC keeps the pointer to the name; the route, which outlives the service, owns it.
  AddMethod(new grpc::internal::RpcServiceMethod(method.path.c_str(), TypeOf(method.kind), nullptr));
  MarkMethodRaw(methods_);
  return methods_++;
}

}  // namespace tessera::server
