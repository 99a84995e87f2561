// StoredFds: notices when the other end of a descriptor in a service's store is gone (FDPOLL= of sd_notify(3)). [loop]
#pragma once

#include <map>

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "init/engine/effect.h"

namespace init {

/// Watches descriptors that the engine owns, until they are forgotten.
class StoredFds {
 public:
  StoredFds(Loop& loop, Post post) : loop_(loop), post_(std::move(post)) {}
  /// Posts event::StoredFdClosed once, on a hang-up or an error. What cannot be polled, a file, stays as it is.
  void watch(const effect::WatchStoredFd& wanted);
  /// Before it is closed; nothing happens for a descriptor that is not watched.
  void forget(int fd) { sources_.erase(fd); }

 private:
  Loop& loop_;
  Post post_;
  std::map<int, Source> sources_;
};

}  // namespace init
