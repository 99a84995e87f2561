// What the running kernel must have for a setting to work: one table, asked of /proc and /sys. [port]
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "unitparser/base/text.h"
#include "unitparser/load/verify.h"

namespace unitparser {
namespace {

constexpr std::size_t longest_kernel_file = 65536;

/// `file` must exist and, unless `word` is empty, have that word.
struct Requirement {
  std::string_view key;
  std::string_view file, word;
  std::string_view what;  ///< what the kernel lacks otherwise
};
constexpr std::string_view controllers = "/sys/fs/cgroup/cgroup.controllers";
constexpr std::string_view security_modules = "/sys/kernel/security/lsm";
constexpr std::array requirements{
    Requirement{"CPUWeight", controllers, "cpu", "the cpu controller"},
    Requirement{"StartupCPUWeight", controllers, "cpu", "the cpu controller"},
    Requirement{"CPUShares", controllers, "cpu", "the cpu controller"},
    Requirement{"StartupCPUShares", controllers, "cpu", "the cpu controller"},
    Requirement{"CPUQuota", controllers, "cpu", "the cpu controller"},
    Requirement{"CPUQuotaPeriodSec", controllers, "cpu", "the cpu controller"},
    Requirement{"AllowedCPUs", controllers, "cpuset", "the cpuset controller"},
    Requirement{"StartupAllowedCPUs", controllers, "cpuset", "the cpuset controller"},
    Requirement{"AllowedMemoryNodes", controllers, "cpuset", "the cpuset controller"},
    Requirement{"StartupAllowedMemoryNodes", controllers, "cpuset", "the cpuset controller"},
    Requirement{"MemoryMin", controllers, "memory", "the memory controller"},
    Requirement{"MemoryLow", controllers, "memory", "the memory controller"},
    Requirement{"MemoryHigh", controllers, "memory", "the memory controller"},
    Requirement{"MemoryMax", controllers, "memory", "the memory controller"},
    Requirement{"MemorySwapMax", controllers, "memory", "the memory controller"},
    Requirement{"MemoryLimit", controllers, "memory", "the memory controller"},
    Requirement{"IOWeight", controllers, "io", "the io controller"},
    Requirement{"StartupIOWeight", controllers, "io", "the io controller"},
    Requirement{"IODeviceWeight", controllers, "io", "the io controller"},
    Requirement{"IOReadBandwidthMax", controllers, "io", "the io controller"},
    Requirement{"IOWriteBandwidthMax", controllers, "io", "the io controller"},
    Requirement{"IOReadIOPSMax", controllers, "io", "the io controller"},
    Requirement{"IOWriteIOPSMax", controllers, "io", "the io controller"},
    Requirement{"IODeviceLatencyTargetSec", controllers, "io", "the io controller"},
    Requirement{"TasksMax", controllers, "pids", "the pids controller"},
    Requirement{"ManagedOOMMemoryPressure", "/proc/pressure/memory", {}, "accounting of pressure (PSI)"},
    Requirement{"ManagedOOMSwap", "/proc/pressure/memory", {}, "accounting of pressure (PSI)"},
    Requirement{"RestrictFileSystems", security_modules, "bpf", "the BPF security module"},
    Requirement{"AppArmorProfile", security_modules, "apparmor", "AppArmor"},
    Requirement{"SELinuxContext", security_modules, "selinux", "SELinux"},
    Requirement{"SELinuxContextFromNet", security_modules, "selinux", "SELinux"},
    Requirement{"SmackProcessLabel", security_modules, "smack", "SMACK"},
    Requirement{"SmackLabel", security_modules, "smack", "SMACK"},
    Requirement{"SmackLabelIPIn", security_modules, "smack", "SMACK"},
    Requirement{"SmackLabelIPOut", security_modules, "smack", "SMACK"},
    Requirement{"SystemCallFilter", "/proc/sys/kernel/seccomp/actions_avail", {}, "filters of system calls (seccomp)"},
    Requirement{"SystemCallLog", "/proc/sys/kernel/seccomp/actions_avail", "log", "filters of system calls that log"},
    Requirement{"PrivateUsers", "/proc/self/ns/user", {}, "user namespaces"},
    Requirement{"PrivateNetwork", "/proc/self/ns/net", {}, "network namespaces"},
    Requirement{"NetworkNamespacePath", "/proc/self/ns/net", {}, "network namespaces"},
    Requirement{"PrivateIPC", "/proc/self/ns/ipc", {}, "IPC namespaces"},
    Requirement{"ProtectHostname", "/proc/self/ns/uts", {}, "host name namespaces"},
    Requirement{"IPAddressAllow", "/proc/sys/kernel/unprivileged_bpf_disabled", {}, "BPF programs"},
    Requirement{"IPAddressDeny", "/proc/sys/kernel/unprivileged_bpf_disabled", {}, "BPF programs"},
    Requirement{"DeviceAllow", "/proc/sys/kernel/unprivileged_bpf_disabled", {}, "BPF programs"},
    Requirement{"SocketBindAllow", "/proc/sys/kernel/unprivileged_bpf_disabled", {}, "BPF programs"},
    Requirement{"SocketBindDeny", "/proc/sys/kernel/unprivileged_bpf_disabled", {}, "BPF programs"},
    Requirement{"KeyringMode", "/proc/keys", {}, "keyrings"},
    Requirement{"NUMAPolicy", "/sys/devices/system/node/online", {}, "memory policies"},
};

bool has_word(const std::string& text, std::string_view word) {
  for (const std::string_view line : split_at(text, '\n'))
    for (const std::string_view words : split_whitespace(line))
      for (const std::string_view piece : split_at(words, ','))
        if (piece == word) return true;
  return false;
}

}  // namespace

Diagnostics find_unsupported(const LoadedUnit& unit, FileSource& machine) {
  Diagnostics findings;
  for (const Assignment& assignment : unit.assignments) {
    const auto needed = std::find_if(requirements.begin(), requirements.end(), [&](const Requirement& r) { return r.key == assignment.key; });
    if (needed == requirements.end() || !assignment.accepted || assignment.value.empty()) continue;
    const std::string file(needed->file);
    bool there = machine.stamp(file).kind != FileKind::missing;
    if (there && !needed->word.empty()) {
      const Result<std::string> text = machine.read(file, longest_kernel_file);
      there = !text || has_word(*text, needed->word);  // what cannot be read says nothing
    }
    if (there) continue;
    findings.push_back({Severity::warning, assignment.position, assignment.written_key,
                        fmt::format("{}= has no effect here: this kernel does not offer {}.", assignment.written_key, needed->what),
                        "boot a kernel that has it, or take the line out",
                        needed->word.empty() ? fmt::format("there is no {}", needed->file) : fmt::format("{} does not list \"{}\"", needed->file, needed->word)});
  }
  return findings;
}

}  // namespace unitparser
