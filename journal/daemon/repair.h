// What a run before left behind, perhaps because the power went: files to go on with, to mend, or to set aside. [os: files]
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/daemon/background_sync.h"
#include "journal/file/appender.h"
#include "journal/file/recovery.h"
#include "journal/store/write_ahead_log.h"

namespace journal {

/// What Repair::open() needs to go on with a file.
struct OpenOptions {
  FileLimits limits;
  CompressionPolicy compression;
  const Sealer* sealer = nullptr;
};

class Repair {
 public:
  /// `tell` is called with what was done: a priority, and text for the log.
  Repair(const Id128& machine_id, Disk& disk, std::function<void(int, std::string)> tell)
      : machine_id_(machine_id), disk_(disk), tell_(std::move(tell)) {}

  /// Takes note of the entries of a write-ahead log (store/write_ahead_log.h): the files get them again when they are mended.
  void read_log(const std::string& path);
  /// Archived files of a folder that were not on the disk when the power went: made whole again, or deleted when nothing is in them.
  /// What is still to be synced, as `kind`; `also_whole`: all others too.
  [[nodiscard]] std::vector<SyncItem> mend_archives(const std::string& folder, SyncItem::Kind kind, bool also_whole);
  /// The same for those files of the folder that the run before had open; they are on the disk then. After both the log is not needed
  /// any more, once what mend_archives() gave is synced too.
  void mend_open_files(const std::string& folder, const OpenOptions& options);

  /// A file to go on with, mended where that is needed and possible. Null when there is none, or was set aside: make a new one.
  [[nodiscard]] std::unique_ptr<Appender> open(const std::string& path, const OpenOptions& options);

 private:
  enum class Recovered : std::uint8_t { entries, nothing_there, failed, is_sealed };
  /// Keeps what can be kept of a file, or deletes it when none of it had reached the disk; tells which.
  Recovered recover(const std::string& path, FileState state);
  void set_aside(const std::string& path, std::string_view reason);
  [[nodiscard]] std::span<const LoggedEntry> logged_of(const Id128& file_id) const;

  Id128 machine_id_;
  Disk& disk_;
  std::function<void(int, std::string)> tell_;
  LoggedByFile logged_;
};

}  // namespace journal
