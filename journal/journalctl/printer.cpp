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

/// Removes colour sequences and makes tabs eight spaces, as for a terminal.
void plain_text(std::string& text) {
  if (text.find_first_of("\t\x1B") == std::string::npos) return;
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\t') {
      plain.append(8, ' ');
    } else if (text[i] == '\x1B' && i + 1 < text.size() && text[i + 1] == '[') {
      std::size_t end = i + 2;
      while (end < text.size() && std::strchr("0123456789;", text[end]) != nullptr && text[end] != '\0') ++end;
      if (end < text.size() && text[end] == 'm') i = end;
      else plain += text[i];
    } else if (text[i] == '\x1B' && i + 1 < text.size() && text[i + 1] == ']') {
      std::size_t end = i + 2;
      while (end < text.size() && text[end] != '\a' && text[end] != '\x1B') ++end;
      if (end < text.size() && text[end] == '\a') i = end;
      else if (end + 1 < text.size() && text[end + 1] == '\\') i = end + 1;
      else plain += text[i];
    } else {
      plain += text[i];
    }
  }
  text = std::move(plain);
}

/// Shortens to `width` columns, with the dots at `percent` of them. ASCII columns; other characters count as one each.
std::string ellipsize(std::string_view text, std::size_t width, unsigned percent, bool utf8) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) starts.push_back(i);
  if (starts.size() <= width) return std::string(text);
  const std::size_t dots = utf8 ? 1 : 3;
  if (width <= dots) return std::string(text.substr(0, width));
  const std::size_t left = ((width - dots) * percent + 50) / 100;
  const std::size_t right = width - dots - left;
  std::string shortened(text.substr(0, starts[left]));
  shortened += utf8 ? "…" : "...";
  if (right > 0) shortened += text.substr(starts[starts.size() - right]);
  return shortened;
}

}  // namespace

bool is_printable(std::string_view text, NewlineRule newlines) {
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text[0]);
    if (c < 0x80) {
      if (c == '\n' ? newlines == NewlineRule::forbidden : (c < ' ' && c != '\t') || c == 0x7F) return false;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = unitparser::utf8_sequence_length(text);
    if (length == 0 || (c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0)) return false;
    text.remove_prefix(length);
  }
  return true;
}

void Printer::LineFields::clear() {
  for (std::string* text : {&hostname, &identifier, &comm, &pid, &syslog_pid, &transport, &message, &unit, &user_unit,
                            &realtime, &monotonic})
    text->clear();
  priority = 6;
  has_message = has_hostname = false;
}

Printer::Printer(const Options& options, TerminalStyle style, const Catalog* catalog)
    : options_(options), style_(style), catalog_(catalog), time_(options.utc ? Zone::utc : Zone::local) {}

bool Printer::is_selected(std::string_view field) const {
  return options_.output_fields.empty() ||
         std::find(options_.output_fields.begin(), options_.output_fields.end(), field) != options_.output_fields.end();
}

void Printer::collect(Journal& journal) {
  line_.clear();
  message_id_.clear();
  all_fields_.clear();
  const bool keep_all = catalog_ != nullptr;
  journal.for_each_datum([&](std::string_view payload) {
    const std::size_t equals = payload.find('=');
    const std::string_view field = payload.substr(0, equals);
    const std::string_view value = payload.substr(equals + 1);
    if (keep_all) all_fields_.emplace_back(payload);
    // Fields with several values show the first.
    const auto take = [&](std::string_view name, std::string& target) {
      if (field != name || !target.empty()) return false;
      target = value;
      return true;
    };
    switch (field[0]) {
      case 'M':
        if (field == "MESSAGE" && !line_.has_message) {
          line_.message = value;
          line_.has_message = true;
        } else {
          take("MESSAGE_ID", message_id_);
        }
        break;
      case 'P':
        if (field == "PRIORITY" && value.size() == 1 && value[0] >= '0' && value[0] <= '7')
          line_.priority = value[0] - '0';
        break;
      case 'S':
        if (!take("SYSLOG_IDENTIFIER", line_.identifier)) take("SYSLOG_PID", line_.syslog_pid);
        break;
      case '_':
        if (field == "_HOSTNAME") {
          line_.hostname = value;
          line_.has_hostname = true;
        } else if (!take("_PID", line_.pid) && !take("_COMM", line_.comm) && !take("_TRANSPORT", line_.transport) &&
                   !take("_SOURCE_REALTIME_TIMESTAMP", line_.realtime) &&
                   !take("_SOURCE_MONOTONIC_TIMESTAMP", line_.monotonic) && !take("_SYSTEMD_UNIT", line_.unit)) {
          take("_SYSTEMD_USER_UNIT", line_.user_unit);
        }
        break;
      default: break;
    }
    return true;
  });
}

void Printer::append_realtime(std::string& out, std::uint64_t usec) {
  std::array<char, 32> fraction;
  std::snprintf(fraction.data(), fraction.size(), ".%06u", static_cast<unsigned>(usec % 1'000'000));
  switch (options_.output) {
    case OutputMode::precise: out.append(time_.brief(usec)).append(fraction.data()); break;
    case OutputMode::iso: out.append(time_.iso(usec)).append(time_.iso_zone(usec)); break;
    case OutputMode::iso_precise:
      out.append(time_.iso(usec)).append(fraction.data()).append(time_.iso_zone(usec));
      break;
    case OutputMode::full:
    case OutputMode::with_unit: out.append(time_.full(usec)).append(" ").append(time_.full_zone(usec)); break;
    case OutputMode::unix_time: out.append(std::to_string(usec / 1'000'000)).append(fraction.data()); break;
    default: out.append(time_.brief(usec)); break;
  }
}

