#include "services/program/outcome_counter.h"

#include "api/status.h"

namespace tessera::program {
namespace {

const char* OutcomeOf(core::Reason reason) {
  switch (api::StatusCodeOf(reason)) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::ABORTED:
      return "failed";
    default:
      return reason == core::Reason::kStorageFull ? "failed" : "refused";
  }
}

prometheus::Counter* Child(CounterFamily& family, prometheus::Labels labels, const char* outcome,
                           std::string reason) {
  labels["outcome"] = outcome;
  labels["reason"] = std::move(reason);
  return &family.Add(labels);
}

}  // namespace

CounterFamily& OutcomeFamily(prometheus::Registry& registry, const std::string& name,
                             const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

OutcomeCounter::OutcomeCounter(CounterFamily& family, const prometheus::Labels& labels)
    : ok_(Child(family, labels, "ok", "NONE")) {
  for (int i = 0; i < core::kReasonCount; ++i) {
    const auto reason = static_cast<core::Reason>(i);
    by_reason_[static_cast<size_t>(i)] =
        Child(family, labels, OutcomeOf(reason), std::string(core::ReasonName(reason)));
  }
}

}  // namespace tessera::program
