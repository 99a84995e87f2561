// Steps that set one attribute of the process each: signals, session, scheduling, limits, keyring. [os]
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/mempolicy.h>
#include <poll.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "init/executor/context.h"

namespace executor {

Done step_signals(Context& context) {
  struct sigaction action {};
  action.sa_flags = SA_RESTART;
  for (int signal = 1; signal < SIGRTMAX + 1; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    const bool ignore = signal == SIGPIPE && context.plan.streams.ignore_sigpipe;
    action.sa_handler = ignore ? SIG_IGN : SIG_DFL;
    if (::sigaction(signal, &action, nullptr) < 0 && errno != EINVAL) return failed("Failed to reset signals");
  }
  sigset_t none;
  ::sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) < 0) return failed("Failed to set process signal mask");
  return {};
}

Done step_idle(Context& context) {
  // Only for a tidy console: whatever poll() says, the process then starts.
  pollfd wait{context.plan.descriptors.idle, POLLIN, 0};
  ::poll(&wait, 1, init::longest_idle_msec);
  ::close(context.plan.descriptors.idle);
  context.plan.descriptors.idle = -1;
  return {};
}

Done step_descriptors(Context& context) {
  context.log.close();  // opened by a warning; it opens again when needed
  const init::PlanDescriptors& d = context.plan.descriptors;
  std::vector<int> kept = d.passed;
  for (const int fd : {d.standard[0], d.standard[1], d.standard[2], d.socket, d.report, d.idle, d.terminal_busy, d.network_namespace[0],
                       d.network_namespace[1], d.ipc_namespace[0], d.ipc_namespace[1], d.dynamic_user[0],
                       d.dynamic_user[1]})
    kept.push_back(fd);
  if (Done done = close_all_but(std::move(kept)); !done) return done;
  if (d.report >= 0) ::fcntl(d.report, F_SETFD, FD_CLOEXEC);
  return {};
}

Done step_session(Context&) {
  if (::setsid() < 0 && errno != EPERM) return failed("Failed to create new process session");
  return {};
}

Done step_oom_score(Context& context) {
  const Done done = write_file("/proc/self/oom_score_adj", std::to_string(*context.plan.scheduling.oom_score_adjust));
  // A container may be unable to lower it; the value of the manager then stays.
  if (!done && (done.error().os_errno == EPERM || done.error().os_errno == EACCES)) {
    context.log.warning("OOMScoreAdjust= could not be applied, ignoring", done.error().os_errno);
    return {};
  }
  return done;
}

Done step_coredump_filter(Context& context) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(*context.plan.scheduling.coredump_filter));
  return write_file("/proc/self/coredump_filter", text);
}

Done step_nice(Context& context) {
  const int wanted = *context.plan.scheduling.nice;
  if (::setpriority(PRIO_PROCESS, 0, wanted) == 0) return {};
  const auto refused = [] { return failed("Failed to set up process scheduling priority (nice level)"); };
  if (errno != EPERM && errno != EACCES) return refused();
  // COMPAT: who may not be as favoured as that gets as near as RLIMIT_NICE lets them.
  rlimit limit{};
  if (::getrlimit(RLIMIT_NICE, &limit) < 0) return refused();
  const int best = 20 - static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 40));
  if (::getpriority(PRIO_PROCESS, 0) > best && ::setpriority(PRIO_PROCESS, 0, best) < 0) return refused();
  return {};
}

Done step_scheduler(Context& context) {
  const auto& scheduling = context.plan.scheduling;
  sched_param parameter{};
  parameter.sched_priority = scheduling.cpu_scheduling_priority.value_or(0);
  int policy = scheduling.cpu_scheduling_policy.value_or(SCHED_OTHER);
  const bool realtime = policy == SCHED_FIFO || policy == SCHED_RR;
  if (realtime)
    parameter.sched_priority = std::max(parameter.sched_priority, 1);
  else
    parameter.sched_priority = 0;
  if (scheduling.cpu_scheduling_reset_on_fork) policy |= SCHED_RESET_ON_FORK;
  if (::sched_setscheduler(0, policy, &parameter) < 0) return failed("Failed to set up CPU scheduling");
  return {};
}

Done step_cpu_affinity(Context& context) {
  unitparser::CpuMask mask = context.plan.scheduling.cpu_affinity;
  if (context.plan.scheduling.cpu_affinity_numa) {
    // CPUAffinity=numa: the CPUs of the nodes in NUMAMask=.
    const unitparser::CpuMask& nodes = context.plan.scheduling.numa_mask;
    for (std::size_t node = 0; node < nodes.size() * 8; ++node) {
      if ((nodes[node / 8] >> (node % 8) & 1U) == 0) continue;
      auto list = read_file("/sys/devices/system/node/node" + std::to_string(node) + "/cpulist");
      if (!list) continue;
      const char* at = list->c_str();
      while (*at != '\0' && *at != '\n') {
        char* end = nullptr;
        const unsigned long first = std::strtoul(at, &end, 10);
        const unsigned long last = *end == '-' ? std::strtoul(end + 1, &end, 10) : first;
        if (end == at || last > 65535) break;
        for (unsigned long cpu = first; cpu <= last; ++cpu) {
          if (mask.size() <= cpu / 8) mask.resize(cpu / 8 + 1);
          mask[cpu / 8] = static_cast<std::uint8_t>(mask[cpu / 8] | 1U << (cpu % 8));
        }
        at = *end == ',' ? end + 1 : end;
      }
    }
    if (mask.empty()) {
      context.log.warning("CPUAffinity=numa could not be resolved, ignoring");
      return {};
    }
  }
  mask.resize((mask.size() + sizeof(unsigned long) - 1) / sizeof(unsigned long) * sizeof(unsigned long));
  if (::syscall(SYS_sched_setaffinity, 0, mask.size(), mask.data()) < 0) return failed("Failed to set up CPU affinity");
  return {};
}

