// Which journal files a command line means: folders, machines, namespaces, single files. [os: files]
#pragma once

#include <string>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"
#include "unitparser/base/result.h"

namespace journal {

/// What was found: files, and the folders that hold them (to watch, to vacuum).
struct SourceList {
  std::vector<std::string> files;
  std::vector<std::string> folders;
};

/// Lists the sources. Errors: not_found and the like for an explicit --directory or --file that cannot be read.
[[nodiscard]] unitparser::Result<SourceList> find_sources(const Options& options);

/// Adds new files of the sources' folders to the journal; how many of them are no journal files, or not yet. Complaints go to
/// stderr. Errors: a single --file that cannot be opened.
[[nodiscard]] unitparser::Result<std::size_t> open_sources(const Options& options, const SourceList& list, Journal& journal);

}  // namespace journal
