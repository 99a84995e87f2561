// The page of `status` for one unit, and the one for the whole manager. Knows no D-Bus. [pure]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/options.h"
#include "ctl/properties.h"
#include "ctl/render/process_tree.h"

namespace ctl {

/// Another unit named on the page.
struct RelatedUnit {
  std::string name, active_state;
};

/// All that the page is made of.
struct UnitStatus {
  std::string name;
  Properties properties;
  std::vector<RelatedUnit> triggers, triggered_by;
  std::vector<ProcessInfo> processes;
  std::string dropped;  ///< how many of its log lines the journal dropped, and why; empty: none
  TimestampStyle timestamps = TimestampStyle::pretty;
  std::uint64_t now_realtime = 0;
  bool full = false;
};

[[nodiscard]] std::string unit_status_page(const Terminal& terminal, const UnitStatus& status);

/// The page of the manager: its properties and all processes.
[[nodiscard]] std::string manager_status_page(const Terminal& terminal, const UnitStatus& status, std::string_view host_name);

/// The exit status that status(1) gives for a unit: 0 active, 3 not running, 4 no such unit.
[[nodiscard]] int status_exit_code(const Properties& properties);

}  // namespace ctl
