#include "journal/file/reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "journal/file/packed_file.h"
#include "journal/format/compression.h"

namespace journal {

using unitparser::Error;
using unitparser::ErrorCode;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

namespace {

/// The most that read_apart() reads on each side: new data are written right before the entry that they came with.
constexpr std::uint64_t most_apart = 512;

}  // namespace

bool EntryList::add_segment(const JournalFile& file, std::uint64_t offset, std::uint64_t first_index) {
  // Small arrays lie all over the file: they are read, since touching the mapping for each would cost more (as read_apart()).
  constexpr std::uint64_t most_items = 128;
  std::array<std::uint64_t, (sizeof(EntryArrayObject) / sizeof(std::uint64_t)) + most_items> copied;
  const std::uint64_t expected = segments_.empty() ? 4 : 2 * segments_.back().capacity;
  FileView view = file.view();
  if (expected <= most_items) view.set_window(offset, file.copy(offset, std::span(copied).first(copied.size() - most_items + expected)));
  const EntryArrayView array = view.entry_array(offset);
  if (!array) return false;
  segments_.push_back({offset, first_index, array.capacity, array.object->next_entry_array_offset});
  const bool is_full = first_index + array.capacity <= count_;
  if (known_.size() != first_index || array.capacity > most_items || !is_full) return true;
  for (std::uint64_t i = 0; i < array.capacity; ++i) known_.push_back(array.item(i));
  return true;
}

bool EntryList::extend(const JournalFile& file, std::uint64_t i) {
  if (known_.empty() && first_ != 0) known_.push_back(first_);
  for (;;) {
    if (segments_.empty()) {
      if (!add_segment(file, head_array_, known_.size())) return false;
      continue;
    }
    Segment& last = segments_.back();
    const std::uint64_t covered = last.first_index + last.capacity;
    if (i < covered) return true;
    if (last.next == 0) {  // the file may have grown
      const EntryArrayView again = file.view().entry_array(last.array_offset);
      if (again) last.next = again.object->next_entry_array_offset;
    }
    if (last.next <= last.array_offset) return false;  // chains only ever lead forward
    if (!add_segment(file, last.next, covered)) return false;
  }
}

std::uint64_t EntryList::at(const JournalFile& file, std::uint64_t i) {
  if (i >= count_) return 0;
  if (first_ != 0 && i == 0) return first_;
  if (i < known_.size()) return known_[i];
  if (segment_ >= segments_.size() || i - segments_[segment_].first_index >= segments_[segment_].capacity) {
    if (!extend(file, i)) return 0;
    const auto found = std::prev(std::upper_bound(segments_.begin(), segments_.end(), i,
                                                  [](std::uint64_t x, const Segment& s) { return x < s.first_index; }));
    segment_ = static_cast<std::size_t>(found - segments_.begin());
    if (i < known_.size()) return known_[i];
  }
  return file.view().entry_array_item(segments_[segment_].array_offset, i - segments_[segment_].first_index);
}

std::uint64_t EntryList::lower_bound(const JournalFile& file, std::uint64_t offset) {
  // Steps of one are the common case, short leaps the next: from the last answer outwards in doubling strides, then between
  // the last two. What is before `low` lies before the offset, what is at `high` does not.
  const auto is_before = [&](std::uint64_t i) {
    const std::uint64_t here = at(file, i);
    return here != 0 && here < offset;
  };
  std::uint64_t low = 0, high = count_, at_high = 0;
  if (hint_ < count_) {
    if (hint_offset_ != 0 ? hint_offset_ < offset : is_before(hint_)) {
      low = hint_ + 1;
      for (std::uint64_t stride = 1; low < count_; stride *= 2) {
        const std::uint64_t probe = low + std::min(stride, count_ - low) - 1;
        const std::uint64_t here = at(file, probe);
        if (here == 0 || here >= offset) {
          high = probe;
          at_high = here;
          break;
        }
        low = probe + 1;
      }
    } else {
      high = hint_;
      for (std::uint64_t stride = 1; high > 0; stride *= 2) {
        const std::uint64_t probe = high - std::min(stride, high);
        if (is_before(probe)) {
          low = probe + 1;
          break;
        }
        high = probe;
      }
    }
  }
  hint_ = partition_between(low, high, is_before);
  hint_offset_ = hint_ == high ? at_high : 0;
  return hint_;
}

std::uint64_t EntryList::nearest(const JournalFile& file, std::uint64_t offset, Direction direction) {
  const bool down = direction == Direction::down;
  const std::uint64_t index = lower_bound(file, down || offset == UINT64_MAX ? offset : offset + 1);
  if (!down) return index == 0 ? 0 : at(file, index - 1);
  if (hint_offset_ == 0) hint_offset_ = at(file, index);
  return hint_offset_;
}

int compare_locations(const EntryLocation& a, const EntryLocation& b) {
  const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
  const bool same_source = a.seqnum_id == b.seqnum_id;
  const bool same_boot = a.boot_id == b.boot_id;
  if (same_source && same_boot && a.seqnum == b.seqnum && a.monotonic == b.monotonic && a.realtime == b.realtime &&
      a.xor_hash == b.xor_hash)
    return 0;
  if (same_source)
    if (const int r = order(a.seqnum, b.seqnum); r != 0) return r;
  if (same_boot)
    if (const int r = order(a.monotonic, b.monotonic); r != 0) return r;
  if (const int r = order(a.realtime, b.realtime); r != 0) return r;
  return order(a.xor_hash, b.xor_hash);
}

Result<std::unique_ptr<JournalFile>> JournalFile::open(const std::string& path, HeaderRule rule) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail_errno(errno, path);
  if (!is_packed(path)) return open_fd(std::move(fd), path, rule);
  struct stat st = {};
  if (::fstat(fd.get(), &st) < 0) return fail_errno(errno, path);
  if (!S_ISREG(st.st_mode)) return tl::unexpected(Error{ErrorCode::protocol, EBADFD, path + ": not a file", {}});
  auto file = TRY(open_fd(TRY(unpack_file(fd.get(), path)), path, rule));
  file->packed_fd_ = std::move(fd);
  file->device_ = st.st_dev;
  file->inode_ = st.st_ino;
  return file;
}

