// Points in time as text: reading "today", "5min ago", "2024-02-28 12:34"; printing. systemd.time(7). [pure]
#pragma once

#include <string>
#include <string_view>

#include "unitparser/base/result.h"
#include "unitparser/base/time.h"
#include "unitparser/syntax/time_zone.h"

namespace unitparser {

/// Reads a time stamp. Relative ones are relative to `now`; those without a zone are of the local one.
[[nodiscard]] Result<RealTime> parse_timestamp(std::string_view text, RealTime now, TimeZones& zones);

enum class TimestampStyle : unsigned char {
  pretty,       ///< Wed 2024-02-28 12:34:56 CET
  microseconds, ///< Wed 2024-02-28 12:34:56.000000 CET
  date,         ///< Wed 2024-02-28
  unix_seconds, ///< @1709123696
};
/// Prints in a zone; empty for a time that is not set or infinite.
[[nodiscard]] std::string format_timestamp(RealTime time, const TimeZone& zone, TimestampStyle style = TimestampStyle::pretty);
/// "5 days ago", "1h 30min left", "now"; empty for a time that is not set or infinite.
[[nodiscard]] std::string format_relative(RealTime time, RealTime now);

}  // namespace unitparser
