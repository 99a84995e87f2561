// Checks one journal file object by object, and rebuilds a damaged one from its complete entries. [os: files]
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "journal/file/disk.h"
#include "journal/file/reader.h"
#include "unitparser/base/result.h"

namespace journal {

/// First fault found in a file.
struct Fault {
  std::uint64_t offset = 0;
  std::string text;  ///< as journalctl --verify prints it, e.g. "Invalid hash (… vs. …)"
  bool in_object = false;  ///< the object itself is wrong, not its place among others
};

/// What a check of a whole file found.
struct VerifyReport {
  bool passed = false;
  Fault fault;             ///< when not passed
  std::uint64_t size = 0;  ///< bytes that the file claims to use
};

/// Checks all objects, chains and counts. Time and memory are linear in the file's size.
[[nodiscard]] VerifyReport verify_file(const JournalFile& file);

/// What was saved of a damaged file.
struct RecoveryReport {
  std::uint64_t kept = 0;  ///< entries in the file now
  std::uint64_t lost = 0;  ///< at most so many that were in it before
};

/// Replaces the file at `path` by one that holds every complete entry of it, with the same sequence numbers and times,
/// and that is on the disk and in `state` before the old bytes go. Errors: io; not_found
/// when nothing of it had reached the disk; protocol when it is damaged so that no entry can be saved.
[[nodiscard]] unitparser::Result<RecoveryReport> recover_file(const std::string& path,
                                                              FileState state = FileState::offline,
                                                              Disk& disk = Disk::real());

/// True when a file that passed verify_file() may be appended to: where the header and the data say that their lists
/// end is where they end. (Readers do not use these numbers, so a check for readers does not look at them.)
[[nodiscard]] bool ends_agree(const JournalFile& file);

}  // namespace journal
