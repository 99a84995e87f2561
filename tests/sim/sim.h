// SimMachine: a whole machine in memory for the engine to run – clock, processes, groups, mounts, sockets, bus names.
// Nothing here sleeps, forks or reads files; time moves only when told to. [pure]
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>

#include "init/engine/engine.h"
#include "unitparser/load/unit_loader.h"

namespace sim {

/// Unit texts by name: fragment, and drop-ins.
class SimUnitSource final : public unitparser::UnitSource {
 public:
  SimUnitSource();
  void set(const std::string& name, std::string text) { change(), texts_[name] = std::move(text); }
  void add_drop_in(const std::string& name, std::string text) { change(), drop_ins_[name].push_back(std::move(text)); }
  void set_alias(const std::string& name, const std::string& real) { change(), aliases_[name] = real; }
  void remove(const std::string& name) { change(), texts_.erase(name); }
  [[nodiscard]] unitparser::LoadedUnit load(const unitparser::UnitName& name) override;
  /// Any change is one of all units.
  [[nodiscard]] bool is_unchanged(const unitparser::UnitName&, const std::string&, const std::vector<std::string>&,
                                  const std::string&, unitparser::FilesMark& mark) override {
    return mark.context == 1 && mark.content == changes_;
  }

 private:
  void change() {
    loaded_.clear();
    ++changes_;
  }
  std::uint64_t changes_ = 0;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::vector<std::string>> drop_ins_;
  std::map<std::string, std::string> aliases_;
  [[nodiscard]] unitparser::LoadedUnit read(const unitparser::UnitName& name);
  std::map<std::string, unitparser::LoadedUnit> loaded_;
  std::map<unitparser::UnitType, unitparser::LoadedUnit> missing_;  ///< what a unit without a file is, by type
  unitparser::LoadContext context_;
};

/// How a started program behaves, by the name of its file ("/bin/true").
struct Behaviour {
  std::optional<int> exits_at_once;   ///< with this status
  std::optional<std::uint64_t> exits_after_usec;
  int exit_status = 0;
  std::set<int> ignored_signals;
  bool forks_daemon = false;          ///< leaves a child of ours behind and exits 0
  std::string pid_file;               ///< the daemon's pid goes there
  bool fails_to_spawn = false;
};

struct Process {
  pid_t pid = 0;
  init::UnitId unit = init::UnitId::none;
  std::string unit_name;
  std::string cgroup;
  std::string kind;  ///< "ExecStart" and so on
  unitparser::ExecCommand command;
  std::vector<std::string> environment;
  std::vector<init::PassedFd> sockets;
  Behaviour behaviour;
  bool alive = true;
};

struct Faults {
  unsigned spawn_failure_percent = 0;
  unsigned lost_timer_percent = 0;   ///< the elapse comes a second late
  unsigned reordered_exit_percent = 0;
};

class SimMachine final : public init::World {
 public:
  explicit SimMachine(std::uint64_t seed = 1, init::EngineOptions options = {});

  SimUnitSource source;
  std::map<std::string, Behaviour> programs;  ///< by path; not there: runs until it is killed
  std::map<std::string, std::string> files;
  std::set<std::string> conditions_that_fail; ///< "ConditionPathExists=/x" in words "PathExists:/x"
  std::set<std::string> bus_names;
  std::optional<init::IoTraffic> io_used;   ///< by every control group
  std::optional<init::IpTraffic> ip_used;   ///< the same
  std::set<std::pair<int, int>> same_open_files;  ///< a descriptor and a later one of the same open file
  std::map<pid_t, Process> processes;
  Faults faults;
  bool keep_log = true;

  [[nodiscard]] init::Engine& engine() { return *engine_; }
  [[nodiscard]] const init::Now& now() const { return now_; }
  /// Posts an event, and works off everything that follows from it without time passing.
  void post(init::Event event);
  /// Only queues it.
  void enqueue(init::Event event) { queue_.push_back(std::move(event)); }
  /// Works off the queue. A machine that never comes to rest is stopped for good: restless().
  void settle();
  [[nodiscard]] bool restless() const { return restless_; }
  /// One queued event; false if there is none.
  bool settle_one();
  /// Lets time pass, timers elapse and processes end by themselves.
  void advance(std::uint64_t usec);
  /// Jumps CLOCK_REALTIME.
  void set_realtime(std::uint64_t usec);

  // --- Deeds of people ------------------------------------------------------------------------------------------
  init::RequestId request(const std::string& unit, init::JobType type, init::JobMode mode = init::JobMode::replace);
  void start(const std::string& unit) { last_request_ = request(unit, init::JobType::start); }
  void stop(const std::string& unit) { last_request_ = request(unit, init::JobType::stop); }
  void end_process(pid_t pid, int code, int status);
  void notify(pid_t pid, std::vector<std::pair<std::string, std::string>> fields, std::vector<int> fds = {});
  void connect(const std::string& socket, const std::string& peer = {});
  void mount(const std::string& what, const std::string& where, const std::string& type = "ext4");
  void unmount(const std::string& where);
  void set_bus_name(const std::string& name, bool owned, pid_t pid = 0);
  /// Snapshot and restore into a new engine, as daemon-reexec does.
  void reexec();
  /// A new engine that goes on with what another left; error: it refused.
  [[nodiscard]] init::Result<bool> resume(std::string_view memory);

