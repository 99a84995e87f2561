// Methods of org.freedesktop.systemd1.Manager besides unit files and transient units. [bus]
#include <fnmatch.h>

#include <algorithm>
#include <csignal>

#include "init/bus/request.h"
#include "init/engine/dump.h"
#include "unitparser/base/encoding.h"
#include "unitparser/base/text.h"
#include "unitparser/base/wire.h"
#include "unitparser/directives/codec_process.h"

namespace init::bus {
namespace {

using namespace unitparser;

// --- Finding units -----------------------------------------------------------------------------------------------


Answer path_answer(const Unit& unit) { return {ObjectPath{unit_path(unit.name.text())}}; }


Outcome get_unit(Request& r) {
  return path_answer(*r.engine.find(r.text(0)));
}

Outcome load_unit(Request& r) {
  return Posted{event::LoadUnit{r.id, r.text(0)}, ReplyShape::unit_path};
}

Outcome unit_by_pid(Request& r, std::uint32_t number) {
  const auto pid = number == 0 ? r.caller.pid : static_cast<pid_t>(number);
  if (pid < 0) return invalid_arguments("Invalid PID " + std::to_string(pid));
  const Unit* unit = unit_of_process(r.engine, r.manager, pid);
  if (unit == nullptr) return BusFailure{"org.freedesktop.systemd1.NoUnitForPID", "PID " + std::to_string(pid) + " does not belong to any loaded unit."};
  return path_answer(*unit);
}
Outcome get_unit_by_pid(Request& r) { return unit_by_pid(r, r.argument<std::uint32_t>(0)); }

Outcome get_unit_by_cgroup(Request& r) {
  const auto& cgroup = r.text(0);
  if (!cgroup.starts_with('/')) return invalid_arguments("Control group path is not absolute: " + cgroup);
  const Unit* unit = r.engine.find(r.engine.unit_of_cgroup(cgroup));
  if (unit == nullptr) return BusFailure{"org.freedesktop.systemd1.NoSuchUnit", "Control group '" + cgroup + "' is not valid or not managed by this instance"};
  return path_answer(*unit);
}

Outcome get_unit_by_invocation(Request& r) {
  const auto& bytes = r.argument<Bytes>(0).data;
  constexpr std::size_t id_size = 16;
  if (bytes.size() != id_size && !bytes.empty()) return invalid_arguments("Invalid invocation ID");
  if (bytes.empty()) {
    if (const Unit* own = unit_of_process(r.engine, r.manager, r.caller.pid)) return path_answer(*own);
    return BusFailure{"org.freedesktop.systemd1.NoSuchUnit", "Client " + std::to_string(r.caller.pid) + " not member of any unit."};
  }
  const std::string text = encode_hex(bytes);
  if (const Unit* unit = unit_of_invocation(r.engine, text)) return path_answer(*unit);
  return BusFailure{"org.freedesktop.systemd1.NoUnitForInvocationID", "No unit with the specified invocation ID " + text + " known."};
}

// --- Lists -------------------------------------------------------------------------------------------------------

/// Rows of a list of units, written straight: there may be many.
class UnitRows {
 public:
  explicit UnitRows(const Engine& engine) : engine_(engine) {}
  void add(const Unit& unit) { units_.push_back(&unit); }
  [[nodiscard]] Written answer() const {
    Written written{"a(ssssssouso)", {}, false};
    WireWriter writer(written.body);
    writer.array(8, [&] {
      for (const Unit* unit : units_) put(writer, *unit);
    });
    written.ok = writer.ok();
    return written;
  }

