// BootOptions: what the kernel command line and our own arguments ask of the manager (kernel-command-line(7)). [pure]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/time.h"

namespace init {

struct BootOptions {
  std::string unit;                         ///< start target; empty: default.target
  std::vector<std::string> masked_units;    ///< systemd.mask=
  std::vector<std::string> wanted_units;    ///< systemd.wants=
  bool debug_shell = false;                 ///< systemd.debug_shell
  std::string debug_terminal;               ///< its terminal, "tty5"; empty: what the unit file says
  std::string machine_id;                   ///< systemd.machine_id=
  std::string hostname;                     ///< systemd.hostname=
  std::vector<std::string> environment;     ///< systemd.setenv=
  std::optional<bool> first_boot;           ///< systemd.condition-first-boot=
  std::string usual_settings;               ///< lines of [Manager] that system.conf overrules: what "quiet" asks for
  std::string settings;                     ///< lines of [Manager] that overrule system.conf, in their order
  std::vector<std::string> warnings;        ///< one sentence for each value that was not understood
};

/// A setting of [Manager] that was made while the machine runs; it stands for all that were made of it before. `value`: one line.
void replace_setting(BootOptions& options, std::string_view setting, std::string_view value);

/// Splits a kernel command line into words; double and single quotes hold blanks together and are dropped.
[[nodiscard]] std::vector<std::string> split_command_line(std::string_view line);

/// Reads the options of interest; words starting with "rd." belong to the initrd and are skipped.
[[nodiscard]] BootOptions parse_kernel_command_line(std::string_view line);

/// Applies our own arguments (--unit=, --system, --user, --log-level=, --show-status=, and in a container also the
/// words of a kernel command line) on top of `options`. Unknown ones become warnings: PID 1 cannot refuse to start.
void apply_arguments(const std::vector<std::string>& arguments, BootOptions& options);

}  // namespace init
