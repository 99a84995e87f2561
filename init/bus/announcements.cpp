// Signals to private clients and those who subscribed: gathered over a round of the loop, each unit once. [bus]
#include <algorithm>

#include "init/bus/server_state.h"

namespace init {

using namespace bus;

namespace {
constexpr const char* manager_object = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr std::size_t flush_at = 4096;  // announcements held back at most
}  // namespace

bool BusServer::State::has_private_clients() const {
  // Until the connections of the former image are gone on with, they count for what they may be.
  return !handed.connections.empty() || std::any_of(connections.begin(), connections.end(), [](const auto& entry) { return entry.second->is_private; });
}

/// COMPAT: those who hold a reference to a unit, or have asked for a job, hear of it without having subscribed.
bool BusServer::State::is_followed_on_bus(const Announcement& announcement) const {
  if (!subscribers.empty()) return true;
  using Kind = Announcement::Kind;
  const Unit* unit = announcement.unit == UnitId::none ? nullptr : parts.engine.find(announcement.unit);
  switch (announcement.kind) {
    case Kind::unit_new:
    case Kind::unit_changed: return unit != nullptr && !unit->runtime.references.empty();
    case Kind::job_changed:
    case Kind::job_removed: return jobs_of_bus.contains(JobId{announcement.job});
    default: return false;
  }
}

void BusServer::State::announce(Announcement announcement) {
  using Kind = Announcement::Kind;
  announcement.on_bus = is_followed_on_bus(announcement);
  if (announcement.kind == Kind::job_removed) jobs_of_bus.erase(JobId{announcement.job});
  if (!announcement.on_bus && !has_private_clients()) return;
  if (announcement.kind == Kind::unit_changed && !changed_units.insert(announcement.unit).second) return;
  announcements.push_back(std::move(announcement));
  if (announcements.size() >= flush_at)
    flush();
  else
    flush_soon();
}

void BusServer::State::send_all(bool on_bus, const std::function<MessagePtr(sd_bus*)>& make) {
  const auto send = [&make](Connection& connection) {
    const auto message = make(connection.bus.get());
    if (!message) return;
    if (sd_bus_send(connection.bus.get(), message.get(), nullptr) < 0) connection.closing = connection.is_private;  // it does not read
  };
  for (auto& [number, connection] : connections)
    // COMPAT: a private client hears everything without asking: systemctl waits there for JobRemoved and never subscribes.
    if (connection->is_private && !connection->closing && sd_bus_is_ready(connection->bus.get()) > 0) send(*connection);
  if (on_bus && api != nullptr && !api->closing) send(*api);
}

void BusServer::State::send_properties_changed(const Unit& unit, bool on_bus) {
  const auto path = unit_path(unit.name.text());
  const auto c = context(unit);
  for (const auto& interface : interfaces_of(unit.type())) {
    std::vector<std::pair<const Member*, Value>> changed;
    std::vector<const Member*> invalidated;
    interface.for_each([&](std::size_t index, const Member& member) {
      if (member.emits == Emits::changes) changed.emplace_back(&member, interface.value_at(c, index));
      if (member.emits == Emits::invalidates) invalidated.push_back(&member);
    });
    if (changed.empty() && invalidated.empty()) continue;
    send_all(on_bus, [&](sd_bus* bus) -> MessagePtr {
      sd_bus_message* raw = nullptr;
      if (sd_bus_message_new_signal(bus, &raw, path.c_str(), "org.freedesktop.DBus.Properties", "PropertiesChanged") < 0) return {};
      MessagePtr message(raw);
      sd_bus_message_append_basic(raw, 's', std::string(interface.name()).c_str());
      sd_bus_message_open_container(raw, 'a', "{sv}");
      for (const auto& [member, value] : changed) {
        sd_bus_message_open_container(raw, 'e', "sv");
        sd_bus_message_append_basic(raw, 's', std::string(member->name).c_str());
        if (append_variant(raw, value) < 0) return {};
        sd_bus_message_close_container(raw);
      }
      sd_bus_message_close_container(raw);
      sd_bus_message_open_container(raw, 'a', "s");
      for (const auto* member : invalidated) sd_bus_message_append_basic(raw, 's', std::string(member->name).c_str());
      sd_bus_message_close_container(raw);
      return message;
    });
  }
}

void BusServer::State::flush() {
  using Kind = Announcement::Kind;
  const auto batch = std::exchange(announcements, {});
  changed_units.clear();
  bool on_bus = false;
  const auto signal = [this, &on_bus](const char* member, const std::function<int(sd_bus_message*)>& fill) {
    send_all(on_bus, [&](sd_bus* bus) -> MessagePtr {
      sd_bus_message* raw = nullptr;
      if (sd_bus_message_new_signal(bus, &raw, manager_object, manager_interface, member) < 0) return {};
      MessagePtr message(raw);
      return fill(raw) < 0 ? MessagePtr() : std::move(message);
    });
  };
  for (const auto& a : batch) {
    const auto path = unit_path(a.name);
    const auto job = job_path(JobId{a.job});
    on_bus = a.kind == Kind::unit_changed ? is_followed_on_bus(a) : a.on_bus;  // of several changes the first one stands for all
    switch (a.kind) {
      case Kind::unit_changed:
        if (const Unit* unit = parts.engine.find(a.unit)) send_properties_changed(*unit, on_bus);
        break;
      case Kind::unit_new: signal("UnitNew", [&](sd_bus_message* m) { return sd_bus_message_append(m, "so", a.name.c_str(), path.c_str()); }); break;
      case Kind::unit_removed: signal("UnitRemoved", [&](sd_bus_message* m) { return sd_bus_message_append(m, "so", a.name.c_str(), path.c_str()); }); break;
      case Kind::job_new: signal("JobNew", [&](sd_bus_message* m) { return sd_bus_message_append(m, "uos", a.job, job.c_str(), a.name.c_str()); }); break;
      case Kind::job_removed:
        signal("JobRemoved", [&](sd_bus_message* m) {
          return sd_bus_message_append(m, "uoss", a.job, job.c_str(), a.name.c_str(), std::string(a.result).c_str());
        });
        break;
      case Kind::job_changed:
        if (const Job* changed = parts.engine.find_job(JobId{a.job}))
          send_all(on_bus, [&](sd_bus* bus) -> MessagePtr {
            sd_bus_message* raw = nullptr;
            if (sd_bus_message_new_signal(bus, &raw, job.c_str(), "org.freedesktop.DBus.Properties", "PropertiesChanged") < 0) return {};
            MessagePtr message(raw);
            const int r = sd_bus_message_append(raw, "sa{sv}as", "org.freedesktop.systemd1.Job", 1, "State", "s", std::string(unitparser::to_name(changed->state)).c_str(), 0);
            return r < 0 ? MessagePtr() : std::move(message);
          });
        break;
      case Kind::reloading: signal("Reloading", [&](sd_bus_message* m) { return sd_bus_message_append(m, "b", static_cast<int>(a.flag)); }); break;
      case Kind::startup:
        signal("StartupFinished", [this](sd_bus_message* m) {
          return sd_bus_message_append(m, "tttttt", startup.firmware, startup.loader, startup.kernel, startup.initrd, startup.userspace, startup.total);
        });
        break;
      case Kind::files: signal("UnitFilesChanged", [](sd_bus_message*) { return 0; }); break;
    }
  }
  drop_closing();
}

BusFailure BusServer::State::subscribe(Connection& connection, const std::string& sender, bool on) {
  const auto found = std::find(subscribers.begin(), subscribers.end(), sender);
  const bool is_on = connection.is_private ? connection.subscribed : found != subscribers.end();
  if (on && is_on) return {"org.freedesktop.systemd1.AlreadySubscribed", "Client is already subscribed."};
  if (!on && !is_on) return {"org.freedesktop.systemd1.NotSubscribed", "Client is not subscribed."};
  if (connection.is_private) {
    connection.subscribed = on;
  } else if (on) {
    subscribers.push_back(sender);
    track(sender);
  } else {
    subscribers.erase(found);
  }
  return {};
}

}  // namespace init
