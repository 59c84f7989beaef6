#include "server/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace tessera::server {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Family(const char* name, const char* help, MetricType type) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

MetricFamily Gauge(const char* name, const char* help, double value) {
  MetricFamily family = Family(name, help, MetricType::Gauge);
  family.metric.resize(1);
  family.metric.back().gauge.value = value;
  return family;
}

// The fields of /proc/self/stat that are shown, in the kernel's units (proc(5)).
struct Stat {
  double cpu_ticks = 0;
  double threads = 0;
  double start_ticks = 0;
  double virtual_bytes = 0;
  double resident_pages = 0;
};

Stat ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // The second field is the program's name in parentheses and may hold blanks; the third begins after the
  // last ')'.
  std::istringstream rest(text.substr(text.rfind(')') + 1));
  Stat stat;
  std::string word;
  for (int field = 3; field <= 24 && rest >> word; ++field) {
    if (field == 14 || field == 15) stat.cpu_ticks += std::stod(word);
    if (field == 20) stat.threads = std::stod(word);
    if (field == 22) stat.start_ticks = std::stod(word);
    if (field == 23) stat.virtual_bytes = std::stod(word);
    if (field == 24) stat.resident_pages = std::stod(word);
  }
  return stat;
}

double BootTimeSeconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

double OpenDescriptors() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  int entries = 0;
  while (readdir(folder) != nullptr) ++entries;
  closedir(folder);
  return entries - 3;  // without ".", ".." and the folder itself
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics::Collect() const {
  const Stat stat = ReadStat();
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const double boot_time = BootTimeSeconds();
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);

  MetricFamily cpu =
      Family("process_cpu_seconds_total", "User and system CPU time spent, in seconds.", MetricType::Counter);
  cpu.metric.resize(1);
  cpu.metric.back().counter.value = stat.cpu_ticks / ticks;
  std::vector<MetricFamily> families;
  families.push_back(std::move(cpu));
  families.push_back(Gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
                           stat.resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE))));
  families.push_back(
      Gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", stat.virtual_bytes));
  families.push_back(Gauge("process_open_fds", "Number of open file descriptors.", OpenDescriptors()));
  families.push_back(Gauge("process_max_fds", "Maximum number of open file descriptors.",
                           static_cast<double>(descriptors.rlim_cur)));
  families.push_back(Gauge("process_threads", "Number of threads.", stat.threads));
  families.push_back(Gauge("process_start_time_seconds", "Start time since the Unix epoch in seconds.",
                           boot_time + stat.start_ticks / ticks));
  return families;
}

std::vector<MetricFamily> HealthMetrics::Collect() const {
  std::vector<MetricFamily> families;
  families.push_back(Gauge("tessera_serving",
                           "1 while every component is healthy and the process is not draining.",
                           board_.serving() ? 1 : 0));
  MetricFamily healthy =
      Family("tessera_component_healthy", "1 while the component is healthy.", MetricType::Gauge);
  for (const HealthBoard::ComponentState& state : board_.components()) {
    healthy.metric.emplace_back();
    healthy.metric.back().label.push_back({"component", state.name});
    healthy.metric.back().gauge.value = state.healthy ? 1 : 0;
  }
  families.push_back(std::move(healthy));
  return families;
}

}  // namespace tessera::server
