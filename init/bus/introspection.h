// Introspection XML, printed from the schema. [pure]
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "init/bus/schema.h"

namespace init::bus {

/// One interface of an object.
struct InterfaceView {
  std::string_view name;
  std::vector<std::span<const Member>> parts;
};

/// The document for an object: standard interfaces, its own in order, then names of objects below it.
[[nodiscard]] std::string introspection_xml(const std::vector<InterfaceView>& interfaces, const std::vector<std::string>& children);

/// Interfaces of a unit's object: Unit, then the type's.
[[nodiscard]] std::vector<InterfaceView> unit_interfaces(UnitType type);

}  // namespace init::bus