Result<std::unique_ptr<JournalFile>> JournalFile::open_fd(UniqueFd fd, std::string path, HeaderRule rule) {
  std::unique_ptr<JournalFile> file(new JournalFile);
  struct stat st = {};
  if (::fstat(fd.get(), &st) < 0) return fail_errno(errno, path);
  if (!S_ISREG(st.st_mode)) return tl::unexpected(Error{ErrorCode::protocol, EBADFD, path + ": not a file", {}});
  file->fd_ = std::move(fd);
  file->path_ = std::move(path);
  file->device_ = st.st_dev;
  file->inode_ = st.st_ino;
  TRY(file->map(rule));
  file->entries_ = EntryList(0, file->header().entry_array_offset, file->header().n_entries);
  return file;
}

JournalFile::~JournalFile() {
  guard_.watch(nullptr, 0);
  if (base_ != nullptr) ::munmap(base_, mapped_);
}

Result<void> JournalFile::map(HeaderRule rule) {
  struct stat st = {};
  if (::fstat(fd_.get(), &st) < 0) return fail_errno(errno, path_);
  const auto size = static_cast<std::size_t>(st.st_size);
  if (size < minimum_header_size) return tl::unexpected(Error{ErrorCode::io, ENODATA, path_ + ": too short", {}});
  void* base = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd_.get(), 0);
  if (base == MAP_FAILED) return fail_errno(errno, path_);
  ::madvise(base, size, MADV_RANDOM);  // what is wanted is known better here: fetch_ahead()
  if (base_ != nullptr) {
    guard_.watch(nullptr, 0);
    ::munmap(base_, mapped_);
  }
  base_ = base;
  mapped_ = size;
  guard_.watch(base_, mapped_);
  view_ = TRY(FileView::over({static_cast<const std::uint8_t*>(base_), mapped_}, rule));
  return {};
}

std::uint64_t JournalFile::apart_begin(std::uint64_t entry_offset) const {
  return (entry_offset - std::min(entry_offset, apart_before_)) & ~std::uint64_t{7};
}

void JournalFile::widen_apart(std::uint64_t offset) {
  if (const std::uint64_t before = apart_entry_ - offset; before <= most_apart) apart_before_ = std::max(apart_before_, before);
}

bool JournalFile::read_apart(std::uint64_t entry_offset, Wait wait) {
  if (apart_ == nullptr) apart_ = std::make_unique<std::uint64_t[]>(2 * most_apart / sizeof(std::uint64_t) + 1);
  const std::uint64_t begin = apart_begin(entry_offset);
  const iovec target{apart_.get(), entry_offset - begin + apart_after_};
  const ssize_t n = ::preadv2(fd_.get(), &target, 1, static_cast<off_t>(begin), wait == Wait::never ? RWF_NOWAIT : 0);
  // Some file systems cannot tell; a short read has what is needed, or the mapping has.
  if (n < 0 && wait == Wait::never && errno == EAGAIN) return false;
  apart_entry_ = entry_offset;
  apart_offset_ = begin;
  apart_size_ = n < 0 ? 0 : static_cast<std::uint64_t>(n);
  view_.set_window(apart_offset_, {reinterpret_cast<const std::uint8_t*>(apart_.get()), apart_size_});
  std::uint64_t size = 0;
  if (view_.object(entry_offset, ObjectType::entry, size) != nullptr) apart_after_ = std::max(apart_after_, std::min(align8(size), most_apart));
  return true;
}

std::span<const std::uint8_t> JournalFile::copy(std::uint64_t offset, std::span<std::uint64_t> target) const {
  const ssize_t n = ::pread(fd_.get(), target.data(), target.size_bytes(), static_cast<off_t>(offset));
  return {reinterpret_cast<const std::uint8_t*>(target.data()), n < 0 ? 0 : static_cast<std::size_t>(n)};
}

