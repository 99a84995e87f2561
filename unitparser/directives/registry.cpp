// Index over the tables of rows. [pure]
#include "unitparser/directives/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>

#include "unitparser/base/check.h"
#include "unitparser/base/text.h"
#include "unitparser/directives/rows.h"
#include "unitparser/syntax/quantities.h"

namespace unitparser {
namespace {

/// Sections whose properties form a bus interface.
constexpr bool has_interface(Section section) { return section <= Section::scope && section != Section::install; }

/// Built once from the constant tables, never changed: a cache of facts, not state.
class Index {
 public:
  Index() {
    for (const auto table : {unit_rows(), condition_rows(), install_rows(), service_rows(), socket_rows(), mount_rows(),
                             automount_rows(), swap_rows(), timer_rows(), trigger_path_rows(), scope_rows(), process_rows(),
                             scheduling_rows(), sandbox_rows(), path_rows(), resource_rows(), kill_rows()})
      for (const UnitRow& row : table)
        if (!row.key.empty() || !row.bus.name.empty()) rows.push_back(&row);
    for (std::size_t i = 0; i < section_count; ++i) add_section(static_cast<Section>(i));
  }

  std::vector<const UnitRow*> rows;
  std::array<std::unordered_map<std::string_view, FoundDirective>, section_count> by_key;
  std::array<std::vector<std::string_view>, section_count> keys;
  std::array<std::vector<Property>, section_count> properties;
  std::array<std::unordered_map<std::string_view, const UnitRow*>, section_count> given_only;

