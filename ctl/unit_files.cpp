// Unit files without a manager: what enable and its kin do with --root, --global or when no manager runs. [src]
#include "ctl/unit_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "unitparser/base/text.h"
#include "unitparser/load/host_facts.h"
#include "unitparser/load/install.h"
#include "unitparser/load/install_apply.h"
#include "unitparser/load/install_messages.h"
#include "unitparser/load/presets.h"
#include "unitparser/load/unit_file_state.h"
#include "unitparser/syntax/paths.h"

namespace ctl {
namespace {

using unitparser::InstallPlan;

/// Whether the files themselves are wanted, not the manager: by options, in a chroot, or as SYSTEMD_OFFLINE says.
bool wants_files(const Options& options) {
  if (!options.root.empty() || !options.image.empty() || options.scope == Scope::global) return true;
  const char* offline = std::getenv("SYSTEMD_OFFLINE");
  if (offline != nullptr)
    if (const auto yes = unitparser::parse_boolean(offline)) return *yes;
  return in_chroot();
}

unitparser::UnitScope scope_of(const Options& options) {
  return options.scope == Scope::system ? unitparser::UnitScope::system
         : options.scope == Scope::user ? unitparser::UnitScope::user
                                        : unitparser::UnitScope::global;
}

/// Everything an Installer needs, alive as long as it.
struct Workplace {
  explicit Workplace(const Options& options)
      : source(unitparser::make_disk_file_source(options.root)),
        paths(unit_paths_of(options)),
        facts(unitparser::read_specifier_facts(options.scope == Scope::user ? unitparser::ManagerScope::user : unitparser::ManagerScope::system)),
        installer(*source, paths, facts, options.root) {}
  std::unique_ptr<unitparser::FileSource> source;
  unitparser::UnitPaths paths;
  unitparser::SpecifierFacts facts;
  unitparser::Installer installer;
};

unitparser::InstallOptions install_options(const Options& options) {
  unitparser::InstallOptions result;
  result.runtime = options.runtime;
  result.force = options.force > 0;
  result.preset_mode = static_cast<unitparser::PresetMode>(options.preset_mode);
  return result;
}

InstallPlan plan_of(Workplace& place, const Options& options, const std::string& verb, const std::vector<std::string>& names) {
  auto how = install_options(options);
  auto& installer = place.installer;
  if (verb == "enable") return installer.enable(names, how);
  if (verb == "disable") return installer.disable(names, how);
  if (verb == "reenable") return installer.reenable(names, how);
  if (verb == "preset") return installer.preset(names, how);
  if (verb == "preset-all") return installer.preset_all(how);
  if (verb == "mask") return installer.mask(names, how);
  if (verb == "unmask") return installer.unmask(names, how);
  if (verb == "link") return installer.link(names, how);
  if (verb == "revert") return installer.revert(names);
  if (verb == "set-default") {
    how.force = true;
    return installer.set_default(names.front(), how);
  }
  const auto kind = verb == "add-wants" ? unitparser::DependencyLinkKind::wants : unitparser::DependencyLinkKind::requires_;
  return installer.add_dependency(std::span(names).subspan(1), names.front(), kind, how);
}

std::string_view verb_in_messages(std::string_view verb) {
  if (verb == "preset-all") return "preset";
  if (verb == "set-default") return "set default";
  return verb.starts_with("add-") ? "add dependency on" : verb;
}

void say_warnings(Session& session, const std::vector<std::string>& warnings) {
  for (const auto& line : warnings) session.out().say(Severity::warning, line);
}

/// The unit behind default.target, or nothing after having said what is wrong.
std::optional<std::string> default_target(Session& session, Workplace& place) {
  std::vector<std::string> warnings;
  auto target = place.installer.get_default(&warnings);
  say_warnings(session, warnings);
  if (target) return std::move(*target);
  session.fail(std::string("Failed to get default target: ") + strerrordesc_np(target.error().os_errno));
  return std::nullopt;
}

/// What was just made the default may be hidden by a link in a folder that goes before.
int say_overridden_default(Session& session, Workplace& place, const std::string& chosen) {
  if (session.options().quiet) return EXIT_SUCCESS;
  const auto target = default_target(session, place);
  if (!target) return EXIT_FAILURE;
  if (*target != chosen)
    session.out().say(Severity::notice, "Note: \"" + *target + "\" is the default unit (possibly a runtime override).");
  return EXIT_SUCCESS;
}

}  // namespace

bool in_chroot() {
  struct stat ours {}, init {};
  return geteuid() == 0 && stat("/", &ours) == 0 && stat("/proc/1/root", &init) == 0 && (ours.st_ino != init.st_ino || ours.st_dev != init.st_dev);
}

std::optional<int> change_offline(Session& session, const std::string& verb, const std::vector<std::string>& names, bool& carries_install_info) {
  const auto& options = session.options();
  if (!wants_files(options)) return std::nullopt;
  if (verb == "link" && !options.root.empty())
    for (const auto& name : names)
      if (!name.starts_with('/')) return session.fail("Non-absolute paths are not allowed when --root is used: " + name);
  Workplace place(options);
  InstallPlan plan = plan_of(place, options, verb, names);
  if (!options.dry_run) unitparser::apply_install(plan, options.root);
  const auto quiet = options.quiet ? unitparser::Quiet::yes : unitparser::Quiet::no;
  for (const auto& line : unitparser::describe_plan(plan, verb_in_messages(verb), quiet))
    session.out().say(line.starts_with("Failed") ? Severity::error : Severity::info, line);
  carries_install_info = plan.rules > 0 || verb == "disable";
  if (plan.error != 0) return EXIT_FAILURE;
  return verb == "set-default" ? say_overridden_default(session, place, names.front()) : EXIT_SUCCESS;
}

std::optional<bool> has_unit_file(Session& session, const std::string& name) {
  const auto& options = session.options();
  const auto source = unitparser::make_disk_file_source(options.root);
  const auto paths = unit_paths_of(options);
  const unitparser::SpecifierFacts none;  // nothing is expanded to find a file
  std::vector<std::string> warnings;
  const auto exists = unitparser::Installer(*source, paths, none, options.root).exists(name, &warnings);
  say_warnings(session, warnings);
  if (exists) return *exists;
  const int error = exists.error().os_errno;
  if (error == ELOOP || error == ERFKILL || error == EADDRNOTAVAIL) return true;
  session.fail(std::string("Failed to look up unit file state: ") + strerrordesc_np(error));
  return std::nullopt;
}

std::optional<int> print_states_offline(Session& session, const std::vector<std::string>& names, bool any_enabled) {
  const auto& options = session.options();
  if (!wants_files(options)) return std::nullopt;
  Workplace place(options);
  std::vector<std::string> warnings;
  unitparser::UnitFileStates look(*place.source, place.paths, place.facts, options.root, &warnings);
  for (const auto& name : names) {
    const auto state = look.state(name);
    say_warnings(session, std::exchange(warnings, {}));
    if (!state) return session.fail("Failed to get unit file state for " + name + ": " + strerrordesc_np(state.error().os_errno));
    any_enabled = any_enabled || unitparser::counts_as_enabled(*state);
    if (!options.quiet) session.answer(to_name(*state), {{"unit", name}, {"unit_file_state", std::string(to_name(*state))}});
  }
  return any_enabled ? EXIT_SUCCESS : EXIT_FAILURE;
}

std::optional<int> get_default_offline(Session& session) {
  if (!wants_files(session.options())) return std::nullopt;
  Workplace place(session.options());
  const auto target = default_target(session, place);
  if (!target) return EXIT_FAILURE;
  session.answer(*target, {{"default", *target}});
  return EXIT_SUCCESS;
}

std::optional<std::vector<UnitFileRow>> list_offline(Session& session, std::span<const std::string> patterns) {
  const auto& options = session.options();
  if (!wants_files(options)) return std::nullopt;
  Workplace place(options);
  std::vector<std::string> warnings;
  unitparser::UnitFileStates look(*place.source, place.paths, place.facts, options.root, &warnings);
  std::vector<UnitFileRow> rows;
  for (const auto& entry : look.list(patterns)) {
    UnitFileRow row{entry.path, std::string(to_name(entry.state)), {}};
    if (options.states.empty() || std::find(options.states.begin(), options.states.end(), row.state) != options.states.end()) rows.push_back(std::move(row));
  }
  say_warnings(session, warnings);
  return rows;
}

void add_presets(Session& session, std::vector<UnitFileRow>& rows) {
  const auto has_preset = [](const UnitFileRow& row) { return row.state != "static" && row.state != "alias" && row.state != "generated" && row.state != "transient"; };
  if (std::none_of(rows.begin(), rows.end(), has_preset)) return;  // nobody wants to hear what is wrong with preset files
  const auto& options = session.options();
  const auto source = unitparser::make_disk_file_source(options.root);
  std::vector<std::string> warnings;
  const auto rules = unitparser::read_presets(*source, scope_of(options), options.root, &warnings);
  say_warnings(session, warnings);
  for (UnitFileRow& row : rows)
    if (has_preset(row)) row.preset = unitparser::query_presets(rules, row.name()).enable ? "enabled" : "disabled";
}

unitparser::UnitPaths unit_paths_of(const Options& options) {
  return unitparser::make_unit_paths(scope_of(options), unitparser::read_unit_path_environment());
}

bool is_enabled_state(std::string_view state) {
  const auto known = unitparser::from_name<unitparser::UnitFileState>(state);
  return known && unitparser::counts_as_enabled(*known);
}

std::string absolute_path(const std::string& path) {
  if (path.starts_with('/')) return path;
  std::array<char, 4096> folder{};
  if (getcwd(folder.data(), folder.size()) == nullptr) return path;
  return unitparser::simplify_path(std::string(folder.data()) + "/" + path);
}

}  // namespace ctl
