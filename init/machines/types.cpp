// The table of types, and what can be said of a unit without knowing its machine. [pure]
#include <fmt/format.h>

#include "init/machines/machine_types.h"

namespace init {

const TypeOperations& operations_of(UnitType type) {
  switch (type) {
    case UnitType::service: return service_operations;
    case UnitType::mount: return mount_operations;
    case UnitType::swap: return swap_operations;
    case UnitType::socket: return socket_operations;
    case UnitType::target: return target_operations;
    case UnitType::device: return device_operations;
    case UnitType::automount: return automount_operations;
    case UnitType::timer: return timer_operations;
    case UnitType::path: return path_operations;
    case UnitType::slice: return slice_operations;
    case UnitType::scope: break;
  }
  return scope_operations;
}

std::string mount_point_of(const Unit& unit) {
  const std::string& where =
      unit.type() == UnitType::automount ? unit.config.common->automount->where : unit.config.common->mount->where;
  if (!where.empty()) return where;
  return unitparser::path_from_name(unit.name).value_or("/");
}

std::string swap_device_of(const Unit& unit) {
  if (!unit.config.common->swap->what.empty()) return unit.config.common->swap->what;
  return unitparser::path_from_name(unit.name).value_or("/");
}

void verify_loaded_unit(Core& core, Unit& unit) {
  if (const auto verify = operations_of(unit.type()).verify; verify != nullptr) verify(core, unit);
}
bool type_keeps_unit(Core& core, const Unit& unit) {
  const auto keeps = operations_of(unit.type()).keeps_unit;
  return keeps != nullptr && keeps(core, unit);
}
void release_type(Core& core, Unit& unit) {
  if (const auto release = operations_of(unit.type()).release; release != nullptr) release(core, unit);
}
void forget_type(Core& core, Unit& unit) {
  if (const auto forget = operations_of(unit.type()).forget; forget != nullptr) forget(core, unit);
}

UnitId following_of(const Unit& unit) {
  if (unit.type() == UnitType::device) return unit.read<DeviceRuntime>().following;
  if (unit.type() == UnitType::swap) return unit.read<SwapRuntime>().following;
  return UnitId::none;
}

std::vector<UnitId> following_set(const Core& core, const Unit& unit) {
  std::vector<UnitId> result;
  if (unit.type() == UnitType::device) {
    auto at = core.index.sysfs.find(unit.read<DeviceRuntime>().sysfs_path);
    if (at == core.index.sysfs.end()) return result;
    for (UnitId id : at->second)
      if (id != unit.id) result.push_back(id);
  } else if (unit.type() == UnitType::swap) {
    const std::string& device = unit.read<SwapRuntime>().kernel_device;
    if (device.empty()) return result;
    for (UnitId id : core.units.all()) {
      const Unit& other = core.units.get(id);
      if (id != unit.id && other.type() == UnitType::swap &&
          other.read<SwapRuntime>().kernel_device == device)
        result.push_back(id);
    }
  }
  return result;
}

pid_t main_pid_of(const Unit& unit) {
  return unit.type() == UnitType::service ? unit.read<ServiceRuntime>().main.process.pid : 0;
}
pid_t control_pid_of(const Unit& unit) {
  switch (unit.type()) {
    case UnitType::service: return unit.read<ServiceRuntime>().control.process.pid;
    case UnitType::socket: return unit.read<SocketRuntime>().control.pid;
    case UnitType::mount: return unit.read<MountRuntime>().control.pid;
    case UnitType::swap: return unit.read<SwapRuntime>().control.pid;
    default: return 0;
  }
}

void refuse_unit(Core& core, Unit& unit, std::string message) {
  log_unit(core, unit, 3, fmt::format("{}: {}", unit.name.text(), message));
  unit.origin.load_state = LoadState::bad_setting;
  unit.origin.load_error.write() = {ErrorCode::bad_unit_setting, 0, fmt::format("Unit {} has a bad unit file setting.", unit.name.text()), {}};
}

}  // namespace init
