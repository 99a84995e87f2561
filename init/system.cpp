// Connecting the parts of a manager. [all]
#include "init/system.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "init/driver/crash.h"
#include "init/driver/upper_manager.h"
#include "init/engine/dump.h"
#include "init/engine/job_messages.h"
#include "init/os/dynamic_users.h"
#include "init/os/memory.h"
#include "init/system_port.h"
#include "unitparser/directives/manager_directives.h"
#include "unitparser/syntax/kernel_names.h"
#include "unitparser/base/text.h"
#include "unitparser/load/host_facts.h"

namespace init {
namespace {

constexpr const char* cgroup_hierarchy = "/sys/fs/cgroup";
constexpr auto boot_request = static_cast<RequestId>(UINT64_MAX);  ///< those of the bus count from 1
constexpr std::string_view hand_over_mark = "incipit-state 1";
/// Of unit files that a reload looks at before others are served: about a millisecond's work.
constexpr std::size_t units_in_a_part = 512;
/// How long a re-execution waits for answers that are under way, and for clients to read what was sent to them.
constexpr auto longest_settling = Duration::from_seconds(20);
constexpr auto longest_reading = Duration::from_seconds(1);

EngineOptions engine_options(const Surroundings& around) {
  EngineOptions options;
  options.user_manager = !around.kind.is_system();
  options.cgroup_root = around.kind.cgroup;
  options.directories = around.kind.directories;
  const unitparser::ManagerDefaults& defaults = around.config.defaults;
  options.default_timeout_start = defaults.timeout_start;
  options.default_oom_policy = defaults.oom_policy;
  options.default_timer_accuracy = defaults.timer_accuracy;
  options.status_unit_format = around.config.behaviour.status_unit_format;
  options.service_watchdogs = around.config.behaviour.service_watchdogs;
  options.in_container = !around.container.empty();
  if (::access("/dev/autofs", F_OK) != 0) options.unsupported_types.push_back(UnitType::automount);
  if (options.in_container || ::access("/proc/swaps", F_OK) != 0) options.unsupported_types.push_back(UnitType::swap);
  // COMPAT: where /sys cannot be written, in containers, there is no udev.
  struct statvfs sys{};
  if (::statvfs("/sys", &sys) != 0 || (sys.f_flag & ST_RDONLY) != 0) options.unsupported_types.push_back(UnitType::device);
  options.userspace_start = around.times.at(Milestone::userspace).monotonic;
  return options;
}

LinuxWorld::Options world_options(const Surroundings& around, std::function<bool(const std::string&)> bus_name_owned) {
  LinuxWorld::Options options;
  options.bus_name_owned = std::move(bus_name_owned);
  options.facts.kernel_command_line = around.kernel_command_line;
  options.facts.machine_id = around.machine_id;
  options.facts.boot_id = around.boot_id;
  options.facts.environment = around.environment;
  options.facts.user_manager = !around.kind.is_system();
  options.cgroup_root = cgroup_hierarchy;
  options.stamp_directory = around.kind.stamp_directory;
  return options;
}

unitparser::LoadContext load_context(const Surroundings& around) {
  return unitparser::make_load_context(around.kind.specifiers(), unitparser::read_machine_facts(), around.kind.scope, around.config.defaults);
}

SystemFacts execution_facts(const Surroundings& around) {
  SystemFacts facts;
  facts.user_manager = !around.kind.is_system();
  facts.manager_pid = ::getpid();
  facts.privileged = ::geteuid() == 0;
  facts.home = around.kind.specifiers().home;
  facts.runtime_prefix = around.kind.runtime_directory;
  facts.directory_prefixes = around.kind.directories;
  facts.notify_socket_path = around.kind.notify_socket();
  facts.cgroup_root = cgroup_hierarchy;
  facts.credential_folders = credential_folders(around.kind.credentials_directory, around.kind.encrypted_credentials_directory);
  facts.boot_id = around.boot_id;
  if (const auto& behaviour = around.config.behaviour; behaviour.confirm_spawn)
    facts.confirm_terminal = behaviour.confirm_spawn_path.empty() ? "/dev/console" : behaviour.confirm_spawn_path;
  facts.environment = around.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) facts.own_environment.emplace_back(*entry);
  if (const char* terminal = std::getenv("TERM"); terminal != nullptr) facts.terminal_type = terminal;
  return facts;
}

}  // namespace

