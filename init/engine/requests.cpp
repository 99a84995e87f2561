// Bodies of the requests; error texts as the real one's. [pure]
#include "init/engine/requests.h"

#include <algorithm>

#include <fmt/format.h>

#include "init/engine/jobs.h"
#include "init/engine/loading.h"
#include "init/engine/propagation.h"
#include "init/engine/transaction.h"
#include "init/engine/unit_actions.h"
#include "init/machines/machine_types.h"
#include "init/machines/processes.h"

namespace init {

bool abandon_scope(Core& core, Unit& unit);  // machines/scope.cpp

namespace {

void reply(Core& core, RequestId request, Result<effect::ReplyBody> result) {
  if (request == RequestId::none) return;
  core.emit(effect::Reply{request, std::move(result)});
}
void refuse(Core& core, RequestId request, ErrorCode code, std::string message) {
  reply(core, request, fail(code, std::move(message)));
}
void accept(Core& core, RequestId request, UnitId unit = UnitId::none, JobId job = JobId::none) {
  reply(core, request, effect::ReplyBody{job, unit, {}});
}

/// The loaded unit of that name, or an answer that there is none.
Unit* find_loaded(Core& core, RequestId request, const std::string& name) {
  if (!UnitName::is_valid(name)) {
    refuse(core, request, ErrorCode::invalid_argument, fmt::format("Unit name {} is not valid.", name));
    return nullptr;
  }
  Unit* unit = core.units.find(core.units.find_id(name));
  if (unit == nullptr) refuse(core, request, ErrorCode::no_such_unit, fmt::format("Unit {} not loaded.", name));
  return unit;
}

bool can_freeze(UnitType type) { return type == UnitType::service || type == UnitType::scope || type == UnitType::slice; }

std::optional<Error> refuse_manual(const Unit& unit, JobType type) {
  const bool starts = type == JobType::start || type == JobType::restart || type == JobType::try_restart ||
                      type == JobType::reload_or_start;
  const bool stops = type == JobType::stop || type == JobType::restart || type == JobType::try_restart;
  if ((starts && (unit.config.unit->refuse_manual_start || unit.origin.perpetual)) ||
      (stops && unit.config.unit->refuse_manual_stop))
    return Error{ErrorCode::only_by_dependency, 0,
                 fmt::format("Operation refused, unit {} may be requested by dependency only (it is configured to refuse "
                             "manual start/stop).",
                             unit.name.text()),
                 {}};
  return std::nullopt;
}

JobType prefer_reload(const Core& core, const Unit& unit, JobType type) {
  if (!unit_can_reload(core, unit)) return type;
  if (type == JobType::restart) return JobType::reload_or_start;
  return type == JobType::try_restart ? JobType::try_reload : type;
}

}  // namespace

void on_request_job(Core& core, const event::RequestJob& request) {
  auto id = load_unit(core, request.unit);
  if (!id) return reply(core, request.request, tl::unexpected(std::move(id.error())));
  Unit& unit = core.units.get(*id);
  JobType type = request.type;
  if (request.reload_if_possible) type = prefer_reload(core, unit, type);
  if (type == JobType::stop && unit.origin.load_state != LoadState::loaded && unit.active_state() == ActiveState::inactive)
    return refuse(core, request.request, ErrorCode::no_such_unit, fmt::format("Unit {} not loaded.", unit.name.text()));
  if (request.manual)
    if (auto error = refuse_manual(unit, type)) return reply(core, request.request, tl::unexpected(std::move(*error)));
  std::vector<JobId> affected;
  auto job = add_job(core, {*id, type, request.mode, request.cause}, &affected);
  consider_garbage(core, *id);
  if (!job) {
    return reply(core, request.request, tl::unexpected(std::move(job.error())));
  }
  reply(core, request.request, effect::ReplyBody{*job, *id, std::move(affected)});
}

void on_cancel_job(Core& core, const event::CancelJob& request) {
  if (request.job == JobId::none) {
    for (const JobId id : core.jobs.ids()) finish_job(core, id, {JobResult::canceled, false, false});
    return accept(core, request.request);
  }
  if (core.jobs.find(request.job) == nullptr)
    return refuse(core, request.request, ErrorCode::not_found,
                  fmt::format("Job {} does not exist.", static_cast<std::uint32_t>(request.job)));
  finish_job(core, request.job, {JobResult::canceled, true, false});
  accept(core, request.request);
}

void on_load_unit(Core& core, const event::LoadUnit& request) {
  auto id = load_unit(core, request.unit);
  if (!id) return reply(core, request.request, tl::unexpected(std::move(id.error())));
  accept(core, request.request, *id);
}

void on_kill_unit(Core& core, const event::KillUnit& request) {
  using event::KillWho;
  Unit* unit = find_loaded(core, request.request, request.unit);
  if (unit == nullptr) return;
  const bool has_group = unitparser::type_has_cgroup(unit->type());
  if (!has_group || unit->name.text() == "-.slice")
    return refuse(core, request.request, ErrorCode::not_supported, "Operation not supported");
  const bool wants_main = request.who == KillWho::main || request.who == KillWho::main_fail;
  const bool wants_control = request.who == KillWho::control || request.who == KillWho::control_fail;
  const pid_t main = main_pid_of(*unit);
  const pid_t control = control_pid_of(*unit);
  if (wants_main && unit->type() != UnitType::service)
    return refuse(core, request.request, ErrorCode::no_such_process,
                  fmt::format("{} units have no main processes", unitparser::to_name(unit->type())));
  if (wants_main && main <= 0)
    return refuse(core, request.request, ErrorCode::no_such_process, "No main process to kill");
  if (wants_control && control <= 0)
    return refuse(core, request.request, ErrorCode::no_such_process, "No control process to kill");
  unit->runtime.write().last_cause = request.cause;
  bool any = false;
  const auto kill = [&](pid_t pid, std::string_view role) {
    log_unit(core, *unit, 6, fmt::format("{}: Sent signal SIG{} to {} process {} ({}) on client request.", unit->name.text(),
                                         signal_short_name(request.signal), role, pid, core.world.process_name(pid)));
    core.emit(effect::KillProcess{pid, request.signal, false, false, unit->id, request.cause});
    any = true;
  };
  std::vector<pid_t> told;
  const bool all = request.who == KillWho::all || request.who == KillWho::all_fail;
  if ((all || wants_control) && control > 0) kill(control, "control"), told.push_back(control);
  if ((all || wants_main) && main > 0) kill(main, "main"), told.push_back(main);
  if (all && !unit->runtime->cgroup.empty() && core.cgroup_populated(unit->runtime->cgroup)) {
    for (const auto& process : others_in_group(core, *unit, told))
      log_unit(core, *unit, 6, fmt::format("{}: Sending signal SIG{} to process {} ({}) on client request.", unit->name.text(),
                                           signal_short_name(request.signal), process.pid, process.name));
    core.emit(effect::KillCgroup{unit->runtime->cgroup, request.signal, false, false, std::move(told), unit->id, request.cause});
    any = true;
  }
  if (!any && request.who == KillWho::all_fail)
    return refuse(core, request.request, ErrorCode::not_found, "No matching processes to kill");
  accept(core, request.request, unit->id);
}

static void reset_unit(Core& core, Unit& unit) {
  if (!unit.is_untouched()) {
    if (const auto reset = operations_of(unit.type()).reset_failed; reset != nullptr) reset(core, unit);
    UnitRuntime& rt = unit.runtime.write();
    rt.start_limit = {};
    rt.start_limit_hit = false;
    rt.auto_start_stop_limit = {};
  }
  core.touch(unit);
  consider_garbage(core, unit.id);
}

void on_reset_failed(Core& core, const event::ResetFailed& request) {
  if (request.unit.empty()) {
    const std::vector<UnitId> all = core.units.all();
    for (UnitId id : all)
      if (Unit* unit = core.units.find(id)) reset_unit(core, *unit);
    return accept(core, request.request);
  }
  Unit* unit = find_loaded(core, request.request, request.unit);
  if (unit == nullptr) return;
  reset_unit(core, *unit);
  accept(core, request.request, unit->id);
}

void on_replace_config(Core& core, const event::ReplaceConfig& request) {
  Unit* unit = find_loaded(core, request.request, request.unit);
  if (unit == nullptr) return;
  if (unit->origin.load_state != LoadState::loaded)
    return reply(core, request.request, tl::unexpected(*load_state_error(*unit)));
  unit->config = *request.config;
  core.forget_files(*unit);
  if (!request.drop_ins.empty()) {  // they were just written
    auto& drop_ins = unit->origin.drop_in_paths.write();
    for (const std::string& path : request.drop_ins)
      if (std::find(drop_ins.begin(), drop_ins.end(), path) == drop_ins.end()) drop_ins.push_back(path);
    unit->origin.file_times.drop_ins = core.now.realtime;
    if (core.renewal.is_under_way()) core.source.refresh();
  }
  if (request.markers_mask != 0) unit->runtime.write().markers = (unit->runtime->markers & ~request.markers_mask) | request.markers;
  core.touch(*unit);
  if (!unit->runtime->cgroup.empty()) core.emit(effect::ApplyCgroup{unit->id, unit->runtime->cgroup});
  accept(core, request.request, unit->id);
}

void on_enqueue_marked(Core& core, const event::EnqueueMarked& request) {
  std::vector<JobId> jobs;
  bool failed = false;
  for (const UnitId id : core.units.all()) {
    const Unit& unit = std::as_const(core.units).get(id);
    if (unit.runtime->markers == 0) continue;
    const bool restart = (unit.runtime->markers & marker_bit(UnitMarker::needs_restart)) != 0;
    const JobType type = restart ? JobType::try_restart : prefer_reload(core, unit, JobType::try_restart);
    auto error = refuse_manual(unit, type);
    auto job = error ? Result<JobId>(tl::unexpected(std::move(*error))) : add_job(core, {id, type, JobMode::fail, request.cause});
    if (job) {
      jobs.push_back(*job);
    } else {
      failed = true;
      log_unit(core, unit, 4, fmt::format("{}: Failed to enqueue marked job: {}", unit.name.text(), job.error().message));
    }
  }
  if (failed) return refuse(core, request.request, ErrorCode::invalid_argument, "Failed to enqueue some jobs, see logs for details.");
  reply(core, request.request, effect::ReplyBody{JobId::none, UnitId::none, std::move(jobs)});
}

/// Whether a client may make a unit of that name out of nothing; makes it.
static Result<UnitId> make_transient(Core& core, const event::TransientUnit& wanted, const std::string& client) {
  const UnitType type = wanted.name.type();
  if (type != UnitType::service && type != UnitType::scope && type != UnitType::slice && type != UnitType::timer &&
      type != UnitType::path && type != UnitType::socket && type != UnitType::mount && type != UnitType::automount)
    return fail(ErrorCode::invalid_argument,
                fmt::format("Unit type {} does not support transient units.", unitparser::to_name(type)));
  if (wanted.name.is_template())
    return fail(ErrorCode::invalid_argument, fmt::format("Unit name {} is missing the instance name.", wanted.name.text()));
  const UnitId id = TRY(load_unit(core, wanted.name));
  Unit& unit = core.units.get(id);
  // A fragment in the transient folder is the one written for this request: the bus has refused all others before.
  const bool free = unit.origin.load_state == LoadState::not_found || unit.origin.transient ||
                    ((type == UnitType::slice || type == UnitType::scope) && unit.origin.fragment_path.empty() && !unit.origin.perpetual &&
                     unit.active_state() == ActiveState::inactive);
  if (!free || unit.job != JobId::none || !is_inactive_or_failed(unit.active_state()))
    return fail(ErrorCode::unit_exists,
                fmt::format("Unit {} was already loaded or has a fragment file.", wanted.name.text()));
  core.graph.take_back(id, drawn_sources);
  unit.origin.transient = true;
  unit.origin.fragment_path = unitparser::SharedText(wanted.fragment_path);
  if (type == UnitType::scope && wanted.pids.empty()) {
    log_unit(core, unit, 3, fmt::format("{}: Scope has no PIDs. Refusing.", wanted.name.text()));
    return fail(ErrorCode::not_found,
                fmt::format("Unit {} failed to load properly, please adjust/correct and reload service manager: No such file or directory",
                            wanted.name.text()));
  }
  if (type == UnitType::scope) {
    auto& rt = unit.write<ScopeRuntime>();
    rt.pids = wanted.pids;
    rt.controller = wanted.controller;
  }
  adopt_config(core, id, *wanted.config);
  if (wanted.markers != 0) core.units.get(id).runtime.write().markers = wanted.markers;
  if (wanted.add_ref) core.units.get(id).runtime.write().references.push_back(client);
  return id;
}

void on_start_transient(Core& core, const event::StartTransient& request) {
  UnitId first = UnitId::none;
  for (const event::TransientUnit& wanted : request.units) {
    auto id = make_transient(core, wanted, request.client);
    if (!id) {
      for (const event::TransientUnit& made : request.units)
        if (const UnitId known = core.units.find_id(made.name.text()); known != UnitId::none) consider_garbage(core, known);
      return reply(core, request.request, tl::unexpected(std::move(id.error())));
    }
    if (first == UnitId::none) first = *id;
  }
  if (first == UnitId::none) return refuse(core, request.request, ErrorCode::invalid_argument, "No unit to start.");
  if (auto error = load_state_error(core.units.get(first))) {
    consider_garbage(core, first);
    return reply(core, request.request, tl::unexpected(std::move(*error)));
  }
  auto refused = refuse_manual(core.units.get(first), JobType::start);
  auto job = refused ? tl::unexpected(std::move(*refused)) : add_job(core, {first, JobType::start, request.mode, request.cause});
  if (!job) {
    consider_garbage(core, first);
    return reply(core, request.request, tl::unexpected(std::move(job.error())));
  }
  accept(core, request.request, first, *job);
}

void on_attach_processes(Core& core, const event::AttachProcesses& request) {
  Unit* unit = find_loaded(core, request.request, request.unit);
  if (unit == nullptr) return;
  if (!unitparser::type_has_cgroup(unit->type()) || unit->type() == UnitType::slice ||
      !unit->config.common->resource_basics->delegate)
    return refuse(core, request.request, ErrorCode::invalid_argument,
                  "Process migration not available on non-delegated units.");
  if (is_inactive_or_failed(unit->active_state()))
    return refuse(core, request.request, ErrorCode::invalid_argument, "Unit is not active, refusing.");
  realise_cgroup(core, *unit);
  std::string path = unit->runtime->cgroup;
  if (!request.subcgroup.empty() && request.subcgroup != "/") path += request.subcgroup;
  core.emit(effect::AttachToCgroup{path, request.pids});
  accept(core, request.request, unit->id);
}

void on_ref_unit(Core& core, const event::RefUnit& request) {
  auto id = load_unit(core, request.unit);
  if (!id) return reply(core, request.request, tl::unexpected(std::move(id.error())));
  Unit& unit = core.units.get(*id);
  if (auto error = load_state_error(unit)) return reply(core, request.request, tl::unexpected(std::move(*error)));
  unit.runtime.write().references.push_back(request.client);
  accept(core, request.request, *id);
}

void on_unref_unit(Core& core, const event::UnrefUnit& request) {
  Unit* unit = find_loaded(core, request.request, request.unit);
  if (unit == nullptr) return;
  auto& references = unit->runtime.write().references;
  auto at = std::find(references.begin(), references.end(), request.client);
  if (at == references.end())
    return refuse(core, request.request, ErrorCode::not_referenced, "Unit has not been referenced yet.");
  references.erase(at);
  consider_garbage(core, unit->id);
  accept(core, request.request, unit->id);
}

void on_client_gone(Core& core, const event::ClientGone& gone) {
  for (UnitId id : core.units.all()) {
    const Unit& unit = std::as_const(core.units).get(id);  // to look at a unit does not make it one to be saved
    const auto& references = unit.runtime->references;
    if (std::find(references.begin(), references.end(), gone.client) != references.end()) {
      std::erase(core.units.get(id).runtime.write().references, gone.client);
      consider_garbage(core, id);
    }
    if (unit.type() == UnitType::scope && unit.read<ScopeRuntime>().controller == gone.client)
      core.units.get(id).write<ScopeRuntime>().controller.clear();
  }
}

void on_clean_unit(Core& core, const event::CleanUnit& request) {
  Unit* unit = find_loaded(core, request.request, request.unit);
  if (unit == nullptr) return;
  if (auto error = load_state_error(*unit)) return reply(core, request.request, tl::unexpected(std::move(*error)));
  const auto clean = operations_of(unit->type()).clean;
  const bool has_folders = unitparser::type_has_exec(unit->type());
  if (clean == nullptr && !has_folders)
    return refuse(core, request.request, ErrorCode::not_supported,
                  fmt::format("Unit '{}' does not support cleaning.", unit->name.text()));
  if (unit->active_state() != ActiveState::inactive || unit->job != JobId::none)
    return refuse(core, request.request, ErrorCode::busy, "Unit is not inactive or has pending job.");
  std::uint32_t present = 0;
  if (has_folders) {
    const auto& directories = unit->config.common->exec_provided->directories;
    for (std::size_t kind = 0; kind < directories.size(); ++kind)
      if (!directories[kind].directories.empty()) present |= 1U << kind;
  }
  if (unit->type() == UnitType::timer && unit->config.common->timer->persistent) present |= 1U << static_cast<unsigned>(unitparser::DirectoryKind::state);
  if ((request.what & present) == 0) return refuse(core, request.request, ErrorCode::nothing_to_clean, "No matching resources found.");
  // Only a service shows that it is being cleaned.
  if (clean != nullptr) clean(core, *unit, request.what);
  else core.emit(effect::CleanDirectories{unit->id, request.what});
  accept(core, request.request, unit->id);
}

/// Freezes or thaws what is up of a unit; of a slice, also each unit in it.
static void set_frozen(Core& core, Unit& unit, bool freeze) {
  if (unit.type() == UnitType::slice)
    for (const UnitId member : core.graph.others(unit.id, DependencyKind::slice_of)) {
      Unit& other = core.units.get(member);
      if (can_freeze(other.type()) && other.active_state() == ActiveState::active && !other.runtime->cgroup.empty()) set_frozen(core, other, freeze);
    }
  FreezerState& state = unit.runtime.write().freezer;
  if (freeze == (state == FreezerState::frozen || state == FreezerState::freezing)) return;
  state = freeze ? FreezerState::freezing : FreezerState::thawing;
  core.emit(effect::SetFrozen{unit.id, unit.runtime->cgroup, freeze});
  core.touch(unit);
}

void on_freeze_unit(Core& core, const event::FreezeUnit& request) {
  Unit* unit = find_loaded(core, request.request, request.unit);
  if (unit == nullptr) return;
  if (!can_freeze(unit->type()))
    return refuse(core, request.request, ErrorCode::not_supported,
                  fmt::format("Unit '{}' does not support freezing.", unit->name.text()));
  if (unit->active_state() != ActiveState::active || unit->runtime->cgroup.empty())
    return refuse(core, request.request, ErrorCode::unit_inactive, "Unit is inactive.");
  if (unit->job != JobId::none)
    return refuse(core, request.request, ErrorCode::busy, "Unit has a pending job.");
  set_frozen(core, *unit, request.freeze);
  accept(core, request.request, unit->id);
}

void on_abandon_scope(Core& core, const event::AbandonScope& request) {
  Unit* unit = find_loaded(core, request.request, request.unit);
  if (unit == nullptr) return;
  if (unit->origin.perpetual) return refuse(core, request.request, ErrorCode::permission_denied, "Operation not permitted");
  if (unit->type() != UnitType::scope || !abandon_scope(core, *unit))
    return refuse(core, request.request, ErrorCode::scope_not_running,
                  fmt::format("Scope {} is not running, cannot abandon.", unit->name.text()));
  accept(core, request.request, unit->id);
}

}  // namespace init
