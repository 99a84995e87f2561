#include "journal/journalctl/printer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <map>

#include "journal/journalctl/catalog.h"
#include "journal/query/cursor.h"
#include "journal/text/bytes.h"
#include "journal/text/id128.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

constexpr std::size_t shown_characters = 300;  // of a field, before a terminal's width cuts it
constexpr std::size_t shown_lines = 3;
constexpr std::size_t longest_identifier = 128;

constexpr std::string_view color_off = "\x1B[0m";
constexpr std::string_view color_error = "\x1B[0;1;31m";
constexpr std::string_view color_warning = "\x1B[0;1;38;5;185m";
constexpr std::string_view color_notice = "\x1B[0;1;39m";
constexpr std::string_view color_debug = "\x1B[0;38;5;245m";
constexpr std::string_view color_match = "\x1B[0;1;38;5;185m\x1B[4m";

std::string_view color_of(int priority) {
  if (priority <= 3) return color_error;
  if (priority == 4) return color_warning;
  if (priority == 5) return color_notice;
  if (priority >= 7) return color_debug;
  return {};
}

bool is_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// The text without colour sequences and with tabs as eight spaces, as for a terminal; in `plain` when it differs.
std::string_view plain_text(std::string_view text, std::string& plain) {
  if (text.find_first_of("\t\r\x1B") == std::string_view::npos) return text;
  plain.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\t') {
      plain.append(8, ' ');
    } else if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] == '\n')) {
      continue;
    } else if (text[i] == '\x1B' && i + 1 < text.size() && text[i + 1] == '[') {
      std::size_t end = i + 2;
      while (end < text.size() && std::strchr("0123456789;", text[end]) != nullptr && text[end] != '\0') ++end;
      if (end < text.size() && text[end] == 'm') i = end;
      else plain += text[i];
    } else if (text[i] == '\x1B' && i + 1 < text.size() && text[i + 1] == ']') {
      std::size_t end = i + 2;
      while (end < text.size() && static_cast<unsigned char>(text[end]) >= ' ') ++end;
      if (end < text.size() && text[end] == '\a') i = end;
      else plain += text[i];
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// East Asian wide characters take two columns. COMPAT: journalctl(1) counts pictures as one.
bool is_wide(std::uint32_t c) {
  struct Range {
    std::uint32_t first, last;
  };
  constexpr std::array wide{Range{0x1100, 0x115F},   Range{0x2329, 0x232A},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
                            Range{0xA960, 0xA97C},   Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE10, 0xFE19},
                            Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1B000, 0x1B001},
                            Range{0x1F200, 0x1F202}, Range{0x1F210, 0x1F23A}, Range{0x1F240, 0x1F248}, Range{0x1F250, 0x1F251},
                            Range{0x20000, 0x2FFFD}, Range{0x30000, 0x3FFFD}};
  return std::any_of(wide.begin(), wide.end(), [c](const Range& range) { return c >= range.first && c <= range.last; });
}

struct Character {
  std::size_t begin = 0, columns = 1;
};
std::vector<Character> characters_of(std::string_view text) {
  std::vector<Character> characters;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max<std::size_t>(unitparser::utf8_sequence_length(text.substr(i)), 1);
    std::uint32_t c = static_cast<unsigned char>(text[i]);
    if (length > 1) {
      c &= 0xFFU >> (length + 1);
      for (std::size_t k = 1; k < length; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
    }
    characters.push_back({i, is_wide(c) ? 2U : 1U});
    i += length;
  }
  return characters;
}

