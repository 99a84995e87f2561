// ConsoleStatus: the lines of a boot on the console, "[  OK  ] Started …", and what is being waited for. [os]
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "init/engine/effect.h"
#include "unitparser/config/manager_config.h"

namespace init {

using unitparser::ShowStatus;

/// One running job that somebody at the console might wonder about.
struct WaitingJob {
  std::string verb;                            ///< "start", "stop", …
  std::string unit;                            ///< description or name
  unitparser::Duration since;                  ///< it runs
  unitparser::Duration limit = unitparser::Duration::infinity();  ///< until it is given up
};

/// Formats one status line, with colour codes when `colour`; `width` in columns, longer texts are cut in the middle.
[[nodiscard]] std::string format_status_line(effect::StatusKind kind, std::string_view text, bool colour, unsigned width);
/// The line that tells what is waited for, with a moving eye: `round` counts calls.
[[nodiscard]] std::string format_waiting_line(const WaitingJob& job, std::size_t number, std::size_t of, unsigned round,
                                              bool colour, unsigned width);

/// Writes to /dev/console without waiting on it for long. Knows when to be silent.
class StatusConsole {
 public:
  /// `is_ours`: whether the machine is going up or down and no unit has the console as its terminal. Otherwise it belongs to
  /// whoever is logged in there.
  explicit StatusConsole(std::function<bool()> is_ours) : is_ours_(std::move(is_ours)) {}
  void set_mode(ShowStatus mode) { mode_ = mode; }
  [[nodiscard]] ShowStatus mode() const { return mode_; }
  /// Mode "auto" becomes "yes" for good when something failed or is slow, as systemd.show_status=auto has it.
  void show(const effect::ConsoleStatus& status);
  /// Shows one of the waiting jobs, another one at each call; an empty list clears the line.
  void show_waiting(const std::vector<WaitingJob>& jobs);

 private:
  void write(std::string text);
  std::function<bool()> is_ours_;
  ShowStatus mode_ = ShowStatus::yes;
  bool made_loud_ = false;        ///< auto has become yes
  bool waiting_shown_ = false;    ///< the last line is a waiting line, to be overwritten
  unsigned round_ = 0;
};

}  // namespace init
