#include "api/canonical_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace tessera::api {
namespace {

constexpr char kRequestIdTag = 1 << 3 | 2;  // field 1, length-delimited

std::string DeterministicBytes(const google::protobuf::Message& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

std::string CanonicalBytes(const google::protobuf::Message& request) {
  std::string bytes = DeterministicBytes(request);
  if (bytes.empty() || bytes[0] != kRequestIdTag) return bytes;
  // Fields are written in the order of their numbers, so the request_id stands first: tag, length, text.
  size_t length = 0;
  size_t at = 1;
  for (int shift = 0; at < bytes.size(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes[at++]);
    length |= static_cast<size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  bytes.erase(0, at + length);
  return bytes;
}

}  // namespace tessera::api
