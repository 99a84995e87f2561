// What goes out to clients: replies, and what lies in the outboxes of the connections. [bus]
#include <fcntl.h>

#include <algorithm>

#include "init/bus/server_state.h"
#include "unitparser/base/text.h"
#include "unitparser/base/wire.h"

namespace init {

using namespace bus;
using unitparser::MessageHeader, unitparser::MessageType, unitparser::WireWriter;

namespace {

constexpr std::size_t most_unread = 128UL * 1024 * 1024;   // bytes kept for one who does not read
constexpr std::size_t most_unasked = 4UL * 1024 * 1024;     // and with these, nothing more is taken from it that would be answered
constexpr std::size_t most_held_back = 16UL * 1024 * 1024;  // for the bus, while one thing follows the other
constexpr std::size_t most_header = 1024;  // of a reply whose names are as long as they may be
constexpr unsigned most_unsent_rounds = 16;  // while one round of the loop follows the other

const BusFailure cannot_be_sent{"org.freedesktop.DBus.Error.Failed", "The reply cannot be sent."};

}  // namespace

std::size_t bus::queued_for_sending(const Connection& connection) {
  std::uint64_t queued = 0;
  return sd_bus_get_n_queued_write(connection.bus.get(), &queued) < 0 ? 0 : static_cast<std::size_t>(queued);
}

std::uint32_t BusServer::State::next_serial() {
  if (++outgoing.last_serial == 0) outgoing.last_serial = first_serial;
  return outgoing.last_serial;
}

Connection* BusServer::State::asked_on(sd_bus_message* message) {
  const auto found = std::find_if(connections.begin(), connections.end(), [bus = sd_bus_message_get_bus(message)](const auto& entry) {
    return entry.second->bus.get() == bus;
  });
  return found == connections.end() || found->second->closing ? nullptr : found->second.get();
}

void BusServer::State::reply(sd_bus_message* message, MessageHeader header, std::string_view body, unitparser::UniqueFd descriptor) {
  Connection* connection = asked_on(message);
  std::uint64_t cookie = 0;
  if (connection == nullptr || sd_bus_message_get_cookie(message, &cookie) < 0) return;
  if (body.size() > Outbox::piece_size - most_header && !connection->is_private) return reply_through_sd_bus(*connection, message, header, body);
  header.reply_serial = static_cast<std::uint32_t>(cookie);
  header.flags = unitparser::no_reply_expected;
  if (const char* sender = sd_bus_message_get_sender(message)) header.destination = sender;
  if (connection->is_private) header.sender = own_name;  // where no bus fills it in
  std::string text;
  append_message(text, header, next_serial(), body);
  send(*connection, std::make_shared<const std::string>(std::move(text)), std::move(descriptor));
}

void BusServer::State::reply_through_sd_bus(Connection& connection, sd_bus_message* message, const MessageHeader& header, std::string_view body) {
  sd_bus_message* raw = nullptr;
  const std::string name(header.error_name);
  const sd_bus_error error{name.c_str(), nullptr, 0};
  const int made = header.type == MessageType::error ? sd_bus_message_new_method_error(message, &raw, &error) : sd_bus_message_new_method_return(message, &raw);
  if (made < 0) return;
  const std::shared_ptr<sd_bus_message> reply(raw, sd_bus_message_unref);
  if (append(raw, header.signature, body) < 0) return refuse(message, cannot_be_sent);
  if (!makes_room(connection, body.size())) return;
  connection.outbox.add_foreign(body.size(), [reply] { sd_bus_send(nullptr, reply.get(), nullptr); });
  write_out(connection);
}

void BusServer::State::finish(sd_bus_message* message, const Answer& answer) {
  Written written;
  WireWriter writer(written.body);
  for (const Value& value : answer) {
    written.signature += value.signature();
    writer.value(value);
  }
  written.ok = writer.ok();
  finish(message, written);
}

void BusServer::State::finish(sd_bus_message* message, const Written& answer) {
  if (sd_bus_message_get_expect_reply(message) <= 0) return;
  if (!answer.ok) return refuse(message, cannot_be_sent);
  reply(message, {MessageType::method_return, 0, {}, {}, {}, {}, {}, answer.signature}, answer.body);
}

void BusServer::State::finish_with(sd_bus_message* message, unitparser::UniqueFd descriptor) {
  if (sd_bus_message_get_expect_reply(message) <= 0) return;
  if (sd_bus_can_send(sd_bus_message_get_bus(message), 'h') <= 0) return refuse(message, cannot_be_sent);
  std::string body;
  WireWriter(body).number(std::uint32_t{0});  // the first of those that go with the message
  reply(message, {MessageType::method_return, 0, {}, {}, {}, {}, {}, "h", {}, 0, 1}, body, std::move(descriptor));
}

void BusServer::State::refuse(sd_bus_message* message, const BusFailure& failure) {
  if (sd_bus_message_get_expect_reply(message) <= 0) return;
  std::string body;
  WireWriter(body).string(unitparser::is_valid_utf8(failure.text) ? failure.text : failure.name);
  reply(message, {MessageType::error, 0, {}, {}, {}, {}, {}, "s", failure.name}, body);
}

/// Who does not read is dropped: false.
bool BusServer::State::makes_room(Connection& connection, std::size_t bytes) {
  if (connection.outbox.bytes() + bytes > most_unread) connection.closing = true;
  return !connection.closing;
}

void BusServer::State::send(Connection& connection, Piece messages, unitparser::UniqueFd descriptor) {
  if (!makes_room(connection, messages->size())) return;
  connection.outbox.add(std::move(messages), std::move(descriptor));
  // A private client works on what it has while more is written. The bus would hand it on to all who listen there, and take the
  // processors from us and from whoever waits for us: it has time until all are sent to.
  const std::size_t enough = connection.is_private ? Outbox::piece_size : most_held_back;
  if (connection.outbox.bytes() >= enough && !connection.waits) write_out(connection);
  if (connection.outbox.bytes() > most_unasked && connection.is_private && !connection.paused) connection.paused = sd_bus_detach_event(connection.bus.get()) >= 0;
}

// To a private client nobody else writes once the handshake is over. To the bus sd-bus does, between any two calls.
void BusServer::State::write_out(Connection& connection) {
  if (connection.closing || connection.outbox.empty() || sd_bus_is_ready(connection.bus.get()) <= 0) return;
  auto outcome = Outbox::Outcome::foreign;
  // What sd-bus could not write comes first: it may have written a part of it.
  while (outcome == Outbox::Outcome::foreign && !connection.outbox.empty())
    outcome = queued_for_sending(connection) > 0 ? Outbox::Outcome::later : connection.outbox.write_to(sd_bus_get_fd(connection.bus.get()));
  if (outcome == Outbox::Outcome::broken || (connection.outbox.is_cut() && !connection.is_private)) connection.closing = true;
  wait_for_room(connection, outcome == Outbox::Outcome::later);
  if (connection.paused && connection.outbox.bytes() <= most_unasked) {
    connection.paused = false;
    if (sd_bus_attach_event(connection.bus.get(), loop, SD_EVENT_PRIORITY_NORMAL) < 0) connection.closing = true;
  }
}

void BusServer::State::wait_for_room(Connection& connection, bool wanted) {
  if (wanted && !connection.writable) {
    // sd-event watches a descriptor once, and sd-bus does so already.
    unitparser::UniqueFd socket(::fcntl(sd_bus_get_fd(connection.bus.get()), F_DUPFD_CLOEXEC, 3));
    sd_event_source* source = nullptr;
    const auto write_on = [](sd_event_source*, int, std::uint32_t, void* userdata) {
      auto* waiting = static_cast<Connection*>(userdata);
      static_cast<State*>(waiting->server)->write_out(*waiting);
      return 0;
    };
    if (sd_event_add_io(loop, &source, socket.get(), EPOLLOUT, write_on, &connection) < 0) return;
    (void)socket.release();
    sd_event_source_set_io_fd_own(source, 1);
    connection.writable.reset(source);
  }
  if (connection.writable && sd_event_source_set_enabled(connection.writable.get(), wanted ? SD_EVENT_ON : SD_EVENT_OFF) >= 0) connection.waits = wanted;
}

// While jobs follow at once, nobody is woken for each step on their way: answers and signals go out together, and what a unit
// was in between is not told. COMPAT: systemd skips it too, for those who do not read as fast as it writes.
void BusServer::State::end_round() {
  flush(Telling::events);
  if (++outgoing.unsent_rounds >= most_unsent_rounds) send_out();
  drop_closing();
}

void BusServer::State::send_out() {
  outgoing.unsent_rounds = 0;
  flush(Telling::everything);
  // COMPAT: private clients first: whoever waits for an answer is not woken behind the bus and all that listens there.
  for (const auto& [number, connection] : connections)
    if (connection->is_private && !connection->waits) write_out(*connection);
  if (api != nullptr && !api->waits) write_out(*api);
  drop_closing();
}

}  // namespace init
