// ListedFiles: a FileSource that lists each folder once and answers from the list what is not there. [port]
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "unitparser/load/file_source.h"

namespace unitparser {

/// For one look at many files: whoever tries a name in a dozen folders asks the system only for those that exist. A folder is
/// seen as it was when it was first asked for; contents are read when asked for.
class ListedFiles final : public FileSource {
 public:
  /// `source` must outlive this.
  explicit ListedFiles(FileSource& source) : source_(&source) {}

  [[nodiscard]] Result<std::string> read(const std::string& path, std::size_t limit, FileStamp* stamp = nullptr) override;
  [[nodiscard]] Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  [[nodiscard]] Result<std::string> read_link(const std::string& path) override;
  [[nodiscard]] FileStamp stamp(const std::string& path) override;
  [[nodiscard]] FileStamp link_stamp(const std::string& path) override;
  [[nodiscard]] FileKind link_kind(const std::string& path) override;

 private:
  struct Folder {
    Result<std::vector<DirectoryEntry>> entries;
    std::unordered_map<std::string_view, FileKind> kinds;  ///< keys point into `entries`
  };
  const Folder& folder(const std::string& path);
  /// Of the path itself, as its folder was; `other` also where no list tells.
  [[nodiscard]] FileKind kind_of(const std::string& path);
  [[nodiscard]] static FileKind kind_in(const Folder& folder, std::string_view name);

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  FileSource* source_;
  std::unordered_map<std::string, Folder, Hash, std::equal_to<>> folders_;
};

}  // namespace unitparser
