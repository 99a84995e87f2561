// Core: the parts of the engine that its rooms hand each other; one turn's time and effects. [pure]
#pragma once

#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "init/engine/engine.h"
#include "init/engine/unit_table.h"

namespace init {

/// A change of a unit's state that its neighbours have not heard of yet.
struct StateChange {
  UnitId unit{};
  ActiveState before{};
  ActiveState after{};
  bool reload_failed = false;
  bool will_restart = false;  ///< Restart= brings it back: neither OnFailure= nor FailureAction= yet
  Cause cause;
};

/// What was asked about a unit and waits for the end of the turn.
struct Reactions {
  std::deque<StateChange> state_changes;
  std::deque<UnitId> unneeded;   ///< perhaps nobody needs it (StopWhenUnneeded=)
  std::deque<UnitId> bound;      ///< perhaps what it is bound to is gone
  std::deque<UnitId> upheld;     ///< perhaps it must be started again (Upholds=)
  std::deque<UnitId> garbage;    ///< perhaps it can be unloaded
};

/// A job's place among those that can run. COMPAT: types in systemd's order, backwards; then weight, nice level and name.
struct RunPlace {
  int type = 0;
  std::uint64_t lightness = 0;
  int nice = 0;
  std::string name;
  JobId job{};
  auto operator<=>(const RunPlace&) const = default;
};

class JobStore {
 public:
  std::set<RunPlace> run_queue;
  std::uint32_t last_id = 0;
  bool blockers_stale = false;  ///< an ordering edge came between two units with jobs
  std::uint64_t installed = 0;
  std::uint64_t failed = 0;

  // Whoever gets a job for writing may change it: it counts as unsaved from then on.
  [[nodiscard]] Job* find(JobId id) {
    auto at = jobs_.find(id);
    return at == jobs_.end() ? nullptr : &mark(at->second);
  }
  [[nodiscard]] const Job* find(JobId id) const {
    auto at = jobs_.find(id);
    return at == jobs_.end() ? nullptr : &at->second.job;
  }
  /// Keeps a job, whose id must be free.
  Job& insert(Job job) {
    const JobId id = job.id;
    return mark(jobs_.emplace(id, Entry{std::move(job)}).first->second);
  }
  void erase(JobId id) {
    const auto at = jobs_.find(id);
    if (at == jobs_.end()) return;
    mark(at->second);
    jobs_.erase(at);
  }
  /// Ascending.
  [[nodiscard]] std::vector<JobId> ids() const;
  [[nodiscard]] std::size_t size() const { return jobs_.size(); }
  /// Jobs that came, were handed out for writing or went since the last call.
  [[nodiscard]] std::vector<JobId> take_unsaved();

 private:
  struct Entry {
    Job job;
    bool unsaved = false;
  };
  Job& mark(Entry& entry) {
    if (!entry.unsaved) unsaved_.push_back(entry.job.id);
    entry.unsaved = true;
    return entry.job;
  }
  std::unordered_map<JobId, Entry> jobs_;
  std::vector<JobId> unsaved_;
};

/// Reverse indexes from things of the machine to units.
struct Indexes {
  std::unordered_map<pid_t, UnitId> pids;
  std::unordered_map<std::uint64_t, UnitId> spawns;
  std::unordered_map<std::string, UnitId> cgroups;
  std::unordered_map<std::string, std::vector<UnitId>> bus_names;
  std::unordered_map<std::string, std::vector<UnitId>> mounts_for;  ///< path prefix to units with RequiresMountsFor=
  std::unordered_map<std::string, std::vector<UnitId>> sysfs;       ///< devices by sysfs path
  std::unordered_set<UnitId> mounted;                               ///< mount units in the kernel's table
  std::unordered_set<UnitId> swapped;
  std::unordered_set<UnitId> timers;                                ///< loaded timer units
};

/// What the files say now of the units that are loaded, found out beforehand, so that a reload only has to take it over.
struct Renewal {
  std::vector<UnitId> units;    ///< all that were there when it began
  std::size_t looked_at = 0;    ///< how many of them
  std::vector<bool> unchanged;  ///< by number of the unit
  std::unordered_map<UnitId, unitparser::LoadedUnit> loaded;

  [[nodiscard]] bool is_under_way() const { return !units.empty(); }
  [[nodiscard]] bool is_unchanged(UnitId id) const { return index_of(id) < unchanged.size() && unchanged[index_of(id)]; }
  /// What was found out of that unit holds no longer.
  void forget(UnitId id) {
    if (index_of(id) < unchanged.size()) unchanged[index_of(id)] = false;
    loaded.erase(id);
  }
};

struct Core {
  Core(unitparser::UnitSource& unit_source, World& the_world, EngineOptions engine_options)
      : source(unit_source), world(the_world), options(std::move(engine_options)) {}

  unitparser::UnitSource& source;
  World& world;
  EngineOptions options;
  UnitTable units;
  DependencyGraph graph;
  JobStore jobs;
  Indexes index;
  Reactions reactions;
  std::vector<UnitId> load_queue;
  std::vector<UnitId> changed_units;
  Renewal renewal;  ///< of the reload that is being prepared
  std::uint64_t last_spawn = 0;
  std::size_t failed_units = 0;
  bool jobs_were_installed = false;
  bool started = false;

  Now now;          ///< of this turn
  Effects effects;  ///< of this turn
  Cause cause;      ///< of the event in hand
  std::unordered_map<std::string, bool> populated;  ///< answers of cgroup_populated() in this turn

  /// Of the line about a unit that ended well. COMPAT: a user's manager is not that talkative.
  [[nodiscard]] int success_priority() const { return options.user_manager ? 7 : 6; }
  /// Whether a process is in the control group. Asked once in a turn, so that all of the turn sees the same.
  [[nodiscard]] bool cgroup_populated(const std::string& cgroup) {
    const auto [answer, is_new] = populated.try_emplace(cgroup, false);
    if (is_new) answer->second = world.cgroup_populated(cgroup);
    return answer->second;
  }
  /// The settings of the unit are no longer what its files say: a reload has to read them, whether or not they changed.
  void forget_files(const Unit& unit) {
    unit.files = {};
    renewal.forget(unit.id);
  }
  void emit(Effect effect) { effects.push_back(std::move(effect)); }
  /// Marks the unit for one UnitChanged at the end of the turn.
  void touch(Unit& unit) {
    if (!unit.changed) {
      unit.changed = true;
      changed_units.push_back(unit.id);
    }
  }
};

/// Emits a log line about a unit, unless its LogLevelMax= keeps it out of the log. Without a cause: that of the turn.
void log_unit(Core& core, const Unit& unit, int priority, std::string message, effect::LogFields fields = {},
              const Cause* cause = nullptr);

}  // namespace init
