// Engine: one turn at a time, an event in, effects out; owns the units, the jobs and all that is true of them. [pure]
#pragma once

#include <functional>

#include "init/engine/dependency_graph.h"
#include "init/engine/effect.h"
#include "init/engine/event.h"
#include "init/engine/unit.h"
#include "init/engine/world.h"
#include "unitparser/config/exec_config.h"
#include "unitparser/config/manager_config.h"

namespace init {

struct Core;

/// The place of one part of the engine's memory among the others; never 0.
using StateKey = std::uint64_t;
/// Takes one part; empty: there is nothing to remember under that key any more.
using SavePart = std::function<void(StateKey key, std::string_view text)>;
enum class Saving : std::uint8_t { all, changes };

/// Settings of the manager that the engine needs (systemd-system.conf(5) and the situation).
struct EngineOptions {
  bool user_manager = false;
  std::string cgroup_root;  ///< prefix of all group paths; "" for the system manager
  /// Where RuntimeDirectory= and so on are made, by DirectoryKind.
  std::array<std::string, unitparser::directory_kind_count> directories{"/run", "/var/lib", "/var/cache", "/var/log", "/etc"};
  Duration default_timeout_start = Duration::from_seconds(90);
  unitparser::OomPolicy default_oom_policy = unitparser::OomPolicy::stop;
  Duration default_timer_accuracy = Duration::from_seconds(60);
  bool service_watchdogs = true;
  unitparser::StatusUnitFormat status_unit_format = unitparser::StatusUnitFormat::combined;  ///< of units in messages
  MonotonicTime userspace_start;        ///< zero of OnStartupSec=
  bool in_container = false;
  std::vector<unitparser::UnitType> unsupported_types;  ///< the kernel lacks what they need: starting one ends with "unsupported"
  std::string unmount_program = "/bin/umount";
  std::string mount_program = "/bin/mount";
  std::string swapon_program = "/sbin/swapon";
  std::string swapoff_program = "/sbin/swapoff";
};

/// Counters for Manager's properties and progress.
struct EngineCounts {
  std::size_t names = 0;
  std::size_t units = 0;
  std::size_t jobs = 0;
  std::size_t failed_units = 0;
  std::uint64_t installed_jobs = 0;
  std::uint64_t failed_jobs = 0;
};

/// The pure heart. Not thread-safe. References stay valid until the next turn().
class Engine {
 public:
  /// `source` and `world` must outlive the engine.
  Engine(unitparser::UnitSource& source, World& world, EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Handles one event with its reactions. Jobs are only queued by it, and run by event::RunJobs.
  [[nodiscard]] Effects turn(const Event& event, const Now& now);
  /// Looks what a part of the unit files say now, in front of event::Reload, which takes all of it over at once; true: nothing is
  /// left to be looked at. The part: what costs as much as comparing `most` unchanged files. Nothing that can be seen changes.
  [[nodiscard]] bool prepare_reload(std::size_t most);
  /// Whether units are there to unload: post event::CollectGarbage, before anything else.
  [[nodiscard]] bool has_garbage() const;
  /// Whether jobs are queued: post event::RunJobs once nothing else is pending, so that who asks for several things at once
  /// has asked for all of them before the first is done.
  [[nodiscard]] bool has_jobs_to_run() const;

  // --- Looking --------------------------------------------------------------------------------------------------
  [[nodiscard]] const Unit* find(UnitId id) const;
  [[nodiscard]] const Unit* find(std::string_view name) const;  ///< by any of its names; loads nothing
  [[nodiscard]] std::vector<UnitId> units() const;              ///< all, in order of creation
  [[nodiscard]] const Job* find_job(JobId id) const;
  [[nodiscard]] std::vector<JobId> jobs() const;                ///< ascending
  [[nodiscard]] std::vector<JobId> jobs_before(const Job& job) const;  ///< those that must end before it may run
  [[nodiscard]] std::vector<JobId> jobs_after(const Job& job) const;   ///< those that wait for it
  [[nodiscard]] const DependencyGraph& graph() const;
  [[nodiscard]] UnitId unit_of_pid(pid_t pid) const;            ///< main or control process of a unit
  [[nodiscard]] UnitId unit_of_cgroup(std::string_view cgroup) const;  ///< nearest group upwards; none
  [[nodiscard]] EngineCounts counts() const;
  [[nodiscard]] std::size_t failed_units() const;
  [[nodiscard]] const EngineOptions& options() const;
  /// CPU time that the unit's group used so far, or its last one; nothing when it is not known.
  [[nodiscard]] std::optional<std::uint64_t> cpu_usage_nsec(UnitId id) const;
  /// IOAccounting=; nothing where it is off or was never on.
  [[nodiscard]] std::optional<IoTraffic> io_traffic(UnitId id) const;
  /// IPAccounting=; nothing where it is off or was never on.
  [[nodiscard]] std::optional<IpTraffic> ip_traffic(UnitId id) const;
  /// Paths whose mounts the unit needs: RequiresMountsFor= and what other settings imply.
  [[nodiscard]] std::vector<std::string> required_mounts(UnitId id) const;
  /// What made it so, in words that go on "because of …": "timer logrotate.timer",
  /// "Wants=nginx.service of multi-user.target (FILE:LINE)"; `subject` is the unit that it happened to. Empty if unknown.
  [[nodiscard]] std::string describe(const Cause& cause, UnitId subject) const;
  /// FILE:LINE, or the link, that said the dependency that it happened to `subject` by; empty for other causes.
  [[nodiscard]] std::string place_of(const Cause& cause, UnitId subject) const;

  [[nodiscard]] bool can_start(UnitId id) const;
  [[nodiscard]] bool can_stop(UnitId id) const;
  [[nodiscard]] bool can_reload(UnitId id) const;
  /// The unit that speaks for this one (Following property of devices and swaps); none.
  [[nodiscard]] UnitId following(UnitId id) const;
  /// The group that the unit's processes are or would be in.
  [[nodiscard]] std::string cgroup_path(UnitId id) const;
  /// Main process and the process of the running command; 0: none.
  [[nodiscard]] pid_t main_pid(UnitId id) const;
  [[nodiscard]] pid_t control_pid(UnitId id) const;
  /// When the unit's present state times out; infinity: never.
  [[nodiscard]] MonotonicTime deadline(UnitId id) const;

  // --- Handing over (re-execution, crash) -------------------------------------------------------------------------
  /// Everything that cannot be read from files or the machine, as text.
  [[nodiscard]] std::string snapshot() const;
  /// The same in parts: all, or those that may have changed since the last call. The latest texts of all keys, joined in the
  /// order of the keys, are the snapshot.
  void save(Saving which, const SavePart& save);
  /// All descriptors that the snapshot speaks of; they must reach the new image.
  [[nodiscard]] std::vector<int> descriptors() const;
  /// Into a fresh engine; then restore() gives the effects that arm and watch again what must be.
  [[nodiscard]] Result<Effects> restore(std::string_view snapshot, const Now& now);
  /// What a re-execution forgets, as a reload does: how each command ended, what each condition said.
  void forget_details();

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace init
