#include "journal/daemon/notifier.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "unitparser/base/fd_passing.h"

namespace journal {

Notifier::Notifier() {
  const char* address = std::getenv("NOTIFY_SOCKET");
  if (address == nullptr || (address[0] != '/' && address[0] != '@')) return;
  address_ = address;
  if (address_.size() >= sizeof(sockaddr_un::sun_path)) address_.clear();
  else socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

bool Notifier::send(std::string_view message, int fd) {
  if (!socket_) return true;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_[0] == '@') address.sun_path[0] = '\0';
  iovec part{const_cast<char*>(message.data()), message.size()};
  msghdr header = {};
  header.msg_name = &address;
  header.msg_namelen =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() + (address_[0] == '/' ? 1 : 0));
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  const unitparser::PassedFds passed(header, {&fd, fd >= 0 ? 1U : 0U});
  return ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL) >= 0 || errno != EAGAIN;
}

}  // namespace journal
