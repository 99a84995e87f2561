// sd-bus begins each connection with a handshake and cannot skip it. So it shakes hands with ourselves, at the other end of a
// pair of sockets, and then the real socket takes the place of that pair. [bus]
#include "init/bus/resumption.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace init::bus {
namespace {

/// Rounds that the longest handshake may take; it needs seven.
constexpr int most_rounds = 64;

/// Two ends of the same conversation. `socket` is the number of the descriptor that `ours` reads and writes.
struct Rehearsal {
  BusPtr ours, other;
  int socket = -1;
};

Result<BusPtr> bus_on(unitparser::UniqueFd socket) {
  sd_bus* raw = nullptr;
  if (const int r = sd_bus_new(&raw); r < 0) return unitparser::fail_errno(-r, "sd_bus_new");
  BusPtr bus(raw);
  if (const int r = sd_bus_set_fd(raw, socket.get(), socket.get()); r < 0) return unitparser::fail_errno(-r, "sd_bus_set_fd");
  (void)socket.release();  // the bus closes it from now on
  if (const int r = sd_bus_negotiate_fds(raw, 1); r < 0) return unitparser::fail_errno(-r, "sd_bus_negotiate_fds");
  return bus;
}

Result<Rehearsal> make_pair_of_buses() {
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0) return unitparser::fail_errno(errno, "socketpair");
  unitparser::UniqueFd ours(pair[0]), other(pair[1]);
  Rehearsal made;
  made.socket = pair[0];
  made.ours = TRY(bus_on(std::move(ours)));
  made.other = TRY(bus_on(std::move(other)));
  return made;
}

Result<void> make_server(sd_bus* bus) {
  sd_id128_t id{};
  int r = sd_id128_randomize(&id);
  if (r >= 0) r = sd_bus_set_server(bus, 1, id);
  if (r < 0) return unitparser::fail_errno(-r, "sd_bus_set_server");
  return {};
}

/// Lets both ends talk until they have agreed, then gives ours the real socket.
Result<BusPtr> perform(Rehearsal rehearsal, const unitparser::UniqueFd& socket) {
  for (sd_bus* bus : {rehearsal.ours.get(), rehearsal.other.get()})
    if (const int r = sd_bus_start(bus); r < 0) return unitparser::fail_errno(-r, "sd_bus_start");
  for (int round = 0; sd_bus_is_ready(rehearsal.ours.get()) <= 0 || sd_bus_is_ready(rehearsal.other.get()) <= 0; ++round) {
    if (round == most_rounds) return fail(ErrorCode::protocol, "the handshake of D-Bus does not end");
    for (sd_bus* bus : {rehearsal.ours.get(), rehearsal.other.get()})
      if (const int r = sd_bus_process(bus, nullptr); r < 0) return unitparser::fail_errno(-r, "sd_bus_process");
  }
  if (::dup3(socket.get(), rehearsal.socket, O_CLOEXEC) < 0) return unitparser::fail_errno(errno, "dup3");
  return std::move(rehearsal.ours);
}

/// Plays the message bus: answers Hello with the name in `userdata`.
int answer_hello(sd_bus_message* message, void* userdata, sd_bus_error*) {
  if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello") <= 0) return 0;
  return sd_bus_reply_method_return(message, "s", static_cast<const std::string*>(userdata)->c_str());
}

}  // namespace

Result<BusPtr> resume_private_client(unitparser::UniqueFd socket) {
  Rehearsal rehearsal = TRY(make_pair_of_buses());
  TRY(make_server(rehearsal.ours.get()));
  if (const int r = sd_bus_set_sender(rehearsal.ours.get(), own_name); r < 0) return unitparser::fail_errno(-r, "sd_bus_set_sender");
  return perform(std::move(rehearsal), socket);
}

Result<BusPtr> resume_bus(unitparser::UniqueFd socket, const std::string& unique_name) {
  Rehearsal rehearsal = TRY(make_pair_of_buses());
  TRY(make_server(rehearsal.other.get()));
  std::string name = unique_name;
  int r = sd_bus_set_bus_client(rehearsal.ours.get(), 1);
  if (r >= 0) r = sd_bus_add_filter(rehearsal.other.get(), nullptr, answer_hello, &name);
  if (r < 0) return unitparser::fail_errno(-r, "sd_bus_set_bus_client");
  return perform(std::move(rehearsal), socket);
}

}  // namespace init::bus