System::System(Surroundings surroundings, LogSink& log)
    : surroundings_(std::move(surroundings)),
      log_(log),
      console_([this] { return console_is_ours(); }, kind().is_system() ? "/run/systemd/show-status" : ""),
      files_(unitparser::make_disk_file_source()),
      unit_files_(*files_, kind().unit_paths),
      loader_(*files_, unit_files_, load_context(surroundings_)),
      world_(*files_, world_options(surroundings_, [this](const std::string& name) { return bus_.bus_name_owned(name); })),
      engine_(loader_, world_, engine_options(surroundings_)),
      post_([this](Event event) { driver_.post(std::move(event)); }),
      timers_(loop_, post_),
      traffic_(loop_, post_),
      paths_(loop_, post_),
      stored_fds_(loop_, post_),
      automounts_(loop_, post_),
      cgroups_(loop_, post_, cgroup_hierarchy, kind().cgroup),
      processes_("/usr/lib/incipit/executor"),
      executions_(loop_, post_, processes_, execution_facts(surroundings_)),
      journal_links_(loop_, executions_.facts().runtime_prefix),
      runner_(runner_parts()),
      driver_(loop_, engine_, runner_),
      signals_(loop_, post_, kind().scope, [this](const SignalRule& rule, pid_t pid, uid_t uid) { on_signal(rule, pid, uid); }),
      notify_(loop_, post_),
      tables_(loop_, post_),
      clock_(loop_, post_),
      devices_(post_),
      progress_(loop_, engine_, console_),
      watchdog_(loop_, make_watchdog_device(), [this](int priority, const std::string& message) { log_.write(priority, message); }),
      varlink_(loop_, engine_, list_dynamic_users),
      audit_(engine_, [this](AuditEvent event, const std::string& unit, bool success) { audit_log_.record(event, unit, success); }),
      console_users_(engine_),
      readiness_(engine_),
      reloads_({loop_, post_, unit_files_, [this] { reload_config(); }, [this] { return engine_.prepare_reload(units_in_a_part); },
                [this](bool active) {
                  if (active) log_.write(6, "Reloading.");
                  bus_.on_reloading(active);
                },
                [this](const std::string& text) { log_.write(4, text); }, kind().generators,
                [this] { return own_environment(surroundings_); },
                [this](std::vector<std::string> environment) { return generator_environment(surroundings_, std::move(environment)); },
                [this](const std::vector<std::string>& assignments) {
                  environment_.reset_own(own_environment(surroundings_));
                  environment_.set_own(assignments);
                  on_environment_changed();
                }}),
      insertions_(loop_, [this](RequestId request, Result<void> result) {
        Result<effect::ReplyBody> body;
        if (!result) body = tl::unexpected(std::move(result.error()));
        bus_.on_effect(effect::Reply{request, std::move(body)});
      }),
      port_(std::make_unique<SystemPort>(*this)),
      bus_({engine_, post_, *port_, [this](int priority, const std::string& message) { log_.write(priority, message); }}),
      environment_(surroundings_.environment) {
  executions_.set_engine(engine_);
  journal_links_.set_engine(engine_);
  executions_.set_standard_fds([this](UnitId unit) { return bus_.standard_fds(unit); });
  executions_.set_dumps({[this](const Unit& unit) { return dump_unit(engine_, unit); }, [this] { return dump_jobs(engine_); }});
  console_.set_mode(config().behaviour.show_status);
  console_.set_colour(config().behaviour.log_color);
}

System::~System() = default;

