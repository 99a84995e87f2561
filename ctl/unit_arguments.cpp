// Operands that name units: what people type to unit names, globs to the units they match. [bus]
#include "ctl/unit_arguments.h"

#include <algorithm>

#include "unitparser/names/unit_name.h"

namespace ctl {
namespace {

/// What of a proper name was typed, before a suffix was added to it.
std::string_view without_added_suffix(std::string_view name, std::string_view typed, std::string_view suffix) {
  if (!name.ends_with(suffix)) return name;
  const auto stem = name.substr(0, name.size() - suffix.size());
  return unitparser::type_of_name(stem) || stem.ends_with(suffix) || !typed.ends_with(suffix) ? stem : name;
}

}  // namespace

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

bool is_listed(const Options& options, const UnitInfo& unit) {
  if (!options.types.empty()) {
    const auto dot = unit.id.rfind('.');
    if (dot == std::string::npos || std::find(options.types.begin(), options.types.end(), unit.id.substr(dot + 1)) == options.types.end())
      return false;
  }
  if (options.all || !options.states.empty() || unit.job_id > 0) return true;
  return unit.active_state != "inactive" && unit.following.empty();
}

std::optional<std::vector<std::string>> proper_names(Session& session, std::span<const std::string> operands, std::string_view suffix) {
  std::vector<std::string> names;
  for (const auto& typed : operands) {
    auto name = unitparser::mangle_name(typed, suffix, unitparser::Globs::keep);
    if (!name) {
      session.fail("Failed to mangle name: Invalid argument");
      session.fail("Failed to expand names: Invalid argument");
      return std::nullopt;
    }
    const auto shown = without_added_suffix(*name, typed, suffix);
    if (!typed.starts_with('/') && shown != typed && !session.options().quiet)
      session.out().say(Severity::notice, "Invalid unit name \"" + typed + "\" escaped as \"" + std::string(shown) +
                                              "\" (maybe you should use systemd-escape?).");
    names.push_back(std::move(*name));
  }
  return names;
}

std::optional<ExpandedNames> expand_names(Session& session, std::span<const std::string> operands, std::string_view suffix) {
  auto proper = proper_names(session, operands, suffix);
  if (!proper) return std::nullopt;
  ExpandedNames result;
  std::vector<std::string> globs;
  for (auto& name : *proper) (is_glob(name) ? globs : result.names).push_back(std::move(name));
  result.had_globs = !globs.empty();
  if (globs.empty()) return result;
  Client* client = session.manager();
  if (client == nullptr) return std::nullopt;
  const auto units = client->list_units({}, globs);
  if (!units) {
    session.fail("expand names", units.error());
    return std::nullopt;
  }
  for (const auto& unit : *units)
    if (is_listed(session.options(), unit)) result.names.push_back(unit.id);
  return result;
}

}  // namespace ctl
