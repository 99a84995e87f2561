#include "journal/file/appender.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "journal/file/random_id.h"
#include "journal/format/compression.h"
#include "journal/format/hash.h"

namespace journal {
namespace {

using unitparser::Error;
using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr std::uint64_t smallest_file = 512ULL * 1024;
constexpr std::uint64_t largest_step = 8ULL * 1024 * 1024;
constexpr std::uint64_t compact_limit = UINT32_MAX;
constexpr std::uint64_t fewest_data_buckets = 2047;
constexpr std::uint64_t field_buckets = 333;
/// A chain this deep means that somebody makes keys collide; the next file has another key.
constexpr std::uint64_t deepest_good_chain = 100;

/// Buckets for the data of a file that may grow to `max_size`, one for each 576 bytes. A full file has somewhat more data than
/// buckets; the next file is due at half as many again.
std::uint64_t data_buckets_for(std::uint64_t max_size) {
  return std::max(max_size * 4 / 768 / 3, fewest_data_buckets);
}

/// An eighth of what is there already: a fraction, so that chains stay short, and a small one, because on average half of the last
/// array stays unused, in the list of each datum. Short lists grow by half, or the arrays' heads would take more than their items.
constexpr std::uint64_t new_array_capacity(std::uint64_t total) {
  constexpr std::uint64_t short_list = 64;
  return std::max<std::uint64_t>(4, total < short_list ? total / 2 : total / 8);
}

/// Deletes a file that did not come to be, whatever stopped it.
class HalfMadeFile {
 public:
  HalfMadeFile(Disk& disk, const std::string& path) : disk_(disk), path_(path) {}
  HalfMadeFile(const HalfMadeFile&) = delete;
  HalfMadeFile& operator=(const HalfMadeFile&) = delete;
  ~HalfMadeFile() {
    if (!kept_) disk_.unlink(path_);
  }
  void keep() { kept_ = true; }

 private:
  Disk& disk_;
  const std::string& path_;
  bool kept_ = false;
};

std::uint64_t latest = 0;  ///< generation

}  // namespace

Result<std::unique_ptr<Appender>> Appender::create(const std::string& path, const NewFileOptions& options,
                                                   const FileLimits& limits, CompressionPolicy compression, Disk& disk) {
  UniqueFd fd(disk.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NONBLOCK, options.mode));
  if (!fd) return fail_errno(errno, path);
  HalfMadeFile half_made(disk, path);
  auto file = TRY(create_in(std::move(fd), path, options, limits, compression, disk));
  half_made.keep();
  return file;
}

Result<std::unique_ptr<Appender>> Appender::create_in(UniqueFd fd, const std::string& path, const NewFileOptions& options, const FileLimits& limits,
                                                      CompressionPolicy compression, Disk& disk) {
  std::unique_ptr<Appender> file(new Appender(disk));
  file->fd_ = std::move(fd);
  file->path_ = path;
  file->limits_ = limits;
  file->compression_ = compression;
  file->compact_ = options.compact;
  file->generation_ = ++latest;
  file->sealer_ = options.sealer;
  Header header = {};
  header.compatible_flags = options.sealer != nullptr ? compatible::sealed : 0;
  header.signature = file_signature;
  // In use from its first byte on: no state of it on the disk says that it is whole before it is.
  header.state = static_cast<std::uint8_t>(FileState::online);
  header.incompatible_flags = (options.compact ? incompatible::compact : 0) | (options.keyed_hash ? incompatible::keyed_hash : 0) |
                              (compression.threshold != 0 ? incompatible::compressed_zstd : 0);
  header.file_id = TRY(random_id());
  header.machine_id = options.machine_id;
  header.tail_entry_boot_id = options.boot_id;
  header.seqnum_id = options.seqnum_id.is_null() ? header.file_id : options.seqnum_id;
  header.header_size = sizeof header;
  file->changed_ = true;
  const ssize_t n = disk.write(file->fd_.get(), &header, sizeof header, 0);
  if (n != static_cast<ssize_t>(sizeof header)) return fail_errno(n < 0 ? errno : ENOSPC, path);
  TRY(file->map(sizeof header));
  file->touch_single_pages();
  TRY(file->make_tables(data_buckets_for(limits.max_size), field_buckets));
  TRY(file->append_tag());
  return file;
}

