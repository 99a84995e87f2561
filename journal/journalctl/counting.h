// How often each value, or combination of values, comes among the wanted entries: `journal top`, `journal count`. [os: files]
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"

namespace journal {

/// Values (one for each field, empty: the entry has none) with their counts, most frequent first. Without filters and for one
/// field the files' own numbers are added up, and no entry is read. Errors: the line to print.
using Counts = std::vector<std::pair<std::vector<std::string>, std::uint64_t>>;
[[nodiscard]] unitparser::Result<Counts> count_by(const std::vector<std::string>& fields, const Options& options, std::uint64_t now,
                                                  Journal& journal);

/// Prints them, at most -n of them. The exit code.
int print_counts(const std::vector<std::string>& fields, const Options& options, std::uint64_t now, Journal& journal);

}  // namespace journal
