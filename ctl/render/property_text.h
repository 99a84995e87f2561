// Properties as `systemctl show` prints them. Knows values and property names, no D-Bus. [pure]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/options.h"
#include "unitparser/base/value.h"

namespace ctl {

/// The texts that follow "NAME=", one for each line: none for an empty list whose elements have lines of their own, one
/// empty text for a value that is unset (shown with --all only).
[[nodiscard]] std::vector<std::string> property_texts(std::string_view name, const unitparser::Value& value, TimestampStyle timestamps);

/// Exit code and status of one recorded run in an Exec property: a(sasbttttuii) and its Ex form.
struct RecordedCommand {
  std::string path;
  std::vector<std::string> arguments;
  bool ignore_failure = false;
  std::vector<std::string> flags;  ///< of the Ex form
  bool extended = false;
  std::uint64_t start_realtime = 0, exit_realtime = 0;
  std::uint32_t pid = 0;
  std::int32_t code = 0, status = 0;  ///< code as in siginfo (CLD_EXITED ...), 0: has not run
};
[[nodiscard]] std::optional<RecordedCommand> recorded_command(const unitparser::Value& element);
/// "exited", "killed", "dumped" ...; empty for 0.
[[nodiscard]] std::string_view exit_code_name(std::int32_t code);

}  // namespace ctl
