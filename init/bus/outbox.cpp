// Signals on their way to a connection, many to one system call. [os]
#include "init/bus/outbox.h"

#include <sys/socket.h>

#include <cerrno>

namespace init::bus {

void Outbox::add(Piece piece) {
  bytes_ += piece->size();
  pieces_.push_back(std::move(piece));
}

Outbox::Outcome Outbox::write_to(int socket) {
  while (!empty()) {
    const std::string& text = *pieces_.front();
    const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)) return Outcome::later;
    if (sent != static_cast<ssize_t>(text.size())) return Outcome::broken;
    bytes_ -= text.size();
    pieces_.pop_front();
  }
  return Outcome::all;
}

}  // namespace init::bus
