// clone3 or vfork, enter the control group, execute the executor. [os]
#include "init/os/executor_program.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
namespace init {
namespace {

using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

/// Everything the child uses, prepared beforehand: until it executes, in borrowed memory, it may only make system calls.
struct ChildOrders {
  int executor;
  std::span<const int> fds;
  int cgroup_procs;  ///< the file to write itself to; -1: it was born in its group
  char* const* arguments;
  char* const* environment;
  volatile int error;  ///< out: why it could not execute
};

/// Not for AddressSanitizer: what it notes about this stack would stay behind in the memory of the parent.
[[noreturn, gnu::no_sanitize_address]] void run_child(void* handed) {
  ChildOrders& orders = *static_cast<ChildOrders*>(handed);
  // Into the group first: all that happens from here on is counted and found there.
  if (orders.cgroup_procs >= 0 && ::write(orders.cgroup_procs, "0", 1) < 0) {
    orders.error = errno;
    ::_exit(EXIT_FAILURE);
  }
  // Ignored by us; execve() would keep it so.
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int fd : orders.fds) ::fcntl(fd, F_SETFD, 0);
  ::execveat(orders.executor, "", orders.arguments, orders.environment, AT_EMPTY_PATH);
  orders.error = errno;
  ::_exit(EXIT_FAILURE);
}

/// clone3(2); the child calls `child` on the stack that the arguments name. The C library offers it in no form that takes
/// a control group. The process number, or -1 and errno; ENOSYS on machines for which nobody has written this.
pid_t clone_and_call([[maybe_unused]] clone_args& clone, [[maybe_unused]] void (*child)(void*), [[maybe_unused]] void* argument) {
#if defined(__x86_64__)
  long result = 0;
  asm volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "movq %[argument], %%rdi\n\t"
      "callq *%[child]\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"(SYS_clone3), "D"(&clone), "S"(sizeof clone), [child] "r"(child), [argument] "r"(argument)
      : "rcx", "r11", "memory", "cc");
#elif defined(__aarch64__)
  register long number asm("x8") = SYS_clone3;
  register long result asm("x0") = reinterpret_cast<long>(&clone);
  register long size asm("x1") = sizeof clone;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x0, %[argument]\n\t"
      "blr %[child]\n\t"
      "brk #0\n"
      "1:"
      : "+r"(result)
      : "r"(number), "r"(size), [child] "r"(child), [argument] "r"(argument)
      : "memory", "cc");
#else
  const long result = -ENOSYS;
#endif
  if (result >= 0) return static_cast<pid_t>(result);
  errno = static_cast<int>(-result);
  return -1;
}

/// A child born in the control group: one that moves there later waits 10 ms and more for the kernel, and we for it.
pid_t spawn_into(int cgroup, ChildOrders& orders) {
  alignas(16) std::array<std::byte, 16 * 1024> stack;
  clone_args clone{};
  clone.flags = CLONE_VM | CLONE_VFORK;
  if (cgroup >= 0) {
    clone.flags |= CLONE_INTO_CGROUP;
    clone.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  clone.exit_signal = SIGCHLD;
  clone.stack = reinterpret_cast<std::uint64_t>(stack.data());
  clone.stack_size = stack.size();
  return clone_and_call(clone, run_child, &orders);
}

/// Where clone3() is missing, or forbidden as in some containers.
pid_t spawn_and_move(int cgroup, ChildOrders& orders) {
  const UniqueFd procs(cgroup >= 0 ? ::openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC | O_NOCTTY) : -1);
  if (cgroup >= 0 && !procs) return -1;
  orders.cgroup_procs = procs.get();
  const pid_t pid = ::vfork();
  if (pid == 0) run_child(&orders);
  return pid;
}

}  // namespace

Result<void> ExecutorProgram::open() {
  file_.reset(::open(path_.c_str(), O_PATH | O_CLOEXEC));
  if (!file_) return fail_errno(errno, path_);
  return {};
}

Result<pid_t> ExecutorProgram::start(std::vector<std::string> arguments, int cgroup, std::span<const int> fds) {
  if (!file_) TRY(open());
  std::vector<char*> words{path_.data()};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  char* const environment[] = {nullptr};
  ChildOrders orders{file_.get(), fds, -1, words.data(), environment, 0};

  // No signal may be handled in the borrowed memory.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  pid_t pid = spawn_into(cgroup, orders);
  if (pid < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL)) pid = spawn_and_move(cgroup, orders);
  const int fork_error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_errno(fork_error, "cannot start a process");
  if (orders.error != 0) return fail_errno(orders.error, "cannot execute " + path_);
  return pid;
}

}  // namespace init
