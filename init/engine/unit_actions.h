// Starting, stopping and reloading one unit: what is checked before its machine is asked. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// What came of asking a unit for something.
enum class ActionOutcome : std::uint8_t {
  ok,                ///< under way; the job ends when the state changes
  already,           ///< nothing to do
  again,             ///< not possible now, ask again when the state changes
  condition_failed,  ///< a Condition…= does not hold
  skipped,           ///< the type cannot do that
  invalid,           ///< not loaded
  assert_failed,
  unsupported,
  dependency,        ///< what it is bound to is not there
  once,              ///< a scope lives only once
  failed,
};

ActionOutcome start_unit(Core& core, Unit& unit, const Cause& cause);
ActionOutcome stop_unit(Core& core, Unit& unit, const Cause& cause);
ActionOutcome reload_unit(Core& core, Unit& unit, const Cause& cause);

/// Whether what the unit triggers could be started at all; says so in the log when it could not.
[[nodiscard]] bool trigger_is_loaded(Core& core, Unit& unit);
/// Whether this kernel, or container, has what units of the type need.
[[nodiscard]] bool is_supported(const Core& core, UnitType type);
[[nodiscard]] bool unit_can_start(const Core& core, const Unit& unit);
[[nodiscard]] bool unit_can_stop(const Core& core, const Unit& unit);
[[nodiscard]] bool unit_can_reload(const Core& core, const Unit& unit);
/// Whether jobs of that type make sense for the unit.
[[nodiscard]] bool job_is_applicable(const Core& core, const Unit& unit, JobType type);

/// Checks StartLimitIntervalSec= & co., counting one start; runs StartLimitAction= when it is one too many.
[[nodiscard]] bool admit_start(Core& core, Unit& unit);
/// Carries out FailureAction= & co.
void run_emergency_action(Core& core, const Unit& unit, EmergencyAction action, const std::string& reboot_argument,
                          std::optional<std::uint8_t> exit_status, std::string_view reason);
/// A new invocation of the unit begins: draws its id.
void begin_invocation(Core& core, Unit& unit);

}  // namespace init