RunnerParts System::runner_parts() {
  return RunnerParts{
      .engine = engine_,
      .post = post_,
      .timers = timers_,
      .traffic = traffic_,
      .paths = paths_,
      .stored_fds = stored_fds_,
      .automounts = automounts_,
      .executions = executions_,
      .journal_links = journal_links_,
      .cgroups = cgroups_,
      .log = log_,
      .console = console_,
      .timer_stamp_path = [this](const UnitName& timer) { return world_.stamp_path(timer); },
      .tell_bus = [this](const Effect& effect) { tell_others(effect); },
      .end_of_turns = [this] { on_end_of_turns(); },
      .end_of_round = [this] { bus_.end_round(); },
      .before_sleep = [this] { on_rest(); },
      .end_run = [this](RunEnd wanted) { end(std::move(wanted)); },
      .set_exit_code = [this](std::uint8_t code) { set_exit_code(code); },
      .reloaded = [this] { reloads_.end(); },
      .jobs_done = [this] { on_jobs_done(); },
  };
}

void System::tell_others(const Effect& effect) {
  bus_.on_effect(effect);
  if (const auto* reply = std::get_if<effect::Reply>(&effect); reply != nullptr && reply->request == boot_request && reply->result)
    if (const Unit* target = engine_.find(reply->result->unit)) log_.write(6, fmt::format("Queued start job for default target {}.", short_name(engine_.options().status_unit_format, *target)));
  if (const auto* changed = std::get_if<effect::UnitChanged>(&effect)) {
    readiness_.on_unit_changed(changed->unit);
    if (!kind().is_system()) return;
    varlink_.on_unit_changed(changed->unit);
    audit_.on_unit_changed(changed->unit);
    console_users_.on_unit_changed(changed->unit);
  }
}

unitparser::Result<void> System::start_sources() {
  TRY(signals_.start());
  TRY(processes_.open());
  TRY(cgroups_.start());
  cgroups_.set_warn([this](const std::string& message) { log_.write(4, message); });
  if (!kind().is_system()) cgroups_.set_mover(ask_to_attach);
  if (auto clock = clock_.start(); !clock) log_.write(4, clock.error().message);
  unit_files_.refresh();
  TRY(tables_.start());
  apply_config();
  if (auto served = kind().is_system() ? varlink_.start() : unitparser::Result<void>(); !served) log_.write(4, served.error().message);
  if (!surroundings_.container.empty()) return {};
  if (auto followed = devices_.start(loop_.raw()); !followed) log_.write(4, followed.error().message);
  devices_.enumerate();
  return {};
}

unitparser::Result<void> System::start() {
  BootTimes& times = surroundings_.times;
  TRY(notify_.start(kind().notify_socket()));
  if (surroundings_.first_boot) enable_preset_units();
  times.pass(Milestone::units_load_start, read_clocks());
  post_(event::Startup{});  // before what the kernel tells: those units are the manager's own, whoever names them
  TRY(start_sources());
  driver_.drain();
  const Now loaded = read_clocks();
  times.pass(Milestone::units_load_finish, loaded);
  if (kind().is_system()) times.pass(Milestone::units_load, loaded);
  return start_bus();
}

unitparser::Result<void> System::start_bus() {
  TRY(bus_.start(loop_.raw(), {kind().private_socket(), kind().bus_address, kind().bus_is_there, !kind().is_system()}));
  return {};
}

std::string System::own_state() const {
  std::string text(hand_over_mark);
  text += '\n';
  text += "notify " + std::to_string(notify_.fd()) + "\n";
  text += format_boot_times(surroundings_.times);
  if (boot_done_) text += "boot-done\n";
  if (const auto& level = log_.overriding_priority()) text += "log-level " + std::to_string(*level) + "\n";
  if (const auto& target = log_.overriding_target()) text += "log-target " + std::string(unitparser::to_name(*target)) + "\n";
  for (const std::string& entry : environment_.own()) text += "own-environment " + unitparser::escape_c(entry) + "\n";
  for (const std::string& entry : environment_.of_clients()) text += "environment " + unitparser::escape_c(entry) + "\n";
  for (const std::string& line : executions_.hand_over()) text += "execution " + line + "\n";
  for (const std::string& line : bus_.hand_over()) text += "bus " + line + "\n";
  for (const std::string& line : varlink_.hand_over()) text += "varlink " + line + "\n";
  for (const Automounts::Handed& mount : automounts_.hand_over())
    if (const Unit* unit = engine_.find(mount.unit))
      text += "automount " + unit->name.text() + " " + std::to_string(mount.pipe) + " " + std::to_string(mount.control) +
              " " + unitparser::escape_c(mount.where) + "\n";
  for (const std::string& directive : cgroups_.warned_missing()) text += "without-controller " + directive + "\n";
  text += "engine\n";
  return text;
}

