// Entries of io.systemd.ManagedOOM. [pure]
#include "init/varlink/managed_oom.h"

#include "unitparser/base/enum_names.h"

namespace init::varlink {
namespace {

using unitparser::ManagedOomMode;

void add(JsonArray& entries, const Unit& unit, const char* property, ManagedOomMode mode, std::uint32_t limit, OomEntries which) {
  // The rules of a unit that is down no longer hold.
  if (is_inactive_or_failed(unit.active_state())) mode = ManagedOomMode::auto_;
  if (mode != ManagedOomMode::kill && which == OomEntries::wanted) return;
  JsonObject entry{{"mode", std::string(unitparser::to_name(mode))}, {"path", unit.runtime->cgroup}, {"property", property}};
  if (limit > 0) entry.emplace_back("limit", std::int64_t{limit});
  entries.emplace_back(std::move(entry));
}

}  // namespace

JsonArray managed_oom_entries(const Unit& unit, OomEntries which) {
  JsonArray entries;
  if (!unitparser::type_has_cgroup(unit.type()) || unit.runtime->cgroup.empty()) return entries;
  const unitparser::ResourceMemory& memory = *unit.config.common->resource_memory;
  add(entries, unit, "ManagedOOMSwap", memory.managed_oom_swap, 0, which);
  add(entries, unit, "ManagedOOMMemoryPressure", memory.managed_oom_memory_pressure, memory.managed_oom_memory_pressure_limit, which);
  return entries;
}

Json managed_oom_cgroups(const Engine& engine) {
  JsonArray all;
  for (const UnitId id : engine.units()) {
    const Unit* unit = engine.find(id);
    JsonArray entries = managed_oom_entries(*unit, OomEntries::wanted);
    all.insert(all.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
  }
  return JsonObject{{"cgroups", std::move(all)}};
}

}  // namespace init::varlink
