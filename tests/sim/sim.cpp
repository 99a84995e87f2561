// The machine in memory. [pure]
#include "tests/sim/sim.h"

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include <fmt/format.h>

namespace sim {

using namespace init;  // NOLINT: a test's library speaks the engine's language

namespace {

constexpr std::uint64_t boot_realtime = 1'700'000'000ULL * 1'000'000ULL;

}  // namespace

SimUnitSource::SimUnitSource() {
  unitparser::MachineFacts machine;
  machine.physical_memory = 4ULL << 30U;
  machine.tasks_max = 4096;
  context_ = unitparser::make_load_context({}, machine, unitparser::ManagerScope::system, {});
}

unitparser::LoadedUnit SimUnitSource::load(const UnitName& name) {
  // Parsing is tested elsewhere; walks of many turns would do nothing else.
  auto known = loaded_.find(name.text());
  if (known == loaded_.end()) known = loaded_.emplace(name.text(), read(name)).first;
  return known->second;
}

unitparser::LoadedUnit SimUnitSource::read(const UnitName& name) {
  UnitName real = name;
  if (auto alias = aliases_.find(name.text()); alias != aliases_.end()) real = UnitName::parse(alias->second).value_or(name);
  std::vector<std::pair<std::string, std::string>> files;
  auto at = texts_.find(real.text());
  if (at == texts_.end() && real.form() == unitparser::NameForm::instance) at = texts_.find(real.template_name().text());
  if (at != texts_.end()) files.emplace_back("/units/" + at->first, at->second);
  for (const std::string& text : drop_ins_[real.text()])
    files.emplace_back(fmt::format("/units/{}.d/{}.conf", real.text(), files.size()), text);
  if (at == texts_.end()) {
    auto plain = missing_.find(real.type());
    if (plain == missing_.end())
      plain = missing_.emplace(real.type(), unitparser::load_from_texts(real, {{"/units/" + real.text(), ""}}, context_)).first;
    unitparser::LoadedUnit missing = plain->second;
    missing.id = real;
    missing.state = LoadState::not_found;
    missing.is_whole = false;
    if (real.type() == unitparser::UnitType::mount) {
      missing.config.common.write().mount.write().where = unitparser::path_from_name(real).value_or("");
      missing.config.description = unitparser::SharedText(missing.config.common->mount->where);
    }
    missing.fragment_path.clear();
    missing.diagnostics.clear();
    return missing;
  }
  unitparser::LoadedUnit loaded = unitparser::load_from_texts(real, files, context_);
  loaded.id = real;
  loaded.state = loaded.state == LoadState::stub ? LoadState::loaded : loaded.state;
  loaded.fragment_path = files.front().first;
  for (const auto& [alias, target] : aliases_)
    if (target == real.text())
      if (auto parsed = UnitName::parse(alias)) loaded.aliases.push_back(*parsed);
  if (loaded.state == LoadState::loaded && loaded.diagnostics.empty()) loaded.mark = {0, changes_, 0, 1};
  return loaded;
}

SimMachine::SimMachine(std::uint64_t seed, EngineOptions options) : options_(std::move(options)), random_state_(seed * 2 + 1) {
  now_.monotonic = MonotonicTime::from_usec(1'000'000);
  now_.boottime = BootTime::from_usec(1'000'000);
  now_.realtime = RealTime::from_usec(boot_realtime);
  programs["/bin/true"].exits_at_once = 0;
  programs["/bin/false"].exits_at_once = 1;
  programs["/bin/stubborn"].ignored_signals = {SIGTERM, SIGINT, SIGHUP, SIGABRT};
  programs["/bin/daemon"].forks_daemon = true;
  programs["/bin/missing"].fails_to_spawn = true;
  mounts_.push_back({"/dev/vda", "/", "ext4", "rw"});
  engine_ = std::make_unique<Engine>(source, *this, options_);
}

std::uint64_t SimMachine::random() {
  random_state_ ^= random_state_ << 13U;
  random_state_ ^= random_state_ >> 7U;
  random_state_ ^= random_state_ << 17U;
  return random_state_;
}
std::uint64_t SimMachine::stable_random(const UnitName& unit) { return std::hash<std::string>{}(unit.text()); }

// --- World --------------------------------------------------------------------------------------------------------

Result<bool> SimMachine::condition_holds(const unitparser::Condition& condition) {
  return !conditions_that_fail.contains(fmt::format("{}:{}", unitparser::to_name(condition.kind), condition.parameter));
}
Result<std::string> SimMachine::read_small_file(const std::string& path) {
  auto at = files.find(path);
  if (at == files.end()) return fail(ErrorCode::not_found, "No such file or directory");
  return at->second;
}
bool SimMachine::is_trusted_file(const std::string&) { return false; }
bool SimMachine::process_alive(pid_t pid) {
  auto at = processes.find(pid);
  return at != processes.end() && at->second.alive;
}
bool SimMachine::process_is_child(pid_t pid) { return process_alive(pid); }
Result<std::string> SimMachine::process_cgroup(pid_t pid) {
  auto at = processes.find(pid);
  if (at == processes.end()) return fail(ErrorCode::not_found, "No such process");
  return at->second.cgroup;
}
std::vector<pid_t> SimMachine::cgroup_processes(const std::string& cgroup) {
  std::vector<pid_t> pids;
  for (const auto& [pid, process] : processes)
    if (process.alive && process.cgroup == cgroup) pids.push_back(pid);
  return pids;
}
std::string SimMachine::process_name(pid_t pid) { return process_alive(pid) ? "run" : ""; }
std::vector<SimMachine::NamedProcess> SimMachine::processes_below(const std::string& cgroup) {
  std::vector<NamedProcess> all;
  for (const auto& [pid, process] : processes)
    if (process.alive && (process.cgroup == cgroup || process.cgroup.starts_with(cgroup + "/"))) all.push_back({pid, process_name(pid)});
  return all;
}
bool SimMachine::cgroup_populated(const std::string& cgroup) {
  return std::any_of(processes.begin(), processes.end(), [&](const auto& entry) {
    const Process& process = entry.second;
    return process.alive && (process.cgroup == cgroup || process.cgroup.starts_with(cgroup + "/"));
  });
}
std::optional<std::string> SimMachine::path_match(unitparser::PathKind, const std::string& path) {
  return files.contains(path) ? std::optional(path) : std::nullopt;
}
std::optional<RealTime> SimMachine::timer_stamp(const UnitName& timer) {
  auto at = stamps_.find(timer.text());
  return at == stamps_.end() ? std::nullopt : std::optional(RealTime::from_usec(at->second));
}
std::optional<RealTime> SimMachine::next_elapse(const std::string&, RealTime after) {
  // Every expression means "on the hour": what expressions mean is tested where they are read.
  const std::uint64_t hour = 3'600'000'000ULL;
  return RealTime::from_usec((after.usec() / hour + 1) * hour);
}

// --- turning ------------------------------------------------------------------------------------------------------

void SimMachine::post(Event event) {
  turns_ = 0;
  queue_.push_back(std::move(event));
  settle();
}

bool SimMachine::settle_one() {
  if (queue_.empty() && engine_->has_garbage()) queue_.emplace_back(event::CollectGarbage{});
  if (queue_.empty() && engine_->has_jobs_to_run()) queue_.emplace_back(event::RunJobs{});
  if (queue_.empty()) return false;
  const Event event = std::move(queue_.front());
  queue_.pop_front();
  Effects effects = engine_->turn(event, now_);
  for (const Effect& effect : effects) perform(effect);
  if (keep_log)
    for (Effect& effect : effects) all_effects_.push_back(std::move(effect));
  return true;
}

void SimMachine::settle() {
  constexpr unsigned most_turns = 20'000;  // one event makes some hundred at most, a minute some thousand
  while (!restless_ && settle_one())
    if (++turns_ > most_turns) restless_ = true;
}

std::uint64_t SimMachine::due_in(const ArmedTimer& timer) const {
  std::uint64_t now = now_.monotonic.usec();
  if (timer.clock == effect::Clock::boottime || timer.clock == effect::Clock::boottime_alarm) now = now_.boottime.usec();
  if (timer.clock == effect::Clock::realtime || timer.clock == effect::Clock::realtime_alarm) now = now_.realtime.usec();
  return timer.when > now ? timer.when - now : 0;
}

void SimMachine::advance(std::uint64_t usec) {
  turns_ = 0;
  settle();
  std::uint64_t left = usec;
  while (!restless_) {
    std::uint64_t next = left;
    const ArmedTimer* due = nullptr;
    for (const auto& [key, timer] : timers_)
      if (const std::uint64_t in = due_in(timer); in <= next && (due == nullptr || in < next)) {
        next = in;
        due = &timer;
      }
    const bool exit_first = !exits_.empty() && (exits_.begin()->first >> 8U) <= now_.monotonic.usec() + next;
    if (exit_first) {
      const std::uint64_t at = exits_.begin()->first >> 8U;
      next = at > now_.monotonic.usec() ? at - now_.monotonic.usec() : 0;
    }
    if (!exit_first && due == nullptr) next = left;
    now_.monotonic = now_.monotonic + Duration::from_usec(next);
    now_.boottime = now_.boottime + Duration::from_usec(next);
    now_.realtime = now_.realtime + Duration::from_usec(next);
    left -= next;
    if (exit_first) {
      const pid_t pid = exits_.begin()->second;
      exits_.erase(exits_.begin());
      if (auto at = processes.find(pid); at != processes.end() && at->second.alive)
        end_process(pid, CLD_EXITED, at->second.behaviour.exit_status);
    } else if (due != nullptr) {
      ArmedTimer timer = *due;
      if (chance(faults.lost_timer_percent)) {
        timers_[timer.id.key()].when += 1'000'000;
      } else {
        timers_.erase(timer.id.key());
        queue_.emplace_back(event::TimerElapsed{timer.id});
      }
    } else {
      break;
    }
    settle();
  }
}

void SimMachine::set_realtime(std::uint64_t usec) {
  now_.realtime = RealTime::from_usec(usec);
  post(event::ClockChanged{});
}

// --- effects ------------------------------------------------------------------------------------------------------

void SimMachine::signal(pid_t pid, int signal) {
  auto at = processes.find(pid);
  if (at == processes.end() || !at->second.alive || signal == 0 || signal == SIGCONT) return;
  if (signal != SIGKILL && at->second.behaviour.ignored_signals.contains(signal)) return;
  at->second.alive = false;
  if (chance(faults.reordered_exit_percent))
    queue_.emplace_front(event::ProcessExited{pid, CLD_KILLED, signal});
  else
    queue_.emplace_back(event::ProcessExited{pid, CLD_KILLED, signal});
  const std::string group = at->second.cgroup;
  if (groups_.contains(group) && !cgroup_populated(group)) queue_.emplace_back(event::CgroupEmpty{group});
}

void SimMachine::end_process(pid_t pid, int code, int status) {
  auto at = processes.find(pid);
  if (at == processes.end() || !at->second.alive) return;
  at->second.alive = false;
  queue_.emplace_back(event::ProcessExited{pid, code, status});
  const std::string group = at->second.cgroup;
  if (groups_.contains(group) && !cgroup_populated(group)) queue_.emplace_back(event::CgroupEmpty{group});
}

void SimMachine::post_mount_table() { queue_.emplace_back(event::MountTable{mounts_}); }
void SimMachine::mount(const std::string& what, const std::string& where, const std::string& type) {
  mounts_.push_back({what, where, type, "rw"});
  post_mount_table();
  settle();
}
void SimMachine::unmount(const std::string& where) {
  auto at = std::find_if(mounts_.rbegin(), mounts_.rend(), [&](const auto& entry) { return entry.where == where; });
  if (at != mounts_.rend()) mounts_.erase(std::next(at).base());
  post_mount_table();
  settle();
}

void SimMachine::run_behaviour(Process& process) {
  const auto& argv = process.command.argv;
  if (process.kind == "ExecMount" && argv.size() > 2) {
    mounts_.push_back({argv[1], argv[2], "ext4", "rw"});
    post_mount_table();
    end_process(process.pid, CLD_EXITED, 0);
  } else if (process.kind == "ExecUnmount" && argv.size() > 1) {
    auto at = std::find_if(mounts_.rbegin(), mounts_.rend(), [&](const auto& entry) { return entry.where == argv[1]; });
    if (at != mounts_.rend()) mounts_.erase(std::next(at).base());
    post_mount_table();
    end_process(process.pid, CLD_EXITED, 0);
  } else if (process.kind == "ExecRemount") {
    end_process(process.pid, CLD_EXITED, 0);
  } else if (process.behaviour.exits_at_once) {
    end_process(process.pid, CLD_EXITED, *process.behaviour.exits_at_once);
  } else if (process.behaviour.forks_daemon) {
    Process daemon = process;
    daemon.pid = next_pid_++;
    daemon.kind = "daemon";
    daemon.behaviour = {};
    if (!process.behaviour.pid_file.empty()) files[process.behaviour.pid_file] = fmt::format("{}\n", daemon.pid);
    const pid_t parent = process.pid;
    processes[daemon.pid] = daemon;
    end_process(parent, CLD_EXITED, 0);
  } else if (process.behaviour.exits_after_usec) {
    exits_[((now_.monotonic.usec() + *process.behaviour.exits_after_usec) << 8U) + (exits_.size() & 255U)] = process.pid;
  }
}

void SimMachine::perform_spawn(const effect::Spawn& spawn) {
  const Behaviour behaviour = programs[spawn.request->command.path];
  if (behaviour.fails_to_spawn || chance(faults.spawn_failure_percent)) {
    queue_.emplace_back(event::Spawned{spawn.spawn, fail(ErrorCode::io, "Resource temporarily unavailable")});
    return;
  }
  Process process;
  process.pid = next_pid_++;
  process.unit = spawn.unit;
  process.unit_name = spawn.request->unit.text();
  process.cgroup = spawn.request->cgroup;
  process.kind = spawn.request->command_kind;
  process.command = spawn.request->command;
  process.environment = spawn.request->environment;
  process.sockets = spawn.request->sockets;
  process.behaviour = behaviour;
  trace_.push_back(fmt::format("spawn {} {} {}", process.unit_name, process.kind,
                               process.command.argv.empty() ? process.command.path : fmt::format("{}", fmt::join(process.command.argv, " "))));
  Process& kept = processes[process.pid] = process;
  queue_.emplace_back(event::Spawned{spawn.spawn, kept.pid});
  if (spawn.request->confirm_exec) queue_.emplace_back(event::ExecConfirmed{kept.pid});
  run_behaviour(kept);
}

void SimMachine::perform(const Effect& effect) {
  std::visit(
      [&](const auto& e) {
        using T = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<T, effect::Spawn>) {
          perform_spawn(e);
        } else if constexpr (std::is_same_v<T, effect::KillProcess>) {
          trace_.push_back(fmt::format("kill {} {}", processes.contains(e.pid) ? processes[e.pid].unit_name : "?", e.signal));
          signal(e.pid, e.signal);
        } else if constexpr (std::is_same_v<T, effect::KillCgroup>) {
          trace_.push_back(fmt::format("kill-group {} {}", e.cgroup, e.signal));
          std::vector<pid_t> victims;
          for (const auto& [pid, process] : processes)
            if (process.alive && (process.cgroup == e.cgroup || process.cgroup.starts_with(e.cgroup + "/")) &&
                std::find(e.except.begin(), e.except.end(), pid) == e.except.end())
              victims.push_back(pid);
          for (pid_t pid : victims) signal(pid, e.signal);
        } else if constexpr (std::is_same_v<T, effect::RealiseCgroup>) {
          groups_.insert(e.cgroup);
        } else if constexpr (std::is_same_v<T, effect::TrimCgroup>) {
          groups_.erase(e.cgroup);
        } else if constexpr (std::is_same_v<T, effect::AttachToCgroup>) {
          for (pid_t pid : e.pids)
            if (auto at = processes.find(pid); at != processes.end()) at->second.cgroup = e.cgroup;
        } else if constexpr (std::is_same_v<T, effect::ReleaseExecution>) {
          // Its settings say what is to be removed.
          if (engine_->find(e.unit) == nullptr) throw std::logic_error("what a unit held is released after the unit was unloaded");
        } else if constexpr (std::is_same_v<T, effect::SetFrozen>) {
          queue_.emplace_back(event::FreezeDone{e.unit, e.frozen});
        } else if constexpr (std::is_same_v<T, effect::ArmTimer>) {
          timers_[e.timer.key()] = {e.timer, e.clock, e.when};
        } else if constexpr (std::is_same_v<T, effect::DisarmTimer>) {
          timers_.erase(e.timer.key());
        } else if constexpr (std::is_same_v<T, effect::TouchTimerStamp>) {
          stamps_[e.timer.text()] = e.at.usec();
        } else if constexpr (std::is_same_v<T, effect::RemoveTimerStamp>) {
          stamps_.erase(e.timer.text());
        } else if constexpr (std::is_same_v<T, effect::OpenSockets>) {
          std::vector<SocketPort> sockets;
          if (const Unit* unit = engine_->find(e.unit))
            for (const auto& entry : unit->config.common->socket->listen) sockets.push_back({next_fd_++, entry.kind, entry.address});
          queue_.emplace_back(event::SocketsOpened{e.unit, std::move(sockets)});
        } else if constexpr (std::is_same_v<T, effect::OpenAutomount>) {
          queue_.emplace_back(event::AutomountOpened{e.unit, true});
        } else if constexpr (std::is_same_v<T, effect::CleanDirectories>) {
          queue_.emplace_back(event::CleanDone{e.unit, true});
        } else if constexpr (std::is_same_v<T, effect::RemoveFile>) {
          files.erase(e.path);
        } else if constexpr (std::is_same_v<T, effect::Reply>) {
          replies_.insert_or_assign(static_cast<std::uint64_t>(e.request), e.result);
        } else if constexpr (std::is_same_v<T, effect::JobRemoved>) {
          job_results_[fmt::format("{} {}", e.unit.text(), unitparser::to_name(e.type))] = unitparser::to_name(e.result);
          trace_.push_back(fmt::format("job {} {} {}", e.unit.text(), unitparser::to_name(e.type), unitparser::to_name(e.result)));
        } else if constexpr (std::is_same_v<T, effect::UnitChanged>) {
          const Unit* unit = engine_->find(e.unit);
          if (unit == nullptr) return;
          const std::string shown = fmt::format("{}/{}", unitparser::to_name(unit->active_state()), sub_state(*unit));
          std::string& before = shown_states_[static_cast<std::uint32_t>(e.unit)];
          if (before != shown) trace_.push_back(fmt::format("{} {}", unit->name.text(), shown));
          before = shown;
        } else if constexpr (std::is_same_v<T, effect::Log>) {
          std::string cause = engine_->describe(e.cause, e.unit);
          if (keep_log) log_.push_back(e.message);
          if (const Unit* unit = engine_->find(e.unit)) causes_[unit->name.text()] = std::move(cause);
        } else if constexpr (std::is_same_v<T, effect::Emergency>) {
          trace_.push_back(fmt::format("emergency {}", unitparser::to_name(e.action)));
        } else if constexpr (std::is_same_v<T, effect::AnswerAutomount>) {
          trace_.push_back(fmt::format("automount-answer {}", e.error));
        }
      },
      effect);
}

