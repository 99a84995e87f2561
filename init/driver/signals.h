// Signals: what a manager's signals mean (systemd(1) SIGNALS), and the reaping of every child. [loop]
#pragma once

#include <functional>
#include <string_view>

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "unitparser/base/fd.h"
#include "unitparser/directives/parse_context.h"

namespace init {

/// What a signal asks of the manager.
enum class SignalAction : std::uint8_t {
  start_unit,        ///< `unit` with `mode`
  reexecute, reload, dump, reopen_bus,
  show_status_on, show_status_off, log_debug, log_usual_level, log_console, log_usual_target, log_kmsg,
  exit_now, halt_now, poweroff_now, reboot_now, kexec_now,
  nothing,           ///< taken, so that it does not end us
  ctrl_alt_del,      ///< pressed at the console: the kernel sends it to us
};
struct SignalRule {
  int signal;
  SignalAction action;
  std::string_view unit;
  JobMode mode;
};
/// The rule of a signal for the manager of a machine or a user, or null for one that means nothing.
[[nodiscard]] const SignalRule* find_signal_rule(int signal, unitparser::ManagerScope scope);

/// Blocks the signals of the table and SIGCHLD, and delivers them from the loop.
class Signals {
 public:
  /// `handle` gets the rule and the sender's pid and uid.
  using Handle = std::function<void(const SignalRule&, pid_t sender, uid_t sender_uid)>;
  Signals(Loop& loop, Post post, unitparser::ManagerScope scope, Handle handle)
      : loop_(loop), post_(std::move(post)), scope_(scope), handle_(std::move(handle)) {}
  [[nodiscard]] unitparser::Result<void> start();
  /// Reaps every child that has ended, ours or inherited, and posts each exit.
  void reap_children();

 private:
  Loop& loop_;
  Post post_;
  unitparser::ManagerScope scope_;
  Handle handle_;
  unitparser::UniqueFd fd_;
  unitparser::UniqueFd children_fd_;
  Source source_;
  Source children_source_;
};

}  // namespace init
