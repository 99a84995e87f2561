// Rows of privileges, filters and sandboxing switches (systemd.exec(5)). [pure]
#include "unitparser/directives/codec_security.h"
#include "unitparser/directives/rows.h"

namespace unitparser {

template <>
inline constexpr std::string_view enum_noun<ProtectProc> = "/proc/ protection mode";
template <>
inline constexpr std::string_view enum_noun<ProcSubset> = "/proc/ subset mode";
template <>
inline constexpr std::string_view enum_noun<KeyringMode> = "keyring mode";
template <>
inline constexpr std::string_view enum_noun<ProtectHome> = "protect home value";
template <>
inline constexpr std::string_view enum_noun<ProtectSystem> = "protect system value";

namespace {

constexpr Sections exec = exec_sections;
using Privileges = ExecPrivileges;
using Sandbox = ExecSandbox;

template <auto Field>
consteval UnitRow boolean(std::string_view key, std::string_view description) {
  return row<Field, BooleanCodec>(exec, key, constant(key), description);
}
/// API file systems are mounted for a private root unless it is said otherwise.
Value get_mount_api_vfs(const Subject<UnitConfig>& subject) {
  const std::optional<bool> said = subject.config.common->exec_sandbox->mount_api_vfs;
  const std::string& root = subject.config.common->exec_identity->root_directory;
  return said.value_or((!root.empty() && root != "/") || !subject.config.common->exec_paths->root_image.empty());
}

constexpr std::array rows{
    row<&Privileges::secure_bits, SecureBitsCodec>(exec, "SecureBits", constant("SecureBits"), "Secure bits of the process, see capabilities(7)."),
    row<&Privileges::capability_bounding_set, CapabilitiesCodec<UINT64_MAX>>(exec, "CapabilityBoundingSet", constant("CapabilityBoundingSet"), "Capabilities that processes can have at most."),
    row<&Privileges::ambient_capabilities, CapabilitiesCodec<0>>(exec, "AmbientCapabilities", constant("AmbientCapabilities"), "Capabilities that processes get though they are not root."),
    boolean<&Privileges::no_new_privileges>("NoNewPrivileges", "Executing a program never gives new privileges."),
    row<&Privileges::keyring_mode, OptionalEnumCodec<KeyringMode::private_>>(exec, "KeyringMode", constant("KeyringMode"), "Which session key ring processes get."),
    refused_as(without_words, row<&Privileges::system_call_filter, SystemCallFilterCodec>(exec, "SystemCallFilter", constant("SystemCallFilter"), "System calls that are allowed, or with ~ those that are not.")),
    refused_as(without_words, row<&Privileges::system_call_architectures, ArchitecturesCodec>(exec, "SystemCallArchitectures", constant("SystemCallArchitectures"), "Architectures whose system calls are allowed.")),
    row<&Privileges::system_call_error_number, ErrorNumberCodec>(exec, "SystemCallErrorNumber", constant("SystemCallErrorNumber"), "Error that a forbidden system call returns instead of killing the process."),
    row<&Privileges::system_call_log, SystemCallLogCodec>(exec, "SystemCallLog", constant("SystemCallLog"), "System calls that are logged, or with ~ all but those."),
    boolean<&Privileges::memory_deny_write_execute>("MemoryDenyWriteExecute", "Memory cannot be writable and executable."),
    row<&Privileges::restrict_namespaces, NamespacesCodec>(exec, "RestrictNamespaces", constant("RestrictNamespaces"), "Kinds of namespaces that processes may make."),
    boolean<&Privileges::restrict_realtime>("RestrictRealtime", "Real-time scheduling is refused."),
    boolean<&Privileges::restrict_suid_sgid>("RestrictSUIDSGID", "Set-user-ID and set-group-ID bits cannot be set on files."),
    refused_as(without_words, row<&Privileges::restrict_address_families, AddressFamiliesCodec>(exec, "RestrictAddressFamilies", constant("RestrictAddressFamilies"), "Address families that sockets may have, or with ~ may not.")),
    boolean<&Privileges::lock_personality>("LockPersonality", "The execution domain cannot be changed."),
    row<&Privileges::restrict_file_systems, FileSystemsCodec>(exec, "RestrictFileSystems", constant("RestrictFileSystems"), "Types of file systems that processes may open; without effect: the kernel of Debian 12 has no BPF security module turned on."),
    settable(row<&Privileges::selinux_context, LabelCodec>(exec, "SELinuxContext", constant("SELinuxContext"), "SELinux context of the processes."), &plain_texts, "s"),
    row<&Privileges::apparmor_profile, LabelCodec>(exec, "AppArmorProfile", constant("AppArmorProfile"), "AppArmor profile that processes switch to."),
    row<&Privileges::smack_process_label, LabelCodec>(exec, "SmackProcessLabel", constant("SmackProcessLabel"), "SMACK label of the processes."),

    boolean<&Sandbox::private_tmp>("PrivateTmp", "Processes have /tmp and /var/tmp of their own."),
    boolean<&Sandbox::private_devices>("PrivateDevices", "Processes see only pseudo devices such as /dev/null."),
    boolean<&Sandbox::protect_kernel_tunables>("ProtectKernelTunables", "Kernel settings below /proc and /sys are read-only."),
    boolean<&Sandbox::protect_kernel_modules>("ProtectKernelModules", "Kernel modules cannot be loaded or seen."),
    boolean<&Sandbox::protect_kernel_logs>("ProtectKernelLogs", "The kernel log cannot be read or written."),
    boolean<&Sandbox::protect_clock>("ProtectClock", "The clock cannot be set."),
    boolean<&Sandbox::protect_control_groups>("ProtectControlGroups", "/sys/fs/cgroup is read-only."),
    row<&Sandbox::network_namespace_path, PathCodec>(exec, "NetworkNamespacePath", constant("NetworkNamespacePath"), "Network namespace that processes join."),
    row<&Sandbox::ipc_namespace_path, PathCodec>(exec, "IPCNamespacePath", constant("IPCNamespacePath"), "IPC namespace that processes join."),
    boolean<&Sandbox::private_network>("PrivateNetwork", "Processes have a network of their own with nothing but loopback."),
    boolean<&Sandbox::private_users>("PrivateUsers", "Processes have a user namespace of their own."),
    row<&Sandbox::private_mounts, SaidBooleanCodec>(exec, "PrivateMounts", constant("PrivateMounts"), "Processes have a mount namespace of their own."),
    boolean<&Sandbox::private_ipc>("PrivateIPC", "Processes have an IPC namespace of their own."),
    boolean<&Sandbox::protect_hostname>("ProtectHostname", "The host name cannot be changed."),
    row<&Sandbox::protect_system, BooleanOrEnumCodec<ProtectSystem>>(exec, "ProtectSystem", constant("ProtectSystem"), "Which part of the operating system's files is read-only."),
    row<&Sandbox::protect_home, BooleanOrEnumCodec<ProtectHome>>(exec, "ProtectHome", constant("ProtectHome"), "Whether home folders are hidden, empty or read-only."),
    row<&Sandbox::protect_proc, EnumCodec<ProtectProc>>(exec, "ProtectProc", constant("ProtectProc"), "Which other processes can be seen in /proc."),
    row<&Sandbox::proc_subset, EnumCodec<ProcSubset>>(exec, "ProcSubset", constant("ProcSubset"), "Whether /proc has more than the processes."),
    row<&Sandbox::mount_flags, MountFlagsCodec>(exec, "MountFlags", constant("MountFlags"), "How mounts travel between the unit and the rest of the machine."),
    shown_by(row<&Sandbox::mount_api_vfs, OptionalBooleanCodec<false>>(exec, "MountAPIVFS", constant("MountAPIVFS"), "Mount /proc, /sys, /dev and /run below a private root."), &get_mount_api_vfs),
};
static_assert(unique_keys(rows) && documented(rows));
static_assert(covers_every_field<ExecPrivileges>(rows) && covers_every_field<ExecSandbox>(rows));

}  // namespace

std::span<const UnitRow> sandbox_rows() { return rows; }

}  // namespace unitparser
