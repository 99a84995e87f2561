// Writing and reading of snapshots: what is true now, not what files say. [pure]
#include "init/engine/snapshot.h"

#include <algorithm>
#include <utility>

#include "init/engine/jobs.h"
#include "init/engine/loading.h"
#include "init/engine/snapshot_codec.h"
#include "init/machines/machine_types.h"

namespace init {
namespace {

constexpr std::string_view format_name = "incipit-engine-1";

/// Whether there is anything to remember of a unit.
bool has_memory(const Unit& unit) {
  return unit.active_state() != ActiveState::inactive || unit.job != JobId::none || unit.nop_job != JobId::none ||
         unit.runtime->times.state_change.is_set() || unit.runtime->times.condition.is_set() || unit.origin.transient ||
         !unit.runtime->references.empty() || unit.origin.perpetual || !unit.runtime->cgroup.empty() ||
         unit.type() == UnitType::device || unit.type() == UnitType::mount || unit.type() == UnitType::swap;
}

UnitId unit_of_snapshot(Core& core, std::string_view name) {
  auto parsed = UnitName::parse(name);
  return parsed && !parsed->is_template() ? unit_for_edge(core, *parsed) : UnitId::none;
}

void write_unit(SnapshotWriter& writer, const Unit& unit) {
  writer.word("unit");
  writer.word(unit.name.text());
  writer.value(unit.origin.perpetual);
  writer.value(unit.origin.transient);
  writer.value(unit.config.description.str());
  writer.value(*unit.runtime);
  std::visit([&](const auto& runtime) { writer.value(*runtime); }, unit.type_runtime);
}

void write_edges(SnapshotWriter& writer, const Core& core, UnitId unit) {
  for (const Edge& edge : core.graph.edges(unit))
    for (const EdgeSource source : {EdgeSource::udev, EdgeSource::transient}) {
      if (!edge.said().has(source)) continue;
      writer.word("edge");
      writer.value(unit);
      writer.value(edge.kind);
      writer.value(edge.other);
      writer.value(static_cast<int>(source));
    }
}

/// The kinds of parts, in the order in which they are read.
enum class PartKind : std::uint8_t { head = 1, unit, edges, job };
StateKey key_of(PartKind kind, std::uint32_t number) { return StateKey{static_cast<std::uint8_t>(kind)} << 32U | number; }

/// Writes single parts, each in the same buffer.
class PartWriter {
 public:
  PartWriter(const Core& core, const SavePart& save) : core_(core), save_(save), writer_(core) {}

  void head() {
    writer_.word(format_name);
    writer_.value(core_.jobs.last_id);
    writer_.value(core_.last_spawn);
    writer_.value(core_.jobs.installed);
    writer_.value(core_.jobs.failed);
    writer_.value(core_.options.service_watchdogs);
    end(key_of(PartKind::head, 0));
  }
  void unit(UnitId id) {
    if (const Unit* unit = core_.units.find(id); unit != nullptr && has_memory(*unit)) write_unit(writer_, *unit);
    end(key_of(PartKind::unit, static_cast<std::uint32_t>(id)));
  }
  void edges(UnitId id) {
    if (core_.units.find(id) != nullptr) write_edges(writer_, core_, id);
    end(key_of(PartKind::edges, static_cast<std::uint32_t>(id)));
  }
  void job(JobId id) {
    if (const Job* job = core_.jobs.find(id)) {
      writer_.word("job");
      writer_.value(*job);
    }
    end(key_of(PartKind::job, static_cast<std::uint32_t>(id)));
  }

