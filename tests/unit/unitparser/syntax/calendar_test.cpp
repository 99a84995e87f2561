#include "unitparser/syntax/calendar.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "tests/unit/unitparser/test_data.h"
#include "unitparser/base/text.h"
#include "unitparser/load/disk_time_zones.h"
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

std::string shown_time(RealTime time, const TimeZone& zone) { return format_timestamp(time, zone); }

/// What `systemd-analyze calendar --iterations=5` prints.
struct Answer {
  std::string out;
  std::string error;
};

Answer calendar_answer(const std::string& text, RealTime base, int iterations, TimeZones& zones) {
  Answer answer;
  const Result<CalendarSpec> spec = parse_calendar(text, zones);
  if (!spec) {
    answer.error = fmt::format("Failed to parse calendar specification '{}': {}\n", text, strerrordesc_np(spec.error().os_errno));
    return answer;
  }
  const std::string normalised = format_calendar(*spec);
  if (normalised != text) answer.out += fmt::format("  Original form: {}\n", text);
  answer.out += fmt::format("Normalized form: {}\n", normalised);
  const TimeZone utc;
  RealTime at = base;
  for (int i = 0; i < iterations; ++i) {
    const Result<RealTime> next = next_elapse(*spec, at, zone_of(*spec, zones));
    if (!next && next.error().os_errno == ENOENT) {
      if (i == 0) answer.out += "    Next elapse: never\n";
      break;
    }
    if (!next) {
      answer.out.clear();
      answer.error = fmt::format("{}\nFailed to determine next elapse for '{}': {}\n", next.error().message, text, strerrordesc_np(next.error().os_errno));
      break;
    }
    at = *next;
    answer.out += i == 0 ? "    Next elapse: " : fmt::format("       Iter. #{}: ", i + 1);
    answer.out += shown_time(at, zones.local()) + "\n";
    if (zones.local().kind_at(0).abbreviation != "UTC") answer.out += "       (in UTC): " + shown_time(at, utc) + "\n";
    answer.out += "       From now: " + format_relative(at, recorded_now) + "\n";
  }
  return answer;
}

TEST(Calendar, AnswersLikeTheRecordedOnes) {
  if (!have_time_zones()) GTEST_SKIP() << "no time zone files on this machine";
  const auto cases = testing::json_lines("calendar.jsonl");
  ASSERT_EQ(cases.size(), 175U);
  for (const auto& c : cases) {
    Zones z(c["tz"]);
    const std::string text = c["expr"];
    const Result<RealTime> base = parse_timestamp(c["base"].get<std::string>(), recorded_now, z.zones);
    ASSERT_TRUE(base.has_value());
    const Answer answer = calendar_answer(text, *base, c["iterations"], z.zones);
    EXPECT_EQ(answer.out, c["stdout"].get<std::string>()) << c["tz"] << " " << text;
    const std::string error = c["stderr"];
    EXPECT_EQ(answer.error, error.substr(0, error.find("Hint:"))) << c["tz"] << " " << text;
  }
}

TEST(Timestamp, AnswersLikeTheRecordedOnes) {
  if (!have_time_zones()) GTEST_SKIP() << "no time zone files on this machine";
  const auto cases = testing::json_lines("timestamp.jsonl");
  ASSERT_EQ(cases.size(), 120U);
  const TimeZone utc;
  for (const auto& c : cases) {
    Zones z(c["tz"]);
    const std::string text = c["expr"];
    const Result<RealTime> time = parse_timestamp(text, recorded_now, z.zones);
    const std::string label = c["tz"].get<std::string>() + " " + text;
    if (!time) {
      const std::string error = c["stderr"];
      EXPECT_EQ(fmt::format("Failed to parse \"{}\": {}\n", text, strerrordesc_np(time.error().os_errno)), error.substr(0, error.find("Hint:"))) << label;
      continue;
    }
    const auto or_dash = [](std::string shown) { return shown.empty() ? "-" : shown; };
    std::string out = fmt::format("  Original form: {}\nNormalized form: {}\n", text, or_dash(shown_time(*time, z.zones.local())));
    if (c["tz"] != "UTC") out += "       (in UTC): " + or_dash(shown_time(*time, utc)) + "\n";
    out += fmt::format("   UNIX seconds: @{}", time->usec() / 1'000'000);
    if (time->usec() % 1'000'000 != 0) out += fmt::format(".{:06}", time->usec() % 1'000'000);
    out += "\n       From now: " + or_dash(format_relative(*time, recorded_now)) + "\n";
    EXPECT_EQ(out, c["stdout"].get<std::string>()) << label;
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
