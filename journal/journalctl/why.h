// journal why: what brought an entry about, or what a unit last did, from the causes that the manager writes with its messages. [os: files]
#pragma once

#include <string>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"

namespace journal {

/// Explains the entry of a cursor, or the last thing that the manager did to a unit (-n: the last few things, the newest first);
/// then what lay behind that, unit after unit. With -o json a line for each thing, and in it "because", what lay behind it.
/// Returns the exit status; complains on stderr.
[[nodiscard]] int print_why(const std::string& subject, const Options& options, Journal& journal);

}  // namespace journal
