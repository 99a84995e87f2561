// Checks one journal file object by object. [pure]
#pragma once

#include <cstdint>
#include <string>

#include "journal/file/reader.h"
#include "journal/format/sealing.h"

namespace journal {

/// First fault found in a file.
struct Fault {
  std::uint64_t offset = 0;
  std::string text;  ///< as journalctl --verify prints it, e.g. "Invalid hash (… vs. …)"
  bool in_object = false;  ///< the object itself is wrong, not its place among others
};

/// What a check of a whole file found. Times in microseconds since 1970; 0: there is none.
struct VerifyReport {
  bool passed = false;
  Fault fault;             ///< when not passed
  std::uint64_t size = 0;  ///< bytes that the file claims to use
  std::uint64_t first_realtime = 0, last_realtime = 0;  ///< of the entries
  std::uint64_t sealed_realtime = 0;                    ///< of the last entry that a checked seal covers
};

/// With what the seals of a file are checked.
struct SealCheck {
  VerificationKey key;
  SealSource source;
};

/// Checks all objects, chains and counts, and each seal where there is a key. Time and memory are linear in the file's size.
[[nodiscard]] VerifyReport verify_file(const JournalFile& file, const SealCheck* seals = nullptr);

/// True when a file that passed verify_file() may be appended to: where the header and the data say that their lists
/// end is where they end. (Readers do not use these numbers, so a check for readers does not look at them.)
[[nodiscard]] bool ends_agree(const JournalFile& file);

}  // namespace journal