 private:
  void put(WireWriter& writer, const Unit& unit) const {
    const Unit* leader = engine_.find(engine_.following(unit.id));
    const Job* job = engine_.find_job(unit.job);
    writer.align(8);
    for (const std::string_view text : {std::string_view(unit.name.text()), std::string_view(unit.description()), to_name(unit.origin.load_state),
                                        to_name(unit.runtime->active_state), std::string_view(sub_state(unit)),
                                        leader == nullptr ? std::string_view() : std::string_view(leader->name.text())})
      writer.string(text);
    writer.string(unit_path(unit.name.text()));
    writer.number(static_cast<std::uint32_t>(unit.job));
    writer.string(job == nullptr ? std::string_view() : to_name(job->type));
    writer.string(job == nullptr ? "/" : job_path(job->id));
  }
  const Engine& engine_;
  std::vector<const Unit*> units_;
};

bool in_states(const Unit& unit, const std::vector<std::string>& states) {
  if (states.empty()) return true;
  const auto is = [&](std::string_view word) { return std::find(states.begin(), states.end(), word) != states.end(); };
  return is(to_name(unit.origin.load_state)) || is(sub_state(unit)) || is(to_name(unit.runtime->active_state));
}

bool matches(const Unit& unit, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return true;
  const auto fits = [&](const UnitName& name) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return fnmatch(p.c_str(), name.text().c_str(), FNM_NOESCAPE) == 0; });
  };
  return fits(unit.name) || std::any_of(unit.aliases->begin(), unit.aliases->end(), fits);
}

/// What is known of the units that fit.
std::string dump_units(const Engine& engine, const std::vector<std::string>& patterns) {
  std::string text;
  for (const auto id : engine.units())
    if (const Unit* unit = engine.find(id); unit != nullptr && matches(*unit, patterns)) text += dump_unit(engine, *unit);
  return text;
}

Outcome list_units_where(Request& r, const std::vector<std::string>& states, const std::vector<std::string>& patterns) {
  UnitRows rows(r.engine);
  for (const auto id : r.engine.units()) {
    const Unit* unit = r.engine.find(id);
    if (unit != nullptr && in_states(*unit, states) && matches(*unit, patterns)) rows.add(*unit);
  }
  return rows.answer();
}
Outcome list_units(Request& r) { return list_units_where(r, {}, {}); }
Outcome list_units_filtered(Request& r) { return list_units_where(r, r.texts(0), {}); }
Outcome list_units_by_patterns(Request& r) { return list_units_where(r, r.texts(0), r.texts(1)); }

Outcome list_units_by_names(Request& r) {
  UnitRows rows(r.engine);
  for (const auto& name : r.texts(0)) {
    if (!UnitName::is_valid(name)) continue;
    const Unit* unit = r.engine.find(name);
    if (unit == nullptr && !r.unit_was_loaded) return NeedsUnit{name};
    if (unit != nullptr) rows.add(*unit);
  }
  return rows.answer();
}

Outcome list_jobs(Request& r) { return Answer{list_of_jobs(r.engine, r.engine.jobs())}; }

// --- Jobs --------------------------------------------------------------------------------------------------------

Outcome get_job(Request& r) {
  const auto id = r.argument<std::uint32_t>(0);
  const Job* job = r.engine.find_job(JobId{id});
  if (job == nullptr) return no_such_job(JobId{id});
  return Answer{ObjectPath{job_path(job->id)}};
}
Outcome job_relatives(Request& r) {
  const auto id = r.argument<std::uint32_t>(0);
  const Job* job = r.engine.find_job(JobId{id});
  if (job == nullptr) return no_such_job(JobId{id});
  return relatives_of_job(r.engine, *job, r.method.name == "GetJobAfter");
}
Outcome cancel_job(Request& r) {
  const auto id = r.argument<std::uint32_t>(0);
  if (r.engine.find_job(JobId{id}) == nullptr) return no_such_job(JobId{id});
  return Posted{event::CancelJob{r.id, JobId{id}, cause_of(r)}};
}
Outcome clear_jobs(Request& r) { return Posted{event::CancelJob{r.id, JobId::none, cause_of(r)}}; }

