// Watching with epoll(7), which reports hang-ups and errors without being asked for them. [loop]
#include "init/driver/stored_fds.h"

namespace init {

void StoredFds::watch(const effect::WatchStoredFd& wanted) {
  auto source = loop_.on_ready(wanted.fd, 0, Priority::traffic, [this, wanted](std::uint32_t) {
    post_(event::StoredFdClosed{wanted.unit, wanted.fd});
    forget(wanted.fd);
  });
  if (source) sources_.insert_or_assign(wanted.fd, std::move(*source));
}

}  // namespace init
