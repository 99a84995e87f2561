// From options to matches: boots, units, identifiers, levels, and the words of the command line. [os: files]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"
#include "unitparser/base/result.h"

namespace journal {

/// All filters of the command line. Errors carry the whole line to print.
[[nodiscard]] unitparser::Result<Match> build_match(const Options& options, Journal& journal);

/// A unit's name as people type it: ".service" is added, odd characters are escaped; globs are left alone.
[[nodiscard]] std::string mangle_unit_name(std::string_view name);

}  // namespace journal
