// The tables of rows, one for each file of directives, for the registry. [pure]
#pragma once

#include <span>

#include "unitparser/directives/directive.h"

namespace unitparser {

[[nodiscard]] std::span<const UnitRow> unit_rows();
[[nodiscard]] std::span<const UnitRow> condition_rows();
[[nodiscard]] std::span<const UnitRow> install_rows();
[[nodiscard]] std::span<const UnitRow> service_rows();
[[nodiscard]] std::span<const UnitRow> socket_rows();
[[nodiscard]] std::span<const UnitRow> mount_rows();
[[nodiscard]] std::span<const UnitRow> automount_rows();
[[nodiscard]] std::span<const UnitRow> swap_rows();
[[nodiscard]] std::span<const UnitRow> timer_rows();
[[nodiscard]] std::span<const UnitRow> trigger_path_rows();
[[nodiscard]] std::span<const UnitRow> scope_rows();
[[nodiscard]] std::span<const UnitRow> process_rows();  ///< identity, environment, streams, logging
[[nodiscard]] std::span<const UnitRow> scheduling_rows();
[[nodiscard]] std::span<const UnitRow> sandbox_rows();  ///< privileges, sandbox switches
[[nodiscard]] std::span<const UnitRow> path_rows();     ///< paths, images, directories, credentials
[[nodiscard]] std::span<const UnitRow> resource_rows();
[[nodiscard]] std::span<const UnitRow> kill_rows();

}  // namespace unitparser
