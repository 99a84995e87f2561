// What the tables say about a directive. [pure]
#include "ctl/directive_help.h"

#include <map>

#include "ctl/render/property_text.h"
#include "unitparser/base/text.h"
#include "unitparser/directives/manager_directives.h"
#include "unitparser/directives/registry.h"
#include "unitparser/load/unit_loader.h"

namespace ctl {
namespace {

using unitparser::Section;
using unitparser::UnitType;

/// The manual page that describes a section (systemd.directives(7)).
std::string_view manual_of(const unitparser::UnitRow& row, Section section) {
  if (row.sections.bits == unitparser::exec_sections.bits) return "systemd.exec(5)";
  if (row.sections.bits == unitparser::kill_sections.bits) return "systemd.kill(5)";
  if (row.sections.bits == unitparser::resource_sections.bits) return "systemd.resource-control(5)";
  switch (section) {
    case Section::unit:
    case Section::install: return "systemd.unit(5)";
    case Section::service: return "systemd.service(5)";
    case Section::socket: return "systemd.socket(5)";
    case Section::mount: return "systemd.mount(5)";
    case Section::automount: return "systemd.automount(5)";
    case Section::swap: return "systemd.swap(5)";
    case Section::timer: return "systemd.timer(5)";
    case Section::path: return "systemd.path(5)";
    case Section::slice: return "systemd.slice(5)";
    case Section::scope: return "systemd.scope(5)";
    default: return "systemd-system.conf(5)";
  }
}

UnitType type_of_section(Section section) {
  for (std::size_t i = 0; i < unitparser::unit_type_count; ++i)
    if (unitparser::section_of(static_cast<UnitType>(i)) == section) return static_cast<UnitType>(i);
  return UnitType::service;
}

/// What the property is in a unit that says nothing.
std::string default_of(const unitparser::UnitRow& row, Section section) {
  if (row.get == nullptr || row.bus.name.empty()) return {};
  const auto context = unitparser::make_load_context({}, {}, unitparser::ManagerScope::system, {});
  const UnitType type = type_of_section(section);
  const auto name = unitparser::UnitName::parse("unit." + std::string(to_name(type)));
  if (!name) return {};
  const auto texts = property_texts(row.bus.name, row.get({context.defaults.of(type), *name, context.machine}), TimestampStyle::pretty);
  return texts.empty() ? std::string() : texts.front();
}

template <class Root>
std::string facts_of(const unitparser::Row<Root>& row, const std::string& otherwise) {
  std::string text = "    Value: " + std::string(row.value_word.empty() ? "as its section says" : row.value_word) + (row.list ? ", assignments add up, an empty one resets" : "") + "\n";
  if (!otherwise.empty()) text += "    Default: " + otherwise + "\n";
  if (!row.bus.name.empty()) text += "    Property: " + std::string(row.bus.name) + " (" + std::string(row.signature) + ")\n";
  return text;
}

std::string paragraph(Section section, const unitparser::FoundDirective& found, const std::string& sections) {
  const auto& written = *found.written;
  const auto& row = *found.effective;
  std::string text = std::string(written.key) + "=  " + sections + "\n";
  if (written.kind == unitparser::RowKind::ignored) return text + "    Ignored: " + std::string(written.description) + "\n";
  text += "    " + std::string(row.description) + "\n";
  if (&written != &row) text += "    Older spelling of " + std::string(written.target) + "=.\n";
  text += facts_of(row, default_of(row, section));
  return text + "    Manual: " + std::string(manual_of(written, section)) + "\n";
}

template <class Root>
void add_manager_rows(std::span<const unitparser::Row<Root>> rows, std::string_view wanted, std::string& text) {
  for (const auto& row : rows)
    if (!row.key.empty() && unitparser::equals_ignoring_case(row.key, wanted))
      text += (text.empty() ? "" : "\n") + std::string(row.key) + "=  [Manager]\n    " + std::string(row.description) + "\n" + facts_of(row, {}) + "    Manual: systemd-system.conf(5)\n";
}

}  // namespace

DirectiveHelp help_for_directive(std::string_view name) {
  const std::string_view wanted = unitparser::trim_right(name, "=");
  DirectiveHelp help;
  std::map<const unitparser::UnitRow*, std::pair<Section, std::string>> rows;  // one row may stand in several sections
  std::vector<const unitparser::UnitRow*> order;
  std::vector<std::string_view> all;
  for (std::size_t i = 0; i < unitparser::section_count; ++i) {
    const auto section = static_cast<Section>(i);
    for (const std::string_view key : unitparser::keys_of(section)) {
      all.push_back(key);
      if (!unitparser::equals_ignoring_case(key, wanted)) continue;
      const auto* row = unitparser::find_directive(section, key)->written;
      const auto [at, is_new] = rows.try_emplace(row, section, std::string());
      if (is_new) order.push_back(row);
      at->second.second += (at->second.second.empty() ? "[" : " [") + std::string(to_name(section)) + "]";
    }
  }
  for (const auto* row : order) {
    const auto& [section, sections] = rows.at(row);
    help.text += (help.text.empty() ? "" : "\n") + paragraph(section, *unitparser::find_directive(section, row->key), sections);
  }
  add_manager_rows(unitparser::manager_behaviour_rows(), wanted, help.text);
  add_manager_rows(unitparser::manager_defaults_rows(), wanted, help.text);
  if (help.text.empty()) help.guess = unitparser::nearest(wanted, all);
  return help;
}

}  // namespace ctl
