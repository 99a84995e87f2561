// PathWatches: inotify for path units (systemd.path(5)). [loop]
#pragma once

#include <unordered_map>

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "init/engine/effect.h"
#include "unitparser/base/fd.h"

namespace init {

/// Watches each path and every folder above it, so that its coming and going is seen, and posts event::PathChanged: for
/// PathChanged= and PathModified= when the path itself changed, for the others whenever it is worth looking again.
class PathWatches {
 public:
  PathWatches(Loop& loop, Post post) : loop_(loop), post_(std::move(post)) {}
  [[nodiscard]] unitparser::Result<void> watch(const effect::WatchPath& wanted);
  void unwatch(UnitId unit);

 private:
  struct Watch {
    WatchId id;
    unitparser::PathEntry path;
    unitparser::UniqueFd fd;
    Source source;
    int primary = -1;  ///< inotify's number of the path itself, -1 while it does not exist
  };
  unitparser::Result<void> arm(Watch& watch);
  void on_events(std::uint64_t key);

  Loop& loop_;
  Post post_;
  std::unordered_map<std::uint64_t, Watch> watches_;
};

}  // namespace init