void Printer::append_time(Journal& journal, std::string& out) {
  const EntryLocation& at = journal.current();
  if (options_.output != OutputMode::monotonic && options_.output != OutputMode::delta) {
    std::uint64_t usec = 0;
    if (!is_number(line_.realtime, usec) || usec == 0 || usec >= (1ULL << 55)) usec = at.realtime;
    append_realtime(out, usec);
    return;
  }
  std::uint64_t usec = 0;
  if (!is_number(line_.monotonic, usec)) usec = at.monotonic;
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "[%5" PRIu64 ".%06" PRIu64, usec / 1'000'000, usec % 1'000'000);
  out.append(text.data());
  if (options_.output == OutputMode::delta) {
    if (has_last_ && last_boot_ == at.boot_id) {
      const std::uint64_t delta = usec > last_monotonic_ ? usec - last_monotonic_ : 0;
      std::snprintf(text.data(), text.size(), " <%5" PRIu64 ".%06" PRIu64 " >", delta / 1'000'000, delta % 1'000'000);
      out.append(text.data());
    } else {
      out.append(16, ' ');
    }
    last_monotonic_ = usec;
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
    const std::string_view content = text.substr(begin, length);
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

void Printer::print_line(Journal& journal, std::string& out, std::size_t match_begin, std::size_t match_end) {
  collect(journal);
  if (!line_.has_message) {
    // Nothing to show of it, but the next line's distance is counted from it.
    if (options_.output == OutputMode::delta) {
      scratch_.clear();
      append_time(journal, scratch_);
    }
    return;
  }
  const std::size_t start = out.size();
  append_time(journal, out);
  const auto is_short = [](std::string_view text) {
    return text.size() <= longest_identifier && is_printable(text, NewlineRule::forbidden);
  };
  if (!options_.no_hostname && line_.has_hostname && is_short(line_.hostname)) out.append(" ").append(line_.hostname);
  std::string_view identifier = line_.identifier;
  if (options_.output == OutputMode::with_unit && (!line_.unit.empty() || !line_.user_unit.empty())) {
    out.append(" ");
    if (is_short(line_.unit)) out.append(line_.unit);
    if (!line_.user_unit.empty() && is_short(line_.user_unit)) {
      if (!line_.unit.empty()) out.append("/");
      out.append(line_.user_unit);
    }
  } else if (!identifier.empty() && is_short(identifier)) {
    out.append(" ").append(identifier);
  } else if (!line_.comm.empty() && is_short(line_.comm)) {
    out.append(" ").append(line_.comm);
  } else {
    out.append(" unknown");
  }
  if (!line_.pid.empty() && is_short(line_.pid)) out.append("[").append(line_.pid).append("]");
  else if (!line_.syslog_pid.empty() && is_short(line_.syslog_pid))
    out.append("[").append(line_.syslog_pid).append("]");
  out.append(": ");
  const std::size_t indent = out.size() - start;
  if (!options_.all) plain_text(line_.message);
  if (!options_.all && !is_printable(line_.message, NewlineRule::allowed)) {
    out.append("[").append(format_bytes(line_.message.size())).append(" blob data]\n");
  } else {
    const std::string_view on = style_.colors ? color_of(line_.priority) : std::string_view{};
    const std::string_view off = on.empty() ? std::string_view{} : color_off;
    if (style_.colors && match_end > match_begin && match_end <= line_.message.size()) {
      scratch_.assign(line_.message, 0, match_begin);
      scratch_.append(color_match).append(line_.message, match_begin, match_end - match_begin).append(color_off);
      scratch_.append(on).append(line_.message, match_end);
      append_multiline(out, scratch_, indent, true, on, off);
    } else {
      append_multiline(out, line_.message, indent, options_.full_width || options_.all, on, off);
    }
  }
  if (catalog_ != nullptr) print_catalog(out);
}

void Printer::print_catalog(std::string& out) {
  const auto id = parse_id(message_id_);
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
  out.append("__CURSOR=").append(format_cursor(at));
  out.append("\n__REALTIME_TIMESTAMP=").append(std::to_string(at.realtime));
  out.append("\n__MONOTONIC_TIMESTAMP=").append(std::to_string(at.monotonic));
  out.append("\n_BOOT_ID=").append(format_id(at.boot_id)).append("\n");
  journal.for_each_datum([&](std::string_view payload) {
    const std::size_t equals = payload.find('=');
    const std::string_view field = payload.substr(0, equals);
    if (field == "_BOOT_ID" || !is_selected(field)) return true;
    if (is_printable(payload, NewlineRule::forbidden)) {
      out.append(payload).append("\n");
      return true;
    }
    const std::uint64_t size = payload.size() - equals - 1;
    char encoded[8];
    std::memcpy(encoded, &size, sizeof size);
    out.append(field).append("\n").append(encoded, sizeof encoded).append(payload.substr(equals + 1)).append("\n");
    return true;
  });
  out.append("\n");
}

void Printer::print_cat(Journal& journal, std::string& out) {
  // COMPAT: journalctl(1) -o cat: the message alone, or the chosen fields' values line by line.
  const bool chosen = !options_.output_fields.empty();
  const auto show = [&](std::string_view wanted) {
    journal.for_each_datum([&](std::string_view payload) {
      const std::size_t equals = payload.find('=');
      if (payload.substr(0, equals) != wanted) return true;
      const std::string_view value = payload.substr(equals + 1);
      out.append(value).append("\n");
      return false;
    });
  };
  if (!chosen) show("MESSAGE");
  else
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