Result<std::unique_ptr<Appender>> Appender::open(const std::string& path, const Id128& machine_id,
                                                 const FileLimits& limits, CompressionPolicy compression, Resume resume,
                                                 Disk& disk, const Sealer* sealer) {
  std::unique_ptr<Appender> file(new Appender(disk));
  file->fd_ = UniqueFd(disk.open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK, 0));
  if (!file->fd_) return fail_errno(errno, path);
  file->path_ = path;
  file->limits_ = limits;
  file->compression_ = compression;
  file->generation_ = ++latest;
  struct stat st = {};
  if (::fstat(file->fd_.get(), &st) < 0) return fail_errno(errno, path);
  if (!S_ISREG(st.st_mode)) return fail(ErrorCode::not_supported, path + ": not a file");
  if (static_cast<std::uint64_t>(st.st_size) < sizeof(Header)) return fail(ErrorCode::busy, path + ": too short");
  TRY(file->map(static_cast<std::uint64_t>(st.st_size)));
  const Header& header = *file->header_;
  if (header.header_size != sizeof(Header))
    return fail(ErrorCode::not_supported, path + ": written by another version");
  const bool has_seals = journal::is_sealed(header);
  if (has_seals && (sealer == nullptr || header.state == static_cast<std::uint8_t>(FileState::online)))
    return fail(ErrorCode::not_supported, path + ": sealed, and not to be gone on with");
  if (header.machine_id != machine_id) return fail(ErrorCode::not_supported, path + ": of another machine");
  if (header.state == static_cast<std::uint8_t>(FileState::archived))
    return fail(ErrorCode::invalid_argument, path + ": archived");
  if (header.state != static_cast<std::uint8_t>(FileState::offline) && resume == Resume::clean_files)
    return fail(ErrorCode::busy, path + ": not closed cleanly");
  if (header.header_size + header.arena_size > file->file_size_) return fail(ErrorCode::busy, path + ": shorter than it says");
  file->compact_ = file->view_.is_compact();
  std::uint64_t tail_size = 0;
  if (file->view_.data_hash_table().empty() || file->view_.field_hash_table().empty() ||
      file->view_.object(header.tail_object_offset, ObjectType::unused, tail_size) == nullptr)
    return fail(ErrorCode::busy, path + ": damaged");
  file->end_ = align8(header.tail_object_offset + tail_size);
  if (file->end_ > file->file_size_) return fail(ErrorCode::busy, path + ": damaged");
  if (has_seals) {
    // The next code begins where the last one ended: a file that was closed ends with a tag.
    const auto* tag = file->view_.bytes_at<TagObject>(header.tail_object_offset);
    if (tag == nullptr || tag->object.type != static_cast<std::uint8_t>(ObjectType::tag) || tag->epoch > sealer->epoch())
      return fail(ErrorCode::not_supported, path + ": sealed, and does not end with a seal of the past");
    file->sealer_ = sealer;
    file->sealed_end_ = file->end_;
  }
  file->changed_ = header.state != static_cast<std::uint8_t>(FileState::offline);
  TRY(file->clear_rest());
  file->touch_single_pages();
  const bool announces_zstd = (header.incompatible_flags & incompatible::compressed_zstd) != 0;
  if (has_seals && !announces_zstd) file->compression_.threshold = 0;  // the flags are sealed
  else if (compression.threshold != 0 && !announces_zstd) {
    TRY(file->mark_online());
    file->header_->incompatible_flags |= incompatible::compressed_zstd;
  }
  return file;
}