 private:
  void add_section(Section section) {
    const auto at = static_cast<std::size_t>(section);
    for (const UnitRow* row : rows) {
      if (!row->sections.has(section)) continue;
      if (!row->key.empty()) {
        by_key[at].emplace(row->key, FoundDirective{row, row->kind == RowKind::alias ? &target_of(*row, section) : row});
        keys[at].push_back(row->key);
      }
      if (row->kind == RowKind::given)
        given_only[at].emplace(row->bus.name, row);
      else if (has_interface(section) && !row->bus.name.empty())
        properties[at].push_back({row->bus.name, row->signature, row->bus.emits, row->bus.from_graph, row});
    }
    std::sort(keys[at].begin(), keys[at].end());
    std::sort(properties[at].begin(), properties[at].end(), [](const Property& a, const Property& b) { return a.name < b.name; });
  }
  const UnitRow& target_of(const UnitRow& alias, Section section) const {
    const std::size_t dot = alias.target.find('.');
    if (dot != std::string_view::npos) {
      const std::optional<Section> other = from_name<Section>(alias.target.substr(0, dot));
      CHECK(other.has_value());
      section = *other;
    }
    const std::string_view key = dot == std::string_view::npos ? alias.target : alias.target.substr(dot + 1);
    for (const UnitRow* row : rows)
      if (row->key == key && row->sections.has(section)) return *row;
    constexpr bool alias_names_a_row = false;
    CHECK(alias_names_a_row);
    return alias;
  }
};
const Index& index() {
  static const Index built;
  return built;
}

constexpr std::string_view interface_prefix = "org.freedesktop.systemd1.";
std::optional<Section> section_of_interface(std::string_view interface_name) {
  const auto name = after_prefix(interface_name, interface_prefix);
  const std::optional<Section> section = name ? from_name<Section>(*name) : std::nullopt;
  return section && has_interface(*section) ? section : std::nullopt;
}

const Property* find_in(Section section, std::string_view property) {
  const std::vector<Property>& list = index().properties[static_cast<std::size_t>(section)];
  const auto found = std::lower_bound(list.begin(), list.end(), property, [](const Property& p, std::string_view name) { return p.name < name; });
  return found != list.end() && found->name == property ? &*found : nullptr;
}

}  // namespace

std::optional<Section> section_of(UnitType type) {
  switch (type) {
    case UnitType::service: return Section::service;
    case UnitType::socket: return Section::socket;
    case UnitType::mount: return Section::mount;
    case UnitType::automount: return Section::automount;
    case UnitType::swap: return Section::swap;
    case UnitType::timer: return Section::timer;
    case UnitType::path: return Section::path;
    case UnitType::slice: return Section::slice;
    case UnitType::scope: return Section::scope;
    case UnitType::target:
    case UnitType::device: return std::nullopt;
  }
  return std::nullopt;
}
bool allows_section(UnitType type, Section section) {
  return section == Section::unit || section == Section::install || section_of(type) == section;
}
const FoundDirective* find_directive(Section section, std::string_view key) {
  const auto& map = index().by_key[static_cast<std::size_t>(section)];
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}
std::span<const std::string_view> keys_of(Section section) { return index().keys[static_cast<std::size_t>(section)]; }
Sections sections_with(std::string_view key) {
  Sections sections;
  for (std::size_t i = 0; i < section_count; ++i)
    if (find_directive(static_cast<Section>(i), key) != nullptr) sections = sections | static_cast<Section>(i);
  return sections;
}
std::span<const UnitRow* const> all_unit_rows() { return index().rows; }

std::span<const Property> properties_of(std::string_view interface_name) {
  const std::optional<Section> section = section_of_interface(interface_name);
  return section ? std::span<const Property>(index().properties[static_cast<std::size_t>(*section)]) : std::span<const Property>();
}
const Property* find_property(std::string_view interface_name, std::string_view property) {
  const std::optional<Section> section = section_of_interface(interface_name);
  return section ? find_in(*section, property) : nullptr;
}
std::string interface_of(UnitType type) {
  std::string name(to_name(type));
  name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return std::string(interface_prefix) + name;
}
Value bus_value(const UnitConfig& config, const UnitName& name, const MachineFacts& machine, const Property& property) {
  return property.row->get({config, name, machine});
}

// --- Setting by bus -----------------------------------------------------------------------------------------------
namespace {

struct Settable {
  const UnitRow* row = nullptr;
  Section section = Section::unit;
};
/// By property, the type's own first; by the names that are only given; by the key of what is not shown.
Settable find_settable(UnitType type, std::string_view name) {
  const std::optional<Section> own = section_of(type);
  for (const std::optional<Section>& place : {own, std::optional(Section::unit)})
    if (place)
      if (const Property* property = find_in(*place, name)) return {property->row, *place};
  if (!own) return {};
  const auto& given = index().given_only[static_cast<std::size_t>(*own)];
  if (const auto found = given.find(name); found != given.end()) return {found->second, *own};
  const FoundDirective* directive = find_directive(*own, name);
  if (directive != nullptr && directive->written == directive->effective && directive->effective->bus.name.empty()) return {directive->effective, *own};
  return {};
}

/// What may change while a unit runs: resource control but for what its groups are made by, and the description.
bool is_live(const UnitRow& row) {
  constexpr std::array<std::string_view, 6> fixed{"Slice", "Delegate", "DelegateControllers", "BPFProgram", "IPIngressFilterPath", "IPEgressFilterPath"};
  if (std::find(fixed.begin(), fixed.end(), row.bus.name) != fixed.end()) return false;
  return row.sections.bits == resource_sections.bits || row.key == "Description";
}

/// Rows that are shown as a set but have a key carry the value alone; others carry whole "Key=value" lines.
void add_lines(std::string_view section, std::string_view key, Texts texts, std::vector<SettingLine>& lines) {
  for (std::string& text : texts) {
    if (!key.empty()) {
      lines.push_back({std::string(section), std::string(key), std::move(text)});
    } else if (const std::size_t equals = text.find('='); equals != std::string::npos) {
      lines.push_back({std::string(section), text.substr(0, equals), text.substr(equals + 1)});
    }
  }
}

}  // namespace

tl::unexpected<Error> fail_contents() { return tl::unexpected<Error>(Error{ErrorCode::io, ENXIO, "Failed to set unit properties: Unexpected message contents", {}}); }

Result<void> apply_settings(UnitConfig& config, std::span<const SettingLine> lines, const UnitName& name, const SpecifierFacts& facts,
                            const MachineFacts& machine, ManagerScope scope) {
  for (const SettingLine& line : lines) {
    const std::optional<Section> section = from_name<Section>(line.section);
    const FoundDirective* directive = section ? find_directive(*section, line.key) : nullptr;
    if (directive == nullptr || directive->effective->apply == nullptr)
      return fail(ErrorCode::not_found, fmt::format("Cannot set property {}, or unknown property.", line.key));
    Diagnostics found;
    Remarks remarks(found, {}, line.key);
    ParseContext context{.section = line.section, .key = line.key, .origin = {}, .specifiers = {&facts, name.text(), {}, {}}, .machine = &machine,
                         .type = name.type(), .scope = scope, .remarks = remarks};
    const bool applied = directive->effective->apply(context, config, line.value);
    if (!applied || context.fatal)
      return fail(ErrorCode::invalid_argument, found.empty() ? fmt::format("Invalid value for {}", line.key) : found.front().message);
  }
  return {};
}

Result<std::vector<SettingLine>> set_from_bus(UnitConfig& config, const UnitName& name, std::string_view property, const Value& value, SetMode mode,
                                              const SpecifierFacts& facts, const MachineFacts& machine, ManagerScope scope) {
  const auto [row, section] = find_settable(name.type(), property);
  if (row == nullptr || row->texts == nullptr || row->kind == RowKind::ignored || (mode == SetMode::live && !is_live(*row)))
    return fail(ErrorCode::not_found, fmt::format("Cannot set property {}, or unknown property.", property));
  if (value.signature() != (row->given_as.empty() ? row->signature : row->given_as)) return fail_contents();
  const Given given{name.type(), property, value, {config, name, machine}, row->get, row->refusal};
  std::vector<SettingLine> lines;
  add_lines(to_name(section), !row->key.empty() ? row->key : row->target, TRY(row->texts(given)), lines);
  constexpr std::size_t longest = 1024UL * 1024;
  const bool fits = std::all_of(lines.begin(), lines.end(), [](const SettingLine& line) { return line.value.size() <= longest && line.value.find('\n') == std::string::npos; });
  if (!fits || !apply_settings(config, lines, name, facts, machine, scope)) return refused_setting(given);
  return lines;
}

// --- From text to bus ---------------------------------------------------------------------------------------------
namespace {

/// The key's row in the type's own section or in [Unit]; nullptr if there is none whose property can be set.
const UnitRow* settable_row(UnitType type, std::string_view key) {
  for (const std::optional<Section>& place : {section_of(type), std::optional(Section::unit)}) {
    const FoundDirective* found = place ? find_directive(*place, key) : nullptr;
    if (found == nullptr) continue;
    const UnitRow& row = *found->effective;
    return row.apply == nullptr || row.get == nullptr || row.texts == nullptr || row.bus.name.empty() ? nullptr : &row;
  }
  return nullptr;
}

}  // namespace

Result<PropertySetting> property_setting(UnitType type, std::string_view key, std::string_view text, const MachineFacts& machine) {
  const UnitRow* row = settable_row(type, key);
  if (row == nullptr) return fail(ErrorCode::not_found, fmt::format("no property {} that could be set", key));
  const std::string scale = fmt::format("{}Scale", row->bus.name);
  constexpr std::uint32_t whole = 10000;
  if (const auto own = section_of(type); own && index().given_only[static_cast<std::size_t>(*own)].contains(scale))
    if (const Result<std::uint32_t> share = parse_permyriad(text, UINT32_MAX)) {
      if (*share > whole) return fail_value(ERANGE, std::string(text));
      return PropertySetting{scale, static_cast<std::uint32_t>(std::uint64_t{*share} * UINT32_MAX / whole)};
    }
  std::string value(text);
  if (row->signature.find('s') != std::string_view::npos)
    for (std::size_t at = 0; (at = value.find('%', at)) != std::string::npos; at += 2) value.insert(at, 1, '%');
  const UnitName name = TRY(UnitName::parse(fmt::format("unit.{}", to_name(type))));
  UnitConfig config;
  Diagnostics found;
  Remarks remarks(found, {}, key);
  const SpecifierFacts facts;
  ParseContext context{.section = {}, .key = key, .origin = {}, .specifiers = {&facts, name.text(), {}, {}}, .machine = &machine, .type = type, .remarks = remarks};
  if (!row->apply(context, config, value) || context.fatal) {
    // A number that is refused lies outside of what is allowed.
    return fail_value(parse_signed(text) ? ERANGE : EINVAL, found.empty() ? std::string() : found.back().message);
  }
  return PropertySetting{std::string(row->bus.name), row->get({config, name, machine})};
}

}  // namespace unitparser
