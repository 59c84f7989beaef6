#include "tools/load/refusal.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <array>
#include <string_view>
#include <utility>

namespace tessera::load {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// Calls `take(number, bytes)` for each length-delimited field. The google.rpc messages are read by hand
// because no Debian package ships their protos, and a second copy of that package would clash with a caller's
// own.
template <class Take>
void EachField(std::string_view message, const Take& take) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(message.data()), static_cast<int>(message.size()));
  while (const uint32_t tag = in.ReadTag()) {
    std::string bytes;
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&in, tag)) return;
    } else if (uint32_t size = 0; in.ReadVarint32(&size) && in.ReadString(&bytes, static_cast<int>(size))) {
      take(WireFormatLite::GetTagFieldNumber(tag), bytes);
    } else {
      return;
    }
  }
}

void ReadErrorInfo(std::string_view bytes, RefusalInfo* info) {
  EachField(bytes, [info](int number, std::string& field) {
    if (number == 1) info->reason = std::move(field);
    if (number == 2) info->domain = std::move(field);
    if (number != 3) return;
    std::pair<std::string, std::string> entry;
    EachField(field, [&entry](int part, std::string& text) {
      (part == 1 ? entry.first : entry.second) = std::move(text);
    });
    info->metadata.insert(std::move(entry));
  });
}

}  // namespace

RefusalInfo RefusalOf(const grpc::Status& status) {
  RefusalInfo info;
  EachField(status.error_details(), [&info](int number, const std::string& detail) {
    if (number != 3) return;  // google.rpc.Status.details: one Any each
    std::string type;
    EachField(detail, [&](int part, const std::string& bytes) {
      if (part == 1) type = bytes;
      if (part == 2 && type == "type.googleapis.com/google.rpc.ErrorInfo") ReadErrorInfo(bytes, &info);
    });
  });
  return info;
}

std::string StatusName(grpc::StatusCode code) {
  static constexpr std::array<const char*, 17> kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<size_t>(code);
  return index < kNames.size() ? kNames[index] : std::to_string(index);
}

std::string RefusalLabel(const grpc::Status& status) {
  const std::string reason = RefusalOf(status).reason;
  return reason.empty() ? StatusName(status.error_code()) : StatusName(status.error_code()) + "/" + reason;
}

}  // namespace tessera::load