/// StartUnit and its kin: the verb is the method's name without "Unit".
Outcome unit_job(Request& r) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> verbs{{{"StartUnit", "start"},
                                                                               {"StartUnitWithFlags", "start"},
                                                                               {"StopUnit", "stop"},
                                                                               {"ReloadUnit", "reload"},
                                                                               {"RestartUnit", "restart"},
                                                                               {"TryRestartUnit", "try-restart"},
                                                                               {"ReloadOrRestartUnit", "reload-or-restart"},
                                                                               {"ReloadOrTryRestartUnit", "reload-or-try-restart"},
                                                                               {"StartUnitReplace", "start"}}};
  for (const auto& [method, verb] : verbs)
    if (method == r.method.name) {
      if (method != "StartUnitReplace") {
        auto outcome = request_job(r, r.text(0), verb, r.text(1));
        const std::uint64_t flags = method == "StartUnitWithFlags" ? r.argument<std::uint64_t>(2) : 0;
        if (flags != 0 && std::holds_alternative<Posted>(outcome)) return invalid_arguments("Invalid 'flags' parameter '" + std::to_string(flags) + "'");
        return outcome;
      }
      const Unit* old = r.engine.find(r.text(0));
      if (old->job == JobId::none)
        return BusFailure{"org.freedesktop.systemd1.NoSuchJob", "No job queued for unit " + r.text(0)};
      return request_job(r, r.text(1), verb, r.text(2));
    }
  return BusFailure{"org.freedesktop.DBus.Error.NotSupported", "Operation not supported"};
}
Outcome enqueue_unit_job(Request& r) { return request_job(r, r.text(0), r.text(1), r.text(2), ReplyShape::enqueued_job); }

Outcome enqueue_marked(Request& r) { return Posted{event::EnqueueMarked{r.id, cause_of(r)}, ReplyShape::job_paths}; }

// --- Units -------------------------------------------------------------------------------------------------------

Outcome kill(Request& r) { return kill_unit(r, r.text(0), r.text(1), r.argument<std::int32_t>(2)); }
Outcome clean(Request& r) { return clean_unit(r, r.text(0), r.texts(1)); }
Outcome freeze(Request& r) {
  return Posted{event::FreezeUnit{r.id, r.text(0), r.method.name == "FreezeUnit"}};
}
Outcome reset_failed_unit(Request& r) {
  return Posted{event::ResetFailed{r.id, r.text(0)}};
}
Outcome reset_failed(Request& r) { return Posted{event::ResetFailed{r.id, {}}}; }
Outcome set_unit_properties(Request& r) { return set_properties(r, r.text(0), r.flag(1), r.arguments[2]); }
Outcome ref_unit(Request& r) {
  if (r.caller.sender.empty()) return invalid_arguments("Invalid argument");
  if (auto refused = not_found(*r.engine.find(r.text(0)))) return std::move(*refused);
  return Posted{event::RefUnit{r.id, r.text(0), r.caller.sender}};
}
Outcome unref_unit(Request& r) {
  return Posted{event::UnrefUnit{r.id, r.text(0), r.caller.sender}};
}
Outcome unit_processes(Request& r) {
  return processes_of(r, *r.engine.find(r.text(0)));
}
Outcome attach(Request& r) { return attach_processes(r, r.text(0), r.text(1), r.arguments[2]); }
Outcome abandon(Request& r) {
  if (r.engine.find(r.text(0))->type() != UnitType::scope) return invalid_arguments("Unit '" + r.text(0) + "' is not a scope unit, refusing.");
  return Posted{event::AbandonScope{r.id, r.text(0)}};
}

// --- The manager -------------------------------------------------------------------------------------------------

