// Names of process exit statuses, as status and show print them (systemd.exec(5), PROCESS EXIT CODES). [pure]
#pragma once

#include <cstdint>
#include <string_view>

namespace ctl {

/// "SUCCESS", "FAILURE", "EXEC" ...; empty when the number has none.
[[nodiscard]] std::string_view exit_status_name(std::int32_t status);

}  // namespace ctl
