// What a person learns about a time expression: the answers of systemd-analyze calendar, timespan and timestamp. [pure]
#pragma once

#include <string>
#include <string_view>

#include "unitparser/base/time.h"
#include "unitparser/syntax/time_zone.h"

namespace unitparser {

/// An answer, or lines that say why there is none.
struct TimeReport {
  std::string text;
  std::string problem;  ///< for the error stream, each line ended
  [[nodiscard]] bool ok() const { return problem.empty(); }
};

/// What all of them know. `tool` is named in hints ("systemd-analyze").
struct TimeReportContext {
  TimeZones& zones;
  RealTime now;
  std::string_view tool;
};

[[nodiscard]] TimeReport report_timespan(std::string_view text, const TimeReportContext& context);
[[nodiscard]] TimeReport report_timestamp(std::string_view text, const TimeReportContext& context);
/// Elapses after `base`, `iterations` of them.
[[nodiscard]] TimeReport report_calendar(std::string_view text, RealTime base, unsigned iterations, const TimeReportContext& context);

}  // namespace unitparser
