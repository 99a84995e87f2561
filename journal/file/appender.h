// Writes one journal file: appends data, fields and entries to a mapped file, in an order that a reader can follow. [os: mmap]
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file/disk.h"
#include "journal/file/seal.h"
#include "journal/file/sigbus_guard.h"
#include "journal/format/object_view.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

/// Sizes that bound a file; all in bytes.
struct FileLimits {
  std::uint64_t max_size = 128ULL * 1024 * 1024;  ///< grow no further
  std::uint64_t keep_free = 0;                    ///< leave this much of the file system unused
};

/// How a new file is made.
struct NewFileOptions {
  Id128 machine_id;
  Id128 boot_id;
  Id128 seqnum_id;  ///< source of sequence numbers to go on with; null: the file's own id
  bool compact = true;
  bool keyed_hash = true;
  mode_t mode = 0640;
  const Sealer* sealer = nullptr;  ///< what the file is sealed with, as long as it is written; null: not sealed
};

/// Compression of payloads; 0 means never.
struct CompressionPolicy {
  std::uint64_t threshold = 512;
};

/// One data object of the file being written: valid for the appender that gave it, never for another one.
struct DataHandle {
  std::uint64_t offset = 0;
  std::uint64_t xor_part = 0;  ///< what this data adds to an entry's xor hash
  std::uint64_t place = not_looked_up;  ///< of the next entry in the data's list, by look_up_places(); 0: its last array has none
  static constexpr std::uint64_t not_looked_up = UINT64_MAX;
  bool operator<(const DataHandle& other) const { return offset < other.offset; }
  bool operator==(const DataHandle& other) const { return offset == other.offset; }
};

struct EntryStamp {
  std::uint64_t realtime = 0;   ///< microseconds
  std::uint64_t monotonic = 0;  ///< microseconds; raised to the file's last one of the same boot where it is below
  Id128 boot_id;
};

/// Which files may be gone on with.
enum class Resume : std::uint8_t {
  clean_files,    ///< those that were finished
  checked_files,  ///< those in use as well: the caller has checked that nothing is wrong with this one
};

class Appender {
 public:
  /// Makes the file (it must not exist). Errors: as open(2); io ENOSPC.
  [[nodiscard]] static unitparser::Result<std::unique_ptr<Appender>> create(const std::string& path,
                                                                            const NewFileOptions& options,
                                                                            const FileLimits& limits,
                                                                            CompressionPolicy compression,
                                                                            Disk& disk = Disk::real());
  /// Makes it in an empty file that is open already; `path`: what it is called in messages. Errors: io ENOSPC.
  [[nodiscard]] static unitparser::Result<std::unique_ptr<Appender>> create_in(unitparser::UniqueFd fd, const std::string& path,
                                                                               const NewFileOptions& options, const FileLimits& limits,
                                                                               CompressionPolicy compression, Disk& disk = Disk::real());
  /// Goes on with an existing file. Errors: busy (not closed cleanly: check or recover it first), not_supported (other
  /// format features, other machine, sealed and no `sealer` or not whole), invalid_argument (archived).
  [[nodiscard]] static unitparser::Result<std::unique_ptr<Appender>> open(const std::string& path,
                                                                          const Id128& machine_id,
                                                                          const FileLimits& limits,
                                                                          CompressionPolicy compression,
                                                                          Resume resume = Resume::clean_files,
                                                                          Disk& disk = Disk::real(),
                                                                          const Sealer* sealer = nullptr);
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  /// Leaves the file marked as in use: only finish() says that it is whole.
  ~Appender();

  /// The data object with this payload ("FIELD=value"), made when it is new. Errors: too_big (no room: rotate),
  /// io (disk full, or the file was damaged under us), invalid_argument (no '=').
  [[nodiscard]] unitparser::Result<DataHandle> intern(std::string_view payload);
  /// The same in steps, for several data at once: look_ahead() computes the hash, and it and look_farther() let the memory that
  /// intern() will look at come closer in the meantime.
  [[nodiscard]] std::uint64_t look_ahead(std::string_view payload) const;
  void look_farther(std::uint64_t hash) const;
  [[nodiscard]] unitparser::Result<DataHandle> intern(std::string_view payload, std::uint64_t hash);

  /// Does what append() does with these first: a part of it that memory can come closer in. Nothing may be appended before the entry.
  void look_up_places(std::span<DataHandle> data) const;

  /// Appends an entry of these data (sorted and made unique in place). `seqnum`: in the last number given out in this
  /// sequence, out the entry's. Errors as intern().
  [[nodiscard]] unitparser::Result<void> append(const EntryStamp& stamp, std::vector<DataHandle>& data,
                                                std::uint64_t& seqnum);

  /// Seals what was appended since the last seal, with the key of the sealer's epoch at that time: due before the sealer goes to
  /// another epoch. Does nothing in a file that is not sealed. Errors as intern().
  [[nodiscard]] unitparser::Result<void> append_tag();
  [[nodiscard]] bool is_sealed() const { return sealer_ != nullptr; }

  /// Tells followers (inotify) that entries were appended; once for each batch.
  void notify_followers();

  /// Lets the kernel have the mapped pages, which stay cached: what is idle takes no memory. Not to be done entry after entry:
  /// new data are linked to old ones all over the file, and each page of it would be mapped anew.
  void give_back_pages();

