// Endpoint: the manager's varlink services – dynamic users for name services, control groups for systemd-oomd. [loop]
#pragma once

#include <functional>
#include <map>

#include "init/engine/engine.h"
#include "init/exec/dynamic_user.h"
#include "init/varlink/server.h"

namespace init::varlink {

class Endpoint {
 public:
  using ListUsers = std::function<std::vector<DynamicUser>()>;
  Endpoint(Loop& loop, const Engine& engine, ListUsers dynamic_users)
      : engine_(engine), dynamic_users_(std::move(dynamic_users)), server_(loop, [this](const Peer& peer, const Call& call) { return answer(peer, call); }) {}

  [[nodiscard]] unitparser::Result<void> start();
  /// Tells systemd-oomd, if it listens, what changed for it.
  void on_unit_changed(UnitId unit);

  /// For the image after this one, see Server.
  [[nodiscard]] std::vector<std::string> hand_over() const { return server_.hand_over(subscriber_); }
  [[nodiscard]] std::vector<int> descriptors() const { return server_.descriptors(subscriber_); }
  void take_over(std::string_view line) { server_.take_over(line); }

 private:
  [[nodiscard]] Answer answer(const Peer& peer, const Call& call);
  [[nodiscard]] Answer subscribe(const Peer& peer, const Call& call);

  const Engine& engine_;
  ListUsers dynamic_users_;
  Server server_;
  std::uint64_t subscriber_ = 0;                       ///< connection of systemd-oomd; 0: none
  std::map<UnitId, std::string> told_;                 ///< the entries of each unit that it knows, as text
};

}  // namespace init::varlink
