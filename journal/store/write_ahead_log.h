// The write-ahead log of a folder of journal files: entries that are on the disk here while the pages of their files, of which
// each entry changes a dozen, still wait. One page brings a few lines to the disk. [os: files]
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file/appender.h"
#include "journal/file/disk.h"
#include "journal/file/recovery.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

/// What the log is called in its folder.
inline constexpr std::string_view write_ahead_log_name = "incipit.wal";

/// The entries of the log at `path`, in the order they were added; none where there is no log. What was being written when the power
/// went, and what an earlier run left behind it, is not among them.
[[nodiscard]] std::vector<LoggedEntry> read_write_ahead_log(const std::string& path);
/// The same of the log's bytes.
[[nodiscard]] std::vector<LoggedEntry> parse_write_ahead_log(std::string_view bytes);
/// Of each file its entries, in the order of their numbers.
using LoggedByFile = std::map<Id128, std::vector<LoggedEntry>>;
[[nodiscard]] LoggedByFile by_file(std::vector<LoggedEntry> entries);
/// What a reader of the folder needs beside its files: those entries of its log that they lack, as journal files in memory. There are some only
/// after a power cut, and until the daemon that wrote the log runs again.
[[nodiscard]] std::vector<unitparser::UniqueFd> files_of_missing_entries(const std::string& folder);
/// The entries in a batch, without its head. What follows one that is not whole is left out.
void parse_batch(std::string_view bytes, std::vector<LoggedEntry>& entries);

/// Entries on their way into the log, in one piece.
struct LogBatch {
  std::string bytes;
  std::uint64_t at = 0;  ///< place in the log
};
/// Brings a batch to the disk. Errors: io.
[[nodiscard]] unitparser::Result<void> write_batch(Disk& disk, int fd, const LogBatch& batch);

/// The writer's side. An entry is added when it was appended to its file; writing take_batch() is a sync. At last the files are
/// synced themselves, and the log begins anew. That is also how it starts: incomplete, until the files were synced.
class WriteAheadLog {
 public:
  /// Opens the log, made where there is none, to be written from its beginning: what is in it must be on the disk elsewhere.
  /// Errors: as open(2); io ENOSPC.
  [[nodiscard]] static unitparser::Result<std::unique_ptr<WriteAheadLog>> open(const std::string& path, Disk& disk);

  /// Adds an entry. More than fits makes the log incomplete. Allocates nothing.
  void add(const Id128& file_id, std::uint64_t seqnum, const EntryStamp& stamp, std::span<const std::string_view> payloads);
  /// An entry was appended that is not in the log, or a batch did not get to the disk.
  void give_up();
  /// True when all that was appended since the files were last synced is in the log, or was taken as a batch.
  [[nodiscard]] bool is_complete() const { return is_complete_; }
  /// What was added since the last batch; empty bytes when nothing was.
  [[nodiscard]] LogBatch take_batch();

  /// The files begin to be synced: what was added until now need not be written here any more.
  void files_sync_begins();
  /// They are synced: the next batch goes to the beginning.
  void files_are_synced();

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit WriteAheadLog(unitparser::UniqueFd fd) : fd_(std::move(fd)) {}
  unitparser::UniqueFd fd_;
  Id128 run_;               ///< of batches that belong together: those since the log began anew
  std::uint64_t place_ = 0; ///< of the next batch
  std::string entries_;     ///< what was added since the last batch
  bool is_complete_ = false;
};

}  // namespace journal
