// Points in time as options write them ("yesterday", "2026-11-22 06:28", "-1h") and as people read them. [os: time zone]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace journal {

enum class Zone : std::uint8_t { local, utc };

/// Reads a time stamp, systemd.time(7) PARSING TIMESTAMPS; microseconds since 1970.
[[nodiscard]] std::optional<std::uint64_t> parse_timestamp(std::string_view text, std::uint64_t now);

/// Formats times; keeps the last second's text, since log lines come in runs of the same second.
class TimeFormatter {
 public:
  explicit TimeFormatter(Zone zone) : zone_(zone) {}

  /// "Nov 22 06:28:13"
  std::string_view brief(std::uint64_t usec) { return formatted(usec, Form::brief); }
  /// "2026-11-22T06:28:13" and "+0000", between which a fraction may go.
  std::string_view iso(std::uint64_t usec) { return formatted(usec, Form::iso); }
  std::string_view iso_zone(std::uint64_t usec) { return formatted(usec, Form::iso_zone); }
  /// "Sun 2026-11-22 06:28:13" and "UTC".
  std::string_view full(std::uint64_t usec) { return formatted(usec, Form::full); }
  std::string_view full_zone(std::uint64_t usec) { return formatted(usec, Form::full_zone); }
  /// "Sun 2026-11-22 06:28:13 UTC"
  std::string full_with_zone(std::uint64_t usec);

 private:
  enum class Form : std::uint8_t { brief, iso, iso_zone, full, full_zone };
  static constexpr std::size_t forms = 5;
  std::string_view formatted(std::uint64_t usec, Form form);

  Zone zone_;
  std::uint64_t second_[forms] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
  std::string text_[forms];
};

}  // namespace journal
