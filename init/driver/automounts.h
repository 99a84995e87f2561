// Automounts: the kernel side of automount units (systemd.automount(5), autofs protocol 5). [loop]
#pragma once

#include <sys/types.h>

#include <map>

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "init/engine/effect.h"
#include "unitparser/base/fd.h"
#include "unitparser/config/other_configs.h"

namespace init {

/// Sets up autofs mounts, posts their requests and carries the answers back.
class Automounts {
 public:
  Automounts(Loop& loop, Post post) : loop_(loop), post_(std::move(post)) {}

  /// Mounts autofs at `config.where`. Never blocks on the network: autofs mounts are local.
  [[nodiscard]] unitparser::Result<void> open(UnitId unit, const unitparser::AutomountConfig& config);
  /// Closes the pipe and unmounts (lazily).
  void close(UnitId unit);
  void answer(const effect::AnswerAutomount& answer);
  /// Asks the kernel, from a short-lived child (the call waits for the unmount), to expire what is idle.
  void expire(UnitId unit);

  /// What outlives this image: each mount with its descriptors.
  struct Handed {
    UnitId unit{};
    int pipe = -1;
    int control = -1;
    std::string where;
  };
  [[nodiscard]] std::vector<Handed> hand_over() const;
  void take_over(const Handed& handed);

 private:
  struct Mount {
    std::string where;
    unitparser::UniqueFd pipe;     ///< requests come from here
    unitparser::UniqueFd control;  ///< opened mount point, for the ioctls
    Source source;
  };
  void on_request(UnitId unit, std::uint32_t revents);

  Loop& loop_;
  Post post_;
  unitparser::UniqueFd device_;  ///< /dev/autofs
  std::map<UnitId, Mount> mounts_;
};

}  // namespace init
