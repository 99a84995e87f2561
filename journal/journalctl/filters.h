// From options to matches: boots, units, identifiers, levels, and the words of the command line. [os: files]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"
#include "unitparser/base/result.h"

namespace journal {

/// One boot that the journal knows.
struct BootRange {
  Id128 id;
  std::uint64_t first = 0, last = 0;  ///< wall-clock times of its entries
};

/// All boots, oldest first.
[[nodiscard]] std::vector<BootRange> find_boots(Journal& journal);

/// Which boot -b means. Errors carry journalctl's words.
[[nodiscard]] unitparser::Result<Id128> resolve_boot(const Options& options, Journal& journal);

/// All filters of the command line. Errors carry the whole line to print.
[[nodiscard]] unitparser::Result<Match> build_match(const Options& options, Journal& journal);

/// A unit's name as people type it: ".service" is added, odd characters are escaped; globs are left alone.
[[nodiscard]] std::string mangle_unit_name(std::string_view name);

}  // namespace journal
