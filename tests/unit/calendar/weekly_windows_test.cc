#include "calendar/weekly_windows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/instant.h"

namespace tessera::calendar {
namespace {

using core::WeeklyWindow;

core::InstantMs Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text + "Z", &time, &error)) << text << ": " << error;
  return absl::ToUnixMillis(time);
}

constexpr uint8_t kMonday = 0, kWednesday = 2, kFriday = 4, kSaturday = 5, kSunday = 6;

constexpr int16_t At(int hour, int minute = 0) { return static_cast<int16_t>(hour * 60 + minute); }

struct Row {
  std::string instant;
  std::string next;  // empty: the instant is in a window
};

void Check(const std::string& zone_name, const std::vector<WeeklyWindow>& windows,
           const std::vector<Row>& rows) {
  const Zone zone = *LoadZone(zone_name, "zone");
  for (const Row& row : rows) {
    const core::InstantMs t = Utc(row.instant);
    ASSERT_EQ(InWeeklyWindow(windows, zone, t), row.next.empty()) << zone_name << " " << row.instant;
    if (row.next.empty()) continue;
    const auto next = NextWeeklyWindow(windows, zone, t);
    ASSERT_TRUE(next) << row.instant;
    EXPECT_EQ(core::InstantText(*next), core::InstantText(Utc(row.next))) << zone_name << " " << row.instant;
  }
}

TEST(WeeklyWindowsTest, HoursOfADay) {
  // Wednesdays from 17 to 19 in Berlin; the 10th of January 2024 is one, an hour ahead of UTC.
  Check("Europe/Berlin", {{.day = kWednesday, .start_minute = At(17), .end_minute = At(19)}},
        {{"2024-01-10T15:59:59.999", "2024-01-10T16:00:00"},
         {"2024-01-10T16:00:00", ""},
         {"2024-01-10T17:59:59.999", ""},
         {"2024-01-10T18:00:00", "2024-01-17T16:00:00"},
         {"2024-01-11T16:30:00", "2024-01-17T16:00:00"},
         // Two hours ahead in summer.
         {"2024-07-10T14:59:59", "2024-07-10T15:00:00"},
         // The next one lies beyond the change of clocks.
         {"2024-03-27T18:30:00", "2024-04-03T15:00:00"}});
}

TEST(WeeklyWindowsTest, NoWindowsIsAlways) { Check("UTC", {}, {{"2024-01-10T15:59:59.999", ""}}); }

TEST(WeeklyWindowsTest, TheNearestOfSeveral) {
  Check("UTC",
        {{.day = kSunday, .start_minute = 0, .end_minute = At(24)},
         {.day = kMonday, .start_minute = At(9), .end_minute = At(12)},
         {.day = kMonday, .start_minute = At(14), .end_minute = At(18)}},
        {{"2024-01-08T08:00:00", "2024-01-08T09:00:00"},
         {"2024-01-08T12:00:00", "2024-01-08T14:00:00"},
         {"2024-01-08T18:00:00", "2024-01-14T00:00:00"},
         {"2024-01-14T23:59:59.999", ""},
         {"2024-01-15T00:00:00", "2024-01-15T09:00:00"}});
}

TEST(WeeklyWindowsTest, OverMidnight) {
  // Fridays from 22 to 2; the 12th of January 2024 is one.
  Check("UTC", {{.day = kFriday, .start_minute = At(22), .end_minute = At(2)}},
        {{"2024-01-12T01:00:00", "2024-01-12T22:00:00"},
         {"2024-01-12T22:00:00", ""},
         {"2024-01-13T00:00:00", ""},
         {"2024-01-13T01:59:59.999", ""},
         {"2024-01-13T02:00:00", "2024-01-19T22:00:00"},
         {"2024-01-13T22:30:00", "2024-01-19T22:00:00"}});
  // From the last day of the week into the first.
  Check("UTC", {{.day = kSunday, .start_minute = At(23), .end_minute = At(1)}},
        {{"2024-01-14T23:30:00", ""},
         {"2024-01-15T00:59:59", ""},
         {"2024-01-15T01:00:00", "2024-01-21T23:00:00"}});
  // A day from noon to noon.
  Check("UTC", {{.day = kFriday, .start_minute = At(12), .end_minute = At(12)}},
        {{"2024-01-12T12:00:00", ""},
         {"2024-01-13T11:59:59", ""},
         {"2024-01-13T12:00:00", "2024-01-19T12:00:00"}});
}

