// Rebuilds a journal file from its complete entries: after a crash, or without those that are not wanted any more. [os: files]
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "journal/file/appender.h"
#include "journal/file/disk.h"
#include "journal/file/reader.h"
#include "unitparser/base/result.h"

namespace journal {

/// What was saved of a damaged file.
struct RecoveryReport {
  std::uint64_t kept = 0;  ///< entries in the file now
  std::uint64_t lost = 0;  ///< at most so many that were in it before
};

/// An entry that somewhere else tells of: what a file needs to get it again.
struct LoggedEntry {
  Id128 file_id;  ///< of the file that it was appended to
  std::uint64_t seqnum = 0;
  EntryStamp stamp;
  std::vector<std::string> payloads;
};
/// Of entries in the order of their numbers, those above `seqnum`.
[[nodiscard]] inline std::span<const LoggedEntry> logged_after(std::span<const LoggedEntry> entries, std::uint64_t seqnum) {
  return {std::ranges::upper_bound(entries, seqnum, {}, &LoggedEntry::seqnum), entries.end()};
}
/// Appends it, with its number, which must be higher than the last one of the file. Errors as Appender::append().
[[nodiscard]] unitparser::Result<void> append_logged(Appender& file, const LoggedEntry& entry);

/// Replaces the file at `path` by one that holds every complete entry of it, with the same sequence numbers and times,
/// and that is on the disk and in `state` before the old bytes go. `logged` entries, in the order of their numbers, come in between
/// where they are missing. Errors: io; not_found
/// when nothing of it had reached the disk; protocol when it is damaged so that no entry can be saved; not_supported when it is
/// sealed or packed.
[[nodiscard]] unitparser::Result<RecoveryReport> recover_file(const std::string& path,
                                                              FileState state = FileState::offline,
                                                              Disk& disk = Disk::real(),
                                                              std::span<const LoggedEntry> logged = {});

/// The same for a sound file, with only the entries that `wanted` says yes to. Files of the active name are not for this:
/// their writer would go on in the old one.
[[nodiscard]] unitparser::Result<RecoveryReport> rewrite_file(const std::string& path, FileState state,
                                                              const std::function<bool(const JournalFile&, std::uint64_t entry)>& wanted,
                                                              Disk& disk = Disk::real());

}  // namespace journal
