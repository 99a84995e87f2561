// The daemon's files: which one an entry goes to, rotation, vacuum, flush from /run to /var, syncing. [os: files]
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/daemon/config.h"
#include "journal/daemon/paths.h"
#include "journal/daemon/repair.h"
#include "journal/daemon/syncer.h"
#include "journal/file/appender.h"
#include "journal/file/seal.h"
#include "journal/store/policy.h"
#include "unitparser/base/result.h"

namespace journal {

/// Payloads that many entries have in common, with their places in the file that they were last written to.
class SharedFields {
 public:
  void set(std::vector<std::string> payloads) {
    payloads_ = std::move(payloads);
    generation_ = 0;
  }
  [[nodiscard]] const std::vector<std::string>& payloads() const { return payloads_; }
  /// Adds the handles in that file. Errors as Appender::intern().
  [[nodiscard]] unitparser::Result<void> collect(Appender& file, std::vector<DataHandle>& handles);

 private:
  std::vector<std::string> payloads_;
  std::uint64_t generation_ = 0;
  std::vector<DataHandle> handles_;
};

/// Files of a unit's own, for units with limits of their own: what such a unit writes pushes out nobody else's lines.
struct OwnFiles {
  std::string name;             ///< "unit-NAME": the files' stem
  std::uint64_t max_use = 0;    ///< bytes, LogMaxUse=; 0: as all
  std::uint64_t retention = 0;  ///< microseconds, LogRetention=; 0: as all
  bool operator==(const OwnFiles&) const = default;
};

/// What Storage::expect() found out of a datum that will be written.
struct ExpectedDatum {
  std::uint64_t generation = 0;  ///< of the appender whose file the hash is for; 0: nothing was found out
  std::uint64_t hash = 0;
};

/// One entry on its way into a file.
struct PendingEntry {
  std::span<const std::string_view> fields;
  std::span<SharedFields* const> shared;
  uid_t owner = 0;  ///< whose journal it belongs to
  bool is_urgent = false;
  const OwnFiles* own = nullptr;  ///< where the unit has files of its own
  ExpectedDatum expected;         ///< of the first field
};

/// What became of an entry.
enum class Written : std::uint8_t {
  stored,
  not_wanted,  ///< Storage=none
  no_room,     ///< no file would take it: disk full, broken, read-only, or the entry is larger than any file
};

/// Something that the storage did and that the log should tell: text, and MESSAGE_ID where there is one.
struct StorageNotice {
  int priority = 6;
  std::string message_id;
  std::string message;
  std::vector<std::string> fields;
};

class Storage {
 public:
  Storage(const DaemonConfig& config, DaemonPaths paths, const Id128& machine_id, const Id128& boot_id,
          Disk& disk = Disk::real());

  /// Opens the files that the configuration asks for, given what is there.
  void open();
  /// Tells of a datum that one of the next entries has: the memory that write() will look for it in comes closer meanwhile.
  [[nodiscard]] ExpectedDatum expect(std::string_view payload) const;
  /// Appends; on a full or damaged file rotates and tries again once.
  [[nodiscard]] Written write(const EntryStamp& stamp, const PendingEntry& entry);
  /// Tells followers of everything that was written to since the last call.
  void notify_followers();

  /// Moves what is in /run to /var, if storage allows it (journalctl --flush).
  void flush_to_var();
  /// Goes back to /run (journalctl --relinquish-var).
  void relinquish_var();
  void rotate();
  void vacuum();
  /// Waits until everything that was stored is on disk. False when the disk refused: a notice says so, and it is tried
  /// again at sync_due().
  bool sync();
  /// Lets the kernel have the pages of the files that are mapped.
  void give_back_pages();
  /// Syncs and marks all files as whole: the end of a run.
  void close();
  /// Starts writing everything to disk without waiting for it; the next look at sync_due() says when to ask again.
  void sync_in_background();
  /// Whether that still goes on.
  [[nodiscard]] bool is_syncing() const { return syncer_.is_busy(); }
  /// When sync_in_background() is due, on the monotonic clock in microseconds; 0: nothing to sync.
  [[nodiscard]] std::uint64_t sync_due() const { return syncer_.due(); }

  /// Bytes that may still be used; scales the rate limits.
  [[nodiscard]] std::uint64_t available_space();
  [[nodiscard]] bool is_persistent() const { return system_ != nullptr; }
  [[nodiscard]] std::uint64_t last_seqnum() const { return seqnum_; }
  /// Of the last entry written; one with a lower time would start new files.
  [[nodiscard]] std::uint64_t last_realtime() const { return last_realtime_; }

