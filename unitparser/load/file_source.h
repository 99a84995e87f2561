// FileSource: the narrow window through which unit files are found and read; no writing. [port]
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"

namespace unitparser {

enum class FileKind : std::uint8_t { missing, regular, directory, symlink, other };

/// Tells whether a file is still the one that was read. Two equal stamps: nothing changed.
struct FileStamp {
  /// False: changed so short a time before it was looked at that one more change could bear the same times. Equals nothing.
  bool settled = true;
  FileKind kind = FileKind::missing;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::uint64_t modified_nsec = 0;
  std::uint64_t changed_nsec = 0;
  friend bool operator==(const FileStamp& a, const FileStamp& b) {
    return a.settled && b.settled && a.kind == b.kind && a.device == b.device && a.inode == b.inode && a.size == b.size &&
           a.modified_nsec == b.modified_nsec && a.changed_nsec == b.changed_nsec;
  }
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::regular;  ///< of the entry itself: links are links
};

/// Reads below one root folder. Paths are absolute inside that root; links inside it cannot lead out.
class FileSource {
 public:
  virtual ~FileSource() = default;
  /// Content of a regular file, links followed; too_big above `limit` bytes. Never blocks on pipes and the like.
  /// `stamp`, where given, becomes that of the file, from before it was read.
  [[nodiscard]] virtual Result<std::string> read(const std::string& path, std::size_t limit, FileStamp* stamp = nullptr) = 0;
  /// Entries without "." and "..", in no order; links followed for the directory itself.
  [[nodiscard]] virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
  /// The text of a link.
  [[nodiscard]] virtual Result<std::string> read_link(const std::string& path) = 0;
  /// Stamp of what the path leads to; kind `missing` if it leads nowhere.
  [[nodiscard]] virtual FileStamp stamp(const std::string& path) = 0;
  /// Stamp of the path itself, not following a link at its end.
  [[nodiscard]] virtual FileStamp link_stamp(const std::string& path) = 0;
  /// Kind of the path itself, for those who need no more of its stamp.
  [[nodiscard]] virtual FileKind link_kind(const std::string& path) { return link_stamp(path).kind; }
};

/// Largest unit file or drop-in that is read.
inline constexpr std::size_t longest_unit_file = 16UL * 1024 * 1024;

/// The real one. `root` empty or "/": the whole machine; else all paths and links stay below it.
[[nodiscard]] std::unique_ptr<FileSource> make_disk_file_source(std::string_view root = {});

}  // namespace unitparser
