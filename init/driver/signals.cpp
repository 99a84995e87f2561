// The signal tables and their descriptors. [loop]
#include "init/driver/signals.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

namespace init {
namespace {

const std::vector<SignalRule>& signal_rules() {
  using enum SignalAction;
  constexpr auto irreversibly = JobMode::replace_irreversibly;
  // SIGRTMIN is not a constant: the table is built once. Offsets are those of systemd(1).
  static const std::vector<SignalRule> rules{
      // signal        action           unit                      mode
      {SIGTERM, reexecute, {}, {}},
      {SIGINT, ctrl_alt_del, "ctrl-alt-del.target", irreversibly},
      {SIGWINCH, start_unit, "kbrequest.target", JobMode::replace},
      {SIGPWR, start_unit, "sigpwr.target", JobMode::replace},
      {SIGUSR1, reopen_bus, {}, {}},
      {SIGUSR2, dump, {}, {}},
      {SIGHUP, reload, {}, {}},
      {SIGRTMIN + 0, start_unit, "default.target", JobMode::isolate},
      {SIGRTMIN + 1, start_unit, "rescue.target", JobMode::isolate},
      {SIGRTMIN + 2, start_unit, "emergency.target", JobMode::isolate},
      {SIGRTMIN + 3, start_unit, "halt.target", irreversibly},
      {SIGRTMIN + 4, start_unit, "poweroff.target", irreversibly},
      {SIGRTMIN + 5, start_unit, "reboot.target", irreversibly},
      {SIGRTMIN + 6, start_unit, "kexec.target", irreversibly},
      {SIGRTMIN + 13, halt_now, {}, {}},
      {SIGRTMIN + 14, poweroff_now, {}, {}},
      {SIGRTMIN + 15, reboot_now, {}, {}},
      {SIGRTMIN + 16, kexec_now, {}, {}},
      {SIGRTMIN + 20, show_status_on, {}, {}},
      {SIGRTMIN + 21, show_status_off, {}, {}},
      {SIGRTMIN + 22, log_debug, {}, {}},
      {SIGRTMIN + 23, log_usual_level, {}, {}},
      {SIGRTMIN + 24, nothing, {}, {}},
      {SIGRTMIN + 25, reexecute, {}, {}},
      {SIGRTMIN + 26, log_usual_target, {}, {}},
      {SIGRTMIN + 27, log_console, {}, {}},
      {SIGRTMIN + 28, log_kmsg, {}, {}},
      {SIGRTMIN + 29, log_usual_target, {}, {}},
  };
  return rules;
}

/// What is different for the manager of a user.
const std::vector<SignalRule>& user_signal_rules() {
  using enum SignalAction;
  static const std::vector<SignalRule> rules{
      // signal        action       unit           mode
      {SIGTERM, start_unit, "exit.target", JobMode::replace_irreversibly},
      {SIGINT, start_unit, "exit.target", JobMode::replace_irreversibly},
      {SIGWINCH, nothing, {}, {}},
      {SIGPWR, nothing, {}, {}},
      {SIGRTMIN + 24, exit_now, {}, {}},
  };
  return rules;
}

}  // namespace

const SignalRule* find_signal_rule(int signal, unitparser::ManagerScope scope) {
  if (scope == unitparser::ManagerScope::user)
    for (const SignalRule& rule : user_signal_rules())
      if (rule.signal == signal) return &rule;
  for (const SignalRule& rule : signal_rules())
    if (rule.signal == signal) return &rule;
  return nullptr;
}

unitparser::Result<void> Signals::start() {
  sigset_t requests;
  sigset_t children;
  ::sigemptyset(&requests);
  ::sigemptyset(&children);
  for (const SignalRule& rule : signal_rules()) ::sigaddset(&requests, rule.signal);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &requests, nullptr);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  fd_.reset(::signalfd(-1, &requests, SFD_NONBLOCK | SFD_CLOEXEC));
  children_fd_.reset(::signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd_ || !children_fd_) return unitparser::fail_errno(errno, "cannot receive signals");
  source_ = TRY(loop_.on_ready(fd_.get(), EPOLLIN, Priority::signals, [this](std::uint32_t) {
    signalfd_siginfo info{};
    if (::read(fd_.get(), &info, sizeof info) != sizeof info) return;
    if (const SignalRule* rule = find_signal_rule(static_cast<int>(info.ssi_signo), scope_))
      handle_(*rule, static_cast<pid_t>(info.ssi_pid), info.ssi_uid);
  }));
  children_source_ = TRY(loop_.on_ready(children_fd_.get(), EPOLLIN, Priority::children, [this](std::uint32_t) {
    std::array<signalfd_siginfo, 16> pending{};
    (void)!::read(children_fd_.get(), pending.data(), sizeof pending);  // all: however many ended, the signal is pending but once
    reap_children();
  }));
  return {};
}

void Signals::reap_children() {
  while (true) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return;
    post_(event::ProcessExited{info.si_pid, info.si_code, info.si_status});
  }
}

}  // namespace init
