// The plan in a memory file, the folder of its control group, then a fork of an executor or one started for it. [os]
#include "init/os/processes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
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
  fds.push_back(d.terminal_busy);
  std::erase_if(fds, [](int fd) { return fd < 0; });
  return fds;
}

}  // namespace

Result<pid_t> Processes::spawn(const SpawnPlan& plan) {
  const UniqueFd plan_fd = TRY(write_plan(plan));
  UniqueFd cgroup;
  if (!plan.process.cgroup_directory.empty()) {
    // What a delegated unit's commands run in besides its start is a group of its own, which nobody made before.
    if (plan.process.delegate) (void)::mkdir(plan.process.cgroup_directory.c_str(), 0755);
    cgroup.reset(::open(plan.process.cgroup_directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!cgroup) return fail_errno(errno, "cannot open the control group " + plan.process.cgroup_directory);
  }
  std::vector<int> fds = descriptors_of(plan);
  if (auto pid = server_.fork(plan_fd.get(), cgroup.get(), fds)) return std::move(*pid);
  fds.push_back(plan_fd.get());
  return program_.start({std::to_string(plan_fd.get())}, cgroup.get(), fds);
}

}  // namespace init