std::vector<int> System::descriptors() const {
  std::vector<int> fds = engine_.descriptors();
  for (const std::vector<int>& held : {executions_.descriptors(), bus_.descriptors(), varlink_.descriptors()})
    fds.insert(fds.end(), held.begin(), held.end());
  for (const Automounts::Handed& mount : automounts_.hand_over()) fds.insert(fds.end(), {mount.pipe, mount.control});
  fds.push_back(notify_.fd());
  return fds;
}

bool System::console_is_ours() const {
  if (!kind().is_system() || (console_users_.any() && executions_.idle_gave_up())) return false;
  if (!boot_done_) return true;
  const Unit* shutdown = engine_.find("shutdown.target");
  return shutdown != nullptr && (!is_inactive_or_failed(shutdown->active_state()) || engine_.find_job(shutdown->job) != nullptr);
}

void System::enable_preset_units() {
  // As systemd built for Debian does: what presets disable stays as the administrator or the image made it.
  const auto done = port_->change_unit_files({.verb = bus::UnitFileVerb::preset_all, .names = {}, .target = {}, .preset_mode = "enable-only"});
  if (done) log_.write(6, "First boot: unit files are enabled as the presets say.");
  else log_.write(4, "First boot: failed to enable unit files as the presets say: " + done.error().message);
}

BootTimes System::handed_boot_times(std::string_view handed) {
  BootTimes times;
  for (std::string_view line : unitparser::split_at(handed.substr(0, handed.find("\nengine\n")), '\n')) take_boot_time(line, times);
  return times;
}

unitparser::Result<void> System::take_over(std::string_view handed) {
  const std::size_t engine_at = handed.find("\nengine\n");
  if (!handed.starts_with(hand_over_mark) || engine_at == std::string_view::npos)
    return fail(ErrorCode::protocol, "the state that was handed over is not ours");
  const auto lines = unitparser::split_at(handed.substr(0, engine_at), '\n');
  unit_files_.refresh();
  Effects effects = TRY(engine_.restore(handed.substr(engine_at + 8), read_clocks()));
  engine_.forget_details();
  environment_ = {};
  for (std::string_view line : lines) take_line(line);
  on_environment_changed();
  if (notify_.fd() < 0) TRY(notify_.start(kind().notify_socket()));
  TRY(start_sources());
  audit_.adopt();
  journal_links_.adopt();
  for (const UnitId id : engine_.units()) console_users_.on_unit_changed(id);
  runner_.run(std::move(effects));
  // Whoever exited while there was no manager is still waiting to be reaped.
  signals_.reap_children();
  driver_.drain();
  if (boot_done_) readiness_.on_jobs_done();
  return start_bus();
}

