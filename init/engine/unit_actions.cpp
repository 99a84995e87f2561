// What stands between a job and a unit's machine. [pure]
#include "init/engine/unit_actions.h"

#include <fmt/format.h>

#include "init/engine/job_messages.h"
#include "init/engine/propagation.h"
#include "init/machines/machine_types.h"

namespace init {
namespace {

/// All plain ones must hold; of the triggering ones at least one.
/// COMPAT: the last one of the files is asked first, and after a plain one that does not hold none is asked.
bool test_conditions(Core& core, const Unit& unit, std::string_view prefix, const std::vector<unitparser::Condition>& conditions,
                     std::vector<int>& verdicts) {
  verdicts.assign(conditions.size(), 0);
  std::optional<bool> triggered;  // nothing: there is no triggering one
  for (std::size_t i = conditions.size(); i-- > 0;) {
    const auto& condition = conditions[i];
    auto answer = core.world.condition_holds(condition);
    if (!answer)
      log_unit(core, unit, 4, fmt::format("{}: Couldn't determine result for {}{}={}{}{}, assuming failed: {}", unit.name.text(), prefix,
                                          unitparser::to_name(condition.kind), condition.triggering ? "|" : "", condition.negated ? "!" : "",
                                          condition.parameter, unitparser::reason_of(answer.error())),
               effect::errno_field(answer.error().os_errno));
    const bool holds = answer && (*answer != condition.negated);
    verdicts[i] = holds ? 1 : -1;
    if (condition.triggering) triggered = triggered.value_or(false) || holds;
    else if (!holds) return false;
  }
  return triggered.value_or(true);
}

bool conditions_hold(Core& core, Unit& unit) {
  UnitRuntime& rt = unit.runtime.write();
  rt.times.condition = DualTime::at(core.now);
  rt.condition_result = test_conditions(core, unit, "Condition", unit.config.common->unit_needs->conditions, rt.condition_verdicts);
  core.touch(unit);
  return rt.condition_result;
}

bool asserts_hold(Core& core, Unit& unit) {
  UnitRuntime& rt = unit.runtime.write();
  rt.times.assert_ = DualTime::at(core.now);
  rt.assert_result = test_conditions(core, unit, "Assert", unit.config.common->unit_needs->asserts, rt.assert_verdicts);
  core.touch(unit);
  return rt.assert_result;
}

/// BindsTo= together with After=: the other unit must be up before this one starts.
bool bound_units_up(Core& core, const Unit& unit) {
  bool up = true;
  core.graph.for_each(unit.id, Atom::cannot_be_active_without, [&](const Edge& edge) {
    const Unit& other = core.units.get(edge.other);
    if (!core.graph.has(unit.id, DependencyKind::after, edge.other) || is_active_or_reloading(other.active_state())) return;
    if (up) log_unit(core, unit, 5, fmt::format("Bound to unit {}, but unit isn't active.", other.name.text()));
    up = false;
  });
  return up;
}

/// Scopes live once.
bool is_spent(const Unit& unit) { return unit.type() == UnitType::scope && (unit.origin.perpetual || unit.runtime->times.inactive_exit.is_set()); }
}  // namespace

bool is_supported(const Core& core, UnitType type) {
  const auto& types = core.options.unsupported_types;
  return std::find(types.begin(), types.end(), type) == types.end();
}

bool unit_can_start(const Core& core, const Unit& unit) {
  return unit.origin.load_state == LoadState::loaded && is_supported(core, unit.type()) && !is_spent(unit) &&
         operations_of(unit.type()).start != nullptr;
}
bool unit_can_stop(const Core& core, const Unit& unit) {
  return is_supported(core, unit.type()) && !unit.origin.perpetual && operations_of(unit.type()).stop != nullptr;
}
bool unit_can_reload(const Core& core, const Unit& unit) {
  const auto& operations = operations_of(unit.type());
  if (operations.can_reload != nullptr) return operations.can_reload(unit);
  return core.graph.first(unit.id, Atom::propagates_reload_to) != UnitId::none;
}

bool job_is_applicable(const Core& core, const Unit& unit, JobType type) {
  switch (type) {
    case JobType::verify_active:
    case JobType::start:
    case JobType::nop: return true;
    case JobType::stop: return !unit.origin.perpetual && (operations_of(unit.type()).stop != nullptr || unit.origin.load_state != LoadState::loaded);
    case JobType::restart:
    case JobType::try_restart: return unit_can_stop(core, unit) && unit_can_start(core, unit);
    case JobType::reload:
    case JobType::try_reload: return unit_can_reload(core, unit);
    case JobType::reload_or_start: return unit_can_reload(core, unit) && unit_can_start(core, unit);
  }
  return false;
}

bool trigger_is_loaded(Core& core, Unit& unit) {
  const Unit* other = core.units.find(core.graph.first(unit.id, Atom::triggers));
  if (other == nullptr || other->origin.load_state == LoadState::loaded) return true;
  log_unit(core, unit, 3, fmt::format("{}: Refusing to start, unit {} to trigger not loaded.", unit.name.text(), other->name.text()));
  return false;
}

void begin_invocation(Core& core, Unit& unit) {
  unit.runtime.write().invocation_id = fmt::format("{:016x}{:016x}", core.world.random(), core.world.random());
  core.touch(unit);
}

void run_emergency_action(Core& core, const Unit& unit, EmergencyAction action, const std::string& reboot_argument,
                          std::optional<std::uint8_t> exit_status, std::string_view reason) {
  if (action == EmergencyAction::none) return;
  core.emit(effect::Emergency{action, unit.id, std::string(reason), reboot_argument, exit_status, action == unit.config.common->unit_limits->success_action && unit.active_state() == ActiveState::inactive});
}

bool admit_start(Core& core, Unit& unit) {
  const auto& limits = *unit.config.common->unit_limits;
  UnitRuntime& rt = unit.runtime.write();
  rt.start_limit_hit = !rt.start_limit.admit(core.now.monotonic, limits.start_limit_interval, limits.start_limit_burst);
  if (!rt.start_limit_hit) return true;
  log_unit(core, unit, 4, fmt::format("{}: Start request repeated too quickly.", unit.name.text()));
  run_emergency_action(core, unit, limits.start_limit_action, limits.reboot_argument, std::nullopt,
                       fmt::format("unit {} failed", unit.name.text()));
  return false;
}

ActionOutcome start_unit(Core& core, Unit& unit, const Cause& cause) {
  const ActiveState state = unit.active_state();
  if (is_active_or_reloading(state)) return ActionOutcome::already;
  if (state == ActiveState::maintenance) return ActionOutcome::again;
  if (unit.origin.load_state != LoadState::loaded) return ActionOutcome::invalid;
  if (unit.type() == UnitType::scope && unit.runtime->times.inactive_enter.is_set()) return ActionOutcome::once;
  // During activation a start may speed things up, but conditions are not asked again.
  if (state != ActiveState::activating) {
    if (!conditions_hold(core, unit)) return ActionOutcome::condition_failed;
    if (!asserts_hold(core, unit)) {
      log_unit(core, unit, 5, fmt::format("{}: Starting requested but asserts failed.", unit.name.text()));
      return ActionOutcome::assert_failed;
    }
  }
  if (!is_supported(core, unit.type())) return ActionOutcome::unsupported;
  if (!bound_units_up(core, unit)) return ActionOutcome::dependency;
  if (const UnitId other = following_of(unit); other != UnitId::none && core.units.find(other) != nullptr)
    return start_unit(core, core.units.get(other), cause);
  const TypeOperations& operations = operations_of(unit.type());
  if (operations.start == nullptr) return ActionOutcome::skipped;
  if (state != ActiveState::activating && state != ActiveState::deactivating && operations.start_limit_hit != nullptr &&
      !admit_start(core, unit)) {
    unit.runtime.write().last_cause = Cause::of(CauseKind::start_limit, unit.id);
    operations.start_limit_hit(core, unit);
    return ActionOutcome::failed;
  }
  if (state == ActiveState::inactive || state == ActiveState::failed) unit.runtime.write().last_cause = cause;
  return operations.start(core, unit);
}

ActionOutcome stop_unit(Core& core, Unit& unit, const Cause& cause) {
  if (is_inactive_or_failed(unit.active_state())) return ActionOutcome::already;
  if (const UnitId other = following_of(unit); other != UnitId::none && core.units.find(other) != nullptr)
    return stop_unit(core, core.units.get(other), cause);
  const TypeOperations& operations = operations_of(unit.type());
  if (operations.stop == nullptr || unit.origin.perpetual) return ActionOutcome::skipped;
  unit.runtime.write().last_cause = cause;
  return operations.stop(core, unit);
}

ActionOutcome reload_unit(Core& core, Unit& unit, const Cause& cause) {
  if (unit.origin.load_state != LoadState::loaded) return ActionOutcome::invalid;
  if (!unit_can_reload(core, unit)) return ActionOutcome::skipped;
  const ActiveState state = unit.active_state();
  if (state == ActiveState::reloading) return ActionOutcome::again;
  if (state != ActiveState::active) {
    log_unit(core, unit, 4, fmt::format("Unit cannot be reloaded because it is {}.",
                                        is_inactive_or_failed(state) ? "inactive" : std::string(unitparser::to_name(state))));
    return ActionOutcome::invalid;
  }
  unit.runtime.write().last_cause = cause;
  const TypeOperations& operations = operations_of(unit.type());
  if (operations.reload == nullptr) {
    // Only others are told; for this unit there is nothing to wait for.
    note_state_change(core, unit, {unit.id, state, state, false, false, cause});
    return ActionOutcome::ok;
  }
  return operations.reload(core, unit);
}

}  // namespace init
