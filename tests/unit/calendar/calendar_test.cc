#include "calendar/calendar.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace tessera::calendar {
namespace {

constexpr int64_t kHourMs = 3'600'000;

core::InstantMs Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text + "Z", &time, &error)) << text << ": " << error;
  return absl::ToUnixMillis(time);
}

Zone ZoneOf(const std::string& name) {
  const auto zone = LoadZone(name, "zone");
  EXPECT_TRUE(zone.ok()) << name;
  return *zone;
}

struct Row {
  std::string zone, instant, start, end;
};

void Check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const core::Window day = DayWindow(ZoneOf(row.zone), Utc(row.instant));
    EXPECT_EQ(day.start_ms, Utc(row.start)) << row.zone << " " << row.instant;
    EXPECT_EQ(day.end_ms, Utc(row.end)) << row.zone << " " << row.instant;
  }
}

TEST(CalendarTest, OrdinaryDays) {
  Check({
      {"UTC", "2024-02-29T00:00:00", "2024-02-29T00:00:00", "2024-03-01T00:00:00"},
      {"UTC", "2024-02-29T23:59:59.999", "2024-02-29T00:00:00", "2024-03-01T00:00:00"},
      {"UTC", "1969-12-31T23:59:59.999", "1969-12-31T00:00:00", "1970-01-01T00:00:00"},
      {"Europe/Berlin", "2024-01-10T22:59:59.999", "2024-01-09T23:00:00", "2024-01-10T23:00:00"},
      {"Europe/Berlin", "2024-01-10T23:00:00", "2024-01-10T23:00:00", "2024-01-11T23:00:00"},
      {"America/Los_Angeles", "2024-01-10T07:59:59.999", "2024-01-09T08:00:00", "2024-01-10T08:00:00"},
      {"Asia/Kathmandu", "2024-05-01T12:00:00", "2024-04-30T18:15:00", "2024-05-01T18:15:00"},
      {"Pacific/Kiritimati", "2024-05-01T12:00:00", "2024-05-01T10:00:00", "2024-05-02T10:00:00"},
      {"Pacific/Pago_Pago", "2024-05-01T10:59:59", "2024-04-30T11:00:00", "2024-05-01T11:00:00"},
      {"America/St_Johns", "2024-01-10T12:00:00", "2024-01-10T03:30:00", "2024-01-11T03:30:00"},
  });
}

TEST(CalendarTest, DaysOf23And25Hours) {
  Check({
      {"Europe/Berlin", "2024-03-31T12:00:00", "2024-03-30T23:00:00", "2024-03-31T22:00:00"},
      {"Europe/Berlin", "2024-10-27T00:30:00", "2024-10-26T22:00:00", "2024-10-27T23:00:00"},
      {"Europe/Berlin", "2024-10-27T01:30:00", "2024-10-26T22:00:00", "2024-10-27T23:00:00"},
      {"America/New_York", "2024-03-10T12:00:00", "2024-03-10T05:00:00", "2024-03-11T04:00:00"},
      {"America/New_York", "2024-11-03T12:00:00", "2024-11-03T04:00:00", "2024-11-04T05:00:00"},
      {"Australia/Lord_Howe", "2024-10-05T16:00:00", "2024-10-05T13:30:00",
       "2024-10-06T13:00:00"},  // 23.5 hours
  });
}

TEST(CalendarTest, DaysWithoutMidnightBeginAtTheJump) {
  Check({
      {"America/Sao_Paulo", "2018-11-04T02:59:59.999", "2018-11-03T03:00:00", "2018-11-04T03:00:00"},
      {"America/Sao_Paulo", "2018-11-04T03:00:00", "2018-11-04T03:00:00", "2018-11-05T02:00:00"},
      {"Asia/Beirut", "2022-03-26T21:59:59", "2022-03-25T22:00:00", "2022-03-26T22:00:00"},
      {"Asia/Beirut", "2022-03-27T12:00:00", "2022-03-26T22:00:00", "2022-03-27T21:00:00"},
      {"America/Havana", "2022-03-13T12:00:00", "2022-03-13T05:00:00", "2022-03-14T04:00:00"},
  });
}