/// Shortens to `width` columns, with the dots at `percent` of them.
std::string ellipsize(std::string_view text, std::size_t width, unsigned percent, bool utf8) {
  const bool is_ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const std::string_view dots = utf8 ? "…" : "...";
  if (is_ascii) {
    const std::size_t dot_columns = utf8 ? 1 : 3;
    if (text.size() <= width) return std::string(text);
    if (width <= dot_columns) return std::string(text.substr(0, width));
    const std::size_t left = ((width - dot_columns) * percent + 50) / 100;
    return std::string(text.substr(0, left)).append(dots).append(text.substr(text.size() - (width - dot_columns - left)));
  }
  // COMPAT: with other characters journalctl(1) fills both sides first and then gives up one character for the dots, of the right
  // side where there is one.
  const std::vector<Character> characters = characters_of(text);
  const std::size_t wanted = (width - 1) * percent / 100;
  std::size_t columns = 0, left = 0, right = characters.size();
  while (left < characters.size() && columns + characters[left].columns <= wanted) columns += characters[left++].columns;
  while (right > left && columns + characters[right - 1].columns <= width) columns += characters[--right].columns;
  if (left >= right) return std::string(text);
  if (right < characters.size()) ++right;
  else if (left > 0) --left;
  const std::size_t left_end = left < characters.size() ? characters[left].begin : text.size();
  const std::size_t right_begin = right < characters.size() ? characters[right].begin : text.size();
  return std::string(text.substr(0, left_end)).append(dots).append(text.substr(right_begin));
}

}  // namespace

Printer::Printer(const Options& options, TerminalStyle style, const Catalog* catalog)
    : options_(options), style_(style), catalog_(catalog), time_(options.utc ? Zone::utc : Zone::local) {}

bool Printer::is_selected(std::string_view field) const {
  return options_.output_fields.empty() ||
         std::find(options_.output_fields.begin(), options_.output_fields.end(), field) != options_.output_fields.end();
}

Printer::LineField Printer::line_field_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, LineField>, line_fields - 1> names{{
      {"MESSAGE", LineField::message},
      {"MESSAGE_ID", LineField::message_id},
      {"PRIORITY", LineField::priority},
      {"SYSLOG_IDENTIFIER", LineField::identifier},
      {"SYSLOG_PID", LineField::syslog_pid},
      {"_HOSTNAME", LineField::hostname},
      {"_PID", LineField::pid},
      {"_COMM", LineField::comm},
      {"_SOURCE_REALTIME_TIMESTAMP", LineField::realtime},
      {"_SOURCE_MONOTONIC_TIMESTAMP", LineField::monotonic},
      {"_SYSTEMD_UNIT", LineField::unit},
      {"_SYSTEMD_USER_UNIT", LineField::user_unit},
  }};
  const auto found = std::find_if(names.begin(), names.end(), [name](const auto& entry) { return entry.first == name; });
  return found == names.end() ? LineField::none : found->second;
}

bool Printer::is_short(const LineText& text) {
  return text.text.size() <= longest_identifier && (text.is_plain || is_printable(text.text, NewlineRule::forbidden));
}

void Printer::collect(Journal& journal) {
  line_.fill({});
  priority_ = 6;
  has_message_ = has_hostname_ = false;
  all_fields_.clear();
  const bool keep_all = catalog_ != nullptr;
  journal.for_each_field([&](const Datum& datum) {
    if (keep_all) all_fields_.push_back(std::string(datum.name).append("=").append(journal.value(datum)));
    for (auto number = line_field_by_number_.size(); number <= datum.field; ++number)
      line_field_by_number_.push_back(number == 0 ? LineField::none : line_field_of(journal.field_name(static_cast<std::uint32_t>(number))));
    const LineField field = datum.field != 0 ? line_field_by_number_[datum.field] : line_field_of(datum.name);
    if (field == LineField::none) return true;
    const LineText value{journal.value(datum), datum.is_plain};
    LineText& line = line_[static_cast<std::size_t>(field)];
    switch (field) {
      case LineField::message:
        if (!has_message_) line = value;
        has_message_ = true;
        break;
      case LineField::priority:
        if (value.text.size() == 1 && value.text[0] >= '0' && value.text[0] <= '7') priority_ = value.text[0] - '0';
        break;
      case LineField::hostname:
        line = value;
        has_hostname_ = true;
        break;
      default:
        if (line.text.empty()) line = value;  // of several values the first
    }
    return true;
  });
}

