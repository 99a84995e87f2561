// Bodies of what machines with processes share. [pure]
#include "init/machines/processes.h"

#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/format.h>

#include "init/machines/machine_types.h"
#include "unitparser/syntax/exit_status.h"

namespace init {
namespace {

/// Names that the kernel or we ourselves use in the tree get a '_' in front.
std::string escape_group_name(const std::string& name) {
  static constexpr std::array<std::string_view, 3> own{"notify_on_release", "release_agent", "tasks"};
  const bool reserved = name.starts_with('_') || name.starts_with('.') || name.starts_with("cgroup.") ||
                        name == own[0] || name == own[1] || name == own[2];
  static constexpr std::array<std::string_view, 7> controllers{"cpu.", "cpuacct.", "cpuset.", "io.",
                                                               "memory.", "devices.", "pids."};
  for (std::string_view controller : controllers)
    if (name.starts_with(controller)) return "_" + name;
  return reserved ? "_" + name : name;
}

}  // namespace

std::string cgroup_path_of(const Core& core, const Unit& unit) {
  if (unit.name.text() == "-.slice") return core.options.cgroup_root;
  std::string parent = core.options.cgroup_root;
  if (const Unit* slice = core.units.find(unit.slice)) parent = cgroup_path_of(core, *slice);
  return parent + "/" + escape_group_name(unit.name.text());
}

void realise_cgroup(Core& core, Unit& unit) {
  if (!unit.runtime->cgroup.empty()) return;
  if (Unit* slice = core.units.find(unit.slice)) realise_cgroup(core, *slice);
  std::string path = cgroup_path_of(core, unit);
  if (path.empty()) path = "/";
  UnitRuntime& rt = unit.runtime.write();
  rt.cgroup = path;
  rt.cpu_usage_nsec.reset();
  rt.io_traffic.reset();
  rt.ip_traffic.reset();
  core.index.cgroups[path] = unit.id;
  core.emit(effect::RealiseCgroup{unit.id, path});
  core.touch(unit);
}

void note_usage(Core& core, Unit& unit) {
  UnitRuntime& rt = unit.runtime.write();
  rt.cpu_usage_nsec = core.world.cpu_usage_nsec(rt.cgroup);
  if (unit.config.common->resource_basics->io_accounting) rt.io_traffic = core.world.io_traffic(rt.cgroup);
  if (unit.config.common->resource_basics->ip_accounting) rt.ip_traffic = core.world.ip_traffic(rt.cgroup);
}

void release_cgroup(Core& core, Unit& unit) {
  if (unit.runtime->cgroup.empty() || unit.runtime->cgroup == "/" || unit.origin.perpetual) return;
  if (!unit.runtime->cpu_usage_nsec) note_usage(core, unit);
  core.index.cgroups.erase(unit.runtime->cgroup);
  core.emit(effect::TrimCgroup{unit.id, unit.runtime->cgroup});
  unit.runtime.write().cgroup.clear();
  core.touch(unit);
}

SpawnId spawn_process(Core& core, Unit& unit, SpawnRequest request) {
  realise_cgroup(core, unit);
  request.unit = unit.name;
  request.cgroup = unit.runtime->cgroup;
  request.invocation_id = unit.runtime->invocation_id;
  const SpawnId id{++core.last_spawn};
  core.index.spawns[static_cast<std::uint64_t>(id)] = unit.id;
  core.emit(effect::Spawn{id, unit.id, std::make_shared<const SpawnRequest>(std::move(request)), unit.runtime->last_cause});
  return id;
}

SpawnId spawn_owner(Core& core, Unit& unit) {
  SpawnRequest request;
  request.role = SpawnRole::owner;
  request.command_kind = "ExecStartChown";
  request.command.path = "chown";
  return spawn_process(core, unit, std::move(request));
}

void log_failed_task(Core& core, const Unit& unit, std::string_view failure, const Error& error) {
  const std::string reason = unitparser::reason_of(error);
  const effect::LogFields fields = effect::errno_field(error.os_errno);
  if (reason != error.message) log_unit(core, unit, 3, fmt::format("{}: {}", unit.name.text(), error.message), fields);
  log_unit(core, unit, 4, fmt::format("{}: {}: {}", unit.name.text(), failure, reason), fields);
}

void settle_spawn(Core& core, Unit& unit, ProcessSlot& slot, pid_t pid) {
  slot.pending = SpawnId::none;
  slot.pid = pid;
  slot.alien = false;
  core.index.pids[pid] = unit.id;
  core.touch(unit);
}

void forget_process(Core& core, ProcessSlot& slot) {
  if (slot.pid > 0) core.index.pids.erase(slot.pid);
  if (slot.pending != SpawnId::none) core.index.spawns.erase(static_cast<std::uint64_t>(slot.pending));
  slot.clear();
}

ExecStatus started_status(const Core& core, pid_t pid) {
  ExecStatus status;
  status.start = DualTime::at(core.now);
  status.pid = pid;
  return status;
}

void end_status(const Core& core, ExecStatus& status, const event::ProcessExited& exit) {
  if (status.pid != exit.pid) status = {};
  status.exit = DualTime::at(core.now);
  status.pid = exit.pid;
  status.code = exit.code;
  status.status = exit.status;
}

bool kill_unit_processes(Core& core, Unit& unit, KillOperation operation, const ProcessSlot* main,
                         const ProcessSlot* control) {
  const unitparser::KillConfig& config = *unit.config.common->kill;
  if (config.kill_mode == unitparser::KillMode::none) return false;
  const bool polite = operation == KillOperation::terminate || operation == KillOperation::terminate_and_log ||
                      operation == KillOperation::restart;
  int signal = config.kill_signal;
  if (operation == KillOperation::restart) signal = config.restart_kill_signal.value_or(config.kill_signal);
  if (operation == KillOperation::kill) signal = config.final_kill_signal;
  if (operation == KillOperation::watchdog) signal = config.watchdog_signal;
  const bool hangup = polite && config.send_sighup && signal != SIGHUP;
  const bool tells = !polite || signal == SIGKILL || signal == SIGABRT;
  const auto tell = [&](pid_t pid, const std::string& name) {
    if (!name.empty())
      log_unit(core, unit, 5, fmt::format("{}: Killing process {} ({}) with signal SIG{}.", unit.name.text(), pid, name, signal_short_name(signal)));
  };
  bool wait = false;
  std::vector<pid_t> told;
  for (const ProcessSlot* slot : {main, control}) {
    if (slot == nullptr) continue;
    if (slot->pending != SpawnId::none) wait = true;  // its pid comes before anything else of it
    if (slot->pid <= 0) continue;
    if (tells) tell(slot->pid, core.world.process_name(slot->pid));
    core.emit(effect::KillProcess{slot->pid, signal, hangup, true, unit.id, unit.runtime->last_cause});
    told.push_back(slot->pid);
    if (!slot->alien || core.world.process_alive(slot->pid)) wait = true;
  }
  const bool whole_group = config.kill_mode == unitparser::KillMode::control_group ||
                           (config.kill_mode == unitparser::KillMode::mixed && operation == KillOperation::kill);
  // Where a process of ours runs, the group need not be asked.
  if (whole_group && !unit.runtime->cgroup.empty() && unit.runtime->cgroup != "/" &&
      (wait || core.cgroup_populated(unit.runtime->cgroup))) {
    if (tells)
      for (const auto& process : others_in_group(core, unit, told)) tell(process.pid, process.name);
    core.emit(effect::KillCgroup{unit.runtime->cgroup, signal, hangup, true, std::move(told), unit.id,
                                 unit.runtime->last_cause});
    wait = true;
  }
  return wait;
}

std::vector<World::NamedProcess> others_in_group(const Core& core, const Unit& unit, const std::vector<pid_t>& known) {
  auto processes = core.world.processes_below(unit.runtime->cgroup);
  std::erase_if(processes, [&](const auto& process) { return std::find(known.begin(), known.end(), process.pid) != known.end(); });
  return processes;
}

std::size_t log_leftover_processes(Core& core, const Unit& unit, bool at_start) {
  const std::string& group = unit.runtime->cgroup;
  if (group.empty() || group == "/" || !core.cgroup_populated(group)) return 0;
  std::size_t count = 0;
  for (const auto& process : core.world.processes_below(group)) {
    if (process.name.empty() || process.name.starts_with('(')) continue;  // gone, or an executor's helper that sees to its own end
    ++count;
    if (!at_start) {
      log_unit(core, unit, 6, fmt::format("{}: Unit process {} ({}) remains running after unit stopped.", unit.name.text(), process.pid, process.name));
      continue;
    }
    log_unit(core, unit, 4, fmt::format("{}: Found left-over process {} ({}) in control group while starting unit. Ignoring.", unit.name.text(), process.pid, process.name));
    log_unit(core, unit, 4, "This usually indicates unclean termination of a previous run, or service implementation deficiencies.");
  }
  return count;
}

void arm_deadline(Core& core, const Unit& unit, MonotonicTime& deadline, MonotonicTime when) {
  const TimerId timer{unit.id, TimerPurpose::state};
  const bool was_armed = deadline.is_set() && !deadline.is_infinite();
  const bool arm = when.is_set() && !when.is_infinite();
  deadline = arm ? when : MonotonicTime::infinity();
  if (arm)
    core.emit(effect::ArmTimer{timer, effect::Clock::monotonic, when.usec(), Duration{}});
  else if (was_armed)
    core.emit(effect::DisarmTimer{timer});
}

bool is_clean_exit(int code, int status, ExitMeasure measure, const unitparser::ExitStatusSet* extra) {
  if (code == CLD_EXITED) return status == 0 || (extra != nullptr && extra->codes.contains(status));
  if (code != CLD_KILLED) return false;
  if (measure == ExitMeasure::daemon &&
      (status == SIGHUP || status == SIGINT || status == SIGTERM || status == SIGPIPE))
    return true;
  return extra != nullptr && extra->signals.contains(status);
}

std::string_view exit_code_name(int code) {
  switch (code) {
    case CLD_EXITED: return "exited";
    case CLD_KILLED: return "killed";
    case CLD_DUMPED: return "dumped";
    case CLD_TRAPPED: return "trapped";
    case CLD_STOPPED: return "stopped";
    case CLD_CONTINUED: return "continued";
    default: return "n/a";
  }
}

std::string signal_short_name(int signal) {
  static constexpr std::array<std::string_view, 32> names{
      "0",    "HUP",  "INT",  "QUIT", "ILL",    "TRAP", "ABRT", "BUS",  "FPE",  "KILL",   "USR1",
      "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
      "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",  "PWR",  "SYS"};
  if (signal > 0 && signal < 32) return std::string(names[static_cast<std::size_t>(signal)]);
  if (signal >= 34 && signal <= 64) return fmt::format("RTMIN+{}", signal - 34);
  return std::to_string(signal);
}

void log_process_exit(Core& core, const Unit& unit, std::string_view who, std::string_view command,
                      const event::ProcessExited& exit, bool success) {
  const std::string_view meaning = unitparser::exit_status_name(exit.status);
  const std::string shown = exit.code != CLD_EXITED ? signal_short_name(exit.status) : std::string(meaning.empty() ? "n/a" : meaning);
  const int priority = success ? 7 : exit.code == CLD_EXITED ? 5 : 4;
  log_unit(core, unit, priority,
           fmt::format("{}: {} exited, code={}, status={}/{}", unit.name.text(), who, exit_code_name(exit.code), exit.status, shown),
           {{"MESSAGE_ID", "98e322203f7a4ed290d09fe03c09fe15"},
            {"EXIT_CODE", std::string(exit_code_name(exit.code))},
            {"EXIT_STATUS", std::to_string(exit.status)},
            {"COMMAND", std::string(command)}});
}

}  // namespace init
