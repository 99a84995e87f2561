// Crash handlers and the minimal reaper. [os]
#include "init/driver/crash.h"

#include <fcntl.h>
#include <linux/vt.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <ctime>

#include "unitparser/base/check.h"
#include "unitparser/base/clock.h"

namespace init {
namespace {

constexpr std::size_t stack_size = 64 * 1024;

// A signal handler has no argument for its surroundings.
StateLog* state_log = nullptr;
const char* program_path = nullptr;
std::vector<const char*> exec_arguments;  // the program, a place for the state's or the rescue's argument, the lasting ones
CrashSettings crash_settings;

void say(const char* text) noexcept {
  for (const char* path : {"/dev/kmsg", "/dev/console"}) {
    const int fd = ::open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) continue;
    (void)!::write(fd, text, std::strlen(text));
    ::close(fd);
  }
}

/// Decimal digits without the C library's formatting.
void append_number(char* text, unsigned number) noexcept {
  std::array<char, 12> digits{};
  std::size_t at = digits.size() - 1;
  do digits[--at] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0 && at > 0);
  std::strcat(text, digits.data() + at);
}

void dump_core_in_child(int signal) noexcept {
  const auto child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (child != 0) {
    // The dump reads the memory of the child, a copy: we need not wait for it, its exit is reaped later.
    return;
  }
  ::signal(signal, SIG_DFL);
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, signal);
  ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
  ::raise(signal);
  ::_exit(128 + signal);
}

void change_terminal() noexcept {
  if (crash_settings.terminal < 0) return;
  const int fd = ::open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return;
  int terminal = crash_settings.terminal;
  if (terminal == 0) {
    char which_shows_kernel_messages[2] = {17, 0};
    const int answer = ::ioctl(fd, TIOCLINUX, which_shows_kernel_messages);
    terminal = answer > 0 ? answer : 1;
  }
  ::ioctl(fd, VT_ACTIVATE, terminal);
  ::close(fd);
}

/// In a child: a shell on the console in its own session. Does not return.
[[noreturn]] void become_shell() noexcept {
  ::setsid();
  const int console = ::open("/dev/console", O_RDWR);
  ::ioctl(console, TIOCSCTTY, 1);
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(console, fd);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execl("/bin/sh", "-sh", static_cast<char*>(nullptr));
  ::_exit(127);
}

void on_crash(int signal) noexcept {
  const std::uint32_t recent = state_log->record_crash(signal, unitparser::clock_usec(CLOCK_MONOTONIC));
  say("<2>systemd[1]: The manager crashed; its services go on, it starts anew from its last state.\n");
  change_terminal();
  if (crash_settings.dump_core) dump_core_in_child(signal);
  if (crash_settings.shell && ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0) become_shell();
  state_log->prepare_exec();
  std::array<char, 32> recover{"--recover="};
  append_number(recover.data(), static_cast<unsigned>(state_log->fd()));
  const bool hopeless = recent >= StateLog::crash_loop;
  if (hopeless && crash_settings.reboot) {
    say("<0>systemd[1]: Too many crashes: rebooting.\n");
    ::sync();
    ::reboot(RB_AUTOBOOT);
  }
  if (hopeless && !crash_settings.rescue) {
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    return;  // it is blocked until then
  }
  exec_arguments[1] = hopeless ? "--rescue" : recover.data();
  ::execve(program_path, const_cast<char* const*>(exec_arguments.data()), environ);
  say("<0>systemd[1]: The manager crashed and cannot be executed again.\n");
  run_rescue_reaper();
}

}  // namespace

void install_crash_handlers(StateLog& log, const char* program, const std::vector<std::string>& lasting) {
  state_log = &log;
  program_path = program;
  exec_arguments = {program, nullptr};
  for (const std::string& argument : lasting) exec_arguments.push_back(argument.c_str());
  exec_arguments.push_back(nullptr);
  stack_t stack{};
  stack.ss_size = stack_size;
  stack.ss_sp = ::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack.ss_sp != MAP_FAILED) ::sigaltstack(&stack, nullptr);
  struct sigaction action{};
  action.sa_handler = on_crash;
  ::sigfillset(&action.sa_mask);
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
  // After a crash they come blocked, from the handler that executed us; blocked, the next one would be the end.
  sigset_t handled;
  ::sigemptyset(&handled);
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    ::sigaction(signal, &action, nullptr);
    ::sigaddset(&handled, signal);
  }
  ::sigprocmask(SIG_UNBLOCK, &handled, nullptr);
  unitparser::set_check_failure_handler([](const char* expression, const char*, int) {
    state_log->set_in_hand(expression);
    ::raise(SIGABRT);
  });
}

void set_crash_settings(const CrashSettings& settings) { crash_settings = settings; }

void run_rescue_reaper() {
  say("<0>systemd[1]: Too many crashes: an emergency shell is on the console, services go on unsupervised.\n");
  while (true) {
    const pid_t shell = ::fork();
    if (shell == 0) become_shell();
    while (true) {
      const pid_t gone = ::wait(nullptr);
      if (gone == shell || gone < 0) break;
    }
    // A console that cannot be opened must not become a busy loop.
    const timespec pause{1, 0};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace init
