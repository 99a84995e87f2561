// LogSink: where the manager's own messages go: the journal when it listens, the kernel's log before and after. [os]
#pragma once

#include <unistd.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unitparser/base/fd.h"
#include "unitparser/config/manager_config.h"

namespace init {

using unitparser::LogTarget;

/// One message with its fields; `priority` as in syslog(3), 0 to 7.
struct LogRecord {
  int priority = 6;
  std::string message;
  std::vector<std::pair<std::string_view, std::string>> fields;  ///< "UNIT" and the like, constants; values may have any bytes
};

/// Writes without ever waiting: what the journal cannot take just now is kept for flush(), up to a bound; without a journal,
/// and above the bound, it goes to the kernel's log; what that cannot take is counted.
class LogSink {
 public:
  /// Where the journal listens, and the kernel's log; other paths for tests.
  explicit LogSink(std::string journal_socket = "/run/systemd/journal/socket", std::string kernel_log = "/dev/kmsg")
      : journal_socket_(std::move(journal_socket)), kernel_log_(std::move(kernel_log)) {}
  /// LogTarget=. What override_target() said goes before it until that is taken back with nothing.
  void set_target(LogTarget target) { target_ = target; }
  void override_target(std::optional<LogTarget> target) { overriding_target_ = target; }
  [[nodiscard]] const std::optional<LogTarget>& overriding_target() const { return overriding_target_; }
  [[nodiscard]] LogTarget target() const { return overriding_target_.value_or(target_); }
  /// Whether lines on the console carry colours (LogColor=) and the time (LogTime=).
  void set_console_style(bool colour, bool time) { console_colour_ = colour, console_time_ = time; }
  /// There is no console for us: what would go there is written to standard error.
  void use_standard_error_as_console() { console_is_stderr_ = true; }
  /// LogLevel=, and who overrules it, as with the target: messages of a lower urgency (a higher number) are dropped.
  void set_max_priority(int priority) { max_priority_ = priority; }
  void override_max_priority(std::optional<int> priority) { overriding_priority_ = priority; }
  [[nodiscard]] const std::optional<int>& overriding_priority() const { return overriding_priority_; }
  [[nodiscard]] int max_priority() const { return overriding_priority_.value_or(max_priority_); }

  void write(LogRecord record);
  void write(int priority, std::string_view message) { write(LogRecord{priority, std::string(message), {}}); }
  /// While it is on, what goes to the journal is kept for flush(), which sends many messages at once.
  void set_gathering(bool on) { gathering_ = on; }
  /// Sends what was kept; returns whether something is left, to be tried again soon.
  bool flush();
  /// Closes what is open, nothing kept: before an exec, and when the journal was restarted.
  void close();
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  /// What the kernel's log and the console get of a message.
  struct Line {
    int priority = 6;
    std::string message;
    bool is_of_job = false;
  };
  /// A message for the journal, and what is written elsewhere if it cannot take it.
  struct Kept {
    Line line;
    std::string datagram;
    [[nodiscard]] std::size_t size() const { return sizeof *this + line.message.size() + datagram.size(); }
  };
  /// Sends as many of the first ones as can be sent in one call. Negative errno for the first of them.
  int send_kept();
  void drop_first();
  bool connect_journal();
  bool write_journal(LogRecord& record);
  bool write_kmsg(const Line& line);
  bool write_console(const Line& line);
  /// Takes the text out of the record.
  static Line line_of(LogRecord& record);

  std::string journal_socket_;
  std::string kernel_log_;
  std::string own_pid_ = std::to_string(::getpid());
  std::deque<Kept> kept_;
  std::size_t kept_bytes_ = 0;
  unitparser::UniqueFd journal_;
  unitparser::UniqueFd kmsg_;
  LogTarget target_ = LogTarget::journal_or_kmsg;
  std::optional<LogTarget> overriding_target_;
  int max_priority_ = unitparser::usual_log_level;
  std::optional<int> overriding_priority_;
  bool console_colour_ = true;
  bool console_time_ = false;
  bool console_is_stderr_ = false;
  bool gathering_ = false;
  std::uint64_t lost_ = 0;
};

}  // namespace init