std::uint64_t Appender::latest_generation() { return latest; }

Appender::~Appender() {
  if (base_ != nullptr) {
    guard_.watch(nullptr, 0);
    ::munmap(base_, mapped_);
  }
}

Result<void> Appender::map(std::uint64_t file_size) {
  // Address space is free: map the largest size that the file may take once, and never move it.
  mapped_ = whole_pages(std::max({limits_.max_size, smallest_file, file_size}));
  void* base = disk_.map(mapped_, fd_.get());
  if (base == MAP_FAILED) return fail_errno(errno, path_);
  base_ = static_cast<std::uint8_t*>(base);
  guard_.watch(base_, mapped_);
  file_size_ = file_size;
  end_ = file_size;
  header_ = at<Header>(0);
  view_ = TRY(FileView::over({base_, file_size_}, HeaderRule::lenient));
  return {};
}

Result<void> Appender::grow(std::uint64_t needed_end) {
  // Grow in steps that follow the file's size: small logs in /run stay small, large files allocate seldom.
  const std::uint64_t step = std::clamp(file_size_ / 4, smallest_file, largest_step);
  std::uint64_t new_size = std::max((needed_end + step - 1) / step * step, smallest_file);
  new_size = std::min(new_size, mapped_);
  if (needed_end > new_size || needed_end > std::max(limits_.max_size, smallest_file))
    return fail(ErrorCode::too_big, path_ + ": the file is full");
  if (limits_.keep_free > 0 && file_size_ >= smallest_file) {
    struct statvfs fs = {};
    if (::fstatvfs(fd_.get(), &fs) == 0) {
      const std::uint64_t available = static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize;
      if (available < limits_.keep_free || available - limits_.keep_free < new_size - file_size_)
        return fail(ErrorCode::too_big, path_ + ": the file system's reserve is reached");
    }
  }
  // Blocks are allocated now, so that a full disk is an error here and not a SIGBUS later.
  if (disk_.extend(fd_.get(), file_size_, new_size) < 0) return fail_errno(errno, path_);
  file_size_ = new_size;
  header_->arena_size = new_size - sizeof(Header);
  view_.rebase({base_, file_size_});
  return {};
}

Result<std::uint64_t> Appender::append_object(ObjectType type, std::uint64_t size) {
  const std::uint64_t offset = end_;
  const std::uint64_t object_end = offset + align8(size);
  if (compact_ && object_end > compact_limit) return fail(ErrorCode::too_big, path_ + ": the file is full");
  const std::uint64_t needed_end = object_end + (type == ObjectType::tag ? 0 : tag_room());
  if (needed_end > file_size_) TRY(grow(needed_end));
  auto* object = at<ObjectHeader>(offset);
  object->type = static_cast<std::uint8_t>(type);
  object->flags = 0;
  object->size = size;
  header_->tail_object_offset = offset;
  ++header_->n_objects;
  end_ = object_end;
  return offset;
}

Result<void> Appender::make_tables(std::uint64_t data_buckets, std::uint64_t fields) {
  const auto make = [this](ObjectType type, std::uint64_t buckets, std::uint64_t& offset,
                           std::uint64_t& size) -> Result<void> {
    const std::uint64_t bytes = buckets * sizeof(HashItem);
    const std::uint64_t object = TRY(append_object(type, sizeof(ObjectHeader) + bytes));
    offset = object + sizeof(ObjectHeader);
    size = bytes;
    return {};
  };
  TRY(make(ObjectType::field_hash_table, fields, header_->field_hash_table_offset, header_->field_hash_table_size));
  return make(ObjectType::data_hash_table, data_buckets, header_->data_hash_table_offset,
              header_->data_hash_table_size);
}