void Printer::append_realtime(std::string& out, std::uint64_t usec) {
  const auto append_fraction = [&] {
    std::array<char, 7> fraction{'.'};
    std::uint64_t rest = usec % 1'000'000;
    for (std::size_t i = fraction.size(); --i > 0; rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
    out.append(fraction.data(), fraction.size());
  };
  switch (options_.output) {
    case OutputMode::precise:
      out.append(time_.brief(usec));
      append_fraction();
      break;
    case OutputMode::iso: out.append(time_.iso(usec)).append(time_.iso_zone(usec)); break;
    case OutputMode::iso_precise:
      out.append(time_.iso(usec));
      append_fraction();
      out.append(time_.iso_zone(usec));
      break;
    case OutputMode::full:
    case OutputMode::with_unit: out.append(time_.full(usec)).append(" ").append(time_.full_zone(usec)); break;
    case OutputMode::unix_time:
      append_number(out, usec / 1'000'000);
      append_fraction();
      break;
    default: out.append(time_.brief(usec)); break;
  }
}

std::uint64_t Printer::shown_realtime(const EntryLocation& at) const {
  std::uint64_t usec = 0;
  return is_number(line(LineField::realtime).text, usec) && usec != 0 && usec < (1ULL << 55) ? usec : at.realtime;
}

void Printer::append_time(Journal& journal, std::string& out) {
  const EntryLocation& at = journal.current();
  if (options_.output != OutputMode::monotonic && options_.output != OutputMode::delta) {
    append_realtime(out, shown_realtime(at));
    return;
  }
  std::uint64_t usec = 0;
  if (!is_number(line(LineField::monotonic).text, usec)) usec = at.monotonic;
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "[%5" PRIu64 ".%06" PRIu64, usec / 1'000'000, usec % 1'000'000);
  out.append(text.data());
  if (options_.output == OutputMode::delta) {
    const std::uint64_t realtime = shown_realtime(at);
    if (has_last_) {
      // Between two boots only the wall clock tells a distance, and that is marked.
      const bool same_boot = last_boot_ == at.boot_id;
      const std::uint64_t from = same_boot ? last_monotonic_ : last_realtime_, to = same_boot ? usec : realtime;
      const std::uint64_t delta = to > from ? to - from : 0;
      std::snprintf(text.data(), text.size(), " <%5" PRIu64 ".%06" PRIu64 "%c>", delta / 1'000'000, delta % 1'000'000,
                    same_boot ? ' ' : '*');
      out.append(text.data());
    } else {
      out.append(16, ' ');
    }
    last_monotonic_ = usec;
    last_realtime_ = realtime;
    last_boot_ = at.boot_id;
    has_last_ = true;
  }
  out.append("]");
}

void Printer::append_multiline(std::string& out, std::string_view text, std::size_t indent, bool full,
                               std::string_view on, std::string_view off) const {
  if (text.empty()) {
    out.append("\n");
    return;
  }
  const std::size_t total = text.size();
  std::size_t begin = 0;
  for (std::size_t line = 0; begin < total; ++line) {
    const std::size_t end = std::min(text.find('\n', begin), total);
    const std::size_t length = end - begin;
    const bool is_tail = line + 1 == shown_lines || end + 1 >= shown_characters;
    if (line > 0) out.append(indent, ' ');
    const std::string_view whole = text.substr(begin, length);
    const std::string_view content = whole.substr(0, whole.find('\0'));  // COMPAT: journalctl(1) prints up to a NUL
    if (full || (indent + length + 1 < style_.columns && !is_tail)) {
      out.append(on).append(content).append(off).append("\n");
    } else {
      if (indent >= style_.columns || style_.columns - indent < 3) {
        out.append("...\n");
      } else if (style_.columns - indent > length + 3) {
        out.append(on).append(content).append(off).append("...\n");
      } else {
        out.append(on)
            .append(ellipsize(content, style_.columns - indent, is_tail ? 100 : 90, style_.utf8))
            .append(off)
            .append("\n");
      }
      if (is_tail) break;
    }
    begin = end + 1;
  }
}

