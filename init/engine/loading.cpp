// Loading, renewing and unloading of units. [pure]
#include "init/engine/loading.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "init/engine/implicit_dependencies.h"
#include "init/machines/machine_types.h"
#include "unitparser/base/diagnostic_log.h"

namespace init {
namespace {

/// Types whose units need no file to be loaded.
bool needs_no_fragment(const Unit& unit) {
  switch (unit.type()) {
    case UnitType::device:
    case UnitType::slice: return true;
    case UnitType::mount: return unit.origin.perpetual || unit.read<MountRuntime>().kernel.has_value();
    case UnitType::swap: return unit.read<SwapRuntime>().kernel_priority.has_value();
    case UnitType::scope: return unit.origin.perpetual;
    default: return false;
  }
}

bool survives_isolate(UnitType type) {
  return type == UnitType::slice || type == UnitType::scope || type == UnitType::device || type == UnitType::swap ||
         type == UnitType::mount || type == UnitType::automount;
}

void draw_edges(Core& core, Unit& unit) {
  if (unit.origin.load_state != LoadState::loaded && !unit.origin.is_whole) {
    add_file_dependencies(core, unit);
    return;
  }
  if (unit.origin.load_state == LoadState::loaded && unit.type() == UnitType::timer) core.index.timers.insert(unit.id);
  add_file_dependencies(core, unit);
  add_implicit_dependencies(core, unit);
}

/// A unit that the manager itself stands for: there from the start, never started, stopped or unloaded.
struct PerpetualUnit {
  std::string_view name, manual;
  bool of_system_only;
};
constexpr std::array perpetual_units{PerpetualUnit{"-.slice", "man:systemd.special(7)", false}, PerpetualUnit{"init.scope", "man:systemd(1)", false},
                                     PerpetualUnit{"system.slice", "man:systemd.special(7)", true}, PerpetualUnit{"-.mount", "", false}};

/// What holds of them unless files say otherwise.
void settle_perpetual(Unit& unit) {
  auto& section = unit.config.unit.write();
  for (const PerpetualUnit& row : perpetual_units)
    if (row.name == unit.name.text() && unit.config.unit_documents->documentation.empty() && !row.manual.empty())
      unit.config.unit_documents.write().documentation.emplace_back(row.manual);
  section.ignore_on_isolate = true;
  section.default_dependencies = false;
  if (unit.type() == UnitType::mount) unit.config.common.write().exec_streams.write().standard_output = unitparser::ExecOutput::null;
  if (unit.type() != UnitType::scope) return;
  unit.origin.transient = true;  // COMPAT
  if (unit.config.description.empty()) unit.config.description = unitparser::SharedText("System and Service Manager");
}

void log_diagnostic(Core& core, const Unit& unit, const unitparser::Diagnostic& diagnostic) {
  unitparser::DiagnosticLog log = unitparser::log_of(diagnostic);
  log_unit(core, unit, log.priority, std::move(log.text), std::move(log.fields));
}

/// Takes over what the files say, without edges.
void take(Core& core, Unit& unit, unitparser::LoadedUnit&& loaded) {
  UnitOrigin& origin = unit.origin;
  origin.load_state = loaded.state;
  // COMPAT: a scope is made by a client, never by a file.
  if (unit.type() == UnitType::scope && loaded.state == LoadState::loaded && !loaded.transient && !origin.transient) origin.load_state = LoadState::not_found;
  origin.load_error = Shared<Error>::unless_default(std::move(loaded.error));
  const auto& sources = loaded.config.sources;
  origin.fragment_path = !sources.empty() && sources[0] == loaded.fragment_path ? sources[0] : unitparser::SharedText(loaded.fragment_path);
  origin.drop_in_paths = Shared<std::vector<std::string>>::unless_default(std::move(loaded.drop_in_paths));
  origin.transient = origin.transient || loaded.transient;
  origin.generated = loaded.generated;
  origin.is_whole = loaded.is_whole;
  origin.file_times = loaded.times;
  origin.loaded_at = core.now.realtime;
  core.renewal.forget(unit.id);
  unit.files = loaded.mark;
  unit.config = std::move(loaded.config);
  if (origin.load_state == LoadState::not_found && needs_no_fragment(unit)) {
    origin.load_state = LoadState::loaded;
    origin.load_error = {};
  }
  if (origin.perpetual) settle_perpetual(unit);
  if (origin.fragment_path.empty() && survives_isolate(unit.type()) && !unit.config.unit->ignore_on_isolate)
    unit.config.unit.write().ignore_on_isolate = true;
  for (const auto& diagnostic : loaded.diagnostics) log_diagnostic(core, unit, diagnostic);
  if (origin.load_state == LoadState::loaded) verify_loaded_unit(core, unit);
  if (origin.load_state != LoadState::loaded) core.forget_files(unit);  // why is said again at each reload
}

/// Moves the stub's edges and names to the unit that the files say it is, also in what triggers it.
UnitId merge_into(Core& core, UnitId stub, UnitId into) {
  core.graph.merge(stub, into);
  core.graph.for_each(into, Atom::triggered_by, [&](const Edge& edge) {
    std::visit(
        [&](auto& runtime) {
          if constexpr (requires { runtime->service; })
            if (runtime->service == stub) runtime.write().service = into;
        },
        core.units.get(edge.other).type_runtime);
  });
  core.units.absorb(stub, into);
  return into;
}

bool is_pristine(const Unit& unit) {
  return unit.job == JobId::none && unit.nop_job == JobId::none && is_inactive_or_failed(unit.active_state());
}

/// Gives the unit the names that its files give it. One that another unit has is asked for again at the next reload.
UnitId settle_names(Core& core, UnitId id, unitparser::LoadedUnit& loaded) {
  if (!(core.units.get(id).name == loaded.id) && !loaded.id.empty()) {
    const UnitId existing = core.units.find_id(loaded.id.text());
    if (existing == UnitId::none || existing == id) {
      core.units.rename(id, loaded.id);
    } else if (is_pristine(core.units.get(id))) {
      return merge_into(core, id, existing);
    } else {
      loaded.mark = {};
    }
  }
  for (const UnitName& alias : loaded.aliases) {
    if (alias.is_template()) continue;
    const UnitId other = core.units.find_id(alias.text());
    if (other == UnitId::none)
      core.units.add_alias(id, alias);
    else if (other != id && is_pristine(core.units.get(other)) &&
             core.units.get(other).origin.load_state != LoadState::loaded)
      merge_into(core, other, id);
    else if (other != id)
      loaded.mark = {};
  }
  return id;
}

UnitId load_one(Core& core, UnitId id) {
  const UnitName name = core.units.get(id).name;
  unitparser::LoadedUnit loaded = core.source.load(name);
  const UnitId settled = settle_names(core, id, loaded);
  if (settled != id) return UnitId::none;  // the other one is loaded or queued
  Unit& unit = core.units.get(id);
  take(core, unit, std::move(loaded));
  draw_edges(core, unit);
  return id;
}

void announce(Core& core, Unit& unit) {
  if (unit.announced) return;
  unit.announced = true;
  core.emit(effect::UnitNew{unit.id});
}

}  // namespace

UnitId unit_for_edge(Core& core, const UnitName& name) {
  if (const UnitId id = core.units.find_id(name.text()); id != UnitId::none) return id;
  Unit& unit = core.units.create(name);
  unit.in_load_queue = true;
  core.load_queue.push_back(unit.id);
  return unit.id;
}

void process_load_queue(Core& core) {
  std::vector<UnitId> fresh;
  // First in, first out; the queue grows while we read.
  for (std::size_t next = 0; next < core.load_queue.size(); ++next) {
    const UnitId id = core.load_queue[next];
    Unit* unit = core.units.find(id);
    if (unit == nullptr || !unit->in_load_queue) continue;
    unit->in_load_queue = false;
    if (load_one(core, id) != UnitId::none) fresh.push_back(id);
  }
  core.load_queue.clear();
  for (UnitId id : fresh) {
    Unit* unit = core.units.find(id);
    if (unit == nullptr) continue;
    add_target_ordering(core, *unit);
    announce(core, *unit);
    consider_garbage(core, id);
  }
  for (const UnitId id : fresh) core.graph.shrink(id);
}

Result<UnitId> load_unit(Core& core, const UnitName& name) {
  if (name.is_template())
    return fail(ErrorCode::invalid_argument,
                fmt::format("Unit name {} is missing the instance name.", name.text()));
  const std::string text = name.text();
  unit_for_edge(core, name);
  process_load_queue(core);
  const UnitId id = core.units.find_id(text);
  // A unit that was missing may exist by now: look again, as long as nothing hangs on it.
  Unit& unit = core.units.get(id);
  if ((unit.origin.load_state == LoadState::not_found || unit.origin.load_state == LoadState::error) &&
      is_pristine(unit) && unit.origin.loaded_at != core.now.realtime) {
    core.graph.take_back(id, drawn_sources);
    unit.in_load_queue = true;
    core.load_queue.push_back(id);
    process_load_queue(core);
  }
  consider_garbage(core, core.units.find_id(text));
  return core.units.find_id(text);
}

Result<UnitId> load_unit(Core& core, std::string_view name) {
  auto parsed = UnitName::parse(name);
  if (!parsed) return fail(ErrorCode::invalid_argument, fmt::format("Unit name {} is not valid.", name));
  const Unit* known = core.units.find(core.units.find_id(name));
  if (known == nullptr || known->origin.load_state == LoadState::not_found) core.source.look_again();
  return load_unit(core, *parsed);
}

void adopt_config(Core& core, UnitId id, const unitparser::UnitConfig& config) {
  Unit& unit = core.units.get(id);
  unit.in_load_queue = false;
  core.forget_files(unit);
  forget_required_mounts(core, id);
  unit.config = config;
  unit.origin.load_state = LoadState::loaded;
  unit.origin.load_error = {};
  unit.origin.loaded_at = core.now.realtime;
  if (survives_isolate(unit.type()) && !unit.origin.transient) unit.config.unit.write().ignore_on_isolate = true;
  verify_loaded_unit(core, unit);
  draw_edges(core, unit);
  process_load_queue(core);
  if (Unit* again = core.units.find(id)) {
    add_target_ordering(core, *again);
    announce(core, *again);
  }
}

namespace {

/// What the files say now of a unit; nothing: what they said before, or it lives in no file that the source knows.
std::optional<unitparser::LoadedUnit> look_at(Core& core, const Unit& unit) {
  if (unit.origin.transient && unit.origin.load_state == LoadState::loaded) return std::nullopt;
  if (core.source.is_unchanged(unit.name, unit.origin.fragment_path.str(), *unit.origin.drop_in_paths, unit.config.unit_documents->source_path, unit.files))
    return std::nullopt;
  return core.source.load(unit.name);
}

/// The same, as it was found out beforehand.
std::optional<unitparser::LoadedUnit> look_at(Core& core, const Unit& unit, Renewal& renewal) {
  if (renewal.is_unchanged(unit.id)) return std::nullopt;
  const auto known = renewal.loaded.find(unit.id);
  return known != renewal.loaded.end() ? std::move(known->second) : look_at(core, unit);
}

/// What decides about the edges of those who need something below a mount point.
struct MountFacts {
  std::string where;
  bool loaded = false;
  bool from_file = false;
  bool operator==(const MountFacts&) const = default;
};
MountFacts mount_facts(const Unit& unit) {
  if (unit.type() != UnitType::mount) return {};
  return {mount_point_of(unit), unit.origin.load_state == LoadState::loaded, !unit.origin.fragment_path.empty()};
}

/// One reload: takes over what changed in files, then draws anew the edges that may be others than before.
class Reloading {
 public:
  explicit Reloading(Core& core) : core_(core), renewal_(std::exchange(core.renewal, {})), is_redrawn_(core.units.slots()) {}

