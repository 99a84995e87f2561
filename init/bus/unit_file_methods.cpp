// Methods on unit files: enable and its kin, states, the default target. [bus]
#include <algorithm>

#include "init/bus/request.h"
#include "unitparser/load/install.h"
#include "unitparser/names/unit_name.h"

namespace init::bus {
namespace {

using namespace unitparser;

Value rows_of(const UnitFileChanges& changes) {
  ArrayValue rows{"(sss)", {}};
  for (const auto& change : changes.changes) rows.elements.push_back(struct_of(change.kind, change.path, change.source));
  return rows;
}

/// Answers in the shape of the method: with or without the install-info flag.
Outcome change(Request& r, const UnitFileRequest& request) {
  auto changes = r.manager.change_unit_files(request);
  if (!changes) return failure_of(changes.error());
  if (r.method.output.starts_with('b')) return Answer{changes->carries_install_info, rows_of(*changes)};
  return Answer{rows_of(*changes)};
}

UnitFileRequest request_of(UnitFileVerb verb, std::vector<std::string> names, bool runtime, bool force) {
  UnitFileRequest request;
  request.verb = verb;
  request.names = std::move(names);
  request.runtime = runtime;
  request.force = force;
  return request;
}

/// Those with (names, runtime, force) or (names, runtime).
Outcome plain_change(Request& r) {
  constexpr std::array<std::pair<std::string_view, UnitFileVerb>, 8> verbs{{{"EnableUnitFiles", UnitFileVerb::enable},
                                                                           {"DisableUnitFiles", UnitFileVerb::disable},
                                                                           {"ReenableUnitFiles", UnitFileVerb::reenable},
                                                                           {"LinkUnitFiles", UnitFileVerb::link},
                                                                           {"PresetUnitFiles", UnitFileVerb::preset},
                                                                           {"MaskUnitFiles", UnitFileVerb::mask},
                                                                           {"UnmaskUnitFiles", UnitFileVerb::unmask},
                                                                           {"RevertUnitFiles", UnitFileVerb::revert}}};
  for (const auto& [method, verb] : verbs)
    if (method == r.method.name)
      return change(r, request_of(verb, r.texts(0), r.arguments.size() > 1 && r.flag(1), r.arguments.size() > 2 && r.flag(2)));
  return BusFailure{"org.freedesktop.DBus.Error.NotSupported", "Operation not supported"};
}
Outcome change_with_flags(Request& r) {
  constexpr std::uint64_t runtime = 1, force = 2, portable = 4;  // UnitFileFlags, org.freedesktop.systemd1(5)
  const auto flags = r.argument<std::uint64_t>(1);
  if ((flags & ~(runtime | force | portable)) != 0) return invalid_arguments("Invalid argument");
  const auto verb = r.method.name.starts_with("Enable") ? UnitFileVerb::enable : UnitFileVerb::disable;
  return change(r, request_of(verb, r.texts(0), (flags & runtime) != 0, (flags & force) != 0));
}
/// Whether the mode is one; the caller is asked for afterwards.
std::optional<Outcome> objection_to_preset(Request& r, const std::string& mode) {
  if (!mode.empty() && !from_name<PresetMode>(mode)) return invalid_arguments("Invalid argument");
  return r.authorised ? std::nullopt : std::optional<Outcome>(NeedsAuthorisation{});
}
Outcome preset_with_mode(Request& r) {
  if (auto refused = objection_to_preset(r, r.text(1))) return std::move(*refused);
  auto request = request_of(UnitFileVerb::preset, r.texts(0), r.flag(2), r.flag(3));
  request.preset_mode = r.text(1);
  return change(r, request);
}
Outcome preset_all(Request& r) {
  if (auto refused = objection_to_preset(r, r.text(0))) return std::move(*refused);
  auto request = request_of(UnitFileVerb::preset_all, {}, r.flag(1), r.flag(2));
  request.preset_mode = r.text(0);
  return change(r, request);
}
Outcome set_default(Request& r) { return change(r, request_of(UnitFileVerb::set_default, {r.text(0)}, false, r.flag(1))); }
Outcome add_dependency(Request& r) {
  if (r.text(2) != "Wants" && r.text(2) != "Requires") return invalid_arguments("Invalid argument");
  auto request = request_of(r.text(2) == "Wants" ? UnitFileVerb::add_wants : UnitFileVerb::add_requires, r.texts(0), r.flag(3), r.flag(4));
  request.target = r.text(1);
  return change(r, request);
}

Outcome list_where(Request& r, const std::vector<std::string>& states, const std::vector<std::string>& patterns) {
  const auto files = r.manager.list_unit_files(patterns);
  if (!files) return failure_of(files.error());
  ArrayValue rows{"(ss)", {}};
  for (const auto& file : *files)
    if (states.empty() || std::find(states.begin(), states.end(), file.state) != states.end())
      rows.elements.push_back(struct_of(file.path, file.state));
  return Answer{std::move(rows)};
}
Outcome list(Request& r) { return list_where(r, {}, {}); }
Outcome list_by_patterns(Request& r) { return list_where(r, r.texts(0), r.texts(1)); }

Outcome state(Request& r) {
  auto found = r.manager.unit_file_state(r.text(0));
  if (!found && found.error().os_errno != 0) return failure_of(fail_errno(found.error().os_errno, "").value());
  if (!found) return failure_of(found.error());
  return Answer{std::move(*found)};
}
Outcome links(Request& r) {
  const auto found = r.manager.unit_file_links(r.text(0), r.flag(1));
  if (!found) return failure_of(found.error());
  return Answer{string_array(*found)};
}
Outcome get_default(Request& r) {
  auto target = r.manager.default_target();
  if (!target) return failure_of(target.error());
  return Answer{std::move(*target)};
}

constexpr auto files = Action::manage_unit_files;
constexpr std::array rows{
    MethodRow{"ListUnitFiles", list}, MethodRow{"ListUnitFilesByPatterns", list_by_patterns}, MethodRow{"GetUnitFileState", state},
    MethodRow{"GetUnitFileLinks", links}, MethodRow{"GetDefaultTarget", get_default}, MethodRow{"SetDefaultTarget", set_default, files},
    MethodRow{"EnableUnitFiles", plain_change, files}, MethodRow{"DisableUnitFiles", plain_change, files},
    MethodRow{"ReenableUnitFiles", plain_change, files}, MethodRow{"LinkUnitFiles", plain_change, files},
    MethodRow{"PresetUnitFiles", plain_change, files}, MethodRow{"MaskUnitFiles", plain_change, files},
    MethodRow{"UnmaskUnitFiles", plain_change, files}, MethodRow{"RevertUnitFiles", plain_change, files},
    MethodRow{"EnableUnitFilesWithFlags", change_with_flags, files}, MethodRow{"DisableUnitFilesWithFlags", change_with_flags, files},
    MethodRow{"PresetUnitFilesWithMode", preset_with_mode, files, Asks::within}, MethodRow{"PresetAllUnitFiles", preset_all, files, Asks::within},
    MethodRow{"AddDependencyUnitFiles", add_dependency, files},
};

}  // namespace

std::span<const MethodRow> unit_file_methods() { return rows; }

}  // namespace init::bus
