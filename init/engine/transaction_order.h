// Finding ordering cycles among planned and installed jobs, and breaking them. [pure]
#pragma once

#include "init/engine/transaction.h"

namespace init {

/// One look for cycles over a transaction.
class OrderCheck {
 public:
  OrderCheck(Core& core, Transaction& transaction) : core_(core), transaction_(transaction) {}

  /// True: no cycle. False: one was found and a job dropped, look again. Error: it cannot be broken.
  [[nodiscard]] Result<bool> run();

 private:
  /// A job on the way: planned (index) or installed only.
  struct Node {
    UnitId unit{};
    std::uint32_t planned = PlanLink::none;
    JobType type{};
    bool ignore_order = false;
  };
  struct Step {
    Node node;
    std::vector<Node> successors;
    std::vector<const Edge*> edges;  ///< how each successor is ordered after the node
    std::size_t next = 0;
    const Edge* came_by = nullptr;
  };
  [[nodiscard]] std::optional<Node> node_of(UnitId unit) const;
  [[nodiscard]] Step enter(const Node& node, const Edge* came_by) const;
  Result<bool> break_cycle(const std::vector<Step>& path, std::size_t begin, const Edge* closing);
  [[nodiscard]] std::string place_of(UnitId holder, const Edge& edge) const;

  Core& core_;
  Transaction& transaction_;
  std::unordered_map<UnitId, std::uint8_t> colour_;  ///< 1: on the path, 2: done
};

}  // namespace init