  /// Waits until everything appended so far, and the file's name, are on the disk.
  [[nodiscard]] unitparser::Result<void> sync();

  /// The end of writing: syncs, then marks the file clean (offline) or archived, and syncs that. In this order, so that
  /// after a power cut a file that says it is whole is whole.
  [[nodiscard]] unitparser::Result<void> finish(FileState state);

  /// Gives the file its archive's name and cuts unused space; does not wait for the disk. Still to be finished: by
  /// finish_archived() on a copy of its descriptor, perhaps in another thread.
  [[nodiscard]] unitparser::Result<void> archive(const std::string& new_path);

  /// True when the next entries belong into a new file: tables are full, chains are long, or the file is too old.
  /// `max_age` in microseconds, 0: any age.
  [[nodiscard]] bool rotation_suggested(std::uint64_t now_realtime, std::uint64_t max_age) const;

  [[nodiscard]] const Header& header() const { return *header_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Differs for every appender of this process, later ones have higher numbers: what handles are kept with.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// Of the last appender that was made.
  [[nodiscard]] static std::uint64_t latest_generation();
  /// True when the file was cut or its disk failed under the mapping: give it up.
  [[nodiscard]] bool is_damaged() const { return guard_.tripped(); }
  /// Bytes of the file in use.
  [[nodiscard]] std::uint64_t used_size() const { return end_; }
  [[nodiscard]] std::uint64_t file_size() const { return file_size_; }

 private:
  explicit Appender(Disk& disk) : disk_(disk) {}
  [[nodiscard]] unitparser::Result<void> map(std::uint64_t file_size);
  [[nodiscard]] unitparser::Result<void> grow(std::uint64_t needed_end);
  [[nodiscard]] unitparser::Result<std::uint64_t> append_object(ObjectType type, std::uint64_t size);
  [[nodiscard]] unitparser::Result<void> make_tables(std::uint64_t data_buckets, std::uint64_t field_buckets);
  [[nodiscard]] std::uint64_t find_data(std::string_view payload, std::uint64_t hash);
  [[nodiscard]] unitparser::Result<std::uint64_t> intern_field(std::string_view name);
  [[nodiscard]] unitparser::Result<void> link_entry(std::uint64_t entry_offset, std::uint64_t place, std::span<const DataHandle> data);
  /// Adds to a chain of arrays; `total` is the number of entries in the arrays before.
  [[nodiscard]] unitparser::Result<void> push_to_array(std::uint64_t& first_array, std::uint32_t* tail_array,
                                                       std::uint32_t* tail_count, std::uint64_t total,
                                                       std::uint64_t entry_offset);
  /// Bytes of the array that push_to_array() makes when the last one has no room.
  [[nodiscard]] std::uint64_t size_of_new_array(std::uint64_t total) const;
  /// Where the next item of a chain goes, as what is kept of its last array says; 0: that array is full, or none is known.
  [[nodiscard]] std::uint64_t place_in_tail(std::uint64_t tail_array, std::uint64_t tail_count) const;
  void store_item(std::uint64_t place, std::uint64_t entry_offset);
  [[nodiscard]] std::uint64_t array_item_size() const { return compact_ ? sizeof(std::uint32_t) : sizeof(std::uint64_t); }
  /// True when the header can say where the last array of all entries is: it has 32 bits for that. Larger files walk the chain.
  [[nodiscard]] bool keeps_tail() const;
  [[nodiscard]] unitparser::Result<void> link_into_table(HashItem& bucket, std::uint64_t offset, ObjectType type);
  [[nodiscard]] unitparser::Result<void> mark_online();
  /// Lets the seal cover all objects that are there.
  void cover_objects();
  /// Bytes kept free behind each object for the next tag.
  [[nodiscard]] std::uint64_t tag_room() const { return sealer_ != nullptr ? sizeof(TagObject) : 0; }
  [[nodiscard]] unitparser::Result<void> clear_rest();
  /// Has the kernel bring each page of the mapping for itself.
  void touch_single_pages();

  template <class T>
  T* at(std::uint64_t offset) {
    return reinterpret_cast<T*>(base_ + offset);
  }

  Disk& disk_;
  unitparser::UniqueFd fd_;
  std::string path_;
  FileLimits limits_;
  CompressionPolicy compression_;
  std::uint8_t* base_ = nullptr;
  std::uint64_t mapped_ = 0;
  std::uint64_t file_size_ = 0;
  std::uint64_t end_ = 0;      ///< where the next object goes
  Header* header_ = nullptr;
  FileView view_;
  bool compact_ = false;
  bool changed_ = false;          ///< since the last sync
  bool name_is_synced_ = false;   ///< the folder knows this file on the disk too
  std::uint64_t generation_ = 0;
  std::string packed_;
  const Sealer* sealer_ = nullptr;
  std::unique_ptr<SealRun> seal_;    ///< over the objects since the last tag; null: none yet
  std::uint64_t sealed_end_ = 0;     ///< of the objects that seals cover
  SigbusGuard guard_;
};

/// Finishes a file that was archived, through any descriptor of it: syncs it, marks it archived, syncs that and its name.
/// Errors: io.
[[nodiscard]] unitparser::Result<void> finish_archived(Disk& disk, int fd, const std::string& path);

}  // namespace journal