void System::take_line(std::string_view line) {
  const auto words = unitparser::split_whitespace(line);
  const auto rest = [&](std::string_view key) { return unitparser::after_prefix(line, key); };
  if (const auto fd = rest("notify ")) {
    if (const auto number = unitparser::parse_signed(*fd); number && *number >= 0 && notify_.fd() < 0)
      (void)notify_.take_over(static_cast<int>(*number));
  } else if (line == "boot-done") {
    boot_done_ = true;
    stop_asking();
    cgroups_.amounts().starting = false;
    executions_.release_idle();
  } else if (const auto level = rest("log-level ")) {
    if (const auto number = unitparser::parse_unsigned(*level, 7)) log_.override_max_priority(static_cast<int>(*number));
  } else if (const auto target = rest("log-target ")) {
    if (const auto known = unitparser::from_name<LogTarget>(*target)) log_.override_target(known);
  } else if (const auto entry = rest("environment ")) {
    if (const auto text = unitparser::unescape_c(*entry)) environment_.change({}, {*text});
  } else if (const auto own = rest("own-environment ")) {
    if (const auto text = unitparser::unescape_c(*own)) environment_.set_own({*text});
  } else if (const auto execution = rest("execution ")) {
    executions_.take_over(std::string(*execution));
  } else if (const auto of_bus = rest("bus ")) {
    bus_.take_over(*of_bus);
  } else if (const auto of_varlink = rest("varlink ")) {
    varlink_.take_over(*of_varlink);
  } else if (const auto directive = rest("without-controller ")) {
    cgroups_.warned_missing().emplace(*directive);
  } else if (words.size() == 5 && words[0] == "automount") {
    const Unit* unit = engine_.find(words[1]);
    const auto where = unitparser::unescape_c(words[4]);
    if (unit != nullptr && where)
      automounts_.take_over({unit->id, static_cast<int>(unitparser::parse_signed(words[2]).value_or(-1)),
                             static_cast<int>(unitparser::parse_signed(words[3]).value_or(-1)), *where});
  }
}

void System::keep_state_in(StateLog& log) {
  state_log_ = &log;
  keep_state();
}

unitparser::Result<void> System::commit_state() {
  constexpr StateKey own_key = 0;  // before the engine's
  const Saving which = state_log_->starts_anew() ? Saving::all : Saving::changes;
  state_log_->put(own_key, own_state());
  engine_.save(which, [this](StateKey key, std::string_view text) { state_log_->put(key, text); });
  return state_log_->commit(descriptors());
}

void System::on_end_of_turns() {
  // Who is asked about each process (ConfirmSpawn=) can do without a line that moves.
  if (engine_.counts().jobs > 0 && !executions_.asks_before()) progress_.wake();
  state_changed_ = true;
  constexpr auto longest_unkept = Duration::from_msec(20);  // while one thing follows the other
  if (state_log_ != nullptr && read_clocks().monotonic >= next_commit_ + longest_unkept) keep_state();
}

void System::on_rest() {
  bus_.send_out();
  // After the answers: nobody waits for it.
  if (!state_changed_ || state_log_ == nullptr || commit_timer_) return;
  if (read_clocks().monotonic >= next_commit_) return keep_state();
  auto timer = loop_.at(CLOCK_MONOTONIC, next_commit_.usec(), Duration::from_msec(1), Priority::idle, [this] { keep_state(); });
  if (timer) commit_timer_ = std::move(*timer);
}

void System::keep_state() {
  commit_timer_.reset();
  state_changed_ = false;
  const MonotonicTime begin = read_clocks().monotonic;
  if (auto kept = commit_state(); !kept) log_.write(3, kept.error().message);
  const MonotonicTime end = read_clocks().monotonic;
  constexpr std::uint64_t rest_per_cost = 19;
  constexpr std::uint64_t least_rest = 20'000;  // what changes again within it, as units do at boot, is written once
  next_commit_ = end + Duration::from_usec(std::max((end - begin).usec() * rest_per_cost, least_rest));
}

void System::end(RunEnd end) {
  if (end.objective == Objective::exit && end.exit_code == 0) end.exit_code = exit_code_;
  if (end.objective != Objective::reexecute) return driver_.end(std::move(end));
  reloads_.run_generators();  // COMPAT: with a re-execution too
  // Nobody who waits for an answer shall lose it: the next image knows nothing of the questions.
  const auto settled = [this, patient_until = read_clocks().monotonic + longest_reading] {
    using SlowReaders = BusServer::SlowReaders;
    const auto slow = read_clocks().monotonic < patient_until ? SlowReaders::waited_for : SlowReaders::left_behind;
    return !reloads_.active() && bus_.settled(slow);
  };
  driver_.end_when(std::move(end), settled, longest_settling);
}

void System::change_environment(const std::vector<std::string>& unset, const std::vector<std::string>& set) {
  environment_.change(unset, set);
  on_environment_changed();
}

void System::on_environment_changed() {
  executions_.facts().environment = environment();
  world_.facts().environment = environment();
}