TEST(CalendarTest, MidnightsThatComeTwice) {
  Check({
      // 01:00 goes back to 00:00: the day begins at the first midnight.
      {"America/Havana", "2022-11-06T04:00:00", "2022-11-06T04:00:00", "2022-11-07T05:00:00"},
      {"America/Havana", "2022-11-06T05:00:00", "2022-11-06T04:00:00", "2022-11-07T05:00:00"},
      // 00:00 goes back to 23:00: the old day has 25 hours.
      {"America/Sao_Paulo", "2018-02-18T02:30:00", "2018-02-17T02:00:00", "2018-02-18T03:00:00"},
      // 00:01 goes back to 23:01 of the day before: those 59 minutes stay with the day that had begun.
      {"America/St_Johns", "2010-11-07T02:29:59", "2010-11-06T02:30:00", "2010-11-07T02:30:00"},
      {"America/St_Johns", "2010-11-07T02:30:30", "2010-11-07T02:30:00", "2010-11-08T03:30:00"},
      {"America/St_Johns", "2010-11-07T02:45:00", "2010-11-07T02:30:00", "2010-11-08T03:30:00"},
      {"America/St_Johns", "2010-11-07T03:45:00", "2010-11-07T02:30:00", "2010-11-08T03:30:00"},
  });
}

TEST(CalendarTest, ADayThatNeverWas) {
  // Samoa went from the 29th to the 31st of December 2011.
  Check({
      {"Pacific/Apia", "2011-12-30T09:59:59", "2011-12-29T10:00:00", "2011-12-30T10:00:00"},
      {"Pacific/Apia", "2011-12-30T10:00:00", "2011-12-30T10:00:00", "2011-12-31T10:00:00"},
  });
}

