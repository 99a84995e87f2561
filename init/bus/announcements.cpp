// Signals to private clients and those who subscribed: what happens in its order, and what units have become once for each
// time that something is sent. [bus]
#include <algorithm>

#include "init/bus/server_state.h"
#include "unitparser/base/wire.h"

namespace init {

using namespace bus;
using unitparser::append_fields, unitparser::MessageType, unitparser::WireWriter;

namespace {
constexpr std::string_view manager_object = "/org/freedesktop/systemd1";
constexpr std::string_view manager_interface = "org.freedesktop.systemd1.Manager";
constexpr std::size_t flush_at = 4096;  // announcements held back at most
}  // namespace

bool BusServer::State::has_private_clients() const {
  // Until the connections of the former image are gone on with, they count for what they may be.
  return !handed.connections.empty() || std::any_of(connections.begin(), connections.end(), [](const auto& entry) { return entry.second->is_private; });
}

/// COMPAT: those who hold a reference to a unit, or have asked for a job, hear of it without having subscribed.
bool BusServer::State::is_followed_on_bus(UnitId id) const {
  if (!subscribers.empty()) return true;
  const Unit* unit = parts.engine.find(id);
  return unit != nullptr && !unit->runtime->references.empty();
}

bool BusServer::State::is_followed_on_bus(const Announcement& announcement) const {
  using Kind = Announcement::Kind;
  switch (announcement.kind) {
    case Kind::unit_new: return is_followed_on_bus(announcement.unit);
    case Kind::job_changed:
    case Kind::job_removed: return !subscribers.empty() || jobs_of_bus.contains(JobId{announcement.job});
    default: return !subscribers.empty();
  }
}

void BusServer::State::announce(Announcement announcement) {
  using Kind = Announcement::Kind;
  announcement.on_bus = is_followed_on_bus(announcement);
  if (announcement.kind == Kind::job_removed) jobs_of_bus.erase(JobId{announcement.job});
  if (!announcement.on_bus && !has_private_clients()) return;
  if (announcement.kind == Kind::job_removed) changed_units.insert(announcement.unit);
  announcements.push_back(std::move(announcement));
  if (announcements.size() >= flush_at) flush(Telling::events);
}

void BusServer::State::announce_change(UnitId unit) {
  if (has_private_clients() || is_followed_on_bus(unit)) changed_units.insert(unit);
}

namespace {

/// Makes signals of announcements: each once for all private clients, and once for the bus.
class SignalSender {
 public:
  explicit SignalSender(BusServer::State& server) : s_(server) {
    if (s_.api != nullptr) bus_.push_back(s_.api);
    for (const auto& [number, connection] : s_.connections)
      if (connection->is_private && !connection->closing && sd_bus_is_ready(connection->bus.get()) > 0) clients_.push_back(connection.get());
  }

  void send(const Announcement& a) {
    using Kind = Announcement::Kind;
    // COMPAT: what a unit has become is told before the end of the job that made it so.
    if (a.kind == Kind::job_removed && s_.changed_units.erase(a.unit) > 0) send_change(a.unit);
    on_bus_ = a.on_bus;
    switch (a.kind) {
      case Kind::unit_new: return unit_named("UnitNew", a.name);
      case Kind::unit_removed: return unit_named("UnitRemoved", a.name);
      case Kind::job_new: return job_named("JobNew", "uos", a);
      case Kind::job_removed: return job_named("JobRemoved", "uoss", a);
      case Kind::job_changed:
        if (const Job* job = s_.parts.engine.find_job(JobId{a.job})) job_changed(*job);
        break;
      case Kind::failed_units:
        return properties_changed(manager_object, manager_interface, "NFailedUnits", static_cast<std::uint32_t>(s_.outgoing.failed_units));
      case Kind::reloading: return of_manager("Reloading", "b", [&a](WireWriter& body) { body.boolean(a.flag); });
      case Kind::startup:
        return of_manager("StartupFinished", "tttttt", [&t = s_.startup](WireWriter& body) {
          for (const std::uint64_t time : {t.firmware, t.loader, t.kernel, t.initrd, t.userspace, t.total}) body.number(time);
        });
      case Kind::files: return of_manager("UnitFilesChanged", "", [](WireWriter&) {});
    }
  }
  void send_change(UnitId id) {
    const Unit* unit = s_.parts.engine.find(id);
    on_bus_ = s_.is_followed_on_bus(id);
    if (unit != nullptr && (on_bus_ || !clients_.empty())) unit_changed(*unit);
  }
  void finish() {
    hand_out(for_clients_, clients_);
    hand_out(for_bus_, bus_);
  }

