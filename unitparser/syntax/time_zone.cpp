// Civil time and time zones. [pure]
#include "unitparser/syntax/time_zone.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::int64_t seconds_per_day = 86400;
constexpr int last_rule_year = 2200;  // no calendar expression goes beyond 2199

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool is_leap_year(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

}  // namespace

std::int64_t days_from_date(int year, int month, int day) {
  // Months out of range are carried into the year. Years are counted from March, so that the leap day comes last.
  const std::int64_t months = static_cast<std::int64_t>(year) * 12 + month - 1;
  const std::int64_t carried_year = floor_divide(months, 12);
  const std::int64_t m = months - carried_year * 12;  // 0..11
  const std::int64_t y = carried_year - (m < 2 ? 1 : 0);
  const std::int64_t era = floor_divide(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t month_from_march = (m + 10) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

std::int64_t civil_to_seconds(const CivilTime& time) {
  return days_from_date(time.year, time.month, time.day) * seconds_per_day + time.hour * 3600 + time.minute * 60 + time.second;
}

CivilTime seconds_to_civil(std::int64_t seconds) {
  const std::int64_t days = floor_divide(seconds, seconds_per_day);
  const auto rest = static_cast<int>(seconds - days * seconds_per_day);
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = floor_divide(shifted, 146097);
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilTime time;
  time.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  time.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  time.year = static_cast<int>(year_of_era + era * 400 + (time.month <= 2 ? 1 : 0));
  time.hour = rest / 3600;
  time.minute = rest / 60 % 60;
  time.second = rest % 60;
  return time;
}

int weekday_of(std::int64_t days_since_epoch) {
  return static_cast<int>(((days_since_epoch + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
}

int days_in_month(int year, int month) {
  constexpr std::array<int, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : lengths[static_cast<std::size_t>(month - 1)];
}

std::string_view long_weekday(int weekday) {
  constexpr std::array<std::string_view, 7> names{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  return names[static_cast<std::size_t>(weekday)];
}
std::string_view short_weekday(int weekday) { return long_weekday(weekday).substr(0, 3); }

// --- Looking up ---------------------------------------------------------------------------------------------------
std::size_t TimeZone::kind_index(std::int64_t utc) const {
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), utc);
  if (after == changes_.begin()) return 0;
  return change_kinds_[static_cast<std::size_t>(after - changes_.begin()) - 1];
}

std::optional<std::int64_t> TimeZone::first_instant(std::int64_t wall_clock, std::int64_t not_before) const {
  // Fast path of meaning_of: no offset differs from another by more than a day or so.
  const std::int32_t early = kind_at(wall_clock - 2 * seconds_per_day).offset;
  const std::int32_t late = kind_at(wall_clock + 2 * seconds_per_day).offset;
  std::optional<std::int64_t> best;
  for (const std::int32_t offset : {std::max(early, late), std::min(early, late)}) {
    const std::int64_t instant = wall_clock - offset;
    if (instant >= not_before && (!best || instant < *best) && kind_at(instant).offset == offset) best = instant;
  }
  return best;
}

TimeZone::Meaning TimeZone::meaning_of(std::int64_t wall_clock) const {
  Meaning meaning;
  const std::int32_t early = kind_at(wall_clock - 2 * seconds_per_day).offset;
  const std::int32_t late = kind_at(wall_clock + 2 * seconds_per_day).offset;
  for (const std::int32_t offset : {std::max(early, late), std::min(early, late)})
    if (kind_at(wall_clock - offset).offset == offset) meaning.instants.push_back(wall_clock - offset);
  if (early == late && meaning.instants.size() == 2) meaning.instants.pop_back();
  if (!meaning.instants.empty()) return meaning;
  meaning.gap_shifted = wall_clock - early;
  const auto change = next_change(wall_clock - 2 * seconds_per_day);
  meaning.gap_end = change ? to_wall_clock(*change) : wall_clock + 1;
  // Two changes within days: look for the one whose gap this is.
  for (auto next = change; next && *next <= wall_clock + 2 * seconds_per_day; next = next_change(*next))
    if (to_wall_clock(*next) > wall_clock) {
      meaning.gap_end = to_wall_clock(*next);
      break;
    }
  if (meaning.gap_end <= wall_clock) meaning.gap_end = wall_clock + 1;
  return meaning;
}

std::optional<std::int64_t> TimeZone::next_change(std::int64_t utc) const {
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), utc);
  if (after == changes_.end()) return std::nullopt;
  return *after;
}

const TimeZone::Kind* TimeZone::kind_with(bool daylight) const {
  for (std::size_t i = change_kinds_.size(); i-- > 0;)
    if (kinds_[change_kinds_[i]].daylight == daylight) return &kinds_[change_kinds_[i]];
  return kinds_[0].daylight == daylight ? &kinds_[0] : nullptr;
}

// --- Reading tzfile(5) --------------------------------------------------------------------------------------------
class TzFileReader {
 public:
  explicit TzFileReader(std::string_view bytes) : rest_(bytes) {}

  Result<TimeZone> read() {
    Header header = TRY(read_header());
    if (header.version >= '2') {  // the 32-bit block is for old readers: pass over it
      (void)TRY(skip(body_size(header, 4)));
      header = TRY(read_header());
      (void)TRY(read_body(header, 8));
      follow_footer();
    } else {
      (void)TRY(read_body(header, 4));
    }
    return std::move(zone_);
  }

 private:
  struct Header {
    char version = 0;
    std::uint32_t utc_flags = 0, standard_flags = 0, leaps = 0, changes = 0, kinds = 0, characters = 0;
  };
  /// One end of daylight saving in a POSIX TZ string: "Mm.w.d/time", "Jn" or "n".
  struct YearlyRule {
    enum class Form : std::uint8_t { month_week_day, julian_without_leap_day, zero_based } form{};
    int month = 0, week = 0, day = 0;
    int seconds = 7200;
  };

  static tl::unexpected<Error> broken() { return fail_value(EINVAL, "not a time zone file"); }

  Result<bool> skip(std::size_t bytes) {
    if (rest_.size() < bytes) return broken();
    rest_.remove_prefix(bytes);
    return true;
  }

  std::int64_t take_number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(bytes);
    return bytes == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value)) : static_cast<std::int64_t>(value);
  }

  Result<Header> read_header() {
    constexpr std::uint32_t sane = 100000;  // of anything; real files have some hundreds
    if (rest_.size() < 44 || !rest_.starts_with("TZif")) return broken();
    Header header;
    header.version = rest_[4];
    rest_.remove_prefix(20);
    for (std::uint32_t* field : {&header.utc_flags, &header.standard_flags, &header.leaps, &header.changes, &header.kinds, &header.characters}) {
      *field = static_cast<std::uint32_t>(take_number(4));
      if (*field > sane) return broken();
    }
    if (header.kinds == 0 || header.kinds > 255) return broken();
    return header;
  }

  static std::size_t body_size(const Header& header, std::size_t time_size) {
    return header.changes * (time_size + 1) + header.kinds * 6UL + header.characters + header.leaps * (time_size + 4) +
           header.standard_flags + header.utc_flags;
  }

  Result<bool> read_body(const Header& header, std::size_t time_size) {
    if (rest_.size() < body_size(header, time_size)) return broken();
    for (std::uint32_t i = 0; i < header.changes; ++i) zone_.changes_.push_back(take_number(time_size));
    if (!std::is_sorted(zone_.changes_.begin(), zone_.changes_.end())) return broken();
    for (std::uint32_t i = 0; i < header.changes; ++i) {
      const auto kind = static_cast<std::uint8_t>(rest_[i]);
      if (kind >= header.kinds) return broken();
      zone_.change_kinds_.push_back(kind);
    }
    rest_.remove_prefix(header.changes);
    const std::string_view characters = rest_.substr(header.kinds * 6UL, header.characters);
    zone_.kinds_.clear();
    for (std::uint32_t i = 0; i < header.kinds; ++i) {
      TimeZone::Kind kind;
      kind.offset = static_cast<std::int32_t>(take_number(4));
      if (kind.offset > seconds_per_day || kind.offset < -seconds_per_day) return broken();
      kind.daylight = rest_[0] != 0;
      const auto name_at = static_cast<unsigned char>(rest_[1]);
      if (name_at >= characters.size()) return broken();
      kind.abbreviation = characters.substr(name_at, characters.substr(name_at).find('\0'));
      rest_.remove_prefix(2);
      zone_.kinds_.push_back(std::move(kind));
    }
    rest_.remove_prefix(header.characters + header.leaps * (time_size + 4) + header.standard_flags + header.utc_flags);
    return true;
  }

  // The footer: "\nCET-1CEST,M3.5.0,M10.5.0/3\n". What cannot be understood is ignored: the last change then holds.
  void follow_footer() {
    if (!rest_.starts_with('\n')) return;
    std::string_view text = rest_.substr(1, rest_.substr(1).find('\n'));
    TimeZone::Kind standard;
    if (!take_name(text, standard.abbreviation) || !take_offset(text, standard.offset)) return;
    standard.offset = -standard.offset;  // POSIX counts west
    if (text.empty()) {
      if (zone_.changes_.empty() && zone_.kinds_.size() == 1) zone_.kinds_[0] = standard;
      return;
    }
    TimeZone::Kind daylight;
    daylight.daylight = true;
    if (!take_name(text, daylight.abbreviation)) return;
    daylight.offset = standard.offset + 3600;
    if (!text.starts_with(',')) {
      if (!take_offset(text, daylight.offset)) return;
      daylight.offset = -daylight.offset;
    }
    YearlyRule begin;
    YearlyRule end;
    if (!take_rule(text, begin) || !take_rule(text, end)) return;
    add_yearly_changes(standard, daylight, begin, end);
  }

  void add_yearly_changes(const TimeZone::Kind& standard, const TimeZone::Kind& daylight, const YearlyRule& begin, const YearlyRule& end) {
    if (zone_.kinds_.size() > 253) return;
    const std::uint8_t standard_kind = kind_number(standard);
    const std::uint8_t daylight_kind = kind_number(daylight);
    const std::int64_t last = zone_.changes_.empty() ? 0 : zone_.changes_.back();
    std::vector<std::pair<std::int64_t, std::uint8_t>> changes;
    for (int year = seconds_to_civil(last).year; year <= last_rule_year; ++year) {
      changes.emplace_back(rule_seconds(begin, year) - standard.offset, daylight_kind);
      changes.emplace_back(rule_seconds(end, year) - daylight.offset, standard_kind);
    }
    std::sort(changes.begin(), changes.end());
    for (const auto& [at, kind] : changes) {
      if (at <= last && !zone_.changes_.empty()) continue;
      zone_.changes_.push_back(at);
      zone_.change_kinds_.push_back(kind);
    }
  }

  std::uint8_t kind_number(const TimeZone::Kind& kind) {
    const auto found = std::find(zone_.kinds_.begin(), zone_.kinds_.end(), kind);
    if (found != zone_.kinds_.end()) return static_cast<std::uint8_t>(found - zone_.kinds_.begin());
    zone_.kinds_.push_back(kind);
    return static_cast<std::uint8_t>(zone_.kinds_.size() - 1);
  }

  static std::int64_t rule_seconds(const YearlyRule& rule, int year) {
    std::int64_t day = 0;
    switch (rule.form) {
      case YearlyRule::Form::month_week_day: {
        const std::int64_t first = days_from_date(year, rule.month, 1);
        const int sunday_based = (weekday_of(first) + 1) % 7;
        day = first + (rule.day - sunday_based + 7) % 7 + (rule.week - 1) * 7;
        while (day >= first + days_in_month(year, rule.month)) day -= 7;
        break;
      }
      case YearlyRule::Form::julian_without_leap_day:
        day = days_from_date(year, 1, rule.day) + (is_leap_year(year) && rule.day >= 60 ? 1 : 0);
        break;
      case YearlyRule::Form::zero_based: day = days_from_date(year, 1, rule.day + 1); break;
    }
    return day * seconds_per_day + rule.seconds;
  }

  static bool take_name(std::string_view& text, std::string& name) {
    const bool quoted = text.starts_with('<');
    const std::size_t end = quoted ? text.find('>') : text.find_first_of("+-,0123456789");
    if (end == std::string_view::npos || end == 0) {
      if (quoted || end == 0 || text.empty()) return false;
      name = text;  // a name alone, without offset, ends the text
      text = {};
      return true;
    }
    name = text.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0));
    text.remove_prefix(end + (quoted ? 1 : 0));
    return true;
  }

  static bool take_int(std::string_view& text, int& value) {
    if (text.empty() || !is_digit(text[0])) return false;
    for (value = 0; !text.empty() && is_digit(text[0]) && value < 100000; text.remove_prefix(1)) value = value * 10 + (text[0] - '0');
    return true;
  }

  /// [+-]hh[:mm[:ss]] in seconds.
  static bool take_offset(std::string_view& text, std::int32_t& seconds) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    int part = 0;
    if (!take_int(text, part) || part > 167) return false;
    seconds = part * 3600;
    for (const int unit : {60, 1}) {
      if (!text.starts_with(':')) break;
      text.remove_prefix(1);
      if (!take_int(text, part) || part > 59) return false;
      seconds += part * unit;
    }
    if (negative) seconds = -seconds;
    return true;
  }

  static bool take_rule(std::string_view& text, YearlyRule& rule) {
    if (!text.starts_with(',')) return false;
    text.remove_prefix(1);
    if (text.starts_with('M')) {
      text.remove_prefix(1);
      rule.form = YearlyRule::Form::month_week_day;
      for (int* field : {&rule.month, &rule.week, &rule.day}) {
        if (!take_int(text, *field)) return false;
        if (field != &rule.day && !text.starts_with('.')) return false;
        if (field != &rule.day) text.remove_prefix(1);
      }
      if (rule.month < 1 || rule.month > 12 || rule.week < 1 || rule.week > 5 || rule.day > 6) return false;
    } else {
      rule.form = YearlyRule::Form::zero_based;
      if (text.starts_with('J')) {
        text.remove_prefix(1);
        rule.form = YearlyRule::Form::julian_without_leap_day;
      }
      if (!take_int(text, rule.day) || rule.day > 366) return false;
    }
    if (text.starts_with('/')) {
      text.remove_prefix(1);
      return take_offset(text, rule.seconds);
    }
    return true;
  }

  std::string_view rest_;
  TimeZone zone_;
};

Result<TimeZone> TimeZone::parse(std::string_view bytes) { return TzFileReader(bytes).read(); }

}  // namespace unitparser
