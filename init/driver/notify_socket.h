// NotifySocket: where services say READY=1 and the like (sd_notify(3)). [loop]
#pragma once

#include <string>

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "unitparser/base/fd.h"

namespace init {

/// Owns the datagram socket and posts event::Notify for each message with credentials. Bad ones are dropped, counted.
class NotifySocket {
 public:
  NotifySocket(Loop& loop, Post post) : loop_(loop), post_(std::move(post)) {}
  /// Binds `path` (an existing node is replaced) and listens.
  [[nodiscard]] unitparser::Result<void> start(const std::string& path);
  /// Goes on with a socket that an earlier image bound: what waits in it is not lost.
  [[nodiscard]] unitparser::Result<void> take_over(int fd);
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Messages that were refused since the start.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// Reads all that is waiting; what exited processes said is heard before their exits.
  void drain();

 private:
  unitparser::Result<void> listen();
  bool receive_one();
  Loop& loop_;
  Post post_;
  unitparser::UniqueFd fd_;
  Source source_;
  std::uint64_t refused_ = 0;
};

}  // namespace init
