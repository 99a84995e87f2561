// One journal file open for reading: mapped, followed as it grows, its entries found by place, time and data. [os: mmap]
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file/sigbus_guard.h"
#include "journal/format/object_view.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

enum class Direction : std::uint8_t { down, up };

class JournalFile;

/// The rising offsets of a set of entries: an optional first one, then a chain of entry arrays.
class EntryList {
 public:
  EntryList() = default;
  /// `first` 0 means that all entries are in the arrays. `count` includes `first`.
  EntryList(std::uint64_t first, std::uint64_t array_offset, std::uint64_t count)
      : first_(first), head_array_(array_offset), count_(count) {}

  /// A later count of the same list (the file grew).
  void grow(std::uint64_t count) { count_ = count; }
  [[nodiscard]] std::uint64_t size() const { return count_; }

  /// Offset of the i-th entry; 0 when the list is damaged or not yet written there.
  [[nodiscard]] std::uint64_t at(const JournalFile& file, std::uint64_t i);

  /// Index of the first entry with offset >= `offset`; size() when none. Damage counts as the end.
  [[nodiscard]] std::uint64_t lower_bound(const JournalFile& file, std::uint64_t offset);
  /// Offset of the first entry at or after `offset` (down), or of the last at or before it (up); 0 when there is none.
  [[nodiscard]] std::uint64_t nearest(const JournalFile& file, std::uint64_t offset, Direction direction);

  /// Visits what will be read: the offsets of the entries, up to `most`, that follow the last answer in this direction, and that of
  /// the array that goes on behind the last of them. What a call before visited is left out as long as the answers stay near.
  template <class Visit>
  void visit_next(const JournalFile& file, Direction direction, std::uint64_t most, Visit visit) {
    const bool down = direction == Direction::down;
    const std::uint64_t here = down || hint_ == 0 ? hint_ : hint_ - 1;
    if (here < visited_begin_ || here >= visited_end_) {
      visited_begin_ = here;
      visited_end_ = here + 1;
    }
    if (!down) {
      for (const std::uint64_t begin = here - std::min(here, most); visited_begin_ > begin; --visited_begin_)
        if (const std::uint64_t offset = at(file, visited_begin_ - 1); offset != 0) visit(offset);
      return;
    }
    for (const std::uint64_t end = std::min(here + 1 + most, count_); visited_end_ < end; ++visited_end_) {
      const std::size_t arrays = segments_.size();
      const std::uint64_t offset = at(file, visited_end_);
      if (offset == 0) return;
      visit(offset);
      if (segments_.size() > arrays && segments_.back().next != 0) visit(segments_.back().next);
    }
  }

  /// First index for which `is_before(entry offset)` is false.
  template <class Predicate>
  [[nodiscard]] std::uint64_t partition_point(const JournalFile& file, Predicate is_before) {
    return partition_between(0, count_, [&](std::uint64_t i) {
      const std::uint64_t offset = at(file, i);
      return offset != 0 && is_before(offset);
    });
  }

