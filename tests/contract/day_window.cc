#include <cassert>
#include <charconv>
#include <string_view>

#include "calendar/calendar.h"
#include "store_under_test.h"

namespace tessera::contract {

core::Window DayWindowFor(const std::string& time_zone, core::InstantMs t) {
  constexpr std::string_view kTest = "Test/";
  if (time_zone.starts_with(kTest)) {
    int64_t length_ms = 0;
    std::from_chars(time_zone.data() + kTest.size(), time_zone.data() + time_zone.size(), length_ms);
    assert(length_ms > 0);
    const core::InstantMs start = t / length_ms * length_ms;
    return {start, start + length_ms};
  }
  const core::Result<calendar::Zone> zone = calendar::LoadZone(time_zone, "time_zone");
  assert(zone.ok());
  return calendar::DayWindow(*zone, t);
}

}  // namespace tessera::contract
