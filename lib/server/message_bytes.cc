#include "server/message_bytes.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/support/proto_buffer_reader.h>

namespace tessera::server {

grpc::ByteBuffer Encode(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

bool Decode(grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::Slice slice;
  bool parsed = false;
  if (bytes.TrySingleSlice(&slice).ok()) {
    parsed = message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  } else {
    grpc::ProtoBufferReader reader(&bytes);
    parsed = reader.status().ok() && message.ParseFromZeroCopyStream(&reader);
  }
  bytes.Clear();
  return parsed;
}

std::string RequestIdOf(const google::protobuf::Message& message) {
  const auto* field = message.GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  return message.GetReflection()->GetString(message, field);
}

bool ReceivedRequest::Decode(const google::protobuf::Message& prototype, grpc::ByteBuffer& bytes) {
  google::protobuf::ArenaOptions options;
  options.initial_block = arena_block_;
  options.initial_block_size = sizeof(arena_block_);
  arena_.emplace(options);
  message_ = prototype.New(&*arena_);
  return server::Decode(bytes, *message_);
}

}  // namespace tessera::server
