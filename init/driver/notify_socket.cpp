// Receiving notifications with their sender and descriptors. [loop]
#include "init/driver/notify_socket.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "init/notify/message.h"
#include "unitparser/base/fd_passing.h"

namespace init {
namespace {

/// As many descriptors as a message may carry for the file descriptor store.
constexpr std::size_t fds_max = 768;
/// Messages read before others get a turn.
constexpr int burst_max = 256;

}  // namespace

unitparser::Result<void> NotifySocket::start(const std::string& path) {
  fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd_) return unitparser::fail_errno(errno, "cannot create the notify socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return unitparser::fail(unitparser::ErrorCode::too_big, "path of the notify socket is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int receive_buffer = 8 * 1024 * 1024;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
  const int on = 1;
  if (::setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return unitparser::fail_errno(errno, "cannot ask for credentials on the notify socket");
  ::unlink(path.c_str());
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return unitparser::fail_errno(errno, "cannot bind " + path);
  return listen();
}

unitparser::Result<void> NotifySocket::take_over(int fd) {
  fd_ = unitparser::inherit_fd(fd);
  return listen();
}

unitparser::Result<void> NotifySocket::listen() {
  source_ = TRY(loop_.on_ready(fd_.get(), EPOLLIN, Priority::notify, [this](std::uint32_t) { drain(); }));
  return {};
}

void NotifySocket::drain() {
  for (int i = 0; i < burst_max && receive_one(); ++i) {
  }
}

bool NotifySocket::receive_one() {
  std::array<char, notify_message_max + 1> buffer{};
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int) * fds_max)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
  if (got < 0) return errno == EINTR;

  std::vector<unitparser::UniqueFd> received = unitparser::take_fds(message);
  std::optional<ucred> sender;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS && header->cmsg_len == CMSG_LEN(sizeof(ucred))) {
      ucred credentials{};
      std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
      sender = credentials;
    }
  }
  const bool cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  if (cut || !sender || sender->pid <= 0 || got == 0) {
    ++refused_;
    return true;
  }
  auto fields = parse_notify_message(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  if (fields.empty()) {
    ++refused_;
    return true;
  }
  std::vector<int> fds;
  for (unitparser::UniqueFd& fd : received) fds.push_back(fd.release());
  post_(event::Notify{sender->pid, sender->uid, std::move(fields), std::move(fds)});
  return true;
}

}  // namespace init