 private:
  /// First index in [low, high) for which `is_before(index)` is false; high when there is none.
  template <class Predicate>
  static std::uint64_t partition_between(std::uint64_t low, std::uint64_t high, Predicate is_before) {
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      if (is_before(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  struct Segment {
    std::uint64_t array_offset;
    std::uint64_t first_index;
    std::uint64_t capacity;
    std::uint64_t next;  ///< the array behind it, 0: none when it was read
  };
  /// Walks the chain until index `i` is covered; false when it ends before.
  bool extend(const JournalFile& file, std::uint64_t i);
  /// The array at `offset` as the next segment; false when there is none.
  bool add_segment(const JournalFile& file, std::uint64_t offset, std::uint64_t first_index);

  std::uint64_t first_ = 0;
  std::uint64_t head_array_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t hint_ = 0;         ///< the last answer of lower_bound(): questions come near each other
  std::uint64_t hint_offset_ = 0;  ///< of the entry there, 0: not known
  std::uint64_t visited_begin_ = 0, visited_end_ = 0;  ///< indices, by visit_next()
  std::size_t segment_ = 0;        ///< that the last entry was in
  std::vector<Segment> segments_;
  std::vector<std::uint64_t> known_;  ///< the first offsets, of the arrays that are small and full
};

/// Where an entry is, in all ways that entries are compared by.
struct EntryLocation {
  std::uint64_t offset = 0;
  std::uint64_t seqnum = 0;
  std::uint64_t realtime = 0;
  std::uint64_t monotonic = 0;
  std::uint64_t xor_hash = 0;
  Id128 boot_id;
  Id128 seqnum_id;
};

/// Below zero, zero, above zero: the order in which entries of several files are shown; 0: the same entry.
[[nodiscard]] int compare_locations(const EntryLocation& a, const EntryLocation& b);

class JournalFile {
 public:
  /// A packed file (packed_file.h) is unpacked for as long as it is open.
  [[nodiscard]] static unitparser::Result<std::unique_ptr<JournalFile>> open(const std::string& path, HeaderRule rule);
  /// From an open descriptor (owned from now on); `path` is for messages.
  [[nodiscard]] static unitparser::Result<std::unique_ptr<JournalFile>> open_fd(unitparser::UniqueFd fd,
                                                                                std::string path, HeaderRule rule);
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;
  ~JournalFile();

  [[nodiscard]] const FileView& view() const { return view_; }
  [[nodiscard]] const Header& header() const { return view_.header(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] dev_t device() const { return device_; }
  [[nodiscard]] ino_t inode() const { return inode_; }
  /// Of the file with that name; a packed one's is not what is read.
  [[nodiscard]] int fd() const { return packed_fd_ ? packed_fd_.get() : fd_.get(); }

  /// Sees what was appended since: maps it, counts its entries. True when there are new entries.
  bool refresh();

  /// All entries, in the order they were written.
  [[nodiscard]] EntryList& entries() { return entries_; }
  /// The entries that have this data ("FIELD=value"); empty when none.
  [[nodiscard]] EntryList entries_with(std::string_view payload) const;
  [[nodiscard]] EntryList entries_of_data(std::uint64_t data_offset) const;
  /// Lets the disk fetch what entries_with() will read for these, all at once.
  void fetch_data(std::span<const std::string_view> payloads) const;

  /// Reads where the entry at `offset` is; false when it is damaged.
  [[nodiscard]] bool locate(std::uint64_t offset, EntryLocation& location) const;

  /// Payload of a data object, expanded into `scratch` when it is compressed; empty when damaged.
  [[nodiscard]] std::string_view payload(std::uint64_t data_offset, std::string& scratch, std::uint64_t enough) const;

  /// Reads an entry and what lies around it with one call, not through the mapping. For entries far from each other: touching
  /// one page of the mapping lets the kernel map 16, which costs more than the copy, and counts as our memory. How much around it
  /// is learnt from the entries before, since each byte costs too: only what was needed of them.
  enum class Wait : std::uint8_t { for_disk, never };
  /// False: the disk would have to be waited for, nothing was read.
  bool read_apart(std::uint64_t entry_offset, Wait wait);
  /// Copies the bytes at `offset`, as many as are there.
  [[nodiscard]] std::span<const std::uint8_t> copy(std::uint64_t offset, std::span<std::uint64_t> target) const;
  /// Lets the disk fetch what read_apart() will read, without waiting for it.
  void fetch_apart(std::uint64_t entry_offset) const;
  /// The same for a part of the file.
  void fetch(std::uint64_t offset, std::uint64_t size) const;
  /// The same for entry after entry: tells where reading is and where it goes. Ever more at once, as long as it goes on.
  void fetch_ahead(std::uint64_t entry_offset, Direction direction);
  /// True when the object at this offset begins in what read_apart() read last.
  [[nodiscard]] bool is_apart(std::uint64_t offset) const { return offset - apart_offset_ < apart_size_; }
  /// Tells that only the entry read last has the object at this offset: if it lies right before it, the next call reads that far.
  void widen_apart(std::uint64_t offset);

  /// Lets the kernel take back mapped pages (they stay cached); bounds our resident memory.
  void drop_pages() const;

 private:
  JournalFile() = default;
  [[nodiscard]] unitparser::Result<void> map(HeaderRule rule);
  [[nodiscard]] std::uint64_t apart_begin(std::uint64_t entry_offset) const;

  unitparser::UniqueFd fd_, packed_fd_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  void* base_ = nullptr;
  std::size_t mapped_ = 0;
  SigbusGuard guard_;
  FileView view_;
  EntryList entries_;
  std::unique_ptr<std::uint64_t[]> apart_;  ///< words, so that objects are aligned
  std::uint64_t apart_entry_ = 0, apart_offset_ = 0, apart_size_ = 0;
  std::uint64_t apart_before_ = 320, apart_after_ = 144;  ///< bytes to read before an entry, and from it on
  std::uint64_t fetched_begin_ = 0, fetched_end_ = 0;  ///< by fetch_ahead()
};

}  // namespace journal
