#include "calendar/calendar.h"

#include <absl/time/civil_time.h>

namespace tessera::calendar {
namespace {

constexpr size_t kZoneNameLengthMax = 64;

bool IsZoneCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '+' || c == '/';
}

// Abseil opens whatever file a name leads to, reads this machine's zone for "localtime", and makes offsets of
// "Fixed/...". Only names that IANA could give are let through to it: "right/" counts leap seconds, and
// "posix/" names every zone twice.
bool CouldBeIana(std::string_view name) {
  if (name.empty() || name.size() > kZoneNameLengthMax) return false;
  for (const char c : name) {
    if (!IsZoneCharacter(c)) return false;
  }
  if (name.front() == '/' || name.back() == '/' || name.find("//") != std::string_view::npos) return false;
  for (const std::string_view prefix : {"Fixed/", "right/", "posix/"}) {
    if (name.starts_with(prefix)) return false;
  }
  return name != "localtime" && name != "posixrules" && name != "Factory";
}

core::InstantMs DayStart(const Zone& zone, absl::CivilDay day) {
  const Zone::TimeInfo midnight = zone.At(absl::CivilSecond(day));
  const bool skipped = midnight.kind == Zone::TimeInfo::SKIPPED;
  return absl::ToUnixMillis(skipped ? midnight.trans : midnight.pre);
}

// The day whose window holds `t`. It differs from the clock's date only where clocks went back over midnight:
// by one day.
absl::CivilDay DayOf(const Zone& zone, core::InstantMs t) {
  absl::CivilDay day = absl::ToCivilDay(absl::FromUnixMillis(t), zone);
  while (t < DayStart(zone, day)) --day;
  while (t >= DayStart(zone, day + 1)) ++day;
  return day;
}

}  // namespace

core::Result<Zone> LoadZone(std::string_view name, const std::string& path) {
  Zone zone;
  if (!CouldBeIana(name) || !absl::LoadTimeZone(std::string(name), &zone)) {
    return core::InvalidField(path, "must be an IANA time zone, such as Europe/Berlin");
  }
  return zone;
}

core::Window DayWindow(const Zone& zone, core::InstantMs t) {
  const absl::CivilDay day = DayOf(zone, t);
  return {.start_ms = DayStart(zone, day), .end_ms = DayStart(zone, day + 1)};
}

core::Window WeekWindow(const Zone& zone, core::InstantMs t) {
  const absl::CivilDay monday = absl::PrevWeekday(DayOf(zone, t) + 1, absl::Weekday::monday);
  return {.start_ms = DayStart(zone, monday), .end_ms = DayStart(zone, monday + 7)};
}

core::Window MonthWindow(const Zone& zone, core::InstantMs t) {
  const absl::CivilMonth month(DayOf(zone, t));
  return {.start_ms = DayStart(zone, absl::CivilDay(month)),
          .end_ms = DayStart(zone, absl::CivilDay(month + 1))};
}

}  // namespace tessera::calendar
