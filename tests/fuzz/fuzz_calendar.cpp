// Feeds calendar expressions, time spans and time stamps: normal forms must read as the same, elapses lie on the right side. [pure]
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/require.h"
#include "unitparser/base/time.h"
#include "unitparser/syntax/calendar.h"
#include "unitparser/syntax/timestamp.h"

namespace {

class OnlyUtc final : public unitparser::TimeZones {
 public:
  const unitparser::TimeZone* find(std::string_view name) override { return name == "UTC" || name == "Etc/Zone" ? &utc_ : nullptr; }
  const unitparser::TimeZone& local() override { return utc_; }

 private:
  unitparser::TimeZone utc_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unitparser;
  static OnlyUtc zones;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const RealTime now = RealTime::from_usec(1709123696000000);  // 2024-02-28, a day before a leap day
  (void)parse_duration(text);
  (void)parse_timestamp(text, now, zones);
  const Result<CalendarSpec> spec = parse_calendar(text, zones);
  if (!spec) return 0;
  const std::string normal = format_calendar(*spec);
  const Result<CalendarSpec> again = parse_calendar(normal, zones);
  require(again.has_value());
  require(format_calendar(*again) == normal);
  const TimeZone& zone = zone_of(*spec, zones);
  const Result<RealTime> next = next_elapse(*spec, now, zone);
  if (next) {
    require(next->usec() > now.usec());
    const Result<RealTime> previous = previous_elapse(*spec, *next, zone);
    require(!previous || previous->usec() < next->usec());
  }
  return 0;
}
