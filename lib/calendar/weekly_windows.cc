#include "calendar/weekly_windows.h"

#include <absl/time/civil_time.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace tessera::calendar {
namespace {

constexpr int kMinutesPerDay = 24 * 60;
// A clock skips the same hours of a week for at most some weeks in a row.
constexpr int kDaysAhead = 35;
// Within a week every window begins and ends; a day more, for clocks that jump.
constexpr int kDaysAround = 8;

int DayOfWeek(absl::CivilDay day) {
  return static_cast<int>(absl::GetWeekday(day)) - static_cast<int>(absl::Weekday::monday);
}

// Whether a clock that shows `minute` of day `day` of the week is in the window, on its own day or, past
// midnight, on the next.
bool Shows(const core::WeeklyWindow& window, int day, int minute) {
  const bool over_midnight = window.end_minute <= window.start_minute;
  if (day == window.day)
    return minute >= window.start_minute && (over_midnight || minute < window.end_minute);
  return over_midnight && day == (window.day + 1) % 7 && minute < window.end_minute;
}

// Every instant within kDaysAround days of `t` at which InWeeklyWindow may change its answer, ascending.
std::vector<core::InstantMs> Bounds(std::span<const core::WeeklyWindow> windows, const Zone& zone,
                                    absl::Time t) {
  std::vector<core::InstantMs> bounds;
  const auto add = [&](absl::Time time) { bounds.push_back(absl::ToUnixMillis(time)); };
  const auto add_shown = [&](absl::CivilDay day, int minute) {
    // A time that is skipped begins or ends where the clock jumps; one that comes twice may at either.
    const Zone::TimeInfo shown = zone.At(absl::CivilSecond(day) + int64_t{60} * minute);
    add(shown.kind == Zone::TimeInfo::SKIPPED ? shown.trans : shown.pre);
    add(shown.post);
  };
  const absl::CivilDay today = absl::ToCivilDay(t, zone);
  for (absl::CivilDay day = today - kDaysAround; day <= today + kDaysAround; ++day) {
    for (const core::WeeklyWindow& window : windows) {
      if (DayOfWeek(day) != window.day) continue;
      const bool over_midnight = window.end_minute <= window.start_minute;
      add_shown(day, window.start_minute);
      add_shown(day, window.end_minute + (over_midnight ? kMinutesPerDay : 0));
    }
  }
  const absl::Time last = t + absl::Hours(24 * kDaysAround);
  Zone::CivilTransition jump;
  absl::Time after = t - absl::Hours(24 * kDaysAround);
  while (zone.NextTransition(after, &jump)) {
    const Zone::TimeInfo left = zone.At(jump.from);
    after = left.kind == Zone::TimeInfo::SKIPPED ? left.trans : zone.At(jump.to).trans;
    if (after > last) break;
    add(after);
  }
  std::sort(bounds.begin(), bounds.end());
  return bounds;
}

}  // namespace

bool InWeeklyWindow(std::span<const core::WeeklyWindow> windows, const Zone& zone, core::InstantMs t) {
  if (windows.empty()) return true;
  const absl::CivilMinute shown(zone.At(absl::FromUnixMillis(t)).cs);
  const int day = DayOfWeek(absl::CivilDay(shown));
  const int minute = shown.hour() * 60 + shown.minute();
  return std::any_of(windows.begin(), windows.end(),
                     [&](const core::WeeklyWindow& window) { return Shows(window, day, minute); });
}

std::optional<core::InstantMs> NextWeeklyWindow(std::span<const core::WeeklyWindow> windows, const Zone& zone,
                                                core::InstantMs t) {
  std::optional<core::InstantMs> next;
  const auto consider = [&](absl::Time time) {
    const core::InstantMs instant = absl::ToUnixMillis(time);
    if (instant <= t || (next && *next <= instant)) return;
    if (InWeeklyWindow(windows, zone, instant)) next = instant;
  };
  const absl::Time from = absl::FromUnixMillis(t);
  const absl::CivilDay today = absl::ToCivilDay(from, zone);
  // One day back as well, since a clock may go back over midnight.
  for (absl::CivilDay day = today - 1; day <= today + kDaysAhead; ++day) {
    for (const core::WeeklyWindow& window : windows) {
      if (DayOfWeek(day) != window.day) continue;
      const Zone::TimeInfo start =
          zone.At(absl::CivilSecond(day) + int64_t{60} * (window.start_minute % kMinutesPerDay));
      // A start that is skipped is no start; one that comes twice may be met at either.
      if (start.kind == Zone::TimeInfo::SKIPPED) continue;
      consider(start.pre);
      consider(start.post);
    }
  }
  Zone::CivilTransition jump;
  absl::Time after = from;
  while (zone.NextTransition(after, &jump)) {
    // Where the clock jumps ahead, the time it leaves is skipped; where it goes back, the one it comes to is
    // there twice.
    const Zone::TimeInfo left = zone.At(jump.from);
    after = left.kind == Zone::TimeInfo::SKIPPED ? left.trans : zone.At(jump.to).trans;
    if (after > from + absl::Hours(24 * kDaysAhead)) break;
    consider(after);
  }
  return next;
}

core::Window SameWeeklyAnswer(std::span<const core::WeeklyWindow> windows, const Zone& zone,
                              core::InstantMs t) {
  constexpr core::InstantMs kAround = int64_t{kDaysAround} * 24 * 3600 * 1000;
  core::Window same{.start_ms = t - kAround, .end_ms = t + kAround};
  if (windows.empty()) return same;
  const bool answer = InWeeklyWindow(windows, zone, t);
  const std::vector<core::InstantMs> bounds = Bounds(windows, zone, absl::FromUnixMillis(t));
  const auto next = std::upper_bound(bounds.begin(), bounds.end(), t);
  const auto changed = std::find_if(next, bounds.end(), [&](core::InstantMs bound) {
    return InWeeklyWindow(windows, zone, bound) != answer;
  });
  if (changed != bounds.end()) same.end_ms = std::min(same.end_ms, *changed);
  // What holds just before a bound has held since the bound before it.
  const auto began = std::find_if(std::reverse_iterator(next), bounds.rend(), [&](core::InstantMs bound) {
    return InWeeklyWindow(windows, zone, bound - 1) != answer;
  });
  if (began != bounds.rend()) same.start_ms = std::max(same.start_ms, *began);
  return same;
}

}  // namespace tessera::calendar