Outcome reload(Request& r) {
  r.manager.reload(r.id);
  return Awaited{};
}
Outcome reexecute(Request& r) {
  r.manager.end({EndKind::reexecute, {}, {}});
  return Answer{};
}
Outcome end_run(Request& r) {
  constexpr std::array<std::pair<std::string_view, EndKind>, 5> kinds{{{"Exit", EndKind::exit},
                                                                       {"Reboot", EndKind::reboot},
                                                                       {"PowerOff", EndKind::poweroff},
                                                                       {"Halt", EndKind::halt},
                                                                       {"KExec", EndKind::kexec}}};
  for (const auto& [name, kind] : kinds)
    if (name == r.method.name) r.manager.end({kind, {}, {}});
  return Answer{};
}
Outcome switch_root(Request& r) {
  if (r.text(0).empty() || r.text(0) == "/") return invalid_arguments("New root directory cannot be the old root directory.");
  if (!r.text(0).starts_with('/')) return invalid_arguments("New root path '" + r.text(0) + "' is not absolute.");
  if (const auto found = r.manager.find_init(r.text(0), r.text(1)); !found) return failure_of(found.error());
  r.manager.end({EndKind::switch_root, r.text(0), r.text(1)});
  return Answer{};
}
Outcome set_exit_code(Request& r) {
  const auto set = r.manager.set_exit_code(r.argument<std::uint8_t>(0));
  return set ? Outcome(Answer{}) : Outcome(failure_of(set.error()));
}

bool is_assignment(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos || is_digit(text.front())) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](char c) { return is_digit(c) || is_alphabetic(c) || c == '_'; }) &&
         is_valid_utf8(text);
}

bool is_name_or_assignment(std::string_view text) { return is_assignment(text) || is_assignment(std::string(text) + "="); }

/// Names of `unset` (or whole assignments) go, `set` comes.
Outcome change_environment(Request& r, const std::vector<std::string>& unset, const std::vector<std::string>& set) {
  if (!std::all_of(set.begin(), set.end(), is_assignment)) return invalid_arguments("Invalid environment assignments");
  if (!std::all_of(unset.begin(), unset.end(), is_name_or_assignment)) return invalid_arguments("Invalid environment variable names or assignments");
  r.manager.change_environment(unset, set);
  return Answer{};
}
Outcome set_environment(Request& r) { return change_environment(r, {}, r.texts(0)); }
Outcome unset_environment(Request& r) { return change_environment(r, r.texts(0), {}); }
Outcome unset_and_set_environment(Request& r) { return change_environment(r, r.texts(0), r.texts(1)); }

Outcome set_show_status(Request& r) {
  const auto set = r.manager.set_show_status(r.text(0));
  return set ? Outcome(Answer{}) : Outcome(failure_of(set.error()));
}
std::string dump_of(Request& r) { return r.arguments.empty() ? r.manager.dump() : dump_units(r.engine, r.texts(0)); }
Outcome dump(Request& r) { return Answer{dump_of(r)}; }
Outcome dump_to_descriptor(Request& r) {
  auto fd = r.manager.readable_text(dump_of(r));
  if (!fd) return failure_of(fd.error());
  return Descriptor{std::move(*fd)};
}
Outcome no_snapshots(Request&) { return BusFailure{"org.freedesktop.DBus.Error.NotSupported", "Support for snapshots has been removed."}; }
Outcome bind(Request& r) { return bind_mount(r, r.text(0), 1); }
Outcome mount(Request& r) { return mount_image(r, r.text(0), 1); }
Outcome dynamic_user_by_name(Request& r) {
  if (!is_acceptable_user(r.text(0))) return invalid_arguments("User name invalid: " + r.text(0));
  for (const DynamicUser& user : r.manager.dynamic_users())
    if (user.name == r.text(0)) return Answer{user.number};
  return BusFailure{"org.freedesktop.systemd1.NoSuchDynamicUser", "Dynamic user " + r.text(0) + " does not exist."};
}
Outcome dynamic_user_by_uid(Request& r) {
  if (const std::string uid = std::to_string(r.argument<std::uint32_t>(0)); !is_acceptable_user(uid)) return invalid_arguments("User ID invalid: " + uid);
  for (DynamicUser& user : r.manager.dynamic_users())
    if (user.number == r.argument<std::uint32_t>(0)) return Answer{std::move(user.name)};
  return BusFailure{"org.freedesktop.systemd1.NoSuchDynamicUser", "Dynamic user ID " + std::to_string(r.argument<std::uint32_t>(0)) + " does not exist."};
}
Outcome dynamic_users(Request& r) {
  ArrayValue users{"(us)", {}};
  for (DynamicUser& user : r.manager.dynamic_users()) users.elements.push_back(unitparser::struct_of(user.number, std::move(user.name)));
  return Answer{std::move(users)};
}

