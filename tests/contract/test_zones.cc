#include "test_zones.h"

#include <cassert>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "calendar/calendar.h"

namespace tessera::contract {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kDaySeconds = 86'400;

// A folder that shows the system's zones and has room for ours; gone with the process.
class ZoneFolder {
 public:
  ZoneFolder() : path_(fs::temp_directory_path() / "tessera-zones-XXXXXX") {
    std::string name = path_.string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
    const char* before = std::getenv("TZDIR");
    for (const auto& entry : fs::directory_iterator(before != nullptr ? before : "/usr/share/zoneinfo")) {
      fs::create_symlink(entry.path(), path_ / entry.path().filename());
    }
    fs::create_directory(path_ / "Test");
    setenv("TZDIR", path_.c_str(), 1);
  }
  ~ZoneFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void PutBigEndian(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

// RFC 8536, version 1: no transitions, one local time type.
std::string FixedZone(int32_t offset_seconds) {
  const std::string abbreviation("TST\0", 4);
  std::string file = "TZif" + std::string(16, '\0');
  for (const uint32_t count : {0u, 0u, 0u, 0u, 1u, 4u}) PutBigEndian(file, count);
  PutBigEndian(file, static_cast<uint32_t>(offset_seconds));
  file += std::string(2, '\0');  // no daylight saving; the abbreviation begins at 0
  return file + abbreviation;
}

calendar::Zone Loaded(const std::string& time_zone) {
  const core::Result<calendar::Zone> zone = calendar::LoadZone(time_zone, "time_zone");
  assert(zone.ok());
  return *zone;
}

}  // namespace

std::string ZoneWithMidnightAt(core::InstantMs midnight) {
  assert(midnight % 1000 == 0);
  static const ZoneFolder folder;
  // Local time is 00:00 at `midnight`: the offset undoes its seconds of the day, and stays within half a day.
  int64_t offset = -(midnight / 1000 % kDaySeconds);
  if (offset <= -kDaySeconds / 2) offset += kDaySeconds;
  const std::string name = "Test/" + std::string(offset < 0 ? "M" : "P") + std::to_string(std::abs(offset));
  if (!fs::exists(folder.path() / name)) {
    std::ofstream(folder.path() / name, std::ios::binary) << FixedZone(static_cast<int32_t>(offset));
  }
  return name;
}

core::Window DayWindowFor(const std::string& time_zone, core::InstantMs t) {
  return calendar::DayWindow(Loaded(time_zone), t);
}
core::Window WeekWindowFor(const std::string& time_zone, core::InstantMs t) {
  return calendar::WeekWindow(Loaded(time_zone), t);
}
core::Window MonthWindowFor(const std::string& time_zone, core::InstantMs t) {
  return calendar::MonthWindow(Loaded(time_zone), t);
}

}  // namespace tessera::contract
