// Instants as systemctl prints them (systemd.time(7), DISPLAYING TIME). [os: time zone data through localtime_r]
#include "ctl/render/time_text.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <string_view>

#include "unitparser/base/time.h"

namespace ctl {
namespace {

constexpr std::uint64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour, week = 7 * day;
constexpr std::uint64_t month = 2629800 * second, year = 31557600 * second;  // as in unitparser/base/time
constexpr std::uint64_t unset = ~std::uint64_t{0};
constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::uint64_t clock_usec(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * second + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

}  // namespace

std::uint64_t realtime_now_usec() { return clock_usec(CLOCK_REALTIME); }
std::uint64_t monotonic_now_usec() { return clock_usec(CLOCK_MONOTONIC); }

std::string timestamp_text(std::uint64_t usec, TimestampStyle style) {
  if (usec == 0 || usec == unset) return {};
  if (style == TimestampStyle::unix_seconds) return fmt::format("@{}", usec / second);
  const bool utc = style == TimestampStyle::utc || style == TimestampStyle::us_utc;
  const bool fine = style == TimestampStyle::us || style == TimestampStyle::us_utc;
  const auto seconds = static_cast<time_t>(usec / second);
  tm t{};
  if ((utc ? gmtime_r(&seconds, &t) : localtime_r(&seconds, &t)) == nullptr || t.tm_year + 1900 > 9999)
    return "--- XXXX-XX-XX XX:XX:XX";
  auto text = fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02}:{:02}", weekdays[static_cast<std::size_t>(t.tm_wday)], t.tm_year + 1900,
                          t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
  if (fine) text += fmt::format(".{:06}", usec % second);
  const std::string_view zone = utc ? "UTC" : t.tm_zone == nullptr ? "" : t.tm_zone;
  return zone.empty() ? text : text + " " + std::string(zone);
}

std::string relative_text(std::uint64_t usec, std::uint64_t now) {
  if (usec == 0 || usec == unset) return {};
  const bool past = now > usec;
  const auto d = past ? now - usec : usec - now;
  const std::string_view suffix = past ? " ago" : " left";
  const auto count = [](std::uint64_t n, std::string_view one) { return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s"); };
  if (d >= year) {
    const auto years = d / year, months_left = (d % year) / month;
    return count(years, "year") + (months_left > 0 ? " " + count(months_left, "month") : "") + std::string(suffix);
  }
  if (d >= month) {
    const auto whole = d / month, days = (d % month) / day;
    return count(whole, "month") + (days > 0 ? " " + count(days, "day") : "") + std::string(suffix);
  }
  if (d >= week) {
    const auto weeks = d / week, days = (d % week) / day;
    return count(weeks, "week") + (days > 0 ? " " + count(days, "day") : "") + std::string(suffix);
  }
  if (d >= 2 * day) return fmt::format("{} days{}", d / day, suffix);
  if (d >= 25 * hour) return fmt::format("1 day {}h{}", (d - day) / hour, suffix);
  if (d >= 6 * hour) return fmt::format("{}h{}", d / hour, suffix);
  if (d >= hour) return fmt::format("{}h {}min{}", d / hour, (d % hour) / minute, suffix);
  if (d >= 5 * minute) return fmt::format("{}min{}", d / minute, suffix);
  if (d >= minute) return fmt::format("{}min {}s{}", d / minute, (d % minute) / second, suffix);
  if (d >= second) return fmt::format("{}s{}", d / second, suffix);
  if (d >= 1000) return fmt::format("{}ms{}", d / 1000, suffix);
  if (d > 0) return fmt::format("{}us{}", d, suffix);
  return "now";
}

std::string span_text(std::uint64_t usec, std::uint64_t accuracy) {
  return unitparser::format_duration(unitparser::Duration::from_usec(usec), unitparser::Duration::from_usec(accuracy));
}

std::string log_time_text(std::uint64_t usec) {
  const auto seconds = static_cast<time_t>(usec / second);
  tm t{};
  localtime_r(&seconds, &t);
  return fmt::format("{} {:02} {:02}:{:02}:{:02}", months[static_cast<std::size_t>(t.tm_mon)], t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

std::string iso_time_text(std::uint64_t usec, IsoPrecision precision) {
  const auto seconds = static_cast<time_t>(usec / second);
  tm t{};
  localtime_r(&seconds, &t);
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
  if (precision == IsoPrecision::microseconds) text += fmt::format(".{:06}", usec % second);
  const auto minutes = (t.tm_gmtoff < 0 ? -t.tm_gmtoff : t.tm_gmtoff) / 60;
  return text + fmt::format("{}{:02}{:02}", t.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace ctl
