#include "tools/couponctl/failure.h"

#include <nlohmann/json.hpp>

#include "tools/couponctl/table.h"
#include "tools/load/patient_call.h"
#include "tools/load/refusal.h"

namespace tessera::couponctl {

ExitCode CallFailed::exit_code() const {
  if (load::WorthRetrying(status_)) return kTryAgain;
  switch (status_.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return kMistaken;
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return kNotAllowed;
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::ABORTED:
      return kRefused;
    default:
      return kFault;
  }
}

std::string CallFailed::reason() const { return load::RefusalOf(status_).reason; }

std::string CallFailed::Summary() const {
  return load::RefusalLabel(status_) + ": " + status_.error_message();
}

std::string CallFailed::Text() const {
  const load::RefusalInfo refusal = load::RefusalOf(status_);
  Facts facts;
  for (const auto& [name, value] : refusal.metadata) facts.emplace_back(name, value);
  std::string text = "couponctl: " + (subject_.empty() ? "" : subject_ + ": ") + Summary() + "\n";
  if (outcome_unknown()) {
    facts.emplace_back("request_id", request_id_);
    text += "It may have taken effect. " + advice_ + "\n";
  }
  return text + Lines(facts);
}

std::string CallFailed::Json() const {
  const load::RefusalInfo refusal = load::RefusalOf(status_);
  nlohmann::ordered_json error = {{"code", load::StatusName(status_.error_code())},
                                  {"reason", refusal.reason},
                                  {"message", status_.error_message()},
                                  {"metadata", refusal.metadata}};
  if (!subject_.empty()) error["subject"] = subject_;
  if (outcome_unknown()) error["request_id"] = request_id_;
  return nlohmann::ordered_json{{"error", error}}.dump(1) + "\n";
}

}  // namespace tessera::couponctl
