// What a person learns about a time expression. [pure]
#include "unitparser/syntax/time_reports.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "unitparser/syntax/calendar.h"
#include "unitparser/syntax/timestamp.h"

namespace unitparser {
namespace {

enum class Form : std::uint8_t { timestamp, timespan, calendar };
constexpr std::array<std::string_view, 3> form_names{"timestamp", "timespan", "calendar specification"};
constexpr std::array<std::string_view, 3> form_verbs{"timestamp", "timespan", "calendar"};

bool is_of_form(Form form, std::string_view text, const TimeReportContext& context) {
  switch (form) {
    case Form::timestamp: return parse_timestamp(text, context.now, context.zones).has_value();
    case Form::timespan: return parse_duration(text).has_value();
    case Form::calendar: return parse_calendar(text, context.zones).has_value();
  }
  return false;
}

/// Points out what else the expression would be.
std::string hints(Form asked, std::string_view text, const TimeReportContext& context) {
  for (const Form other : {Form::timestamp, Form::timespan, Form::calendar}) {
    const auto index = static_cast<std::size_t>(other);
    if (other != asked && is_of_form(other, text, context))
      return fmt::format("Hint: this expression is a valid {}. Use '{} {} \"{}\"' instead?\n", form_names[index], context.tool, form_verbs[index], text);
  }
  return {};
}

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

bool is_utc(const TimeZone& zone) { return zone == TimeZone(); }

std::string in_utc(RealTime time, const TimeReportContext& context) {
  if (is_utc(context.zones.local())) return {};
  return fmt::format("       (in UTC): {}\n", or_dash(format_timestamp(time, TimeZone())));
}

}  // namespace

TimeReport report_timespan(std::string_view text, const TimeReportContext& context) {
  const Result<Duration> span = parse_duration(text);
  if (!span)
    return {{}, fmt::format("Failed to parse time span '{}': {}\n", text, strerrordesc_np(span.error().os_errno)) + hints(Form::timespan, text, context)};
  return {fmt::format("Original: {}\n      \u03bcs: {}\n   Human: {}\n", text, span->usec(), format_duration(*span)), {}};
}

TimeReport report_timestamp(std::string_view text, const TimeReportContext& context) {
  const Result<RealTime> time = parse_timestamp(text, context.now, context.zones);
  if (!time)
    return {{}, fmt::format("Failed to parse \"{}\": {}\n", text, strerrordesc_np(time.error().os_errno)) + hints(Form::timestamp, text, context)};
  std::string out = fmt::format("  Original form: {}\nNormalized form: {}\n", text, or_dash(format_timestamp(*time, context.zones.local())));
  out += in_utc(*time, context);
  out += fmt::format("   UNIX seconds: @{}", time->usec() / 1'000'000);
  if (time->usec() % 1'000'000 != 0) out += fmt::format(".{:06}", time->usec() % 1'000'000);
  return {out + "\n       From now: " + or_dash(format_relative(*time, context.now)) + "\n", {}};
}

TimeReport report_calendar(std::string_view text, RealTime base, unsigned iterations, const TimeReportContext& context) {
  const Result<CalendarSpec> spec = parse_calendar(text, context.zones);
  if (!spec)
    return {{}, fmt::format("Failed to parse calendar specification '{}': {}\n", text, strerrordesc_np(spec.error().os_errno)) +
                    hints(Form::calendar, text, context)};
  const std::string normalised = format_calendar(*spec);
  std::string out;
  if (normalised != text) out += fmt::format("  Original form: {}\n", text);
  out += fmt::format("Normalized form: {}\n", normalised);
  RealTime at = base;
  for (unsigned i = 0; i < iterations; ++i) {
    const Result<RealTime> next = next_elapse(*spec, at, zone_of(*spec, context.zones));
    if (!next && next.error().os_errno == ENOENT) {
      if (i == 0) out += "    Next elapse: never\n";
      break;
    }
    if (!next)
      return {{}, fmt::format("{}\nFailed to determine next elapse for '{}': {}\n", next.error().message, text, strerrordesc_np(next.error().os_errno))};
    at = *next;
    out += i == 0 ? "    Next elapse: " : fmt::format("       Iter. #{}: ", i + 1);
    out += format_timestamp(at, context.zones.local()) + "\n" + in_utc(at, context);
    out += "       From now: " + format_relative(at, context.now) + "\n";
  }
  return {std::move(out), {}};
}

}  // namespace unitparser
