// From a unit's config to the files of its control group (systemd.resource-control(5), cgroup v2). [pure]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "init/engine/engine.h"
#include "unitparser/config/unit_config.h"
#include "unitparser/names/unit_type.h"

namespace init {

/// One file of a control group and what is written to it.
struct AttributeWrite {
  std::string file;
  std::string value;
  unitparser::Controller controller{};  ///< that must be enabled for the file to exist
  std::string directive;                ///< for the message when the kernel refuses
  bool operator==(const AttributeWrite&) const = default;
};

/// Amounts of the machine that percentages refer to.
struct MachineAmounts {
  std::uint64_t memory = 0;   ///< bytes
  std::uint64_t tasks = 0;    ///< the kernel's limit of processes
  bool starting = false;      ///< the boot is not done: Startup…= settings apply
};

/// What a unit's settings get from those of the slices around it.
struct SliceRules {
  std::optional<unitparser::ScalableLimit> memory_min, memory_low;  ///< Default…= of the nearest that says so
  std::uint32_t disabled_controllers = 0;                           ///< bits by Controller
  bool operator==(const SliceRules&) const = default;
};
[[nodiscard]] SliceRules rules_of_slices(const Engine& engine, const Unit& unit);

/// Bits by Controller of what the unit itself needs: accounting, limits, delegation.
[[nodiscard]] std::uint32_t needed_controllers(const unitparser::UnitConfig& config, unitparser::UnitType type);

/// All writes for the unit's own group, in the order they are done. Settings at their defaults are written only where a
/// former value could be left (`reset`).
enum class Reset : bool { no, yes };
[[nodiscard]] std::vector<AttributeWrite> attribute_writes(const unitparser::UnitConfig& config, unitparser::UnitType type,
                                                           const MachineAmounts& machine, Reset reset, const SliceRules& slices = {});

/// The value of the group's attribute user.journald_log_filter_patterns, by which the journal learns LogFilterPatterns=: allowing
/// patterns, 0xff, denying patterns, NUL between those of one kind. Empty: there is to be no such attribute.
[[nodiscard]] std::string log_filter_attribute(const unitparser::ExecLogging& logging);

/// "0-3,7" of a mask of CPUs or nodes, as the kernel reads it.
[[nodiscard]] std::string format_cpu_list(const unitparser::CpuMask& mask);

}  // namespace init
