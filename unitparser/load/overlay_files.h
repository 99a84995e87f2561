// OverlayFiles: a FileSource with planned changes of links laid over another one, so that a plan sees its own steps. [port]
#pragma once

#include <map>
#include <optional>
#include <string>

#include "unitparser/load/file_source.h"

namespace unitparser {

class OverlayFiles final : public FileSource {
 public:
  explicit OverlayFiles(FileSource& below) : below_(&below) {}

  void add_link(const std::string& path, std::string target) { changes_[path] = std::move(target); }
  void remove(const std::string& path) { changes_[path] = std::nullopt; }

  Result<std::string> read(const std::string& path, std::size_t limit, FileStamp* stamp = nullptr) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  Result<std::string> read_link(const std::string& path) override;
  FileStamp stamp(const std::string& path) override;
  FileStamp link_stamp(const std::string& path) override;

 private:
  /// The path with planned links followed; nothing if it was removed or goes in circles.
  [[nodiscard]] std::optional<std::string> follow(std::string path) const;
  FileSource* below_;
  std::map<std::string, std::optional<std::string>> changes_;  ///< link target, or nothing for "removed"
};

}  // namespace unitparser
