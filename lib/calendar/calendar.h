#pragma once

#include <absl/time/time.h>

#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"

// Calendar days of IANA time zones, as instants. The zones come from the system's tzdata; Abseil keeps each
// one that was loaded for the life of the process. Pure, any thread.
namespace tessera::calendar {

// A time zone: a cheap value.
using Zone = absl::TimeZone;

// INVALID_FIELD at `path` unless `name` is an IANA zone that this system knows, such as "Europe/Berlin" or
// "UTC".
core::Result<Zone> LoadZone(std::string_view name, const std::string& path);

// The calendar day that holds `t`: [its first instant, the next day's first instant), 23 to 25 hours as a
// rule. Where clocks jump over midnight the day starts at the jump; where midnight comes twice, at the first
// one. The days of a zone follow each other without gap or overlap, also where clocks go back over midnight:
// the repeated minutes then belong to the day that had begun. REQUIRES: t within the years 1 to 9998.
core::Window DayWindow(const Zone& zone, core::InstantMs t);

// The week of such days that holds `t`, from Monday on (ISO 8601), and the calendar month.
core::Window WeekWindow(const Zone& zone, core::InstantMs t);
core::Window MonthWindow(const Zone& zone, core::InstantMs t);

}  // namespace tessera::calendar
