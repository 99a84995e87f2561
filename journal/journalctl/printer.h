// Prints entries in journalctl's output modes. Appends to one buffer; the caller writes it out. [pure]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"
#include "journal/text/timestamp.h"

namespace journal {

/// What the terminal can do.
struct TerminalStyle {
  bool colors = false;
  std::size_t columns = 80;
  bool utf8 = true;
};

class Catalog;

class Printer {
 public:
  Printer(const Options& options, TerminalStyle style, const Catalog* catalog);

  /// Appends the journal's current entry to `out`; nothing when the mode has nothing to show of it.
  /// `highlight`: the part of MESSAGE that --grep found (empty: none).
  void print(Journal& journal, std::string& out, std::size_t match_begin = 0, std::size_t match_end = 0);

 private:
  /// The fields that the line formats need; copies, so that they outlive the visit.
  struct LineFields {
    std::string hostname, identifier, comm, pid, syslog_pid, transport, message, unit, user_unit, realtime, monotonic;
    int priority = 6;
    bool has_message = false, has_hostname = false;
    void clear();
  };
  bool is_selected(std::string_view field) const;
  void collect(Journal& journal);
  void print_line(Journal& journal, std::string& out, std::size_t match_begin, std::size_t match_end);
  [[nodiscard]] std::uint64_t shown_realtime(const EntryLocation& at) const;
  void append_time(Journal& journal, std::string& out);
  void append_realtime(std::string& out, std::uint64_t usec);
  /// Number of terminal columns that the text so far takes is `indent`.
  void append_multiline(std::string& out, std::string_view text, std::size_t indent, bool full, std::string_view on,
                        std::string_view off) const;
  void print_verbose(Journal& journal, std::string& out);
  void print_export(Journal& journal, std::string& out);
  void print_json(Journal& journal, std::string& out);
  void append_json_value(std::string& out, std::string_view value, std::string_view indent) const;
  void print_cat(Journal& journal, std::string& out);
  void print_catalog(std::string& out);

  const Options& options_;
  TerminalStyle style_;
  const Catalog* catalog_;
  TimeFormatter time_;
  LineFields line_;
  std::string message_id_;
  std::vector<std::string> all_fields_;  ///< of the entry, when the catalog's text may name them
  std::string scratch_;
  std::uint64_t last_monotonic_ = 0, last_realtime_ = 0;
  Id128 last_boot_;
  bool has_last_ = false;
};

/// Whether text may be shown as it is: valid UTF-8 without control characters (a tab is fine).
enum class NewlineRule : std::uint8_t { allowed, forbidden };
[[nodiscard]] bool is_printable(std::string_view text, NewlineRule newlines);

/// Appends a JSON string with quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace journal
