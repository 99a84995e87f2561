// Prints entries in journalctl's output modes. Appends to one buffer; the caller writes it out. [pure]
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"
#include "journal/text/printable.h"
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
  /// The fields that the line formats need.
  enum class LineField : std::uint8_t { none, message, message_id, priority, identifier, syslog_pid, hostname, pid, comm, realtime,
                                        monotonic, unit, user_unit };
  static constexpr std::size_t line_fields = 13;
  /// One of them in the entry at hand; its bytes live until the next step.
  struct LineText {
    std::string_view text;
    bool is_plain = false;
  };
  [[nodiscard]] static LineField line_field_of(std::string_view name);
  [[nodiscard]] const LineText& line(LineField field) const { return line_[static_cast<std::size_t>(field)]; }
  /// What names an entry's line: short, and without control characters.
  [[nodiscard]] static bool is_short(const LineText& text);
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
  void append_json_key(std::string& out, const Datum& datum);
  void append_json_value(std::string& out, const Datum& datum, std::string_view indent) const;
  void append_message(std::string& out, std::size_t indent, std::size_t match_begin, std::size_t match_end);
  void print_cat(Journal& journal, std::string& out);
  void print_catalog(std::string& out);

  const Options& options_;
  TerminalStyle style_;
  const Catalog* catalog_;
  TimeFormatter time_;
  std::array<LineText, line_fields> line_;
  int priority_ = 6;
  bool has_message_ = false, has_hostname_ = false;
  std::vector<LineField> line_field_by_number_;  ///< Datum::field; what was not met yet is missing
  // for JSON
  std::vector<Datum> items_;
  std::vector<std::string> keys_;          ///< by Datum::field
  std::vector<std::uint64_t> last_entry_;  ///< by Datum::field: number of the last entry that had it
  std::uint64_t entries_ = 0;
  std::vector<std::string> all_fields_;  ///< of the entry, when the catalog's text may name them
  std::string scratch_;
  std::uint64_t last_monotonic_ = 0, last_realtime_ = 0;
  Id128 last_boot_;
  bool has_last_ = false;
};

/// Appends a JSON string with quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace journal
