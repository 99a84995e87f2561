// SocketTraffic: watches the descriptors of socket units and accepts their connections. [loop]
#pragma once

#include <map>
#include <string>

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "init/engine/effect.h"

namespace init {

/// Where a connection comes from, in the words that an instance of an Accept=yes service is named by.
struct ConnectionName {
  std::string instance;   ///< "127.0.0.1:80-127.0.0.1:4711", "4711-1000" (pid-uid) for local sockets
  std::string peer;       ///< "127.0.0.1:4711"
  std::string peer_host;  ///< "127.0.0.1"; the uid for local sockets
};
/// Names a connected socket; error when it is gone already.
[[nodiscard]] unitparser::Result<ConnectionName> name_connection(int fd);

/// Posts event::SocketReady. Descriptors stay the engine's.
class SocketTraffic {
 public:
  SocketTraffic(Loop& loop, Post post) : loop_(loop), post_(std::move(post)) {}
  void watch(const effect::WatchSockets& wanted);
  void unwatch(UnitId unit) { sources_.erase(unit); }

 private:
  void on_ready(UnitId unit, int fd, bool accept, std::uint32_t revents);
  void accept_all(UnitId unit, int fd);
  Loop& loop_;
  Post post_;
  std::map<UnitId, std::vector<Source>> sources_;
};

}  // namespace init