void Printer::append_message(std::string& out, std::size_t indent, std::size_t match_begin, std::size_t match_end) {
  const std::string_view on = style_.colors ? color_of(priority_) : std::string_view{};
  const std::string_view off = on.empty() ? std::string_view{} : color_off;
  const bool marks_match = style_.colors && match_end > match_begin;
  const bool full = options_.full_width || options_.all;
  std::string_view message = line(LineField::message).text;
  const bool is_plain = line(LineField::message).is_plain || is_plain_text(message);
  if (is_plain && full && !marks_match && !message.empty()) {  // nearly all
    out.append(on).append(message).append(off).append("\n");
    return;
  }
  if (!options_.all && !is_plain) message = plain_text(message, scratch_);
  if (!options_.all && !is_plain && !is_printable(message, NewlineRule::allowed)) {
    out.append("[").append(format_bytes(message.size())).append(" blob data]\n");
  } else if (marks_match && match_end <= message.size()) {
    std::string marked(message.substr(0, match_begin));
    marked.append(color_match).append(message.substr(match_begin, match_end - match_begin)).append(color_off);
    marked.append(on).append(message.substr(match_end));
    append_multiline(out, marked, indent, true, on, off);
  } else {
    append_multiline(out, message, indent, full, on, off);
  }
}

void Printer::print_line(Journal& journal, std::string& out, std::size_t match_begin, std::size_t match_end) {
  collect(journal);
  if (!has_message_) {
    // Nothing to show of it, but the next line's distance is counted from it.
    if (options_.output == OutputMode::delta) {
      scratch_.clear();
      append_time(journal, scratch_);
    }
    return;
  }
  const std::size_t start = out.size();
  append_time(journal, out);
  const LineText& hostname = line(LineField::hostname);
  if (!options_.no_hostname && has_hostname_ && is_short(hostname)) out.append(" ").append(hostname.text);
  const LineText &identifier = line(LineField::identifier), &comm = line(LineField::comm);
  const LineText &unit = line(LineField::unit), &user_unit = line(LineField::user_unit);
  // COMPAT: journalctl(1) indents further lines by a count of its own: without "unknown", and with the system unit's length
  // for the user's unit as well.
  std::size_t uncounted = 0, counted_more = 0;
  if (options_.output == OutputMode::with_unit && (!unit.text.empty() || !user_unit.text.empty())) {
    out.append(" ");
    if (is_short(unit)) out.append(unit.text);
    if (!user_unit.text.empty() && is_short(user_unit)) {
      if (!unit.text.empty()) out.append("/");
      out.append(user_unit.text);
      uncounted = user_unit.text.size() + (unit.text.empty() ? 0 : 1);
      counted_more = unit.text.size() + (unit.text.empty() ? 0 : 1);
    }
  } else if (!identifier.text.empty() && is_short(identifier)) {
    out.append(" ").append(identifier.text);
  } else if (!comm.text.empty() && is_short(comm)) {
    out.append(" ").append(comm.text);
  } else {
    out.append(" unknown");
    uncounted = sizeof(" unknown") - 1;
  }
  for (const LineField field : {LineField::pid, LineField::syslog_pid}) {
    if (line(field).text.empty() || !is_short(line(field))) continue;
    out.append("[").append(line(field).text).append("]");
    break;
  }
  out.append(": ");
  append_message(out, out.size() - start - uncounted + counted_more, match_begin, match_end);
  if (catalog_ != nullptr) print_catalog(out);
}

void Printer::print_catalog(std::string& out) {
  const auto id = parse_id(line(LineField::message_id).text);
  if (!id) return;
  const std::string text = catalog_->explain(*id, all_fields_);
  if (text.empty()) return;
  const std::string_view prefix = style_.utf8 ? "░░ " : "-- ";
  for (const std::string_view line : unitparser::split_at(unitparser::trim_right(text, "\n"), '\n'))
    out.append(prefix).append(line).append("\n");
}

