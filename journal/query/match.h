// What entries are wanted: fields joined by and/or as in journalctl(1), and their evaluation on one file. [pure]
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file/reader.h"
#include "unitparser/base/result.h"

namespace journal {

/// Matches as sd_journal_add_match(3) builds them: values of one field are alternatives, different fields must all
/// match, terms are alternatives, and groups must all match.
class Match {
 public:
  /// Adds "FIELD=value" to the current term. Errors: invalid_argument when it is not such a text.
  [[nodiscard]] unitparser::Result<void> add(std::string_view field_and_value);
  /// What follows is an alternative to what the current group has so far.
  void add_or();
  /// What follows must match as well.
  void add_and();
  [[nodiscard]] bool is_empty() const;

  struct Alternatives {
    std::string field;
    std::vector<std::string> payloads;
  };
  using Term = std::vector<Alternatives>;
  using Group = std::vector<Term>;
  /// One of these terms must match as well.
  void add_group(Group group);
  [[nodiscard]] const std::vector<Group>& groups() const { return groups_; }

 private:
  std::vector<Group> groups_;
  bool open_term_ = false;
  bool open_group_ = false;
};

/// A Match bound to the data objects of one file; finds the matching entries by offset.
class CompiledMatch {
 public:
  CompiledMatch() = default;
  CompiledMatch(const Match& match, const JournalFile& file);

  /// The nearest matching entry at or after `offset` (down), or at or before it (up); 0 when there is none.
  [[nodiscard]] std::uint64_t find(JournalFile& file, std::uint64_t offset, Direction direction);

  /// Visits what will be read for the `most` entries, at least, that may come after the one found last, but for what a call before
  /// visited; some that do not match in the end are among them, and the order is each list's own.
  void visit_next(JournalFile& file, Direction direction, std::uint64_t most, const std::function<void(std::uint64_t)>& visit);

  /// The first matching entry of a place that is not an offset: `locate` finds it in one list of entries (0: none there).
  using Locate = std::function<std::uint64_t(EntryList& list)>;
  [[nodiscard]] std::uint64_t find_place(JournalFile& file, Direction direction, const Locate& locate);

 private:
  enum class Kind : std::uint8_t { all_entries, list, any_of, all_of };
  struct Node {
    Kind kind = Kind::all_entries;
    std::vector<Node> children;
    EntryList list;
  };
  static std::uint64_t find(Node& node, JournalFile& file, std::uint64_t offset, Direction direction);
  static void visit_next(Node& node, JournalFile& file, Direction direction, std::uint64_t most, const std::function<void(std::uint64_t)>& visit);
  static std::uint64_t fewest_of(Node& node, JournalFile& file);
  static std::uint64_t find_place(Node& node, JournalFile& file, Direction direction, const Locate& locate);

  Node root_;
};

}  // namespace journal