std::uint64_t Appender::find_data(std::string_view payload, std::uint64_t hash) {
  const std::uint64_t buckets = header_->data_hash_table_size / sizeof(HashItem);
  const auto* table = at<HashItem>(header_->data_hash_table_offset);
  const std::uint64_t head = compact_ ? sizeof(DataObject) + sizeof(CompactDataTail) : sizeof(DataObject);
  std::uint64_t depth = 0;
  for (std::uint64_t offset = table[hash % buckets].head_hash_offset; offset != 0;) {
    if (offset % 8 != 0 || offset + head >= end_) return 0;
    const auto* object = at<DataObject>(offset);
    if (object->hash == hash) {
      if (object->object.flags == 0) {
        if (object->object.size == head + payload.size() &&
            std::memcmp(base_ + offset + head, payload.data(), payload.size()) == 0)
          return offset;
      } else if (const DataView data = view_.data(offset); data) {
        std::string expanded;
        if (decompress(compression_of_flags(data.flags), data.payload, expanded, payload.size() + 1) &&
            expanded == payload)
          return offset;
      }
    }
    const std::uint64_t next = object->next_hash_offset;
    if (next <= offset) break;
    offset = next;
    if (++depth > header_->data_hash_chain_depth) header_->data_hash_chain_depth = depth;
  }
  return 0;
}

Result<void> Appender::link_into_table(HashItem& bucket, std::uint64_t offset, ObjectType type) {
  const std::uint64_t tail = bucket.tail_hash_offset;
  std::uint64_t size = 0;
  if (tail != 0 && view_.object(tail, type, size) == nullptr) return fail(ErrorCode::io, path_ + ": damaged hash table");
  if (tail == 0 || bucket.head_hash_offset == 0) bucket.head_hash_offset = offset;
  else if (type == ObjectType::data) at<DataObject>(tail)->next_hash_offset = offset;
  else at<FieldObject>(tail)->next_hash_offset = offset;
  bucket.tail_hash_offset = offset;
  return {};
}

Result<std::uint64_t> Appender::intern_field(std::string_view name) {
  const std::uint64_t hash = view_.hash(name);
  const std::uint64_t buckets = header_->field_hash_table_size / sizeof(HashItem);
  const std::uint64_t bucket = hash % buckets;
  std::uint64_t depth = 0;
  for (std::uint64_t offset = at<HashItem>(header_->field_hash_table_offset)[bucket].head_hash_offset; offset != 0;) {
    std::string_view found;
    const FieldObject* field = view_.field(offset, found);
    if (field == nullptr) break;
    if (field->hash == hash && found == name) return offset;
    if (field->next_hash_offset <= offset) break;
    offset = field->next_hash_offset;
    if (++depth > header_->field_hash_chain_depth) header_->field_hash_chain_depth = depth;
  }
  const std::uint64_t offset = TRY(append_object(ObjectType::field, sizeof(FieldObject) + name.size()));
  auto* field = at<FieldObject>(offset);
  field->hash = hash;
  std::memcpy(base_ + offset + sizeof(FieldObject), name.data(), name.size());
  TRY(link_into_table(at<HashItem>(header_->field_hash_table_offset)[bucket], offset, ObjectType::field));
  ++header_->n_fields;
  return offset;
}

std::uint64_t Appender::look_ahead(std::string_view payload) const {
  const std::uint64_t hash = view_.hash(payload);
  const std::uint64_t buckets = header_->data_hash_table_size / sizeof(HashItem);
  __builtin_prefetch(base_ + header_->data_hash_table_offset + hash % buckets * sizeof(HashItem));
  return hash;
}

void Appender::look_farther(std::uint64_t hash) const {
  const std::uint64_t buckets = header_->data_hash_table_size / sizeof(HashItem);
  const std::uint64_t first = reinterpret_cast<const HashItem*>(base_ + header_->data_hash_table_offset)[hash % buckets].head_hash_offset;
  __builtin_prefetch(base_ + std::min(first, file_size_));
}

Result<DataHandle> Appender::intern(std::string_view payload) { return intern(payload, view_.hash(payload)); }

