// The eleven types of units and the words for their states (systemd.unit(5)). [pure]
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "unitparser/base/enum_names.h"

namespace unitparser {

/// Type of a unit; the name is the suffix of its unit names.
enum class UnitType : std::uint8_t { service, mount, swap, socket, target, device, automount, timer, path, slice, scope };
inline constexpr std::size_t unit_type_count = 11;
constexpr std::array<std::string_view, unit_type_count> enum_names(std::type_identity<UnitType>) {
  return {"service", "mount", "swap", "socket", "target", "device", "automount", "timer", "path", "slice", "scope"};
}

/// Outcome of loading a unit's files, as the LoadState property.
enum class LoadState : std::uint8_t { stub, loaded, not_found, bad_setting, error, merged, masked };
constexpr std::array<std::string_view, 7> enum_names(std::type_identity<LoadState>) {
  return {"stub", "loaded", "not-found", "bad-setting", "error", "merged", "masked"};
}

/// The ActiveState property.
enum class ActiveState : std::uint8_t { active, reloading, inactive, failed, activating, deactivating, maintenance };
constexpr std::array<std::string_view, 7> enum_names(std::type_identity<ActiveState>) {
  return {"active", "reloading", "inactive", "failed", "activating", "deactivating", "maintenance"};
}

}  // namespace unitparser