  void run() {
    const std::vector<UnitId> all = core_.units.all();
    for (const UnitId id : all)
      if (const Unit* unit = std::as_const(core_.units).find(id))
        if (auto loaded = look_at(core_, *unit, renewal_)) take_over(id, std::move(*loaded));
    draw();
    add_missing_mounts();
    process_load_queue(core_);
    for (const UnitId id : redrawn_)
      if (Unit* unit = core_.units.find(id)) add_target_ordering(core_, *unit);
    apply_cgroups(all);
    tell();
    core_.jobs.blockers_stale = true;
  }

 private:
  void redraw(UnitId id) {
    if (index_of(id) >= is_redrawn_.size() || is_redrawn_[index_of(id)]) return;
    is_redrawn_[index_of(id)] = true;
    redrawn_.push_back(id);
  }

  void take_over(UnitId id, unitparser::LoadedUnit&& loaded) {
    Unit& unit = core_.units.get(id);
    const auto aliases = unit.aliases;
    const UnitId settled = settle_names(core_, id, loaded);
    if (settled != id || !(aliases == unit.aliases)) {  // units may have become one: their neighbours speak of another one now
      core_.touch(core_.units.get(settled));
      for (const Edge& edge : core_.graph.edges(settled)) core_.touch(core_.units.get(edge.other));
    }
    if (settled != id) return redraw(settled);
    const MountFacts mount = mount_facts(unit);
    forget_required_mounts(core_, id);
    const unitparser::UnitConfig config = std::move(unit.config);
    const UnitOrigin origin = unit.origin;
    take(core_, unit, std::move(loaded));
    redraw(id);
    if (config != unit.config || origin.load_state != unit.origin.load_state || !(origin.fragment_path == unit.origin.fragment_path) ||
        !(origin.drop_in_paths == unit.origin.drop_in_paths) || !(aliases == unit.aliases))
      core_.touch(unit);  // clients need not hear that all stayed as it was
    if (const auto renewed = operations_of(unit.type()).renewed; renewed != nullptr && !unit.is_untouched()) renewed(core_, unit);
    if (unit.type() == UnitType::slice && config != unit.config) changed_slices_.insert(id);
    if (const MountFacts now = mount_facts(unit); !(now == mount)) {
      moved_mounts_.push_back(mount.where);
      moved_mounts_.push_back(now.where);
    }
  }