// --- people -------------------------------------------------------------------------------------------------------

RequestId SimMachine::request(const std::string& unit, JobType type, JobMode mode) {
  event::RequestJob job;
  job.request = RequestId{++next_request_};
  job.unit = unit;
  job.type = type;
  job.mode = mode;
  job.cause = Cause::of(CauseKind::client);
  last_request_ = job.request;
  const RequestId id = job.request;
  post(std::move(job));
  return id;
}

void SimMachine::notify(pid_t pid, std::vector<std::pair<std::string, std::string>> fields, std::vector<int> fds) {
  post(event::Notify{pid, 0, std::move(fields), std::move(fds)});
}

void SimMachine::connect(const std::string& socket, const std::string& peer) {
  const Unit* unit = engine_->find(socket);
  if (unit == nullptr) return;
  const auto& runtime = unit->read<SocketRuntime>();
  if (!runtime.watched || runtime.ports.empty()) return;
  event::SocketReady ready;
  ready.unit = unit->id;
  ready.fd = runtime.ports.front().fd;
  if (unit->config.common->socket->accept) {
    ready.connection = next_fd_++;
    ready.instance = peer;
    ready.peer = peer;
    ready.peer_host = peer.substr(0, peer.rfind(':'));
  }
  post(std::move(ready));
}

