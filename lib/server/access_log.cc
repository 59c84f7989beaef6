#include "server/access_log.h"

#include <vector>

namespace tessera::server {
namespace {

// Request ids are the caller's text: more than a UUID's length of it says nothing.
constexpr size_t kRequestIdShown = 64;

int64_t CurrentSecond() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

bool AccessLog::Wants(bool ok, bool failure) {
  if (ok) {
    if (!log_.Enabled(config_.access_ok)) return false;
    return config_.access_ok_one_in <= 1 || successes_.fetch_add(1, std::memory_order_relaxed) %
                                                    static_cast<uint64_t>(config_.access_ok_one_in) ==
                                                0;
  }
  if (!log_.Enabled(failure ? LogLevel::kWarning : LogLevel::kInfo)) return false;
  if (config_.refusals_per_second_max == 0) return true;
  const int64_t now = CurrentSecond();
  if (second_.exchange(now, std::memory_order_relaxed) != now) {
    refusals_in_second_.store(0, std::memory_order_relaxed);
    if (const uint64_t missed = TakeSuppressed(); missed > 0) {
      log_.Info("refusals were not written one by one", {{"count", missed}});
    }
  }
  if (refusals_in_second_.fetch_add(1, std::memory_order_relaxed) < config_.refusals_per_second_max)
    return true;
  suppressed_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void AccessLog::Write(const AccessEntry& entry) const {
  std::vector<LogField> fields;
  fields.reserve(8 + (entry.notes == nullptr ? 0 : entry.notes->size()));
  fields.emplace_back("method", entry.method);
  fields.emplace_back("code", entry.code);
  fields.emplace_back("duration_ms", std::chrono::duration<double, std::milli>(entry.took).count());
  if (!entry.caller.empty()) fields.emplace_back("caller", entry.caller);
  if (!entry.reason.empty()) fields.emplace_back("reason", entry.reason);
  if (!entry.cause.empty()) fields.emplace_back("cause", entry.cause);
  if (!entry.request_id.empty())
    fields.emplace_back("request_id", entry.request_id.substr(0, kRequestIdShown));
  if (entry.notes != nullptr) {
    for (const auto& [key, value] : *entry.notes) fields.emplace_back(key, value);
  }
  const LogLevel level = entry.reason.empty() ? config_.access_ok
                         : entry.failure      ? LogLevel::kWarning
                                              : LogLevel::kInfo;
  log_.Write(level, "rpc", fields, entry.trace);
}

}  // namespace tessera::server