constexpr std::string_view no_dynamic_users = "Dynamic users are only supported in the system instance.";
constexpr std::array rows{
    MethodRow{"GetUnit", get_unit, Action::none, Asks::before, Subject::loaded}, MethodRow{"LoadUnit", load_unit, Action::none, Asks::before, Subject::loadable}, MethodRow{"GetUnitByPID", get_unit_by_pid},
    MethodRow{"GetUnitByControlGroup", get_unit_by_cgroup}, MethodRow{"GetUnitByInvocationID", get_unit_by_invocation},
    MethodRow{"ListUnits", list_units}, MethodRow{"ListUnitsFiltered", list_units_filtered},
    MethodRow{"ListUnitsByPatterns", list_units_by_patterns}, MethodRow{"ListUnitsByNames", list_units_by_names},
    MethodRow{"ListJobs", list_jobs}, MethodRow{"GetJob", get_job}, MethodRow{"GetJobAfter", job_relatives}, MethodRow{"GetJobBefore", job_relatives},
    MethodRow{"CancelJob", cancel_job, Action::manage_units, Asks::within}, MethodRow{"ClearJobs", clear_jobs, Action::manage_units},
    MethodRow{"StartUnit", unit_job, Action::manage_units, Asks::within}, MethodRow{"StartUnitWithFlags", unit_job, Action::manage_units, Asks::within},
    MethodRow{"StartUnitReplace", unit_job, Action::manage_units, Asks::within, Subject::loaded}, MethodRow{"StopUnit", unit_job, Action::manage_units, Asks::within},
    MethodRow{"ReloadUnit", unit_job, Action::manage_units, Asks::within}, MethodRow{"RestartUnit", unit_job, Action::manage_units, Asks::within},
    MethodRow{"TryRestartUnit", unit_job, Action::manage_units, Asks::within}, MethodRow{"ReloadOrRestartUnit", unit_job, Action::manage_units, Asks::within},
    MethodRow{"ReloadOrTryRestartUnit", unit_job, Action::manage_units, Asks::within}, MethodRow{"EnqueueUnitJob", enqueue_unit_job, Action::manage_units, Asks::within, Subject::loadable},
    MethodRow{"EnqueueMarkedJobs", enqueue_marked, Action::manage_units}, MethodRow{"KillUnit", kill, Action::manage_units, Asks::within, Subject::loaded},
    MethodRow{"CleanUnit", clean, Action::manage_units, Asks::within, Subject::loadable}, MethodRow{"FreezeUnit", freeze, Action::manage_units, Asks::within, Subject::loaded},
    MethodRow{"ThawUnit", freeze, Action::manage_units, Asks::within, Subject::loaded}, MethodRow{"ResetFailedUnit", reset_failed_unit, Action::manage_units, Asks::within, Subject::loaded},
    MethodRow{"ResetFailed", reset_failed, Action::manage_units}, MethodRow{"SetUnitProperties", set_unit_properties, Action::manage_units, Asks::within, Subject::loadable},
    MethodRow{"RefUnit", ref_unit, Action::manage_units, Asks::within, Subject::loadable}, MethodRow{"UnrefUnit", unref_unit, Action::none, Asks::before, Subject::loaded}, MethodRow{"GetUnitProcesses", unit_processes, Action::none, Asks::before, Subject::loaded},
    MethodRow{"AttachProcessesToUnit", attach, Action::root, Asks::within, Subject::loaded}, MethodRow{"AbandonScope", abandon, Action::manage_units, Asks::within, Subject::loaded},
    MethodRow{"BindMountUnit", bind, Action::manage_units, Asks::within, Subject::loaded, no_bind_mounts}, MethodRow{"MountImageUnit", mount, Action::manage_units, Asks::within, Subject::loaded, no_bind_mounts},
    MethodRow{"Reload", reload, Action::reload_daemon}, MethodRow{"Reexecute", reexecute, Action::reload_daemon},
    MethodRow{"Exit", end_run, Action::root}, MethodRow{"Reboot", end_run, Action::root, Asks::before, Subject::none, "Reboot is only supported for system managers."}, MethodRow{"PowerOff", end_run, Action::root, Asks::before, Subject::none, "Powering off is only supported for system managers."},
    MethodRow{"Halt", end_run, Action::root, Asks::before, Subject::none, "Halt is only supported for system managers."}, MethodRow{"KExec", end_run, Action::root, Asks::before, Subject::none, "KExec is only supported for system managers."}, MethodRow{"SwitchRoot", switch_root, Action::root, Asks::before, Subject::none, "Root switching is only supported by system manager."},
    MethodRow{"SetExitCode", set_exit_code, Action::root}, MethodRow{"SetEnvironment", set_environment, Action::set_environment},
    MethodRow{"UnsetEnvironment", unset_environment, Action::set_environment},
    MethodRow{"UnsetAndSetEnvironment", unset_and_set_environment, Action::set_environment},
    MethodRow{"SetShowStatus", set_show_status, Action::set_environment}, MethodRow{"Dump", dump}, MethodRow{"DumpUnitsMatchingPatterns", dump},
    MethodRow{"DumpByFileDescriptor", dump_to_descriptor}, MethodRow{"DumpUnitsMatchingPatternsByFileDescriptor", dump_to_descriptor},
    MethodRow{"CreateSnapshot", no_snapshots}, MethodRow{"RemoveSnapshot", no_snapshots},
    MethodRow{"LookupDynamicUserByName", dynamic_user_by_name, Action::none, Asks::before, Subject::none, no_dynamic_users}, MethodRow{"LookupDynamicUserByUID", dynamic_user_by_uid, Action::none, Asks::before, Subject::none, no_dynamic_users},
    MethodRow{"GetDynamicUsers", dynamic_users, Action::none, Asks::before, Subject::none, no_dynamic_users},
};

}  // namespace

