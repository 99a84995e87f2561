// Instants as systemctl prints them (systemd.time(7), DISPLAYING TIME). [os: time zone data through localtime_r]
#pragma once

#include <cstdint>
#include <string>

#include "ctl/options.h"

namespace ctl {

/// "Sun 2026-11-22 06:22:01 UTC" and the other forms of --timestamp=; empty for 0 and infinity (unset).
[[nodiscard]] std::string timestamp_text(std::uint64_t realtime_usec, TimestampStyle style);
/// "2min 3s ago", "6h left", against `now_usec`; empty when unset.
[[nodiscard]] std::string relative_text(std::uint64_t realtime_usec, std::uint64_t now_usec);
/// A span of microseconds, cut at `accuracy_usec`.
[[nodiscard]] std::string span_text(std::uint64_t usec, std::uint64_t accuracy_usec);
/// "Nov 22 06:22:01", as log lines begin.
[[nodiscard]] std::string log_time_text(std::uint64_t realtime_usec);
enum class IsoPrecision : std::uint8_t { seconds, microseconds };
/// "2026-11-22T06:22:01+0000".
[[nodiscard]] std::string iso_time_text(std::uint64_t realtime_usec, IsoPrecision precision);

[[nodiscard]] std::uint64_t realtime_now_usec();
[[nodiscard]] std::uint64_t monotonic_now_usec();

}  // namespace ctl
