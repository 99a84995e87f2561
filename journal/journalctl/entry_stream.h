// The entries that a command line asks for, one after the other: files, matches, expression, pattern, times. [os: files]
#pragma once

#include <memory>
#include <optional>

#include "journal/journalctl/expression.h"
#include "journal/journalctl/options.h"
#include "journal/query/journal.h"
#include "journal/text/pattern.h"
#include "unitparser/base/result.h"

namespace journal {

/// Sets the journal's match, and the filter of an expression, as the options say. Errors: the line to print.
[[nodiscard]] unitparser::Result<void> apply_filters(const Options& options, std::uint64_t now, Journal& journal);

class EntryStream {
 public:
  /// `journal` must outlive it. Errors: the line to print.
  [[nodiscard]] static unitparser::Result<EntryStream> over(const Options& options, std::uint64_t now, Journal& journal);

  /// Goes to the next wanted entry, oldest first; false at the end. The journal's current entry is then this one.
  [[nodiscard]] bool next();
  /// Whether the current entry's message has what -g looks for; true without -g.
  [[nodiscard]] bool has_pattern() const;

 private:
  explicit EntryStream(Journal& journal) : journal_(&journal) {}
  Journal* journal_;
  std::unique_ptr<Pattern> pattern_;
  std::optional<std::uint64_t> until_;
};

}  // namespace journal