TEST(CalendarTest, DaysFollowEachOtherWithoutGap) {
  for (const char* name : {"UTC",
                           "Europe/Berlin",
                           "Europe/London",
                           "Europe/Dublin",
                           "America/New_York",
                           "America/Sao_Paulo",
                           "America/Havana",
                           "America/St_Johns",
                           "America/Asuncion",
                           "America/Santiago",
                           "Asia/Beirut",
                           "Asia/Tehran",
                           "Asia/Gaza",
                           "Asia/Amman",
                           "Africa/Cairo",
                           "Africa/Casablanca",
                           "Atlantic/Azores",
                           "Australia/Lord_Howe",
                           "Pacific/Apia",
                           "Pacific/Chatham",
                           "Antarctica/Troll"}) {
    const Zone zone = ZoneOf(name);
    core::InstantMs t = Utc("2005-06-01T12:00:00");
    const core::InstantMs end = Utc("2026-01-01T00:00:00");
    int days = 0;
    while (t < end) {
      const core::Window day = DayWindow(zone, t);
      ASSERT_TRUE(day.Contains(t)) << name << " " << t;
      ASSERT_GE(day.end_ms - day.start_ms, 21 * kHourMs) << name << " " << t;
      ASSERT_LE(day.end_ms - day.start_ms, 27 * kHourMs) << name << " " << t;
      for (const core::InstantMs inside :
           {day.start_ms, day.start_ms + kHourMs / 2, day.end_ms - kHourMs / 2, day.end_ms - 1}) {
        ASSERT_EQ(DayWindow(zone, inside), day) << name << " " << inside;
      }
      ASSERT_EQ(DayWindow(zone, day.start_ms - 1).end_ms, day.start_ms) << name << " " << t;
      t = day.end_ms;
      ++days;
    }
    EXPECT_NEAR(days, 7'518, 2) << name;
  }
}

TEST(CalendarTest, WeeksBeginOnMonday) {
  const std::vector<Row> rows = {
      {"UTC", "2024-01-01T00:00:00", "2024-01-01T00:00:00", "2024-01-08T00:00:00"},  // a Monday
      {"UTC", "2024-01-07T23:59:59.999", "2024-01-01T00:00:00", "2024-01-08T00:00:00"},
      {"UTC", "2024-02-29T12:00:00", "2024-02-26T00:00:00", "2024-03-04T00:00:00"},
      {"Europe/Berlin", "2024-03-27T12:00:00", "2024-03-24T23:00:00",
       "2024-03-31T22:00:00"},  // an hour short
      {"Europe/Berlin", "2024-10-27T22:59:59", "2024-10-20T22:00:00", "2024-10-27T23:00:00"},  // an hour long
      {"America/New_York", "2024-11-04T04:59:59", "2024-10-28T04:00:00", "2024-11-04T05:00:00"},
  };
  for (const Row& row : rows) {
    const core::Window week = WeekWindow(ZoneOf(row.zone), Utc(row.instant));
    EXPECT_EQ(week.start_ms, Utc(row.start)) << row.zone << " " << row.instant;
    EXPECT_EQ(week.end_ms, Utc(row.end)) << row.zone << " " << row.instant;
  }
}

TEST(CalendarTest, MonthsAreTheCalendars) {
  const std::vector<Row> rows = {
      {"UTC", "2024-02-29T23:59:59.999", "2024-02-01T00:00:00", "2024-03-01T00:00:00"},
      {"UTC", "2023-12-31T12:00:00", "2023-12-01T00:00:00", "2024-01-01T00:00:00"},
      {"Europe/Berlin", "2024-03-01T12:00:00", "2024-02-29T23:00:00", "2024-03-31T22:00:00"},
      {"Europe/Berlin", "2024-02-29T22:59:59", "2024-01-31T23:00:00", "2024-02-29T23:00:00"},
      {"Asia/Beirut", "2022-03-27T12:00:00", "2022-02-28T22:00:00", "2022-03-31T21:00:00"},
  };
  for (const Row& row : rows) {
    const core::Window month = MonthWindow(ZoneOf(row.zone), Utc(row.instant));
    EXPECT_EQ(month.start_ms, Utc(row.start)) << row.zone << " " << row.instant;
    EXPECT_EQ(month.end_ms, Utc(row.end)) << row.zone << " " << row.instant;
  }
}

TEST(CalendarTest, RefusesWhatIsNoZone) {
  for (const std::string name : {"",
                                 "Europe/Atlantis",
                                 "europe/berlin ",
                                 "localtime",
                                 "posixrules",
                                 "Factory",
                                 "Fixed/UTC+01:00:00",
                                 "UTC+1",
                                 "GMT+25",
                                 "right/UTC",
                                 "posix/UTC",
                                 "/usr/share/zoneinfo/UTC",
                                 "../zoneinfo/UTC",
                                 "Europe/../UTC",
                                 "Europe",
                                 "Europe/",
                                 "Europe//Berlin",
                                 "libc:UTC",
                                 ":UTC",
                                 "zone.tab",
                                 "tzdata.zi",
                                 "UTC\n",
                                 "\xc3\x89",
                                 "EST5EDT4"}) {
    const auto zone = LoadZone(name, "campaign.time_zone");
    ASSERT_FALSE(zone.ok()) << name;
    EXPECT_EQ(zone.error().reason, core::Reason::kInvalidField);
    EXPECT_EQ(zone.error().metadata.at(0).second, "campaign.time_zone");
  }
  EXPECT_FALSE(LoadZone(std::string("UTC\0x", 5), "z").ok());
  EXPECT_FALSE(LoadZone(std::string(1'000, 'A'), "z").ok());
}

TEST(CalendarTest, KnowsTheNamesThatAreInUse) {
  for (const char* name :
       {"UTC", "Etc/UTC", "GMT", "Etc/GMT+5", "Europe/Berlin", "America/Argentina/ComodRivadavia",
        "America/North_Dakota/New_Salem", "Asia/Ust-Nera", "America/Port-au-Prince", "US/Eastern"}) {
    EXPECT_TRUE(LoadZone(name, "z").ok()) << name;
  }
}

TEST(CalendarTest, ManyThreadsLoadAtOnce) {
  std::vector<std::thread> threads;
  std::vector<core::Window> days(8);
  for (size_t i = 0; i < days.size(); ++i) {
    threads.emplace_back([&days, i] {
      for (int n = 0; n < 200; ++n) days[i] = DayWindow(*LoadZone("Europe/Paris", "z"), 1'700'000'000'000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const core::Window& day : days) EXPECT_EQ(day, days[0]);
}

}  // namespace
}  // namespace tessera::calendar
