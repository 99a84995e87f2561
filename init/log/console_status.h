// ConsoleStatus: the lines of a boot on the console, "[  OK  ] Started …", and what is being waited for. [os]
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "init/engine/effect.h"
#include "unitparser/config/manager_config.h"

namespace init {

using unitparser::ShowStatus;

/// One running job that somebody at the console might wonder about.
struct WaitingJob {
  std::string what;                            ///< "Job nginx.service/start running"
  unitparser::Duration since;                  ///< it was asked for
  unitparser::Duration limit = unitparser::Duration::infinity();  ///< until it is given up
  std::string status;                          ///< what the service says of itself, may be empty
};

/// Formats one status line, with colour codes when `colour`; `width` in columns, longer texts are cut in the middle.
[[nodiscard]] std::string format_status_line(effect::StatusKind kind, const effect::UnitSentence& sentence, bool colour, unsigned width);
/// The line that tells what is waited for, with a moving eye: `round` counts calls.
[[nodiscard]] std::string format_waiting_line(const WaitingJob& job, std::size_t number, std::size_t of, unsigned round,
                                              bool colour, unsigned width);

/// Writes to /dev/console without waiting on it for long. Knows when to be silent.
class StatusConsole {
 public:
  /// `is_ours`: whether the machine is going up or down and nobody has taken the console as his terminal. Otherwise it belongs
  /// to whoever is logged in there.
  /// `mark`: a file that is there while shows_all(), for programs that show how far they are only then (systemd-fsck(8)); may
  /// be empty.
  explicit StatusConsole(std::function<bool()> is_ours, std::string mark = {}) : is_ours_(std::move(is_ours)), mark_(std::move(mark)) {}
  void set_mode(ShowStatus mode);
  [[nodiscard]] ShowStatus mode() const { return mode_; }
  /// LogColor=.
  void set_colour(bool colour) { colour_ = colour; }
  /// Whether all that happens is shown, and not only what goes wrong. In mode "auto" it is once something is slow, until
  /// calm_down().
  [[nodiscard]] bool shows_all() const { return mode_ == ShowStatus::yes || mode_ == ShowStatus::temporary || (mode_ == ShowStatus::auto_ && made_loud_); }
  void calm_down();

  void show(const effect::ConsoleStatus& status);
  /// Shows one of the waiting jobs, another one at every third call. Something is slow: "auto" becomes loud. They are only asked
  /// for when one can be shown.
  void show_waiting(const std::function<std::vector<WaitingJob>()>& waiting);
  /// "Welcome to …!", in the words and the colour of os-release(5).
  void welcome(const std::string& system, const std::string& colour);

 private:
  void set_mark() const;
  /// A line that the next one takes the place of is `ephemeral`.
  void write_line(const std::function<std::string(bool colour, unsigned width)>& format, bool ephemeral);
  std::function<bool()> is_ours_;
  std::string mark_;
  ShowStatus mode_ = ShowStatus::yes;
  bool colour_ = true;
  bool made_loud_ = false;        ///< auto has become yes
  bool after_ephemeral_ = false;
  unsigned round_ = 0;
};

}  // namespace init