std::optional<unitparser::Value> System::setting(std::string_view property) const {
  return unitparser::manager_bus_value(surroundings_.config, loader_.context().machine, property);
}

void System::reload_config() {
  port_->forget_unit_files();
  surroundings_.times.pass(Milestone::units_load, read_clocks());
  const unitparser::LoadContext& old = loader_.context();
  auto loaded = unitparser::load_manager_config(*files_, kind().scope, old.specifiers, old.machine,
                                                command_line_settings(surroundings_));
  surroundings_.config = std::move(loaded.config);
  take_up_log_settings(config().behaviour, log_);
  log_findings(loaded.diagnostics, log_);
  if (boot_done_) stop_asking();
  loader_.set_context(load_context(surroundings_));
  apply_config();
}

void System::apply_config() {
  const unitparser::ManagerBehaviour& behaviour = config().behaviour;
  set_crash_settings({behaviour.dump_core, kind().is_system(), behaviour.crash_shell, behaviour.crash_reboot, behaviour.crash_change_vt});
  if (!kind().is_system()) return;
  watchdog_.apply({behaviour.watchdog_device, behaviour.runtime_watchdog, behaviour.runtime_watchdog_pre,
                   behaviour.runtime_watchdog_pre_governor});
}

void System::override_setting(std::string_view key, std::string_view text) {
  replace_setting(surroundings_.options, key, text);
  reload_config();
}

Duration System::hand_over_watchdog(Objective objective) {
  Duration timeout;
  if (objective == Objective::reexecute || objective == Objective::switch_root) timeout = Duration::infinity();
  if (objective == Objective::reboot) timeout = config().behaviour.reboot_watchdog;
  if (objective == Objective::kexec) timeout = config().behaviour.kexec_watchdog;
  watchdog_.hand_over(timeout);
  return timeout;
}

/// COMPAT: what ConfirmSpawn= asks about is the boot.
void System::stop_asking() {
  executions_.facts().confirm_terminal.clear();
  surroundings_.config.behaviour.confirm_spawn = false;
}

void System::on_jobs_done() {
  executions_.release_idle();
  if (boot_done_) return;
  readiness_.on_jobs_done();
  boot_done_ = true;
  console_.calm_down();
  stop_asking();
  cgroups_.amounts().starting = false;
  const Now now = read_clocks();
  surroundings_.times.pass(Milestone::finish, now);
  const MonotonicTime userspace_start = surroundings_.times.at(Milestone::userspace).monotonic;
  StartupTimes times;
  times.kernel = userspace_start.usec();
  times.userspace = (now.monotonic - userspace_start).usec();
  times.total = now.monotonic.usec();
  if (!surroundings_.container.empty() || !kind().is_system()) times.kernel = 0, times.total = times.userspace;
  const auto text = [](std::uint64_t usec) { return unitparser::format_duration(Duration::from_usec(usec), Duration::from_msec(1)); };
  LogRecord record{6, "Startup finished in ", {}};
  if (times.kernel > 0) {
    record.message += text(times.kernel) + " (kernel) + " + text(times.userspace) + " (userspace) = " + text(times.total) + ".";
    record.fields.emplace_back("MESSAGE_ID", "b07a249cd024414a82dd00cd181378ff");
    record.fields.emplace_back("KERNEL_USEC", std::to_string(times.kernel));
  } else {  // COMPAT: in a container there is one stage, and a message of its own
    record.message += text(times.total) + ".";
    record.fields.emplace_back("MESSAGE_ID", "eed00a68ffd84e31882105fd973abdd1");
  }
  record.fields.emplace_back("USERSPACE_USEC", std::to_string(times.userspace));
  log_.write(std::move(record));
  bus_.on_startup_finished(times);
  give_back_memory();
}

void System::start_unit(std::string unit, JobMode mode, Cause cause) {
  event::RequestJob request;
  request.unit = std::move(unit);
  request.mode = mode;
  request.manual = false;
  request.cause = std::move(cause);
  post_(std::move(request));
}

