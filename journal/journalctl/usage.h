// Who takes how much room in the journal, and what was dropped of whom: `journal usage`, `journal vacuum -u`. [os: files]
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/journalctl/sources.h"
#include "journal/query/journal.h"

namespace journal {

/// What one unit has in the files.
struct UnitUsage {
  std::uint64_t entries = 0;
  double bytes = 0;  ///< its entries, and its share of the data that it has in common with others
  std::uint64_t oldest = 0, newest = 0;  ///< microseconds since 1970
};
/// By unit; entries of no unit have the empty name.
[[nodiscard]] std::map<std::string, UnitUsage> measure_usage(Journal& journal);

/// Prints the table, biggest first; with -o json one object a line. The exit code.
int print_usage(const Options& options, const SourceList& sources, Journal& journal);

/// Deletes the archived entries of the units of `-u`, all or those older than --vacuum-time; everybody else's stay. The exit
/// code.
int vacuum_units(const Options& options, const SourceList& sources, std::uint64_t now);

}  // namespace journal
