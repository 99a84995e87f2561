// BusServer: listening, connecting, and what the engine's effects mean to clients. [bus]
#include "init/bus/bus_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/bus/server_state.h"

namespace init {

using namespace bus;

namespace {

constexpr std::size_t most_private_clients = 512;
constexpr unsigned most_with_handshake = 4096;  // messages: sd-bus reads 64 KiB of it at most, a message has 16 bytes at least
constexpr std::uint64_t retry_usec = 1'000'000;

/// Runs a body inside a C callback: nothing may be thrown into C.
template <class Body>
int guarded(Body body) noexcept {
  try {
    return body();
  } catch (...) {
    return -ENOMEM;
  }
}

Result<unitparser::UniqueFd> bind_private(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(ErrorCode::invalid_argument, "The path of the private socket is too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  unitparser::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return unitparser::fail_errno(errno, "socket");
  ::unlink(path.c_str());
  const auto old_mask = ::umask(0077);  // for root alone
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int why = errno;
  ::umask(old_mask);
  if (bound < 0) return unitparser::fail_errno(why, path);
  if (::listen(fd.get(), SOMAXCONN) < 0) return unitparser::fail_errno(errno, path);
  return fd;
}

}  // namespace

BusServer::BusServer(BusParts parts) : state_(std::make_unique<State>(std::move(parts))) {
  for (std::size_t i = 0; i < unitparser::unit_type_count; ++i) {
    const auto type = static_cast<UnitType>(i);
    const auto schema = type_schema(type);
    std::vector<UnitInterface> both;
    both.emplace_back(type_interface(type), type, std::vector<std::span<const Member>>(schema.parts.begin(), schema.parts.begin() + static_cast<std::ptrdiff_t>(schema.count)));
    both.emplace_back("org.freedesktop.systemd1.Unit", type, std::vector<std::span<const Member>>{unit_schema()});
    state_->unit_interfaces.push_back(std::move(both));
  }
}

BusServer::~BusServer() = default;

Result<bool> BusServer::start(sd_event* loop, BusOptions options) {
  state_->loop = loop;
  state_->options = std::move(options);
  unitparser::UniqueFd listener = std::move(state_->handed.listener);
  if (!listener) listener = TRY(bind_private(state_->options.private_socket));
  (void)TRY(state_->listen(std::move(listener)));
  const auto add_defer = [this, loop](SourcePtr& place, sd_event_handler_t handler) {
    sd_event_source* source = nullptr;
    if (sd_event_add_defer(loop, &source, handler, state_.get()) < 0) return;
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    place.reset(source);
  };
  add_defer(state_->releaser, [](sd_event_source*, void* userdata) {
    return guarded([&] {
      static_cast<State*>(userdata)->release_one();
      return 0;
    });
  });
  sd_event_source* source = nullptr;
  if (sd_event_add_post(loop, &source, [](sd_event_source*, void* userdata) {
        return guarded([&] {
          static_cast<State*>(userdata)->read_beginnings();
          return 0;
        });
      }, state_.get()) >= 0)
    state_->beginner.reset(source);
  state_->outgoing.failed_units = state_->parts.engine.failed_units();
  state_->resume_all();
  state_->consider_bus();
  return true;
}

Result<bool> BusServer::State::listen(unitparser::UniqueFd socket) {
  sd_event_source* source = nullptr;
  const int r = sd_event_add_io(loop, &source, socket.get(), EPOLLIN, [](sd_event_source*, int listening, std::uint32_t, void* userdata) {
    return guarded([&] {
      static_cast<State*>(userdata)->accept_client(listening);
      return 0;
    });
  }, this);
  if (r < 0) return unitparser::fail_errno(-r, "watching the private socket");
  (void)socket.release();
  sd_event_source_set_io_fd_own(source, 1);
  listener.reset(source);
  return true;
}

void BusServer::State::accept_client(int listening) {
  const int fd = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  if (!known || (peer.uid != 0 && peer.uid != ::geteuid()) || connections.size() >= most_private_clients) {
    ::close(fd);
    return;
  }
  sd_bus* raw = nullptr;
  if (sd_bus_new(&raw) < 0) {
    ::close(fd);
    return;
  }
  BusPtr bus(raw);
  sd_id128_t id{};
  sd_id128_randomize(&id);
  if (sd_bus_set_fd(raw, fd, fd) < 0) {
    ::close(fd);
    return;
  }
  if (sd_bus_set_server(raw, 1, id) < 0 || sd_bus_set_sender(raw, own_name) < 0 || sd_bus_negotiate_fds(raw, 1) < 0) return;
  auto* connection = adopt(std::move(bus), true);
  if (connection == nullptr) return;
  connection->uid = peer.uid;
  connection->pid = peer.pid;
}

Connection* BusServer::State::adopt(BusPtr bus, bool is_private) {
  auto connection = std::make_unique<Connection>();
  connection->server = this;
  connection->is_private = is_private;
  connection->number = ++last_number;
  sd_bus_slot* slot = nullptr;
  if (sd_bus_add_filter(bus.get(), &slot, &State::on_message, connection.get()) < 0) return nullptr;
  connection->filter.reset(slot);
  if (sd_bus_is_open(bus.get()) <= 0 && sd_bus_start(bus.get()) < 0) return nullptr;
  if (sd_bus_attach_event(bus.get(), loop, SD_EVENT_PRIORITY_NORMAL) < 0) return nullptr;
  connection->bus = std::move(bus);
  if (beginner) sd_event_source_set_enabled(beginner.get(), SD_EVENT_ON);
  auto* adopted = connection.get();
  connections.emplace(adopted->number, std::move(connection));
  return adopted;
}

void BusServer::State::read_beginnings() {
  std::vector<Connection*> beginning;
  for (const auto& [number, connection] : connections)
    if (!connection->begun && !connection->closing && sd_bus_is_ready(connection->bus.get()) > 0) beginning.push_back(connection.get());
  for (Connection* connection : beginning) {
    int processed = 1;  // connections are only dropped between rounds of the loop, not by what is read here
    for (unsigned messages = 0; processed > 0 && messages < most_with_handshake && !connection->closing && !connection->paused; ++messages)
      processed = sd_bus_process(connection->bus.get(), nullptr);
    connection->begun = processed >= 0;
    write_out(*connection);
  }
  const bool is_over = std::all_of(connections.begin(), connections.end(), [](const auto& entry) { return entry.second->begun; });
  if (is_over && beginner) sd_event_source_set_enabled(beginner.get(), SD_EVENT_OFF);
}

int BusServer::State::on_message(sd_bus_message* message, void* userdata, sd_bus_error*) {
  return guarded([&]() -> int {
    auto* connection = static_cast<Connection*>(userdata);
    auto* self = static_cast<State*>(connection->server);
    if (sd_bus_message_is_signal(message, "org.freedesktop.DBus.Local", "Disconnected") > 0) {
      connection->closing = true;
      return 1;
    }
    if (sd_bus_message_is_signal(message, "org.freedesktop.systemd1.Activator", "ActivationRequest") > 0 && !connection->is_private) {
      const char* unit = nullptr;
      if (sd_bus_message_read_basic(message, 's', &unit) > 0) self->on_activation(unit);
      return 1;
    }
    return self->hold_back(*connection, message) ? 1 : self->handle(*connection, message, false);
  });
}

void BusServer::State::drop_closing() {
  for (auto i = connections.begin(); i != connections.end();) {
    if (!i->second->closing) {
      ++i;
      continue;
    }
    if (i->second.get() == api) {
      log(4, "The connection to the bus was lost.");
      api = nullptr;
      api_ready = false;
      calls.clear();
      for (const auto& [client, slot] : std::exchange(tracked, {})) on_client_gone(client);
      subscribers.clear();
      jobs_of_bus.clear();
      credentials.clear();
      held_back.clear();
      held_back_messages = 0;
      for (auto& [name, watched] : names) {
        watched.match.reset();
        watched.owner.reset();  // asked for anew, on the next connection
      }
    }
    const auto gone = i->first;
    std::erase_if(waiting, [gone](const auto& entry) { return entry.second.connection == gone; });
    i = connections.erase(i);
  }
  consider_bus();
}

void BusServer::State::consider_bus() {
  if (api != nullptr || loop == nullptr || retry) return;
  const Unit* daemon = parts.engine.find("dbus.service");
  if (options.bus_is_there || (daemon != nullptr && daemon->active_state() == ActiveState::active)) connect_bus();
}

void BusServer::State::connect_bus() {
  sd_bus* raw = nullptr;
  if (sd_bus_new(&raw) < 0) return;
  BusPtr bus(raw);
  int r = sd_bus_set_address(raw, options.bus_address.c_str());
  if (r >= 0) r = sd_bus_set_bus_client(raw, 1);
  if (r >= 0) r = sd_bus_negotiate_fds(raw, 1);
  auto* connection = r < 0 ? nullptr : adopt(std::move(bus), false);
  if (connection == nullptr) {
    sd_event_source* source = nullptr;
    if (sd_event_add_time_relative(loop, &source, CLOCK_MONOTONIC, retry_usec, retry_usec, [](sd_event_source*, std::uint64_t, void* userdata) {
          return guarded([&] {
            auto* self = static_cast<State*>(userdata);
            self->retry.reset();
            self->consider_bus();
            return 0;
          });
        }, this) >= 0)
      retry.reset(source);
    return;
  }
  api = connection;
  sd_bus_slot* slot = nullptr;
  const auto got_name = [](sd_bus_message* reply, void* userdata, sd_bus_error*) {
    return guarded([&] {
      auto* self = static_cast<State*>(userdata);
      self->api_ready = sd_bus_message_is_method_error(reply, nullptr) == 0;
      if (!self->api_ready) self->log(4, "Failed to acquire the name org.freedesktop.systemd1 on the bus.");
      return 0;
    });
  };
  if (sd_bus_request_name_async(connection->bus.get(), &slot, own_name, SD_BUS_NAME_REPLACE_EXISTING | SD_BUS_NAME_ALLOW_REPLACEMENT, got_name, this) >= 0)
    connection->name_slot.reset(slot);
  follow_all();
}

void BusServer::State::on_reply(const effect::Reply& reply) {
  const auto found = waiting.find(reply.request);
  if (found == waiting.end()) return;
  auto entry = std::move(found->second);
  waiting.erase(found);
  if (!entry.activation.empty()) {
    if (reply.result || api == nullptr) return;
    const auto failure = failure_of(reply.result.error());
    sd_bus_message* raw = nullptr;
    if (sd_bus_message_new_signal(api->bus.get(), &raw, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Activator", "ActivationFailure") < 0) return;
    const MessagePtr signal(raw);
    if (sd_bus_message_append(raw, "sss", entry.activation.c_str(), failure.name.c_str(), failure.text.c_str()) >= 0)
      sd_bus_send_to(api->bus.get(), raw, "org.freedesktop.DBus", nullptr);
    return;
  }
  const auto connection = connections.find(entry.connection);
  if (connection == connections.end() || connection->second->closing) return;
  if (entry.retry) {
    sd_bus_message_rewind(entry.message.get(), 1);
    handle(*connection->second, entry.message.get(), true);
    return;
  }
  if (!reply.result) {
    drop_standard_fds(reply.request);
    return refuse(entry.message.get(), failure_of(reply.result.error()));
  }
  const auto& body = *reply.result;
  // COMPAT: who asked for a job hears of it before the answer, as of the number of failed units.
  if (body.job != JobId::none || !body.affected.empty() || outgoing.failed_units != parts.engine.failed_units()) flush(Telling::events);
  if (body.job != JobId::none && !connection->second->is_private) jobs_of_bus.insert(body.job);
  const Unit* unit = parts.engine.find(body.unit);
  const std::string unit_name = unit == nullptr ? "" : unit->name.text();
  const Value path = unitparser::ObjectPath{job_path(body.job)};
  switch (entry.shape) {
    case ReplyShape::nothing: return finish(entry.message.get(), Answer{});
    case ReplyShape::job_paths: {
      unitparser::ArrayValue jobs{"o", {}};
      for (const auto id : body.affected) jobs.elements.emplace_back(unitparser::ObjectPath{job_path(id)});
      return finish(entry.message.get(), Answer{std::move(jobs)});
    }
    case ReplyShape::job_path: return finish(entry.message.get(), Answer{path});
    case ReplyShape::unit_path: return finish(entry.message.get(), Answer{unitparser::ObjectPath{unit_path(unit_name)}});
    case ReplyShape::enqueued_job: break;
  }
  const Job* job = parts.engine.find_job(body.job);
  unitparser::ArrayValue affected{"(uosos)", {}};
  for (const auto id : body.affected) {
    const Job* other = parts.engine.find_job(id);
    const Unit* of = other == nullptr ? nullptr : parts.engine.find(other->unit);
    if (of != nullptr)
      affected.elements.push_back(unitparser::struct_of(static_cast<std::uint32_t>(id), unitparser::ObjectPath{job_path(id)}, of->name.text(),
                                                        unitparser::ObjectPath{unit_path(of->name.text())}, std::string(unitparser::to_name(other->type))));
  }
  finish(entry.message.get(), Answer{static_cast<std::uint32_t>(body.job), path, unit_name, unitparser::ObjectPath{unit_path(unit_name)},
                               std::string(job == nullptr ? "" : unitparser::to_name(job->type)), std::move(affected)});
}

void BusServer::on_effect(const Effect& effect) {
  auto& s = *state_;
  using Kind = Announcement::Kind;
  if (const auto* reply = std::get_if<effect::Reply>(&effect)) {
    s.on_reply(*reply);
  } else if (const auto* changed = std::get_if<effect::UnitChanged>(&effect)) {
    s.release_standard_fds(changed->unit);
    s.announce_change(changed->unit);
  } else if (const auto* added = std::get_if<effect::UnitNew>(&effect)) {
    if (const Unit* unit = s.parts.engine.find(added->unit)) s.announce({Kind::unit_new, added->unit, unit->name.text(), 0, {}, false});
  } else if (const auto* removed = std::get_if<effect::UnitRemoved>(&effect)) {
    s.forget_standard_fds(removed->name.text());
    s.announce({Kind::unit_removed, removed->unit, removed->name.text(), 0, {}, false});
  } else if (const auto* job = std::get_if<effect::JobNew>(&effect)) {
    s.announce({Kind::job_new, UnitId::none, job->unit.text(), static_cast<std::uint32_t>(job->job), {}, false});
  } else if (const auto* moved = std::get_if<effect::JobChanged>(&effect)) {
    s.announce({Kind::job_changed, UnitId::none, {}, static_cast<std::uint32_t>(moved->job), {}, false});
  } else if (const auto* ended = std::get_if<effect::JobRemoved>(&effect)) {
    s.announce({Kind::job_removed, ended->unit_id, ended->unit.text(), static_cast<std::uint32_t>(ended->job), unitparser::to_name(ended->result), false});
  } else if (const auto* watch = std::get_if<effect::WatchBusName>(&effect)) {
    s.watch_name(watch->name);
  } else if (const auto* unwatch = std::get_if<effect::UnwatchBusName>(&effect)) {
    s.forget_name(unwatch->name);
  } else if (const auto* stop = std::get_if<effect::RequestScopeStop>(&effect)) {
    const Unit* unit = s.parts.engine.find(stop->unit);
    if (unit != nullptr && s.api != nullptr)
      if (sd_bus_message* raw = nullptr; sd_bus_message_new_signal(s.api->bus.get(), &raw, unit_path(unit->name.text()).c_str(),
                                                                   "org.freedesktop.systemd1.Scope", "RequestStop") >= 0) {
        const MessagePtr signal(raw);
        sd_bus_send_to(s.api->bus.get(), raw, stop->controller.c_str(), nullptr);
      }
  }
}

void BusServer::end_round() { state_->end_round(); }
void BusServer::send_out() { state_->send_out(); }

void BusServer::on_reloading(bool active) {
  if (!active) state_->flush(Telling::everything);  // what it changed comes before its end
  state_->announce({Announcement::Kind::reloading, UnitId::none, {}, 0, {}, active});
  if (!active) state_->flush(Telling::events);  // the answers to those who asked for it come after it
}
void BusServer::on_startup_finished(const StartupTimes& times) {
  state_->startup = times;
  state_->announce({Announcement::Kind::startup, UnitId::none, {}, 0, {}, false});
}
void BusServer::on_unit_files_changed() { state_->announce({Announcement::Kind::files, UnitId::none, {}, 0, {}, false}); }

void BusServer::reconnect() {
  if (state_->api != nullptr) state_->api->closing = true;
}

void BusServer::State::release_standard_fds(UnitId id) {
  const Unit* unit = standard_fds.empty() ? nullptr : parts.engine.find(id);
  if (unit != nullptr && unit->job == JobId::none && is_inactive_or_failed(unit->active_state())) standard_fds.erase(unit->name.text());
}

std::array<int, 3> BusServer::standard_fds(UnitId id) const {
  const Unit* unit = state_->parts.engine.find(id);
  const auto found = unit == nullptr ? state_->standard_fds.end() : state_->standard_fds.find(unit->name.text());
  if (found == state_->standard_fds.end()) return {-1, -1, -1};
  const auto& streams = found->second.streams;
  return {streams[0].get(), streams[1].get(), streams[2].get()};
}

void BusServer::State::drop_standard_fds(RequestId request) {
  std::erase_if(standard_fds, [request](const auto& entry) { return entry.second.request == request; });
}

void BusServer::State::forget_standard_fds(const std::string& unit) {
  const auto found = standard_fds.find(unit);
  // Given for a unit that is yet to be made, they outlive the one of that name which goes now.
  if (found != standard_fds.end() && !waiting.contains(found->second.request)) standard_fds.erase(found);
}

bool BusServer::bus_name_owned(const std::string& name) const {
  const auto found = state_->names.find(name);
  return found != state_->names.end() && !found->second.owner.value_or("").empty();
}

void BusServer::State::on_activation(const std::string& unit) {
  if (waiting.size() >= most_waiting) return;
  const RequestId id{++last_number};
  Waiting entry;
  entry.activation = unit;
  waiting.emplace(id, std::move(entry));
  event::RequestJob job;
  job.request = id;
  job.unit = unit;
  job.cause = Cause::of(CauseKind::bus_name, UnitId::none, unit);
  parts.post(std::move(job));
}

}  // namespace init
