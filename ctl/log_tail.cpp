// The last log lines of a unit, for `status`. [os: reads the journal through libsystemd, loaded only when needed]
#include "ctl/log_tail.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "ctl/render/text.h"
#include "ctl/render/time_text.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

/// The few functions of libsystemd that are needed. Loading it costs a millisecond that only `status` should pay.
struct JournalLibrary {
  void* handle = nullptr;
  decltype(&sd_journal_open) open = nullptr;
  decltype(&sd_journal_close) close = nullptr;
  decltype(&sd_journal_add_match) add_match = nullptr;
  decltype(&sd_journal_add_disjunction) add_or = nullptr;
  decltype(&sd_journal_add_conjunction) add_and = nullptr;
  decltype(&sd_journal_seek_tail) seek_tail = nullptr;
  decltype(&sd_journal_previous_skip) previous_skip = nullptr;
  decltype(&sd_journal_next) next = nullptr;
  decltype(&sd_journal_get_data) get_data = nullptr;
  decltype(&sd_journal_get_realtime_usec) get_realtime = nullptr;
  decltype(&sd_journal_get_monotonic_usec) get_monotonic = nullptr;
  decltype(&sd_journal_get_cutoff_monotonic_usec) get_cutoff = nullptr;
  decltype(&sd_id128_get_boot) get_boot = nullptr;

  bool load() {
    handle = dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) return false;
    const auto find = [this](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
      return function != nullptr;
    };
    return find(open, "sd_journal_open") && find(close, "sd_journal_close") && find(add_match, "sd_journal_add_match") &&
           find(add_or, "sd_journal_add_disjunction") && find(add_and, "sd_journal_add_conjunction") && find(seek_tail, "sd_journal_seek_tail") &&
           find(previous_skip, "sd_journal_previous_skip") && find(next, "sd_journal_next") && find(get_data, "sd_journal_get_data") &&
           find(get_realtime, "sd_journal_get_realtime_usec") && find(get_monotonic, "sd_journal_get_monotonic_usec") &&
           find(get_cutoff, "sd_journal_get_cutoff_monotonic_usec") && find(get_boot, "sd_id128_get_boot");
  }
};

std::string hexadecimal(const sd_id128_t& id) {
  std::string text;
  for (const auto byte : id.bytes) text += fmt::format("{:02x}", byte);
  return text;
}

class TailReader {
 public:
  TailReader(const Terminal& terminal, const LogQuery& query) : terminal_(terminal), query_(query) {}
  ~TailReader() {
    if (journal_ != nullptr) library_.close(journal_);
  }
  TailReader(const TailReader&) = delete;
  TailReader& operator=(const TailReader&) = delete;

  LogTail read() {
    LogTail result;
    if (!library_.load() || library_.open(&journal_, SD_JOURNAL_LOCAL_ONLY) < 0) return result;
    sd_id128_t boot{};
    if (library_.get_boot(&boot) < 0) return result;
    add_matches(hexadecimal(boot));
    if (library_.seek_tail(journal_) < 0) return result;
    std::size_t shown = 0;
    for (int more = library_.previous_skip(journal_, query_.lines); more > 0; more = library_.next(journal_)) {
      if (is_too_old(boot)) continue;
      print_entry(result);
      ++shown;
    }
    std::uint64_t oldest = 0;
    result.rotated = shown < query_.lines && query_.not_before_monotonic > 0 &&
                     library_.get_cutoff(journal_, boot, &oldest, nullptr) > 0 && query_.not_before_monotonic < oldest;
    return result;
  }

 private:
  void match(const std::string& text) { library_.add_match(journal_, text.data(), text.size()); }
  void add_matches(const std::string& boot) {
    const auto& unit = query_.unit;
    if (query_.user_uid) {
      const auto uid = "_UID=" + std::to_string(*query_.user_uid);
      match("_SYSTEMD_USER_UNIT=" + unit);
      match(uid);
      library_.add_or(journal_);
      match("USER_UNIT=" + unit);
      match(uid);
    } else {
      match("_SYSTEMD_UNIT=" + unit);
      library_.add_or(journal_);
      match("MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1");  // a core dump of one of its processes
      match("_UID=0");
      match("COREDUMP_UNIT=" + unit);
      library_.add_or(journal_);
      match("_PID=1");
      match("UNIT=" + unit);
      library_.add_or(journal_);
      match("_UID=0");
      match("OBJECT_SYSTEMD_UNIT=" + unit);
    }
    if (query_.is_slice) {
      library_.add_or(journal_);
      match("_SYSTEMD_SLICE=" + unit);
    }
    library_.add_and(journal_);
    match("_BOOT_ID=" + boot);
  }

  bool is_too_old(const sd_id128_t& boot) {
    std::uint64_t monotonic = 0;
    sd_id128_t entry_boot{};
    if (query_.not_before_monotonic == 0 || library_.get_monotonic(journal_, &monotonic, &entry_boot) < 0) return false;
    return std::equal(std::begin(boot.bytes), std::end(boot.bytes), std::begin(entry_boot.bytes)) && monotonic < query_.not_before_monotonic;
  }

  std::string field(const char* name) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (library_.get_data(journal_, name, &data, &size) < 0) return {};
    const std::string_view text(static_cast<const char*>(data), size);
    const auto equals = text.find('=');
    return equals == std::string_view::npos ? std::string() : std::string(text.substr(equals + 1));
  }

  std::string moment(std::uint64_t realtime) {
    std::uint64_t monotonic = 0;
    sd_id128_t boot{};
    library_.get_monotonic(journal_, &monotonic, &boot);
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
    std::uint64_t realtime = 0;
    library_.get_realtime(journal_, &realtime);
    if (const auto source = field("_SOURCE_REALTIME_TIMESTAMP"); !source.empty())
      if (const auto number = unitparser::parse_unsigned(source)) realtime = *number;
    const auto message = field("MESSAGE");
    std::string prefix;
    if (query_.output != LogOutput::cat) {
      prefix = moment(realtime);
      if (const auto host = field("_HOSTNAME"); !host.empty()) prefix += " " + host;
      auto program = field("SYSLOG_IDENTIFIER");
      if (program.empty()) program = field("_COMM");
      prefix += " " + (program.empty() ? "unknown" : program);
      auto pid = field("_PID");
      if (pid.empty()) pid = field("SYSLOG_PID");
      if (!pid.empty()) prefix += "[" + pid + "]";
      prefix += ": ";
    }
    print_message(result, prefix, message, field("PRIORITY"));
  }

  void print_message(LogTail& result, const std::string& prefix, std::string_view message, std::string_view priority) {
    const bool printable = unitparser::is_valid_utf8(message) && !unitparser::has_control_characters(message, "\n\t\x1b");
    if (!printable && !query_.all) {
      result.text += prefix + fmt::format("[{} blob data]\n", bytes_text(message.size()));
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
  JournalLibrary library_;
  sd_journal* journal_ = nullptr;
};

}  // namespace

LogTail log_tail(const Terminal& terminal, const LogQuery& query) {
  if (query.lines == 0) return {};
  return TailReader(terminal, query).read();
}

}  // namespace ctl
