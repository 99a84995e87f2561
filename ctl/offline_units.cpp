// Units read from files. [src]
#include "ctl/offline_units.h"

#include <iostream>
#include <iterator>

#include "ctl/unit_files.h"
#include "unitparser/load/host_facts.h"
#include "unitparser/syntax/paths.h"

namespace ctl {
namespace {

unitparser::UnitPaths paths_for(const Options& options, Arguments operands) {
  auto paths = unit_paths_of(options);
  for (const auto& operand : operands) {
    if (operand.find('/') == std::string::npos) continue;
    const std::string folder(unitparser::directory_of(absolute_path(operand)));
    std::erase(paths.search, folder);
    paths.search.insert(paths.search.begin(), folder);
  }
  return paths;
}

unitparser::LoadContext context_for(const Options& options) {
  const auto scope = options.scope == Scope::user ? unitparser::ManagerScope::user : unitparser::ManagerScope::system;
  auto context = unitparser::make_load_context(unitparser::read_specifier_facts(scope), unitparser::read_machine_facts(), scope, {});
  context.list_assignments = true;
  return context;
}

}  // namespace

OfflineUnits::OfflineUnits(const Options& options, Arguments operands)
    : source_(unitparser::make_disk_file_source(options.root)), files_(*source_, paths_for(options, operands)), loader_(*source_, files_, context_for(options)) {
  files_.refresh();
}

unitparser::LoadedUnit OfflineUnits::load(const std::string& operand) {
  if (operand == "-") {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    return unitparser::load_from_texts(unitparser::UnitName::parse("stdin.service").value(), {{"-", text}}, loader_.context());
  }
  const std::string_view name = unitparser::file_name(operand);
  auto parsed = unitparser::UnitName::parse(unitparser::type_of_name(name) ? std::string(name) : std::string(name) + ".service");
  if (parsed && parsed->is_template())
    if (auto filled = parsed->with_instance("test-instance")) parsed = std::move(filled);
  if (parsed) return loader_.load(*parsed);
  unitparser::LoadedUnit unit;
  unit.diagnostics.push_back({unitparser::Severity::error, {operand, 0, 0}, {}, "Not a valid unit name: " + operand, {}, {}});
  unit.state = unitparser::LoadState::stub;
  return unit;
}

}  // namespace ctl
