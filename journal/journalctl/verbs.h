// What `journal` can do beyond journalctl: its verbs, each with options of its own and those that choose entries. [os]
#pragma once

#include <cstdint>
#include <optional>

namespace journal {

/// Runs the verb that the command line begins with; nullopt when it begins with none. `now`: microseconds since 1970.
[[nodiscard]] std::optional<int> run_verb(int argc, char** argv, std::uint64_t now);

/// The verbs, for --help.
void print_verbs();

}  // namespace journal