  void draw() {
    for (const std::string& where : moved_mounts_)
      if (const auto users = core_.index.mounts_for.find(where); users != core_.index.mounts_for.end())
        for (const UnitId user : users->second) redraw(user);
    std::sort(redrawn_.begin(), redrawn_.end());
    for (const UnitId id : redrawn_) add_up_edges(id, edges_before_);
    core_.graph.take_back_drawn(redrawn_);
    for (const UnitId id : redrawn_)
      if (Unit* unit = core_.units.find(id)) draw_edges(core_, *unit);
  }

  /// A mount that came into being although nobody speaks of it by name.
  void add_missing_mounts() {
    std::vector<UnitName> names;
    for (const auto& [path, users] : core_.index.mounts_for)
      if (const auto name = unitparser::name_from_path(path, UnitType::mount); name && core_.units.find_id(name->text()) == UnitId::none) names.push_back(*name);
    std::sort(names.begin(), names.end());
    for (const UnitName& name : names)
      if (core_.source.load(name).state != LoadState::not_found) unit_for_edge(core_, name);
  }

  /// What holds of a control group depends on the slices around it too.
  void apply_cgroups(const std::vector<UnitId>& units) {
    for (const UnitId id : units) {
      const Unit* unit = std::as_const(core_.units).find(id);
      if (unit == nullptr || unit->runtime->cgroup.empty()) continue;
      if (is_redrawn_[index_of(id)] || is_in_changed_slice(*unit)) core_.emit(effect::ApplyCgroup{id, unit->runtime->cgroup});
    }
  }
  [[nodiscard]] bool is_in_changed_slice(const Unit& unit) const {
    if (changed_slices_.empty()) return false;
    for (const Unit* slice = std::as_const(core_.units).find(unit.slice); slice != nullptr; slice = std::as_const(core_.units).find(slice->slice))
      if (changed_slices_.contains(slice->id)) return true;
    return false;
  }