  // --- Looking --------------------------------------------------------------------------------------------------
  [[nodiscard]] const init::Unit* unit(const std::string& name) const { return engine_->find(name); }
  /// "active/running"; "not-loaded".
  [[nodiscard]] std::string state(const std::string& name) const;
  [[nodiscard]] pid_t main_pid(const std::string& name) const;
  [[nodiscard]] std::vector<const Process*> living(const std::string& unit) const;
  [[nodiscard]] const Process* last_started(const std::string& unit) const;
  /// "done", "failed", … of the last job of that type that ended for the unit; empty: none did.
  [[nodiscard]] std::string job_result(const std::string& unit, const std::string& type) const;
  /// Error of the last request; empty: it was accepted.
  [[nodiscard]] std::string last_error() const;
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }
  /// The cause, in words, of the last log line about a unit.
  [[nodiscard]] std::string cause(const std::string& unit) const { return causes_.contains(unit) ? causes_.at(unit) : ""; }
  [[nodiscard]] const std::vector<std::string>& trace() const { return trace_; }
  void clear_trace() { trace_.clear(); }
  [[nodiscard]] const std::vector<init::Effect>& effects() const { return all_effects_; }
  void forget_effects() { all_effects_.clear(); }
  [[nodiscard]] std::size_t armed_timers() const { return timers_.size(); }
  [[nodiscard]] bool timer_armed(init::TimerId id) const { return timers_.contains(id.key()); }
  [[nodiscard]] const std::map<std::uint64_t, init::Result<init::effect::ReplyBody>>& replies() const { return replies_; }

  // --- World ----------------------------------------------------------------------------------------------------
  [[nodiscard]] init::Result<bool> condition_holds(const unitparser::Condition& condition) override;
  [[nodiscard]] init::Result<std::string> read_small_file(const std::string& path) override;
  [[nodiscard]] bool is_trusted_file(const std::string& path) override;
  [[nodiscard]] bool process_alive(pid_t pid) override;
  [[nodiscard]] bool process_is_child(pid_t pid) override;
  [[nodiscard]] init::Result<std::string> process_cgroup(pid_t pid) override;
  [[nodiscard]] std::vector<NamedProcess> processes_below(const std::string& cgroup) override;
  [[nodiscard]] std::string process_name(pid_t pid) override;
  [[nodiscard]] std::vector<pid_t> cgroup_processes(const std::string& cgroup) override;
  [[nodiscard]] std::optional<std::uint64_t> cpu_usage_nsec(const std::string&) override { return std::nullopt; }
  [[nodiscard]] std::optional<init::IoTraffic> io_traffic(const std::string&) override { return io_used; }
  [[nodiscard]] std::optional<init::IpTraffic> ip_traffic(const std::string&) override { return ip_used; }
  [[nodiscard]] bool cgroup_populated(const std::string& cgroup) override;
  [[nodiscard]] std::optional<std::string> path_match(unitparser::PathKind kind, const std::string& path) override;
  [[nodiscard]] bool is_canonical(const std::string&) override { return true; }
  [[nodiscard]] std::optional<init::RealTime> timer_stamp(const init::UnitName& timer) override;
  [[nodiscard]] std::optional<init::RealTime> next_elapse(const std::string& calendar, init::RealTime after) override;
  [[nodiscard]] std::uint64_t file_number(int) override { return 0; }
  [[nodiscard]] bool is_same_open_file(int fd, int other) override { return same_open_files.contains({fd, other}); }
  [[nodiscard]] bool bus_name_owned(const std::string& name) override { return bus_names.contains(name); }
  [[nodiscard]] std::uint64_t random() override;
  [[nodiscard]] std::uint64_t stable_random(const init::UnitName& unit) override;

 private:
  struct ArmedTimer {
    init::TimerId id;
    init::effect::Clock clock{};
    std::uint64_t when = 0;
  };
  void perform(const init::Effect& effect);
  void perform_spawn(const init::effect::Spawn& spawn);
  void run_behaviour(Process& process);
  void signal(pid_t pid, int signal);
  void post_mount_table();
  bool chance(unsigned percent) { return percent > 0 && random() % 100 < percent; }
  [[nodiscard]] std::uint64_t due_in(const ArmedTimer& timer) const;
  void note_changes();

  std::unique_ptr<init::Engine> engine_;
  init::EngineOptions options_;
  init::Now now_;
  std::uint64_t random_state_;
  pid_t next_pid_ = 100;
  int next_fd_ = 50;
  std::uint64_t next_request_ = 0;
  init::RequestId last_request_{};
  std::deque<init::Event> queue_;
  unsigned turns_ = 0;  ///< since something was last done to the machine from outside
  bool restless_ = false;
  std::map<std::uint64_t, ArmedTimer> timers_;
  std::map<std::uint64_t, pid_t> exits_;  ///< by time (made unique): processes that end by themselves
  std::set<std::string> groups_;
  std::vector<init::event::MountEntry> mounts_;
  std::map<std::string, std::uint64_t> stamps_;
  std::map<std::uint64_t, init::Result<init::effect::ReplyBody>> replies_;
  std::map<std::string, std::string> job_results_;
  std::map<std::uint32_t, std::string> shown_states_;
  std::vector<std::string> log_;
  std::map<std::string, std::string> causes_;
  std::vector<std::string> trace_;
  std::vector<init::Effect> all_effects_;
};

/// Runs a scenario file's text; returns what went wrong, empty: all held.
[[nodiscard]] std::string run_scenario(const std::string& text);

}  // namespace sim
