#include "server/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "server/config.h"

namespace tessera::server {
namespace {

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      return "off";
  }
  return "unknown";
}

// Most texts are plain ids; whatever is not is escaped, and repaired when it is not UTF-8, by the JSON
// library.
void AppendQuoted(std::string_view text, std::string* out) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
      *out += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
      return;
    }
  }
  *out += '"';
  *out += text;
  *out += '"';
}

void AppendValue(const LogField::Value& value, std::string* out) {
  struct Visitor {
    void operator()(std::string_view text) const { AppendQuoted(text, out); }
    void operator()(int64_t number) const { *out += std::to_string(number); }
    void operator()(bool flag) const { *out += flag ? "true" : "false"; }
    // JSON has no infinity and no NaN; the library writes null for them.
    void operator()(double number) const { *out += nlohmann::json(number).dump(); }
    std::string* out;
  };
  std::visit(Visitor{out}, value);
}

// RFC 3339 in UTC with microseconds.
void AppendNow(std::string* out) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  out->append(text, length);
  std::snprintf(text, sizeof(text), ".%06dZ", static_cast<int>(micros));
  *out += text;
}

const std::vector<std::pair<std::string, LogLevel>>& LevelWords() {
  static const std::vector<std::pair<std::string, LogLevel>> words = {{"debug", LogLevel::kDebug},
                                                                      {"info", LogLevel::kInfo},
                                                                      {"warning", LogLevel::kWarning},
                                                                      {"error", LogLevel::kError},
                                                                      {"off", LogLevel::kOff}};
  return words;
}

}  // namespace

void Bind(ConfigSection section, LogConfig& config) {
  section.Choice("level", &config.level, LevelWords(),
                 "The least level that is written: debug, info, warning, error, off.");
  section.Choice("access_ok_level", &config.access_ok, LevelWords(),
                 "The level at which calls that succeeded are logged; refusals are info, failures of the "
                 "service warning.");
  section.Field("access_ok_one_in", &config.access_ok_one_in, {1, 1'000'000},
                "Of the calls that succeeded one in this many is logged.");
  section.Field("refusals_per_second_max", &config.refusals_per_second_max, {0, 1'000'000},
                "Refusals beyond this many a second are counted instead of logged; 0 logs all.");
}

Log::Log(std::string service, LogLevel level)
    : Log(std::move(service), level,
          std::make_shared<spdlog::logger>("tessera", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Log::Log(std::string service, LogLevel level, std::shared_ptr<spdlog::logger> logger)
    : service_(std::move(service)), level_(level), logger_(std::move(logger)) {
  logger_->set_pattern("%v");
  logger_->set_level(spdlog::level::trace);
  logger_->flush_on(spdlog::level::trace);
}

void Log::WriteLine(LogLevel level, std::string_view message, Fields fields,
                    const TraceContext* trace) const {
  std::string line;
  line.reserve(256);
  line += R"({"time":")";
  AppendNow(&line);
  line += R"(","level":")";
  line += LevelName(level);
  line += R"(","service":)";
  AppendQuoted(service_, &line);
  line += R"(,"msg":)";
  AppendQuoted(message, &line);
  if (trace != nullptr) {
    line += R"(,"trace_id":")" + trace->TraceIdHex() + R"(","span_id":")" + trace->SpanIdHex() + '"';
  }
  for (size_t i = 0; i < fields.count; ++i) {
    line += ',';
    AppendQuoted(fields.first[i].key, &line);
    line += ':';
    AppendValue(fields.first[i].value, &line);
  }
  line += '}';
  logger_->log(spdlog::level::info, line);
}

}  // namespace tessera::server
