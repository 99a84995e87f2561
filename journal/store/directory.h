// Folders of journal files on disk: listing, deleting, finding a machine's folders. [os: files]
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file/disk.h"
#include "journal/format/layout.h"
#include "journal/store/policy.h"
#include "unitparser/base/result.h"

namespace journal {

/// Visits the journal files directly in a folder ("*.journal", "*.journal~"), in the order that the folder has them (journalctl
/// lists values and headers so); none when it cannot be read. With what their names say, without looking at them.
void visit_names(const std::string& folder, const std::function<void(const StoredFile&)>& visit);
/// The same files with their sizes, those of their indexes included, and which are empty.
[[nodiscard]] std::vector<StoredFile> list_files(const std::string& folder);

/// A journal file's header and size, as far as they are there.
struct Glance {
  Header header = {};
  std::uint64_t size = 0;
};
/// Nothing when it cannot be read.
[[nodiscard]] std::optional<Glance> glance_at(const std::string& path);

/// What the index beside a journal file (query/message_index.h) is called.
inline constexpr std::string_view index_suffix = ".index";
[[nodiscard]] inline std::string index_path(const std::string& journal_path) { return journal_path + std::string(index_suffix); }

/// Bytes on disk of a journal file's index; 0 when it has none.
[[nodiscard]] std::uint64_t size_of_index(const std::string& journal_path);
/// Deletes the indexes in a folder whose journal files are gone: deleted by somebody who knows of no index.
void delete_orphaned_indexes(const std::string& folder, Disk& disk = Disk::real());

/// Deletes a journal file and the index that it may have; like unlink(2) of the file.
int delete_with_index(Disk& disk, const std::string& journal_path);

/// Size and free bytes of the file system that holds `path`.
struct FileSystemSpace {
  std::uint64_t size = 0, available = 0;
};
[[nodiscard]] FileSystemSpace file_system_space(const std::string& path);

/// One deleted file and the bytes that it gave back.
struct VacuumedFile {
  std::string path;
  std::uint64_t size = 0;
};
/// Deletes archived files of the folder, and their indexes, until the goal is reached; and indexes without a file.
std::vector<VacuumedFile> vacuum(const std::string& folder, const VacuumGoal& goal, Disk& disk = Disk::real());

/// Makes a folder and its parents; those that exist are fine.
[[nodiscard]] unitparser::Result<void> make_folders(const std::string& path, unsigned mode, Disk& disk = Disk::real());

/// Paths of the files in a folder whose names end so, sorted.
[[nodiscard]] std::vector<std::string> list_with_suffix(const std::string& folder, std::string_view suffix);

enum class Keep : std::uint8_t { in_cache, on_disk };
/// Replaces a file by one with this text; readers see the old or the new one, and after a power cut too where it is kept on
/// disk. False when that fails.
[[nodiscard]] bool write_whole_file(const std::string& path, std::string_view text, Keep keep = Keep::in_cache);

/// Reads a small file whole (at most `limit` bytes).
[[nodiscard]] unitparser::Result<std::string> read_small_file(const std::string& path, std::size_t limit = 65536);

}  // namespace journal