Result<DataHandle> Appender::intern(std::string_view payload, std::uint64_t hash) {
  // Keyed hashes differ between files, and the xor hash must not: it is always of Jenkins' hash.
  const std::uint64_t xor_part = view_.is_keyed() ? jenkins_hash64(payload.data(), payload.size()) : hash;
  if (const std::uint64_t found = find_data(payload, hash); found != 0) return DataHandle{found, xor_part};
  const std::size_t equals = payload.find('=');
  if (equals == std::string_view::npos || equals == 0) return fail(ErrorCode::invalid_argument, "field without '='");
  TRY(mark_online());
  std::string_view stored = payload;
  std::uint8_t flags = 0;
  if (compression_.threshold != 0 && payload.size() >= compression_.threshold && compress_zstd(payload, packed_)) {
    stored = packed_;
    flags = object_flag::compressed_zstd;
  }
  const std::uint64_t head = compact_ ? sizeof(DataObject) + sizeof(CompactDataTail) : sizeof(DataObject);
  const std::uint64_t offset = TRY(append_object(ObjectType::data, head + stored.size()));
  auto* data = at<DataObject>(offset);
  data->hash = hash;
  data->object.flags = flags;
  std::memcpy(base_ + offset + head, stored.data(), stored.size());
  const std::uint64_t buckets = header_->data_hash_table_size / sizeof(HashItem);
  TRY(link_into_table(at<HashItem>(header_->data_hash_table_offset)[hash % buckets], offset, ObjectType::data));
  ++header_->n_data;
  const std::uint64_t field = TRY(intern_field(payload.substr(0, equals)));
  data->next_field_offset = at<FieldObject>(field)->head_data_offset;
  at<FieldObject>(field)->head_data_offset = offset;
  return DataHandle{offset, xor_part};
}

Result<void> Appender::push_to_array(std::uint64_t& first_array, std::uint32_t* tail_array, std::uint32_t* tail_count,
                                     std::uint64_t total, std::uint64_t entry_offset) {
  const auto place_in = [this](std::uint64_t array, std::uint64_t i) { return array + sizeof(EntryArrayObject) + i * array_item_size(); };
  std::uint64_t last = 0;
  std::uint64_t used = total;
  if (tail_array != nullptr && *tail_array != 0) {
    last = *tail_array;
    used = *tail_count;
  } else {
    for (std::uint64_t array = first_array; array != 0;) {
      const EntryArrayView walked = view_.entry_array(array);
      if (!walked) return fail(ErrorCode::io, path_ + ": damaged entry array");
      last = array;
      const std::uint64_t next = walked.object->next_entry_array_offset;
      if (next <= array) break;
      used -= std::min(used, walked.capacity);
      array = next;
    }
  }
  if (last != 0) {
    const EntryArrayView tail = view_.entry_array(last);
    if (!tail) return fail(ErrorCode::io, path_ + ": damaged entry array");
    if (used < tail.capacity) {
      store_item(place_in(last, used), entry_offset);
      if (tail_array != nullptr) {
        *tail_array = static_cast<std::uint32_t>(last);
        *tail_count = static_cast<std::uint32_t>(used + 1);
      }
      return {};
    }
  }
  const std::uint64_t array = TRY(append_object(ObjectType::entry_array, size_of_new_array(total)));
  ++header_->n_entry_arrays;
  store_item(place_in(array, 0), entry_offset);
  if (last == 0) first_array = array;
  else at<EntryArrayObject>(last)->next_entry_array_offset = array;
  if (tail_array != nullptr) {
    *tail_array = static_cast<std::uint32_t>(array);
    *tail_count = 1;
  }
  return {};
}

std::uint64_t Appender::size_of_new_array(std::uint64_t total) const {
  return sizeof(EntryArrayObject) + new_array_capacity(total) * array_item_size();
}

