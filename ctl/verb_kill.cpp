// kill, clean, freeze, thaw, reset-failed, cancel, clear-jobs. [bus]
#include <cerrno>
#include <cstdlib>

#include "ctl/agents.h"
#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"
#include "unitparser/base/text.h"

namespace ctl {

int verb_kill(Session& session, Arguments arguments) {
  const auto& options = session.options();
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  const auto names = expand_names(session, arguments.subspan(1));
  if (!names) return EXIT_FAILURE;
  int status = EXIT_SUCCESS;
  for (const auto& name : names->names) {
    const auto answer = client->manager("KillUnit", {name, options.kill_whom, std::int32_t{options.kill_signal}});
    if (!answer) status = session.fail("kill unit " + name, answer.error());
    else session.tell({{"unit", name}, {"signal", std::int32_t{options.kill_signal}}});
  }
  return status;
}

int verb_clean_or_freeze(Session& session, Arguments arguments) {
  const auto& verb = arguments[0];
  const auto& options = session.options();
  Client* client = verb == "clean" ? session.manager_on_bus() : session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  const auto names = expand_names(session, arguments.subspan(1));
  if (!names) return EXIT_FAILURE;
  int status = EXIT_SUCCESS;
  for (const auto& name : names->names) {
    std::vector<Value> call_arguments{name};
    if (verb == "clean") {
      auto what = options.clean_what;
      if (what.empty()) what = {"cache", "runtime"};
      call_arguments.push_back(unitparser::string_array(what));
    }
    const std::string_view method = verb == "clean" ? "CleanUnit" : verb == "freeze" ? "FreezeUnit" : "ThawUnit";
    if (verb == "clean" && !client->is_direct()) {  // the unit must not be forgotten meanwhile
      if (const auto reference = client->manager("RefUnit", {name}); !reference) {
        status = session.fail("add reference to unit " + name, reference.error());
        continue;
      }
      if (const auto subscribed = client->subscribe(); !subscribed) return session.fail("subscribe to manager signals", subscribed.error());
    }
    const auto answer = client->manager(method, std::move(call_arguments), Duration::from_seconds(90));
    if (!answer) {
      status = session.fail(verb + " unit " + name, answer.error());
      continue;
    }
    if (verb != "clean" || !options.block) continue;
    for (bool cleaning = true; cleaning;) {
      const auto state = client->property(unit_path(name), unit_interface, "ActiveState");
      cleaning = state && *state == Value("maintenance");
      if (cleaning && !client->next_signal(Duration::infinity())) cleaning = false;
    }
  }
  return status;
}

int verb_reset_failed(Session& session, Arguments arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  if (arguments.size() < 2) {
    const auto answer = client->manager("ResetFailed");
    return answer ? EXIT_SUCCESS : session.fail("reset failed state", answer.error());
  }
  const auto names = expand_names(session, arguments.subspan(1));
  if (!names) return EXIT_FAILURE;
  int status = EXIT_SUCCESS;
  for (const auto& name : names->names) {
    const auto answer = client->manager("ResetFailedUnit", {name});
    if (!answer) status = session.fail("reset failed state of unit " + name, answer.error());
    else session.tell({{"unit", name}, {"reset", true}});
  }
  return status;
}

int verb_clear_jobs(Session& session, Arguments) {
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto answer = client->manager("ClearJobs");
  return answer ? EXIT_SUCCESS : session.fail("clear jobs", answer.error());
}

int verb_cancel(Session& session, Arguments arguments) {
  if (arguments.size() < 2) return verb_clear_jobs(session, arguments);
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  if (!client->is_direct()) start_polkit_agent(session);
  int status = EXIT_SUCCESS;
  for (const auto& text : arguments.subspan(1)) {
    const auto id = unitparser::parse_unsigned(text, 0xffffffffU);
    if (!id) return session.fail("Failed to parse job id \"" + text + "\": Invalid argument");
    const auto answer = client->manager("CancelJob", {static_cast<std::uint32_t>(*id)});
    if (!answer) status = session.fail("cancel job " + text, answer.error());
  }
  return status;
}

}  // namespace ctl
