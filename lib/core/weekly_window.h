#pragma once

#include <cstdint>

namespace tessera::core {

// Hours of one day of the week, as the clock on the wall of the campaign's zone shows them:
// [start_minute, end_minute) of the day. Where the end is not after the start, the window runs over midnight
// and ends on the next day; 0 to 1440 is the whole day. calendar/weekly_windows.h judges instants by it.
struct WeeklyWindow {
  int32_t day = 0;           // 0 is Monday, 6 is Sunday (ISO 8601's days, less one)
  int32_t start_minute = 0;  // 0 to 1439
  int32_t end_minute = 0;    // 0 to 1440
  bool operator==(const WeeklyWindow&) const = default;
};

}  // namespace tessera::core
