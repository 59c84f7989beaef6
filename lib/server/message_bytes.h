#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <optional>
#include <string>

// Between protobuf messages and the bytes that raw methods take and give.
namespace tessera::server {

grpc::ByteBuffer Encode(const google::protobuf::Message& message);

// False for bytes that are no such message; also for a text that is not UTF-8, which proto3 messages refuse
// while they parse. `message` is overwritten and `bytes` is emptied either way.
bool Decode(grpc::ByteBuffer& bytes, google::protobuf::Message& message);

// The message's request_id, for the log; "" when it has none.
std::string RequestIdOf(const google::protobuf::Message& message);

// The one request of a call, on memory of its own.
class ReceivedRequest {
 public:
  ReceivedRequest() = default;
  ReceivedRequest(const ReceivedRequest&) = delete;
  ReceivedRequest& operator=(const ReceivedRequest&) = delete;

  // Makes a message like `prototype` of the bytes, as Decode does. Once.
  bool Decode(const google::protobuf::Message& prototype, grpc::ByteBuffer& bytes);

  // REQUIRES: Decode was called.
  const google::protobuf::Message& message() const { return *message_; }

  // "" before Decode too.
  std::string RequestId() const { return message_ == nullptr ? "" : RequestIdOf(*message_); }

 private:
  // Enough for the messages of nearly every call, so that parsing allocates nothing but long strings.
  static constexpr size_t kArenaBytes = 1024;

  std::optional<google::protobuf::Arena> arena_;
  google::protobuf::Message* message_ = nullptr;
  alignas(8) char arena_block_[kArenaBytes];
};

}  // namespace tessera::server
