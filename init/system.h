// System: all parts of one manager, built in the order they need each other and connected. [all]
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "init/bus/bus_server.h"
#include "init/cgroup/tree.h"
#include "init/driver/automounts.h"
#include "init/driver/console_users.h"
#include "init/driver/driver.h"
#include "init/driver/effect_runner.h"
#include "init/driver/executions.h"
#include "init/driver/kernel_tables.h"
#include "init/driver/linux_world.h"
#include "init/driver/loop.h"
#include "init/driver/mount_insertions.h"
#include "init/driver/notify_socket.h"
#include "init/driver/path_watches.h"
#include "init/driver/progress.h"
#include "init/driver/readiness.h"
#include "init/driver/reload.h"
#include "init/driver/signals.h"
#include "init/driver/socket_traffic.h"
#include "init/driver/state_log.h"
#include "init/driver/service_audit.h"
#include "init/driver/stored_fds.h"
#include "init/driver/timers.h"
#include "init/driver/watchdog.h"
#include "init/engine/boot_times.h"
#include "init/engine/engine.h"
#include "init/exec/manager_environment.h"
#include "init/log/console_status.h"
#include "init/log/log_sink.h"
#include "init/os/devices.h"
#include "init/os/processes.h"
#include "init/surroundings.h"
#include "init/varlink/endpoint.h"
#include "unitparser/load/file_source.h"
#include "unitparser/load/unit_files.h"
#include "unitparser/load/unit_loader.h"

namespace init {

class SystemPort;

class System {
 public:
  System(Surroundings surroundings, LogSink& log);
  ~System();
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  /// Starts every source and the bus; the units that exist without files appear.
  [[nodiscard]] unitparser::Result<void> start();
  /// When the boot began that an earlier image of this program handed over; needed before there is a System.
  [[nodiscard]] static BootTimes handed_boot_times(std::string_view handed);
  /// Takes over what another image of this program handed over instead of booting.
  [[nodiscard]] unitparser::Result<void> take_over(std::string_view handed);
  /// Ends serving for an image that comes after this one; what commit_state() keeps now is complete.
  void leave() { bus_.leave(); }
  /// That image could not be executed: serves on.
  void stay() { bus_.stay(); }
  /// Keeps the state in `log` from now on, often enough to lose little and seldom enough to cost at most a twentieth of
  /// the processor.
  void keep_state_in(StateLog& log);
  /// Keeps everything that cannot be found out again, as it is now, for the next image; after keep_state_in().
  [[nodiscard]] unitparser::Result<void> commit_state();
  /// Posts the start of the boot's target, falling back to rescue.target when it cannot be loaded.
  void request_boot_target();
  /// Serves until an end is wanted.
  [[nodiscard]] RunEnd run() { return driver_.run(); }

  // --- For the bus ------------------------------------------------------------------------------------------------
  [[nodiscard]] const ManagerKind& kind() const { return surroundings_.kind; }
  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] LinuxWorld& world() { return world_; }
  [[nodiscard]] CgroupTree& cgroups() { return cgroups_; }
  [[nodiscard]] LogSink& log() const { return log_; }
  [[nodiscard]] StatusConsole& console() { return console_; }
  [[nodiscard]] unitparser::FileSource& files() { return *files_; }
  [[nodiscard]] unitparser::UnitFiles& unit_files() { return unit_files_; }
  [[nodiscard]] unitparser::UnitLoader& loader() { return loader_; }
  /// system.conf with what the kernel command line sets.
  [[nodiscard]] const unitparser::ManagerConfig& config() const { return surroundings_.config; }
  [[nodiscard]] const BootTimes& boot_times() const { return surroundings_.times; }
  /// The boot's jobs have all ended once.
  [[nodiscard]] bool boot_done() const { return boot_done_; }
  void reload(RequestId request) { reloads_.request(request); }
  [[nodiscard]] MountInsertions& insertions() { return insertions_; }
  void end(RunEnd end);
  /// Overrules a setting of system.conf until the machine ends; the text is read as the file's.
  void override_setting(std::string_view key, std::string_view text);
  [[nodiscard]] const DualTime& last_watchdog_ping() const { return watchdog_.last_ping(); }
  /// Prepares the hardware watchdog for the program that comes after this run, and tells what that has to know of it.
  [[nodiscard]] Duration hand_over_watchdog(Objective objective);
  void set_exit_code(std::uint8_t code) { exit_code_ = code; }
  /// What every process gets, and what conditions see.
  [[nodiscard]] std::vector<std::string> environment() const { return environment_.all(); }
  void change_environment(const std::vector<std::string>& unset, const std::vector<std::string>& set);
  /// A setting of system.conf as a property of the Manager; nothing for unknown names.
  [[nodiscard]] std::optional<unitparser::Value> setting(std::string_view property) const;

 private:
  void on_signal(const SignalRule& rule, pid_t sender, uid_t uid);
  void on_ctrl_alt_del(const SignalRule& rule, Cause cause);
  void start_special(const SignalRule& rule, Cause cause);
  void reopen_bus(Cause cause);
  void start_unit(std::string unit, JobMode mode, Cause cause);
  [[nodiscard]] bool console_is_ours() const;
  void enable_preset_units();
  void tell_others(const Effect& effect);
  void on_jobs_done();
  void stop_asking();
  void on_end_of_turns();
  void on_rest();
  void keep_state();
  [[nodiscard]] std::string own_state() const;
  [[nodiscard]] std::vector<int> descriptors() const;
  void apply_config();
  void on_environment_changed();
  unitparser::Result<void> start_bus();
  void take_line(std::string_view line);
  unitparser::Result<void> start_sources();
  void reload_config();
  [[nodiscard]] RunnerParts runner_parts();

  Surroundings surroundings_;
  LogSink& log_;
  Loop loop_;
  StatusConsole console_;
  std::unique_ptr<unitparser::FileSource> files_;
  unitparser::UnitFiles unit_files_;
  unitparser::UnitLoader loader_;
  LinuxWorld world_;
  Engine engine_;
  Post post_;
  Timers timers_;
  SocketTraffic traffic_;
  PathWatches paths_;
  StoredFds stored_fds_;
  Automounts automounts_;
  CgroupTree cgroups_;
  Processes processes_;
  Executions executions_;
  JournalLinks journal_links_;
  EffectRunner runner_;
  Driver driver_;
  Signals signals_;
  NotifySocket notify_;
  KernelTables tables_;
  ClockWatch clock_;
  Devices devices_;
  Progress progress_;
  Watchdog watchdog_;
  varlink::Endpoint varlink_;
  AuditLog audit_log_;
  ServiceAudit audit_;
  ConsoleUsers console_users_;
  Readiness readiness_;
  Reloads reloads_;
  MountInsertions insertions_;
  std::unique_ptr<SystemPort> port_;
  BusServer bus_;
  ManagerEnvironment environment_;
  bool boot_done_ = false;
  RateLimit ctrl_alt_del_;
  StateLog* state_log_ = nullptr;
  MonotonicTime next_commit_;
  bool state_changed_ = false;  ///< since it was last kept
  Source commit_timer_;
  std::uint8_t exit_code_ = 0;
};

}  // namespace init
