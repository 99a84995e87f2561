// Showing entries: seeking to the start, filtering, printing, following. [os: inotify]
#pragma once

#include "journal/journalctl/options.h"
#include "journal/journalctl/sources.h"
#include "journal/query/journal.h"

namespace journal {

/// Prints what the options ask for; the exit code. `now`: microseconds since 1970.
int show_entries(const Options& options, const SourceList& sources, Journal& journal, std::uint64_t now);

}  // namespace journal
