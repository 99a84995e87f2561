// What a verb works with: the command line, the terminal, and the manager, connected to when first asked for. [bus]
#include "ctl/session.h"

#include <cerrno>
#include <cstdlib>

#include "ctl/render/json.h"

namespace ctl {

Client* Session::manager() {
  if (client_ || refused_) return client_.get();
  if (options_.transport != Transport::local) {
    terminal_.error("Connecting to other machines is not supported yet: run ctl there, for example through ssh " + options_.host + ".");
    refused_ = true;
    return nullptr;
  }
  auto client = Client::connect(options_);
  if (client) {
    client_ = std::move(*client);
    return client_.get();
  }
  refused_ = true;
  const int error = client.error().os_errno;
  if (options_.scope == Scope::system && (error == ENOENT || error == ECONNREFUSED)) {
    terminal_.error("System has not been booted with systemd as init system (PID 1). Can't operate.");  // programs look for this
    terminal_.error("Failed to connect to bus: Host is down");
  } else if (error == ENOMEDIUM && options_.scope != Scope::user) {
    terminal_.error("Failed to connect to bus: No medium found");
  } else if (error == ENOMEDIUM) {
    terminal_.error("Failed to connect to bus: $DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined (consider using "
                    "--machine=<user>@.host --user to connect to bus of other user)");
  } else {
    terminal_.error("Failed to connect to bus: " + client.error().text);
  }
  return nullptr;
}

Client* Session::manager_on_bus() {
  if (!bus_client_ && options_.transport == Transport::local)
    if (auto client = Client::connect_bus(options_)) bus_client_ = std::move(*client);
  return bus_client_ ? bus_client_.get() : manager();
}

void Session::answer(std::string_view line, Fact fact) {
  if (options_.json_forced) return tell(fact);
  terminal_ << line << "\n";
}

void Session::tell(Fact fact) {
  if (!options_.json_forced) return;
  unitparser::ArrayValue fields{"{sv}", {}};
  for (const auto& [name, value] : fact) fields.elements.push_back(unitparser::struct_of(std::string(name), unitparser::VariantValue{{value}}));
  facts_.elements.emplace_back(std::move(fields));
}

void Session::print_facts() {
  if (!options_.json_forced || (facts_.elements.empty() && terminal_.has_written())) return;
  terminal_ << json_text(facts_, options_.output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact) << "\n";
}

int Session::fail(std::string_view what, const wire::CallError& error) {
  return fail("Failed to " + std::string(what) + ": " + error.text);
}

int Session::fail(std::string_view message) {
  terminal_.error(message);
  return EXIT_FAILURE;
}

}  // namespace ctl
