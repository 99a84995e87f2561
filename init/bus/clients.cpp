// Who the clients on the bus are, what polkit lets them do, and when they or watched names go. [bus]
#include <algorithm>
#include <cerrno>

#include "init/bus/server_state.h"

namespace init {

using namespace bus;

namespace {

constexpr std::size_t most_credentials = 512;
constexpr const char* no_owner = "org.freedesktop.DBus.Error.NameHasNoOwner";
constexpr std::uint64_t bus_timeout_usec = 25'000'000;
constexpr std::uint64_t polkit_timeout_usec = 120'000'000;  // somebody may be typing a password

const char* polkit_action(Action action) {
  switch (action) {
    case Action::manage_units: return "org.freedesktop.systemd1.manage-units";
    case Action::manage_unit_files: return "org.freedesktop.systemd1.manage-unit-files";
    case Action::set_environment: return "org.freedesktop.systemd1.set-environment";
    case Action::reload_daemon: return "org.freedesktop.systemd1.reload-daemon";
    case Action::none:
    case Action::root: break;
  }
  return nullptr;
}

MessagePtr bus_call(Connection& connection, const char* member, const std::string& argument) {
  sd_bus_message* raw = nullptr;
  if (sd_bus_message_new_method_call(connection.bus.get(), &raw, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member) < 0) return {};
  MessagePtr message(raw);
  return sd_bus_message_append_basic(raw, 's', argument.c_str()) < 0 ? MessagePtr() : std::move(message);
}

}  // namespace

bool BusServer::State::call(sd_bus_message* message, Connection& connection, std::uint64_t timeout_usec, std::function<void(sd_bus_message*)> done) {
  auto pending = std::make_unique<Asynchronous>();
  pending->server = this;
  pending->number = ++last_number;
  pending->done = std::move(done);
  const auto on_answer = [](sd_bus_message* reply, void* userdata, sd_bus_error*) -> int {
    try {
      auto* self = static_cast<Asynchronous*>(userdata);
      auto* server = static_cast<State*>(self->server);
      const auto found = server->calls.find(self->number);
      if (found == server->calls.end()) return 0;
      const auto keep = std::move(found->second);  // the callback may end the whole connection
      server->calls.erase(found);
      keep->done(reply);
    } catch (...) {
      return -ENOMEM;
    }
    return 0;
  };
  sd_bus_slot* slot = nullptr;
  if (sd_bus_call_async(connection.bus.get(), &slot, message, on_answer, pending.get(), timeout_usec) < 0) return false;
  pending->slot.reset(slot);
  const auto number = pending->number;
  calls.emplace(number, std::move(pending));
  return true;
}

bool BusServer::State::hold_back(const Connection& connection, sd_bus_message* message) {
  if (connection.is_private || sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0) return false;
  const char* sender = sd_bus_message_get_sender(message);
  const auto found = sender == nullptr ? held_back.end() : held_back.find(sender);
  if (found == held_back.end()) return false;
  if (held_back_messages >= most_waiting) {
    refuse(message, too_many_requests());
    return true;
  }
  found->second.messages.emplace_back(sd_bus_message_ref(message));
  ++held_back_messages;
  return true;
}

// One for each round of the loop, as if it came just now: what the call before it asked the engine for has been done then.
void BusServer::State::release_one() {
  const auto known = [](const auto& entry) { return entry.second.questions == 0; };
  const auto next = std::find_if(held_back.begin(), held_back.end(), known);
  if (next == held_back.end() || api == nullptr) return;
  MessagePtr message;
  if (!next->second.messages.empty()) {
    message = std::move(next->second.messages.front());
    next->second.messages.pop_front();
    --held_back_messages;
  }
  if (next->second.messages.empty()) held_back.erase(next);
  if (message) handle(*api, message.get(), false);
  if (std::any_of(held_back.begin(), held_back.end(), known)) sd_event_source_set_enabled(releaser.get(), SD_EVENT_ONESHOT);
}

void BusServer::State::with_credentials(Connection& connection, const std::string& sender, std::function<void(Credentials)> then) {
  if (connection.is_private) return then({connection.uid, connection.pid});
  if (const auto known = credentials.find(sender); known != credentials.end()) return then(known->second);
  const auto message = bus_call(connection, "GetConnectionCredentials", sender);
  const auto on_answer = [this, sender, then](sd_bus_message* reply) {
    Credentials found;
    std::vector<Value> values;
    if (sd_bus_message_is_method_error(reply, nullptr) == 0 && read_all(reply, values) && values.size() == 1)
      if (const auto* list = std::get_if<unitparser::ArrayValue>(&values[0].storage))
        for (const auto& element : list->elements) {
          const auto* pair = std::get_if<unitparser::StructValue>(&element.storage);
          if (pair == nullptr || pair->fields.size() != 2) continue;
          const auto* content = std::get_if<unitparser::VariantValue>(&pair->fields[1].storage);
          const auto* number = content == nullptr ? nullptr : std::get_if<std::uint32_t>(&content->content.front().storage);
          if (number == nullptr) continue;
          if (pair->fields[0] == Value("UnixUserID")) found.uid = *number;
          if (pair->fields[0] == Value("ProcessID")) found.pid = static_cast<pid_t>(*number);
        }
    if (credentials.size() >= most_credentials) credentials.clear();
    credentials[sender] = found;
    then(found);
    if (const auto held = held_back.find(sender); held != held_back.end() && --held->second.questions == 0)
      sd_event_source_set_enabled(releaser.get(), SD_EVENT_ONESHOT);
  };
  if (!message || !call(message.get(), connection, bus_timeout_usec, on_answer)) return then({});
  ++held_back[sender].questions;
}

void BusServer::State::authorise(Connection& connection, sd_bus_message* message, Action action, std::function<void()> then) {
  const char* name = polkit_action(action);
  if (name == nullptr || connection.is_private || options.user_manager) return refuse(message, access_denied());
  const char* sender = sd_bus_message_get_sender(message);
  sd_bus_message* raw = nullptr;
  if (sender == nullptr || sd_bus_message_new_method_call(connection.bus.get(), &raw, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                                                          "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization") < 0)
    return refuse(message, access_denied());
  const MessagePtr question(raw);
  const std::uint32_t interactive = sd_bus_message_get_allow_interactive_authorization(message) > 0 ? 1 : 0;
  if (sd_bus_message_append(raw, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s", sender, name, 0, interactive, "") < 0)
    return refuse(message, access_denied());
  const auto number = connection.number;
  std::shared_ptr<sd_bus_message> held(sd_bus_message_ref(message), [](sd_bus_message* m) { sd_bus_message_unref(m); });
  call(raw, connection, polkit_timeout_usec, [this, number, held, then = std::move(then)](sd_bus_message* reply) {
    if (!connections.contains(number)) return;
    int allowed = 0, challenge = 0;
    const bool answered = sd_bus_message_is_method_error(reply, nullptr) == 0 && sd_bus_message_enter_container(reply, 'r', "bba{ss}") > 0 &&
                          sd_bus_message_read(reply, "bb", &allowed, &challenge) > 0;
    if (answered && allowed != 0) return then();
    refuse(held.get(), answered && challenge != 0
                           ? BusFailure{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "Interactive authentication required."}
                           : access_denied());
  });
}

SlotPtr BusServer::State::match_owner(const std::string& name, sd_bus_message_handler_t on_change) {
  const auto rule = "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" + name + "'";
  sd_bus_slot* slot = nullptr;
  // After a re-execution the bus may still refuse a reply of the former image, to a client that is gone, under a number that
  // this image has used for the match; sd-bus by itself would give the whole connection up.
  const auto on_installed = [](sd_bus_message*, void*, sd_bus_error*) { return 1; };
  if (sd_bus_add_match_async(api->bus.get(), &slot, rule.c_str(), on_change, on_installed, this) < 0) return {};
  return SlotPtr(slot);
}

void BusServer::State::track(const std::string& sender) {
  if (api == nullptr || tracked.contains(sender)) return;
  const auto on_change = [](sd_bus_message* message, void* userdata, sd_bus_error*) -> int {
    try {
      const char *name = nullptr, *before = nullptr, *after = nullptr;
      if (sd_bus_message_read(message, "sss", &name, &before, &after) > 0 && *after == '\0') static_cast<State*>(userdata)->on_client_gone(name);
    } catch (...) {
      return -ENOMEM;
    }
    return 0;
  };
  auto match = match_owner(sender, on_change);
  if (!match) return;
  tracked[sender] = std::move(match);
  // It may have gone before the daemon knew of the match.
  if (const auto message = bus_call(*api, "GetNameOwner", sender))
    call(message.get(), *api, bus_timeout_usec, [this, sender](sd_bus_message* reply) {
      if (sd_bus_message_is_method_error(reply, no_owner) > 0) on_client_gone(sender);
    });
}

void BusServer::State::track_clients_of(const Event& event) {
  if (const auto* reference = std::get_if<event::RefUnit>(&event)) track(reference->client);
  if (const auto* start = std::get_if<event::StartTransient>(&event))
    for (const event::TransientUnit& unit : start->units) {
      if (unit.add_ref) track(start->client);
      if (!unit.controller.empty()) track(unit.controller);
    }
}

void BusServer::State::follow_all() {
  for (auto& [name, watched] : names) start_watching(name, watched);
  for (const std::string& client : std::vector<std::string>(subscribers)) track(client);
  for (const UnitId id : parts.engine.units()) {
    const Unit& unit = *parts.engine.find(id);
    for (const std::string& client : unit.runtime->references) track(client);
    if (unit.type() == unitparser::UnitType::scope)
      if (const auto& controller = unit.read<ScopeRuntime>().controller; !controller.empty()) track(controller);
  }
}

void BusServer::State::on_client_gone(const std::string& sender) {
  std::erase(subscribers, sender);
  credentials.erase(sender);
  if (const auto found = tracked.find(sender); found != tracked.end()) {
    sd_bus_slot_set_floating(found->second.get(), 1);  // we may be in its callback
    (void)found->second.release();
    tracked.erase(found);
  }
  parts.post(event::ClientGone{sender});
}

void BusServer::State::watch_name(const std::string& name) {
  const auto [entry, is_new] = names.try_emplace(name);
  if (is_new && api != nullptr) start_watching(name, entry->second);
}

void BusServer::State::forget_name(const std::string& name) { names.erase(name); }

void BusServer::State::start_watching(const std::string& name, WatchedName& watched) {
  const auto on_change = [](sd_bus_message* message, void* userdata, sd_bus_error*) -> int {
    try {
      const char *changed = nullptr, *before = nullptr, *after = nullptr;
      if (sd_bus_message_read(message, "sss", &changed, &before, &after) > 0) static_cast<State*>(userdata)->set_owner(changed, after);
    } catch (...) {
      return -ENOMEM;
    }
    return 0;
  };
  watched.match = match_owner(name, on_change);
  if (const auto message = bus_call(*api, "GetNameOwner", name))
    call(message.get(), *api, bus_timeout_usec, [this, name](sd_bus_message* reply) {
      const char* owner = nullptr;
      if (sd_bus_message_is_method_error(reply, nullptr) == 0 && sd_bus_message_read_basic(reply, 's', &owner) > 0) set_owner(name, owner);
      else if (sd_bus_message_is_method_error(reply, no_owner) > 0) set_owner(name, "");
    });
}

void BusServer::State::set_owner(const std::string& name, const std::string& owner) {
  const auto found = names.find(name);
  if (found == names.end() || found->second.owner == owner) return;
  found->second.owner = owner;
  if (owner.empty() || api == nullptr) {
    parts.post(event::BusNameChanged{name, owner, 0});
    return;
  }
  with_credentials(*api, owner, [this, name, owner](Credentials c) { parts.post(event::BusNameChanged{name, owner, c.pid}); });
}

}  // namespace init
