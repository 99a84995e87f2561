// Names of exit statuses (systemd.exec(5) PROCESS EXIT CODES). [pure]
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace unitparser {

enum class ExitStatusClass : unsigned char { libc, lsb, bsd, systemd };
struct ExitStatusName {
  std::string_view name;  ///< without "EXIT_"
  int status;
  ExitStatusClass origin;
};
[[nodiscard]] std::span<const ExitStatusName> exit_status_names();
/// "TEMPFAIL" or a number from 0 to 255.
[[nodiscard]] std::optional<int> parse_exit_status(std::string_view text);
/// Empty if the number has no name.
[[nodiscard]] std::string_view exit_status_name(int status);
[[nodiscard]] std::string_view to_name(ExitStatusClass origin);

}  // namespace unitparser
