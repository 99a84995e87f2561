// Setting the properties of this process, and those that the kernel keeps for the programs it starts itself. [os]
#include "init/boot/own_settings.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "unitparser/base/fd.h"

namespace init {
namespace {

using unitparser::CpuMask;
using unitparser::ManagerBehaviour;

class Applier {
 public:
  explicit Applier(const ManagerBehaviour& settings) : settings_(settings) {}

  std::vector<std::string> run() {
    environment();
    affinity();
    memory_policy();
    if (settings_.timer_slack_nsec) note("TimerSlackNSec=", ::prctl(PR_SET_TIMERSLACK, *settings_.timer_slack_nsec, 0, 0, 0));
    capabilities();
    // Filters need one of the two: the capability to set them, which we have until a bounding set takes it, or this.
    if (settings_.no_new_privileges) note("NoNewPrivileges=", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    architectures();
    return std::move(problems_);
  }

 private:
  void note(const char* directive, long outcome) {
    if (outcome < 0) problems_.push_back(std::string(directive) + " of the manager could not be applied: " + std::strerror(errno));
  }

  void environment() const {
    for (const std::string& assignment : settings_.manager_environment)
      if (const std::size_t equals = assignment.find('='); equals != std::string::npos)
        ::setenv(assignment.substr(0, equals).c_str(), assignment.c_str() + equals + 1, 1);
  }

  void affinity() {
    if (settings_.cpu_affinity.empty()) return;
    // Whole words of the kernel's mask.
    std::vector<unsigned char> mask(settings_.cpu_affinity.begin(), settings_.cpu_affinity.end());
    mask.resize((mask.size() + sizeof(long) - 1) / sizeof(long) * sizeof(long));
    note("CPUAffinity=", ::syscall(SYS_sched_setaffinity, 0, mask.size(), mask.data()));
  }

  void memory_policy() {
    if (!settings_.numa_policy) return;
    std::vector<unsigned char> mask(settings_.numa_mask.begin(), settings_.numa_mask.end());
    mask.resize((mask.size() + sizeof(long)) / sizeof(long) * sizeof(long));
    note("NUMAPolicy=", ::syscall(SYS_set_mempolicy, *settings_.numa_policy, settings_.numa_mask.empty() ? nullptr : mask.data(),
                                  settings_.numa_mask.empty() ? 0 : mask.size() * CHAR_BIT));
  }

  void capabilities() {
    const std::uint64_t keep = settings_.capability_bounding_set;
    if (keep == UINT64_MAX) return;
    helpers_of_the_kernel(keep);
    for (int capability = 0; capability < 64; ++capability) {
      if ((keep >> static_cast<unsigned>(capability) & 1U) != 0) continue;
      if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
      if (errno == EINVAL) return;  // the kernel has none from here on
      return note("CapabilityBoundingSet=", -1);
    }
  }

  /// Programs that the kernel starts (modprobe, core dump handlers) are not our children.
  void helpers_of_the_kernel(std::uint64_t keep) {
    const std::string words = std::to_string(static_cast<std::uint32_t>(keep)) + " " + std::to_string(static_cast<std::uint32_t>(keep >> 32U));
    for (const char* path : {"/proc/sys/kernel/usermodehelper/bset", "/proc/sys/kernel/usermodehelper/inheritable"}) {
      const unitparser::UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
      if (fd) note("CapabilityBoundingSet=", ::write(fd.get(), words.data(), words.size()));
    }
  }

  void architectures() {
    if (settings_.system_call_architectures.empty()) return;
    const std::vector<sock_filter> program = architecture_filter(settings_.system_call_architectures);
    const sock_fprog handed{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
    note("SystemCallArchitectures=", ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &handed));
  }

  struct Architecture {
    const char* name;
    std::uint32_t audit;
  };
#if defined(__x86_64__)
  static constexpr std::array known{Architecture{"native", AUDIT_ARCH_X86_64}, Architecture{"x86-64", AUDIT_ARCH_X86_64},
                                    Architecture{"x86", AUDIT_ARCH_I386}};
#elif defined(__aarch64__)
  static constexpr std::array known{Architecture{"native", AUDIT_ARCH_AARCH64}, Architecture{"arm64", AUDIT_ARCH_AARCH64},
                                    Architecture{"arm", AUDIT_ARCH_ARM}};
#endif

  /// Kills whoever calls the kernel by another architecture's numbers. x32 has x86-64's with a bit of its own.
  static std::vector<sock_filter> architecture_filter(const std::vector<std::string>& names) {
    constexpr std::uint32_t x32_bit = 0x40000000;
    const bool allows_x32 = std::find(names.begin(), names.end(), "x32") != names.end();
    std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch))};
    for (const Architecture& architecture : known) {
      if (std::find(names.begin(), names.end(), architecture.name) == names.end()) continue;
      if (architecture.audit == AUDIT_ARCH_X86_64 && !allows_x32) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture.audit, 0, 4));
        program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32_bit, 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
      } else {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture.audit, 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
      }
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    return program;
  }

  const ManagerBehaviour& settings_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> apply_own_settings(const ManagerBehaviour& settings) { return Applier(settings).run(); }

}  // namespace init
