// enable, disable, mask and all other verbs on unit files. [bus] [os: runs systemd-sysv-install]
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "ctl/agents.h"
#include "ctl/unit_arguments.h"
#include "ctl/unit_files.h"
#include "ctl/verb_list.h"
#include "unitparser/base/text.h"
#include "unitparser/load/install_messages.h"

namespace ctl {
namespace {

constexpr const char* sysv_install = "/lib/systemd/systemd-sysv-install";

/// Runs systemd-sysv-install VERB NAME; its exit status.
int run_sysv_install(Session& session, const std::string& verb, const std::string& name, std::string_view root) {
  std::vector<std::string> words{sysv_install};
  if (!root.empty()) words.push_back("--root=" + std::string(root));
  words.push_back(verb);
  words.push_back(name);
  if (!session.options().quiet) session.out().say(Severity::info, "Executing: " + unitparser::join(words, " "));
  session.out().flush();
  const std::vector<char*> arguments = unitparser::argument_vector(words);
  const auto pid = fork();
  if (pid < 0) return EXIT_FAILURE;
  if (pid == 0) {
    execv(sysv_install, arguments.data());
    _exit(EXIT_FAILURE);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/// Services that also (or only) have a script in /etc/init.d are handed to systemd-sysv-install; those that are nothing
/// else leave the list. False: it failed, and that was said. `any_enabled`: what "is-enabled" found out.
bool hand_over_sysv(Session& session, const std::string& verb, std::vector<std::string>& names, bool& any_enabled) {
  const auto& options = session.options();
  const char* skip = std::getenv("SYSTEMCTL_SKIP_SYSV");
  if (options.scope != Scope::system || (skip != nullptr && unitparser::parse_boolean(skip).value_or(false))) return true;
  std::vector<std::string> native_names;
  for (auto& name : names) {
    const bool service = name.ends_with(".service") && name.find('/') == std::string::npos;
    const auto native = service ? has_unit_file(session, name) : std::optional(true);
    if (!native) return false;
    const auto script = service ? name.substr(0, name.size() - 8) : std::string();
    if (!service || (*native && verb == "is-enabled") || access((options.root + "/etc/init.d/" + script).c_str(), F_OK) != 0) {
      native_names.push_back(std::move(name));
      continue;
    }
    if (!options.quiet)
      session.out().say(Severity::info, *native ? "Synchronizing state of " + name + " with SysV service script with " + sysv_install + "."
                                                : name + " is not a native service, redirecting to systemd-sysv-install.");
    const bool done = run_sysv_install(session, verb, script, options.root) == EXIT_SUCCESS;
    if (verb == "is-enabled") {
      const std::string_view state = done ? "enabled" : "disabled";
      if (!options.quiet) session.answer(state, {{"unit", name}, {"unit_file_state", std::string(state)}});
      any_enabled = any_enabled || done;
    } else if (!done) {
      return false;
    }
    if (*native) native_names.push_back(std::move(name));
  }
  names = std::move(native_names);
  return true;
}

/// One verb of the unit-file family: its method and how the arguments after the list of names look.
wire::Call method_of(const Options& options, const std::string& verb, const std::vector<std::string>& names) {
  const auto list = unitparser::string_array(names);
  const bool force = options.force > 0, runtime = options.runtime;
  constexpr std::uint64_t flag_runtime = 1, flag_force = 2;  // UnitFileFlags of org.freedesktop.systemd1(5)
  const auto flags = (runtime ? flag_runtime : 0) | (force ? flag_force : 0);
  const auto make = [](std::string_view method, std::vector<Value> arguments) {
    return wire::Call{"org.freedesktop.systemd1", std::string(manager_path), std::string(manager_interface), std::string(method),
                      std::move(arguments)};
  };
  if (verb == "enable") return make("EnableUnitFiles", {list, runtime, force});
  if (verb == "disable") return make("DisableUnitFilesWithFlags", {list, flags});
  if (verb == "reenable") return make("ReenableUnitFiles", {list, runtime, force});
  if (verb == "link") return make("LinkUnitFiles", {list, runtime, force});
  if (verb == "mask") return make("MaskUnitFiles", {list, runtime, force});
  if (verb == "unmask") return make("UnmaskUnitFiles", {list, runtime});
  if (verb == "revert") return make("RevertUnitFiles", {list});
  if (options.preset_mode != PresetMode::full)
    return make("PresetUnitFilesWithMode", {list, std::string(unitparser::to_name(options.preset_mode)), runtime, force});
  return make("PresetUnitFiles", {list, runtime, force});
}

/// What is disabled are names, wherever the file lies.
void keep_only_names(Session& session, std::vector<std::string>& names) {
  bool any_path = false;
  for (auto& name : names) {
    const auto slash = name.rfind('/');
    if (slash == std::string::npos) continue;
    any_path = true;
    name.erase(0, slash + 1);
  }
  if (any_path) session.out().say(Severity::warning, "Warning: Can't execute disable on the unit file path. Proceeding with the unit name.");
}

/// mask works on units that do not exist too, but says so.
void say_what_is_missing(Session& session, const std::vector<std::string>& names) {
  Client* client = session.manager();
  if (client == nullptr || session.options().quiet) return;
  for (const auto& name : names)
    if (const auto state = client->property(unit_path(name), unit_interface, "LoadState"); state && *state == Value("not-found"))
      session.out().say(Severity::notice, "Unit " + name + " does not exist, proceeding anyway.");
}

/// Changes files through the manager, says what changed, reloads. EXIT_SUCCESS or a failure that was said.
int change_through_manager(Session& session, const std::string& what, wire::Call call, bool& carries_install_info) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  const auto answer = client->call(std::move(call), Duration::from_seconds(90));
  if (!answer) return session.fail(what, answer.error());
  const auto changes = read_changes(*answer);
  carries_install_info = changes.carries_install_info;
  say_changes(session, changes.changes);
  return session.options().reload ? reload_manager(session) : EXIT_SUCCESS;
}

}  // namespace

void say_changes(Session& session, std::span<const FileChange> changes) {
  auto& out = session.out();
  const auto arrow = std::string(out.glyph(Glyph::arrow));
  for (const auto& change : changes) {
    session.tell({{"change", change.kind}, {"path", change.path}, {"source", change.source}});
    if (session.options().quiet && (change.kind == "symlink" || change.kind == "unlink")) continue;
    if (change.kind == "symlink")
      out.say(Severity::info, "Created symlink " + change.path + " " + arrow + " " + change.source + ".");
    else if (change.kind == "unlink")
      out.say(Severity::info, "Removed \"" + change.path + "\".");
    else if (change.kind == "masked")
      out.say(Severity::info, "Unit " + change.path + " is masked, ignoring.");
    else if (change.kind == "masked by generator")
      out.say(Severity::info, "Unit " + change.path + " is masked via a generator and cannot be unmasked.");
    else if (change.kind == "dangling")
      out.say(Severity::info, "Unit " + change.path + " is an alias to a unit that is not present, ignoring.");
    else if (change.kind == "destination not present")
      out.say(Severity::warning, "Unit " + change.source + " is added as a dependency to a non-existent unit " + change.path + ".");
    else if (change.kind == "auxiliary unit failed")
      out.say(Severity::warning, "Failed to enable auxiliary unit " + change.path + ", ignoring.");
  }
}

namespace {

/// Names as the verbs on unit files take them: paths stay paths, globs are no globs.
std::optional<std::vector<std::string>> unit_file_names(Session& session, Arguments operands, std::string_view operation) {
  auto mangled = unitparser::mangle_unit_arguments(operands, operation, absolute_path("."));
  for (const auto& line : mangled.messages)
    if (!session.options().quiet || mangled.failed) session.out().say(mangled.failed ? Severity::error : Severity::notice, line);
  if (mangled.failed) return std::nullopt;
  return std::move(mangled.names);
}

}  // namespace

int verb_enable(Session& session, Arguments arguments) {
  const auto& options = session.options();
  const auto& verb = arguments[0];
  const auto operands = arguments.subspan(1);
  auto mangled = unit_file_names(session, operands, verb);
  if (!mangled) return EXIT_FAILURE;
  auto& names = *mangled;
  if (verb == "enable" || verb == "disable") {
    bool unused = false;
    if (!hand_over_sysv(session, verb, names, unused)) return EXIT_FAILURE;
    if (names.empty()) return EXIT_SUCCESS;
  }
  if (verb == "disable") keep_only_names(session, names);
  if (verb == "mask" && options.root.empty() && options.scope != Scope::global) say_what_is_missing(session, names);
  bool carries_install_info = true;
  if (const auto status = change_offline(session, verb, names, carries_install_info); status) {
    if (*status != EXIT_SUCCESS) return *status;
  } else {
    const std::string what = verb == "preset" ? "preset unit" : verb + " unit";
    if (const int changed = change_through_manager(session, what, method_of(options, verb, names), carries_install_info); changed != EXIT_SUCCESS)
      return changed;
  }
  const bool enabling = verb == "enable" || verb == "disable" || verb == "reenable" || verb == "preset" || verb == "link";
  if (enabling && !carries_install_info && !options.quiet && verb != "preset" && verb != "link")
    session.out().say(Severity::notice, unitparser::no_install_info_text());
  if (!options.now || (verb != "enable" && verb != "disable" && verb != "mask")) return EXIT_SUCCESS;
  const bool starting = verb == "enable";
  for (auto& name : names) name = name.substr(name.rfind('/') + 1);
  return run_jobs(session, {starting ? "StartUnit" : "StopUnit", starting ? "start" : "stop", options.job_mode, false}, names);
}

int verb_is_enabled(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto names = unit_file_names(session, arguments.subspan(1), "check");
  if (!names) return EXIT_FAILURE;
  bool enabled = false;
  if (!hand_over_sysv(session, arguments[0], *names, enabled)) return EXIT_FAILURE;
  if (names->empty()) return enabled ? EXIT_SUCCESS : EXIT_FAILURE;
  if (const auto status = print_states_offline(session, *names, enabled); status) return *status;
  Client* client = names->empty() ? nullptr : session.manager();
  for (const auto& name : *names) {
    if (client == nullptr) return EXIT_FAILURE;
    const auto answer = client->manager("GetUnitFileState", {name});
    if (!answer) return session.fail("get unit file state for " + name, answer.error());
    const std::string state(wire::Reader(*answer).text());
    enabled = enabled || is_enabled_state(state);
    if (options.quiet) continue;
    session.answer(state, {{"unit", name}, {"unit_file_state", state}});
    if (!options.full || options.json_forced || !is_enabled_state(state)) continue;
    const auto links = client->manager("GetUnitFileLinks", {name, options.runtime});
    if (!links) continue;
    for (const auto& link : wire::Reader(*links).texts()) session.out() << "  " << link << "\n";
  }
  return enabled ? EXIT_SUCCESS : EXIT_FAILURE;
}

int verb_preset_all(Session& session, Arguments) {
  const auto& options = session.options();
  bool carries = true;
  if (const auto status = change_offline(session, "preset-all", {}, carries); status) return *status;
  return change_through_manager(session, "preset all units",
                                {"org.freedesktop.systemd1", std::string(manager_path), std::string(manager_interface), "PresetAllUnitFiles",
                                 {std::string(unitparser::to_name(options.preset_mode)), options.runtime, options.force > 0}},
                                carries);
}

int verb_get_default(Session& session, Arguments) {
  if (const auto status = get_default_offline(session); status) return *status;
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto answer = client->manager("GetDefaultTarget");
  if (!answer) return session.fail("get default target", answer.error());
  const std::string target(wire::Reader(*answer).text());
  session.answer(target, {{"default", target}});
  return EXIT_SUCCESS;
}

int verb_set_default(Session& session, Arguments arguments) {
  const auto names = proper_names(session, arguments.subspan(1), ".target");
  if (!names) return EXIT_FAILURE;
  bool carries = true;
  if (const auto status = change_offline(session, "set-default", *names, carries); status) return *status;
  return change_through_manager(session, "set default target",
                                {"org.freedesktop.systemd1", std::string(manager_path), std::string(manager_interface), "SetDefaultTarget",
                                 {names->front(), true}},
                                carries);
}

int verb_add_dependency(Session& session, Arguments arguments) {
  const auto& options = session.options();
  const auto target = proper_names(session, arguments.subspan(1, 1), ".target");
  if (!target) return EXIT_FAILURE;
  const auto names = unit_file_names(session, arguments.subspan(2), arguments[0]);
  if (!names) return EXIT_FAILURE;
  bool carries = true;
  std::vector<std::string> all(*names);
  all.insert(all.begin(), target->front());
  if (const auto status = change_offline(session, arguments[0], all, carries); status) return *status;
  return change_through_manager(session, "add dependency",
                                {"org.freedesktop.systemd1", std::string(manager_path), std::string(manager_interface), "AddDependencyUnitFiles",
                                 {unitparser::string_array(*names), target->front(), arguments[0] == "add-wants" ? "Wants" : "Requires",
                                  options.runtime, options.force > 0}},
                                carries);
}

}  // namespace ctl