std::uint64_t Appender::place_in_tail(std::uint64_t tail_array, std::uint64_t tail_count) const {
  // Asked for each datum of each entry. What is no array is left to push_to_array(), which looks closer.
  if (tail_array == 0 || tail_array % 8 != 0 || tail_array + sizeof(EntryArrayObject) > end_) return 0;
  const auto* tail = reinterpret_cast<const ObjectHeader*>(base_ + tail_array);
  const std::uint64_t place = tail_array + sizeof(EntryArrayObject) + tail_count * array_item_size();
  const std::uint64_t end = tail_array + std::min(tail->size, end_ - tail_array);
  return tail->type == static_cast<std::uint8_t>(ObjectType::entry_array) && place + array_item_size() <= end ? place : 0;
}

void Appender::store_item(std::uint64_t place, std::uint64_t entry_offset) {
  if (compact_) *at<std::uint32_t>(place) = static_cast<std::uint32_t>(entry_offset);
  else *at<std::uint64_t>(place) = entry_offset;
}

bool Appender::keeps_tail() const { return mapped_ <= compact_limit + 1; }

Result<void> Appender::link_entry(std::uint64_t entry_offset, std::uint64_t place, std::span<const DataHandle> data) {
  const auto push = [&](std::uint64_t at, std::uint64_t& first_array, std::uint32_t* tail_array, std::uint32_t* tail_count,
                        std::uint64_t total) -> Result<void> {
    if (at == 0) return push_to_array(first_array, tail_array, tail_count, total, entry_offset);
    store_item(at, entry_offset);
    ++*tail_count;
    return {};
  };
  TRY(push(place, header_->entry_array_offset, keeps_tail() ? &header_->tail_entry_array_offset : nullptr,
           keeps_tail() ? &header_->tail_entry_array_n_entries : nullptr, header_->n_entries));
  std::atomic_signal_fence(std::memory_order_seq_cst);
  ++header_->n_entries;
  for (const DataHandle& handle : data) {
    auto* object = at<DataObject>(handle.offset);
    if (object->n_entries == 0) {
      object->entry_offset = entry_offset;
    } else {
      auto* tail = compact_ ? at<CompactDataTail>(handle.offset + sizeof(DataObject)) : nullptr;
      TRY(push(handle.place, object->entry_array_offset, tail != nullptr ? &tail->tail_entry_array_offset : nullptr,
               tail != nullptr ? &tail->tail_entry_array_n_entries : nullptr, object->n_entries - 1));
    }
    std::atomic_signal_fence(std::memory_order_seq_cst);
    ++object->n_entries;
  }
  return {};
}

void Appender::look_up_places(std::span<DataHandle> data) const {
  for (DataHandle& handle : data) {
    const auto* tail = reinterpret_cast<const CompactDataTail*>(base_ + handle.offset + sizeof(DataObject));
    handle.place = compact_ ? place_in_tail(tail->tail_entry_array_offset, tail->tail_entry_array_n_entries) : 0;
  }
}

