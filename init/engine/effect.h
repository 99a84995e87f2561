// Effect: everything the engine wants done; plain data, performed by the driver in order after each turn. [pure]
#pragma once

#include <memory>
#include <variant>

#include "init/engine/job.h"
#include "init/exec/spawn_request.h"
#include "unitparser/config/other_configs.h"

namespace init {
namespace effect {

// --- Processes ----------------------------------------------------------------------------------------------------

/// Start a process; answered by event::Spawned, always. The config is engine.find(unit)->config.
struct Spawn {
  SpawnId spawn{};
  UnitId unit{};
  std::shared_ptr<const SpawnRequest> request;  ///< apart, so that other effects need not be as large
  Cause cause;
};
/// Send a signal to one process (SIGCONT after it, if `and_continue`).
struct KillProcess {
  pid_t pid = 0;
  int signal = 0;
  bool and_hangup = false;   ///< SIGHUP too (SendSIGHUP=)
  bool and_continue = true;
  UnitId unit{};
  Cause cause;
};
/// Send a signal to all processes in a control group and below.
struct KillCgroup {
  std::string cgroup;
  int signal = 0;
  bool and_hangup = false;
  bool and_continue = true;
  std::vector<pid_t> except;
  UnitId unit{};
  Cause cause;
};

// --- Control groups -----------------------------------------------------------------------------------------------

/// Make the group, write the unit's attributes and watch it for emptiness and OOM.
struct RealiseCgroup {
  UnitId unit{};
  std::string cgroup;
};
/// Write the attributes again (set-property, reload).
struct ApplyCgroup {
  UnitId unit{};
  std::string cgroup;
};
/// Unwatch and remove the group and what is below it, if empty.
struct TrimCgroup {
  UnitId unit{};
  std::string cgroup;
};
/// cgroup.freeze; answered by event::FreezeDone.
struct SetFrozen {
  UnitId unit{};
  std::string cgroup;
  bool frozen = false;
};
/// Move processes into the group.
struct AttachToCgroup {
  std::string cgroup;
  std::vector<pid_t> pids;
};

// --- Time ---------------------------------------------------------------------------------------------------------

enum class Clock : std::uint8_t { monotonic, boottime, realtime, boottime_alarm, realtime_alarm };
/// Replaces the timer of that id; answered by event::TimerElapsed at `when` or up to `accuracy` later.
struct ArmTimer {
  TimerId timer;
  Clock clock = Clock::monotonic;
  std::uint64_t when = 0;  ///< microseconds of that clock
  Duration accuracy;
};
struct DisarmTimer {
  TimerId timer;
};
/// Touch the stamp file of a Persistent= timer.
struct TouchTimerStamp {
  UnitName timer;
  RealTime at;
};

/// Remove it.
struct RemoveTimerStamp {
  UnitName timer;
};

// --- Sockets, descriptors, paths, bus names -----------------------------------------------------------------------

/// Create, bind and listen as the unit's config says (SocketUser= too); answered by event::SocketsOpened.
struct OpenSockets {
  UnitId unit{};
};
/// Report traffic (Accept=no) or accept and report connections (Accept=yes) until UnwatchSockets.
struct WatchSockets {
  UnitId unit{};
  std::vector<int> fds;
  bool accept = false;
};
struct UnwatchSockets {
  UnitId unit{};
};
/// Close them, and with `remove_files` remove nodes and symlinks (RemoveOnStop=).
struct CloseSockets {
  UnitId unit{};
  std::vector<int> fds;
  bool remove_files = false;
};
/// Read away what is pending (FlushPending=).
struct FlushSockets {
  std::vector<int> fds;
};
struct CloseFds {
  std::vector<int> fds;
};
/// Tell when the other end of a descriptor in the unit's store is gone; ends with CloseFds.
struct WatchStoredFd {
  UnitId unit{};
  int fd = -1;
};
struct WatchPath {
  WatchId watch;
  unitparser::PathEntry path;
};
struct UnwatchPaths {
  UnitId unit{};
};
struct WatchBusName {
  std::string name;
};
struct UnwatchBusName {
  std::string name;
};

// --- Files --------------------------------------------------------------------------------------------------------

struct MakeDirectory {
  std::string path;
  std::uint32_t mode = 0755;
};
/// The unit is down: release what its execution held (RuntimeDirectory=, credentials, PrivateTmp=, DynamicUser=).
struct ReleaseExecution {
  UnitId unit{};
  bool keep_runtime_directories = false;
};
/// Remove directories of the unit; answered by event::CleanDone.
struct CleanDirectories {
  UnitId unit{};
  std::uint32_t what = 0;  ///< bits by DirectoryKind
};
struct RemoveFile {
  std::string path;
};
/// A transient unit went: its fragment, and the drop-ins beside it, have no use any more.
struct RemoveTransient {
  std::string fragment_path;
};
/// Set up the autofs mount; answered by event::AutomountOpened.
struct OpenAutomount {
  UnitId unit{};
};
/// Close and unmount it.
struct CloseAutomount {
  UnitId unit{};
};
/// Tell the kernel about the outcome of a request; 0: success.
struct AnswerAutomount {
  UnitId unit{};
  std::vector<std::uint32_t> tokens;
  int error = 0;
  bool expire = false;
};
/// Ask the kernel to expire idle mounts below it.
struct ExpireAutomount {
  UnitId unit{};
};

// --- Telling ------------------------------------------------------------------------------------------------------

/// What a request came to.
struct ReplyBody {
  JobId job{};
  UnitId unit{};
  std::vector<JobId> affected;  ///< the other jobs of the transaction (EnqueueUnitJob)
};
struct Reply {
  RequestId request{};
  Result<ReplyBody> result;
};
/// The unit's runtime properties changed in this turn (once for each unit and turn).
struct UnitChanged {
  UnitId unit{};
};
struct UnitNew {
  UnitId unit{};
};
struct UnitRemoved {
  UnitId unit{};  ///< no longer to be looked up
  UnitName name;
};
struct JobNew {
  JobId job{};
  UnitName unit;
};
struct JobChanged {
  JobId job{};
};
struct JobRemoved {
  JobId job{};
  UnitName unit;
  UnitId unit_id{};
  JobType type{};
  JobResult result{};
};
/// A reload is over, and all that it changed was told; the answers to those who asked for it follow.
struct Reloaded {};
/// The queue of jobs has become empty (first time: the boot is done; ends Type=idle's waiting).
struct JobsDone {};

/// JOB_TYPE=, JOB_RESULT=, MESSAGE_ID=, EXIT_CODE=, …; their names are constants of the program.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;
/// ERRNO=, where a system call failed.
[[nodiscard]] inline LogFields errno_field(int os_errno) {
  return os_errno == 0 ? LogFields{} : LogFields{{"ERRNO", std::to_string(os_errno)}};
}
struct Log {
  int priority = 6;  ///< LOG_*
  UnitId unit = UnitId::none;
  std::string message;
  LogFields fields;
  Cause cause;
};
/// What stands before a line on the console; `none`: room for it, `advice`: not even that.
enum class StatusKind : std::uint8_t { ok, failed, depend, timeout, skipped, assert_, unsupported, once, none, advice };
/// A sentence about a unit.
struct UnitSentence {
  std::string text;
  std::size_t name_at = 0, name_size = 0;  ///< the part of the text by which the unit is known; size 0: it is not named
};
/// A line for the console, "[  OK  ] Started …".
struct ConsoleStatus {
  StatusKind kind = StatusKind::ok;
  UnitId unit = UnitId::none;
  UnitSentence sentence;
};
struct Emergency {
  EmergencyAction action{};
  UnitId unit = UnitId::none;
  std::string reason;
  std::string reboot_argument;
  std::optional<std::uint8_t> exit_status;
  bool is_expected = false;  ///< what was asked to happen after a success: nothing to warn of
};
/// A login record: INIT_PROCESS … DEAD_PROCESS are the executor's; this closes the one of a main process.
struct EndLoginRecord {
  std::string id;
  pid_t pid = 0;
  int code = 0;
  int status = 0;
};
/// A scope's Controller= asks to be told (RequestStop).
struct RequestScopeStop {
  UnitId unit{};
  std::string controller;
};

}  // namespace effect

using Effect = std::variant<
    effect::Spawn, effect::KillProcess, effect::KillCgroup, effect::RealiseCgroup, effect::ApplyCgroup, effect::TrimCgroup,
    effect::SetFrozen, effect::AttachToCgroup, effect::ArmTimer, effect::DisarmTimer, effect::TouchTimerStamp, effect::RemoveTimerStamp,
    effect::OpenSockets, effect::WatchSockets, effect::UnwatchSockets, effect::CloseSockets, effect::FlushSockets,
    effect::CloseFds, effect::WatchStoredFd, effect::WatchPath, effect::UnwatchPaths, effect::WatchBusName, effect::UnwatchBusName,
    effect::MakeDirectory, effect::ReleaseExecution, effect::CleanDirectories, effect::RemoveFile, effect::RemoveTransient, effect::OpenAutomount,
    effect::CloseAutomount, effect::AnswerAutomount, effect::ExpireAutomount, effect::Reply, effect::UnitChanged,
    effect::UnitNew, effect::UnitRemoved, effect::JobNew, effect::JobChanged, effect::JobRemoved, effect::Reloaded, effect::JobsDone,
    effect::Log, effect::ConsoleStatus, effect::Emergency, effect::EndLoginRecord, effect::RequestScopeStop>;
using Effects = std::vector<Effect>;

}  // namespace init
