// MachineFacts: what value parsing and property showing must know of the machine; collected once by whoever may ask. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "unitparser/config/values.h"

namespace unitparser {

/// Numbers that relative limits ("10%") and shown defaults depend on.
struct MachineFacts {
  std::uint64_t physical_memory = 0;  ///< bytes; 0: unknown, percentages then give no limit
  std::uint64_t page_size = 4096;
  std::uint64_t tasks_max = 0;        ///< smaller of kernel.pid_max, kernel.threads-max and the root group's pids.max
  std::uint32_t cpus = 1;             ///< highest configured CPU number plus one
  CpuMask numa_nodes;                 ///< nodes that exist, for NUMAMask=all
  std::vector<CpuMask> node_cpus;     ///< CPUs of each node, by number, for CPUAffinity=numa
  int own_oom_score_adjust = 0;
  std::uint64_t own_timer_slack_nsec = 50000;  ///< the manager's own; what the kernel begins with, prctl(2) PR_SET_TIMERSLACK
  std::array<ResourceLimit, 16> own_limits{};  ///< the manager's own, by RLIMIT_* number
  bool operator==(const MachineFacts&) const = default;
};

}  // namespace unitparser