void System::request_boot_target() {
  event::RequestJob request;
  request.request = boot_request;
  request.unit = surroundings_.options.unit.empty() ? "default.target" : surroundings_.options.unit;
  request.mode = JobMode::isolate;
  request.manual = false;
  request.cause = Cause::of(CauseKind::boot);
  post_(std::move(request));
}

void System::on_ctrl_alt_del(const SignalRule& rule, Cause cause) {
  constexpr std::uint32_t burst = 7;
  constexpr auto interval = Duration::from_seconds(2);
  if (ctrl_alt_del_.admit(read_clocks().monotonic, interval, burst))
    return start_special(rule, std::move(cause));
  runner_.run({effect::Emergency{config().behaviour.ctrl_alt_del_burst_action, UnitId::none,
                                 "Ctrl-Alt-Del was pressed more than 7 times within 2s", {}, std::nullopt}});
}

void System::start_special(const SignalRule& rule, Cause cause) {
  log_.write(6, "Activating special unit " + std::string(rule.unit) + "...");
  start_unit(std::string(rule.unit), rule.mode, std::move(cause));
}

void System::reopen_bus(Cause cause) {
  const Unit* daemon = engine_.find("dbus.service");
  if (daemon == nullptr || daemon->active_state() != ActiveState::active)
    return start_special({SIGUSR1, SignalAction::start_unit, "dbus.service", JobMode::replace}, std::move(cause));
  log_.write(6, "Trying to reconnect to bus...");
  bus_.reconnect();
}

/// "TERM", "RTMIN+3".
static std::string signal_name(int signal) {
  const char* usual = ::sigabbrev_np(signal);
  return usual != nullptr ? std::string(usual) : "RTMIN+" + std::to_string(signal - SIGRTMIN);
}

void System::on_signal(const SignalRule& rule, pid_t sender, uid_t uid) {
  Cause cause = Cause::of(CauseKind::signal, UnitId::none, signal_name(rule.signal));
  const bool is_usual = rule.signal == SIGTERM && !kind().is_system();  // how PID 1 ends us
  std::string received = "Received SIG" + signal_name(rule.signal);
  if (sender > 0) received += " from PID " + std::to_string(sender) + " (" + world_.process_name(sender) + ")";
  log_.write(is_usual ? 7 : 6, received + ".");
  cause.pid = sender;
  cause.uid = uid;
  switch (rule.action) {
    case SignalAction::start_unit: start_special(rule, std::move(cause)); break;
    case SignalAction::reexecute: end({.objective = Objective::reexecute}); break;
    case SignalAction::reload: reloads_.request(RequestId{}); break;
    case SignalAction::dump: log_.write(6, engine_.snapshot()); break;
    case SignalAction::reopen_bus: reopen_bus(std::move(cause)); break;
    case SignalAction::show_status_on: console_.set_mode(ShowStatus::yes); break;
    case SignalAction::show_status_off: console_.set_mode(ShowStatus::no); break;
    case SignalAction::log_debug: log_.override_max_priority(7); log_.write(6, "Setting log level to debug."); break;
    case SignalAction::log_usual_level:
      log_.override_max_priority(std::nullopt);
      log_.write(6, "Restoring log level to original (" + std::string(unitparser::name_of(unitparser::syslog_levels(), log_.max_priority())) + ").");
      break;
    case SignalAction::log_console: log_.override_target(LogTarget::console); break;
    case SignalAction::log_usual_target: log_.override_target(std::nullopt); break;
    case SignalAction::log_kmsg: log_.override_target(LogTarget::kmsg); break;
    case SignalAction::exit_now: end({.objective = Objective::exit}); break;
    case SignalAction::halt_now: driver_.end({.objective = Objective::halt}); break;
    case SignalAction::poweroff_now: driver_.end({.objective = Objective::poweroff}); break;
    case SignalAction::reboot_now: driver_.end({.objective = Objective::reboot}); break;
    case SignalAction::kexec_now: driver_.end({.objective = Objective::kexec}); break;
    case SignalAction::nothing: break;
    case SignalAction::ctrl_alt_del: on_ctrl_alt_del(rule, std::move(cause)); break;
  }
}

}  // namespace init
