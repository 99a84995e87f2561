// BootOptions: what the kernel command line and our own arguments ask of the manager (kernel-command-line(7)). [pure]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/diagnostic.h"
#include "unitparser/base/time.h"

namespace init {

/// Which status lines go to the console (systemd.show_status=).
enum class ShowStatus : std::uint8_t { no, error, automatic, yes };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<ShowStatus>) {
  return {"no", "error", "auto", "yes"};
}

struct BootOptions {
  std::string unit;                         ///< start target; empty: default.target
  ShowStatus show_status = ShowStatus::yes;
  bool quiet = false;                       ///< "quiet": status lines only when something takes long
  bool debug = false;                       ///< "debug": log level debug
  std::vector<std::string> masked_units;    ///< systemd.mask=
  std::vector<std::string> wanted_units;    ///< systemd.wants=
  std::string machine_id;                   ///< systemd.machine_id=
  std::string hostname;                     ///< systemd.hostname=
  std::vector<std::string> environment;     ///< systemd.setenv=
  std::string log_level;                    ///< systemd.log_level=
  std::string log_target;                   ///< systemd.log_target=
  std::optional<bool> first_boot;           ///< systemd.condition-first-boot=
  bool crash_shell = false;                 ///< systemd.crash_shell
  bool crash_reboot = false;                ///< systemd.crash_reboot
  bool debug_shell = false;                 ///< systemd.debug_shell
  std::optional<unitparser::Duration> default_timeout_start;  ///< systemd.default_timeout_start_sec=
  std::optional<unitparser::Duration> watchdog_device_timeout;  ///< systemd.watchdog_sec=
  std::vector<std::string> service_watchdogs;  ///< systemd.service_watchdogs= raw, last wins
  bool user_manager = false;                ///< --user
  std::vector<std::string> warnings;        ///< one sentence for each value that was not understood
};

/// Splits a kernel command line into words; double and single quotes hold blanks together and are dropped.
[[nodiscard]] std::vector<std::string> split_command_line(std::string_view line);

/// Reads the options of interest; words starting with "rd." belong to the initrd and are skipped.
[[nodiscard]] BootOptions parse_kernel_command_line(std::string_view line);

/// Applies our own arguments (--unit=, --system, --user, --log-level=, --show-status=, and in a container also the
/// words of a kernel command line) on top of `options`. Unknown ones become warnings: PID 1 cannot refuse to start.
void apply_arguments(const std::vector<std::string>& arguments, BootOptions& options);

}  // namespace init
