#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/trace_context.h"

namespace spdlog {
class logger;
}

namespace tessera::server {

class ConfigSection;

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  // The level of access log lines for calls that succeeded; refusals are kInfo and failures of the service
  // kWarning.
  LogLevel access_ok = LogLevel::kDebug;
  // Of the calls that succeeded one in this many is logged. 1 logs all.
  int access_ok_one_in = 1;
  // Refusals beyond this many a second are counted, not logged: an attack must not fill the disk. 0 for no
  // bound.
  int refusals_per_second_max = 200;
};
void Bind(ConfigSection section, LogConfig& config);

// A named value of a log line: an id, a number, a word of a closed set. Never a user id, a code or a text a
// caller chose freely.
struct LogField {
  using Value = std::variant<std::string_view, int64_t, double, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, bool flag) : key(name), value(flag) {}
  LogField(std::string_view name, double number) : key(name), value(number) {}
  LogField(std::string_view name, int64_t number) : key(name), value(number) {}
  LogField(std::string_view name, int number) : key(name), value(static_cast<int64_t>(number)) {}
  LogField(std::string_view name, uint64_t number) : key(name), value(static_cast<int64_t>(number)) {}

  std::string_view key;
  Value value;
};

// Writes one JSON object per line:
//   {"time":"2026-11-21T20:14:30.123456Z","level":"info","service":"issuer","msg":"...","trace_id":"..","span_id":"..",...}
// to stderr, or to the sink it was given. Any thread; a line is written whole. Texts that are not UTF-8 are
// repaired with U+FFFD, so a line always parses.
class Log {
 public:
  Log(std::string service, LogLevel level);
  // For tests: writes through `logger` with the pattern set to the bare line.
  Log(std::string service, LogLevel level, std::shared_ptr<spdlog::logger> logger);

  void SetLevel(LogLevel level) { level_ = level; }
  bool Enabled(LogLevel level) const { return level >= level_ && level != LogLevel::kOff; }

  void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {},
             const TraceContext* trace = nullptr) const {
    if (Enabled(level)) WriteLine(level, message, {fields.begin(), fields.size()}, trace);
  }
  void Write(LogLevel level, std::string_view message, const std::vector<LogField>& fields,
             const TraceContext* trace = nullptr) const {
    if (Enabled(level)) WriteLine(level, message, {fields.data(), fields.size()}, trace);
  }

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kInfo, message, fields);
  }
  void Warning(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kWarning, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    Write(LogLevel::kError, message, fields);
  }

 private:
  struct Fields {
    const LogField* first;
    size_t count;
  };
  void WriteLine(LogLevel level, std::string_view message, Fields fields, const TraceContext* trace) const;

  std::string service_;
  LogLevel level_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace tessera::server
