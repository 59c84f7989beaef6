#include "server/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <atomic>

namespace tessera::server {
namespace {

std::atomic<const Log*> target{nullptr};

void FromGrpc(gpr_log_func_args* line) {
  const Log* log = target.load(std::memory_order_acquire);
  if (log == nullptr) return;
  const LogLevel level = line->severity == GPR_LOG_SEVERITY_ERROR  ? LogLevel::kWarning
                         : line->severity == GPR_LOG_SEVERITY_INFO ? LogLevel::kInfo
                                                                   : LogLevel::kDebug;
  log->Write(level, line->message, {{"library", "grpc"}});
}

void FromProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  if (const Log* log = target.load(std::memory_order_acquire)) log->Debug(message, {{"library", "protobuf"}});
}

}  // namespace

LibraryLogs::LibraryLogs(const Log& log) {
  target.store(&log, std::memory_order_release);
  gpr_set_log_function(&FromGrpc);
  google::protobuf::SetLogHandler(&FromProtobuf);
}

LibraryLogs::~LibraryLogs() { target.store(nullptr, std::memory_order_release); }

}  // namespace tessera::server
