// Operands that name units: what people type to unit names, globs to the units they match. [bus]
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ctl/session.h"

namespace ctl {

/// Unit names as typed, made proper ("nginx" to nginx.service, "/home" to home.mount); globs stay globs. Says what was
/// escaped, unless --quiet. Empty operands are refused: nothing then, after a message.
[[nodiscard]] std::optional<std::vector<std::string>> proper_names(Session& session, std::span<const std::string> operands,
                                                                   std::string_view suffix = ".service");

struct ExpandedNames {
  std::vector<std::string> names;
  bool had_globs = false;
};
/// As above, with globs replaced by the loaded units that match and that list-units would show.
[[nodiscard]] std::optional<ExpandedNames> expand_names(Session& session, std::span<const std::string> operands,
                                                        std::string_view suffix = ".service");

/// Whether list-units shows this unit under --type, --all and --state.
[[nodiscard]] bool is_listed(const Options& options, const UnitInfo& unit);
[[nodiscard]] bool is_glob(std::string_view text);

}  // namespace ctl
