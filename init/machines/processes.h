// What all machines with processes share: control groups, spawning, killing, deadlines. [pure]
#pragma once

#include "init/engine/core.h"
#include "init/machines/process_runtime.h"

namespace init {

/// The group of the unit as its slice and name say.
[[nodiscard]] std::string cgroup_path_of(const Core& core, const Unit& unit);
/// Has the group made, with all slices above it.
void realise_cgroup(Core& core, Unit& unit);
/// Keeps what the unit's group used so far, for when it is gone.
void note_usage(Core& core, Unit& unit);
/// The unit is down: its group can go.
void release_cgroup(Core& core, Unit& unit);

/// Asks for a process in the unit's group; `request` lacks only what follows from the unit.
SpawnId spawn_process(Core& core, Unit& unit, SpawnRequest request);
/// Asks for the process that gives to a user what the unit made.
SpawnId spawn_owner(Core& core, Unit& unit);
/// For log_failed_task(), of that process.
inline constexpr std::string_view failed_to_give_away = "Failed to fork 'start-chown' task";
/// Says that a task of the unit could not be run and why; `failure` is "Failed to run 'start' task".
void log_failed_task(Core& core, const Unit& unit, std::string_view failure, const Error& error);
/// Records the pid of a slot whose spawn came through.
void settle_spawn(Core& core, Unit& unit, ProcessSlot& slot, pid_t pid);
/// Empties the slot; the process is no longer ours to know.
void forget_process(Core& core, ProcessSlot& slot);
/// Key of a command's status: its list and place.
constexpr std::uint32_t command_key(std::size_t kind, std::uint32_t index) {
  return (static_cast<std::uint32_t>(kind) << 16U) | index;
}
[[nodiscard]] ExecStatus started_status(const Core& core, pid_t pid);
void end_status(const Core& core, ExecStatus& status, const event::ProcessExited& exit);

enum class KillOperation : std::uint8_t { terminate, terminate_and_log, restart, kill, watchdog };
/// Processes of the unit's group without those in `known`.
[[nodiscard]] std::vector<World::NamedProcess> others_in_group(const Core& core, const Unit& unit, const std::vector<pid_t>& known);
/// What is still in the unit's group, said to the log: at `start` what a new process will find there, else what the stop left
/// behind. Returns how many.
std::size_t log_leftover_processes(Core& core, const Unit& unit, bool at_start);
/// Sends the signals of KillMode= & co. Returns whether there is an end to wait for. COMPAT: systemd.kill(5).
bool kill_unit_processes(Core& core, Unit& unit, KillOperation operation, const ProcessSlot* main,
                         const ProcessSlot* control);

/// Arms, moves or (infinity, unset) disarms the deadline of the state.
void arm_deadline(Core& core, const Unit& unit, MonotonicTime& deadline, MonotonicTime when);
/// Whether a state timer's elapse is meant for the present deadline.
[[nodiscard]] inline bool deadline_passed(const Core& core, MonotonicTime deadline) {
  return deadline.is_set() && !deadline.is_infinite() && core.now.monotonic >= deadline;
}
[[nodiscard]] inline MonotonicTime from_now(const Core& core, Duration duration) {
  return duration.is_infinite() ? MonotonicTime::infinity() : core.now.monotonic + duration;
}

/// How an exit looks: clean for daemons (exit 0, SIGHUP, SIGINT, SIGTERM, SIGPIPE) or commands (exit 0), plus `extra`.
enum class ExitMeasure : std::uint8_t { daemon, command };
[[nodiscard]] bool is_clean_exit(int code, int status, ExitMeasure measure, const unitparser::ExitStatusSet* extra);
[[nodiscard]] std::string_view exit_code_name(int code);  ///< "exited", "killed", "dumped"
/// "TERM" of 15, "9999" if unknown.
[[nodiscard]] std::string signal_short_name(int signal);
/// Logs the end of a process as the real one does. `command`: the kind of its command, "ExecStart" and so on.
void log_process_exit(Core& core, const Unit& unit, std::string_view who, std::string_view command,
                      const event::ProcessExited& exit, bool success);

}  // namespace init
