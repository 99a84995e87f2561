// Methods of units and jobs, and what they share with the manager's methods of the same purpose. [bus]
#include <algorithm>

#include "init/bus/request.h"
#include "init/machines/machine_types.h"
#include "unitparser/directives/codec_paths.h"
#include "unitparser/directives/registry.h"
#include "unitparser/syntax/paths.h"

namespace init::bus {

using namespace unitparser;

std::vector<std::string> Request::texts(std::size_t index) const {
  std::vector<std::string> result;
  for (const auto& element : argument<ArrayValue>(index).elements) result.push_back(std::get<std::string>(element.storage));
  return result;
}

Cause cause_of(const Request& request) {
  Cause cause = Cause::of(CauseKind::client);
  cause.uid = request.caller.uid;
  cause.pid = request.caller.pid;
  if (const Unit* unit = unit_of_process(request.engine, request.manager, cause.pid)) cause.unit = unit->id;
  return cause;
}

Outcome request_job(Request& r, const std::string& unit, std::string_view verb, const std::string& mode, ReplyShape shape) {
  if (auto bad = bad_unit_name(unit)) return std::move(*bad);
  event::RequestJob job;
  job.request = r.id;
  job.unit = unit;
  job.cause = cause_of(r);
  const auto wanted = from_name<JobMode>(mode);
  if (verb == "reload-or-restart" || verb == "reload-or-try-restart") {
    job.reload_if_possible = true;
    job.type = verb == "reload-or-restart" ? JobType::restart : JobType::try_restart;
  } else if (const auto type = from_name<JobType>(verb); type && *type != JobType::reload_or_start && *type != JobType::try_reload) {
    job.type = *type;
  } else {
    return invalid_arguments("Job type " + std::string(verb) + " invalid");
  }
  if (!wanted) return invalid_arguments("Job mode " + mode + " invalid");
  job.mode = *wanted;
  return Posted{std::move(job), shape};
}

Value list_of_jobs(const Engine& engine, const std::vector<JobId>& jobs) {
  ArrayValue rows{"(usssoo)", {}};
  for (const auto id : jobs) {
    const Job* job = engine.find_job(id);
    const Unit* unit = job == nullptr ? nullptr : engine.find(job->unit);
    if (unit == nullptr) continue;
    rows.elements.push_back(struct_of(static_cast<std::uint32_t>(id), unit->name.text(), std::string(to_name(job->type)), std::string(to_name(job->state)),
                                      ObjectPath{job_path(id)}, ObjectPath{unit_path(unit->name.text())}));
  }
  return rows;
}

Outcome relatives_of_job(const Engine& engine, const Job& job, bool after) {
  return Answer{list_of_jobs(engine, after ? engine.jobs_after(job) : engine.jobs_before(job))};
}

Outcome kill_unit(Request& r, const std::string& unit, std::string_view who, std::int32_t signal) {
  constexpr std::array<std::string_view, 6> words{"main", "control", "all", "main-fail", "control-fail", "all-fail"};
  constexpr std::int32_t last_signal = 64;
  const auto word = who.empty() ? words.begin() + 2 : std::find(words.begin(), words.end(), who);
  if (word == words.end()) return invalid_arguments("Invalid who argument " + std::string(who));
  if (signal <= 0 || signal > last_signal) return invalid_arguments("Signal number out of range.");
  if (r.engine.find(unit) == nullptr) return not_loaded(unit);
  return Posted{event::KillUnit{r.id, unit, static_cast<event::KillWho>(word - words.begin()), signal, cause_of(r)}};
}

Outcome clean_unit(Request& r, const std::string& unit, const std::vector<std::string>& what) {
  constexpr std::array<std::string_view, 5> words{"runtime", "state", "cache", "logs", "configuration"};
  constexpr std::uint32_t everything = 0x1f;
  std::uint32_t mask = 0;
  for (const auto& kind : what) {
    const auto word = std::find(words.begin(), words.end(), kind);
    if (kind == "all")
      mask |= everything;
    else if (word == words.end())
      return invalid_arguments("Invalid resource type: " + kind);
    else
      mask |= 1U << (word - words.begin());
  }
  if (mask == 0) return BusFailure{"org.freedesktop.systemd1.NothingToClean", "No matching resources found."};
  return Posted{event::CleanUnit{r.id, unit, mask}};
}

Outcome processes_of(Request& r, const Unit& unit) {
  ArrayValue rows{"(sus)", {}};
  if (unit.runtime->cgroup.empty() && unit.name.text() != "-.slice") return Answer{std::move(rows)};
  for (auto& process : r.manager.processes(unit.runtime->cgroup))
    rows.elements.push_back(struct_of(std::move(process.cgroup), static_cast<std::uint32_t>(process.pid), std::move(process.command)));
  return Answer{std::move(rows)};
}

Outcome attach_processes(Request& r, const std::string& unit, const std::string& subcgroup, const Value& pids) {
  const Unit* loaded = r.engine.find(unit);
  if (loaded == nullptr) return not_loaded(unit);
  if (!subcgroup.empty() && !subcgroup.starts_with('/')) return invalid_arguments("Control group path is not absolute: " + subcgroup);
  if (!subcgroup.empty() && !is_normal_path(subcgroup)) return invalid_arguments("Control group path is not normalized: " + subcgroup);
  if (!loaded->config.common->resource_basics->delegate && loaded->type() != UnitType::scope)
    return invalid_arguments("Process migration not available on non-delegated units.");
  event::AttachProcesses event{r.id, unit, subcgroup, {}};
  for (const auto& pid : std::get<ArrayValue>(pids.storage).elements) {
    const auto number = std::get<std::uint32_t>(pid.storage);
    event.pids.push_back(number == 0 ? r.caller.pid : static_cast<pid_t>(number));
  }
  if (r.caller.uid != 0 && !r.authorised) {
    // Whom the group was given to may put processes of theirs into it; a user's manager asks for that.
    if (r.manager.cgroup_owner(loaded->runtime->cgroup) != r.caller.uid) return access_denied();
    for (const pid_t pid : event.pids)
      if (r.manager.process_owner(pid) != r.caller.uid)
        return BusFailure{"org.freedesktop.DBus.Error.AccessDenied", "Process " + std::to_string(pid) + " not owned by client's UID. Refusing."};
    r.authorised = true;
  }
  return Posted{std::move(event)};
}

std::optional<Error> take_markers(const Value& value, std::uint32_t& markers, std::uint32_t& mask) {
  const auto* words = std::get_if<ArrayValue>(&value.storage);
  if (words == nullptr || words->element_signature != "s") return fail_contents().value();
  bool relative = false, absolute = false;
  for (const Value& element : words->elements) {
    std::string_view word = std::get<std::string>(element.storage);
    const bool has_sign = word.starts_with('+') || word.starts_with('-');
    const bool on = !word.starts_with('-');
    (has_sign ? relative : absolute) = true;
    if (has_sign) word.remove_prefix(1);
    const auto marker = from_name<UnitMarker>(word);
    if (!marker) return Error{ErrorCode::bad_unit_setting, 0, "Unknown marker \"" + std::string(word) + "\".", {}};
    mask |= marker_bit(*marker);
    if (on) markers |= marker_bit(*marker);
  }
  if (relative && absolute) return Error{ErrorCode::bad_unit_setting, 0, "Bad marker syntax.", {}};
  if (absolute) mask = ~std::uint32_t{0};
  return std::nullopt;
}

Outcome set_properties(Request& r, const std::string& unit, bool runtime, const Value& properties) {
  const Unit* loaded = r.engine.find(unit);
  if (loaded == nullptr) return not_loaded(unit);
  if (auto refused = not_found(*loaded)) return std::move(*refused);
  if (!r.authorised) return NeedsAuthorisation{};
  auto config = std::make_shared<UnitConfig>(loaded->config);
  event::ReplaceConfig change{.request = r.id, .unit = loaded->name.text(), .config = {}};
  const SpecifierFacts facts;
  std::vector<std::pair<std::string, std::string>> drop_ins;
  for (const auto& element : std::get<ArrayValue>(properties.storage).elements) {
    const auto& pair = std::get<StructValue>(element.storage).fields;
    const auto& name = std::get<std::string>(pair[0].storage);
    const Value& value = std::get<VariantValue>(pair[1].storage).content.front();
    if (name == "Markers") {
      if (auto refused = take_markers(value, change.markers, change.markers_mask)) return failure_of(*refused);
      continue;
    }
    auto lines = set_from_bus(*config, loaded->name, name, value, SetMode::live, facts,
                              r.manager.machine(), r.engine.options().user_manager ? ManagerScope::user : ManagerScope::system);
    if (!lines) return failure_of_setting(lines.error());
    std::string text, section;
    append_settings(text, section, *lines);
    // COMPAT: named after the property, but for those that are spans of time.
    const bool is_span = name.ends_with("USec") && std::holds_alternative<std::uint64_t>(value.storage);
    drop_ins.emplace_back(is_span ? lines->front().key : name, std::move(text));
  }
  for (const auto& [name, text] : drop_ins)
    if (auto written = r.manager.write_control_drop_in(*loaded, name, text, runtime)) change.drop_ins.push_back(std::move(*written));
    else return failure_of(written.error());
  change.config = std::move(config);
  return Posted{std::move(change)};
}

namespace {

/// What stands in the way of mounting into a service; nothing when its main process has a mount namespace of its own.
std::optional<Outcome> objection_to_mount(Request& r, const std::string& name, const MountInsertion& wanted) {
  const Unit* unit = r.engine.find(name);
  if (unit == nullptr) return not_loaded(name);
  if (!wanted.source.starts_with('/') || !is_normal_path(wanted.source)) return invalid_arguments("Source path must be absolute and normalized.");
  if (!wanted.destination.starts_with('/') || !is_normal_path(wanted.destination)) return invalid_arguments("Destination path must be absolute and normalized.");
  for (const auto& [partition, options] : wanted.options)
    if (!unitparser::is_image_partition(partition)) return invalid_arguments("Invalid partition name " + partition);
  if (!r.authorised) return NeedsAuthorisation{};
  if (unit->type() != UnitType::service) return invalid_arguments("Unit is not of type .service");
  if (main_pid_of(*unit) <= 0 || !r.manager.has_own_mounts(main_pid_of(*unit)))
    return invalid_arguments("Unit not running in private mount namespace, cannot activate bind mount");
  return std::nullopt;
}

Outcome insert_mount(Request& r, const std::string& name, MountInsertion&& wanted) {
  if (auto refused = objection_to_mount(r, name, wanted)) return std::move(*refused);
  wanted.process = main_pid_of(*r.engine.find(name));
  if (const auto started = r.manager.insert_mount(r.id, std::move(wanted)); !started) return failure_of(started.error());
  return Awaited{};
}

}  // namespace

Outcome bind_mount(Request& r, const std::string& name, std::size_t first) {
  MountInsertion wanted{.source = r.text(first), .destination = r.text(first + 1), .read_only = r.flag(first + 2), .make_destination = r.flag(first + 3)};
  if (wanted.destination.empty()) wanted.destination = wanted.source;
  return insert_mount(r, name, std::move(wanted));
}

Outcome mount_image(Request& r, const std::string& name, std::size_t first) {
  MountInsertion wanted{.source = r.text(first), .destination = r.text(first + 1), .read_only = r.flag(first + 2), .is_image = true, .make_destination = r.flag(first + 3)};
  for (const auto& element : std::get<ArrayValue>(r.arguments[first + 4].storage).elements) {
    const auto& pair = std::get<StructValue>(element.storage).fields;
    wanted.options.push_back({std::get<std::string>(pair[0].storage), std::get<std::string>(pair[1].storage)});
  }
  return insert_mount(r, name, std::move(wanted));
}

namespace {

// --- org.freedesktop.systemd1.Unit: the manager's methods with the unit's name from the path -----------------------
Outcome job(Request& r) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> verbs{{{"Start", "start"},
                                                                               {"Stop", "stop"},
                                                                               {"Reload", "reload"},
                                                                               {"Restart", "restart"},
                                                                               {"TryRestart", "try-restart"},
                                                                               {"ReloadOrRestart", "reload-or-restart"},
                                                                               {"ReloadOrTryRestart", "reload-or-try-restart"}}};
  for (const auto& [method, verb] : verbs)
    if (method == r.method.name) return request_job(r, r.unit, verb, r.text(0));
  return BusFailure{"org.freedesktop.DBus.Error.NotSupported", "Operation not supported"};
}
Outcome enqueue(Request& r) { return request_job(r, r.unit, r.text(0), r.text(1), ReplyShape::enqueued_job); }
Outcome kill(Request& r) { return kill_unit(r, r.unit, r.text(0), r.argument<std::int32_t>(1)); }
Outcome reset_failed(Request& r) { return Posted{event::ResetFailed{r.id, r.unit}}; }
Outcome set_unit_properties(Request& r) { return set_properties(r, r.unit, r.flag(0), r.arguments[1]); }
Outcome reference(Request& r) {
  if (r.caller.sender.empty()) return invalid_arguments("Invalid argument");
  if (r.method.name == "Ref") return Posted{event::RefUnit{r.id, r.unit, r.caller.sender}};
  return Posted{event::UnrefUnit{r.id, r.unit, r.caller.sender}};
}
Outcome clean(Request& r) { return clean_unit(r, r.unit, r.texts(0)); }
Outcome freeze(Request& r) { return Posted{event::FreezeUnit{r.id, r.unit, r.method.name == "Freeze"}}; }
Outcome processes(Request& r) {
  const Unit* unit = r.engine.find(r.unit);
  return unit == nullptr ? Outcome(not_loaded(r.unit)) : processes_of(r, *unit);
}
Outcome attach(Request& r) { return attach_processes(r, r.unit, r.text(0), r.arguments[1]); }
Outcome abandon(Request& r) { return Posted{event::AbandonScope{r.id, r.unit}}; }
Outcome bind(Request& r) { return bind_mount(r, r.unit, 0); }
Outcome mount(Request& r) { return mount_image(r, r.unit, 0); }

constexpr std::array unit_rows{
    MethodRow{"Start", job, Action::manage_units, Asks::within}, MethodRow{"Stop", job, Action::manage_units, Asks::within}, MethodRow{"Reload", job, Action::manage_units, Asks::within},
    MethodRow{"Restart", job, Action::manage_units, Asks::within}, MethodRow{"TryRestart", job, Action::manage_units, Asks::within},
    MethodRow{"ReloadOrRestart", job, Action::manage_units, Asks::within}, MethodRow{"ReloadOrTryRestart", job, Action::manage_units, Asks::within},
    MethodRow{"EnqueueJob", enqueue, Action::manage_units, Asks::within}, MethodRow{"Kill", kill, Action::manage_units, Asks::within},
    MethodRow{"ResetFailed", reset_failed, Action::manage_units, Asks::within}, MethodRow{"SetProperties", set_unit_properties, Action::manage_units, Asks::within},
    MethodRow{"Ref", reference, Action::manage_units, Asks::within}, MethodRow{"Unref", reference}, MethodRow{"Clean", clean, Action::manage_units, Asks::within},
    MethodRow{"Freeze", freeze, Action::manage_units, Asks::within}, MethodRow{"Thaw", freeze, Action::manage_units, Asks::within}, MethodRow{"GetProcesses", processes},
    MethodRow{"AttachProcesses", attach, Action::root, Asks::within}, MethodRow{"Abandon", abandon, Action::manage_units, Asks::within},
    MethodRow{"BindMount", bind, Action::manage_units, Asks::within, Subject::none, no_bind_mounts},
    MethodRow{"MountImage", mount, Action::manage_units, Asks::within, Subject::none, no_bind_mounts},
};

// --- org.freedesktop.systemd1.Job --------------------------------------------------------------------------------
Outcome cancel(Request& r) { return Posted{event::CancelJob{r.id, r.job->id, cause_of(r)}}; }
Outcome relatives(Request& r) { return relatives_of_job(r.engine, *r.job, r.method.name == "GetAfter"); }
constexpr std::array job_rows{MethodRow{"Cancel", cancel, Action::manage_units, Asks::within}, MethodRow{"GetAfter", relatives}, MethodRow{"GetBefore", relatives}};

}  // namespace

std::span<const MethodRow> unit_methods() { return unit_rows; }
std::span<const MethodRow> job_methods() { return job_rows; }

const MethodRow* find_method_row(std::string_view interface, std::string_view member) {
  const auto find = [member](std::span<const MethodRow> rows) -> const MethodRow* {
    const auto row = std::find_if(rows.begin(), rows.end(), [member](const MethodRow& r) { return r.name == member; });
    return row == rows.end() ? nullptr : &*row;
  };
  if (interface == "org.freedesktop.systemd1.Manager") {
    if (const auto* row = find(manager_methods())) return row;
    if (const auto* row = find(unit_file_methods())) return row;
    return find(transient_methods());
  }
  return interface == "org.freedesktop.systemd1.Job" ? find(job_methods()) : find(unit_methods());
}

}  // namespace init::bus
