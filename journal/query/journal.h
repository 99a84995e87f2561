// The entries of many files as one sequence: seeking, stepping both ways, matching, following. [os: files]
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file/reader.h"
#include "journal/query/cursor.h"
#include "journal/query/match.h"
#include "unitparser/base/result.h"

namespace journal {

/// How entries of several files are put in order where clocks jumped, so that no order suits all pairs of them.
enum class Interleave : std::uint8_t {
  complete,      ///< every entry is shown once
  as_journalctl, ///< as the genuine client: what does not come behind the entry just shown is passed over
};

class Journal {
 public:
  explicit Journal(HeaderRule rule = HeaderRule::strict, Interleave interleave = Interleave::complete)
      : rule_(rule), interleave_(interleave) {}

  /// Adds one file; a file that is there already (same inode) is left alone.
  [[nodiscard]] unitparser::Result<void> add_file(const std::string& path);
  [[nodiscard]] unitparser::Result<void> add_fd(unitparser::UniqueFd fd, std::string name);
  [[nodiscard]] std::size_t file_count() const { return sources_.size(); }
  [[nodiscard]] JournalFile& file(std::size_t i) { return *sources_[i].file; }
  /// Forgets files that were deleted and whose entries have all been shown.
  void drop_deleted_files();

  void set_match(Match match);
  /// Entries for which this says no are passed over as well; it looks at the current entry. Empty: none.
  void set_filter(std::function<bool()> filter) { filter_ = std::move(filter); }

  void seek_head();
  void seek_tail();
  /// The next step goes to the first entry at or after this place (down), or the last at or before it (up).
  void seek_realtime(std::uint64_t realtime);
  void seek_monotonic(const Id128& boot_id, std::uint64_t monotonic);
  void seek_cursor(const Cursor& cursor);

  /// Goes to the next entry in this direction; false when there is none (now: a later call may find new ones).
  bool step(Direction direction);

  /// Where the last successful step led; only then may these be called.
  [[nodiscard]] const EntryLocation& current() const { return current_; }
  [[nodiscard]] JournalFile& current_file() { return *sources_[current_source_].file; }

  /// Calls `visit("FIELD=value")` for each datum of the current entry, in file order, until it returns false.
  /// The bytes live only during the call. Data longer than `enough` may come cut when they are compressed.
  template <class Visit>
  void for_each_datum(Visit visit, std::uint64_t enough = UINT64_MAX) {
    const JournalFile& file = current_file();
    const EntryView entry = file.view().entry(current_.offset);
    for (std::uint64_t i = 0; i < entry.n_items; ++i) {
      const std::string_view payload = file.payload(entry.item(i), scratch_, enough);
      if (payload.find('=') == std::string_view::npos) continue;  // damaged
      if (!visit(payload)) return;
    }
  }

  /// The value of the current entry's first datum of a field, `prefix` being "FIELD="; nullopt when it has none. The bytes live
  /// until the next call that reads data.
  [[nodiscard]] std::optional<std::string_view> first_value(std::string_view prefix);

  /// Maps what was appended to the files; true when there may be more entries.
  bool refresh();

  /// All different values of a field over all files, "FIELD=value" each, newest first within a file.
  void for_each_value(std::string_view field, const std::function<void(std::string_view)>& visit);
  /// Each value of a field in each file (several times when several files have it); false when one file has more than
  /// `limit` of them: then not all were visited.
  [[nodiscard]] bool visit_values(std::string_view field, std::size_t limit, const std::function<void(std::string_view)>& visit);
  /// All field names over all files.
  void for_each_field(const std::function<void(std::string_view)>& visit);

 private:
  struct Source {
    std::unique_ptr<JournalFile> file;
    CompiledMatch match;
    EntryLocation candidate;
    bool has_candidate = false;
    std::uint64_t last_offset = 0;  ///< of the last candidate: where a grown file is looked at again
  };
  enum class Place : std::uint8_t { head, tail, cursor, entry };

  void add_source(std::unique_ptr<JournalFile> file);
  void position_all(Direction direction);
  void position(Source& source, Direction direction);
  /// Finds the next candidate at or beyond `offset`.
  void take(Source& source, std::uint64_t offset, Direction direction);
  void advance(Source& source, Direction direction);
  [[nodiscard]] bool beyond_place(const EntryLocation& candidate, Direction direction) const;
  [[nodiscard]] std::uint64_t offset_near(Source& source, Direction direction) const;
  /// The entry of a list that is at the cursor's place or the nearest beyond it; 0: none.
  [[nodiscard]] std::uint64_t locate_in(EntryList& list, Source& source, Direction direction) const;
  [[nodiscard]] std::size_t choose(Direction direction);
  [[nodiscard]] std::size_t choose_as_journalctl(Direction direction);

  HeaderRule rule_;
  Interleave interleave_;
  std::vector<Source> sources_;
  Match match_;
  std::function<bool()> filter_;
  Place place_ = Place::head;
  Cursor cursor_;  ///< for Place::cursor, and the current entry for Place::entry
  Direction direction_ = Direction::down;
  bool positioned_ = false;
  EntryLocation current_;
  std::size_t current_source_ = 0;
  std::size_t runner_up_ = SIZE_MAX;  ///< the source that came second in the last comparison of all
  std::uint64_t steps_ = 0;
  std::string scratch_;
};

}  // namespace journal
