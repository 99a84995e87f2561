// is-active, is-failed, is-system-running: one word and an exit status. [bus]
#include <algorithm>
#include <cstdlib>

#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"

namespace ctl {
namespace {

constexpr int program_not_running = 3;  // LSB status code

int print_states(Session& session, Arguments operands, std::initializer_list<std::string_view> good, int otherwise) {
  const auto names = expand_names(session, operands);
  if (!names) return EXIT_FAILURE;
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  std::vector<std::uint32_t> serials;
  for (const auto& name : names->names) {
    const auto serial = client->send({"org.freedesktop.systemd1", unit_path(name), "org.freedesktop.DBus.Properties", "Get",
                                      {std::string(unit_interface), "ActiveState"}});
    if (!serial) return session.fail("retrieve unit state", serial.error());
    serials.push_back(*serial);
  }
  bool found = false;
  for (std::size_t i = 0; i < serials.size(); ++i) {
    std::string state;
    const auto answer = client->reply(serials[i]);
    if (answer && answer->signature == "v") {
      const auto value = wire::Reader(*answer).variant();
      if (const auto* text = std::get_if<std::string>(&value.storage)) state = *text;
    } else if (!answer && answer.error().name.empty()) {
      return session.fail("retrieve unit state", answer.error());
    }
    if (state.empty()) state = "inactive";
    if (!session.options().quiet) session.answer(state, {{"unit", names->names[i]}, {"active", state}});
    found = found || std::find(good.begin(), good.end(), state) != good.end();
  }
  return found ? EXIT_SUCCESS : otherwise;
}

}  // namespace

int verb_is_active(Session& session, Arguments arguments) {
  return print_states(session, arguments.subspan(1), {"active", "reloading"}, program_not_running);
}

int verb_is_failed(Session& session, Arguments arguments) {
  return print_states(session, arguments.subspan(1), {"failed"}, EXIT_FAILURE);
}

int verb_is_system_running(Session& session, Arguments) {
  const auto& options = session.options();
  Client* client = session.manager();
  std::string state = "offline";
  if (client != nullptr) {
    if (options.wait)
      if (const auto subscribed = client->subscribe(); !subscribed) return session.fail("subscribe to manager signals", subscribed.error());
    for (;;) {
      const auto value = client->property(manager_path, manager_interface, "SystemState");
      const auto* text = value ? std::get_if<std::string>(&value->storage) : nullptr;
      state = text == nullptr ? "unknown" : *text;
      if (!options.wait || (state != "initializing" && state != "starting")) break;
      const auto signal = client->next_signal(Duration::infinity());
      if (!signal) return session.fail("wait for the system", signal.error());
    }
  }
  if (!options.quiet) session.answer(state, {{"system", state}});
  return state == "running" ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace ctl
