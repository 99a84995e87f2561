// poweroff, reboot, suspend and their kin, rescue, emergency, default, exit, switch-root. [bus] [os: reboot]
#include <linux/reboot.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "ctl/agents.h"
#include "ctl/render/time_text.h"
#include "ctl/verb_list.h"
#include "ctl/wtmp.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

enum class Power : std::uint8_t { none, halt, poweroff, reboot, kexec, sleep, exit };

/// One way for the machine to end, sleep or change its level.
struct SystemVerb {
  std::string_view verb;
  Power power;
  std::string_view logind;   ///< method of the login manager that does it, empty when it does not
  std::string_view manager;  ///< method of the manager that does it at once (--force), if any
  std::string_view target;   ///< unit whose start does it
};
constexpr std::array system_verbs{
    SystemVerb{"halt", Power::halt, "Halt", "Halt", "halt.target"},
    SystemVerb{"poweroff", Power::poweroff, "PowerOff", "PowerOff", "poweroff.target"},
    SystemVerb{"reboot", Power::reboot, "Reboot", "Reboot", "reboot.target"},
    SystemVerb{"kexec", Power::kexec, "", "KExec", "kexec.target"},
    SystemVerb{"suspend", Power::sleep, "Suspend", "", "suspend.target"},
    SystemVerb{"hibernate", Power::sleep, "Hibernate", "", "hibernate.target"},
    SystemVerb{"hybrid-sleep", Power::sleep, "HybridSleep", "", "hybrid-sleep.target"},
    SystemVerb{"suspend-then-hibernate", Power::sleep, "SuspendThenHibernate", "", "suspend-then-hibernate.target"},
    SystemVerb{"default", Power::none, "", "", "default.target"},
    SystemVerb{"rescue", Power::none, "", "", "rescue.target"},
    SystemVerb{"emergency", Power::none, "", "", "emergency.target"},
    SystemVerb{"exit", Power::exit, "", "Exit", "exit.target"},
};

CallResult<wire::Message> call_logind(Client& bus, std::string_view method, std::vector<Value> arguments) {
  return bus.call({"org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", std::string(method),
                   std::move(arguments)});
}

/// Hands the request to the login manager: it asks polkit, respects inhibitors and warns users. False when it is not
/// there and the manager must be asked itself.
bool ask_logind(Session& session, const SystemVerb& verb, int& status) {
  const auto& options = session.options();
  auto bus = Client::connect_bus(options);
  if (!bus) return false;
  if (geteuid() != 0) start_polkit_agent(session);
  if (options.wall && verb.power != Power::sleep) {
    const std::string message = options.message.value_or("");
    (void)call_logind(**bus, "SetWallMessage", {message, true});  // for members of the tty group only; never a reason to fail
  }
  if (options.firmware_setup) (void)call_logind(**bus, "SetRebootToFirmwareSetup", {true});
  if (!options.boot_loader_entry.empty()) (void)call_logind(**bus, "SetRebootToBootLoaderEntry", {options.boot_loader_entry});
  if (!options.reboot_argument.empty()) (void)call_logind(**bus, "SetRebootParameter", {options.reboot_argument});
  const auto answer = call_logind(**bus, verb.logind, {options.ask_password});
  if (answer) {
    status = EXIT_SUCCESS;
    return true;
  }
  const auto& error = answer.error();
  const bool absent = error.name.empty() || error.name == "org.freedesktop.DBus.Error.ServiceUnknown" ||
                      error.name == "org.freedesktop.DBus.Error.NameHasNoOwner" || error.name == "org.freedesktop.DBus.Error.UnknownMethod" ||
                      error.name.starts_with("org.freedesktop.DBus.Error.Spawn") || error.name == "org.freedesktop.systemd1.UnitMasked" ||
                      error.name == "org.freedesktop.systemd1.NoSuchUnit" || error.name == "org.freedesktop.DBus.Error.NoReply" ||
                      error.name == "org.freedesktop.DBus.Error.TimedOut";
  if (absent) return false;
  std::string_view what = verb.verb == "poweroff" ? "power off system" : verb.verb == "reboot" ? "reboot system" : "";
  status = session.fail((what.empty() ? std::string(verb.verb) + " system" : std::string(what)) + " via logind", error);
  return true;
}

