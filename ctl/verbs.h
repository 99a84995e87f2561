// The verbs: name, operands, who serves them. [pure]
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ctl/session.h"

namespace ctl {

/// Runs one verb; arguments[0] is the verb's own name. Returns the exit status.
using VerbFunction = int (*)(Session& session, std::span<const std::string> arguments);

enum class Needs : std::uint8_t { manager, nothing };  ///< whether the verb means nothing without a running manager

struct Verb {
  std::string_view name;
  std::string_view operands;  ///< for help
  std::size_t minimum, maximum;  ///< number of operands
  Needs needs;
  VerbFunction run;
  std::string_view group, summary;  ///< for help; no summary: an old spelling, not shown
};

inline constexpr std::size_t any_number = static_cast<std::size_t>(-1);

[[nodiscard]] std::span<const Verb> verbs();
/// Runs the verb that the command line names; list-units when it names none.
[[nodiscard]] int run_verb(Session& session);

}  // namespace ctl
