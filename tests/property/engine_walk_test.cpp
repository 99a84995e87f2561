// Random graphs, random events, random faults: whatever happens, the engine's promises hold after every turn.
//
// The invariants are listed in docs/testing.md.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "init/engine/jobs.h"
#include "tests/property/walk_options.h"
#include "tests/sim/sim.h"

namespace {

using namespace init;  // NOLINT

struct Walk : Random {
  explicit Walk(std::uint64_t seed) : Random(seed), machine(seed) {}

  sim::SimMachine machine;
  std::vector<std::string> names;
  std::set<std::uint32_t> open_jobs;
  std::size_t seen_effects = 0;
  std::string history;
  const Engine* saved_engine = nullptr;      ///< whose parts are saved: a re-execution begins another one
  std::map<StateKey, std::string> saved;
};

const char* pick(Walk& w, std::initializer_list<const char*> list) { return *(list.begin() + w.draw(list.size())); }

void make_units(Walk& w) {
  const std::size_t count = 3 + w.draw(8);
  for (std::size_t i = 0; i < count; ++i) {
    static const char* suffixes[] = {"service", "service", "service", "target", "socket", "timer", "path", "mount"};
    w.names.push_back(fmt::format("u{}.{}", i, suffixes[w.draw(8)]));
  }
  for (const std::string& name : w.names) {
    std::string text = "[Unit]\n";
    if (w.chance(80)) text += "DefaultDependencies=no\n";
    const std::size_t edges = w.draw(4);
    for (std::size_t e = 0; e < edges; ++e)
      text += fmt::format("{}={}\n", pick(w, {"Requires", "Wants", "Requisite", "BindsTo", "PartOf", "Upholds", "Conflicts", "Before", "After", "After", "OnFailure", "OnSuccess", "PropagatesReloadTo", "PropagatesStopTo"}),
                          w.names[w.draw(w.names.size())]);
    if (w.chance(10)) text += "StopWhenUnneeded=yes\n";
    if (w.chance(10)) text += "ConditionPathExists=/c\n";
    if (w.chance(10)) text += "JobTimeoutSec=20\n";
    if (w.chance(10)) text += "AllowIsolate=yes\n";
    if (w.chance(10)) text += "CollectMode=inactive-or-failed\n";
    if (name.ends_with(".service")) {
      text += "[Service]\n";
      const std::string type = pick(w, {"simple", "exec", "oneshot", "forking", "notify", "idle"});
      text += "Type=" + type + "\n";
      text += fmt::format("ExecStart={}\n", pick(w, {"/bin/run", "/bin/true", "/bin/false", "/bin/stubborn", "/bin/daemon", "/bin/slow"}));
      if (w.chance(20)) text += "ExecStartPre=/bin/true\n";
      if (w.chance(10)) text += "ExecCondition=/bin/false\n";
      if (w.chance(20)) text += "ExecStartPost=/bin/true\n";
      if (w.chance(20)) text += "ExecStop=/bin/slow\n";
      if (w.chance(20)) text += "ExecStopPost=/bin/true\n";
      if (w.chance(20)) text += "ExecReload=/bin/true\n";
      if (w.chance(20)) text += "RemainAfterExit=yes\n";
      if (type != "oneshot" && w.chance(30)) text += fmt::format("Restart={}\nRestartSec=2\n", pick(w, {"always", "on-failure", "on-success", "on-abnormal"}));
      text += "TimeoutStartSec=15\nTimeoutStopSec=5\n";
      if (w.chance(10)) text += "KillMode=process\n";
      if (w.chance(10)) text += "SendSIGKILL=no\n";
      if (w.chance(10)) text += "WatchdogSec=7\n";
    } else if (name.ends_with(".socket")) {
      text += "[Socket]\nListenStream=/run/x\n";
      if (w.chance(20)) text += "ExecStartPre=/bin/true\n";
      if (w.chance(20)) text += "ExecStopPost=/bin/slow\n";
    } else if (name.ends_with(".timer")) {
      text += fmt::format("[Timer]\nOnActiveSec=5\nOnUnitInactiveSec=9\nUnit={}\n", w.names[w.draw(w.names.size())]);
    } else if (name.ends_with(".path")) {
      text += fmt::format("[Path]\nPathExists=/watched\nUnit={}\n", w.names[w.draw(w.names.size())]);
    } else if (name.ends_with(".mount")) {
      text += fmt::format("[Mount]\nWhat=none\nWhere=/{}\n", name.substr(0, name.size() - 6));
    }
    w.history += "--- " + name + "\n" + text;
    w.machine.source.set(name, text);
  }
  w.history += "--- what happened\n";
  w.machine.programs["/bin/slow"].exits_after_usec = 3'000'000;
}

void act(Walk& w) {
  const std::string& name = w.names[w.draw(w.names.size())];
  const std::uint64_t what = w.draw(100);
  sim::SimMachine& m = w.machine;
  if (what < 45) {
    const auto type = static_cast<JobType>(w.draw(job_type_count));
    const auto mode = static_cast<JobMode>(w.draw(8));
    w.history += fmt::format("{} {} {}\n", unitparser::to_name(type), name, unitparser::to_name(mode));
    m.request(name, type, mode);
  } else if (what < 60) {
    w.history += "time passes\n";
    m.advance(w.draw(8'000'000));
  } else if (what < 75) {
    std::vector<pid_t> living;
    for (const auto& [pid, process] : m.processes)
      if (process.alive) living.push_back(pid);
    if (living.empty()) return;
    const pid_t pid = living[w.draw(living.size())];
    w.history += fmt::format("process of {} ends\n", m.processes[pid].unit_name);
    m.end_process(pid, w.chance(60) ? 1 : 2, static_cast<int>(w.draw(3)));
    m.settle();
  } else if (what < 82) {
    const pid_t pid = m.main_pid(name);
    if (pid <= 0) return;
    w.history += fmt::format("{} notifies\n", name);
    m.notify(pid, {{pick(w, {"READY", "STOPPING", "RELOADING", "WATCHDOG"}), "1"}});
  } else if (what < 85) {
    w.history += "reload\n";
    m.post(event::Reload{});
  } else if (what < 88) {
    w.history += "reexec\n";
    m.reexec();
  } else if (what < 90) {
    w.history += fmt::format("reset-failed {}\n", name);
    m.post(event::ResetFailed{RequestId::none, w.chance(50) ? "" : name});
  } else if (what < 93) {
    w.history += fmt::format("connect {}\n", name);
    if (name.ends_with(".socket")) m.connect(name);
  } else if (what < 96) {
    w.history += "a file comes or goes\n";
    if (!m.files.erase("/watched")) m.files["/watched"] = "";
    for (const std::string& each : w.names)
      if (const Unit* unit = m.unit(each); unit != nullptr && unit->type() == UnitType::path)
        m.post(event::PathChanged{{unit->id, 0}, true});
  } else if (what < 98) {
    w.history += "cancel all jobs\n";
    m.post(event::CancelJob{});
  } else {
    w.history += "a mount goes\n";
    m.unmount("/" + name.substr(0, 2));
  }
}

/// Whether something will move the unit on by itself.
bool will_move(Walk& w, const Unit& unit) {
  if (unit.job != JobId::none) return true;
  if (w.machine.engine().deadline(unit.id) != MonotonicTime::infinity()) return true;
  if (w.machine.engine().main_pid(unit.id) > 0 || w.machine.engine().control_pid(unit.id) > 0) return true;
  return false;
}

std::string check(Walk& w) {
  Engine& engine = w.machine.engine();
  if (w.machine.restless()) {
    const auto& trace = w.machine.trace();
    const std::size_t shown = std::min<std::size_t>(trace.size(), 40);
    return fmt::format("does not come to rest:\n{}", fmt::join(trace.end() - static_cast<std::ptrdiff_t>(shown), trace.end(), "\n"));
  }
  std::map<UnitId, int> jobs;
  for (JobId id : engine.jobs()) {
    const Job* job = engine.find_job(id);
    const Unit* unit = engine.find(job->unit);
    if (unit == nullptr) return "a job of a unit that is gone";
    if ((job->type == JobType::nop ? unit->nop_job : unit->job) != id) return "a job that its unit does not know";
    if (job->type != JobType::nop && ++jobs[job->unit] > 1) return "two jobs of one unit";
  }
  for (const auto& effect : w.machine.effects()) {
    if (const auto* fresh = std::get_if<effect::JobNew>(&effect))
      if (!w.open_jobs.insert(static_cast<std::uint32_t>(fresh->job)).second) return "a job began twice";
    if (const auto* gone = std::get_if<effect::JobRemoved>(&effect))
      if (w.open_jobs.erase(static_cast<std::uint32_t>(gone->job)) != 1) return "a job ended twice";
  }
  w.machine.forget_effects();
  std::set<std::uint32_t> there;
  for (JobId id : engine.jobs()) there.insert(static_cast<std::uint32_t>(id));
  if (w.open_jobs != there)
    return fmt::format("jobs announced ({}) and jobs there ({}) differ", fmt::join(w.open_jobs, " "), fmt::join(there, " "));
  for (UnitId id : engine.units()) {
    const Unit& unit = *engine.find(id);
    for (const Edge& edge : engine.graph().edges(id)) {
      const Edge* far = engine.graph().find(edge.other, unitparser::inverse_of(edge.kind), id);
      if (engine.find(edge.other) == nullptr || far == nullptr) return "an edge with one end: " + unit.name.text();
      if (edge.said() != far->heard() || edge.heard() != far->said() || (edge.said().empty() && edge.heard().empty()))
        return "an edge whose ends do not agree who said it: " + unit.name.text();
    }
    const ActiveState state = unit.active_state();
    const bool between = state == ActiveState::activating || state == ActiveState::deactivating ||
                         state == ActiveState::reloading || state == ActiveState::maintenance;
    if (between && unit.type() != UnitType::device && !will_move(w, unit))
      return fmt::format("{} hangs in {}", unit.name.text(), sub_state(unit));
  }
  for (const auto& [pid, process] : w.machine.processes) {
    if (!process.alive) continue;
    const Unit* unit = engine.find(process.unit_name);
    if (unit == nullptr) return fmt::format("a process of {}, which is gone", process.unit_name);
    if (unit->runtime->cgroup.empty()) return fmt::format("a process of {}, which has no group", process.unit_name);
  }
  return {};
}

/// Keeps what changed as the state log does: joined, the parts are the snapshot after every event.
std::string check_saved_parts(Walk& w) {
  Engine& engine = w.machine.engine();
  const Saving which = std::exchange(w.saved_engine, &engine) == &engine ? Saving::changes : Saving::all;
  if (which == Saving::all) w.saved.clear();
  engine.save(which, [&w](StateKey key, std::string_view text) { w.saved[key] = text; });
  std::string joined;
  for (const auto& [key, text] : w.saved) joined += text;
  if (const std::string whole = engine.snapshot(); joined != whole)
    return fmt::format("the saved parts are not the snapshot; saved:\n{}\nsnapshot:\n{}", joined, whole);
  return {};
}

std::string check_snapshot(Walk& w) {
  const std::string before = w.machine.engine().snapshot();
  Engine copy(w.machine.source, w.machine, {});
  auto effects = copy.restore(before, w.machine.now());
  if (!effects) return "the snapshot cannot be read: " + effects.error().message;
  for (JobId id : w.machine.engine().jobs())
    if (const Job* job = w.machine.engine().find_job(id); copy.find_job(id) == nullptr) {
      const Unit& unit = *w.machine.engine().find(job->unit);
      return fmt::format("the {} {} job of {}, which {} others held up, was forgotten, in {}", unitparser::to_name(job->state),
                         unitparser::to_name(job->type), unit.name.text(), job->blockers, sub_state(unit));
    }
  for (UnitId id : w.machine.engine().units()) {
    const Unit& unit = *w.machine.engine().find(id);
    const Unit* other = copy.find(unit.name.text());
    if (unit.active_state() == ActiveState::inactive) continue;
    if (other == nullptr) return "forgot " + unit.name.text();
    if (other->active_state() != unit.active_state() || sub_state(*other) != sub_state(unit))
      return "another state of " + unit.name.text();
    if (copy.main_pid(other->id) != w.machine.engine().main_pid(id)) return "another main process of " + unit.name.text();
  }
  return {};
}

/// One whole walk; returns the first promise that was broken.
std::string walk(Walk& w, bool with_snapshot) {
  make_units(w);
  if (w.chance(30)) w.machine.faults = {10, 10, 10};
  w.machine.post(event::Startup{});
  const std::size_t steps = 5 + w.draw(25);
  for (std::size_t s = 0; s < steps; ++s) {
    act(w);
    if (std::string problem = check(w); !problem.empty()) return problem;
    if (with_snapshot)
      if (std::string problem = check_saved_parts(w); !problem.empty()) return problem;
  }
  if (with_snapshot)
    if (std::string problem = check_snapshot(w); !problem.empty()) return problem;
  w.history += "left alone\n";
  w.machine.faults = {};
  w.machine.advance(60'000'000);
  return check(w);
}

}  // namespace

TEST(EngineWalk, keeps_its_promises) {
  const auto [seed, sequences] = walk_options(800);
  for (std::uint64_t i = 0; i < sequences; ++i) {
    Walk w(seed + i);
    try {
      const std::string problem = walk(w, i % 16 == 0);
      ASSERT_EQ(problem, "") << "seed " << seed + i << ":\n" << w.history;
    } catch (const std::exception& e) {
      FAIL() << e.what() << ", seed " << seed + i << ":\n" << w.history;
    }
  }
}
