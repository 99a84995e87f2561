// One image of the manager after another: what the bus leaves, and how the next image goes on with it. [bus]
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "init/bus/resumption.h"
#include "unitparser/base/text.h"

namespace init {

using namespace bus;

namespace {

bool is_sending(const Connection& connection) { return queued_for_sending(connection) > 0 || !connection.outbox.empty(); }

unitparser::UniqueFd take_descriptor(std::string_view word) { return unitparser::inherit_fd(unitparser::parse_signed(word).value_or(-1)); }

}  // namespace

bool BusServer::settled(SlowReaders slow) {
  State& s = *state_;
  s.read_beginnings();
  if (!s.waiting.empty() || !s.held_back.empty() || !s.calls.empty() || !s.announcements.empty()) return false;
  return std::all_of(s.connections.begin(), s.connections.end(), [&](const auto& entry) {
    const Connection& connection = *entry.second;
    const bool lags = connection.is_private && is_sending(connection);
    return s.can_be_handed(connection) || (lags && slow == SlowReaders::left_behind);
  });
}

bool BusServer::State::can_be_handed(const Connection& connection) const {
  const bool is_ready = sd_bus_is_ready(connection.bus.get()) > 0 && (connection.is_private || (api_ready && calls.empty() && held_back.empty()));
  if (!is_ready || !connection.begun || connection.closing || is_sending(connection)) return false;
  return std::none_of(waiting.begin(), waiting.end(), [&connection](const auto& entry) { return entry.second.connection == connection.number; });
}

std::vector<const Connection*> BusServer::State::handed_connections() const {
  std::vector<const Connection*> handed_on;
  for (const auto& [number, connection] : connections)
    if (can_be_handed(*connection) && (connection->is_private || !unique_name().empty())) handed_on.push_back(connection.get());
  return handed_on;
}

std::string BusServer::State::unique_name() const {
  const char* name = nullptr;
  return api != nullptr && sd_bus_get_unique_name(api->bus.get(), &name) >= 0 ? name : "";
}

void BusServer::leave() {
  State& s = *state_;
  s.send_out();
  // The next image asks for its own matches; these would stay with the bus for ever.
  for (auto& [name, watched] : s.names) watched.match.reset();
  s.tracked.clear();
  const auto lost = std::count_if(s.connections.begin(), s.connections.end(), [&s](const auto& entry) { return !s.can_be_handed(*entry.second); });
  if (lost > 0) s.log(4, std::to_string(lost) + " of " + std::to_string(s.connections.size()) + " connections are in the middle of something and are closed.");
  s.leaving = true;
}

void BusServer::stay() {
  state_->leaving = false;
  if (state_->api != nullptr) state_->follow_all();
}

std::vector<std::string> BusServer::hand_over() const {
  const State& s = *state_;
  std::vector<std::string> lines;
  if (s.listener) lines.push_back("listener " + std::to_string(sd_event_source_get_io_fd(s.listener.get())));
  for (const std::string& name : s.subscribers) lines.push_back("subscriber " + name);
  for (const JobId job : s.jobs_of_bus) lines.push_back("job " + std::to_string(static_cast<std::uint32_t>(job)));
  for (const auto& [unit, given] : s.standard_fds) {
    std::string line = "standard-fds " + unit;
    for (const auto& fd : given.streams) line += " " + std::to_string(fd.get());
    lines.push_back(std::move(line));
  }
  if (!s.leaving) return lines;
  for (const Connection* connection : s.handed_connections()) {
    std::string line = (connection->is_private ? "client " : "bus ") + std::to_string(sd_bus_get_fd(connection->bus.get()));
    if (!connection->is_private) line += " " + s.unique_name();
    else if (connection->subscribed) line += " subscribed";
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<int> BusServer::descriptors() const {
  const State& s = *state_;
  std::vector<int> numbers;
  if (s.listener) numbers.push_back(sd_event_source_get_io_fd(s.listener.get()));
  for (const auto& [unit, given] : s.standard_fds)
    for (const auto& fd : given.streams)
      if (fd) numbers.push_back(fd.get());
  if (!s.leaving) return numbers;
  for (const Connection* connection : s.handed_connections()) numbers.push_back(sd_bus_get_fd(connection->bus.get()));
  return numbers;
}

void BusServer::take_over(std::string_view line) {
  State& s = *state_;
  const auto words = unitparser::split_whitespace(line);
  if (words.size() < 2) return;
  if (words[0] == "listener") {
    s.handed.listener = take_descriptor(words[1]);
  } else if (words[0] == "subscriber") {
    s.subscribers.emplace_back(words[1]);
  } else if (words[0] == "job") {
    if (const auto job = unitparser::parse_unsigned(words[1], UINT32_MAX)) s.jobs_of_bus.insert(JobId{static_cast<std::uint32_t>(*job)});
  } else if (words[0] == "standard-fds" && words.size() == 5) {
    auto& streams = s.standard_fds[std::string(words[1])].streams;
    for (std::size_t i = 0; i < streams.size(); ++i) streams[i] = take_descriptor(words[i + 2]);
  } else if (words[0] == "client") {
    s.handed.connections.push_back({take_descriptor(words[1]), {}, words.size() > 2});
  } else if (words[0] == "bus" && words.size() == 3) {
    s.handed.connections.push_back({take_descriptor(words[1]), std::string(words[2]), false});
  }
}

void BusServer::State::resume_all() {
  for (HandedConnection& connection : std::exchange(handed.connections, {})) resume(std::move(connection));
}

void BusServer::State::resume(HandedConnection connection) {
  if (!connection.socket) return;
  const bool is_private = connection.unique_name.empty();
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection.socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
  auto bus = is_private ? resume_private_client(std::move(connection.socket)) : resume_bus(std::move(connection.socket), connection.unique_name);
  if (!bus) return log(4, "A connection could not be gone on with: " + bus.error().message);
  Connection* adopted = adopt(std::move(*bus), is_private);
  if (adopted == nullptr) return;
  adopted->uid = peer.uid;
  adopted->pid = peer.pid;
  adopted->subscribed = connection.subscribed;
  adopted->begun = true;
  if (is_private) return;
  api = adopted;
  api_ready = true;
  follow_all();
}

}  // namespace init