  /// Of each unit what tells two sets of its edges apart, whatever their order: also by which of them the other end says.
  using EdgeSums = std::unordered_map<UnitId, std::uint64_t>;
  void add_edge(UnitId at, UnitId other, unitparser::DependencyKind kind, bool is_heard, EdgeSums& sums) const {
    if (index_of(at) >= is_redrawn_.size()) return;  // it is new
    std::uint64_t mixed = (std::uint64_t{index_of(other)} << 9U | static_cast<std::uint64_t>(kind) << 1U | std::uint64_t{is_heard}) * 0x9e3779b97f4a7c15U;
    mixed ^= mixed >> 29U;
    sums[at] += mixed * 0xbf58476d1ce4e5b9U;
  }
  /// Adds the unit's edges to its sum and to those at their other ends: a hub's own list, which may be long, is not looked at.
  void add_up_edges(UnitId id, EdgeSums& sums) const {
    if (index_of(id) < is_redrawn_.size()) sums.try_emplace(id);
    for (const Edge& edge : core_.graph.edges(id)) {
      add_edge(id, edge.other, edge.kind, !edge.heard().empty(), sums);
      add_edge(edge.other, id, unitparser::inverse_of(edge.kind), !edge.said().empty(), sums);
    }
  }

  /// Tells clients of the units whose edges changed; they may also be needed no longer.
  void tell() {
    EdgeSums edges_now;
    for (const UnitId id : redrawn_) add_up_edges(id, edges_now);
    for (std::size_t fresh = is_redrawn_.size(); fresh < core_.units.slots(); ++fresh) add_up_edges(UnitId{static_cast<std::uint32_t>(fresh)}, edges_now);
    for (const auto& [id, edges] : edges_before_) edges_now.try_emplace(id);  // it lost the last of them
    std::vector<std::pair<UnitId, std::uint64_t>> neighbourhood(edges_now.begin(), edges_now.end());
    std::sort(neighbourhood.begin(), neighbourhood.end());
    for (const auto& [id, edges] : neighbourhood) {
      if (std::as_const(core_.units).find(id) == nullptr) continue;
      const auto before = edges_before_.find(id);
      const bool changed = edges != (before == edges_before_.end() ? 0 : before->second);
      if (changed) core_.touch(core_.units.get(id));
      if (changed || is_redrawn_[index_of(id)]) consider_garbage(core_, id);
    }
  }

