// Keeping of units and their names. [pure]
#include "init/engine/unit_table.h"

#include <algorithm>

#include "unitparser/base/check.h"

namespace init {
namespace {

TypeRuntime fresh_runtime(UnitType type) {
  switch (type) {
    case UnitType::service: return Shared<ServiceRuntime>();
    case UnitType::mount: return Shared<MountRuntime>();
    case UnitType::swap: return Shared<SwapRuntime>();
    case UnitType::socket: return Shared<SocketRuntime>();
    case UnitType::target: break;
    case UnitType::device: return Shared<DeviceRuntime>();
    case UnitType::automount: return Shared<AutomountRuntime>();
    case UnitType::timer: return Shared<TimerRuntime>();
    case UnitType::path: return Shared<PathRuntime>();
    case UnitType::slice: return Shared<SliceRuntime>();
    case UnitType::scope: return Shared<ScopeRuntime>();
  }
  return Shared<TargetRuntime>();
}

}  // namespace

Unit& UnitTable::create(const UnitName& name) {
  // Ids are never reused: an event that comes late for a unit that is gone must not hit another one.
  const UnitId id{static_cast<std::uint32_t>(units_.size())};
  auto unit = std::make_unique<Unit>();
  unit->id = id;
  unit->name = name;
  unit->type_runtime = fresh_runtime(name.type());
  CHECK(find_id(name.text()) == UnitId::none);
  names_.insert(name.text(), id);
  units_.push_back(std::move(unit));
  order_.push_back(id);
  return mark(*units_.back());
}

bool UnitTable::add_alias(UnitId id, const UnitName& name) {
  if (const UnitId known = find_id(name.text()); known != UnitId::none) return known == id;
  names_.insert(name.text(), id);
  get(id).aliases.write().push_back(name);
  return true;
}

void UnitTable::rename(UnitId id, const UnitName& name) {
  Unit& unit = get(id);
  if (unit.name == name) return;
  const UnitId known = find_id(name.text());
  CHECK(known == UnitId::none || known == id);
  if (known == UnitId::none) names_.insert(name.text(), id);
  auto& aliases = unit.aliases.write();
  std::erase(aliases, name);
  aliases.push_back(unit.name);
  unit.name = name;
  names_changed_ = true;
}

void UnitTable::absorb(UnitId from, UnitId into) {
  Unit& gone = get(from);
  Unit& stays = get(into);
  std::vector<UnitName> names = *gone.aliases;
  names.push_back(gone.name);
  for (const UnitName& name : names) {
    names_.erase(name.text(), from);
    names_.insert(name.text(), into);
    stays.aliases.write().push_back(name);
  }
  order_.erase(std::find(order_.begin(), order_.end(), from));
  units_[index_of(from)].reset();
  names_changed_ = true;
}

void UnitTable::remove(UnitId id) {
  Unit& unit = get(id);
  for (const UnitName& alias : *unit.aliases) names_.erase(alias.text(), id);
  names_.erase(unit.name.text(), id);
  order_.erase(std::lower_bound(order_.begin(), order_.end(), id));
  units_[index_of(id)].reset();
  removed_.push_back(id);
}

std::vector<UnitId> UnitTable::take_unsaved() {
  for (const UnitId id : unsaved_)
    if (Unit* unit = units_[index_of(id)].get(); unit != nullptr) unit->unsaved = false;
  return std::exchange(unsaved_, {});
}

}  // namespace init