void SimMachine::set_bus_name(const std::string& name, bool owned, pid_t pid) {
  if (owned)
    bus_names.insert(name);
  else
    bus_names.erase(name);
  post(event::BusNameChanged{name, owned ? ":1.1" : "", pid});
}

void SimMachine::reexec() {
  settle();
  if (auto resumed = resume(engine_->snapshot()); !resumed) log_.push_back("restore failed: " + resumed.error().message);
}

Result<bool> SimMachine::resume(std::string_view memory) {
  timers_.clear();
  shown_states_.clear();
  engine_ = std::make_unique<Engine>(source, *this, options_);
  auto effects = TRY(engine_->restore(memory, now_));
  for (const Effect& effect : effects) perform(effect);
  if (keep_log)
    for (Effect& effect : effects) all_effects_.push_back(std::move(effect));
  settle();
  return true;
}

// --- looking ------------------------------------------------------------------------------------------------------

std::string SimMachine::state(const std::string& name) const {
  const Unit* unit = engine_->find(name);
  if (unit == nullptr) return "not-loaded";
  return fmt::format("{}/{}", unitparser::to_name(unit->active_state()), sub_state(*unit));
}
pid_t SimMachine::main_pid(const std::string& name) const {
  const Unit* unit = engine_->find(name);
  return unit == nullptr ? 0 : engine_->main_pid(unit->id);
}
std::vector<const Process*> SimMachine::living(const std::string& unit) const {
  std::vector<const Process*> result;
  for (const auto& [pid, process] : processes)
    if (process.alive && process.unit_name == unit) result.push_back(&process);
  return result;
}
const Process* SimMachine::last_started(const std::string& unit) const {
  const Process* last = nullptr;
  for (const auto& [pid, process] : processes)
    if (process.unit_name == unit) last = &process;
  return last;
}
std::string SimMachine::job_result(const std::string& unit, const std::string& type) const {
  auto at = job_results_.find(unit + " " + type);
  return at == job_results_.end() ? std::string() : at->second;
}
std::string SimMachine::last_error() const {
  auto at = replies_.find(static_cast<std::uint64_t>(last_request_));
  if (at == replies_.end()) return "no reply";
  return at->second ? std::string() : at->second.error().message;
}

}  // namespace sim
