#pragma once

#include <optional>
#include <span>

#include "calendar/calendar.h"
#include "core/weekly_window.h"

// Whether a coupon that holds for some hours of the week holds now. Pure, any thread.
namespace tessera::calendar {

// Whether the clock on the wall of `zone` shows, at `t`, a time that one of `windows` holds; with no windows
// it always does. What counts is the clock: where it jumps over hours, those hours of a window do not come
// that day, and where it shows hours twice, both count.
bool InWeeklyWindow(std::span<const core::WeeklyWindow> windows, const Zone& zone, core::InstantMs t);

// The first instant after `t` that is in a window, when `t` is in none: a window's start, or the instant at
// which the clock jumps into one. Absent when no window comes within five weeks, as for hours that the clock
// skips every time. REQUIRES: !InWeeklyWindow(windows, zone, t); t within the years 1 to 9998.
std::optional<core::InstantMs> NextWeeklyWindow(std::span<const core::WeeklyWindow> windows, const Zone& zone,
                                                core::InstantMs t);

// A span around `t` throughout which InWeeklyWindow says what it says of `t`: inside a window until its end,
// or until a later one that it runs into; outside until the next one begins; at most some eight days each
// way. REQUIRES: t within the years 1 to 9998.
core::Window SameWeeklyAnswer(std::span<const core::WeeklyWindow> windows, const Zone& zone,
                              core::InstantMs t);

}  // namespace tessera::calendar
