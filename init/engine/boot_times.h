// BootTimes: when the boot passed its milestones, in the order of the Manager's properties. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "init/machines/process_runtime.h"

namespace init {

/// Of a machine that boots without a manager in its initrd, the milestones of an initrd stay unset.
enum class Milestone : std::uint8_t {
  firmware, loader, kernel, initrd, userspace, finish, security_start, security_finish, generators_start, generators_finish,
  units_load_start, units_load_finish, units_load, initrd_security_start, initrd_security_finish, initrd_generators_start,
  initrd_generators_finish, initrd_units_load_start, initrd_units_load_finish
};
inline constexpr std::size_t milestone_count = 19;

/// Names of the properties that tell of them; those of the monotonic clock end with "Monotonic" in addition.
constexpr std::array<std::string_view, milestone_count> enum_names(std::type_identity<Milestone>) {
  return {"FirmwareTimestamp", "LoaderTimestamp", "KernelTimestamp", "InitRDTimestamp", "UserspaceTimestamp",
          "FinishTimestamp", "SecurityStartTimestamp", "SecurityFinishTimestamp", "GeneratorsStartTimestamp",
          "GeneratorsFinishTimestamp", "UnitsLoadStartTimestamp", "UnitsLoadFinishTimestamp", "UnitsLoadTimestamp",
          "InitRDSecurityStartTimestamp", "InitRDSecurityFinishTimestamp", "InitRDGeneratorsStartTimestamp",
          "InitRDGeneratorsFinishTimestamp", "InitRDUnitsLoadStartTimestamp", "InitRDUnitsLoadFinishTimestamp"};
}

class BootTimes {
 public:
  [[nodiscard]] const DualTime& at(Milestone milestone) const { return times_[static_cast<std::size_t>(milestone)]; }
  void pass(Milestone milestone, DualTime when) { times_[static_cast<std::size_t>(milestone)] = when; }
  void pass(Milestone milestone, const Now& now) { pass(milestone, DualTime::at(now)); }

 private:
  std::array<DualTime, milestone_count> times_{};
};

/// One line for each milestone that was passed, for the next image of this program.
[[nodiscard]] std::string format_boot_times(const BootTimes& times);
/// Takes such a line; false when it is none.
bool take_boot_time(std::string_view line, BootTimes& times);

}  // namespace init
