// start, stop, restart, reload and their variants, isolate: queue a job for each unit and wait for them. [bus]
#include <algorithm>
#include <array>
#include <cstdlib>

#include "ctl/agents.h"
#include "ctl/job_waiter.h"
#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"

namespace ctl {
namespace {

struct JobVerb {
  std::string_view verb, method, job_type;
};
constexpr std::array job_verbs{
    JobVerb{"start", "StartUnit", "start"},
    JobVerb{"stop", "StopUnit", "stop"},
    JobVerb{"condstop", "StopUnit", "stop"},
    JobVerb{"reload", "ReloadUnit", "reload"},
    JobVerb{"restart", "RestartUnit", "restart"},
    JobVerb{"try-restart", "TryRestartUnit", "try-restart"},
    JobVerb{"condrestart", "TryRestartUnit", "try-restart"},
    JobVerb{"reload-or-restart", "ReloadOrRestartUnit", "reload-or-restart"},
    JobVerb{"try-reload-or-restart", "ReloadOrTryRestartUnit", "reload-or-try-restart"},
    JobVerb{"reload-or-try-restart", "ReloadOrTryRestartUnit", "reload-or-try-restart"},
    JobVerb{"condreload", "ReloadOrTryRestartUnit", "reload-or-try-restart"},
    JobVerb{"force-reload", "ReloadOrTryRestartUnit", "reload-or-try-restart"},
};

/// Prints the jobs that EnqueueUnitJob reports and returns the path of the anchor job.
std::string show_transaction(Session& session, const wire::Message& answer) {
  wire::Reader reader(answer);
  const auto id = reader.number<std::uint32_t>();
  std::string path(reader.text());
  const std::string unit(reader.text());
  reader.text();
  const std::string type(reader.text());
  session.answer("Enqueued anchor job " + std::to_string(id) + " " + unit + "/" + type + ".", {{"unit", unit}, {"job", id}, {"queued", type}});
  const auto end = reader.begin_array(8);
  while (reader.before(end)) {
    reader.begin_struct();
    const auto aux_id = reader.number<std::uint32_t>();
    reader.text();
    const std::string aux_unit(reader.text());
    reader.text();
    const std::string aux_type(reader.text());
    session.answer("Enqueued auxiliary job " + std::to_string(aux_id) + " " + aux_unit + "/" + aux_type + ".",
                   {{"unit", aux_unit}, {"job", aux_id}, {"queued", aux_type}});
  }
  return path;
}

void report_refusal(Session& session, const JobRequest& request, const std::string& name, const CallError& error) {
  session.fail(std::string(request.job_type) + " " + name, error);
  if (error.name == "org.freedesktop.systemd1.NoSuchUnit" || error.name == "org.freedesktop.systemd1.UnitMasked" ||
      error.name == "org.freedesktop.systemd1.JobTypeNotApplicable")
    return;
  session.out().error(std::string("See ") + (session.options().scope == Scope::user ? "user" : "system") + " logs and '" +
                      own_command(session.options()) + " status " + name + "' for details.");
}

/// The "changed on disk" warning, asked for while the job runs.
void warn_if_changed_on_disk(Session& session, Client& client, std::uint32_t serial, const std::string& name) {
  const auto answer = client.reply(serial);
  if (!answer || answer->signature != "v") return;
  const auto value = wire::Reader(*answer).variant();
  if (const auto* stale = std::get_if<bool>(&value.storage); stale != nullptr && *stale) warn_changed_on_disk(session, name);
}

void warn_of_triggers(Session& session, Client& client, const std::string& name) {
  const auto load_state = client.property(unit_path(name), unit_interface, "LoadState");
  if (load_state && *load_state == Value("masked")) return;
  const auto triggers = client.property(unit_path(name), unit_interface, "TriggeredBy");
  if (!triggers) return;
  const auto* list = std::get_if<unitparser::ArrayValue>(&triggers->storage);
  if (list == nullptr) return;
  bool first = true;
  for (const auto& element : list->elements) {
    const auto* trigger = std::get_if<std::string>(&element.storage);
    if (trigger == nullptr) continue;
    const auto state = client.property(unit_path(*trigger), unit_interface, "ActiveState");
    if (!state || (*state != Value("active") && *state != Value("reloading"))) continue;
    if (std::exchange(first, false))
      session.out().say(Severity::warning, "Warning: Stopping " + name + ", but it can still be activated by:");
    session.out().say(Severity::warning, "  " + *trigger);
  }
}

/// Follows units until each has become inactive or failed (--wait). EXIT_FAILURE when one failed.
int wait_until_inactive(Session& session, Client& client, std::vector<std::string> paths) {
  int status = EXIT_SUCCESS;
  const auto check = [&](const std::string& path) {
    const auto state = client.property(path, unit_interface, "ActiveState");
    const bool ended = !state || *state == Value("inactive") || *state == Value("failed");
    if (state && *state == Value("failed")) status = EXIT_FAILURE;
    return ended;
  };
  std::erase_if(paths, check);
  while (!paths.empty()) {
    const auto signal = client.next_signal(Duration::infinity());
    if (!signal) return session.fail("wait for units", signal.error());
    if (signal->member != "PropertiesChanged") continue;
    std::erase_if(paths, [&](const std::string& path) { return path == signal->path && check(path); });
  }
  return status;
}

int enqueue_marked(Session& session, Client& client) {
  const auto answer = client.manager("EnqueueMarkedJobs");
  if (!answer) return session.fail("start jobs", answer.error());
  if (!session.options().block) return EXIT_SUCCESS;
  JobWaiter waiter(session);
  for (auto& path : wire::Reader(*answer).texts()) waiter.add(std::move(path));
  return waiter.wait(client);
}

}  // namespace

void warn_changed_on_disk(Session& session, std::string_view name) {
  session.out().say(Severity::warning, "Warning: The unit file, source configuration file or drop-ins of " + std::string(name) +
                                           " changed on disk. Run '" + own_command(session.options()) + " daemon-reload' to reload units.");
}

int run_jobs(Session& session, const JobRequest& request, std::span<const std::string> names) {
  const auto& options = session.options();
  Client* client = options.wait ? session.manager_on_bus() : session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const bool stopping = request.method == "StopUnit";
  if (options.block || options.wait)
    if (const auto subscribed = client->subscribe(); !subscribed) return session.fail("subscribe to manager signals", subscribed.error());
  if (options.ask_password && options.block) start_password_agent(session);
  JobWaiter waiter(session);
  int status = EXIT_SUCCESS;
  std::vector<std::pair<std::uint32_t, std::string>> staleness;
  for (const auto& name : names) {
    if (options.wait) (void)client->manager("RefUnit", {name});  // keeps its result readable; older managers lack it
    const auto answer = options.show_transaction
                            ? client->manager("EnqueueUnitJob", {name, std::string(request.job_type), std::string(request.mode)})
                            : client->manager(request.method, {name, std::string(request.mode)});
    if (!answer) {
      report_refusal(session, request, name, answer.error());
      if (status == EXIT_SUCCESS) status = exit_status_of(answer.error());
      continue;
    }
    waiter.add(options.show_transaction ? show_transaction(session, *answer) : std::string(wire::Reader(*answer).text()));
    if (!options.block && !options.show_transaction) session.tell({{"unit", name}, {"queued", std::string(request.job_type)}});
    const auto serial = client->send({"org.freedesktop.systemd1", unit_path(name), "org.freedesktop.DBus.Properties", "Get",
                                      {std::string(unit_interface), "NeedDaemonReload"}});
    if (serial) staleness.emplace_back(*serial, name);
  }
  for (const auto& [serial, name] : staleness) warn_if_changed_on_disk(session, *client, serial, name);
  if (options.block) {
    const int waited = waiter.wait(*client);
    if (status == EXIT_SUCCESS) status = waited;
    if (waited != EXIT_SUCCESS) return status;
    if (stopping && !options.quiet && request.warn_of_triggers)
      for (const auto& name : names) warn_of_triggers(session, *client, name);
  }
  if (options.wait && status == EXIT_SUCCESS) {
    std::vector<std::string> paths;
    for (const auto& name : names) paths.push_back(unit_path(name));
    status = wait_until_inactive(session, *client, std::move(paths));
  }
  return status;
}

int verb_start(Session& session, std::span<const std::string> arguments) {
  const auto& options = session.options();
  const auto& verb = arguments[0];
  if (options.wait && verb != "start" && verb != "restart")
    return session.fail("--wait may only be used with the 'start' or 'restart' commands.");
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  if (options.marked) return enqueue_marked(session, *client);
  if (arguments.size() < 2) return session.fail("List of units to restart/reload is required.");
  const auto row = std::find_if(job_verbs.begin(), job_verbs.end(), [&](const JobVerb& v) { return v.verb == verb; });
  const auto names = expand_names(session, arguments.subspan(1));
  if (!names) return EXIT_FAILURE;
  if (names->had_globs && verb == "start" && !options.all && !options.quiet)
    session.out().say(Severity::notice, "Warning: systemctl start called with a glob pattern.\n"
                                        "Hint: unit globs expand to loaded units, so start will usually have no effect.\n"
                                        "      Passing --all will also load units which are pulled in by other units.\n"
                                        "      See systemctl(1) for more details.");
  const JobVerb chosen = row == job_verbs.end() ? job_verbs.front() : *row;
  return run_jobs(session, {chosen.method, chosen.job_type, options.job_mode, true}, names->names);
}

int verb_isolate(Session& session, std::span<const std::string> arguments) {
  const auto names = expand_names(session, arguments.subspan(1), ".target");
  if (!names) return EXIT_FAILURE;
  if (names->names.size() != 1) return session.fail("Cannot isolate more than one unit.");
  return run_jobs(session, {"StartUnit", "start", "isolate", false}, names->names);
}

}  // namespace ctl
