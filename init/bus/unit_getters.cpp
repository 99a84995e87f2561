// Properties of org.freedesktop.systemd1.Unit that are true now, not said in files. [bus]
#include <algorithm>

#include "init/bus/property_values.h"

namespace init::bus {
namespace {

using namespace unitparser;

Value names_of(const Engine& engine, const std::vector<UnitId>& ids) {
  std::vector<std::string> names;
  for (const auto id : ids)
    if (const Unit* unit = engine.find(id)) names.push_back(unit->name.text());
  return string_array(names);
}

/// Requires=, After= and all the others: the name of the property is the name of the kind.
Value dependencies(const PropertyContext& c, const Member& property) {
  const auto kind = from_name<DependencyKind>(property.name);
  return kind ? names_of(c.engine, c.engine.graph().others(c.unit.id, *kind)) : string_array({});
}

Value names(const PropertyContext& c, const Member&) {
  std::vector<std::string> all{c.unit.name.text()};
  for (const auto& alias : *c.unit.aliases) all.push_back(alias.text());
  return string_array(all);
}

Value following(const PropertyContext& c, const Member&) {
  const Unit* leader = c.engine.find(c.engine.following(c.unit.id));
  return leader == nullptr ? std::string() : leader->name.text();
}

/// Services and scopes can be frozen, and slices of nothing else.
bool can_freeze(const Engine& engine, const Unit& unit) {
  if (unit.type() != UnitType::slice) return unit.type() == UnitType::service || unit.type() == UnitType::scope;
  if (unit.name.text() == "-.slice") return false;
  const auto members = engine.graph().others(unit.id, DependencyKind::slice_of);
  return std::all_of(members.begin(), members.end(), [&](UnitId id) { return engine.find(id) == nullptr || can_freeze(engine, *engine.find(id)); });
}

const DualTime& time_named(const UnitTimes& times, std::string_view property) {
  static constexpr std::array<std::pair<std::string_view, DualTime UnitTimes::*>, 7> table{{
      {"StateChange", &UnitTimes::state_change},
      {"InactiveExit", &UnitTimes::inactive_exit},
      {"ActiveEnter", &UnitTimes::active_enter},
      {"ActiveExit", &UnitTimes::active_exit},
      {"InactiveEnter", &UnitTimes::inactive_enter},
      {"Condition", &UnitTimes::condition},
      {"Assert", &UnitTimes::assert_},
  }};
  for (const auto& [prefix, member] : table)
    if (property.starts_with(prefix)) return times.*member;
  return times.state_change;
}

Value timestamp(const PropertyContext& c, const Member& property) {
  const auto& time = time_named(c.unit.runtime->times, property.name);
  return property.name.ends_with("Monotonic") ? time.monotonic.usec() : time.realtime.usec();
}

/// COMPAT: the last one of the files comes first.
Value conditions(const std::vector<Condition>& list, const std::vector<int>& verdicts, std::string_view prefix) {
  ArrayValue array{"(sbbsi)", {}};
  for (std::size_t i = list.size(); i-- > 0;)
    array.elements.push_back(struct_of(std::string(prefix) + std::string(to_name(list[i].kind)), list[i].triggering, list[i].negated, list[i].parameter,
                                       i < verdicts.size() ? std::int32_t{verdicts[i]} : std::int32_t{0}));
  return array;
}

Value job(const PropertyContext& c, const Member&) {
  const auto id = c.unit.job != JobId::none ? c.unit.job : c.unit.nop_job;
  return struct_of(static_cast<std::uint32_t>(id), ObjectPath{id == JobId::none ? "/" : job_path(id)});
}

std::string load_error_name(const Unit& unit) {
  switch (unit.origin.load_state) {
    case LoadState::not_found: return "org.freedesktop.systemd1.NoSuchUnit";
    case LoadState::bad_setting: return "org.freedesktop.systemd1.BadUnitSetting";
    case LoadState::masked: return "org.freedesktop.systemd1.UnitMasked";
    case LoadState::error: return "org.freedesktop.systemd1.LoadFailed";
    default: return {};
  }
}

std::string load_error_text(const Unit& unit) {
  switch (unit.origin.load_state) {
    case LoadState::not_found: return "Unit " + unit.name.text() + " not found.";
    case LoadState::bad_setting: return "Unit " + unit.name.text() + " has a bad unit file setting.";
    case LoadState::masked: return "Unit " + unit.name.text() + " is masked.";
    case LoadState::error: return unit.origin.load_error->message;
    default: return {};
  }
}

Value invocation_id(const PropertyContext& c, const Member&) {
  const auto& text = c.unit.runtime->invocation_id;
  Bytes bytes;
  const auto digit = [](char ch) { return ch <= '9' ? ch - '0' : ch - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) bytes.data += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  return bytes;
}

/// Directories that `clean` could remove: those that the unit has.
Value can_clean(const PropertyContext& c, const Member&) {
  std::vector<std::string> kinds;
  if (!type_has_exec(c.unit.type())) return string_array(kinds);
  const auto& provided = *c.unit.config.common->exec_provided;
  constexpr std::array<std::string_view, 5> names{"runtime", "state", "cache", "logs", "configuration"};
  for (std::size_t i = 0; i < names.size() && i < provided.directories.size(); ++i)
    if (!provided.directories[i].directories.empty()) kinds.emplace_back(names[i]);
  return string_array(kinds);
}

Value markers(const PropertyContext& c, const Member&) {
  std::vector<std::string> words;
  for (const auto marker : {UnitMarker::needs_reload, UnitMarker::needs_restart})
    if ((c.unit.runtime->markers & marker_bit(marker)) != 0) words.emplace_back(to_name(marker));
  return string_array(words);
}

Value activation_details(const PropertyContext& c, const Member&) {
  ArrayValue array{"(ss)", {}};
  for (const auto& [key, value] : c.unit.runtime->activation_details) array.elements.push_back(struct_of(key, value));
  return array;
}

constexpr std::array rows{
    UnitGetterRow{"Id", [](const PropertyContext& c, const Member&) -> Value { return c.unit.name.text(); }},
    UnitGetterRow{"Names", names},
    UnitGetterRow{"Following", following},
    UnitGetterRow{"Requires", dependencies}, UnitGetterRow{"Requisite", dependencies}, UnitGetterRow{"Wants", dependencies},
    UnitGetterRow{"BindsTo", dependencies}, UnitGetterRow{"PartOf", dependencies}, UnitGetterRow{"Upholds", dependencies},
    UnitGetterRow{"RequiredBy", dependencies}, UnitGetterRow{"RequisiteOf", dependencies}, UnitGetterRow{"WantedBy", dependencies},
    UnitGetterRow{"BoundBy", dependencies}, UnitGetterRow{"UpheldBy", dependencies}, UnitGetterRow{"ConsistsOf", dependencies},
    UnitGetterRow{"Conflicts", dependencies}, UnitGetterRow{"ConflictedBy", dependencies}, UnitGetterRow{"Before", dependencies},
    UnitGetterRow{"After", dependencies}, UnitGetterRow{"OnSuccess", dependencies}, UnitGetterRow{"OnSuccessOf", dependencies},
    UnitGetterRow{"OnFailure", dependencies}, UnitGetterRow{"OnFailureOf", dependencies}, UnitGetterRow{"Triggers", dependencies},
    UnitGetterRow{"TriggeredBy", dependencies}, UnitGetterRow{"PropagatesReloadTo", dependencies},
    UnitGetterRow{"ReloadPropagatedFrom", dependencies}, UnitGetterRow{"PropagatesStopTo", dependencies},
    UnitGetterRow{"StopPropagatedFrom", dependencies}, UnitGetterRow{"JoinsNamespaceOf", dependencies}, UnitGetterRow{"SliceOf", dependencies},
    UnitGetterRow{"RequiresMountsFor", [](const PropertyContext& c, const Member&) -> Value { return string_array(c.engine.required_mounts(c.unit.id)); }},
    UnitGetterRow{"Description", [](const PropertyContext& c, const Member&) -> Value { return std::string(c.unit.description()); }},
    UnitGetterRow{"LoadState", [](const PropertyContext& c, const Member&) -> Value { return std::string(to_name(c.unit.origin.load_state)); }},
    UnitGetterRow{"ActiveState", [](const PropertyContext& c, const Member&) -> Value { return std::string(to_name(c.unit.runtime->active_state)); }},
    UnitGetterRow{"FreezerState", [](const PropertyContext& c, const Member&) -> Value { return std::string(to_name(c.unit.runtime->freezer)); }},
    UnitGetterRow{"SubState", [](const PropertyContext& c, const Member&) -> Value { return std::string(sub_state(c.unit)); }},
    UnitGetterRow{"FragmentPath", [](const PropertyContext& c, const Member&) -> Value { return c.unit.origin.fragment_path.str(); }},
    UnitGetterRow{"DropInPaths", [](const PropertyContext& c, const Member&) -> Value { return string_array(*c.unit.origin.drop_in_paths); }},
    UnitGetterRow{"UnitFileState", [](const PropertyContext& c, const Member&) -> Value { return c.manager.unit_file_state(c.unit); }},
    UnitGetterRow{"UnitFilePreset", [](const PropertyContext& c, const Member&) -> Value { return c.manager.unit_file_preset(c.unit); }},
    UnitGetterRow{"StateChangeTimestamp", timestamp}, UnitGetterRow{"StateChangeTimestampMonotonic", timestamp},
    UnitGetterRow{"InactiveExitTimestamp", timestamp}, UnitGetterRow{"InactiveExitTimestampMonotonic", timestamp},
    UnitGetterRow{"ActiveEnterTimestamp", timestamp}, UnitGetterRow{"ActiveEnterTimestampMonotonic", timestamp},
    UnitGetterRow{"ActiveExitTimestamp", timestamp}, UnitGetterRow{"ActiveExitTimestampMonotonic", timestamp},
    UnitGetterRow{"InactiveEnterTimestamp", timestamp}, UnitGetterRow{"InactiveEnterTimestampMonotonic", timestamp},
    UnitGetterRow{"ConditionTimestamp", timestamp}, UnitGetterRow{"ConditionTimestampMonotonic", timestamp},
    UnitGetterRow{"AssertTimestamp", timestamp}, UnitGetterRow{"AssertTimestampMonotonic", timestamp},
    UnitGetterRow{"CanStart", [](const PropertyContext& c, const Member&) -> Value { return c.engine.can_start(c.unit.id) && !c.unit.config.unit->refuse_manual_start; }},
    UnitGetterRow{"CanStop", [](const PropertyContext& c, const Member&) -> Value { return c.engine.can_stop(c.unit.id) && !c.unit.config.unit->refuse_manual_stop; }},
    UnitGetterRow{"CanReload", [](const PropertyContext& c, const Member&) -> Value { return c.engine.can_reload(c.unit.id); }},
    UnitGetterRow{"CanIsolate", [](const PropertyContext& c, const Member&) -> Value { return c.engine.can_start(c.unit.id) && c.unit.config.unit->allow_isolate; }},
    UnitGetterRow{"CanClean", can_clean},
    UnitGetterRow{"CanFreeze", [](const PropertyContext& c, const Member&) -> Value { return can_freeze(c.engine, c.unit); }},
    UnitGetterRow{"Job", job},
    UnitGetterRow{"NeedDaemonReload", [](const PropertyContext& c, const Member&) -> Value { return c.manager.needs_reload(c.unit); }},
    UnitGetterRow{"ConditionResult", [](const PropertyContext& c, const Member&) -> Value { return c.unit.runtime->condition_result; }},
    UnitGetterRow{"AssertResult", [](const PropertyContext& c, const Member&) -> Value { return c.unit.runtime->assert_result; }},
    UnitGetterRow{"Markers", markers},
    UnitGetterRow{"Conditions", [](const PropertyContext& c, const Member&) { return conditions(c.unit.config.common->unit_needs->conditions, c.unit.runtime->condition_verdicts, "Condition"); }},
    UnitGetterRow{"Asserts", [](const PropertyContext& c, const Member&) { return conditions(c.unit.config.common->unit_needs->asserts, c.unit.runtime->assert_verdicts, "Assert"); }},
    UnitGetterRow{"LoadError", [](const PropertyContext& c, const Member&) -> Value { return struct_of(load_error_name(c.unit), load_error_text(c.unit)); }},
    UnitGetterRow{"Transient", [](const PropertyContext& c, const Member&) -> Value { return c.unit.origin.transient; }},
    UnitGetterRow{"Perpetual", [](const PropertyContext& c, const Member&) -> Value { return c.unit.origin.perpetual; }},
    UnitGetterRow{"InvocationID", invocation_id},
    UnitGetterRow{"Refs", [](const PropertyContext& c, const Member&) -> Value { return string_array(c.unit.runtime->references); }},
    UnitGetterRow{"ActivationDetails", activation_details},
};

}  // namespace

std::span<const UnitGetterRow> unit_getters() { return rows; }

}  // namespace init::bus