  /// What happened since the last call, oldest first.
  [[nodiscard]] std::vector<StorageNotice> take_notices() { return std::exchange(notices_, {}); }
  /// Adds the notice about a folder's size, as at start.
  void describe_space();

 private:
  enum class Area : std::uint8_t { runtime, system };
  struct OpenFile {
    std::unique_ptr<Appender> appender;
    bool touched = false;  ///< written to since followers were told
    std::uint64_t last_used = 0;
    OwnFiles own;          ///< of a unit with limits of its own
  };
  using Files = std::map<std::string, std::unique_ptr<OpenFile>>;  ///< by stem: "system", "user-1000", "unit-a.service"

  [[nodiscard]] std::unique_ptr<OpenFile> open_file(const std::string& name, Area area, const OwnFiles& own = {});
  [[nodiscard]] unitparser::Result<std::unique_ptr<Appender>> create_appender(const std::string& path, const Id128& seqnum_id,
                                                                              const FileLimits& limits, Area area);
  void open_sealer();
  /// Before an entry of that time is written: lets seals follow the sealing key through its epochs. Entries that no seal can cover,
  /// older than the key's epoch, go to files without seals.
  void keep_seals(std::uint64_t realtime);
  [[nodiscard]] const Sealer* sealer_for(Area area) const { return area == Area::system && seals_ ? &*sealer_ : nullptr; }
  [[nodiscard]] bool may_persist() const;
  void open_system(bool even_without_flag);
  /// Brings what is in the write-ahead log into its files, and opens it anew.
  void open_log();
  void close_system();
  void open_runtime();
  OpenFile* file_for(const PendingEntry& entry);
  OpenFile* named_file(const std::string& name, const OwnFiles& own);
  void close_file(OpenFile& file);
  void drop_least_used();
  [[nodiscard]] unitparser::Result<void> append_to(OpenFile& file, const EntryStamp& stamp, const PendingEntry& entry);
  /// Gives a file its archive's name; false when it keeps its own.
  bool archive_file(OpenFile& file, const std::string& name, Area area);
  void rotate_file(std::unique_ptr<OpenFile>& file, const std::string& name, Area area);
  void rotate_one(OpenFile& file);
  void grant_read(int fd, uid_t uid);
  [[nodiscard]] std::optional<std::uint64_t> copy_runtime_to_system();
  [[nodiscard]] const SpaceRules& rules(Area area);
  [[nodiscard]] FileLimits limits_of(Area area, const OwnFiles& own);
  [[nodiscard]] const std::string& folder(Area area) const {
    return area == Area::system ? paths_.system_store : paths_.runtime_store;
  }
  [[nodiscard]] SyncItem::Kind archived_kind(Area area) const {
    return area == Area::system && config_.pack_archives ? SyncItem::Kind::packed : SyncItem::Kind::archived;
  }
  [[nodiscard]] Area current_area() const { return system_ ? Area::system : Area::runtime; }
  void notice(int priority, std::string message);
  template <class Visit>
  void for_each_file(Visit visit);
  [[nodiscard]] std::vector<Appender*> files_on_disk();

  const DaemonConfig& config_;
  DaemonPaths paths_;
  Id128 machine_id_, boot_id_;
  Disk& disk_;
  std::optional<Sealer> sealer_;  ///< of the files in /var; empty: no key, or it cannot be used any more
  bool seals_ = false;            ///< new files are sealed
  bool seal_failed_ = false;
  std::unique_ptr<OpenFile> runtime_, system_;
  Files others_;  ///< in the folder of the current area
  SpaceRules runtime_rules_, system_rules_;
  std::uint64_t seqnum_ = 0;
  std::uint64_t last_realtime_ = 0;
  std::uint64_t failed_rotation_ = 0;  ///< when a new file did not take an entry either
  std::uint64_t uses_ = 0;
  std::uint64_t space_checked_ = 0, space_available_ = 0;
  Repair repair_;
  Syncer syncer_;  ///< of the files in /var
  std::vector<DataHandle> handles_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::string_view> payloads_;  ///< of the entry that is being appended, when the write-ahead log wants it
  std::vector<StorageNotice> notices_;
};

}  // namespace journal
