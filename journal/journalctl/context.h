// Matching entries with what was logged around them: `journal context`. [os: files]
#pragma once

#include <cstddef>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"

namespace journal {

/// How many lines are shown before and behind each match.
struct ContextSize {
  std::size_t before = 3, behind = 3;
};

/// Prints each entry that the expression and -g of the options match, with its neighbours among the entries that the other options
/// choose; "--" where something is left out. The exit code: failure when nothing matched.
int print_context(const Options& options, ContextSize size, std::uint64_t now, Journal& journal);

}  // namespace journal