/// --force twice: the kernel is asked directly. Returns only on failure.
int at_once(Session& session, Power power, const std::string& argument) {
  session.out().flush();
  sync();
  if (power == Power::reboot && !argument.empty())
    (void)syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2, argument.c_str());
  reboot(power == Power::halt ? RB_HALT_SYSTEM : power == Power::poweroff ? RB_POWER_OFF : power == Power::kexec ? RB_KEXEC : RB_AUTOBOOT);
  return session.fail("Failed to reboot: Operation not permitted");
}

int ask_manager_at_once(Session& session, const SystemVerb& verb) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto answer = client->manager(verb.manager);
  if (!answer && answer.error().os_errno != ECONNRESET) return session.fail("execute operation", answer.error());
  return EXIT_SUCCESS;
}

int start_target(Session& session, const SystemVerb& verb) {
  const std::string target(verb.target);
  const std::string_view mode = verb.power == Power::none || verb.power == Power::exit ? "isolate" : "replace-irreversibly";
  Options quick = session.options();
  if (verb.power != Power::none) quick.block = false;  // nobody is there to wait for the end
  Session inner(quick, session.out());
  return run_jobs(inner, {"StartUnit", "start", mode, false}, std::span(&target, 1));
}

int run_system_verb(Session& session, const SystemVerb& verb) {
  const auto& options = session.options();
  const bool ends = verb.power == Power::halt || verb.power == Power::poweroff || verb.power == Power::reboot || verb.power == Power::kexec;
  if (ends && options.force > 0 && geteuid() != 0 && options.scope == Scope::system) return session.fail("Must be root.");
  if (options.dry_run) {
    session.out() << "Would " << verb.verb << "\n";
    return EXIT_SUCCESS;
  }
  if (ends && options.scope == Scope::system) {
    if (options.force >= 2) return at_once(session, verb.power, options.reboot_argument);
    if (options.force == 1) return ask_manager_at_once(session, verb);
  }
  int status = EXIT_SUCCESS;
  if (!verb.logind.empty() && options.scope == Scope::system && ask_logind(session, verb, status)) return status;
  return start_target(session, verb);
}

const SystemVerb& find_verb(std::string_view name) {
  const auto* found = std::find_if(system_verbs.begin(), system_verbs.end(), [&](const SystemVerb& v) { return v.verb == name; });
  return found == system_verbs.end() ? system_verbs.front() : *found;
}

int exit_with_code(Session& session, std::string_view code) {
  const auto number = unitparser::parse_unsigned(code, 255);
  if (!number) return session.fail("Invalid exit code.");
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto answer = client->manager("SetExitCode", {static_cast<std::uint8_t>(*number)});
  return answer ? EXIT_SUCCESS : session.fail("set exit code", answer.error());
}

}  // namespace

int verb_system_special(Session& session, Arguments arguments) {
  const auto& verb = find_verb(arguments[0]);
  if (arguments.size() > 1 && verb.power == Power::exit)
    if (const int status = exit_with_code(session, arguments[1]); status != EXIT_SUCCESS) return status;
  if (arguments.size() > 1 && verb.power == Power::reboot) {
    session.out().say(Severity::notice, "Positional argument to reboot command is deprecated, please use --reboot-argument= instead. Accepting anyway.");
    Options with_argument = session.options();
    with_argument.reboot_argument = arguments[1];
    Session inner(with_argument, session.out());
    return run_system_verb(inner, verb);
  }
  return run_system_verb(session, verb);
}

int verb_switch_root(Session& session, Arguments arguments) {
  if (arguments.size() > 3) return session.fail("Too many arguments.");
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const std::string root = arguments.size() > 1 ? arguments[1] : "/sysroot";
  const std::string init = arguments.size() > 2 ? arguments[2] : "";
  const auto answer = client->manager("SwitchRoot", {root, init});
  return answer ? EXIT_SUCCESS : session.fail("switch root", answer.error());
}

int run_halt(Session& session) {
  const auto& options = session.options();
  const auto power = options.personality;
  const auto& verb = find_verb(power == Personality::halt ? "halt" : power == Personality::reboot ? "reboot" : "poweroff");
  if (options.shutdown.wtmp_only) {
    write_shutdown_record();
    return EXIT_SUCCESS;
  }
  if (geteuid() == 0 && options.force > 0 && !options.shutdown.skip_wtmp) write_shutdown_record();
  return run_system_verb(session, verb);
}

