// What is true now of units of the ten types besides service. [pure]
#pragma once

#include <map>
#include <optional>

#include "init/machines/process_runtime.h"
#include "unitparser/config/socket_config.h"

namespace init {

// --- socket -------------------------------------------------------------------------------------------------------

enum class SocketState : std::uint8_t {
  dead, start_pre, start_chown, start_post, listening, running, stop_pre, stop_pre_sigterm, stop_pre_sigkill, stop_post,
  final_sigterm, final_sigkill, failed, cleaning
};
constexpr std::array<std::string_view, 14> enum_names(std::type_identity<SocketState>) {
  return {"dead", "start-pre", "start-chown", "start-post", "listening", "running", "stop-pre", "stop-pre-sigterm",
          "stop-pre-sigkill", "stop-post", "final-sigterm", "final-sigkill", "failed", "cleaning"};
}
enum class SocketResult : std::uint8_t {
  success, resources, timeout, exit_code, signal, core_dump, start_limit_hit, trigger_limit_hit, service_start_limit_hit
};
constexpr std::array<std::string_view, 9> enum_names(std::type_identity<SocketResult>) {
  return {"success", "resources", "timeout", "exit-code", "signal", "core-dump", "start-limit-hit", "trigger-limit-hit",
          "service-start-limit-hit"};
}
/// The last is no command of a file's, but the process that changes the owner of nodes.
enum class SocketCommandKind : std::uint8_t { start_pre, start_post, stop_pre, stop_post, start_chown };
constexpr std::array<std::string_view, 5> enum_names(std::type_identity<SocketCommandKind>) {
  return {"ExecStartPre", "ExecStartPost", "ExecStopPre", "ExecStopPost", "ExecStartChown"};
}
/// An open descriptor of a socket unit, and what the files called it when it was opened.
struct SocketPort {
  int fd = -1;
  unitparser::ListenKind kind{};
  std::string address;  ///< as in ListenEntry
  bool operator==(const SocketPort&) const = default;
};
struct SocketRuntime {
  SocketState state = SocketState::dead;
  SocketResult result = SocketResult::success;
  SocketResult clean_result = SocketResult::success;
  ProcessSlot control;
  SocketCommandKind control_kind{};
  std::uint32_t control_index = 0;
  std::map<std::uint32_t, ExecStatus> command_status;  ///< key: kind << 16 | index
  std::vector<SocketPort> ports;
  bool watched = false;
  bool opening = false;
  MonotonicTime deadline;
  std::uint32_t n_accepted = 0;
  std::uint32_t n_connections = 0;
  std::uint32_t n_refused = 0;
  std::map<std::string, std::uint32_t> connections_per_source;
  UnitId service = UnitId::none;  ///< Accept=no: what is triggered
  RateLimit trigger_limit;
  bool operator==(const SocketRuntime&) const = default;
};

// --- target, slice, scope -----------------------------------------------------------------------------------------

enum class TargetState : std::uint8_t { dead, active };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<TargetState>) { return {"dead", "active"}; }
struct TargetRuntime {
  TargetState state = TargetState::dead;
  bool operator==(const TargetRuntime&) const = default;
};

enum class SliceState : std::uint8_t { dead, active };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<SliceState>) { return {"dead", "active"}; }
struct SliceRuntime {
  SliceState state = SliceState::dead;
  bool operator==(const SliceRuntime&) const = default;
};

enum class ScopeState : std::uint8_t { dead, start_chown, running, abandoned, stop_sigterm, stop_sigkill, failed };
constexpr std::array<std::string_view, 7> enum_names(std::type_identity<ScopeState>) {
  return {"dead", "start-chown", "running", "abandoned", "stop-sigterm", "stop-sigkill", "failed"};
}
enum class ScopeResult : std::uint8_t { success, resources, timeout, oom_kill };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<ScopeResult>) {
  return {"success", "resources", "timeout", "oom-kill"};
}
struct ScopeRuntime {
  ScopeState state = ScopeState::dead;
  ScopeResult result = ScopeResult::success;
  std::vector<pid_t> pids;      ///< to be moved in at start
  std::string controller;       ///< bus name of Controller=
  ProcessSlot control;          ///< gives the control group to User=
  bool was_abandoned = false;
  MonotonicTime deadline;
  Duration runtime_extra;
  bool operator==(const ScopeRuntime&) const = default;
};

// --- mount, automount, swap ---------------------------------------------------------------------------------------

enum class MountState : std::uint8_t {
  dead, mounting, mounting_done, mounted, remounting, unmounting, remounting_sigterm, remounting_sigkill,
  unmounting_sigterm, unmounting_sigkill, failed, cleaning
};
constexpr std::array<std::string_view, 12> enum_names(std::type_identity<MountState>) {
  return {"dead", "mounting", "mounting-done", "mounted", "remounting", "unmounting", "remounting-sigterm",
          "remounting-sigkill", "unmounting-sigterm", "unmounting-sigkill", "failed", "cleaning"};
}
enum class MountResult : std::uint8_t { success, resources, timeout, exit_code, signal, core_dump, start_limit_hit, protocol };
constexpr std::array<std::string_view, 8> enum_names(std::type_identity<MountResult>) {
  return {"success", "resources", "timeout", "exit-code", "signal", "core-dump", "start-limit-hit", "protocol"};
}
enum class MountCommandKind : std::uint8_t { mount, unmount, remount };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<MountCommandKind>) {
  return {"ExecMount", "ExecUnmount", "ExecRemount"};
}
/// What the kernel's table says of a mount point.
struct MountTableEntry {
  std::string what;
  std::string type;
  std::string options;
  bool operator==(const MountTableEntry&) const = default;
};
struct MountRuntime {
  MountState state = MountState::dead;
  MountResult result = MountResult::success;
  MountResult reload_result = MountResult::success;
  MountResult clean_result = MountResult::success;
  ProcessSlot control;
  MountCommandKind control_kind{};
  std::map<std::uint32_t, ExecStatus> command_status;
  std::optional<MountTableEntry> kernel;  ///< as last seen in the mount table
  std::uint32_t unmount_attempts = 0;
  MonotonicTime deadline;
  bool operator==(const MountRuntime&) const = default;
};