std::span<const MethodRow> manager_methods() { return rows; }

const Unit* unit_of_invocation(const Engine& engine, std::string_view id) {
  constexpr std::size_t id_size = 32;
  if (id.size() != id_size) return nullptr;
  for (const auto candidate : engine.units())
    if (const Unit* unit = engine.find(candidate); unit != nullptr && unit->runtime->invocation_id == id) return unit;
  return nullptr;
}

const Unit* unit_of_process(const Engine& engine, ManagerPort& manager, pid_t pid) {
  if (const Unit* unit = engine.find(engine.unit_of_pid(pid))) return unit;
  const auto cgroup = manager.cgroup_of(pid);
  return cgroup ? engine.find(engine.unit_of_cgroup(*cgroup)) : nullptr;
}

std::optional<Outcome> resolve_subject(Request& r, Subject subject) {
  if (subject == Subject::none) return std::nullopt;
  auto& name = std::get<std::string>(r.arguments[0].storage);
  if (name.empty()) {
    const Unit* own = unit_of_process(r.engine, r.manager, r.caller.pid);
    if (own == nullptr) return client_of_no_unit();
    name = own->name.text();
  }
  if (r.engine.find(name) != nullptr) return std::nullopt;
  if (subject == Subject::loaded || r.unit_was_loaded) return not_loaded(name);
  if (auto bad = bad_unit_name(name)) return std::move(*bad);
  return NeedsUnit{name};
}

}  // namespace init::bus
