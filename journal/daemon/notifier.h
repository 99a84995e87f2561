// Words to the service manager: sd_notify(3) without blocking, with descriptors for its store. [os: socket]
#pragma once

#include <string>
#include <string_view>

#include "unitparser/base/fd.h"

namespace journal {

class Notifier {
 public:
  /// Takes the socket's address from $NOTIFY_SOCKET; without it nothing is ever sent.
  Notifier();

  /// Sends one message, with a descriptor if `fd` is not -1. False when the manager is busy: try again later.
  /// COMPAT: never waits, since the manager itself may be waiting to log through us.
  [[nodiscard]] bool send(std::string_view message, int fd = -1);

 private:
  unitparser::UniqueFd socket_;
  std::string address_;
};

}  // namespace journal
