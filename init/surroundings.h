// Surroundings: what is found out and set up before there is a manager. [os]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "init/boot/boot_options.h"
#include "init/boot/manager_kind.h"
#include "init/engine/boot_times.h"
#include "init/log/log_sink.h"
#include "unitparser/base/diagnostic.h"
#include "unitparser/base/result.h"
#include "unitparser/config/manager_config.h"
#include "unitparser/load/manager_config_loader.h"

namespace init {

struct Surroundings {
  ManagerKind kind;
  BootOptions options;
  std::string kernel_command_line;
  std::string container;                   ///< empty on a machine of its own
  std::string machine_id;
  std::string boot_id;
  bool first_boot = false;
  std::string new_hostname;                ///< what the machine was given as its name; empty: it had one, and kept it
  std::vector<std::string> environment;    ///< for services: PATH, LANG, …
  unitparser::ManagerConfig config;        ///< system.conf or user.conf
  BootTimes times;                         ///< milestones up to the generators; those of the first image after a re-execution
};

/// Of a boot, also in the root that an initrd hands over to; or again: an image that goes on where another one left off.
enum class Beginning : std::uint8_t { boot, again };

/// LogLevel= and its kin of the manager itself; what is not said stays as it is.
void take_up_log_settings(const unitparser::ManagerBehaviour& settings, LogSink& log);
/// Says what is wrong with files, with their names and lines as fields.
void log_findings(const unitparser::Diagnostics& findings, LogSink& log);

/// Brings the machine up as far as its manager needs it. Problems are logged, never fatal: a machine that half works can
/// be mended.
[[nodiscard]] Surroundings prepare_machine(const std::vector<std::string>& arguments, Beginning beginning, LogSink& log);
/// The same for the manager of the calling user, in a session that PID 1 has set up. Error: what it cannot do without.
[[nodiscard]] unitparser::Result<Surroundings> prepare_user_session(const std::vector<std::string>& arguments, LogSink& log);

/// Says at the beginning of a boot what this is and where it runs, to the log and to who sits at the console.
void announce_boot(const Surroundings& around, LogSink& log);

/// Runs the generators of environment and units, and does what the command line asks for that they may have left undone.
void generate_units(Surroundings& around, LogSink& log);

/// What generators find in their environment: this process's, `environment`, the manager's own at that time, and what
/// systemd.generator(7) adds.
[[nodiscard]] std::vector<std::string> generator_environment(const Surroundings& around, std::vector<std::string> environment);

/// The environment that the manager has of its own, before the environment generators speak.
[[nodiscard]] std::vector<std::string> own_environment(const Surroundings& around);

/// The settings that the kernel command line, our arguments and the kind of machine give.
[[nodiscard]] unitparser::CommandLineSettings command_line_settings(const Surroundings& around);

}  // namespace init
