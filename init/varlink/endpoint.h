// Endpoint: the manager's varlink services – dynamic users for name services, control groups for systemd-oomd. [loop]
#pragma once

#include <map>

#include "init/engine/engine.h"
#include "init/varlink/server.h"

namespace init::varlink {

class Endpoint {
 public:
  Endpoint(Loop& loop, const Engine& engine)
      : engine_(engine), server_(loop, [this](const Peer& peer, const Call& call) { return answer(peer, call); }) {}

  [[nodiscard]] unitparser::Result<void> start();
  /// Tells systemd-oomd, if it listens, what changed for it.
  void on_unit_changed(UnitId unit);

 private:
  [[nodiscard]] Answer answer(const Peer& peer, const Call& call);
  [[nodiscard]] Answer subscribe(const Peer& peer, const Call& call);

  const Engine& engine_;
  Server server_;
  std::uint64_t subscriber_ = 0;                       ///< connection of systemd-oomd; 0: none
  std::map<UnitId, std::string> told_;                 ///< the entries of each unit that it knows, as text
};

}  // namespace init::varlink