namespace {

/// "now", "+5", "14:30" to an instant; nothing when it is none of these (shutdown(8)).
std::optional<std::uint64_t> parse_shutdown_time(std::string_view text) {
  constexpr std::uint64_t minute = 60'000'000;
  const auto now = realtime_now_usec();
  if (text == "now") return 0;
  if (text.starts_with('+') || text.find(':') == std::string_view::npos) {
    const auto minutes = unitparser::parse_unsigned(text.starts_with('+') ? text.substr(1) : text, 1U << 30, 10);
    if (!minutes) return std::nullopt;
    return now + *minutes * minute;
  }
  const auto colon = text.find(':');
  const auto hours = unitparser::parse_unsigned(text.substr(0, colon), 23, 10), minutes = unitparser::parse_unsigned(text.substr(colon + 1), 59, 10);
  if (!hours || !minutes) return std::nullopt;
  auto seconds = static_cast<time_t>(now / 1'000'000);
  tm t{};
  localtime_r(&seconds, &t);
  t.tm_hour = static_cast<int>(*hours);
  t.tm_min = static_cast<int>(*minutes);
  t.tm_sec = 0;
  auto when = mktime(&t);
  if (when <= seconds) {
    ++t.tm_mday;
    when = mktime(&t);
  }
  return static_cast<std::uint64_t>(when) * 1'000'000;
}

int show_scheduled(Session& session, Client& bus) {
  const auto value = bus.call({"org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.DBus.Properties", "Get",
                               {"org.freedesktop.login1.Manager", "ScheduledShutdown"}});
  if (!value) return session.fail("query scheduled shutdown", value.error());
  const auto content = wire::Reader(*value).variant();
  const auto* fields = std::get_if<unitparser::StructValue>(&content.storage);
  const auto* kind = fields != nullptr && fields->fields.size() == 2 ? std::get_if<std::string>(&fields->fields[0].storage) : nullptr;
  if (kind == nullptr || kind->empty()) return session.fail("No scheduled shutdown.");
  const auto* when = std::get_if<std::uint64_t>(&fields->fields[1].storage);
  session.out() << (*kind == "reboot" ? "Reboot" : *kind == "halt" ? "Halt" : "Shutdown") << " scheduled for "
                << timestamp_text(when == nullptr ? 0 : *when, TimestampStyle::pretty) << ", use 'shutdown -c' to cancel.\n";
  return EXIT_SUCCESS;
}

}  // namespace

int run_shutdown(Session& session) {
  const auto& options = session.options();
  const auto& s = options.shutdown;
  auto bus = Client::connect_bus(options);
  if (s.show_scheduled || s.cancel) {
    if (!bus) return session.fail("connect to bus", bus.error());
    if (s.show_scheduled) return show_scheduled(session, **bus);
    const auto answer = call_logind(**bus, "CancelScheduledShutdown", {});
    return answer ? EXIT_SUCCESS : session.fail("talk to logind, shutdown hasn't been cancelled", answer.error());
  }
  const std::string_view verb = s.halt ? "halt" : s.reboot ? "reboot" : s.kexec ? "kexec" : "poweroff";
  const std::string time = options.arguments.empty() ? "+1" : options.arguments[0];
  const auto when = parse_shutdown_time(time);
  if (!when) return session.fail("Failed to parse time specification: " + time);
  if (*when == 0 && !s.warn_only) return run_system_verb(session, find_verb(verb));
  if (!bus) return session.fail("connect to bus", bus.error());
  std::string wall;
  for (std::size_t i = 1; i < options.arguments.size(); ++i) wall += (i > 1 ? " " : "") + options.arguments[i];
  if (options.wall) (void)call_logind(**bus, "SetWallMessage", {wall, true});
  const std::string type = (s.warn_only ? "dry-" : "") + std::string(verb);
  const auto answer = call_logind(**bus, "ScheduleShutdown", {type, *when == 0 ? realtime_now_usec() : *when});
  if (!answer) return session.fail("schedule shutdown", answer.error());
  session.out().say(Severity::info, std::string(s.reboot ? "Reboot" : s.halt ? "Halt" : "Shutdown") + " scheduled for " +
                                        timestamp_text(*when, TimestampStyle::pretty) + ", use 'shutdown -c' to cancel.");
  return EXIT_SUCCESS;
}

}  // namespace ctl
