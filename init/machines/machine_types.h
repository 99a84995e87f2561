// The eleven types of units behind one table of functions, and small questions about their settings. [pure]
#pragma once

#include "init/engine/core.h"
#include "init/engine/unit_actions.h"

namespace init {

/// What a type can be asked. Null: it has nothing to say to that.
struct TypeOperations {
  UnitType type;
  ActionOutcome (*start)(Core&, Unit&) = nullptr;
  ActionOutcome (*stop)(Core&, Unit&) = nullptr;
  ActionOutcome (*reload)(Core&, Unit&) = nullptr;
  bool (*can_reload)(const Unit&) = nullptr;
  void (*spawned)(Core&, Unit&, SpawnId, const Result<pid_t>&) = nullptr;
  void (*exec_confirmed)(Core&, Unit&, pid_t) = nullptr;
  void (*exited)(Core&, Unit&, const event::ProcessExited&) = nullptr;
  void (*timer)(Core&, Unit&, TimerPurpose) = nullptr;
  void (*cgroup_empty)(Core&, Unit&) = nullptr;
  void (*out_of_memory)(Core&, Unit&, bool managed) = nullptr;
  void (*reset_failed)(Core&, Unit&) = nullptr;
  void (*start_limit_hit)(Core&, Unit&) = nullptr;          ///< start refused: show it as a failure
  void (*triggered_changed)(Core&, Unit&, Unit&) = nullptr;  ///< something moved at the unit that this one triggers
  bool (*keeps_unit)(const Core&, const Unit&) = nullptr;    ///< a reason of its own to stay loaded
  void (*release)(Core&, Unit&) = nullptr;                   ///< at rest without a job: lets go of what a run needs
  void (*forget)(Core&, Unit&) = nullptr;                    ///< the unit is unloaded
  void (*verify)(Core&, Unit&) = nullptr;                    ///< checks and completes what was loaded
  void (*clean)(Core&, Unit&, std::uint32_t what) = nullptr;
  void (*clean_done)(Core&, Unit&, bool success) = nullptr;
  void (*renewed)(Core&, Unit&) = nullptr;                   ///< it did something, and its files were read again
  void (*rearm)(Core&, Unit&) = nullptr;                     ///< after a restore: timers and watches again
};
[[nodiscard]] const TypeOperations& operations_of(UnitType type);

// Each type's row, defined next to its rules.
extern const TypeOperations service_operations;
extern const TypeOperations socket_operations;
extern const TypeOperations target_operations;
extern const TypeOperations device_operations;
extern const TypeOperations mount_operations;
extern const TypeOperations automount_operations;
extern const TypeOperations swap_operations;
extern const TypeOperations timer_operations;
extern const TypeOperations path_operations;
extern const TypeOperations slice_operations;
extern const TypeOperations scope_operations;

/// Where= of a mount or automount, or the path of its name.
[[nodiscard]] std::string mount_point_of(const Unit& unit);
/// What= of a swap, or the path of its name.
[[nodiscard]] std::string swap_device_of(const Unit& unit);

void verify_loaded_unit(Core& core, Unit& unit);
[[nodiscard]] bool type_keeps_unit(Core& core, const Unit& unit);
void release_type(Core& core, Unit& unit);
void forget_type(Core& core, Unit& unit);
/// The unit that speaks for this one; none if it speaks for itself.
[[nodiscard]] UnitId following_of(const Unit& unit);
/// All others that are other names of the same thing.
[[nodiscard]] std::vector<UnitId> following_set(const Core& core, const Unit& unit);
[[nodiscard]] pid_t main_pid_of(const Unit& unit);
[[nodiscard]] pid_t control_pid_of(const Unit& unit);
/// Marks the unit bad_setting, with a log line.
void refuse_unit(Core& core, Unit& unit, std::string message);

}  // namespace init
