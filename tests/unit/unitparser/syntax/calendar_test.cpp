#include "unitparser/syntax/calendar.h"

#include <gtest/gtest.h>

#include "tests/unit/unitparser/test_data.h"
#include "unitparser/load/disk_time_zones.h"
#include "unitparser/syntax/time_reports.h"
#include "unitparser/syntax/timestamp.h"

namespace unitparser {
namespace {

/// Zones from the machine's tzdata; the tests that need it are skipped where there is none.
struct Zones {
  explicit Zones(const std::string& local) : zones(*files, local) {}
  std::unique_ptr<FileSource> files = make_disk_file_source();
  DiskTimeZones zones;
};

bool have_time_zones() {
  Zones z("UTC");
  return z.zones.find("Europe/Berlin") != nullptr && z.zones.find("America/New_York") != nullptr;
}

constexpr RealTime recorded_now = RealTime::from_usec(1709123696ULL * 1'000'000);

TEST(Calendar, AnswersLikeTheRecordedOnes) {
  if (!have_time_zones()) GTEST_SKIP() << "no time zone files on this machine";
  const auto cases = testing::json_lines("calendar.jsonl");
  ASSERT_EQ(cases.size(), 175U);
  for (const auto& c : cases) {
    Zones z(c["tz"]);
    const std::string text = c["expr"];
    const Result<RealTime> base = parse_timestamp(c["base"].get<std::string>(), recorded_now, z.zones);
    ASSERT_TRUE(base.has_value());
    const TimeReport report = report_calendar(text, *base, c["iterations"], {z.zones, recorded_now, "systemd-analyze"});
    EXPECT_EQ(report.text, c["stdout"].get<std::string>()) << c["tz"] << " " << text;
    EXPECT_EQ(report.problem, c["stderr"].get<std::string>()) << c["tz"] << " " << text;
  }
}

TEST(Timestamp, AnswersLikeTheRecordedOnes) {
  if (!have_time_zones()) GTEST_SKIP() << "no time zone files on this machine";
  const auto cases = testing::json_lines("timestamp.jsonl");
  ASSERT_EQ(cases.size(), 120U);
  for (const auto& c : cases) {
    Zones z(c["tz"]);
    const std::string text = c["expr"];
    const TimeReport report = report_timestamp(text, {z.zones, recorded_now, "systemd-analyze"});
    EXPECT_EQ(report.text, c["stdout"].get<std::string>()) << c["tz"] << " " << text;
    EXPECT_EQ(report.problem, c["stderr"].get<std::string>()) << c["tz"] << " " << text;
  }
}

TEST(Calendar, GapsAndOverlapsOfDaylightSaving) {
  if (!have_time_zones()) GTEST_SKIP() << "no time zone files on this machine";
  Zones z("America/New_York");
  const auto times = [&](const char* text, const char* base) {
    const CalendarSpec spec = parse_calendar(text, z.zones).value();
    std::vector<std::string> out;
    RealTime at = parse_timestamp(base, recorded_now, z.zones).value();
    const TimeZone utc;
    for (int i = 0; i < 3; ++i) out.push_back(format_timestamp(at = next_elapse(spec, at, zone_of(spec, z.zones)).value(), utc).substr(15, 5));
    return out;
  };
  EXPECT_EQ(times("*:0/30", "2024-11-03 05:00 UTC"), (std::vector<std::string>{"05:30", "07:00", "07:30"}));
  EXPECT_EQ(times("*:0/30", "2024-03-10 06:00 UTC"), (std::vector<std::string>{"06:30", "07:00", "07:30"}));
}

TEST(Calendar, PreviousIsTheInverseOfNext) {
  Zones z("UTC");
  for (const char* text : {"*:*:*", "Mon..Fri 9..17:*:*", "*-*~1 3:00", "yearly", "*-02-29", "2001-01-01", "*:*:0.5/0.25"}) {
    const CalendarSpec spec = parse_calendar(text, z.zones).value();
    const TimeZone utc;
    const Result<RealTime> previous = previous_elapse(spec, recorded_now, utc);
    ASSERT_TRUE(previous.has_value()) << text;
    EXPECT_LT(*previous, recorded_now) << text;
    const Result<RealTime> next = next_elapse(spec, *previous, utc);
    EXPECT_TRUE(!next || *next >= recorded_now) << text;
    EXPECT_EQ(next_elapse(spec, RealTime::from_usec(previous->usec() - 1), utc).value(), *previous) << text;
  }
  EXPECT_FALSE(previous_elapse(parse_calendar("2150-01-01", z.zones).value(), recorded_now, TimeZone()).has_value());
}

TEST(TimeZone, RefusesBrokenFiles) {
  const auto files = make_disk_file_source();
  const auto bytes = files->read("/usr/share/zoneinfo/Europe/Berlin", 1 << 20);
  if (!bytes) GTEST_SKIP() << "no time zone files on this machine";
  for (std::size_t length = 0; length < bytes->size(); length += 7) {
    const auto zone = TimeZone::parse(std::string_view(*bytes).substr(0, length));
    if (!zone) continue;
    EXPECT_EQ(zone->kind_at(1709123696).offset, 3600) << "only the footer may be missing";
  }
  EXPECT_FALSE(TimeZone::parse("").has_value());
  EXPECT_FALSE(TimeZone::parse("TZif2" + std::string(39, '\xff')).has_value());
}

}  // namespace
}  // namespace unitparser