  Core& core_;
  Renewal renewal_;
  std::vector<bool> is_redrawn_;  ///< by number of the unit
  std::vector<UnitId> redrawn_;
  std::vector<std::string> moved_mounts_;
  std::unordered_set<UnitId> changed_slices_;
  EdgeSums edges_before_;  ///< those of redrawn units, at both ends
};

}  // namespace

bool prepare_reload(Core& core, std::size_t most) {
  constexpr std::size_t cost_of_reading = 8;  // times that of looking whether a file changed
  Renewal& renewal = core.renewal;
  if (!renewal.is_under_way()) renewal = {core.units.all(), 0, std::vector<bool>(core.units.slots()), {}};
  for (; most > 0 && renewal.looked_at < renewal.units.size(); ++renewal.looked_at) {
    const UnitId id = renewal.units[renewal.looked_at];
    const Unit* unit = std::as_const(core.units).find(id);
    if (unit == nullptr) continue;
    std::size_t cost = 1;
    if (auto loaded = look_at(core, *unit)) {
      renewal.loaded.emplace(id, std::move(*loaded));
      cost = cost_of_reading;
    } else {
      renewal.unchanged[index_of(id)] = true;
    }
    most -= std::min(most, cost);
  }
  return renewal.looked_at == renewal.units.size();
}

void forget_details(Core& core) {
  // To look at a unit does not make it one to be saved: most have nothing to forget.
  for (const UnitId id : core.units.all()) {
    const Unit& unit = std::as_const(core.units).get(id);
    const bool knows_commands = std::visit(
        [](const auto& runtime) {
          if constexpr (requires { runtime->command_status; }) return !runtime->command_status.empty();
          return false;
        },
        unit.type_runtime);
    if (unit.runtime->condition_verdicts.empty() && unit.runtime->assert_verdicts.empty() && !knows_commands) continue;
    Unit& changed = core.units.get(id);
    UnitRuntime& rt = changed.runtime.write();
    rt.condition_verdicts.clear();
    rt.assert_verdicts.clear();
    std::visit(
        [](auto& runtime) {
          if constexpr (requires { runtime->command_status; }) runtime.write().command_status.clear();
        },
        changed.type_runtime);
  }
}

void reload_all_units(Core& core) {
  forget_details(core);
  Reloading(core).run();
}

std::optional<Error> load_state_error(const Unit& unit) {
  const std::string& name = unit.name.text();
  switch (unit.origin.load_state) {
    case LoadState::loaded:
    case LoadState::merged: return std::nullopt;
    case LoadState::bad_setting:
      return Error{ErrorCode::bad_unit_setting, 0, fmt::format("Unit {} has a bad unit file setting.", name), {}};
    case LoadState::error:
      return Error{ErrorCode::load_failed, unit.origin.load_error->os_errno,
                   fmt::format("Unit {} failed to load properly, please adjust/correct and reload service manager: {}",
                               name, unit.origin.load_error->code == ErrorCode::load_failed ? unitparser::reason_of(*unit.origin.load_error) : unit.origin.load_error->message),
                   unit.origin.load_error->position};
    case LoadState::masked: return Error{ErrorCode::masked, 0, fmt::format("Unit {} is masked.", name), {}};
    case LoadState::stub:
    case LoadState::not_found: break;
  }
  return Error{ErrorCode::no_such_unit, 0, fmt::format("Unit {} not found.", name), {}};
}

void consider_garbage(Core& core, UnitId id) {
  Unit* unit = core.units.find(id);
  if (unit == nullptr || unit->in_gc_queue || unit->origin.perpetual) return;
  unit->in_gc_queue = true;
  core.reactions.garbage.push_back(id);
}

namespace {

/// Whether what OnSuccess= or OnFailure= of the unit started is still at it: it is told of the unit's end, see MONITOR_UNIT in
/// systemd.exec(5).
bool is_monitored(const Core& core, const Unit& unit) {
  const auto is_for_it = [&unit](const Cause& cause) {
    return cause.unit == unit.id && (cause.kind == CauseKind::on_success || cause.kind == CauseKind::on_failure);
  };
  bool monitored = false;
  for (const Atom atom : {Atom::on_success, Atom::on_failure})
    core.graph.for_each(unit.id, atom, [&](const Edge& edge) {
      const Unit& monitor = core.units.get(edge.other);
      const Job* job = core.jobs.find(monitor.job);
      monitored = monitored || (job != nullptr && is_for_it(job->cause)) ||
                  (!is_inactive_or_failed(monitor.active_state()) && is_for_it(monitor.runtime->last_cause));
    });
  return monitored;
}

/// Reasons of the unit's own to stay, whoever refers to it.
bool holds_itself(Core& core, const Unit& unit) {
  if (unit.origin.perpetual || unit.job != JobId::none || unit.nop_job != JobId::none) return true;
  if (!unit.runtime->references.empty()) return true;
  const ActiveState state = unit.active_state();
  const bool collect_failed = unit.config.unit->collect_mode == unitparser::CollectMode::inactive_or_failed;
  if (state != ActiveState::inactive && !(state == ActiveState::failed && collect_failed)) return true;
  if (!unit.runtime->cgroup.empty() && core.cgroup_populated(unit.runtime->cgroup)) return true;
  return type_keeps_unit(core, unit) || is_monitored(core, unit);
}

/// What is known of units while a queue of garbage is worked off: it only takes away units that are not held.
struct KnownHolds {
  std::unordered_set<UnitId> held, unheld;
};

/// Whether the unit, or one that mentions it, directly or through others, has a reason to stay.
bool is_held(Core& core, UnitId id, KnownHolds& known) {
  if (known.held.contains(id)) return true;
  if (known.unheld.contains(id)) return false;
  struct Step {
    UnitId unit;
    std::size_t from;  ///< index of the step that led here; the first leads to itself
  };
  std::vector<Step> queue{{id, 0}};
  std::unordered_set<UnitId> seen{id};
  // Everything on the way to a unit that stays is held by it.
  const auto held_through = [&](std::size_t step) {
    for (; step != 0; step = queue[step].from) known.held.insert(queue[step].unit);
    known.held.insert(id);
    return true;
  };
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const UnitId current = queue[next].unit;
    const Unit* unit = std::as_const(core.units).find(current);  // to look at a unit does not make it one to be saved
    if (unit == nullptr) continue;
    if (next == 0 && holds_itself(core, *unit)) return held_through(0);
    // Edges that others said about this unit: while they stay, it must be there to be looked at. Each is asked before it
    // is queued: hubs such as shutdown.target are mentioned by everybody, and the first answer settles it.
    for (const Edge& edge : core.graph.edges(current)) {
      if (edge.heard().empty() || known.unheld.contains(edge.other) || !seen.insert(edge.other).second) continue;
      if (known.held.contains(edge.other)) return held_through(next);
      const Unit* other = std::as_const(core.units).find(edge.other);
      if (other != nullptr && holds_itself(core, *other)) return held_through(next);
      queue.push_back({edge.other, next});
    }
  }
  known.unheld.merge(seen);
  return false;
}

void unload(Core& core, UnitId id) {
  Unit& unit = core.units.get(id);
  forget_type(core, unit);
  forget_required_mounts(core, id);
  core.index.timers.erase(id);
  if (!unit.runtime->cgroup.empty()) {
    core.index.cgroups.erase(unit.runtime->cgroup);
    core.emit(effect::TrimCgroup{id, unit.runtime->cgroup});
  }
  if (unit.active_state() == ActiveState::failed && core.failed_units > 0) --core.failed_units;
  std::vector<UnitId> neighbours;
  for (const Edge& edge : core.graph.edges(id)) neighbours.push_back(edge.other);
  core.graph.remove_unit(id);
  if (unit.announced) core.emit(effect::UnitRemoved{id, unit.name});
  if (unit.origin.transient && !unit.origin.fragment_path.empty()) core.emit(effect::RemoveTransient{unit.origin.fragment_path.str()});
  core.units.remove(id);
  for (UnitId neighbour : neighbours)
    if (Unit* other = core.units.find(neighbour); other != nullptr && is_inactive_or_failed(other->active_state()))
      consider_garbage(core, neighbour);
}

}  // namespace

void name_perpetual_units(Core& core) {
  for (const PerpetualUnit& row : perpetual_units)
    if (!row.of_system_only || !core.options.user_manager) core.units.get(unit_for_edge(core, *UnitName::parse(row.name))).origin.perpetual = true;
}

void collect_garbage(Core& core) {
  KnownHolds known;
  while (!core.reactions.garbage.empty()) {
    const UnitId id = core.reactions.garbage.front();
    core.reactions.garbage.pop_front();
    Unit* unit = core.units.find(id);
    if (unit == nullptr) continue;
    unit->in_gc_queue = false;
    if (unit->job == JobId::none && is_inactive_or_failed(unit->active_state())) release_type(core, *unit);
    if (is_held(core, id, known)) continue;
    unload(core, id);
  }
}

}  // namespace init
