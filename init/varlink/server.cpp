// Connections, their buffers and their limits. [loop]
#include "init/varlink/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "unitparser/base/text.h"

namespace init::varlink {
namespace {

constexpr std::size_t message_max = 64 * 1024;
constexpr std::size_t unread_max = 1024 * 1024;
constexpr std::size_t clients_max = 512;
constexpr std::size_t clients_of_one_user_max = 64;

unitparser::Result<unitparser::UniqueFd> bind_for_all(const std::string& path) {
  unitparser::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return unitparser::fail_errno(errno, "cannot make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return unitparser::fail_errno(ENAMETOOLONG, path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());
  const mode_t mask = ::umask(0111);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int why = errno;
  ::umask(mask);
  if (bound != 0) return unitparser::fail_errno(why, "cannot bind " + path);
  if (::listen(fd.get(), SOMAXCONN) != 0) return unitparser::fail_errno(errno, "cannot listen on " + path);
  return fd;
}

}  // namespace

unitparser::Result<void> Server::listen(const std::string& path) {
  Listener made{path, {}, {}};
  if (auto handed = handed_.extract(path)) made.fd = std::move(handed.mapped());
  else made.fd = TRY(bind_for_all(path));
  made.source = TRY(loop_.on_ready(made.fd.get(), EPOLLIN, Priority::bus, [this, raw = made.fd.get()](std::uint32_t) { accept(raw); }));
  listeners_.push_back(std::move(made));
  return {};
}

void Server::accept(int listener) {
  adopt(unitparser::UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)));
}

void Server::adopt(unitparser::UniqueFd socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (!socket || ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return;
  const auto of_user = std::count_if(clients_.begin(), clients_.end(), [&](const auto& item) { return item.second.peer.uid == credentials.uid; });
  if (clients_.size() >= clients_max || (credentials.uid != 0 && static_cast<std::size_t>(of_user) >= clients_of_one_user_max)) return;
  const std::uint64_t connection = ++last_connection_;
  Client& client = clients_[connection];
  client.fd = std::move(socket);
  client.peer = {connection, credentials.pid, credentials.uid};
  watch(client);
}

std::vector<std::string> Server::hand_over(std::uint64_t subscriber) const {
  std::vector<std::string> lines;
  for (const Listener& listener : listeners_) lines.push_back("listener " + std::to_string(listener.fd.get()) + " " + listener.path);
  for (const auto& [number, client] : clients_)
    if (client.is_idle() && number != subscriber) lines.push_back("client " + std::to_string(client.fd.get()));
  return lines;
}

std::vector<int> Server::descriptors(std::uint64_t subscriber) const {
  std::vector<int> numbers;
  for (const Listener& listener : listeners_) numbers.push_back(listener.fd.get());
  for (const auto& [number, client] : clients_)
    if (client.is_idle() && number != subscriber) numbers.push_back(client.fd.get());
  return numbers;
}

void Server::take_over(std::string_view line) {
  const auto words = unitparser::split_whitespace(line);
  if (words.size() < 2) return;
  unitparser::UniqueFd fd = unitparser::inherit_fd(unitparser::parse_signed(words[1]).value_or(-1));
  if (words[0] == "listener" && words.size() == 3 && fd) handed_[std::string(words[2])] = std::move(fd);
  if (words[0] == "client") adopt(std::move(fd));
}

void Server::watch(Client& client) {
  client.waits_for_room = !client.out.empty();
  const std::uint32_t events = EPOLLIN | (client.waits_for_room ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  client.source.reset();
  auto source = loop_.on_ready(client.fd.get(), events, Priority::bus,
                               [this, connection = client.peer.connection](std::uint32_t ready) { on_ready(connection, ready); });
  if (source) client.source = std::move(*source);
}

void Server::on_ready(std::uint64_t connection, std::uint32_t events) {
  const auto at = clients_.find(connection);
  if (at == clients_.end()) return;
  Client& client = at->second;
  bool alive = true;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) alive = read(client);
  if (alive) alive = flush(client);
  if (!alive) clients_.erase(at);
  else if (client.waits_for_room == client.out.empty()) watch(client);
}

bool Server::read(Client& client) {
  std::array<char, 8192> buffer{};
  const ssize_t got = ::recv(client.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  client.in.append(buffer.data(), static_cast<std::size_t>(got));
  return take_messages(client);
}

bool Server::take_messages(Client& client) {
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = client.in.find('\0', begin)) != std::string::npos; begin = end + 1) {
    const auto call = parse_call(std::string_view(client.in).substr(begin, end - begin));
    if (!call) return false;
    const Answer answer = handle_(client.peer, *call);
    if (!call->oneway) client.out += format_answer(answer);
    if (client.out.size() > unread_max) return false;
  }
  client.in.erase(0, begin);
  return client.in.size() <= message_max;
}

bool Server::flush(Client& client) {
  while (!client.out.empty()) {
    const ssize_t sent = ::send(client.fd.get(), client.out.data(), client.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    client.out.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

bool Server::send(std::uint64_t connection, const Json& reply) {
  const auto at = clients_.find(connection);
  if (at == clients_.end()) return false;
  Answer answer;
  answer.replies.push_back(reply);
  answer.keeps_open = true;
  at->second.out += format_answer(answer);
  if (at->second.out.size() > unread_max || !flush(at->second)) {
    clients_.erase(at);
    return false;
  }
  if (at->second.waits_for_room == at->second.out.empty()) watch(at->second);
  return true;
}

}  // namespace init::varlink