Result<void> Appender::append(const EntryStamp& stamp, std::vector<DataHandle>& data, std::uint64_t& seqnum) {
  if (data.empty()) return fail(ErrorCode::invalid_argument, "an entry needs at least one field");
  if (guard_.tripped()) return fail(ErrorCode::io, path_ + ": lost pages of the file");
  std::sort(data.begin(), data.end());
  data.erase(std::unique(data.begin(), data.end()), data.end());
  TRY(mark_online());

  // Room for everything first: an entry is linked whole or not made at all.
  const std::uint64_t item_size = compact_ ? sizeof(CompactEntryItem) : sizeof(RegularEntryItem);
  const std::uint64_t size = sizeof(EntryObject) + data.size() * item_size;
  std::uint64_t needed = align8(size);
  const std::uint64_t place = keeps_tail() ? place_in_tail(header_->tail_entry_array_offset, header_->tail_entry_array_n_entries) : 0;
  if (place == 0) needed += align8(size_of_new_array(header_->n_entries));
  for (DataHandle& handle : data) {
    if (handle.place == DataHandle::not_looked_up) look_up_places({&handle, 1});
    const std::uint64_t n_entries = at<DataObject>(handle.offset)->n_entries;
    if (handle.place == 0 && n_entries != 0) needed += align8(size_of_new_array(n_entries - 1));
  }
  needed += tag_room();
  if (end_ + needed > file_size_) TRY(grow(end_ + needed));

  const std::uint64_t offset = TRY(append_object(ObjectType::entry, size));
  auto* entry = at<EntryObject>(offset);
  seqnum = std::max(header_->tail_entry_seqnum, seqnum) + 1;
  std::uint64_t monotonic = stamp.monotonic;
  if (header_->n_entries > 0 && stamp.boot_id == header_->tail_entry_boot_id)
    monotonic = std::max(monotonic, header_->tail_entry_monotonic);
  entry->seqnum = seqnum;
  entry->realtime = stamp.realtime;
  entry->monotonic = monotonic;
  entry->boot_id = stamp.boot_id;
  std::uint8_t* item = base_ + offset + sizeof(EntryObject);
  std::uint64_t xor_hash = 0;
  for (const DataHandle& handle : data) {
    xor_hash ^= handle.xor_part;
    if (compact_) {
      const auto compact_item = static_cast<CompactEntryItem>(handle.offset);
      std::memcpy(item, &compact_item, sizeof compact_item);
    } else {
      const RegularEntryItem regular{handle.offset, at<DataObject>(handle.offset)->hash};
      std::memcpy(item, &regular, sizeof regular);
    }
    item += item_size;
  }
  entry->xor_hash = xor_hash;
  TRY(link_entry(offset, place, data));

  if (header_->head_entry_seqnum == 0) header_->head_entry_seqnum = seqnum;
  if (header_->head_entry_realtime == 0) header_->head_entry_realtime = stamp.realtime;
  header_->tail_entry_seqnum = seqnum;
  header_->tail_entry_realtime = stamp.realtime;
  header_->tail_entry_monotonic = monotonic;
  header_->tail_entry_boot_id = stamp.boot_id;
  cover_objects();
  return {};
}

void Appender::cover_objects() {
  if (sealer_ == nullptr || sealed_end_ == end_) return;
  if (seal_ == nullptr) seal_ = std::make_unique<SealRun>(sealer_->epoch(), sealer_->key());
  if (sealed_end_ == 0) {
    seal_->cover_header(*header_);
    sealed_end_ = sizeof(Header);
  }
  seal_->cover(view_, sealed_end_, end_);
  sealed_end_ = end_;
}

Result<void> Appender::append_tag() {
  if (sealer_ == nullptr) return {};
  if (guard_.tripped()) return fail(ErrorCode::io, path_ + ": lost pages of the file");
  cover_objects();
  if (seal_ == nullptr) return {};
  TRY(mark_online());
  const std::uint64_t offset = TRY(append_object(ObjectType::tag, sizeof(TagObject)));
  auto* tag = at<TagObject>(offset);
  tag->seqnum = ++header_->n_tags;
  tag->epoch = seal_->epoch();
  cover_objects();
  tag->tag = seal_->finish();
  seal_.reset();
  return {};
}

Result<void> Appender::clear_rest() {
  // Objects are made in place and count on zeros: what a crash left behind the end must not be taken over.
  std::uint8_t* const rest = base_ + end_;
  const std::uint64_t size = file_size_ - end_;
  const bool is_clear = std::all_of(rest, rest + size, [](std::uint8_t byte) { return byte == 0; });
  if (!is_clear) {
    TRY(mark_online());
    std::memset(rest, 0, size);
  }
  ::madvise(base_, mapped_, MADV_DONTNEED);  // looking at it is no reason to keep it in memory
  return {};
}

