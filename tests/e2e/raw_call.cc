#include "tests/e2e/raw_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>

#include "tools/load/campaign_setup.h"
#include "tools/load/generator.h"

namespace tessera::e2e {
namespace {

constexpr std::chrono::seconds kTimeout{10};

grpc::ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// Waits for the one operation that is under way; the deadline of the call ends it.
bool Wait(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

}  // namespace

RawAnswer RawCall(const std::string& address, const std::string& method, const std::string& request,
                  const std::string& token) {
  grpc::GenericStub stub(load::Connect(address, 1).front());
  grpc::ClientContext context;
  load::PrepareContext(token, kTimeout, &context);
  grpc::CompletionQueue queue;
  RawAnswer answer;
  grpc::ByteBuffer response;
  auto call = stub.PrepareUnaryCall(&context, method, Buffer(request), &queue);
  call->StartCall();
  call->Finish(&response, &answer.status, nullptr);
  Wait(queue);
  answer.bytes = Bytes(response);
  return answer;
}

RawAnswer RawExchange(const std::string& address, const std::string& method, const std::string& request) {
  grpc::GenericStub stub(load::Connect(address, 1).front());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTimeout);
  grpc::CompletionQueue queue;
  RawAnswer answer;
  grpc::ByteBuffer response;
  auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  bool ok = Wait(queue);
  if (ok) {
    call->Write(Buffer(request), nullptr);
    ok = Wait(queue);
  }
  if (ok) {
    call->Read(&response, nullptr);
    if (Wait(queue)) answer.bytes = Bytes(response);
    call->WritesDone(nullptr);
    Wait(queue);
  }
  call->Finish(&answer.status, nullptr);
  Wait(queue);
  return answer;
}

}  // namespace tessera::e2e
