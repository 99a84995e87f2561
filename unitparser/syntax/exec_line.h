// ExecStart= and its sisters: prefixes, argv, ';'; variables at run time. systemd.service(5) COMMAND LINES. [pure]
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/diagnostic.h"
#include "unitparser/config/values.h"
#include "unitparser/syntax/specifier.h"

namespace unitparser {

/// Outcome of one line.
enum class ExecLineOutcome : std::uint8_t {
  accepted,  ///< also for a line that was ignored with a remark
  fatal,     ///< the unit must not start ("bad-setting"), and nothing behind this line in the file counts
};

/// Reads one raw, non-empty value and appends its commands (one, or several with ';'); their `origin` is `origin`.
/// Commands in front of a broken one on the same line are kept. Never fails otherwise: problems go to `remarks`.
ExecLineOutcome parse_exec_line(std::string_view value, const SpecifierContext& context, Origin origin, Remarks& remarks,
                                ExecCommands& commands);

/// The value of a variable in a list of "NAME=value", the last one winning; nothing when it is not there.
[[nodiscard]] std::optional<std::string_view> find_variable(std::span<const std::string> environment, std::string_view name);

/// Fills variables in, as it happens at run time: an argument that is "$NAME" becomes the words of its value (quotes
/// group them; none for an unset one), "${NAME}" anywhere becomes the value as it is, "$$" becomes "$". argv[0] too.
[[nodiscard]] std::vector<std::string> expand_environment(std::span<const std::string> arguments,
                                                          std::span<const std::string> environment);
/// "${NAME}" and "$$" in one text.
[[nodiscard]] std::string expand_variables(std::string_view text, std::span<const std::string> environment);

/// A command as it is written in a unit file: prefixes, path, quoted arguments with '%' doubled; '$' stays as it is.
[[nodiscard]] std::string format_exec_line(const ExecCommand& command);

}  // namespace unitparser
