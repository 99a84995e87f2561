// Brings what was appended to the disk: when that is due, and whether the write-ahead log or the files are written. [os: files]
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/daemon/background_sync.h"
#include "journal/daemon/config.h"
#include "journal/file/appender.h"
#include "journal/store/write_ahead_log.h"

namespace journal {

/// Of the files in one folder on a disk. Those that are open are given with each sync.
class Syncer {
 public:
  using Files = std::span<Appender* const>;

  /// `tell` is called with what went wrong: a priority, and text for the log.
  Syncer(const DaemonConfig& config, Disk& disk, std::function<void(int, std::string)> tell)
      : config_(config), disk_(disk), tell_(std::move(tell)), background_(disk) {}

  /// Writes a write-ahead log from here on; what is in it must be in the files again. Without one each sync writes the files.
  void open_log(const std::string& path);
  void close_log() { log_.reset(); }
  /// Whether the next entry's payloads are wanted by entry_appended().
  [[nodiscard]] bool wants_payloads() const { return log_ && log_->is_complete(); }

  /// An entry was appended to a file of the folder.
  void entry_appended(const Appender& file, std::uint64_t seqnum, const EntryStamp& stamp, std::span<const std::string_view> payloads);
  /// A sync is due after SyncIntervalSec= at the latest; `soon`: after UrgentSyncIntervalSec=.
  void want();
  void want_soon();
  /// Files that are not open any more and not on the disk yet.
  void take_over(SyncItem item);

  /// Waits until everything that was appended is on the disk. False when the disk refused: it was told why, and it is tried again
  /// when sync_in_background() is due.
  bool sync(Files files);
  /// The same, with the files themselves.
  bool sync_files(Files files);
  /// Starts to bring it there without waiting.
  void sync_in_background(Files files);
  /// Whether that still goes on.
  [[nodiscard]] bool is_busy() const { return background_.is_busy(); }
  /// When sync_in_background() is due, on the monotonic clock in microseconds; 0: nothing to sync.
  [[nodiscard]] std::uint64_t due() const { return due_ != 0 && files_due_ != 0 ? std::min(due_, files_due_) : std::max(due_, files_due_); }

 private:
  /// Whether writing the log's next batch makes everything that was appended safe.
  [[nodiscard]] bool can_sync_log() const { return log_ && log_->is_complete() && closed_.empty() && !background_.is_busy(); }
  [[nodiscard]] bool sync_log();
  void files_sync_begins();
  void files_are_synced();
  /// Takes note of how the last background sync went, if it is over; false when it failed.
  bool settle_background();

  const DaemonConfig& config_;
  Disk& disk_;
  std::function<void(int, std::string)> tell_;
  std::unique_ptr<WriteAheadLog> log_;  ///< null: none
  std::vector<SyncItem> closed_;        ///< by take_over()
  BackgroundSync background_;
  enum class Background : std::uint8_t { nothing, log, files } in_background_ = Background::nothing;
  std::uint64_t due_ = 0;                 ///< of the log, or of the files where that is not enough
  std::uint64_t files_due_ = 0;           ///< of the files
  std::uint64_t syncing_generation_ = 0;  ///< of the latest file that the last sync of the files reached
  std::uint64_t synced_generation_ = 0;   ///< of the latest file whose name and head are on the disk
};

}  // namespace journal
