// Event: everything that can happen to the engine; plain data, posted by the driver and the bus. [pure]
#pragma once

#include <sys/resource.h>

#include <memory>
#include <variant>

#include "init/engine/job.h"
#include "init/machines/other_runtimes.h"
#include "unitparser/config/unit_config.h"
#include "unitparser/load/loaded_unit.h"

namespace init {

// --- Requests (answered by effect::Reply when `request` is not none) ----------------------------------------------

namespace event {

/// The machine came up: perpetual units appear; post MountTable, SwapTable and Device events before it if known.
struct Startup {};

/// Start, stop, … one unit. Reply carries the job.
struct RequestJob {
  RequestId request{};
  std::string unit;
  JobType type = JobType::start;
  JobMode mode = JobMode::replace;
  bool reload_if_possible = false;  ///< ReloadOrRestart: reload in place of restart where the unit can
  bool manual = true;               ///< RefuseManualStart= & co. apply
  Cause cause;
};
/// Cancel one job, or all with JobId::none.
struct CancelJob {
  RequestId request{};
  JobId job{};
  Cause cause;
};
/// Bring the unit into memory (LoadUnit). Reply carries the unit.
struct LoadUnit {
  RequestId request{};
  std::string unit;
};
enum class KillWho : std::uint8_t { main, control, all, main_fail, control_fail, all_fail };
struct KillUnit {
  RequestId request{};
  std::string unit;
  KillWho who = KillWho::all;
  int signal = 15;
  Cause cause;
};
/// Empty name: all units.
struct ResetFailed {
  RequestId request{};
  std::string unit;
};
/// Renews all units; the UnitSource already serves the new files.
struct Reload {
  std::vector<RequestId> requests{};  ///< all that are answered by it
};
/// SetUnitProperties: the unit's config with the new values in it; the bus made and checked it.
struct ReplaceConfig {
  RequestId request{};
  std::string unit;
  std::shared_ptr<const unitparser::UnitConfig> config;
  std::vector<std::string> drop_ins;  ///< files that the values were kept in
  std::uint32_t markers_mask = 0;  ///< which markers change, and to what
  std::uint32_t markers = 0;
};
/// EnqueueMarkedJobs: restarts or reloads all that are marked. Reply carries the jobs in `affected`.
struct EnqueueMarked {
  RequestId request{};
  Cause cause;
};
/// One unit of StartTransientUnit.
struct TransientUnit {
  UnitName name;
  std::shared_ptr<const unitparser::UnitConfig> config;
  std::string fragment_path;    ///< of the file that its settings were written to
  std::vector<pid_t> pids;      ///< PIDs= of a scope
  std::string controller;       ///< bus name of a scope's Controller=
  bool add_ref = false;         ///< AddRef=: hold it for `client`
  std::uint32_t markers = 0;    ///< Markers=
};
/// StartTransientUnit: makes all units, then starts the first. Reply carries the job.
struct StartTransient {
  RequestId request{};
  std::vector<TransientUnit> units;  ///< first: the one to start; then the auxiliary ones
  JobMode mode = JobMode::fail;
  std::string client;                ///< unique bus name of the caller
  Cause cause;
};
struct AttachProcesses {
  RequestId request{};
  std::string unit;
  std::string subcgroup;
  std::vector<pid_t> pids;
};
/// Ref and Unref of a unit by a client (unique bus name).
struct RefUnit {
  RequestId request{};
  std::string unit;
  std::string client;
};
struct UnrefUnit {
  RequestId request{};
  std::string unit;
  std::string client;
};
/// A bus client went away: drops its references.
struct ClientGone {
  std::string client;
};
struct CleanUnit {
  RequestId request{};
  std::string unit;
  std::uint32_t what = 0;  ///< bits by DirectoryKind; bit 5: file descriptor store
};
struct FreezeUnit {
  RequestId request{};
  std::string unit;
  bool freeze = true;
};
/// Scope.Abandon.
struct AbandonScope {
  RequestId request{};
  std::string unit;
};

// --- Processes ----------------------------------------------------------------------------------------------------

/// Outcome of effect::Spawn; comes before any exit of that process.
struct Spawned {
  SpawnId spawn{};
  Result<pid_t> pid = 0;
};
/// For SpawnRequest::confirm_exec: execve() worked. (A failed one is an exit with status 203 and the like.)
struct ExecConfirmed {
  pid_t pid = 0;
};
/// A child of ours ended, known to the engine or not. Whoever posts it looks at the mount and swap tables first and posts
/// MountTable and SwapTable before it if they changed: mount(8)'s end is judged by them. `code` is CLD_EXITED, CLD_KILLED or CLD_DUMPED.
struct ProcessExited {
  pid_t pid = 0;
  int code = 0;
  int status = 0;  ///< exit status or signal
};
/// A datagram on the notify socket. The descriptors are the engine's from here on.
struct Notify {
  pid_t pid = 0;
  uid_t uid = 0;
  std::vector<std::pair<std::string, std::string>> fields;  ///< as parsed by notify/message
  std::vector<int> fds;
};
struct CgroupEmpty {
  std::string cgroup;
};
/// The kernel killed processes of that group for lack of memory; `managed`: systemd-oomd did.
struct CgroupOom {
  std::string cgroup;
  bool managed = false;
};
/// Outcome of effect::SetFrozen.
struct FreezeDone {
  UnitId unit{};
  bool frozen = false;
};

// --- Time ---------------------------------------------------------------------------------------------------------

struct TimerElapsed {
  TimerId timer;
};
/// CLOCK_REALTIME was set.
struct ClockChanged {};
struct TimezoneChanged {};

// --- Sockets, paths, bus names ------------------------------------------------------------------------------------

/// Outcome of effect::OpenSockets.
struct SocketsOpened {
  UnitId unit{};
  Result<std::vector<SocketPort>> sockets;
};
/// Traffic on a descriptor of a watched socket unit. With Accept=yes the driver has already accepted: connection >= 0.
struct SocketReady {
  UnitId unit{};
  int fd = -1;
  int connection = -1;      ///< the engine's from here on
  std::string instance;     ///< connection: "4-10.0.0.1:22-10.0.0.2:4711" without the leading counter
  std::string peer;         ///< connection: peer in words, for Description and MaxConnectionsPerSource=
  std::string peer_host;    ///< connection: address without port, key of MaxConnectionsPerSource=
};
/// Something moved at a watched path.
struct PathChanged {
  WatchId watch;
  bool modified = false;  ///< a write (PathModified=), not only a close after write, move or attribute change
};
/// The other end of a descriptor in a service's store is gone (effect::WatchStoredFd).
struct StoredFdClosed {
  UnitId unit{};
  int fd = -1;
};
/// NameOwnerChanged of a watched name.
struct BusNameChanged {
  std::string name;
  std::string owner;  ///< unique name, empty: none
  pid_t pid = 0;      ///< of the owner, 0 if unknown
};

// --- Mounts, swaps, devices, automounts ---------------------------------------------------------------------------

struct MountEntry {
  std::string what;
  std::string where;
  std::string type;
  std::string options;
};
/// The whole of /proc/self/mountinfo, in order.
struct MountTable {
  std::vector<MountEntry> mounts;
};
struct SwapEntry {
  std::string device;                 ///< as in /proc/swaps
  std::vector<std::string> symlinks;  ///< other names of the device node
  int priority = 0;
};
struct SwapTable {
  std::vector<SwapEntry> swaps;
};
enum class DeviceAction : std::uint8_t { added, changed, removed };
/// A device of udev that has the tag "systemd".
struct Device {
  DeviceAction action = DeviceAction::added;
  std::string sysfs_path;
  std::string device_node;              ///< may be empty
  std::vector<std::string> symlinks;    ///< /dev/disk/by-… links
  std::vector<std::string> aliases;     ///< SYSTEMD_ALIAS=
  std::vector<std::string> wants;       ///< SYSTEMD_WANTS= (SYSTEMD_USER_WANTS= for a user manager)
  std::string description;              ///< ID_MODEL_FROM_DATABASE and the like
  bool ready = true;                    ///< false: SYSTEMD_READY=0
  bool bind_mounts = false;             ///< SYSTEMD_MOUNT_DEVICE_BOUND=1
};
/// Outcome of effect::OpenAutomount.
struct AutomountOpened {
  UnitId unit{};
  Result<bool> opened = true;
};
/// The kernel asks for a mount, or (expire) may unmount.
struct AutomountRequest {
  UnitId unit{};
  std::uint32_t token = 0;
  pid_t pid = 0;
  bool expire = false;
  bool hang_up = false;  ///< the automount point was unmounted by someone
};
/// Outcome of effect::CleanDirectories.
struct CleanDone {
  UnitId unit{};
  bool success = true;
};
/// Unload what earlier turns made needless (Engine::has_garbage).
struct CollectGarbage {};
/// Run the jobs that earlier turns queued (Engine::has_jobs_to_run).
struct RunJobs {};

/// ServiceWatchdogs property of the manager was set.
struct ServiceWatchdogs {
  bool enabled = true;
};

}  // namespace event

using Event = std::variant<event::Startup, event::RequestJob, event::CancelJob, event::LoadUnit, event::KillUnit,
                           event::ResetFailed, event::Reload, event::ReplaceConfig, event::EnqueueMarked, event::StartTransient,
                           event::AttachProcesses, event::RefUnit, event::UnrefUnit, event::ClientGone,
                           event::CleanUnit, event::FreezeUnit, event::AbandonScope, event::Spawned,
                           event::ExecConfirmed, event::ProcessExited, event::Notify, event::CgroupEmpty,
                           event::CgroupOom, event::FreezeDone, event::TimerElapsed, event::ClockChanged,
                           event::TimezoneChanged, event::SocketsOpened, event::SocketReady, event::PathChanged,
                           event::StoredFdClosed, event::BusNameChanged, event::MountTable, event::SwapTable, event::Device,
                           event::AutomountOpened, event::AutomountRequest, event::CleanDone, event::ServiceWatchdogs, event::CollectGarbage,
                           event::RunJobs>;

}  // namespace init
