// Helper programs that talk to the user meanwhile: the password agent and polkit's text agent. [os]
#include "ctl/agents.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>

namespace ctl {
namespace {

constexpr int agent_start_msec = 5000;  // polkit's agent registers within this time or is not waited for

/// Runs a program as a child that dies with us.
void spawn_with_us(const char* program, char* const* arguments) {
  const auto parent = getpid();
  if (fork() != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(0);
  execv(program, arguments);
  _exit(1);
}

}  // namespace

void start_password_agent(Session& session) {
  constexpr const char* program = "/bin/systemd-tty-ask-password-agent";
  if (session.options().scope != Scope::system || !session.options().ask_password) return;
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 || geteuid() != 0 || access(program, X_OK) != 0) return;
  std::array<char*, 3> arguments{const_cast<char*>(program), const_cast<char*>("--watch"), nullptr};
  spawn_with_us(program, arguments.data());
}

void start_polkit_agent(Session& session) {
  constexpr const char* program = "/usr/bin/pkttyagent";
  if (session.options().scope != Scope::system || !session.options().ask_password) return;
  if (geteuid() == 0 || isatty(STDIN_FILENO) == 0 || access(program, X_OK) != 0) return;
  std::array<int, 2> ready{};
  if (pipe(ready.data()) < 0) return;
  fcntl(ready[0], F_SETFD, FD_CLOEXEC);
  auto number = std::to_string(ready[1]);
  std::array<char*, 5> arguments{const_cast<char*>(program), const_cast<char*>("--notify-fd"), number.data(),
                                 const_cast<char*>("--fallback"), nullptr};
  spawn_with_us(program, arguments.data());
  close(ready[1]);
  pollfd p{ready[0], POLLHUP, 0};
  poll(&p, 1, agent_start_msec);
  close(ready[0]);
}

}  // namespace ctl
