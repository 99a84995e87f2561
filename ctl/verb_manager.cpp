// daemon-reload, daemon-reexec, logging and watchdog switches, environment: the manager itself. [bus]
#include <unistd.h>

#include <cstdlib>

#include "ctl/agents.h"
#include "ctl/render/text.h"
#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

constexpr auto reload_timeout = Duration::from_seconds(180);  // generators run first, each with a deadline of 90 s
constexpr std::string_view log_control_interface = "org.freedesktop.LogControl1";

std::string text_of(const Value& value) {
  const auto* text = std::get_if<std::string>(&value.storage);
  return text == nullptr ? std::string() : *text;
}

}  // namespace

int reload_manager(Session& session) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  const auto answer = client->manager("Reload", {}, reload_timeout);
  return answer ? EXIT_SUCCESS : session.fail("reload daemon", answer.error());
}

int verb_daemon_reload(Session& session, Arguments) { return reload_manager(session); }

int verb_daemon_reexec(Session& session, Arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  const auto answer = client->manager("Reexecute", {}, reload_timeout);
  // The connection may end before the reply comes: the manager has been replaced then, which was the wish.
  if (!answer && answer.error().os_errno != ECONNRESET && answer.error().name != "org.freedesktop.DBus.Error.NoReply")
    return session.fail("reload daemon", answer.error());
  return EXIT_SUCCESS;
}

int verb_log_setting(Session& session, Arguments arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const bool level = arguments[0] == "log-level";
  const std::string_view name = level ? "LogLevel" : "LogTarget";
  if (arguments.size() == 1) {
    const auto value = client->property(manager_path, manager_interface, name);
    if (!value) return session.fail(level ? "get log level" : "get log target", value.error());
    session.answer(text_of(*value), {{std::string_view(arguments[0]), *value}});
    return EXIT_SUCCESS;
  }
  const auto set = client->set_property(manager_path, manager_interface, name, arguments[1]);
  return set ? EXIT_SUCCESS : session.fail((level ? "set log level to " : "set log target to ") + arguments[1], set.error());
}

int verb_service_log_setting(Session& session, Arguments arguments) {
  const auto names = proper_names(session, arguments.subspan(1, 1));
  Client* client = session.manager();
  if (client == nullptr || !names) return EXIT_FAILURE;
  const auto& unit = names->front();
  const auto bus_name = client->property(unit_path(unit), "org.freedesktop.systemd1.Service", "BusName");
  if (!bus_name) return session.fail("obtain bus name of unit " + unit, bus_name.error());
  const auto service = text_of(*bus_name);
  if (service.empty()) {
    session.fail("Unit " + unit + " doesn't declare BusName=.");
    session.out().say(Severity::notice, "Hint: the service must declare BusName= and implement the appropriate D-Bus interface.\n"
                                        "      See the org.freedesktop.LogControl1(5) man page for details.");
    return EXIT_FAILURE;
  }
  auto bus = Client::connect_bus(session.options());
  if (!bus) return session.fail("connect to bus", bus.error());
  const bool level = arguments[0] == "service-log-level";
  const std::string property = level ? "LogLevel" : "LogTarget";
  wire::Call call{service, "/org/freedesktop/LogControl1", "org.freedesktop.DBus.Properties", "Get",
                  {std::string(log_control_interface), property}};
  if (arguments.size() > 2) {
    call.member = "Set";
    call.arguments.emplace_back(unitparser::VariantValue{{Value(arguments[2])}});
  }
  const auto answer = (*bus)->call(std::move(call));
  if (!answer)
    return session.fail((arguments.size() > 2 ? "set " : "get ") + std::string(level ? "log level" : "log target") + " of service " + service,
                        answer.error());
  if (arguments.size() == 2) session.out() << text_of(wire::Reader(*answer).variant()) << "\n";
  return EXIT_SUCCESS;
}

int verb_service_watchdogs(Session& session, Arguments arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (arguments.size() == 1) {
    const auto value = client->property(manager_path, manager_interface, "ServiceWatchdogs");
    if (!value) return session.fail("get service-watchdog state", value.error());
    session.answer(*value == Value(true) ? "yes" : "no", {{"service-watchdogs", *value}});
    return EXIT_SUCCESS;
  }
  const auto wish = unitparser::parse_boolean(arguments[1]);
  if (!wish) return session.fail("Failed to parse service-watchdogs argument: Invalid argument");
  const auto set = client->set_property(manager_path, manager_interface, "ServiceWatchdogs", *wish);
  return set ? EXIT_SUCCESS : session.fail("set service-watchdog state", set.error());
}

int verb_show_environment(Session& session, Arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto value = client->property(manager_path, manager_interface, "Environment");
  if (!value) return session.fail("get environment", value.error());
  if (session.options().pager) session.out().open_pager();
  const auto* list = std::get_if<unitparser::ArrayValue>(&value->storage);
  if (list == nullptr) return EXIT_SUCCESS;
  for (const auto& element : list->elements) {
    const auto entry = text_of(element);
    const auto equals = entry.find('=');
    if (equals == std::string::npos) continue;
    session.answer(entry.substr(0, equals + 1) + shell_quote_posix(std::string_view(entry).substr(equals + 1)),
                   {{"name", entry.substr(0, equals)}, {"value", entry.substr(equals + 1)}});
  }
  return EXIT_SUCCESS;
}

int verb_set_environment(Session& session, Arguments arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  const bool set = arguments[0] == "set-environment";
  const auto answer = client->manager(set ? "SetEnvironment" : "UnsetEnvironment",
                                      {unitparser::string_array({arguments.begin() + 1, arguments.end()})});
  return answer ? EXIT_SUCCESS : session.fail("set environment", answer.error());
}

int verb_import_environment(Session& session, Arguments arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  std::vector<std::string> entries;
  const auto usable = [](std::string_view entry) { return !unitparser::has_control_characters(entry, "\n\t") && unitparser::is_valid_utf8(entry); };
  if (arguments.size() < 2) {
    session.out().say(Severity::notice, "Calling import-environment without a list of variable names is deprecated.");
    for (char** entry = environ; *entry != nullptr; ++entry)
      if (usable(*entry)) entries.emplace_back(*entry);
  }
  for (const auto& name : arguments.subspan(1)) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      session.out().say(Severity::warning, "Environment variable $" + name + " not set, ignoring.");
      continue;
    }
    entries.push_back(name + "=" + value);
  }
  const auto answer = client->manager("SetEnvironment", {unitparser::string_array(entries)});
  return answer ? EXIT_SUCCESS : session.fail("import environment", answer.error());
}

}  // namespace ctl
