// Registry: all rows by section and key, and all properties by bus interface; text and bus values in and out. [pure]
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/directives/directive.h"

namespace unitparser {

/// A row that stands in a section, aliases followed for what it does.
struct FoundDirective {
  const UnitRow* written = nullptr;    ///< the row of that spelling
  const UnitRow* effective = nullptr;  ///< what it stands for; the same unless `written` is an alias
};

// --- Sections and keys --------------------------------------------------------------------------------------------
/// The section of a type's own directives ("Service"); nothing for targets and devices, which have none.
[[nodiscard]] std::optional<Section> section_of(UnitType type);
/// Sections that a file of that type may have: [Unit], [Install] and its own.
[[nodiscard]] bool allows_section(UnitType type, Section section);
/// nullptr: no such key in that section.
[[nodiscard]] const FoundDirective* find_directive(Section section, std::string_view key);
/// Every key of a section, sorted; for hints, completion and documentation.
[[nodiscard]] std::span<const std::string_view> keys_of(Section section);
/// Sections that have the key; for "right key, wrong section".
[[nodiscard]] Sections sections_with(std::string_view key);
/// All rows, each once, in the order of the tables.
[[nodiscard]] std::span<const UnitRow* const> all_unit_rows();

// --- Properties ---------------------------------------------------------------------------------------------------
/// One property of one interface.
struct Property {
  std::string_view name;
  std::string_view signature;
  Emits emits = Emits::constant;
  bool from_graph = false;  ///< the engine's graph has the true value; bus_value() gives what files say
  const UnitRow* row = nullptr;
};
/// Properties of "org.freedesktop.systemd1.Unit", "….Service" and so on that come from config, sorted by name.
[[nodiscard]] std::span<const Property> properties_of(std::string_view interface_name);
[[nodiscard]] const Property* find_property(std::string_view interface_name, std::string_view property);
/// "org.freedesktop.systemd1.Service".
[[nodiscard]] std::string interface_of(UnitType type);
inline constexpr std::string_view unit_interface = "org.freedesktop.systemd1.Unit";

/// The property's value.
[[nodiscard]] Value bus_value(const UnitConfig& config, const UnitName& name, const MachineFacts& machine, const Property& property);

// --- Setting by bus -----------------------------------------------------------------------------------------------
/// One line of a unit file.
struct SettingLine {
  std::string section;
  std::string key;
  std::string value;
};
/// Which properties may be set.
enum class SetMode : std::uint8_t {
  transient,  ///< StartTransientUnit: all
  live,       ///< SetUnitProperties: resource control and a few others
};
[[nodiscard]] tl::unexpected<Error> fail_contents();  ///< the value is of another type than the property wants
/// Applies lines to a config through the same codecs that read files. Fails at the first that a codec refuses.
[[nodiscard]] Result<void> apply_settings(UnitConfig& config, std::span<const SettingLine> lines, const UnitName& name,
                                          const SpecifierFacts& facts, const MachineFacts& machine, ManagerScope scope);
/// Gives `property` that value, through the codecs that read files; returns the lines that say the same in a file. Fails in
/// systemd's words, and the config is of no use then: ErrorCode::not_found for what cannot be set, io when it has another type.
[[nodiscard]] Result<std::vector<SettingLine>> set_from_bus(UnitConfig& config, const UnitName& name, std::string_view property, const Value& value,
                                                            SetMode mode, const SpecifierFacts& facts, const MachineFacts& machine, ManagerScope scope);

// --- From text to bus ---------------------------------------------------------------------------------------------
/// A property to be set, as SetUnitProperties and StartTransientUnit take it.
struct PropertySetting {
  std::string name;
  Value value;
};
/// What a client sends so that a unit gets the line `key`=`text`: the same codec that reads files decides. A percentage of
/// a limit becomes the "…Scale" property, because the percentage is one of the other machine. '%' is no specifier here.
/// ErrorCode::not_found: no such key, or none that can be set; otherwise the error's errno is EINVAL or ERANGE.
[[nodiscard]] Result<PropertySetting> property_setting(UnitType type, std::string_view key, std::string_view text, const MachineFacts& machine);

}  // namespace unitparser
