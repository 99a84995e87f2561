// How much room a journal folder may take and which archived files go first: decisions from sizes and times. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "journal/format/layout.h"

namespace journal {

inline constexpr std::uint64_t unset_size = UINT64_MAX;

/// SystemMaxUse= and its kin (or Runtime…), journald.conf(5). Bytes; unset_size: derive from the file system.
struct SpaceSettings {
  std::uint64_t max_use = unset_size;
  std::uint64_t keep_free = unset_size;
  std::uint64_t max_file_size = unset_size;
  std::uint64_t max_files = 100;
};

/// The same with everything decided for one file system.
struct SpaceRules {
  std::uint64_t max_use = 0, min_use = 0, keep_free = 0, max_file_size = 0, max_files = 100;
};

[[nodiscard]] SpaceRules resolve_rules(const SpaceSettings& settings, std::uint64_t file_system_size);

/// What a folder may still take.
struct SpaceState {
  std::uint64_t used = 0;       ///< by journal files
  std::uint64_t limit = 0;      ///< that journal files may use in all
  std::uint64_t available = 0;  ///< limit - used
  std::uint64_t disk_free = 0;  ///< on the file system
};
[[nodiscard]] SpaceState space_state(const SpaceRules& rules, std::uint64_t used, std::uint64_t disk_free);

/// One file of a journal folder.
struct StoredFile {
  std::string path;
  std::uint64_t size = 0;      ///< on disk, with its index
  std::uint64_t realtime = 0;  ///< of its first entry, from its name; 0 for active files
  std::uint64_t seqnum = 0;
  Id128 seqnum_id;             ///< source of that number; null: the name says none
  std::string stem;            ///< name up to the ".journal", or the last '@' when archived: "system", "user-1000", "unit-x@1.service"
  bool is_archived = false;
  bool is_empty = false;       ///< holds no entry: goes first
};

/// Reads an archived file's name ("system@ID-SEQNUM-TIME.journal", "system@TIME-RANDOM.journal~"), its stem too.
/// False for active files and other names.
bool parse_archived_name(std::string_view name, StoredFile& file);

/// What vacuuming is asked to reach; 0 means no such limit.
struct VacuumGoal {
  std::uint64_t max_use = 0;
  std::uint64_t max_files = 0;
  std::uint64_t oldest_realtime = 0;  ///< files whose first entry is older go
  std::string stem;                   ///< only files with this stem; empty: all
};
/// Indexes of the files to delete, oldest first. Active files count but are never deleted.
[[nodiscard]] std::vector<std::size_t> plan_vacuum(const std::vector<StoredFile>& files, const VacuumGoal& goal);

}  // namespace journal
