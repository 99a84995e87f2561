// One overload for each effect. [port]
#include "init/driver/effect_runner.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "init/log/unit_log.h"
#include "init/os/sockets.h"

namespace init {
namespace {

void send_signal(pid_t pid, int signal, bool and_hangup, bool and_continue) {
  if (pid <= 1) return;
  if (::kill(pid, signal) != 0) return;
  if (and_hangup) ::kill(pid, SIGHUP);
  // A stopped process would not notice.
  if (and_continue && signal != SIGCONT && signal != SIGKILL) ::kill(pid, SIGCONT);
}

void touch(const std::string& path, RealTime at) {
  make_parent_folders(path, 0755);
  const unitparser::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0644));
  if (!fd) return;
  timespec time{};
  time.tv_sec = static_cast<time_t>(at.usec() / 1'000'000);
  time.tv_nsec = static_cast<long>(at.usec() % 1'000'000 * 1000);
  const timespec times[2] = {time, time};
  ::futimens(fd.get(), times);
}

/// Where whoever reboots the machine in the end looks for it, as systemctl --reboot-argument= leaves it.
void write_reboot_argument(const std::string& argument) {
  const unitparser::UniqueFd fd(::open("/run/systemd/reboot-param", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (fd) (void)!::write(fd.get(), argument.data(), argument.size());
}

void remove_transient(const std::string& fragment) {
  ::unlink(fragment.c_str());
  const std::string folder = fragment + ".d";
  if (DIR* entries = ::opendir(folder.c_str())) {
    while (const dirent* entry = ::readdir(entries)) ::unlinkat(::dirfd(entries), entry->d_name, 0);
    ::closedir(entries);
    ::rmdir(folder.c_str());
  }
}

}  // namespace

struct EffectRunner::Visitor {
  EffectRunner& runner;
  RunnerParts& parts;
  Effect& whole;

  [[nodiscard]] const Unit* unit(UnitId id) const { return parts.engine.find(id); }

  // --- Processes and control groups -----------------------------------------------------------------------------
  void operator()(const effect::Spawn& e) const {
    (void)parts.log.flush();  // that it starts is said before it can say anything
    parts.journal_links.on_unit_changed(e.unit);  // before the process can write
    parts.executions.spawn(e);
  }
  void operator()(const effect::KillProcess& e) const { send_signal(e.pid, e.signal, e.and_hangup, e.and_continue); }
  void operator()(const effect::KillCgroup& e) const { parts.cgroups.kill(e); }
  void operator()(const effect::RealiseCgroup& e) const {
    if (const Unit* u = unit(e.unit)) {
      if (auto done = parts.cgroups.realise(e.cgroup, u->config, u->type(), u->runtime->invocation_id, rules_of_slices(parts.engine, *u)); !done)
        runner.warn(e.unit, done.error());
      else attach_programs(e.unit, e.cgroup, u->config);
    }
  }
  void operator()(const effect::ApplyCgroup& e) const {
    if (const Unit* u = unit(e.unit)) {
      if (auto done = parts.cgroups.apply(e.cgroup, u->config, u->type(), rules_of_slices(parts.engine, *u)); !done) runner.warn(e.unit, done.error());
      else attach_programs(e.unit, e.cgroup, u->config);
    }
  }
  void attach_programs(UnitId id, const std::string& group, const unitparser::UnitConfig& config) const {
    for (const RefusedProgram& refused : parts.cgroups.attach_programs(group, config)) runner.warn(id, refused.error, refused.priority);
  }
  void operator()(const effect::TrimCgroup& e) const { parts.cgroups.trim(e.cgroup); }
  void operator()(const effect::SetFrozen& e) const {
    parts.cgroups.set_frozen(e.cgroup, e.frozen, [post = parts.post, id = e.unit](bool frozen) {
      post(event::FreezeDone{id, frozen});
    });
  }
  void operator()(const effect::AttachToCgroup& e) const {
    if (auto done = parts.cgroups.attach(e.cgroup, e.pids); !done) runner.warn(UnitId::none, done.error());
  }

  // --- Time -----------------------------------------------------------------------------------------------------
  void operator()(const effect::ArmTimer& e) const {
    if (auto armed = parts.timers.arm(e); !armed) runner.warn(e.timer.unit, armed.error());
  }
  void operator()(const effect::DisarmTimer& e) const { parts.timers.disarm(e.timer); }
  void operator()(const effect::TouchTimerStamp& e) const { touch(parts.timer_stamp_path(e.timer), e.at); }
  void operator()(const effect::RemoveTimerStamp& e) const { ::unlink(parts.timer_stamp_path(e.timer).c_str()); }

  // --- Sockets, descriptors, paths --------------------------------------------------------------------------------
  void operator()(const effect::OpenSockets& e) const {
    const Unit* u = unit(e.unit);
    if (u == nullptr) return;
    SocketSurroundings around;
    around.network_namespace = u->config.common->exec_sandbox->network_namespace_path;
    around.warn = [this, id = e.unit](const Error& error) { runner.warn(id, error); };
    parts.post(event::SocketsOpened{e.unit, open_sockets(*u->config.common->socket, *u->config.common->socket_options, around)});
  }
  void operator()(const effect::WatchSockets& e) const { parts.traffic.watch(e); }
  void operator()(const effect::UnwatchSockets& e) const { parts.traffic.unwatch(e.unit); }
  void operator()(const effect::CloseSockets& e) const {
    parts.traffic.unwatch(e.unit);
    for (int fd : e.fds) ::close(fd);
    if (const Unit* u = unit(e.unit); u != nullptr && e.remove_files) remove_socket_files(*u->config.common->socket);
  }
  void operator()(const effect::FlushSockets& e) const { flush_sockets(e.fds); }
  void operator()(const effect::CloseFds& e) const {
    for (int fd : e.fds) {
      parts.stored_fds.forget(fd);
      ::close(fd);
    }
  }
  void operator()(const effect::WatchStoredFd& e) const { parts.stored_fds.watch(e); }
  void operator()(const effect::WatchPath& e) const {
    if (auto watched = parts.paths.watch(e); !watched) runner.warn(e.watch.unit, watched.error());
  }
  void operator()(const effect::UnwatchPaths& e) const { parts.paths.unwatch(e.unit); }
  void operator()(const effect::WatchBusName&) const { parts.tell_bus(whole); }
  void operator()(const effect::UnwatchBusName&) const { parts.tell_bus(whole); }

  // --- Files ----------------------------------------------------------------------------------------------------
  void operator()(const effect::MakeDirectory& e) const {
    make_parent_folders(e.path, e.mode);
    ::mkdir(e.path.c_str(), e.mode);
  }
  void operator()(const effect::ReleaseExecution& e) const { parts.executions.release(e.unit, e.keep_runtime_directories); }
  void operator()(const effect::CleanDirectories& e) const { parts.executions.clean(e.unit, e.what); }
  void operator()(const effect::RemoveFile& e) const { ::unlink(e.path.c_str()); }
  void operator()(const effect::RemoveTransient& e) const { remove_transient(e.fragment_path); }
  void operator()(const effect::OpenAutomount& e) const {
    const Unit* u = unit(e.unit);
    if (u == nullptr) return;
    auto opened = parts.automounts.open(e.unit, *u->config.common->automount);
    Result<bool> outcome = true;
    if (!opened) outcome = tl::unexpected(std::move(opened.error()));
    parts.post(event::AutomountOpened{e.unit, std::move(outcome)});
  }
  void operator()(const effect::CloseAutomount& e) const { parts.automounts.close(e.unit); }
  void operator()(const effect::AnswerAutomount& e) const { parts.automounts.answer(e); }
  void operator()(const effect::ExpireAutomount& e) const { parts.automounts.expire(e.unit); }

  // --- Telling --------------------------------------------------------------------------------------------------
  void operator()(const effect::Reply&) const { parts.tell_bus(whole); }
  void operator()(const effect::UnitChanged& e) const {
    parts.journal_links.on_unit_changed(e.unit);
    parts.tell_bus(whole);
  }
  void operator()(const effect::UnitNew&) const { parts.tell_bus(whole); }
  void operator()(const effect::UnitRemoved&) const { parts.tell_bus(whole); }
  void operator()(const effect::JobNew&) const { parts.tell_bus(whole); }
  void operator()(const effect::JobChanged&) const { parts.tell_bus(whole); }
  void operator()(const effect::JobRemoved&) const { parts.tell_bus(whole); }
  void operator()(const effect::Reloaded&) const { parts.reloaded(); }
  void operator()(const effect::JobsDone&) const { parts.jobs_done(); }
  void operator()(effect::Log& e) const { parts.log.write(to_record(std::move(e), parts.engine)); }
  void operator()(const effect::ConsoleStatus& e) const { parts.console.show(e); }
  void operator()(const effect::Emergency& e) const {
    if (e.action == EmergencyAction::none) return;
    if (!e.is_expected) runner.warn(UnitId::none, {.message = e.reason + ": " + std::string(unitparser::to_name(e.action)) + ", as is configured for that."});
    if (!e.reboot_argument.empty()) write_reboot_argument(e.reboot_argument);
    if (e.exit_status) parts.set_exit_code(*e.exit_status);
    if (const std::string_view target = target_of_emergency(e.action); !target.empty()) {
      event::RequestJob request;
      request.unit = std::string(target);
      request.mode = JobMode::replace_irreversibly;
      request.manual = false;
      request.cause = Cause::of(CauseKind::none, e.unit, e.reason);
      return parts.post(std::move(request));
    }
    parts.end_run(end_of_emergency(e));
  }
  void operator()(const effect::EndLoginRecord& e) const { parts.executions.end_login_record(e); }
  void operator()(const effect::RequestScopeStop&) const { parts.tell_bus(whole); }
};

void EffectRunner::run(Effects effects) {
  // An effect that throws must not take the others of its turn with it.
  parts_.log.set_gathering(true);
  for (Effect& effect : effects)
    guard("effect", [&] { std::visit(Visitor{*this, parts_, effect}, effect); });
  parts_.log.set_gathering(false);
  (void)parts_.log.flush();
}

void EffectRunner::warn(UnitId unit, const Error& error, int priority) {
  effect::Log log;
  log.priority = priority;
  log.unit = unit;
  const Unit* found = parts_.engine.find(unit);
  log.message = found != nullptr ? found->name.text() + ": " + error.message : error.message;
  log.fields = effect::errno_field(error.os_errno);
  parts_.log.write(to_record(std::move(log), parts_.engine));
}

std::string_view target_of_emergency(EmergencyAction action) {
  switch (action) {
    case EmergencyAction::reboot: return "reboot.target";
    case EmergencyAction::poweroff: return "poweroff.target";
    case EmergencyAction::exit: return "exit.target";
    default: return {};
  }
}

RunEnd end_of_emergency(const effect::Emergency& emergency) {
  RunEnd end;
  switch (emergency.action) {
    case EmergencyAction::reboot_force: end.objective = Objective::reboot; break;
    case EmergencyAction::reboot_immediate: end.objective = Objective::reboot, end.immediately = true; break;
    case EmergencyAction::poweroff_force: end.objective = Objective::poweroff; break;
    case EmergencyAction::poweroff_immediate: end.objective = Objective::poweroff, end.immediately = true; break;
    case EmergencyAction::exit_force: end.objective = Objective::exit; break;
    default: break;  // those have a target to start
  }
  return end;
}

}  // namespace init
