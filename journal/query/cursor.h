// Cursors: a text that names one entry in any set of files that holds it, sd_journal_get_cursor(3). [pure]
#pragma once

#include <string>
#include <string_view>

#include "journal/file/reader.h"
#include "unitparser/base/result.h"

namespace journal {

/// What a cursor says; each part is optional in the text.
struct Cursor {
  EntryLocation location;
  bool has_seqnum = false;     ///< with its source id
  bool has_monotonic = false;  ///< with its boot id
  bool has_realtime = false;
  bool has_xor_hash = false;
};

[[nodiscard]] std::string format_cursor(const EntryLocation& location);
void append_cursor(std::string& out, const EntryLocation& location);
/// Errors: invalid_argument when nothing in the text says a place.
[[nodiscard]] unitparser::Result<Cursor> parse_cursor(std::string_view text);
/// True when the cursor names exactly this entry, as far as it says.
[[nodiscard]] bool cursor_matches(const Cursor& cursor, const EntryLocation& location);

}  // namespace journal
