// Reloads: daemon-reload without stopping to serve – generators run in a child, then all units are read again. [loop]
#pragma once

#include <deque>

#include "init/boot/generators.h"
#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "unitparser/base/fd.h"
#include "unitparser/load/unit_files.h"

namespace init {

/// Serves one reload after the other; requests that come while one runs share the next one.
class Reloads {
 public:
  struct Parts {
    Loop& loop;
    Post post;
    unitparser::UnitFiles& files;
    std::function<void()> reload_config;            ///< re-reads system.conf
    std::function<void(bool active)> announce;      ///< the Reloading signal
    std::function<void(const std::string&)> warn;
    GeneratorFolders generators;
    std::function<std::vector<std::string>()> environment;  ///< of the generators
  };
  explicit Reloads(Parts parts) : parts_(std::move(parts)) {}

  /// Asks for a reload; `request` is answered by the engine when it is done.
  void request(RequestId request);
  /// A reload is under way.
  [[nodiscard]] bool active() const { return active_; }

 private:
  void begin();
  void finish();
  Parts parts_;
  std::vector<RequestId> waiting_;  ///< for the run that has not begun
  std::vector<RequestId> running_;  ///< of the run under way
  bool active_ = false;
  unitparser::UniqueFd child_;
  Source source_;
};

}  // namespace init
