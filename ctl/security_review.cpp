// The table of the review: one row for each setting, with its weight. [pure]
//
// COMPAT: systemd-analyze(1) security. Weights, ranges and grades are those that the tool of 252 reveals when all other
// weights are set to zero; the sentences are our own.
#include "ctl/security_review.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "unitparser/syntax/kernel_names.h"
#include "unitparser/syntax/syscall_groups.h"

namespace ctl {
namespace {

using unitparser::LoadedUnit;
using unitparser::UnitConfig;

/// What one setting of one unit amounts to: 0 is safe, the row's range is the worst.
struct Grade {
  std::optional<unsigned> badness;
  std::string_view description;
};
/// The number that a row hands to its function: a capability mask, a namespace flag ...
using Parameter = std::uint64_t;
struct Assessor {
  std::string_view setting, json_field;
  unsigned weight, range;
  bool only_with_default_dependencies;  ///< early services cannot use it
  Parameter parameter;
  Grade (*grade)(const LoadedUnit& unit, Parameter parameter);
  std::string_view safe, open;  ///< what is said when the badness is 0, and when it is not
};

constexpr std::uint64_t cap(unsigned number) { return 1ULL << number; }

// --- Who runs it --------------------------------------------------------------------------------------------------
bool runs_as_root(const LoadedUnit& unit) {
  const auto& identity = *unit.config.common->exec_identity;
  return !identity.dynamic_user && (identity.user.empty() || identity.user == "root" || identity.user == "0");
}
Grade grade_user(const LoadedUnit& unit, Parameter) {
  const auto& identity = *unit.config.common->exec_identity;
  if (identity.dynamic_user) return {0, "Runs as a user of its own that exists only meanwhile"};
  if (runs_as_root(unit)) return {10, "Runs as root"};
  if (identity.user == "nobody") return {9, "Runs as nobody, which everything that has no user of its own shares"};
  return {0, "Runs as an ordinary user"};
}
Grade grade_groups(const LoadedUnit& unit, Parameter) {
  if (runs_as_root(unit)) return {std::nullopt, "Of no matter for root"};
  return {unit.config.common->exec_identity->supplementary_groups.empty() ? 0U : 1U, {}};
}
Grade grade_ipc(const LoadedUnit& unit, Parameter) {
  if (runs_as_root(unit)) return {std::nullopt, "Does not apply to root"};
  const auto& identity = *unit.config.common->exec_identity;
  return {identity.remove_ipc || identity.dynamic_user ? 0U : 1U, {}};
}
Grade grade_umask(const LoadedUnit& unit, Parameter) {
  constexpr std::uint32_t others_write = 0002, others_read = 0004, group_write = 0020, group_read = 0040;
  const std::uint32_t mask = unit.config.common->exec_identity->umask;
  if ((mask & others_write) == 0) return {10, "Everybody may write the files it makes"};
  if ((mask & others_read) == 0) return {5, "Everybody may read the files it makes"};
  if ((mask & group_write) == 0) return {2, "Its group may write the files it makes"};
  if ((mask & group_read) == 0) return {1, "Its group may read the files it makes"};
  return {0, "Only its own user may use the files it makes"};
}
Grade grade_root(const LoadedUnit& unit, Parameter) {
  const std::string& folder = unit.config.common->exec_identity->root_directory;
  return {(folder.empty() || folder == "/") && unit.config.common->exec_paths->root_image.empty() ? 1U : 0U, {}};
}

// --- Switches -----------------------------------------------------------------------------------------------------
template <auto Field>
Grade grade_sandbox(const LoadedUnit& unit, Parameter) {
  return {(*unit.config.common->exec_sandbox).*Field ? 0U : 1U, {}};
}
template <auto Field>
Grade grade_privilege(const LoadedUnit& unit, Parameter) {
  return {(*unit.config.common->exec_privileges).*Field ? 0U : 1U, {}};
}
Grade grade_mounts(const LoadedUnit& unit, Parameter) { return {unit.config.common->exec_sandbox->private_mounts.value_or(false) ? 0U : 1U, {}}; }
Grade grade_home(const LoadedUnit& unit, Parameter) {
  using unitparser::ProtectHome;
  switch (unit.config.common->exec_sandbox->protect_home) {
    case ProtectHome::yes: return {0, "Home folders are out of reach"};
    case ProtectHome::tmpfs: return {1, "Home folders look empty"};
    case ProtectHome::read_only: return {5, "Home folders can be read"};
    case ProtectHome::no: break;
  }
  return {10, "Home folders can be read and written"};
}
Grade grade_system(const LoadedUnit& unit, Parameter) {
  using unitparser::ProtectSystem;
  switch (unit.config.common->exec_sandbox->protect_system) {
    case ProtectSystem::strict: return {0, "The whole file system is read-only but for what is named"};
    case ProtectSystem::full: return {3, "/usr, /boot and /etc are read-only"};
    case ProtectSystem::yes: return {5, "/usr and /boot are read-only"};
    case ProtectSystem::no: break;
  }
  return {10, "The system's files can be written as far as its user may"};
}
Grade grade_proc(const LoadedUnit& unit, Parameter) {
  using unitparser::ProtectProc;
  switch (unit.config.common->exec_sandbox->protect_proc) {
    case ProtectProc::invisible:
    case ProtectProc::ptraceable: return {0, "Only processes that it may trace are seen in /proc"};
    case ProtectProc::no_access: return {1, "Other users' processes are seen in /proc, but not what they do"};
    case ProtectProc::default_: break;
  }
  return {3, "All processes are seen in /proc"};
}
Grade grade_proc_subset(const LoadedUnit& unit, Parameter) { return {unit.config.common->exec_sandbox->proc_subset == unitparser::ProcSubset::pid ? 0U : 1U, {}}; }
Grade grade_keyring(const LoadedUnit& unit, Parameter) {
  using unitparser::KeyringMode;
  return {unit.config.common->exec_privileges->keyring_mode.value_or(KeyringMode::private_) == KeyringMode::private_ ? 0U : 1U, {}};
}
Grade grade_notify(const LoadedUnit& unit, Parameter) { return {unit.config.common->service->notify_access == unitparser::NotifyAccess::all ? 1U : 0U, {}}; }
Grade grade_delegate(const LoadedUnit& unit, Parameter) { return {unit.config.common->resource_basics->delegate ? 1U : 0U, {}}; }

// --- Kernel interfaces --------------------------------------------------------------------------------------------
std::uint64_t bounding_set(const UnitConfig& config) {
  std::uint64_t set = config.common->exec_privileges->capability_bounding_set;
  const auto& sandbox = *config.common->exec_sandbox;
  if (sandbox.protect_clock) set &= ~(cap(CAP_SYS_TIME) | cap(CAP_WAKE_ALARM));
  if (sandbox.protect_kernel_modules) set &= ~cap(CAP_SYS_MODULE);
  if (sandbox.protect_kernel_logs) set &= ~cap(CAP_SYSLOG);
  if (sandbox.private_devices) set &= ~(cap(CAP_MKNOD) | cap(CAP_SYS_RAWIO));
  return set;
}
Grade grade_capability(const LoadedUnit& unit, Parameter mask) { return {(bounding_set(unit.config) & mask) != 0 ? 1U : 0U, {}}; }
Grade grade_ambient(const LoadedUnit& unit, Parameter) { return {unit.config.common->exec_privileges->ambient_capabilities != 0 ? 1U : 0U, {}}; }
Grade grade_namespace(const LoadedUnit& unit, Parameter flag) {
  const auto allowed = unit.config.common->exec_privileges->restrict_namespaces;
  return {!allowed || (*allowed & flag) != 0 ? 1U : 0U, {}};
}
constexpr std::array named_families{AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET};
/// Parameter: a bit for each of named_families; 0 means all others.
Grade grade_families(const LoadedUnit& unit, Parameter wanted) {
  const auto& filter = unit.config.common->exec_privileges->restrict_address_families;
  if (!filter) return {1, {}};
  for (std::size_t i = 0; i < named_families.size(); ++i) {
    const bool named = filter->entries.find(named_families[i]) != filter->entries.end();
    if ((wanted & (1U << i)) != 0 && named == filter->allow_list) return {1, {}};
  }
  if (wanted != 0) return {0, {}};
  const bool any_other = std::any_of(filter->entries.begin(), filter->entries.end(), [](const auto& entry) {
    return std::find(named_families.begin(), named_families.end(), entry.first) == named_families.end();
  });
  // A list of what is denied that names an exotic family is taken for one that names them all.
  return {any_other == filter->allow_list ? 1U : 0U, {}};
}
Grade grade_architectures(const LoadedUnit& unit, Parameter) {
  const auto& list = unit.config.common->exec_privileges->system_call_architectures;
  if (list.empty()) return {10, "System calls of all ABIs are possible"};
  if (list.size() == 1 && list[0] == "native") return {0, "Only the native ABI's system calls are possible"};
  return {8, "System calls of several ABIs are possible"};
}
constexpr std::array<std::string_view, 11> call_groups{"@clock", "@cpu-emulation", "@debug", "@module", "@mount", "@obsolete",
                                                       "@privileged", "@raw-io", "@reboot", "@resources", "@swap"};
/// Parameter: index into call_groups.
Grade grade_system_calls(const LoadedUnit& unit, Parameter group) {
  const auto& filter = unit.config.common->exec_privileges->system_call_filter;
  if (!filter || (filter->entries.empty() && !filter->allow_list)) return {10, "System calls are not filtered"};
  const auto* set = unitparser::find_system_call_group(call_groups[group]);
  const auto is_named = [&filter](std::string_view call) { return filter->entries.find(std::string(call)) != filter->entries.end(); };
  const auto calls = unitparser::system_calls_of(*set);
  if (filter->allow_list) {
    if (std::none_of(calls.begin(), calls.end(), is_named)) return {0, "The system calls of the group are not allowed"};
    return {9, "Some system calls of the group are allowed"};
  }
  if (std::all_of(calls.begin(), calls.end(), is_named)) return {0, "The system calls of the group are denied"};
  return {10, "Some system calls of the group are not denied"};
}

// --- Control group ------------------------------------------------------------------------------------------------
bool is_local_host(const unitparser::IpPrefix& prefix) {
  constexpr std::uint8_t loopback_net = 127, loopback_bits = 8, ipv6_bits = 128;
  if (prefix.family == AF_INET) return prefix.address[0] == loopback_net && prefix.length >= loopback_bits;
  std::array<std::uint8_t, 16> one{};
  one.back() = 1;
  return prefix.length == ipv6_bits && prefix.address == one;
}
Grade grade_addresses(const LoadedUnit& unit, Parameter) {
  const auto& access = *unit.config.common->resource_access;
  if (!access.ip_ingress_filter_path.empty() || !access.ip_egress_filter_path.empty()) return {0, "BPF programs of its own filter its packets"};
  const auto denies_all = [&access](int family) {
    return std::any_of(access.ip_address_deny.begin(), access.ip_address_deny.end(), [family](const auto& prefix) { return prefix.family == family && prefix.length == 0; });
  };
  if (!denies_all(AF_INET) || !denies_all(AF_INET6)) return {10, "Packets may go to and come from all addresses"};
  if (access.ip_address_allow.empty()) return {0, "Packets are denied"};
  if (std::all_of(access.ip_address_allow.begin(), access.ip_address_allow.end(), is_local_host)) return {2, "Packets may only go to this machine itself"};
  return {5, "Packets may go to and come from named addresses"};
}
Grade grade_devices(const LoadedUnit& unit, Parameter) {
  using unitparser::DevicePolicy;
  const auto& access = *unit.config.common->resource_access;
  const bool strict = access.device_policy == DevicePolicy::strict || access.device_policy == DevicePolicy::closed || unit.config.common->exec_sandbox->private_devices;
  if (!strict) return {10, "Devices are not restricted"};
  if (!access.device_allow.empty()) return {5, "Devices that are named can be used"};
  return {0, "Only pseudo devices can be used"};
}

constexpr std::array assessors{
    // setting                    JSON field                  weight range early parameter function  safe / open
    Assessor{"User=/DynamicUser=", "UserOrDynamicUser", 2000, 10, false, 0, grade_user, {}, {}},
    Assessor{"SupplementaryGroups=", "SupplementaryGroups", 200, 1, false, 0, grade_groups, "Has no further groups", "Has further groups"},
    Assessor{"PrivateDevices=", "PrivateDevices", 1000, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::private_devices>, "Hardware devices are out of reach", "Hardware devices may be in reach"},
    Assessor{"PrivateMounts=", "PrivateMounts", 1000, 1, false, 0, grade_mounts, "Its mounts are seen by nobody else", "Its mounts are seen by the whole system"},
    Assessor{"PrivateNetwork=", "PrivateNetwork", 2500, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::private_network>, "The machine's network is out of reach", "The machine's network is in reach"},
    Assessor{"PrivateTmp=", "PrivateTmp", 1000, 1, true, 0, grade_sandbox<&unitparser::ExecSandbox::private_tmp>, "Has temporary folders of its own", "Shares temporary folders with other programs"},
    Assessor{"PrivateUsers=", "PrivateUsers", 1000, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::private_users>, "Other users do not exist for it", "Other users exist for it"},
    Assessor{"ProtectControlGroups=", "ProtectControlGroups", 1000, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::protect_control_groups>, "Control groups cannot be changed", "Control groups can be changed"},
    Assessor{"ProtectKernelModules=", "ProtectKernelModules", 1000, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::protect_kernel_modules>, "Kernel modules cannot be read or loaded", "Kernel modules can be read and loaded"},
    Assessor{"ProtectKernelTunables=", "ProtectKernelTunables", 1000, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::protect_kernel_tunables>, "Settings of the kernel cannot be changed", "Settings of the kernel can be changed"},
    Assessor{"ProtectKernelLogs=", "ProtectKernelLogs", 1000, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::protect_kernel_logs>, "The kernel's log cannot be read", "The kernel's log can be read and written"},
    Assessor{"ProtectClock=", "ProtectClock", 1000, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::protect_clock>, "The clocks cannot be set", "The clocks can be set"},
    Assessor{"ProtectHome=", "ProtectHome", 1000, 10, true, 0, grade_home, {}, {}},
    Assessor{"ProtectHostname=", "ProtectHostname", 50, 1, false, 0, grade_sandbox<&unitparser::ExecSandbox::protect_hostname>, "The host's name cannot be changed", "The host's name can be changed"},
    Assessor{"ProtectSystem=", "ProtectSystem", 1000, 10, true, 0, grade_system, {}, {}},
    Assessor{"RootDirectory=/RootImage=", "RootDirectoryOrRootImage", 200, 1, true, 0, grade_root, "Has a root folder of its own", "Runs in the machine's root folder"},
    Assessor{"LockPersonality=", "LockPersonality", 100, 1, false, 0, grade_privilege<&unitparser::ExecPrivileges::lock_personality>, "Execution domains cannot be switched", "Execution domains can be switched"},
    Assessor{"MemoryDenyWriteExecute=", "MemoryDenyWriteExecute", 100, 1, false, 0, grade_privilege<&unitparser::ExecPrivileges::memory_deny_write_execute>, "Memory cannot be both written and executed", "Memory can be both written and executed"},
    Assessor{"NoNewPrivileges=", "NoNewPrivileges", 1000, 1, false, 0, grade_privilege<&unitparser::ExecPrivileges::no_new_privileges>, "Programs cannot gain privileges", "Programs can gain privileges, as by set-user-ID"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_ADMIN", "CapabilityBoundingSet_CAP_SYS_ADMIN", 1500, 1, false, cap(CAP_SYS_ADMIN), grade_capability, "Cannot administer the system", "Can administer the system"},
    Assessor{"CapabilityBoundingSet=~CAP_SET(UID|GID|PCAP)", "CapabilityBoundingSet_CAP_SET_UID_GID_PCAP", 1500, 1, false, cap(CAP_SETUID) | cap(CAP_SETGID) | cap(CAP_SETPCAP), grade_capability, "Cannot become another user", "Can become another user, or take capabilities"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_PTRACE", "CapabilityBoundingSet_CAP_SYS_PTRACE", 1500, 1, false, cap(CAP_SYS_PTRACE), grade_capability, "Cannot trace other processes", "Can trace other processes"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_TIME", "CapabilityBoundingSet_CAP_SYS_TIME", 1000, 1, false, cap(CAP_SYS_TIME), grade_capability, "Cannot set the system's clock", "Can set the system's clock"},
    Assessor{"CapabilityBoundingSet=~CAP_NET_ADMIN", "CapabilityBoundingSet_CAP_NET_ADMIN", 1000, 1, false, cap(CAP_NET_ADMIN), grade_capability, "Cannot configure the network", "Can configure the network"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_RAWIO", "CapabilityBoundingSet_CAP_SYS_RAWIO", 1000, 1, false, cap(CAP_SYS_RAWIO), grade_capability, "Cannot reach I/O ports and raw memory", "Can reach I/O ports and raw memory"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_MODULE", "CapabilityBoundingSet_CAP_SYS_MODULE", 1000, 1, false, cap(CAP_SYS_MODULE), grade_capability, "Cannot load kernel modules", "Can load kernel modules"},
    Assessor{"CapabilityBoundingSet=~CAP_AUDIT_*", "CapabilityBoundingSet_CAP_AUDIT", 500, 1, false, cap(CAP_AUDIT_CONTROL) | cap(CAP_AUDIT_READ) | cap(CAP_AUDIT_WRITE), grade_capability, "Cannot use the audit system", "Can use the audit system"},
    Assessor{"CapabilityBoundingSet=~CAP_SYSLOG", "CapabilityBoundingSet_CAP_SYSLOG", 500, 1, false, cap(CAP_SYSLOG), grade_capability, "Cannot control the kernel's log", "Can control the kernel's log"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_(NICE|RESOURCE)", "CapabilityBoundingSet_CAP_SYS_NICE_RESOURCE", 500, 1, false, cap(CAP_SYS_NICE) | cap(CAP_SYS_RESOURCE), grade_capability, "Cannot raise its priority and limits", "Can raise its priority and limits"},
    Assessor{"CapabilityBoundingSet=~CAP_MKNOD", "CapabilityBoundingSet_CAP_MKNOD", 500, 1, false, cap(CAP_MKNOD), grade_capability, "Cannot make device nodes", "Can make device nodes"},
    Assessor{"CapabilityBoundingSet=~CAP_(CHOWN|FSETID|SETFCAP)", "CapabilityBoundingSet_CAP_CHOWN_FSETID_SETFCAP", 1000, 1, false, cap(CAP_CHOWN) | cap(CAP_FSETID) | cap(CAP_SETFCAP), grade_capability, "Cannot give files away or capabilities", "Can give files other owners and capabilities"},
    Assessor{"CapabilityBoundingSet=~CAP_(DAC_*|FOWNER|IPC_OWNER)", "CapabilityBoundingSet_CAP_DAC_FOWNER_IPC_OWNER", 1000, 1, false, cap(CAP_DAC_OVERRIDE) | cap(CAP_DAC_READ_SEARCH) | cap(CAP_FOWNER) | cap(CAP_IPC_OWNER), grade_capability, "Permissions of files hold for it", "Permissions of files do not hold for it"},
    Assessor{"CapabilityBoundingSet=~CAP_KILL", "CapabilityBoundingSet_CAP_KILL", 500, 1, false, cap(CAP_KILL), grade_capability, "Cannot signal other users' processes", "Can signal all processes"},
    Assessor{"CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)", "CapabilityBoundingSet_CAP_NET_BIND_SERVICE_BROADCAST_RAW)", 500, 1, false, cap(CAP_NET_BIND_SERVICE) | cap(CAP_NET_BROADCAST) | cap(CAP_NET_RAW), grade_capability, "Cannot use low ports and raw sockets", "Can use low ports and raw sockets"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_BOOT", "CapabilityBoundingSet_CAP_SYS_BOOT", 100, 1, false, cap(CAP_SYS_BOOT), grade_capability, "Cannot reboot the machine", "Can reboot the machine"},
    Assessor{"CapabilityBoundingSet=~CAP_MAC_*", "CapabilityBoundingSet_CAP_MAC", 100, 1, false, cap(CAP_MAC_ADMIN) | cap(CAP_MAC_OVERRIDE), grade_capability, "Cannot change mandatory access control", "Can change mandatory access control"},
    Assessor{"CapabilityBoundingSet=~CAP_LINUX_IMMUTABLE", "CapabilityBoundingSet_CAP_LINUX_IMMUTABLE", 75, 1, false, cap(CAP_LINUX_IMMUTABLE), grade_capability, "Cannot make files immutable", "Can make files immutable"},
    Assessor{"CapabilityBoundingSet=~CAP_IPC_LOCK", "CapabilityBoundingSet_CAP_IPC_LOCK", 50, 1, false, cap(CAP_IPC_LOCK), grade_capability, "Cannot keep memory from being swapped", "Can keep memory from being swapped"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_CHROOT", "CapabilityBoundingSet_CAP_SYS_CHROOT", 50, 1, false, cap(CAP_SYS_CHROOT), grade_capability, "Cannot change its root folder", "Can change its root folder"},
    Assessor{"CapabilityBoundingSet=~CAP_BLOCK_SUSPEND", "CapabilityBoundingSet_CAP_BLOCK_SUSPEND", 25, 1, false, cap(CAP_BLOCK_SUSPEND), grade_capability, "Cannot keep the machine awake", "Can keep the machine awake"},
    Assessor{"CapabilityBoundingSet=~CAP_WAKE_ALARM", "CapabilityBoundingSet_CAP_WAKE_ALARM", 25, 1, false, cap(CAP_WAKE_ALARM), grade_capability, "Cannot wake the machine by timers", "Can wake the machine by timers"},
    Assessor{"CapabilityBoundingSet=~CAP_LEASE", "CapabilityBoundingSet_CAP_LEASE", 25, 1, false, cap(CAP_LEASE), grade_capability, "Cannot take leases on files", "Can take leases on files"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_TTY_CONFIG", "CapabilityBoundingSet_CAP_SYS_TTY_CONFIG", 25, 1, false, cap(CAP_SYS_TTY_CONFIG), grade_capability, "Cannot hang up terminals", "Can hang up terminals"},
    Assessor{"CapabilityBoundingSet=~CAP_BPF", "CapabilityBoundingSet_CAP_BPF", 25, 1, false, cap(CAP_BPF), grade_capability, "Cannot load BPF programs", "Can load BPF programs"},
    Assessor{"CapabilityBoundingSet=~CAP_SYS_PACCT", "CapabilityBoundingSet_CAP_SYS_PACCT", 25, 1, false, cap(CAP_SYS_PACCT), grade_capability, "Cannot switch process accounting", "Can switch process accounting"},
    Assessor{"UMask=", "UMask", 100, 10, false, 0, grade_umask, {}, {}},
    Assessor{"KeyringMode=", "KeyringMode", 1000, 1, false, 0, grade_keyring, "Has a keyring of its own", "Shares a keyring with others"},
    Assessor{"ProtectProc=", "ProtectProc", 1000, 3, false, 0, grade_proc, {}, {}},
    Assessor{"ProcSubset=", "ProcSubset", 10, 1, false, 0, grade_proc_subset, "Only processes are seen in /proc", "All of the kernel's files in /proc are seen"},
    Assessor{"NotifyAccess=", "NotifyAccess", 1000, 1, false, 0, grade_notify, "Its children cannot speak for it", "All its processes can speak for it"},
    Assessor{"RemoveIPC=", "RemoveIPC", 100, 1, false, 0, grade_ipc, "Leaves no IPC objects behind", "May leave IPC objects behind"},
    Assessor{"Delegate=", "Delegate", 100, 1, false, 0, grade_delegate, "Manages no control groups of its own", "Manages control groups of its own"},
    Assessor{"RestrictRealtime=", "RestrictRealtime", 500, 1, false, 0, grade_privilege<&unitparser::ExecPrivileges::restrict_realtime>, "Cannot schedule itself in real time", "Can schedule itself in real time"},
    Assessor{"RestrictSUIDSGID=", "RestrictSUIDSGID", 1000, 1, false, 0, grade_privilege<&unitparser::ExecPrivileges::restrict_suid_sgid>, "Cannot make set-user-ID files", "Can make set-user-ID files"},
    Assessor{"RestrictNamespaces=~user", "RestrictNamespaces_user", 1500, 1, false, CLONE_NEWUSER, grade_namespace, "Cannot make user namespaces", "Can make user namespaces"},
    Assessor{"RestrictNamespaces=~mnt", "RestrictNamespaces_mnt", 500, 1, false, CLONE_NEWNS, grade_namespace, "Cannot make mount namespaces", "Can make mount namespaces"},
    Assessor{"RestrictNamespaces=~ipc", "RestrictNamespaces_ipc", 500, 1, false, CLONE_NEWIPC, grade_namespace, "Cannot make IPC namespaces", "Can make IPC namespaces"},
    Assessor{"RestrictNamespaces=~pid", "RestrictNamespaces_pid", 500, 1, false, CLONE_NEWPID, grade_namespace, "Cannot make process namespaces", "Can make process namespaces"},
    Assessor{"RestrictNamespaces=~cgroup", "RestrictNamespaces_cgroup", 500, 1, false, CLONE_NEWCGROUP, grade_namespace, "Cannot make control group namespaces", "Can make control group namespaces"},
    Assessor{"RestrictNamespaces=~net", "RestrictNamespaces_net", 500, 1, false, CLONE_NEWNET, grade_namespace, "Cannot make network namespaces", "Can make network namespaces"},
    Assessor{"RestrictNamespaces=~uts", "RestrictNamespaces_uts", 100, 1, false, CLONE_NEWUTS, grade_namespace, "Cannot make host name namespaces", "Can make host name namespaces"},
    Assessor{"RestrictAddressFamilies=~AF_(INET|INET6)", "RestrictAddressFamilies_AF_INET_INET6", 1500, 1, false, 0b11, grade_families, "Cannot open Internet sockets", "Can open Internet sockets"},
    Assessor{"RestrictAddressFamilies=~AF_UNIX", "RestrictAddressFamilies_AF_UNIX", 25, 1, false, 0b100, grade_families, "Cannot open local sockets", "Can open local sockets"},
    Assessor{"RestrictAddressFamilies=~AF_NETLINK", "RestrictAddressFamilies_AF_NETLINK", 200, 1, false, 0b1000, grade_families, "Cannot open netlink sockets", "Can open netlink sockets"},
    Assessor{"RestrictAddressFamilies=~AF_PACKET", "RestrictAddressFamilies_AF_PACKET", 1000, 1, false, 0b10000, grade_families, "Cannot open packet sockets", "Can open packet sockets"},
    Assessor{"RestrictAddressFamilies=~…", "RestrictAddressFamilies_OTHER", 1250, 1, false, 0, grade_families, "Cannot open sockets of other families", "Can open sockets of other families"},
    Assessor{"SystemCallArchitectures=", "SystemCallArchitectures", 1000, 10, false, 0, grade_architectures, {}, {}},
    Assessor{"SystemCallFilter=~@clock", "SystemCallFilter_clock", 1000, 10, false, 0, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@cpu-emulation", "SystemCallFilter_cpu_emulation", 250, 10, false, 1, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@debug", "SystemCallFilter_debug", 1000, 10, false, 2, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@module", "SystemCallFilter_module", 1000, 10, false, 3, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@mount", "SystemCallFilter_mount", 1000, 10, false, 4, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@obsolete", "SystemCallFilter_obsolete", 250, 10, false, 5, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@privileged", "SystemCallFilter_privileged", 700, 10, false, 6, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@raw-io", "SystemCallFilter_raw_io", 1000, 10, false, 7, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@reboot", "SystemCallFilter_reboot", 1000, 10, false, 8, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@resources", "SystemCallFilter_resources", 700, 10, false, 9, grade_system_calls, {}, {}},
    Assessor{"SystemCallFilter=~@swap", "SystemCallFilter_swap", 1000, 10, false, 10, grade_system_calls, {}, {}},
    Assessor{"IPAddressDeny=", "IPAddressDeny", 1000, 10, false, 0, grade_addresses, {}, {}},
    Assessor{"DeviceAllow=", "DeviceAllow", 1000, 10, false, 0, grade_devices, {}, {}},
    Assessor{"AmbientCapabilities=", "AmbientCapabilities", 500, 1, false, 0, grade_ambient, "Gives its programs no capabilities", "Gives its programs capabilities"},
};
static_assert(assessors.size() == 81);

constexpr std::array exposure_words{
    ExposureWord{100, "DANGEROUS", "🤢", ":-<"}, ExposureWord{90, "UNSAFE", "😨", ":-{"}, ExposureWord{75, "EXPOSED", "🙁", ":-("},
    ExposureWord{50, "MEDIUM", "😐", ":-|"},     ExposureWord{10, "OK", "🙂", ":-)"},     ExposureWord{1, "SAFE", "😀", ":-}"},
    ExposureWord{0, "PERFECT", "😇", ":-]"}};

unsigned divide_upwards(std::uint64_t value, std::uint64_t by) { return static_cast<unsigned>((value + by - 1) / by); }

}  // namespace

SecurityReview review_security(const LoadedUnit& unit) {
  SecurityReview review;
  std::array<Grade, assessors.size()> grades;
  std::uint64_t weights = 0;
  std::uint64_t badness = 0;
  for (std::size_t i = 0; i < assessors.size(); ++i) {
    const Assessor& assessor = assessors[i];
    grades[i] = assessor.only_with_default_dependencies && !unit.config.unit->default_dependencies
                    ? Grade{std::nullopt, "Of no use to a service of the early boot"}
                    : assessor.grade(unit, assessor.parameter);
    if (!grades[i].badness) continue;
    weights += assessor.weight;
    badness += divide_upwards(std::uint64_t{*grades[i].badness} * assessor.weight, assessor.range);
  }
  constexpr std::uint64_t whole = 100;
  review.exposure = divide_upwards(badness * whole, weights);
  for (std::size_t i = 0; i < assessors.size(); ++i) {
    const Assessor& assessor = assessors[i];
    const Grade& grade = grades[i];
    SecurityFinding finding{assessor.setting, assessor.json_field, {}, std::nullopt};
    const std::string_view sentence = grade.description.empty() ? (grade.badness == 0U ? assessor.safe : assessor.open) : grade.description;
    finding.description = sentence;
    if (grade.badness) finding.badness = divide_upwards(*grade.badness * std::uint64_t{assessor.weight} * whole, assessor.range * weights);
    review.findings.push_back(std::move(finding));
  }
  std::stable_sort(review.findings.begin(), review.findings.end(), [](const SecurityFinding& a, const SecurityFinding& b) { return a.badness.value_or(0) > b.badness.value_or(0); });
  return review;
}

const ExposureWord& exposure_word(unsigned exposure) {
  return *std::find_if(exposure_words.begin(), exposure_words.end(), [exposure](const ExposureWord& word) { return exposure >= word.from; });
}

std::string exposure_text(unsigned exposure) { return std::to_string(exposure / 10) + "." + std::to_string(exposure % 10); }

}  // namespace ctl
