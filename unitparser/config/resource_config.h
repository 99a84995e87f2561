// Resource control and killing (systemd.resource-control(5), systemd.kill(5)). [pure]
#pragma once

#include <csignal>

#include "unitparser/config/values.h"

namespace unitparser {

enum class DevicePolicy : std::uint8_t { auto_, closed, strict };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<DevicePolicy>) {
  return {"auto", "closed", "strict"};
}
enum class ManagedOomMode : std::uint8_t { auto_, kill };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<ManagedOomMode>) { return {"auto", "kill"}; }
enum class ManagedOomPreference : std::uint8_t { none, avoid, omit };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<ManagedOomPreference>) {
  return {"none", "avoid", "omit"};
}
/// Controllers in the order of the CGroupController mask; the first six exist in cgroup v2 or v1 as files.
enum class Controller : std::uint8_t {
  cpu, cpuacct, cpuset, io, blkio, memory, devices, pids, bpf_firewall, bpf_devices, bpf_foreign, bpf_socket_bind,
  bpf_restrict_network_interfaces
};
constexpr std::array<std::string_view, 13> enum_names(std::type_identity<Controller>) {
  return {"cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids", "bpf-firewall", "bpf-devices",
          "bpf-foreign", "bpf-socket-bind", "bpf-restrict-network-interfaces"};
}

/// Slice, accounting and delegation, CPU and tasks.
struct ResourceBasics {
  std::string slice;  ///< empty: the default for the unit's type
  bool cpu_accounting = false;
  bool memory_accounting = true;
  bool tasks_accounting = true;
  bool io_accounting = false;
  bool block_io_accounting = false;
  bool ip_accounting = false;
  bool delegate = false;
  std::uint32_t delegate_controllers = 0;    ///< bits by Controller
  std::uint32_t disabled_controllers = 0;    ///< bits by Controller
  std::optional<std::uint64_t> cpu_weight;   ///< 0 means "idle"
  std::optional<std::uint64_t> startup_cpu_weight;
  std::optional<std::uint64_t> cpu_shares;
  std::optional<std::uint64_t> startup_cpu_shares;
  Duration cpu_quota_per_sec = Duration::infinity();
  Duration cpu_quota_period = Duration::infinity();
  CpuMask allowed_cpus;
  CpuMask startup_allowed_cpus;
  CpuMask allowed_memory_nodes;
  CpuMask startup_allowed_memory_nodes;
  std::optional<ScalableLimit> tasks_max;    ///< unset: the manager's default, put in by the loader
  bool operator==(const ResourceBasics&) const = default;
};

struct ResourceMemory {
  std::optional<ScalableLimit> memory_min;
  std::optional<ScalableLimit> memory_low;
  std::optional<ScalableLimit> default_memory_min;
  std::optional<ScalableLimit> default_memory_low;
  ScalableLimit memory_high;
  ScalableLimit memory_max;
  ScalableLimit memory_swap_max;
  ScalableLimit memory_limit;
  ManagedOomMode managed_oom_swap = ManagedOomMode::auto_;
  ManagedOomMode managed_oom_memory_pressure = ManagedOomMode::auto_;
  std::uint32_t managed_oom_memory_pressure_limit = 0;  ///< fraction of 2^32
  ManagedOomPreference managed_oom_preference = ManagedOomPreference::none;
  bool operator==(const ResourceMemory&) const = default;
};

struct ResourceIo {
  std::optional<std::uint64_t> io_weight;
  std::optional<std::uint64_t> startup_io_weight;
  std::vector<DeviceWeight> io_device_weight;
  std::vector<DeviceLimit> io_read_bandwidth_max;
  std::vector<DeviceLimit> io_write_bandwidth_max;
  std::vector<DeviceLimit> io_read_iops_max;
  std::vector<DeviceLimit> io_write_iops_max;
  std::vector<DeviceLimit> io_device_latency_target;
  std::optional<std::uint64_t> block_io_weight;
  std::optional<std::uint64_t> startup_block_io_weight;
  std::vector<DeviceWeight> block_io_device_weight;
  std::vector<DeviceLimit> block_io_read_bandwidth;
  std::vector<DeviceLimit> block_io_write_bandwidth;
  bool operator==(const ResourceIo&) const = default;
};

/// Devices, network and BPF.
struct ResourceAccess {
  std::vector<DeviceAllowEntry> device_allow;
  DevicePolicy device_policy = DevicePolicy::auto_;
  std::vector<IpPrefix> ip_address_allow;
  std::vector<IpPrefix> ip_address_deny;
  std::vector<std::string> ip_ingress_filter_path;
  std::vector<std::string> ip_egress_filter_path;
  std::vector<BpfProgram> bpf_programs;
  std::vector<SocketBindRule> socket_bind_allow;
  std::vector<SocketBindRule> socket_bind_deny;
  NameFilter restrict_network_interfaces;
  bool operator==(const ResourceAccess&) const = default;
};

enum class KillMode : std::uint8_t { control_group, process, mixed, none };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<KillMode>) {
  return {"control-group", "process", "mixed", "none"};
}
struct KillConfig {
  KillMode kill_mode = KillMode::control_group;
  int kill_signal = SIGTERM;
  std::optional<int> restart_kill_signal;  ///< unset: kill_signal
  int final_kill_signal = SIGKILL;
  int watchdog_signal = SIGABRT;
  bool send_sigkill = true;
  bool send_sighup = false;
  bool operator==(const KillConfig&) const = default;
};

}  // namespace unitparser