 private:
  template <class Write>
  void of_manager(std::string_view member, std::string_view signature, Write write) {
    put(manager_object, manager_interface, member, signature, write);
  }
  void unit_named(std::string_view member, const std::string& unit) {
    of_manager(member, "so", [&](WireWriter& body) {
      body.string(unit);
      body.string(unit_path(unit));
    });
  }
  void job_named(std::string_view member, std::string_view signature, const Announcement& a) {
    of_manager(member, signature, [&](WireWriter& body) {
      body.number(a.job);
      body.string(job_path(JobId{a.job}));
      body.string(a.name);
      if (!a.result.empty()) body.string(a.result);
    });
  }
  template <class Write>
  void properties_changed(std::string_view path, Write write) {
    put(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", write);
  }
  void properties_changed(std::string_view path, std::string_view interface, std::string_view property, const Value& value) {
    properties_changed(path, [&](WireWriter& body) {
      body.string(interface);
      body.array(8, [&] {
        body.align(8);
        body.string(property);
        body.variant(value);
      });
      body.array(4, [] {});
    });
  }
  void job_changed(const Job& job) {
    properties_changed(job_path(job.id), "org.freedesktop.systemd1.Job", "State", std::string(unitparser::to_name(job.state)));
  }
  void unit_changed(const Unit& unit) {
    const std::string path = unit_path(unit.name.text());
    const PropertyContext context = s_.context(unit);
    for (const UnitInterface& interface : s_.interfaces_of(unit.type())) {
      if (interface.emitted().empty() && interface.invalidated().empty()) continue;
      properties_changed(path, [&](WireWriter& body) {
        body.string(interface.name());
        body.array(8, [&] {
          for (const std::size_t index : interface.emitted()) {
            body.align(8);
            const Member& property = interface.member_at(index);
            body.string(property.name);
            body.variant(property.output, interface.value_at(context, index));
          }
        });
        body.array(4, [&] {
          for (const std::size_t index : interface.invalidated()) body.string(interface.member_at(index).name);
        });
      });
    }
  }

  template <class Write>
  void put(std::string_view path, std::string_view interface, std::string_view member, std::string_view signature, Write write) {
    body_.clear();
    WireWriter writer(body_);
    write(writer);
    if (!writer.ok()) return;
    fields_.clear();
    append_fields(fields_, {.path = path, .interface = interface, .member = member, .signature = signature});
    if (on_bus_ && !bus_.empty()) append(for_bus_, bus_);
    if (clients_.empty()) return;
    // COMPAT: a private client hears everything without asking: systemctl waits there for JobRemoved and never subscribes.
    append_fields(fields_, {.sender = own_name});  // where no bus fills it in
    append(for_clients_, clients_);
  }
  void append(std::string& signals, const std::vector<Connection*>& to) {
    const std::size_t before = signals.size();
    append_message(signals, MessageType::signal, unitparser::no_reply_expected, fields_, s_.next_serial(), body_);
    if (signals.size() <= Outbox::piece_size || before == 0) return;
    hand_out(std::string_view(signals).substr(0, before), to);
    signals.erase(0, before);
  }
  /// Copied, so that the buffer grows once and pieces are as large as what is in them.
  void hand_out(std::string_view signals, const std::vector<Connection*>& to) {
    if (signals.empty()) return;
    const auto piece = std::make_shared<const std::string>(signals);
    for (Connection* connection : to) s_.send(*connection, piece);
  }

  BusServer::State& s_;
  std::vector<Connection*> clients_, bus_;
  std::string for_clients_, for_bus_, fields_, body_;
  bool on_bus_ = false;
};

}  // namespace

/// The number of failed units is told once for several, and before what is told of them.
void BusServer::State::count_failed_units() {
  const std::size_t failed = parts.engine.failed_units();
  if (std::exchange(outgoing.failed_units, failed) == failed || (subscribers.empty() && !has_private_clients())) return;
  Announcement announcement{Announcement::Kind::failed_units, UnitId::none, {}, 0, {}, false};
  announcement.on_bus = !subscribers.empty();
  announcements.insert(announcements.begin(), std::move(announcement));
}

void BusServer::State::flush(Telling what) {
  count_failed_units();
  if (announcements.empty() && (what == Telling::events || changed_units.empty())) return;
  const auto batch = std::exchange(announcements, {});
  SignalSender sender(*this);
  for (const Announcement& announcement : batch) sender.send(announcement);
  if (what == Telling::everything)
    for (const UnitId unit : std::exchange(changed_units, {})) sender.send_change(unit);
  sender.finish();
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
