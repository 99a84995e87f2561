// The inside of BusServer, shared by the files that implement it. [bus]
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "init/bus/bus_server.h"
#include "init/bus/message_value.h"
#include "init/bus/outbox.h"
#include "init/bus/request.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/wire.h"

namespace init {

namespace bus {

inline constexpr const char* own_name = "org.freedesktop.systemd1";

struct CloseBus {
  void operator()(sd_bus* b) const { sd_bus_close_unref(b); }
};
using BusPtr = std::unique_ptr<sd_bus, CloseBus>;
struct UnrefSource {
  void operator()(sd_event_source* s) const { sd_event_source_disable_unref(s); }
};
using SourcePtr = std::unique_ptr<sd_event_source, UnrefSource>;

/// A client on the private socket, or the bus.
struct Connection {
  void* server = nullptr;     ///< BusServer::State, for C callbacks
  BusPtr bus;
  SlotPtr filter, name_slot;
  Outbox outbox;              ///< what we write ourselves; what else is sent lies with sd-bus
  SourcePtr writable;         ///< tells when the outbox can be written on
  bool is_private = false;
  bool subscribed = false;    ///< a private client that called Subscribe (it hears all the same)
  bool waits = false;         ///< its socket takes nothing more just now; `writable` tells when
  bool paused = false;        ///< it leaves so much unread that nothing is read from it
  bool closing = false;       ///< to be dropped before the loop sleeps again
  bool begun = false;         ///< what came together with its handshake was read
  std::uint64_t number = 0;
  uid_t uid = 0;
  pid_t pid = 0;
};

/// Messages that sd-bus has not written yet.
[[nodiscard]] std::size_t queued_for_sending(const Connection& connection);

/// A client's message that waits: for the engine, a unit, its sender's credentials or polkit.
struct Waiting {
  MessagePtr message;
  std::uint64_t connection = 0;
  ReplyShape shape = ReplyShape::nothing;
  bool retry = false;               ///< on success the message is handled again (its unit is loaded now)
  std::string activation;           ///< not a client's: the bus asked for this unit
};

/// An asynchronous call of ours to another peer.
struct Asynchronous {
  void* server = nullptr;
  std::uint64_t number = 0;
  SlotPtr slot;
  std::function<void(sd_bus_message* reply)> done;
};

struct Credentials {
  uid_t uid = static_cast<uid_t>(-1);
  pid_t pid = 0;
};

/// Calls of a client on the bus that came while the bus was asked who it is: they are served after the one that made us ask.
struct HeldBack {
  unsigned questions = 0;   ///< that the bus has not answered
  std::deque<MessagePtr> messages;
};

/// Apart from sd-bus's numbers, which count from 1: what the bus has to say against a message of ours is no answer to a call of sd-bus's.
inline constexpr std::uint32_t first_serial = std::uint32_t{1} << 31U;
constexpr std::size_t most_waiting = 16384;  ///< requests that clients may have under way, together; and calls held back

struct WatchedName {
  std::optional<std::string> owner;   ///< empty: it has none; nothing: the bus was not heard of it yet
  SlotPtr match;
};

/// What is known of the messages that we write ourselves.
struct Outgoing {
  std::uint32_t last_serial = first_serial;
  unsigned unsent_rounds = 0;    ///< of the loop, since what lies in the outboxes was last sent
  std::size_t failed_units = 0;  ///< so many were told of
};

/// Things to tell subscribers, in order.
struct Announcement {
  enum class Kind : std::uint8_t { unit_new, unit_removed, job_new, job_changed, job_removed, failed_units, reloading, startup, files } kind{};
  UnitId unit = UnitId::none;
  std::string name;
  std::uint32_t job = 0;
  std::string_view result;
  bool flag = false;
  bool on_bus = false;  ///< somebody on the bus follows what it is about
};

/// What is made signals: what happened, in its order, or after it also what units have become since they were last told of.
enum class Telling : std::uint8_t { events, everything };

/// A connection of the image before this one.
struct HandedConnection {
  unitparser::UniqueFd socket;
  std::string unique_name;      ///< the bus knows us as; empty: a private client
  bool subscribed = false;
};

/// What the image before this one left, until start() makes use of it.
struct Handed {
  unitparser::UniqueFd listener;
  std::vector<HandedConnection> connections;
};

}  // namespace bus

struct BusServer::State {
  explicit State(BusParts given) : parts(std::move(given)) {}

  BusParts parts;
  BusOptions options;
  sd_event* loop = nullptr;
  bus::SourcePtr listener, beginner, retry, releaser;
  std::map<std::uint64_t, std::unique_ptr<bus::Connection>> connections;
  bus::Connection* api = nullptr;             ///< the bus; owned by `connections`
  bool api_ready = false;                     ///< our name is ours
  std::uint64_t last_number = 0;
  bus::Outgoing outgoing;
  std::map<RequestId, bus::Waiting> waiting;
  std::map<std::uint64_t, std::unique_ptr<bus::Asynchronous>> calls;
  std::map<std::string, bus::Credentials> credentials;   ///< by unique name, bounded
  std::map<std::string, bus::HeldBack> held_back;        ///< by unique name
  std::size_t held_back_messages = 0;                    ///< of all clients
  std::set<JobId> jobs_of_bus;                           ///< requested by clients on the bus, who hear of their ends
  std::map<std::string, bus::SlotPtr> tracked;           ///< clients whose going we want to know of
  std::vector<std::string> subscribers;                  ///< unique names on the bus
  std::map<std::string, bus::WatchedName> names;
  std::vector<bus::Announcement> announcements;
  std::set<UnitId> changed_units;             ///< since they were last told of
  StartupTimes startup;
  bus::Handed handed;
  bool leaving = false;                       ///< the next image goes on with the connections
  bus::StandardFds standard_fds;
  std::vector<std::vector<bus::UnitInterface>> unit_interfaces;  ///< by UnitType: Type's, then Unit