Done step_numa_policy(Context& context) {
  unitparser::CpuMask mask = context.plan.scheduling.numa_mask;
  mask.resize((mask.size() / sizeof(unsigned long) + 1) * sizeof(unsigned long));
  const int policy = *context.plan.scheduling.numa_policy;
  const bool takes_nodes = policy != MPOL_DEFAULT && policy != MPOL_LOCAL;
  if (::syscall(SYS_set_mempolicy, policy, takes_nodes ? mask.data() : nullptr, takes_nodes ? mask.size() * 8 + 1 : 0) < 0) {
    if (errno != ENOSYS) return failed("Failed to set NUMA memory policy");
    context.log.warning("NUMA support is not available, ignoring NUMAPolicy=");
  }
  return {};
}

Done step_io_priority(Context& context) {
  const auto& scheduling = context.plan.scheduling;
  // ioprio_set(2). Its header, <linux/ioprio.h>, is not C++ in every kernel release (a parameter is called "class").
  constexpr int who_process = 1, class_best_effort = 2, class_shift = 13;
  const int io_class = scheduling.io_scheduling_class.value_or(class_best_effort);
  const int level = scheduling.io_scheduling_priority.value_or(4);
  if (::syscall(SYS_ioprio_set, who_process, 0, io_class << class_shift | level) < 0)
    return failed("Failed to set up IO scheduling priority");
  return {};
}

Done step_timer_slack(Context& context) {
  if (::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(*context.plan.scheduling.timer_slack_nsec)) < 0)
    return failed("Failed to set up timer slack");
  return {};
}

Done step_personality(Context& context) {
  if (::personality(*context.plan.scheduling.personality) < 0) return failed("Failed to set up execution domain (personality)");
  return {};
}

Done step_umask(Context& context) {
  ::umask(static_cast<mode_t>(context.plan.identity.umask));
  return {};
}

Done step_limits(Context& context) {
  const auto& limits = context.plan.scheduling.limits;
  for (std::size_t resource = 0; resource < limits.size(); ++resource) {
    if (!limits[resource]) continue;
    rlimit wanted{limits[resource]->soft, limits[resource]->hard};
    rlimit present{};
    const auto kind = static_cast<__rlimit_resource_t>(resource);
    if (::getrlimit(kind, &present) == 0 && present.rlim_cur == wanted.rlim_cur && present.rlim_max == wanted.rlim_max) continue;
    if (::setrlimit(kind, &wanted) == 0) continue;
    // Where the hard limit cannot be raised (a container) go as far as it does.
    wanted.rlim_cur = std::min(wanted.rlim_cur, present.rlim_max);
    wanted.rlim_max = std::min(wanted.rlim_max, present.rlim_max);
    if (errno != EPERM || ::setrlimit(kind, &wanted) < 0) return failed("Failed to adjust resource limit");
  }
  const auto& scheduling = context.plan.scheduling;
  if (context.plan.privileges.restrict_realtime && !limits[RLIMIT_RTPRIO] && !scheduling.cpu_scheduling_policy) {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_RTPRIO, &none) < 0) return failed("Failed to adjust RLIMIT_RTPRIO resource limit");
  }
  return {};
}

namespace {
long keyctl(int command, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return ::syscall(SYS_keyctl, command, a, b, c, d);
}
}  // namespace

Done step_keyring(Context& context) {
  // A session keyring of its own, owned by the user who will run in it. Kernels and containers without keyrings are
  // common; the process then runs without, as with the real one.
  const uid_t uid = context.owner_uid();
  const gid_t gid = context.owner_gid();
  const bool switch_ids = uid != 0 || gid != 0;
  const uid_t own_uid = ::getuid();
  const gid_t own_gid = ::getgid();
  if (switch_ids && (::setresgid(gid, gid, static_cast<gid_t>(-1)) < 0 || ::setresuid(uid, uid, static_cast<uid_t>(-1)) < 0))
    return failed("Failed to change identity for the session keyring");
  const long keyring = keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);
  const int keyring_errno = errno;
  if (keyring != -1) {
    if (context.plan.privileges.keyring_mode == unitparser::KeyringMode::shared)
      keyctl(KEYCTL_LINK, static_cast<unsigned long>(KEY_SPEC_USER_KEYRING),
             static_cast<unsigned long>(KEY_SPEC_SESSION_KEYRING), 0, 0);
  }
  if (switch_ids && (::setresuid(own_uid, own_uid, static_cast<uid_t>(-1)) < 0 ||
                     ::setresgid(own_gid, own_gid, static_cast<gid_t>(-1)) < 0))
    return failed("Failed to change identity back");
  if (keyring == -1) {
    if (keyring_errno == ENOSYS || keyring_errno == EACCES || keyring_errno == EPERM || keyring_errno == EDQUOT) return {};
    return unitparser::fail_errno(keyring_errno, "Failed to set up kernel keyring");
  }
  if (!context.plan.process.invocation_id.empty()) {
    const std::string& id = context.plan.process.invocation_id;
    const long key = ::syscall(SYS_add_key, "user", "invocation_id", id.data(), id.size(), KEY_SPEC_SESSION_KEYRING);
    constexpr unsigned long view_read_search = 0x0b0b0b00;  // for possessor, user and group; nobody may change it
    if (key != -1) keyctl(KEYCTL_SETPERM, static_cast<unsigned long>(key), view_read_search, 0, 0);
  }
  return {};
}

}  // namespace executor
