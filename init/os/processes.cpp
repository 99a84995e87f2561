// vfork, enter the control group, execute the executor. [os]
#include "init/os/processes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <vector>

#include "init/exec/plan_codec.h"

namespace init {
namespace {

using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

Result<UniqueFd> write_plan(const SpawnPlan& plan) {
  UniqueFd memory(::memfd_create("spawn-plan", MFD_CLOEXEC));
  if (!memory) return fail_errno(errno, "cannot make a spawn plan");
  const std::string bytes = encode_plan(plan);
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t n = ::write(memory.get(), bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno != EINTR) return fail_errno(errno, "cannot write a spawn plan");
    if (n > 0) written += static_cast<std::size_t>(n);
  }
  return memory;
}

/// All descriptors that the executor needs, besides the plan's own.
std::vector<int> descriptors_of(const SpawnPlan& plan) {
  const PlanDescriptors& d = plan.descriptors;
  std::vector<int> fds = d.passed;
  for (const auto& pair : {d.network_namespace, d.ipc_namespace, d.dynamic_user}) fds.insert(fds.end(), pair.begin(), pair.end());
  fds.insert(fds.end(), d.standard.begin(), d.standard.end());
  fds.push_back(d.socket);
  fds.push_back(d.report);
  fds.push_back(d.idle);
  std::erase_if(fds, [](int fd) { return fd < 0; });
  return fds;
}

/// Everything the child uses, prepared beforehand: between vfork() and execve() it may only make system calls.
struct ChildOrders {
  int executor;
  int plan;
  const int* fds;
  std::size_t fd_count;
  int cgroup_procs;
  char* const* arguments;
  char* const* environment;
};

[[noreturn]] void run_child(const ChildOrders& orders, volatile int* error) {
  // Into the group first: all that happens from here on is counted and found there.
  if (orders.cgroup_procs >= 0 && ::write(orders.cgroup_procs, "0", 1) < 0) {
    *error = errno;
    ::_exit(EXIT_FAILURE);
  }
  // Ignored by us; execve() would keep it so.
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::fcntl(orders.plan, F_SETFD, 0);
  for (std::size_t i = 0; i < orders.fd_count; ++i) ::fcntl(orders.fds[i], F_SETFD, 0);
  ::execveat(orders.executor, "", orders.arguments, orders.environment, AT_EMPTY_PATH);
  *error = errno;
  ::_exit(EXIT_FAILURE);
}

}  // namespace

Result<void> Processes::open() {
  executor_.reset(::open(executor_path_.c_str(), O_PATH | O_CLOEXEC));
  if (!executor_) return fail_errno(errno, executor_path_);
  return {};
}

Result<pid_t> Processes::spawn(const SpawnPlan& plan) {
  if (!executor_) TRY(open());
  const UniqueFd plan_fd = TRY(write_plan(plan));
  UniqueFd procs;
  if (!plan.process.cgroup_directory.empty()) {
    procs.reset(::open((plan.process.cgroup_directory + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!procs) return fail_errno(errno, "cannot open the control group " + plan.process.cgroup_directory);
  }
  const std::vector<int> fds = descriptors_of(plan);
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "%d", plan_fd.get());
  char* const arguments[] = {executor_path_.data(), number.data(), nullptr};
  char* const environment[] = {nullptr};
  const ChildOrders orders{executor_.get(), plan_fd.get(), fds.data(), fds.size(), procs.get(), arguments, environment};

  // No signal may be handled in the borrowed memory.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  volatile int child_error = 0;
  const pid_t pid = ::vfork();
  if (pid == 0) run_child(orders, &child_error);
  const int fork_error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_errno(fork_error, "cannot start a process");
  if (child_error != 0) return fail_errno(child_error, "cannot execute " + executor_path_);
  return pid;
}

}  // namespace init
