// Time zones for tests that must see a day end: zones whose midnight comes when the test wants it.
#pragma once

#include <string>

#include "core/ids.h"

namespace tessera::contract {

// A zone of a fixed offset in which a day begins at `midnight`, a whole second. The zone is written as a file
// of its own beside the system's zones and found through TZDIR, so it is loaded like any other. REQUIRES: no
// other thread runs yet, or none reads the environment.
std::string ZoneWithMidnightAt(core::InstantMs midnight);

// The calendar day, week or month of `time_zone` that holds `t`.
core::Window DayWindowFor(const std::string& time_zone, core::InstantMs t);
core::Window WeekWindowFor(const std::string& time_zone, core::InstantMs t);
core::Window MonthWindowFor(const std::string& time_zone, core::InstantMs t);

}  // namespace tessera::contract
