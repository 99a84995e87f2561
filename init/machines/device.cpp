// Devices. They are never started by us: a start waits for udev. COMPAT: systemd.device(5). [pure]
#include "init/machines/device.h"

#include <algorithm>

#include "init/engine/loading.h"
#include "init/engine/propagation.h"
#include "init/engine/unit_actions.h"
#include "init/machines/unit_machine.h"

namespace init {
namespace {

using enum DeviceState;
enum class DeviceEvent : std::uint8_t { found, lost, stop };

struct DeviceMachine;
struct DeviceContext : MachineContext<DeviceRuntime> {
  using Machine = DeviceMachine;
};
struct DeviceMachine : MachineOf<DeviceContext, DeviceEvent::stop> {
  static const MachineTables<DeviceMachine> tables;
  static void commit(DeviceContext& c, DeviceState state);
};

/// udev decides; a table of the kernel only hints.
DeviceState settle(DeviceContext& c) {
  if (c.rt.by_udev) return plugged;
  return c.rt.by_mount || c.rt.by_swap ? tentative : dead;
}

using R = Rule<DeviceMachine>;
constexpr std::array rules{
    //  in states                     on                                          do
    R{in(dead, tentative, plugged), in(DeviceEvent::found, DeviceEvent::lost), settle},
    R{in(dead, tentative, plugged), in(DeviceEvent::stop), ignore},  // we unplug nothing
};
constexpr std::array state_rows{
    StateRow<DeviceMachine>{dead, ActiveState::inactive, settle},
    StateRow<DeviceMachine>{tentative, ActiveState::activating, settle},
    StateRow<DeviceMachine>{plugged, ActiveState::active, settle},
};
constinit const MachineTables<DeviceMachine> DeviceMachine::tables = tables_of<DeviceMachine>(rules, state_rows);

void DeviceMachine::commit(DeviceContext& c, DeviceState state) {
  become(c, state, tables.row(state).active);
}

void run(Core& core, Unit& unit, DeviceEvent event) { run_event<DeviceMachine>(core, unit, event); }

/// A start waits: the job runs until the device is plugged or its deadline passes.
ActionOutcome wait_for_udev(Core&, Unit&) { return ActionOutcome::ok; }

Unit* device_unit(Core& core, const std::string& path) {
  auto name = unitparser::name_from_path(path, UnitType::device);
  if (!name) return nullptr;
  auto id = load_unit(core, *name);
  return id ? core.units.find(*id) : nullptr;
}

/// SYSTEMD_WANTS=: templates are filled with the escaped sysfs path of the device.
std::vector<UnitName> wanted_units(const event::Device& device) {
  std::vector<UnitName> result;
  for (const std::string& word : device.wants) {
    auto name = UnitName::parse(word);
    if (!name) continue;
    if (name->is_template()) {
      auto instance = unitparser::escape_path(device.sysfs_path);
      if (!instance) continue;
      name = name->with_instance(*instance);
      if (!name) continue;
    }
    result.push_back(*name);
  }
  return result;
}

/// What udev no longer says is perhaps no longer needed.
void take_back_wants(Core& core, const Unit& unit) {
  std::vector<UnitId> wanted;
  for (const Edge& edge : core.graph.edges(unit.id))
    if (edge.said().has(EdgeSource::udev)) wanted.push_back(edge.other);
  core.graph.take_back(unit.id, EdgeSource::udev);
  for (const UnitId other : wanted) consider_garbage(core, other);
}

void renew_wants(Core& core, Unit& unit, const std::vector<UnitName>& wanted) {
  auto& rt = unit.write<DeviceRuntime>();
  std::vector<std::string> names;
  for (const UnitName& name : wanted) names.push_back(name.text());
  if (names == rt.wants) return;
  const std::vector<std::string> before = rt.wants;
  rt.wants = names;
  take_back_wants(core, unit);
  std::vector<UnitId> fresh;
  for (const UnitName& name : wanted) {
    const UnitId other = unit_for_edge(core, name);
    core.graph.add(unit.id, DependencyKind::wants, other, EdgeSource::udev, {});
    if (std::find(before.begin(), before.end(), name.text()) == before.end()) fresh.push_back(other);
  }
  process_load_queue(core);
  // A plugged device that comes to want more gets it now; a fresh one when it becomes plugged.
  if (rt.state == plugged)
    for (UnitId other : fresh)
      if (const Unit* u = core.units.find(other); u != nullptr && !is_active_or_reloading(u->active_state()))
        try_add_job(core, other, JobType::start, JobMode::fail, Cause::of(CauseKind::trigger_device, unit.id));
}

void set_description(Core& core, Unit& unit, const std::string& text) {
  if (unit.config.description == text || text.empty()) return;
  unit.config.description = unitparser::SharedText(text);
  core.forget_files(unit);
  core.touch(unit);
}

void update(Core& core, Unit& unit, const event::Device& device, UnitId main, const std::vector<UnitName>& wanted) {
  auto& rt = unit.write<DeviceRuntime>();
  if (rt.sysfs_path != device.sysfs_path) {
    if (!rt.sysfs_path.empty()) std::erase(core.index.sysfs[rt.sysfs_path], unit.id);
    rt.sysfs_path = device.sysfs_path;
    core.index.sysfs[device.sysfs_path].push_back(unit.id);
  }
  // COMPAT: everything below /sys is a device of its own, also the names that udev gives there.
  const bool is_of_sysfs = unit.name.text().starts_with("sys-");
  rt.following = main == unit.id || is_of_sysfs ? UnitId::none : main;
  rt.bind_mounts = device.bind_mounts;
  rt.by_udev = device.ready;
  set_description(core, unit, device.description.empty() ? device.sysfs_path : device.description);
  renew_wants(core, unit, wanted);
  run(core, unit, device.ready ? DeviceEvent::found : DeviceEvent::lost);
}

void lose(Core& core, Unit& unit) {
  auto& rt = unit.write<DeviceRuntime>();
  rt.by_udev = false;
  rt.by_mount = rt.by_swap = false;
  run(core, unit, DeviceEvent::lost);
  take_back_wants(core, unit);
  rt.wants.clear();
}

bool keeps(const Core&, const Unit& unit) { return unit.read<DeviceRuntime>().state != dead; }

void forget(Core& core, Unit& unit) {
  auto at = core.index.sysfs.find(unit.read<DeviceRuntime>().sysfs_path);
  if (at == core.index.sysfs.end()) return;
  std::erase(at->second, unit.id);
  if (at->second.empty()) core.index.sysfs.erase(at);
}

}  // namespace

void device_event(Core& core, const event::Device& device) {
  auto known = core.index.sysfs.find(device.sysfs_path);
  const std::vector<UnitId> before = known == core.index.sysfs.end() ? std::vector<UnitId>{} : known->second;
  if (device.action == event::DeviceAction::removed) {
    for (UnitId id : before)
      if (Unit* unit = core.units.find(id)) lose(core, *unit);
    core.index.sysfs.erase(device.sysfs_path);
    for (UnitId id : before)
      if (Unit* unit = core.units.find(id)) {
        unit->write<DeviceRuntime>().sysfs_path.clear();
        consider_garbage(core, id);
      }
    return;
  }
  const std::vector<UnitName> wanted = wanted_units(device);
  std::vector<std::string> paths{device.sysfs_path};
  if (!device.device_node.empty()) paths.push_back(device.device_node);
  paths.insert(paths.end(), device.symlinks.begin(), device.symlinks.end());
  paths.insert(paths.end(), device.aliases.begin(), device.aliases.end());
  UnitId main = UnitId::none;
  std::vector<UnitId> now;
  for (const std::string& path : paths) {
    if (!path.starts_with('/')) continue;
    Unit* unit = device_unit(core, path);
    if (unit == nullptr) continue;
    if (main == UnitId::none) main = unit->id;
    auto& rt = unit->write<DeviceRuntime>();
    // Two devices claim one link: the one that has it keeps it while it is there.
    if (!rt.sysfs_path.empty() && rt.sysfs_path != device.sysfs_path && rt.by_udev) continue;
    now.push_back(unit->id);
    update(core, *unit, device, main, wanted);
  }
  for (UnitId id : before)
    if (std::find(now.begin(), now.end(), id) == now.end())
      if (Unit* unit = core.units.find(id)) {
        lose(core, *unit);
        unit->write<DeviceRuntime>().sysfs_path.clear();
        std::erase(core.index.sysfs[device.sysfs_path], id);
        consider_garbage(core, id);
      }
}

void device_named_by_table(Core& core, const std::string& node, DeviceUser user, bool present) {
  if (!node.starts_with("/dev/") || core.options.user_manager || !is_supported(core, UnitType::device)) return;
  auto name = unitparser::name_from_path(node, UnitType::device);
  if (!name) return;
  const UnitId id = present ? load_unit(core, *name).value_or(UnitId::none) : core.units.find_id(name->text());
  Unit* unit = core.units.find(id);
  if (unit == nullptr) return;
  auto& rt = unit->write<DeviceRuntime>();
  (user == DeviceUser::mount ? rt.by_mount : rt.by_swap) = present;
  run(core, *unit, present ? DeviceEvent::found : DeviceEvent::lost);
  if (!present) consider_garbage(core, id);
}

const TypeOperations device_operations{
    .type = UnitType::device,
    .start = wait_for_udev,
    .keeps_unit = keeps,
    .forget = forget,
};

}  // namespace init
