#include "journal/text/timestamp.h"

#include <time.h>

#include <array>
#include <charconv>
#include <cstring>

#include "unitparser/base/text.h"
#include "unitparser/base/time.h"

namespace journal {
namespace {

constexpr std::uint64_t usec_per_second = 1'000'000;

std::optional<std::uint64_t> parse_span(std::string_view text) {
  const auto span = unitparser::parse_duration(unitparser::trim(text));
  if (!span) return std::nullopt;
  return span->usec();
}

/// Takes a weekday's name and the space or comma behind it.
bool take_weekday(std::string_view& text, int& weekday) {
  constexpr std::array<std::string_view, 14> names{"Sunday",    "Sun", "Monday",   "Mon", "Tuesday", "Tue", "Wednesday",
                                                   "Wed",       "Thursday", "Thu", "Friday",  "Fri", "Saturday", "Sat"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!unitparser::starts_with_ignoring_case(text, names[i])) continue;
    std::string_view rest = text.substr(names[i].size());
    if (rest.empty() || rest[0] != ' ') continue;
    weekday = static_cast<int>(i / 2);
    text = unitparser::trim_left(rest);
    return true;
  }
  return false;
}

/// Reads "H:M[:S[.f]]" into the broken time; the fraction in microseconds.
bool read_clock(const char* text, const char* end, tm& broken, std::uint64_t& fraction) {
  const auto number = [&](int& value) {
    const auto [next, error] = std::from_chars(text, end, value);
    const bool good = error == std::errc{} && next - text <= 2;
    text = next;
    return good;
  };
  if (!number(broken.tm_hour) || text == end || *text++ != ':' || !number(broken.tm_min)) return false;
  broken.tm_sec = 0;
  if (text == end) return true;
  if (*text++ != ':' || !number(broken.tm_sec)) return false;
  if (text == end) return true;
  if (*text++ != '.' || text == end) return false;
  std::uint64_t unit = usec_per_second;
  for (; text < end; ++text) {
    if (*text < '0' || *text > '9') return false;
    unit /= 10;
    fraction += static_cast<std::uint64_t>(*text - '0') * unit;
  }
  return true;
}

std::optional<std::uint64_t> to_usec(tm broken, std::uint64_t fraction, Zone zone, int weekday) {
  broken.tm_isdst = -1;
  tm check = broken;
  const time_t seconds = zone == Zone::utc ? ::timegm(&check) : ::mktime(&check);
  if (seconds < 0 || check.tm_mday != broken.tm_mday || check.tm_hour > 23 || check.tm_min != broken.tm_min)
    return std::nullopt;
  if (weekday >= 0 && check.tm_wday != weekday) return std::nullopt;
  return static_cast<std::uint64_t>(seconds) * usec_per_second + fraction;
}

}  // namespace

std::optional<std::uint64_t> parse_timestamp(std::string_view text, std::uint64_t now) {
  if (text == "now") return now;
  if (text.starts_with('+')) {
    const auto span = parse_span(text.substr(1));
    return span ? std::optional(now + *span) : std::nullopt;
  }
  if (text.starts_with('-')) {
    const auto span = parse_span(text.substr(1));
    return span ? std::optional(now > *span ? now - *span : 0) : std::nullopt;
  }
  if (text.starts_with('@')) return parse_span(text.substr(1));
  if (text.ends_with(" ago")) {
    const auto span = parse_span(text.substr(0, text.size() - 4));
    return span ? std::optional(now > *span ? now - *span : 0) : std::nullopt;
  }
  if (text.ends_with(" left")) {
    const auto span = parse_span(text.substr(0, text.size() - 5));
    return span ? std::optional(now + *span) : std::nullopt;
  }
  Zone zone = Zone::local;
  if (text.ends_with(" UTC")) {
    zone = Zone::utc;
    text.remove_suffix(4);
  } else if (text.size() > 1 && text.ends_with('Z') && unitparser::is_digit(text[text.size() - 2])) {
    zone = Zone::utc;
    text.remove_suffix(1);
  } else if (const std::size_t space = text.rfind(' '); space != std::string_view::npos) {
    ::tzset();
    const std::string_view name = text.substr(space + 1);
    if (name == tzname[0] || name == tzname[1]) text = text.substr(0, space);
  }
  const auto seconds = static_cast<time_t>(now / usec_per_second);
  tm broken = {};
  if ((zone == Zone::utc ? ::gmtime_r(&seconds, &broken) : ::localtime_r(&seconds, &broken)) == nullptr)
    return std::nullopt;
  const auto midnight = [&](int days) {
    broken.tm_mday += days;
    broken.tm_hour = broken.tm_min = broken.tm_sec = 0;
    broken.tm_isdst = -1;
    const time_t at = zone == Zone::utc ? ::timegm(&broken) : ::mktime(&broken);
    return static_cast<std::uint64_t>(at) * usec_per_second;
  };
  if (text == "today") return midnight(0);
  if (text == "yesterday") return midnight(-1);
  if (text == "tomorrow") return midnight(1);

  int weekday = -1;
  take_weekday(text, weekday);
  std::uint64_t fraction = 0;
  const char* end = text.data() + text.size();
  tm clock_only = broken;
  if (read_clock(text.data(), end, clock_only, fraction)) return to_usec(clock_only, fraction, zone, weekday);
  fraction = 0;
  int year = 0, month = 0, day = 0;
  const char* at = text.data();
  const auto number = [&](int& value) {
    const auto [next, error] = std::from_chars(at, end, value);
    at = next;
    return error == std::errc{} && value >= 0;
  };
  if (!number(year) || at == end || *at++ != '-' || !number(month) || at == end || *at++ != '-' || !number(day))
    return std::nullopt;
  if (month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  if (year < 100) year += year < 69 ? 2000 : 1900;
  broken.tm_year = year - 1900;
  broken.tm_mon = month - 1;
  broken.tm_mday = day;
  broken.tm_hour = broken.tm_min = broken.tm_sec = 0;
  if (at != end) {
    if (*at != ' ' && *at != 'T') return std::nullopt;
    ++at;
    if (!read_clock(at, end, broken, fraction)) return std::nullopt;
  }
  return to_usec(broken, fraction, zone, weekday);
}

std::string_view TimeFormatter::formatted(std::uint64_t usec, Form form) {
  const auto index = static_cast<std::size_t>(form);
  const std::uint64_t second = usec / usec_per_second;
  if (second_[index] == second) return text_[index];
  constexpr std::array<const char*, forms> formats{"%b %d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%z", "%a %Y-%m-%d %H:%M:%S",
                                                   "%Z"};
  const auto seconds = static_cast<time_t>(second);
  tm broken = {};
  std::array<char, 96> buffer{};
  if ((zone_ == Zone::utc ? ::gmtime_r(&seconds, &broken) : ::localtime_r(&seconds, &broken)) != nullptr)
    buffer[::strftime(buffer.data(), buffer.size(), formats[index], &broken)] = '\0';
  text_[index] = buffer.data();
  if (zone_ == Zone::utc && form == Form::full_zone) text_[index] = "UTC";  // strftime says GMT
  second_[index] = second;
  return text_[index];
}

std::string TimeFormatter::full_with_zone(std::uint64_t usec) {
  std::string text(full(usec));
  text.append(" ").append(full_zone(usec));
  return text;
}

}  // namespace journal
