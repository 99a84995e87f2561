// The last log lines of a unit, for `status`. [os: reads the journal]
#include "ctl/log_tail.h"

#include <fmt/format.h>


#include "ctl/local_journal.h"
#include "ctl/render/text.h"
#include "ctl/render/time_text.h"
#include "unitparser/base/bytes.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

class TailReader {
 public:
  TailReader(const Terminal& terminal, const LogQuery& query) : terminal_(terminal), query_(query) {}

  LogTail read() {
    LogTail result;
    if (!journal_.open()) return result;
    add_matches();
    if (!journal_.seek_tail()) return result;
    std::size_t shown = 0;
    for (bool more = journal_.back(query_.lines); more; more = journal_.next()) {
      if (journal_.monotonic_usec().value_or(UINT64_MAX) < query_.not_before_monotonic) continue;
      print_entry(result);
      ++shown;
    }
    result.rotated = shown < query_.lines && query_.not_before_monotonic > 0 && query_.not_before_monotonic < journal_.oldest_monotonic_usec().value_or(0);
    return result;
  }

 private:
  void match(const std::string& text) { journal_.match(text); }
  void add_matches() {
    const auto& unit = query_.unit;
    if (query_.user_uid) {
      const auto uid = "_UID=" + std::to_string(*query_.user_uid);
      match("_SYSTEMD_USER_UNIT=" + unit);
      match(uid);
      journal_.or_else();
      match("USER_UNIT=" + unit);
      match(uid);
    } else {
      match("_SYSTEMD_UNIT=" + unit);
      journal_.or_else();
      match("MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1");  // a core dump of one of its processes
      match("_UID=0");
      match("COREDUMP_UNIT=" + unit);
      journal_.or_else();
      match("_PID=1");
      match("UNIT=" + unit);
      journal_.or_else();
      match("_UID=0");
      match("OBJECT_SYSTEMD_UNIT=" + unit);
    }
    if (query_.is_slice) {
      journal_.or_else();
      match("_SYSTEMD_SLICE=" + unit);
    }
    journal_.and_also();
    match("_BOOT_ID=" + journal_.boot_id());
  }

  std::string moment(std::uint64_t realtime) {
    const std::uint64_t monotonic = journal_.monotonic_usec().value_or(0);
    constexpr std::uint64_t second = 1'000'000;
    switch (query_.output) {
      case LogOutput::short_precise: return fmt::format("{}.{:06}", log_time_text(realtime), realtime % second);
      case LogOutput::short_monotonic: return fmt::format("[{:5}.{:06}]", monotonic / second, monotonic % second);
      case LogOutput::short_unix: return fmt::format("{}.{:06}", realtime / second, realtime % second);
      case LogOutput::short_full:
      case LogOutput::with_unit: return timestamp_text(realtime, TimestampStyle::pretty);
      case LogOutput::short_iso: return iso_time_text(realtime, IsoPrecision::seconds);
      case LogOutput::short_iso_precise: return iso_time_text(realtime, IsoPrecision::microseconds);
      default: return log_time_text(realtime);
    }
  }

  void print_entry(LogTail& result) {
    std::uint64_t realtime = journal_.realtime_usec();
    if (const auto source = journal_.field("_SOURCE_REALTIME_TIMESTAMP"); !source.empty())
      if (const auto number = unitparser::parse_unsigned(source)) realtime = *number;
    const auto message = journal_.field("MESSAGE");
    std::string prefix;
    if (query_.output != LogOutput::cat) {
      prefix = moment(realtime);
      if (const auto host = journal_.field("_HOSTNAME"); !host.empty()) prefix += " " + host;
      auto program = journal_.field("SYSLOG_IDENTIFIER");
      if (program.empty()) program = journal_.field("_COMM");
      prefix += " " + (program.empty() ? "unknown" : program);
      auto pid = journal_.field("_PID");
      if (pid.empty()) pid = journal_.field("SYSLOG_PID");
      if (!pid.empty()) prefix += "[" + pid + "]";
      prefix += ": ";
    }
    print_message(result, prefix, message, journal_.field("PRIORITY"));
  }

  void print_message(LogTail& result, const std::string& prefix, std::string_view message, std::string_view priority) {
    const bool printable = unitparser::is_valid_utf8(message) && !unitparser::has_control_characters(message, "\n\t\x1b");
    if (!printable && !query_.all) {
      result.text += prefix + fmt::format("[{} blob data]\n", unitparser::format_bytes(message.size()));
      return;
    }
    const auto limit = query_.full ? static_cast<std::size_t>(-1) : terminal_.line_limit();
    const auto width = display_width(prefix);
    const bool cut = limit != static_cast<std::size_t>(-1);
    const auto styles = priority_styles(priority);
    bool first = true;
    for (const auto line : unitparser::split_at(message, '\n')) {
      result.text += std::exchange(first, false) ? prefix : std::string(width, ' ');
      std::string shown(unitparser::trim_right(line));
      if (cut && width + display_width(shown) > limit) {
        constexpr unsigned head_percent = 90;
        shown = ellipsize(shown, limit > width ? limit - width : 0, head_percent, terminal_.utf8());
        result.ellipsized = true;
        result.text += styles.first.empty() ? shown : styles.first + shown + std::string(terminal_.style(Style::normal));
      } else if (styles.first.empty()) {
        result.text += shown;
      } else {
        result.text += styles.first + styles.second + styles.first + shown + std::string(terminal_.style(Style::normal));
      }
      result.text += '\n';
    }
  }

  /// The colour of a priority, and that of what a search would highlight in it.
  std::pair<std::string, std::string> priority_styles(std::string_view priority) const {
    const auto style = [this](Style s) { return std::string(terminal_.style(s)); };
    if (priority.size() != 1 || !terminal_.colors()) return {};
    if (priority[0] <= '3') return {style(Style::red), style(Style::bold)};
    if (priority[0] == '4') return {style(Style::yellow), style(Style::bold)};
    if (priority[0] == '5') return {style(Style::bold), style(Style::red)};
    if (priority[0] >= '7') return {style(Style::grey), style(Style::red)};
    return {};
  }

  const Terminal& terminal_;
  const LogQuery& query_;
  LocalJournal journal_;
};

}  // namespace

LogTail log_tail(const Terminal& terminal, const LogQuery& query) {
  if (query.lines == 0) return {};
  return TailReader(terminal, query).read();
}

}  // namespace ctl
