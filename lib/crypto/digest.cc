#include "crypto/digest.h"

namespace tessera::crypto {
namespace {

constexpr std::string_view kOperationLabel = "tessera operation 1:";
constexpr std::string_view kBodyLabel = "tessera body 1:";

std::string_view View(const std::array<char, 4>& frame) { return {frame.data(), frame.size()}; }

const Secret& CurrentRequestKey(const KeyFile& keys) {
  const KeyRing& ring = keys.ring(KeyPurpose::kRequest);
  return ring.keys.at(ring.current);
}

}  // namespace

RequestDigests::RequestDigests(const KeyFile& keys) : key_(CurrentRequestKey(keys).bytes()) {}

OperationField RequestDigests::Operation(const OperationName& name) const {
  const auto caller_frame = LengthFrame(name.caller);
  const auto method_frame = LengthFrame(name.method);
  const auto subject_frame = LengthFrame(name.subject);
  return Truncated<12>(key_.Sign({kOperationLabel, View(caller_frame), name.caller, View(method_frame),
                                  name.method, View(subject_frame), name.subject, name.request_id.view()}));
}

BodyDigest RequestDigests::Body(std::string_view body) const {
  return Truncated<8>(key_.Sign({kBodyLabel, body}));
}

}  // namespace tessera::crypto
