#include "tools/load/report.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

namespace tessera::load {
namespace {

constexpr std::array<std::pair<const char*, double>, 4> kQuantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}}};

double Micros(int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; }

}  // namespace

std::string MachineLine() {
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("model name")) continue;
    processor = line.substr(line.find(':') + 2);
    break;
  }
  struct sysinfo memory{};
  sysinfo(&memory);
  utsname kernel{};
  uname(&kernel);
  return fmt::format("{}, {} cores, {:.0f} GiB, Linux {}", processor, std::thread::hardware_concurrency(),
                     static_cast<double>(memory.totalram) * memory.mem_unit / (1024.0 * 1024 * 1024),
                     kernel.release);
}

std::string LoadTable(const std::string& name, const LoadPlan& plan, const LoadResult& result) {
  std::string text = fmt::format("{}, {}, {:.1f} s\n", name,
                                 plan.rate > 0 ? fmt::format("open loop, {:.0f} calls/s", plan.rate)
                                               : fmt::format("closed loop, {} in flight", plan.in_flight),
                                 result.seconds);
  text += fmt::format("  {:<22}{:>12}\n  {:<22}{:>12}\n", "succeeded", result.succeeded, "refused or failed",
                      result.refused);
  for (const auto& [label, count] : result.refusals) text += fmt::format("    {:<32}{:>12}\n", label, count);
  text += fmt::format("  {:<22}{:>12.0f}\n", "calls/s", result.calls_per_second());
  for (const auto& [label, quantile] : kQuantiles) {
    text += fmt::format("  {:<22}{:>12.1f}\n", fmt::format("latency {} us", label),
                        Micros(result.latency.Quantile(quantile)));
  }
  text += fmt::format("  {:<22}{:>12.1f}\n", "latency max us", Micros(result.latency.max_ns()));
  if (plan.rate > 0) text += fmt::format("  {:<22}{:>12}\n", "sent > 1 ms late", result.sent_late);
  text +=
      fmt::format("  {:<22}{:>12.1f}\n  {}\n", "own CPU us/call", result.own_cpu_us_per_call, MachineLine());
  return text;
}

std::string LoadJson(const std::string& name, const LoadPlan& plan, const LoadResult& result) {
  nlohmann::ordered_json latency;
  for (const auto& [label, quantile] : kQuantiles) latency[label] = Micros(result.latency.Quantile(quantile));
  latency["max"] = Micros(result.latency.max_ns());
  nlohmann::ordered_json json = {{"method", name},
                                 {"loop", plan.rate > 0 ? "open" : "closed"},
                                 {"rate", plan.rate},
                                 {"in_flight", plan.in_flight},
                                 {"seconds", result.seconds},
                                 {"succeeded", result.succeeded},
                                 {"refused", result.refused},
                                 {"refusals", result.refusals},
                                 {"calls_per_second", result.calls_per_second()},
                                 {"latency_us", latency},
                                 {"sent_late", result.sent_late},
                                 {"own_cpu_us_per_call", result.own_cpu_us_per_call},
                                 {"machine", MachineLine()}};
  return json.dump();
}

}  // namespace tessera::load
