// Planned changes laid over another FileSource. [port]
#include "unitparser/load/overlay_files.h"

#include <algorithm>
#include <cerrno>

#include "unitparser/syntax/paths.h"

namespace unitparser {

std::optional<std::string> OverlayFiles::follow(std::string path) const {
  for (int hop = 0; hop < 32; ++hop) {
    const auto change = changes_.find(path);
    if (change == changes_.end()) return path;
    if (!change->second) return std::nullopt;
    path = resolve_path(directory_of(path), *change->second);
  }
  return std::nullopt;
}

Result<std::string> OverlayFiles::read(const std::string& path, std::size_t limit, FileStamp* stamp) {
  const auto real = follow(path);
  if (!real) return fail_errno(ENOENT, path);
  return below_->read(*real, limit, stamp);
}

Result<std::vector<DirectoryEntry>> OverlayFiles::list(const std::string& path) {
  Result<std::vector<DirectoryEntry>> below = below_->list(path);
  std::vector<DirectoryEntry> entries = below ? std::move(*below) : std::vector<DirectoryEntry>{};
  bool changed = false;
  for (auto change = changes_.lower_bound(path + "/"); change != changes_.end() && path_is_below(change->first, path); ++change) {
    const std::string rest = change->first.substr(path.size() + 1);
    const std::string name = rest.substr(0, rest.find('/'));
    const bool direct = name.size() == rest.size();
    if (direct && !change->second) {
      std::erase_if(entries, [&name](const DirectoryEntry& entry) { return entry.name == name; });
      changed = true;
    } else if (change->second) {
      changed = true;
      const bool known = std::any_of(entries.begin(), entries.end(), [&name](const DirectoryEntry& entry) { return entry.name == name; });
      if (!known) entries.push_back({name, direct ? FileKind::symlink : FileKind::directory});
    }
  }
  if (!below && !changed) return tl::unexpected(below.error());
  return entries;
}

Result<std::string> OverlayFiles::read_link(const std::string& path) {
  const auto change = changes_.find(path);
  if (change == changes_.end()) return below_->read_link(path);
  if (!change->second) return fail_errno(ENOENT, path);
  return *change->second;
}

FileStamp OverlayFiles::stamp(const std::string& path) {
  const auto real = follow(path);
  return real ? below_->stamp(*real) : FileStamp{};
}

FileStamp OverlayFiles::link_stamp(const std::string& path) {
  const auto change = changes_.find(path);
  if (change == changes_.end()) return below_->link_stamp(path);
  FileStamp stamp;
  if (change->second) stamp.kind = FileKind::symlink;
  return stamp;
}

}  // namespace unitparser