void Appender::touch_single_pages() {
  // What is read around a page comes in large pieces, each of which is written as a whole when a byte of it changes: a synced line
  // would cost three times the bytes.
  ::madvise(base_, mapped_, MADV_RANDOM);
  // Of the table alone every page will be looked at.
  ::posix_fadvise(fd_.get(), static_cast<off_t>(header_->data_hash_table_offset), static_cast<off_t>(header_->data_hash_table_size), POSIX_FADV_WILLNEED);
}

Result<void> Appender::mark_online() {
  changed_ = true;
  if (header_->state == static_cast<std::uint8_t>(FileState::online)) return {};
  header_->state = static_cast<std::uint8_t>(FileState::online);
  // The mark must be on the disk before any change that it announces: once for each opened file.
  if (disk_.sync(fd_.get()) == 0) return {};
  const int error = errno;
  header_->state = static_cast<std::uint8_t>(FileState::offline);
  return fail_errno(error, path_);
}

void Appender::give_back_pages() {
  ::madvise(base_, mapped_, MADV_DONTNEED);  // shared file pages: dirty ones stay in the page cache
}

void Appender::notify_followers() {
  // Stores through a mapping raise no inotify event; setting the length that the file has does.
  [[maybe_unused]] const int r = disk_.truncate(fd_.get(), file_size_);
}

Result<void> Appender::sync() {
  if (!changed_ && name_is_synced_) return {};
  if (guard_.tripped()) return fail(ErrorCode::io, path_ + ": lost pages of the file");
  if (disk_.sync(fd_.get()) < 0) return fail_errno(errno, path_);
  if (!name_is_synced_ && disk_.sync_folder(folder_of(path_)) < 0) return fail_errno(errno, folder_of(path_));
  name_is_synced_ = true;
  changed_ = false;
  return {};
}

Result<void> Appender::finish(FileState state) {
  TRY(append_tag());
  TRY(sync());
  if (header_->state == static_cast<std::uint8_t>(state)) return {};
  header_->state = static_cast<std::uint8_t>(state);
  if (disk_.sync(fd_.get()) < 0) return fail_errno(errno, path_);
  return {};
}

Result<void> Appender::archive(const std::string& new_path) {
  // Of a damaged file the end cannot be sealed, but out of the way it must be.
  [[maybe_unused]] const auto sealed = append_tag();
  // Somebody may have deleted the file under us: then there is nothing to name, and a new one is as welcome.
  if (disk_.rename(path_, new_path) < 0 && errno != ENOENT) return fail_errno(errno, path_);
  path_ = new_path;
  changed_ = true;
  name_is_synced_ = false;
  if (end_ < file_size_ && disk_.truncate(fd_.get(), end_) == 0) {
    file_size_ = end_;
    header_->arena_size = file_size_ - sizeof(Header);
    view_.rebase({base_, file_size_});
  }
  return {};
}

Result<void> finish_archived(Disk& disk, int fd, const std::string& path) {
  const auto state = static_cast<std::uint8_t>(FileState::archived);
  // Its name before its state: under its old name an archived file would be taken for a damaged one.
  if (disk.sync(fd) < 0 || disk.sync_folder(folder_of(path)) < 0) return fail_errno(errno, path);
  if (disk.write(fd, &state, 1, offsetof(Header, state)) != 1 || disk.sync(fd) < 0) return fail_errno(errno, path);
  return {};
}

bool Appender::rotation_suggested(std::uint64_t now_realtime, std::uint64_t max_age) const {
  const Header& h = *header_;
  if (guard_.tripped()) return true;
  if (h.n_data * 2 > h.data_hash_table_size / sizeof(HashItem) * 3) return true;
  if (h.n_fields * 4 > h.field_hash_table_size / sizeof(HashItem) * 3) return true;
  if (h.data_hash_chain_depth > deepest_good_chain || h.field_hash_chain_depth > deepest_good_chain) return true;
  return max_age > 0 && h.head_entry_realtime > 0 && now_realtime > h.head_entry_realtime &&
         now_realtime - h.head_entry_realtime > max_age;
}

}  // namespace journal