void Printer::print_verbose(Journal& journal, std::string& out) {
  const EntryLocation& at = journal.current();
  const bool full = options_.full_width;
  std::uint64_t usec = at.realtime;
  journal.for_each_datum([&](std::string_view payload) {
    constexpr std::string_view name = "_SOURCE_REALTIME_TIMESTAMP=";
    std::uint64_t source = 0;
    if (payload.starts_with(name) && is_number(payload.substr(name.size()), source) && source != 0) usec = source;
    return !payload.starts_with(name);
  });
  std::array<char, 16> fraction;
  std::snprintf(fraction.data(), fraction.size(), ".%06u ", static_cast<unsigned>(usec % 1'000'000));
  out.append(time_.full(usec)).append(fraction.data()).append(time_.full_zone(usec));
  out.append(" [").append(format_cursor(at)).append("]\n");
  if (catalog_ != nullptr) collect(journal);
  journal.for_each_datum([&](std::string_view payload) {
    const std::size_t equals = payload.find('=');
    const std::string_view field = payload.substr(0, equals);
    const std::string_view value = payload.substr(equals + 1);
    if (!is_selected(field)) return true;
    const bool is_message = style_.colors && field == "MESSAGE";
    out.append("    ");
    if (is_message) out.append("\x1B[0;1;39m");
    out.append(field).append("=");
    if (options_.all || ((payload.size() < shown_characters || full) && is_printable(payload, NewlineRule::allowed)))
      append_multiline(out, value, 4 + field.size() + 1, true, {}, {});
    else
      out.append("[").append(format_bytes(value.size())).append(" blob data]\n");
    if (is_message) out.append(color_off);
    return true;
  });
  if (catalog_ != nullptr) print_catalog(out);
}

void Printer::print_export(Journal& journal, std::string& out) {
  const EntryLocation& at = journal.current();
  out.append("__CURSOR=");
  append_cursor(out, at);
  out.append("\n__REALTIME_TIMESTAMP=");
  append_number(out, at.realtime);
  out.append("\n__MONOTONIC_TIMESTAMP=");
  append_number(out, at.monotonic);
  out.append("\n_BOOT_ID=");
  append_id(out, at.boot_id);
  out.append("\n");
  journal.for_each_field([&](const Datum& datum) {
    if (datum.name == "_BOOT_ID" || !is_selected(datum.name)) return true;
    const std::string_view value = journal.value(datum);
    if (datum.is_plain || (is_printable(datum.name, NewlineRule::forbidden) && is_printable(value, NewlineRule::forbidden))) {
      out.append(datum.name).append("=").append(value).append("\n");
      return true;
    }
    const std::uint64_t size = value.size();
    char encoded[8];
    std::memcpy(encoded, &size, sizeof size);
    out.append(datum.name).append("\n").append(encoded, sizeof encoded).append(value).append("\n");
    return true;
  });
  out.append("\n");
}

void Printer::print_cat(Journal& journal, std::string& out) {
  // COMPAT: journalctl(1) -o cat: the message alone, or the chosen fields' values line by line.
  const auto show = [&](std::string_view wanted) {
    if (const auto value = journal.first_value(wanted)) out.append(*value).append("\n");
  };
  if (options_.output_fields.empty()) show("MESSAGE");
  for (const std::string& field : options_.output_fields) show(field);
}

void Printer::print(Journal& journal, std::string& out, std::size_t match_begin, std::size_t match_end) {
  switch (options_.output) {
    case OutputMode::verbose: print_verbose(journal, out); break;
    case OutputMode::export_format: print_export(journal, out); break;
    case OutputMode::json:
    case OutputMode::json_pretty:
    case OutputMode::json_sse:
    case OutputMode::json_seq: print_json(journal, out); break;
    case OutputMode::cat: print_cat(journal, out); break;
    default: print_line(journal, out, match_begin, match_end); break;
  }
}

}  // namespace journal
