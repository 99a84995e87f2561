// Messages on their way to a connection, many to one system call. [os]
#include "init/bus/outbox.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "unitparser/base/fd_passing.h"

namespace init::bus {

void Outbox::add(Piece piece, unitparser::UniqueFd descriptor) {
  bytes_ += piece->size();
  entries_.emplace_back(Piecemeal{std::move(piece), std::move(descriptor)});
}

void Outbox::add_foreign(std::size_t bytes, std::function<void()> write) {
  bytes_ += bytes;
  entries_.emplace_back(Foreign{bytes, std::move(write)});
}

/// One call for as many pieces as may go together. A descriptor goes with the first byte of a call.
std::ptrdiff_t Outbox::send_to(int socket) const {
  std::array<iovec, 16> parts{};
  std::size_t count = 0, total = 0;
  int descriptor = -1;
  for (const auto& entry : entries_) {
    const auto* next = std::get_if<Piecemeal>(&entry);
    if (next == nullptr || count == parts.size()) break;
    const std::string& text = *next->piece;
    const std::size_t skipped = count == 0 ? sent_ : 0, size = text.size() - skipped;
    if (count > 0 && (next->descriptor || total + size > piece_size)) break;
    if (count == 0) descriptor = next->descriptor.get();
    parts[count++] = {const_cast<char*>(text.data()) + skipped, size};
    total += size;
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const unitparser::PassedFds passed(message, {&descriptor, descriptor >= 0 ? 1U : 0U});
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// Those bytes, of pieces, are written.
void Outbox::drop(std::size_t bytes) {
  bytes_ -= bytes;
  sent_ += bytes;
  while (!empty()) {
    auto* first = std::get_if<Piecemeal>(&entries_.front());
    if (first == nullptr || sent_ == 0) return;
    first->descriptor.reset();  // it went with the first byte
    if (sent_ < first->piece->size()) return;
    sent_ -= first->piece->size();
    entries_.pop_front();
  }
}

Outbox::Outcome Outbox::write_to(int socket) {
  while (!empty()) {
    if (auto* foreign = std::get_if<Foreign>(&entries_.front())) {
      const Foreign taken = std::move(*foreign);
      bytes_ -= taken.bytes;
      entries_.pop_front();
      taken.write();
      return Outcome::foreign;
    }
    const std::ptrdiff_t sent = send_to(socket);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)) return Outcome::later;
    if (sent < 0) return Outcome::broken;
    drop(static_cast<std::size_t>(sent));
  }
  return Outcome::all;
}

}  // namespace init::bus