enum class AutomountState : std::uint8_t { dead, waiting, running, failed };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<AutomountState>) {
  return {"dead", "waiting", "running", "failed"};
}
enum class AutomountResult : std::uint8_t { success, resources, start_limit_hit, mount_start_limit_hit, unmounted };
constexpr std::array<std::string_view, 5> enum_names(std::type_identity<AutomountResult>) {
  return {"success", "resources", "start-limit-hit", "mount-start-limit-hit", "unmounted"};
}
struct AutomountRuntime {
  AutomountState state = AutomountState::dead;
  AutomountResult result = AutomountResult::success;
  bool opened = false;
  bool opening = false;
  std::vector<std::uint32_t> tokens;         ///< waiting for a mount
  std::vector<std::uint32_t> expire_tokens;  ///< waiting for an unmount
  MonotonicTime deadline;                    ///< next look for expiry
  bool operator==(const AutomountRuntime&) const = default;
};

enum class SwapState : std::uint8_t {
  dead, activating, activating_done, active, deactivating, deactivating_sigterm, deactivating_sigkill, failed, cleaning
};
constexpr std::array<std::string_view, 9> enum_names(std::type_identity<SwapState>) {
  return {"dead", "activating", "activating-done", "active", "deactivating", "deactivating-sigterm",
          "deactivating-sigkill", "failed", "cleaning"};
}
enum class SwapResult : std::uint8_t { success, resources, timeout, exit_code, signal, core_dump, start_limit_hit };
constexpr std::array<std::string_view, 7> enum_names(std::type_identity<SwapResult>) {
  return {"success", "resources", "timeout", "exit-code", "signal", "core-dump", "start-limit-hit"};
}
enum class SwapCommandKind : std::uint8_t { activate, deactivate };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<SwapCommandKind>) {
  return {"ExecActivate", "ExecDeactivate"};
}
struct SwapRuntime {
  SwapState state = SwapState::dead;
  SwapResult result = SwapResult::success;
  SwapResult clean_result = SwapResult::success;
  ProcessSlot control;
  SwapCommandKind control_kind{};
  std::map<std::uint32_t, ExecStatus> command_status;
  std::optional<int> kernel_priority;  ///< set while /proc/swaps lists it
  std::string kernel_device;           ///< as there
  UnitId following = UnitId::none;     ///< other names of one device follow the kernel's
  MonotonicTime deadline;
  bool operator==(const SwapRuntime&) const = default;
};

// --- device -------------------------------------------------------------------------------------------------------

enum class DeviceState : std::uint8_t { dead, tentative, plugged };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<DeviceState>) {
  return {"dead", "tentative", "plugged"};
}
struct DeviceRuntime {
  DeviceState state = DeviceState::dead;
  std::string sysfs_path;
  std::vector<std::string> wants;     ///< SYSTEMD_WANTS=, complete names
  bool by_udev = false;               ///< udev says it is there
  bool by_mount = false;              ///< the mount table names it
  bool by_swap = false;
  bool bind_mounts = false;
  UnitId following = UnitId::none;    ///< the unit of the sysfs path, for other names of it
  bool operator==(const DeviceRuntime&) const = default;
};

// --- timer, path --------------------------------------------------------------------------------------------------

enum class TimerState : std::uint8_t { dead, waiting, running, elapsed, failed };
constexpr std::array<std::string_view, 5> enum_names(std::type_identity<TimerState>) {
  return {"dead", "waiting", "running", "elapsed", "failed"};
}
enum class TimerResult : std::uint8_t { success, resources, start_limit_hit };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<TimerResult>) {
  return {"success", "resources", "start-limit-hit"};
}
/// Progress of one On…= line.
struct TimerProgress {
  bool disabled = false;         ///< elapsed, and fires once only
  std::uint64_t next_elapse = 0; ///< of its clock, 0: none
  bool operator==(const TimerProgress&) const = default;
};
struct TimerRuntime {
  TimerState state = TimerState::dead;
  TimerResult result = TimerResult::success;
  std::vector<TimerProgress> progress;  ///< by TimerConfig::timers
  std::uint64_t next_monotonic = 0;     ///< NextElapseUSecMonotonic
  std::uint64_t next_realtime = 0;      ///< NextElapseUSecRealtime
  DualTime last_trigger;
  RealTime stamp;                       ///< of the stamp file, for Persistent=
  MonotonicTime activated;              ///< when the timer became active
  UnitId service = UnitId::none;        ///< what it triggers
  bool operator==(const TimerRuntime&) const = default;
};

enum class PathState : std::uint8_t { dead, waiting, running, failed };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<PathState>) {
  return {"dead", "waiting", "running", "failed"};
}
enum class PathResult : std::uint8_t { success, resources, start_limit_hit, unit_start_limit_hit, trigger_limit_hit };
constexpr std::array<std::string_view, 5> enum_names(std::type_identity<PathResult>) {
  return {"success", "resources", "start-limit-hit", "unit-start-limit-hit", "trigger-limit-hit"};
}
struct PathRuntime {
  PathState state = PathState::dead;
  PathResult result = PathResult::success;
  UnitId service = UnitId::none;
  bool watched = false;
  RateLimit trigger_limit;
  bool operator==(const PathRuntime&) const = default;
};

}  // namespace init
