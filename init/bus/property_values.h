// Values of properties: what files say through the table of directives, what is true now through getters. [bus]
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "init/bus/manager_port.h"
#include "init/bus/schema.h"
#include "init/engine/engine.h"
#include "unitparser/base/value.h"

namespace init::bus {

using unitparser::Value;

/// What getters read from.
struct PropertyContext {
  const Engine& engine;
  ManagerPort& manager;
  const Unit& unit;
};
using UnitGetter = Value (*)(const PropertyContext&, const Member&);
/// One property that is not (or not only) config.
struct UnitGetterRow {
  std::string_view name;
  UnitGetter get;
};

/// A member of an interface with where its value comes from.
struct ResolvedProperty;
/// One interface of one unit type, ready to be served.
class UnitInterface {
 public:
  UnitInterface(std::string_view name, UnitType type, std::vector<std::span<const Member>> parts);
  UnitInterface(UnitInterface&&) noexcept;
  ~UnitInterface();

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] const Member* find_property(std::string_view name) const;
  [[nodiscard]] const Member* find_method(std::string_view name) const;
  [[nodiscard]] Value value(const PropertyContext& context, const Member& property) const;
  /// Calls visit(member, get) for every property in order; get() yields its value.
  void for_each(const std::function<void(std::size_t, const Member&)>& visit) const;
  [[nodiscard]] Value value_at(const PropertyContext& context, std::size_t index) const;
  [[nodiscard]] const Member& member_at(std::size_t index) const;
  /// Those that PropertiesChanged carries with their values, and those that it only names.
  [[nodiscard]] const std::vector<std::size_t>& emitted() const { return emitted_; }
  [[nodiscard]] const std::vector<std::size_t>& invalidated() const { return invalidated_; }

 private:
  std::string_view name_;
  std::vector<ResolvedProperty> properties_;
  std::vector<std::size_t> emitted_, invalidated_;
  std::vector<std::span<const Member>> parts_;
};

/// Getters for org.freedesktop.systemd1.Unit, and for the interface of a type with its groups.
[[nodiscard]] std::span<const UnitGetterRow> unit_getters();
[[nodiscard]] std::span<const UnitGetterRow> type_getters(UnitType type);
[[nodiscard]] std::span<const UnitGetterRow> resource_getters();

/// Value of a Manager or Job property.
[[nodiscard]] Value manager_value(const Engine& engine, ManagerPort& manager, const Member& property);
[[nodiscard]] Value job_value(const Engine& engine, const Job& job, const Member& property);

/// Zero, empty or false of that signature.
[[nodiscard]] Value empty_value(std::string_view signature);

/// Object paths.
[[nodiscard]] std::string unit_path(std::string_view unit_name);
[[nodiscard]] std::string job_path(JobId job);
/// Name in a unit's object path, empty when it is none.
[[nodiscard]] std::string unit_name_of_path(std::string_view path);

}  // namespace init::bus