  // --- bus_server.cpp
  [[nodiscard]] Result<bool> listen(unitparser::UniqueFd socket);
  void accept_client(int listening);
  bus::Connection* adopt(bus::BusPtr bus, bool is_private);
  /// Reads on where a handshake has ended: sd-bus may hold messages that came in one piece with its end, and the socket, empty
  /// by then, would never wake it to look at them.
  void read_beginnings();
  void connect_bus();
  void consider_bus();
  void drop_closing();
  /// Closes what a transient unit's streams were, when its run is over: the client waits for the end of its pipes.
  void release_standard_fds(UnitId unit);
  void on_reply(const effect::Reply& reply);
  /// The request that gave them failed; the unit they were given to is gone.
  void drop_standard_fds(RequestId request);
  void forget_standard_fds(const std::string& unit);
  static int on_message(sd_bus_message* message, void* userdata, sd_bus_error* error);

  // --- dispatch.cpp
  int handle(bus::Connection& connection, sd_bus_message* message, bool unit_was_loaded);
  void run_method(bus::Connection& connection, sd_bus_message* message, std::shared_ptr<bus::Request> request, const bus::MethodRow& row);

  // --- clients.cpp
  void with_credentials(bus::Connection& connection, const std::string& sender, std::function<void(bus::Credentials)> then);
  /// Takes a call away that must not overtake an earlier one of its sender; false when it may be served now.
  [[nodiscard]] bool hold_back(const bus::Connection& connection, sd_bus_message* message);
  /// Serves one of the calls held back whose sender is known by now.
  void release_one();
  void authorise(bus::Connection& connection, sd_bus_message* message, bus::Action action, std::function<void()> then);
  void track(const std::string& sender);
  /// Follows those for whom the request holds something.
  void track_clients_of(const Event& event);
  /// Asks a new connection to the bus for all that is followed there: names, subscribers, clients of units.
  void follow_all();
  void on_client_gone(const std::string& sender);
  /// False when it cannot be sent; `done` is not called then.
  bool call(sd_bus_message* message, bus::Connection& connection, std::uint64_t timeout_usec, std::function<void(sd_bus_message*)> done);
  void watch_name(const std::string& name);
  void forget_name(const std::string& name);
  void start_watching(const std::string& name, bus::WatchedName& watched);
  /// Calls `on_change` when a name gets or loses its owner, as long as the slot lives. None without memory.
  [[nodiscard]] bus::SlotPtr match_owner(const std::string& name, sd_bus_message_handler_t on_change);
  void set_owner(const std::string& name, const std::string& owner);
  void on_activation(const std::string& unit);

  // --- hand_over.cpp
  void resume(bus::HandedConnection handed);
  void resume_all();
  [[nodiscard]] bool can_be_handed(const bus::Connection& connection) const;
  [[nodiscard]] std::vector<const bus::Connection*> handed_connections() const;
  [[nodiscard]] std::string unique_name() const;  ///< ours on the bus; empty: we are not connected

  // --- sending.cpp
  void finish(sd_bus_message* message, const bus::Answer& answer);
  void finish(sd_bus_message* message, const bus::Written& answer);
  void finish_with(sd_bus_message* message, unitparser::UniqueFd descriptor);
  void refuse(sd_bus_message* message, const bus::BusFailure& failure);
  /// The connection that a message came on; none when it is gone.
  [[nodiscard]] bus::Connection* asked_on(sd_bus_message* message);
  /// Sends a reply whose body is written, behind all that was sent before. A client that is gone needs none.
  void reply(sd_bus_message* message, unitparser::MessageHeader header, std::string_view body, unitparser::UniqueFd descriptor = {});
  /// One so long that it could be cut, to the bus, where sd-bus writes too.
  void reply_through_sd_bus(bus::Connection& connection, sd_bus_message* message, const unitparser::MessageHeader& header, std::string_view body);
  [[nodiscard]] std::uint32_t next_serial();
  [[nodiscard]] static bool makes_room(bus::Connection& connection, std::size_t bytes);
  /// Puts messages into the connection's outbox.
  void send(bus::Connection& connection, bus::Piece messages, unitparser::UniqueFd descriptor = {});
  /// Writes what can be written.
  void write_out(bus::Connection& connection);
  void wait_for_room(bus::Connection& connection, bool wanted);
  void end_round();
  void send_out();

  // --- announcements.cpp
  [[nodiscard]] bool has_private_clients() const;
  [[nodiscard]] bool is_followed_on_bus(UnitId unit) const;
  [[nodiscard]] bool is_followed_on_bus(const bus::Announcement& announcement) const;
  void announce(bus::Announcement announcement);
  /// A unit's change. It is told when something is sent, or before the end of a job of the unit: once, however often it changed.
  void announce_change(UnitId unit);
  void count_failed_units();
  void flush(bus::Telling what);
  bus::BusFailure subscribe(bus::Connection& connection, const std::string& sender, bool on);

  [[nodiscard]] bus::PropertyContext context(const Unit& unit) { return {parts.engine, parts.manager, unit}; }
  [[nodiscard]] const std::vector<bus::UnitInterface>& interfaces_of(UnitType type) const { return unit_interfaces[static_cast<std::size_t>(type)]; }
  void log(int priority, const std::string& text) const {
    if (parts.log) parts.log(priority, text);
  }
};

}  // namespace init