TEST(WeeklyWindowsTest, HoursThatTheClockSkips) {
  // In Berlin clocks jump from 2:00 to 3:00 on Sunday, the 31st of March 2024, at 1:00 UTC.
  // A window that holds the gap's end opens at the jump.
  Check("Europe/Berlin", {{.day = kSunday, .start_minute = At(2, 30), .end_minute = At(4)}},
        {{"2024-03-31T00:59:59.999", "2024-03-31T01:00:00"},
         {"2024-03-31T01:00:00", ""},
         {"2024-03-31T02:00:00", "2024-04-07T00:30:00"}});
  // One that ends in the gap ends at the jump.
  Check("Europe/Berlin", {{.day = kSunday, .start_minute = At(1, 30), .end_minute = At(2, 30)}},
        {{"2024-03-31T00:59:59.999", ""}, {"2024-03-31T01:00:00", "2024-04-06T23:30:00"}});
  // One that lies in the gap does not come that day.
  Check("Europe/Berlin", {{.day = kSunday, .start_minute = At(2, 15), .end_minute = At(2, 45)}},
        {{"2024-03-31T00:59:59.999", "2024-04-07T00:15:00"}, {"2024-03-31T01:00:00", "2024-04-07T00:15:00"}});
  // Over midnight and over the gap: Saturday 23:00 to 3:30 is three and a half hours.
  Check("Europe/Berlin", {{.day = kSaturday, .start_minute = At(23), .end_minute = At(3, 30)}},
        {{"2024-03-30T21:59:59", "2024-03-30T22:00:00"},
         {"2024-03-31T01:29:59.999", ""},
         {"2024-03-31T01:30:00", "2024-04-06T21:00:00"}});
}

TEST(WeeklyWindowsTest, HoursThatTheClockShowsTwice) {
  // In Berlin clocks go back from 3:00 to 2:00 on Sunday, the 27th of October 2024, at 1:00 UTC.
  Check("Europe/Berlin", {{.day = kSunday, .start_minute = At(2), .end_minute = At(2, 30)}},
        {{"2024-10-26T23:59:59.999", "2024-10-27T00:00:00"},
         {"2024-10-27T00:29:59.999", ""},
         {"2024-10-27T00:30:00", "2024-10-27T01:00:00"},
         {"2024-10-27T01:00:00", ""},
         {"2024-10-27T01:29:59.999", ""},
         {"2024-10-27T01:30:00", "2024-11-03T01:00:00"}});
  // The clock goes back into the middle of a window that had ended.
  Check("Europe/Berlin", {{.day = kSunday, .start_minute = At(1), .end_minute = At(2, 30)}},
        {{"2024-10-26T23:00:00", ""},
         {"2024-10-27T00:30:00", "2024-10-27T01:00:00"},
         {"2024-10-27T01:15:00", ""},
         {"2024-10-27T01:30:00", "2024-11-03T00:00:00"}});
  // Half past two comes twice; from the first one's end the second one's start is next.
  Check("Europe/Berlin", {{.day = kSunday, .start_minute = At(2, 30), .end_minute = At(2, 45)}},
        {{"2024-10-27T00:30:00", ""},
         {"2024-10-27T00:45:00", "2024-10-27T01:30:00"},
         {"2024-10-27T01:44:59", ""},
         {"2024-10-27T01:45:00", "2024-11-03T01:30:00"}});
  // 0:01 goes back to 23:01 of the Saturday before, in St. John's: a Saturday window opens again.
  Check("America/St_Johns", {{.day = kSaturday, .start_minute = At(23, 30), .end_minute = At(24)}},
        {{"2010-11-07T02:00:00", ""},
         {"2010-11-07T02:30:00", "2010-11-07T03:00:00"},
         {"2010-11-07T03:00:00", ""},
         {"2010-11-07T03:30:00", "2010-11-14T03:00:00"}});
}

TEST(WeeklyWindowsTest, ADayThatNeverWas) {
  // Samoa had no Friday, the 30th of December 2011: 10:00 UTC on that day is Saturday's midnight.
  Check("Pacific/Apia", {{.day = kFriday, .start_minute = At(10), .end_minute = At(11)}},
        {{"2011-12-30T09:00:00", "2012-01-05T20:00:00"}});
}