void JournalFile::fetch(std::uint64_t offset, std::uint64_t size) const {
  // The kernel cuts each request to what the device reads ahead, and 128 KB is what one does that nobody has set otherwise.
  constexpr std::uint64_t most_at_once = 128ULL << 10;
  for (std::uint64_t done = 0; done < size; done += most_at_once)
    ::posix_fadvise(fd_.get(), static_cast<off_t>(offset + done), static_cast<off_t>(std::min(size - done, most_at_once)), POSIX_FADV_WILLNEED);
}

void JournalFile::fetch_apart(std::uint64_t entry_offset) const { fetch(apart_begin(entry_offset), apart_before_ + apart_after_); }

void JournalFile::fetch_ahead(std::uint64_t entry_offset, Direction direction) {
  constexpr std::uint64_t first_step = 128ULL << 10, largest_step = 4ULL << 20;
  const bool down = direction == Direction::down;
  const bool is_inside = entry_offset >= fetched_begin_ && entry_offset < fetched_end_;
  if (!is_inside) fetched_begin_ = fetched_end_ = entry_offset;
  const std::uint64_t done = fetched_end_ - fetched_begin_;
  const std::uint64_t left = down ? fetched_end_ - entry_offset : entry_offset - fetched_begin_;
  const std::uint64_t step = std::clamp(done, first_step, largest_step);
  if (left > step / 2) return;
  const std::uint64_t begin = down ? fetched_end_ : fetched_begin_ - std::min(fetched_begin_, step);
  fetch(begin, step);
  if (down) fetched_end_ += step;
  else fetched_begin_ = begin;
}

bool JournalFile::refresh() {
  view_.set_window(0, {});
  apart_entry_ = apart_size_ = 0;
  const std::uint64_t before = entries_.size();
  const std::uint64_t arena = header().arena_size;
  if (arena < UINT64_MAX / 2 && arena + view_.header_size() > mapped_) {
    struct stat st = {};
    if (::fstat(fd_.get(), &st) < 0 || static_cast<std::size_t>(st.st_size) <= mapped_) return false;
    const auto size = static_cast<std::size_t>(st.st_size);
    void* base = ::mremap(base_, mapped_, size, MREMAP_MAYMOVE);
    if (base == MAP_FAILED) return false;
    base_ = base;
    mapped_ = size;
    guard_.watch(base_, mapped_);
    view_.rebase({static_cast<const std::uint8_t*>(base_), mapped_});
  }
  const std::uint64_t now = header().n_entries;
  if (now <= before) return false;
  if (before == 0) entries_ = EntryList(0, header().entry_array_offset, now);
  entries_.grow(now);
  return true;
}

EntryList JournalFile::entries_of_data(std::uint64_t data_offset) const {
  const DataView data = view_.data(data_offset);
  if (!data || data.object->n_entries == 0 || data.object->entry_offset == 0) return {};
  return {data.object->entry_offset, data.object->entry_array_offset, data.object->n_entries};
}

void JournalFile::fetch_data(std::span<const std::string_view> payloads) const {
  const std::span<const HashItem> table = view_.data_hash_table();
  if (table.empty() || payloads.size() < 2) return;
  std::vector<const HashItem*> buckets;
  for (const std::string_view payload : payloads) {
    const std::uint64_t i = view_.hash(payload) % table.size();
    buckets.push_back(&table[i]);
    fetch(header().data_hash_table_offset + i * sizeof(HashItem), sizeof(HashItem));
  }
  for (const HashItem* bucket : buckets)
    if (bucket->head_hash_offset != 0) fetch(bucket->head_hash_offset, sizeof(DataObject));
}

EntryList JournalFile::entries_with(std::string_view payload) const {
  const std::uint64_t offset = view_.find_data(payload);
  return offset == 0 ? EntryList{} : entries_of_data(offset);
}

bool JournalFile::locate(std::uint64_t offset, EntryLocation& location) const {
  const EntryView entry = view_.entry(offset);
  if (!entry) return false;
  location = {offset,
              entry.object->seqnum,
              entry.object->realtime,
              entry.object->monotonic,
              entry.object->xor_hash,
              entry.object->boot_id,
              header().seqnum_id};
  return location.seqnum != 0;
}

std::string_view JournalFile::payload(std::uint64_t data_offset, std::string& scratch, std::uint64_t enough) const {
  const DataView data = view_.data(data_offset);
  if (!data) return {};
  const Compression kind = compression_of_flags(data.flags);
  if (kind == Compression::none) return (data.flags & object_flag::compressed_any) != 0 ? std::string_view{} : data.payload;
  if (!decompress(kind, data.payload, scratch, enough)) return {};
  return scratch;
}

void JournalFile::drop_pages() const {
  if (base_ != nullptr) ::madvise(base_, mapped_, MADV_DONTNEED);
}

}  // namespace journal
