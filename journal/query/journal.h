// The entries of many files as one sequence: seeking, stepping both ways, matching, following. [os: files]
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "journal/file/reader.h"
#include "journal/query/cursor.h"
#include "journal/query/datum.h"
#include "journal/query/match.h"
#include "journal/query/message_index.h"
#include "journal/query/unopened_files.h"
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
  /// The same for an archived file whose name says the source and number of its first entry. It is opened when an entry of it
  /// may be next, or all files are asked for; when that fails it is complained about.
  void add_archive(const std::string& path, const Id128& seqnum_id, std::uint64_t first_seqnum);
  void complain_with(std::function<void(const std::string& path)> complain) { complain_ = std::move(complain); }
  [[nodiscard]] unitparser::Result<void> add_fd(unitparser::UniqueFd fd, std::string name);
  [[nodiscard]] bool has_files() const { return !sources_.empty() || !unopened_.is_empty(); }
  /// How many files there are; opens those that are not yet.
  [[nodiscard]] std::size_t file_count();
  [[nodiscard]] JournalFile& file(std::size_t i) { return *sources_[i].file; }
  /// Forgets files that were deleted and whose entries have all been shown.
  void drop_deleted_files();

  void set_match(Match match);
  /// Entries for which this says no are passed over as well; it looks at the current entry. Empty: none.
  void set_filter(std::function<bool()> filter) { filter_ = std::move(filter); }

  /// Only entries with this text in their first MESSAGE= are wanted, upper and lower case aside: where indexes say so, stretches of
  /// files without it are passed over. Entries without it come all the same where there is no index. `boots`: whether it is seen
  /// that a boot has no entry that came, although it has some that match.
  enum class Boots : std::uint8_t { unseen, seen };
  void set_required_text(std::string_view text, Boots boots);

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

  /// The same for many entries: `visit(const Datum&)`, whose bytes live until the next step or refresh().
  template <class Visit>
  void for_each_field(Visit visit) {
    visit_fields(current_file().view().entry(current_.offset), 0, [&](std::uint64_t, const Datum& datum) { return visit(datum); });
  }
  /// A datum's value, expanded when it is compressed; lives until the next step, refresh() or visit of all fields.
  [[nodiscard]] std::string_view value(const Datum& datum);
  /// The number of a field's name, as Datum has it.
  [[nodiscard]] std::uint32_t field_number(std::string_view name) { return fields_.number_of(name); }
  [[nodiscard]] std::string_view field_name(std::uint32_t number) const { return fields_.name(number); }

  /// The value of the current entry's first datum of a field; nullopt when it has none. The bytes live as value()'s.
  [[nodiscard]] std::optional<std::string_view> first_value(std::string_view field);

  /// Maps what was appended to the files; true when there may be more entries.
  bool refresh();

  /// All different values of a field over all files, "FIELD=value" each, newest first within a file.
  void for_each_value(std::string_view field, const std::function<void(std::string_view)>& visit);
  /// Each value of a field in each file (several times when several files have it); false when one file has more than
  /// `limit` of them: then not all were visited.
  [[nodiscard]] bool visit_values(std::string_view field, std::size_t limit, const std::function<void(std::string_view)>& visit);
  /// All field names over all files.
  void for_each_field_name(const std::function<void(std::string_view)>& visit);

 private:
  struct Source {
    std::unique_ptr<JournalFile> file;
    CompiledMatch match;
    EntryLocation candidate;
    bool has_candidate = false;
    std::uint64_t last_offset = 0;  ///< of the last candidate: where a grown file is looked at again
    std::uint32_t rank = 0;
    bool is_fetching = false;         ///< an entry was not in memory: the disk is asked for those that come next
    unsigned fetch_in = 0;            ///< after so many entries it is asked again
    std::vector<bool> touched;        ///< parts of the file, each as large as what touching a page maps, since pages were given back
    std::unique_ptr<MessageIndex> index;         ///< where a text is required and the file has one
    std::uint64_t stretch = UINT64_MAX;          ///< of the index, in which entries are looked at
    std::uint64_t fetched_stretch = UINT64_MAX;  ///< the last that the disk was asked for
    Id128 boot_id;                               ///< of the last entry that came, with seen boots
    std::uint64_t boot_begin = 0, boot_end = 0;  ///< offsets of the first and last entry of that boot; 0: no entry came yet
  };
  /// The nearest of the other sources' candidates, by each thing that an entry of `boot_id` is compared by with them. An entry
  /// before all of these is before each of them.
  struct Others {
    bool is_known = false;
    Id128 boot_id;
    std::uint64_t seqnum = 0;     ///< of files with the same source of numbers
    std::uint64_t monotonic = 0;  ///< of other files' entries of that boot
    std::uint64_t realtime = 0;   ///< of their other entries
  };
  enum class Place : std::uint8_t { head, tail, cursor, entry };

  void add_source(std::unique_ptr<JournalFile> file, std::uint32_t rank);
  [[nodiscard]] bool has_file(const struct ::stat& st) const;
  /// Opens one of unopened_; nullptr when it cannot be or is there already. `position` it when all are.
  Source* open_unopened(std::size_t i);
  void open_all();
  /// Opens all unless they can be told apart by their numbers alone.
  void arrange_unopened();
  void find_next_unopened(Direction direction);
  bool read_datum(Source& source, std::uint64_t offset, Datum& datum);
  /// Calls `visit(i, const Datum&)` for the current entry's items from `first` on, until it returns false.
  template <class Visit>
  void visit_fields(const EntryView& entry, std::uint64_t first, Visit visit) {
    const JournalFile& file = current_file();
    expanded_.clear();
    Datum fresh;
    for (std::uint64_t i = first; i < entry.n_items; ++i) {
      const std::uint64_t offset = entry.item(i);
      const Datum* datum = memory_.find(file, offset);
      if (datum == nullptr) datum = read_datum(sources_[current_source_], offset, fresh) ? &fresh : nullptr;
      if (datum != nullptr && !visit(i, *datum)) return;
    }
  }
  void position_all(Direction direction);
  void position(Source& source, Direction direction);
  /// Finds the next candidate at or beyond `offset`.
  void take(Source& source, std::uint64_t offset, Direction direction);
  void read_apart(Source& source, std::uint64_t offset, Direction direction);
  /// Notes that what is at `offset` was read through the mapping.
  void touch(Source& source, std::uint64_t offset);
  void advance(Source& source, Direction direction);
  /// `found`, or where to look for the next entry when the index says that there is no wanted one around it.
  [[nodiscard]] std::uint64_t pass_over(Source& source, std::uint64_t found, Direction direction);
  /// Whether passing over entries shows in nothing else: their order, and with seen boots that of the boots, is that of their
  /// numbers. Opens all files.
  [[nodiscard]] bool may_pass_over();
  /// Notes that the current entry came, for seen boots.
  void note_boot(Source& source) const;
  [[nodiscard]] bool beyond_place(const EntryLocation& candidate, Direction direction) const;
  [[nodiscard]] std::uint64_t offset_near(Source& source, Direction direction) const;
  /// The entry of a list that is at the cursor's place or the nearest beyond it; 0: none.
  [[nodiscard]] std::uint64_t locate_in(EntryList& list, Source& source, Direction direction) const;
  /// The source whose candidate is next, SIZE_MAX: none.
  [[nodiscard]] std::size_t choose(Direction direction);
  [[nodiscard]] std::size_t choose_of_all(Direction direction);
  /// Visits each "FIELD=value" of one file; false when there are more than `limit`.
  bool visit_values_of(const JournalFile& file, std::string_view field, std::size_t limit, const std::function<void(std::string_view)>& visit);
  /// What the others' candidates are compared by, as long as the same source is next.
  void look_at_others(Direction direction);
  [[nodiscard]] bool is_ahead_of_others(Direction direction) const;

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
  bool is_at_candidate_ = false;  ///< the current entry still is its source's candidate
  Others others_;
  std::uint32_t ranks_ = 0;
  UnopenedFiles unopened_;
  std::size_t next_unopened_ = UnopenedFiles::none;
  std::unordered_set<std::string> known_archives_;  ///< paths; filled when archives are added to a journal that is being read
  std::function<void(const std::string&)> complain_;
  TextProbe required_;
  Boots boots_ = Boots::seen;
  enum class Passing : std::uint8_t { unknown, asked_for, allowed };
  Passing passing_ = Passing::unknown;  ///< over entries, for the files that there are; asked for once something could be passed over
  std::uint64_t touched_ = 0;  ///< bytes of files that were mapped since pages were last given back
  FieldNumbers fields_;
  DatumMemory memory_;
  /// The first items of an entry, none of which is of that field: entries of one service begin with the same ones.
  struct OtherItems {
    const JournalFile* file = nullptr;
    std::uint32_t field = 0;
    std::vector<std::uint64_t> offsets;
  };
  OtherItems others_of_field_;  ///< by first_value(), in the entry that it looked at last
  std::deque<std::string> expanded_;
  std::string scratch_;
};

}  // namespace journal