// Minute by minute over the changes of clocks: `next` is the first minute that is in a window.
TEST(WeeklyWindowsTest, NextIsTheFirstMinuteInside) {
  const std::vector<std::vector<WeeklyWindow>> all = {
      {{.day = kSunday, .start_minute = At(2, 10), .end_minute = At(2, 50)}},
      {{.day = kSaturday, .start_minute = At(22), .end_minute = At(1, 30)},
       {.day = kMonday, .start_minute = At(8), .end_minute = At(9)}},
      {{.day = kSunday, .start_minute = At(1, 30), .end_minute = At(2, 20)}}};
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"}) {
    const Zone zone = *LoadZone(name, "zone");
    for (const auto& windows : all) {
      for (const char* start : {"2024-03-08T00:00:00", "2024-03-29T00:00:00", "2024-04-05T00:00:00",
                                "2024-10-04T00:00:00", "2024-10-25T00:00:00", "2024-11-01T00:00:00"}) {
        constexpr core::InstantMs kMinute = 60'000;
        core::InstantMs inside = Utc(start) + 4 * 24 * 60 * kMinute;
        while (!InWeeklyWindow(windows, zone, inside)) inside += kMinute;
        for (core::InstantMs t = inside; t >= Utc(start); t -= kMinute) {
          if (InWeeklyWindow(windows, zone, t)) {
            inside = t;
          } else if (t % (97 * kMinute) == 0 || inside == t + kMinute) {
            ASSERT_EQ(NextWeeklyWindow(windows, zone, t), inside) << name << " " << core::InstantText(t);
          }
        }
      }
    }
  }
}

// The same, of the span in which the answer stays what it is.
TEST(WeeklyWindowsTest, TheSameAnswerHoldsUntilItChanges) {
  constexpr core::InstantMs kMinute = 60'000, kEightDays = 8 * 24 * 60 * kMinute;
  const std::vector<std::vector<WeeklyWindow>> all = {
      {{.day = kSunday, .start_minute = At(2, 10), .end_minute = At(2, 50)}},
      {{.day = kSaturday, .start_minute = At(22), .end_minute = At(1, 30)},
       {.day = kSunday, .start_minute = At(1), .end_minute = At(4)}},
      {{.day = kSunday, .start_minute = 0, .end_minute = At(24)}}};
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"}) {
    const Zone zone = *LoadZone(name, "zone");
    for (const auto& windows : all) {
      for (const char* start : {"2024-03-08T00:00:00", "2024-03-29T00:00:00", "2024-10-25T00:00:00"}) {
        core::Window same{.start_ms = 0, .end_ms = 0};
        for (core::InstantMs t = Utc(start); t < Utc(start) + 4 * 24 * 60 * kMinute; t += kMinute) {
          const bool inside = InWeeklyWindow(windows, zone, t);
          if (!same.Contains(t)) {
            same = SameWeeklyAnswer(windows, zone, t);
            ASSERT_TRUE(same.Contains(t)) << name << " " << core::InstantText(t);
            // Where the clock skips a window, nothing changes for two weeks, and eight days are told.
            const bool whole = same.end_ms < t + kEightDays && same.start_ms > t - kEightDays;
            if (whole) {
              ASSERT_NE(InWeeklyWindow(windows, zone, same.end_ms), inside) << core::InstantText(same.end_ms);
              ASSERT_NE(InWeeklyWindow(windows, zone, same.start_ms - 1), inside);
              ASSERT_EQ(SameWeeklyAnswer(windows, zone, same.end_ms - 1), same);
            }
          }
          ASSERT_EQ(InWeeklyWindow(windows, zone, same.start_ms), inside) << core::InstantText(t);
        }
      }
    }
  }
}

TEST(WeeklyWindowsTest, WhatNeverChangesHoldsForDays) {
  const core::InstantMs t = Utc("2024-01-10T12:00:00");
  constexpr core::InstantMs kWeek = int64_t{7} * 24 * 3600 * 1000;
  EXPECT_GT(SameWeeklyAnswer({}, *LoadZone("UTC", "zone"), t).end_ms, t + kWeek);
  std::vector<WeeklyWindow> always;
  for (uint8_t day = 0; day < 7; ++day) always.push_back({.day = day, .start_minute = 0, .end_minute = 1440});
  const core::Window same = SameWeeklyAnswer(always, *LoadZone("UTC", "zone"), t);
  EXPECT_GT(same.end_ms, t + kWeek);
  EXPECT_LT(same.start_ms, t - kWeek);
}

}  // namespace
}  // namespace tessera::calendar