 private:
  void end(StateKey key) {
    save_(key, writer_.text());
    writer_.clear();
  }
  const Core& core_;
  const SavePart& save_;
  SnapshotWriter writer_;
};

/// Units and jobs that mention, by name, one that is gone now are to be saved again.
void mark_mentions_of_removed(Core& core) {
  const std::vector<UnitId> removed = core.units.take_removed();
  if (removed.empty()) return;
  std::vector<bool> is_removed(core.units.slots());
  for (const UnitId id : removed) is_removed[index_of(id)] = true;
  bool mentioned = false;
  const auto note = [&](UnitId id) { mentioned = mentioned || (id != UnitId::none && is_removed[index_of(id)]); };
  for (const UnitId id : core.units.all()) {
    const Unit& unit = std::as_const(core.units).get(id);
    mentioned = false;
    for_each_mention(*unit.runtime, note);
    std::visit([&](const auto& runtime) { for_each_mention(*runtime, note); }, unit.type_runtime);
    if (mentioned) (void)core.units.get(id);
  }
  for (const JobId id : core.jobs.ids()) {
    mentioned = false;
    for_each_mention(*std::as_const(core.jobs).find(id), note);
    if (mentioned) (void)core.jobs.find(id);
  }
}

void read_unit(Core& core, SnapshotReader& reader) {
  const std::string name(reader.word());
  bool perpetual = false;
  bool transient = false;
  std::string description;
  reader.value(perpetual);
  reader.value(transient);
  reader.value(description);
  UnitRuntime common;
  reader.value(common);
  const UnitId id = unit_of_snapshot(core, name);
  if (id == UnitId::none) {
    reader.skip();
    return;
  }
  Unit& unit = core.units.get(id);
  unit.origin.perpetual = unit.origin.perpetual || perpetual;
  unit.origin.transient = unit.origin.transient || transient;
  // The type's part is read before the files are, so that a mount without one counts as loaded.
  std::visit(
      [&]<class T>(Shared<T>& runtime) {
        T value;
        reader.value(value);
        runtime = Shared<T>::unless_default(std::move(value));
      },
      unit.type_runtime);
  const bool was_failed = unit.active_state() == ActiveState::failed;
  unit.runtime = Shared<UnitRuntime>::unless_default(std::move(common));
  if (unit.active_state() == ActiveState::failed && !was_failed) ++core.failed_units;
  if (!unit.runtime->cgroup.empty()) core.index.cgroups[unit.runtime->cgroup] = id;
  process_load_queue(core);
  Unit* again = core.units.find(id);
  if (again != nullptr && again->config.description.empty() && !description.empty()) {
    again->config.description = unitparser::SharedText(description);
    core.forget_files(*again);
  }
}

void read_edge(Core& core, SnapshotReader& reader) {
  UnitId from{};
  DependencyKind kind{};
  UnitId to{};
  int source = 0;
  reader.value(from);
  reader.value(kind);
  reader.value(to);
  reader.value(source);
  if (core.units.find(from) == nullptr || core.units.find(to) == nullptr) return;
  core.graph.add(from, kind, to, static_cast<EdgeSource>(source), {});
}

void read_job(Core& core, SnapshotReader& reader) {
  Job job;
  reader.value(job);
  Unit* unit = core.units.find(job.unit);
  if (unit == nullptr || job.id == JobId::none) return;
  const bool queued = std::exchange(job.in_run_queue, false);
  (job.type == JobType::nop ? unit->nop_job : unit->job) = job.id;
  core.jobs.last_id = std::max(core.jobs.last_id, static_cast<std::uint32_t>(job.id));
  core.jobs_were_installed = true;
  Job& kept = core.jobs.insert(std::move(job));
  if (queued) queue_job(core, kept);
}

/// Processes that were asked for when the old image ended never came: their unit hears that.
void rearm_unit(Core& core, UnitId id) {
  Unit* unit = core.units.find(id);
  if (unit == nullptr || unit->is_untouched()) return;
  if (unit->type() == UnitType::device) {
    const auto& runtime = unit->read<DeviceRuntime>();
    if (!runtime.sysfs_path.empty()) core.index.sysfs[runtime.sysfs_path].push_back(id);
  }
  std::visit(
      [&](const auto& shared) {
        const auto& runtime = *shared;
        const auto take = [&](const ProcessSlot& slot) {
          if (slot.pending != SpawnId::none) core.index.spawns[static_cast<std::uint64_t>(slot.pending)] = id;
          core.last_spawn = std::max(core.last_spawn, static_cast<std::uint64_t>(slot.pending));
        };
        if constexpr (requires { runtime.main.process; }) {
          take(runtime.main.process);
          take(runtime.control.process);
        } else if constexpr (requires { runtime.control.pending; }) {
          take(runtime.control);
        }
      },
      unit->type_runtime);
  if (const auto rearm = operations_of(unit->type()).rearm; rearm != nullptr) rearm(core, *unit);
  if (!unit->runtime->cgroup.empty()) core.emit(effect::RealiseCgroup{id, unit->runtime->cgroup});
}

}  // namespace

void write_snapshot(const Core& core, const SavePart& save) {
  PartWriter parts(core, save);
  parts.head();
  for (const UnitId id : core.units.all()) parts.unit(id);
  for (const UnitId id : core.units.all()) parts.edges(id);
  for (const JobId id : core.jobs.ids()) parts.job(id);
}

void save_all(Core& core, const SavePart& save) {
  (void)core.units.take_unsaved();
  (void)core.units.take_names_changed();
  (void)core.units.take_removed();
  (void)core.graph.take_unsaved();
  (void)core.jobs.take_unsaved();
  write_snapshot(core, save);
}

void save_changes(Core& core, const SavePart& save) {
  PartWriter parts(core, save);
  mark_mentions_of_removed(core);
  const auto units = core.units.take_unsaved();
  const auto edges = core.graph.take_unsaved();
  const auto jobs = core.jobs.take_unsaved();
  const bool all = core.units.take_names_changed();
  const auto is_left_to_all = [&](UnitId id) { return all && std::as_const(core.units).find(id) != nullptr; };
  for (const UnitId id : units)
    if (!is_left_to_all(id)) parts.unit(id);
  for (const UnitId id : edges)
    if (!is_left_to_all(id)) parts.edges(id);
  for (const JobId id : jobs)
    if (!all || std::as_const(core.jobs).find(id) == nullptr) parts.job(id);
  if (all) return write_snapshot(core, save);
  parts.head();
}

Result<bool> read_snapshot(Core& core, std::string_view text) {
  SnapshotReader reader(core, text, unit_of_snapshot);
  if (reader.word() != format_name) return fail(ErrorCode::protocol, "This is no snapshot of an engine.");
  reader.value(core.jobs.last_id);
  reader.value(core.last_spawn);
  reader.value(core.jobs.installed);
  reader.value(core.jobs.failed);
  reader.value(core.options.service_watchdogs);
  core.started = true;
  name_perpetual_units(core);  // before any of them is loaded for the sake of another
  while (!reader.at_end()) {
    const std::string_view what = reader.word();
    if (what == "unit")
      read_unit(core, reader);
    else if (what == "edge")
      read_edge(core, reader);
    else if (what == "job")
      read_job(core, reader);
    else
      return fail(ErrorCode::protocol, "A snapshot has a part that is not known.");
  }
  if (reader.failed()) return fail(ErrorCode::protocol, "A snapshot is damaged.");
  process_load_queue(core);
  const std::vector<UnitId> all = core.units.all();
  for (UnitId id : all) rearm_unit(core, id);
  for (const JobId id : core.jobs.ids()) rearm_job(core, *core.jobs.find(id));
  recount_blockers(core);
  return true;
}

}  // namespace init
