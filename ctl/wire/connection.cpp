// One D-Bus connection of a short-lived client: connect, authenticate, call with a deadline, take signals. [os: sockets]
#include "ctl/wire/connection.h"
#include "unitparser/base/clock.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace ctl::wire {
namespace {

std::uint64_t now_usec() { return unitparser::clock_usec(CLOCK_MONOTONIC); }

std::uint64_t deadline_after(Duration timeout) { return (Duration::from_usec(now_usec()) + timeout).usec(); }

/// SASL EXTERNAL with our uid as hexadecimal digits of its decimal text (D-Bus specification, "EXTERNAL").
std::string authentication() {
  std::string line("\0AUTH EXTERNAL ", 15);
  for (const char digit : std::to_string(geteuid())) {
    line += '3';
    line += digit;  // ASCII '0' is 0x30
  }
  return line + "\r\nBEGIN\r\n";
}

}  // namespace

tl::unexpected<CallError> call_errno(int os_errno) {
  return tl::unexpected<CallError>(CallError{{}, std::strerror(os_errno), os_errno});
}

Connection::Connection(unitparser::UniqueFd socket, PeerKind kind) : socket_(std::move(socket)), kind_(kind) {}

CallResult<Connection> Connection::open(const std::string& socket_path, PeerKind kind) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return call_errno(ENAMETOOLONG);
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path.size() + 1);
  if (socket_path.starts_with('@')) {
    address.sun_path[0] = '\0';
    --size;
  }
  unitparser::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return call_errno(errno);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) < 0) return call_errno(errno);
  Connection connection(std::move(socket), kind);
  if (auto written = connection.write_all(authentication()); !written) return tl::unexpected(std::move(written.error()));
  if (kind == PeerKind::bus) {
    const Call hello{"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", {}};
    connection.outgoing_ += encode(hello, ++connection.last_serial_);
  }
  return connection;
}

CallResult<bool> Connection::write_all(std::string_view bytes) {
  const auto deadline = deadline_after(default_call_timeout);
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return call_errno(errno);
    const auto now = now_usec();
    if (now >= deadline) return call_errno(ETIMEDOUT);
    pollfd p{socket_.get(), POLLOUT, 0};
    ::poll(&p, 1, static_cast<int>((deadline - now) / 1000 + 1));
  }
  return true;
}

CallResult<bool> Connection::fill(std::size_t wanted, std::uint64_t deadline_usec) {
  while (incoming_.size() - consumed_ < wanted) {
    if (consumed_ > (1U << 16)) {
      incoming_.erase(0, consumed_);
      consumed_ = 0;
    }
    const auto have = incoming_.size();
    const auto room = std::max<std::size_t>(wanted + consumed_ - have, 8192);
    incoming_.resize(have + room);
    const auto got = ::recv(socket_.get(), incoming_.data() + have, room, MSG_DONTWAIT);
    const int error = errno;
    incoming_.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got > 0) continue;
    if (got == 0) return call_errno(ECONNRESET);
    if (error == EINTR) continue;
    if (error != EAGAIN) return call_errno(error);
    int wait = -1;
    if (deadline_usec != Duration::infinity().usec()) {
      const auto now = now_usec();
      if (now >= deadline_usec) return call_errno(ETIMEDOUT);
      wait = static_cast<int>(std::min<std::uint64_t>((deadline_usec - now) / 1000 + 1, 1U << 30));
    }
    pollfd p{socket_.get(), POLLIN, 0};
    ::poll(&p, 1, wait);
  }
  return true;
}

CallResult<bool> Connection::finish_authentication(std::uint64_t deadline_usec) {
  constexpr std::size_t longest_line = 16384;
  for (std::size_t have = 1; !authenticated_; ++have) {
    if (const auto filled = fill(have, deadline_usec); !filled) return tl::unexpected(filled.error());
    const auto pending = std::string_view(incoming_).substr(consumed_);
    const auto end = pending.find("\r\n");
    if (end == std::string_view::npos) {
      if (pending.size() > longest_line) return call_errno(EPROTO);
      have = pending.size();
      continue;
    }
    if (!pending.starts_with("OK ")) return call_errno(EPERM);
    consumed_ += end + 2;
    authenticated_ = true;
  }
  return true;
}

CallResult<Message> Connection::receive(std::uint64_t deadline_usec) {
  if (const auto filled = fill(16, deadline_usec); !filled) return tl::unexpected(filled.error());
  const auto size = message_size(std::string_view(incoming_).substr(consumed_, 16));
  if (size == 0) return call_errno(EBADMSG);
  if (const auto filled = fill(size, deadline_usec); !filled) return tl::unexpected(filled.error());
  auto message = decode(std::string_view(incoming_).substr(consumed_, size));
  consumed_ += size;
  if (consumed_ == incoming_.size()) {
    incoming_.clear();
    consumed_ = 0;
  }
  if (message.type == MessageType::invalid) return call_errno(EBADMSG);
  return message;
}

CallResult<std::uint32_t> Connection::send(const Call& call) {
  // Not before the "OK": a server built on sd-bus leaves alone what came together with BEGIN until more comes.
  if (auto done = finish_authentication(deadline_after(default_call_timeout)); !done) return tl::unexpected(std::move(done.error()));
  const auto serial = ++last_serial_;
  outgoing_ += encode(call, serial);
  const auto bytes = std::exchange(outgoing_, {});
  if (const auto written = write_all(bytes); !written) return tl::unexpected(written.error());
  return serial;
}

CallResult<Message> Connection::reply(std::uint32_t serial, Duration timeout) {
  const auto deadline = deadline_after(timeout);
  for (;;) {
    Message message;
    const auto kept = std::find_if(replies_.begin(), replies_.end(),
                                   [serial](const Message& m) { return m.reply_serial == serial; });
    if (kept != replies_.end()) {
      message = std::move(*kept);
      replies_.erase(kept);
    } else {
      auto received = receive(deadline);
      if (!received) return tl::unexpected(std::move(received.error()));
      message = std::move(*received);
    }
    const bool is_reply = message.type == MessageType::method_return || message.type == MessageType::error;
    if (message.type == MessageType::signal) {
      signals_.push_back(std::move(message));
    } else if (is_reply && message.reply_serial != serial) {
      replies_.push_back(std::move(message));
    } else if (message.type == MessageType::error) {
      Reader reader(message);
      std::string text(message.signature.starts_with('s') ? reader.text() : std::string_view{});
      if (text.empty()) text = message.error_name;
      return tl::unexpected(CallError{std::move(message.error_name), std::move(text), 0});
    } else if (is_reply) {
      return message;
    }
  }
}

CallResult<Message> Connection::call(const Call& call, Duration timeout) {
  const auto serial = send(call);
  if (!serial) return tl::unexpected(serial.error());
  return reply(*serial, timeout);
}

CallResult<Message> Connection::next_signal(Duration timeout) {
  const auto deadline = deadline_after(timeout);
  for (;;) {
    if (!signals_.empty()) {
      auto message = std::move(signals_.front());
      signals_.pop_front();
      return message;
    }
    auto received = receive(deadline);
    if (!received) return received;
    if (received->type == MessageType::signal)
      signals_.push_back(std::move(*received));
    else
      replies_.push_back(std::move(*received));
  }
}

}  // namespace ctl::wire
