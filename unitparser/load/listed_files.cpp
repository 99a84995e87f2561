// A FileSource that lists each folder once. [port]
#include "unitparser/load/listed_files.h"

#include <cerrno>

#include "unitparser/syntax/paths.h"

namespace unitparser {

const ListedFiles::Folder& ListedFiles::folder(const std::string& path) {
  const auto known = folders_.find(path);
  if (known != folders_.end()) return known->second;
  // A folder that its own folder does not have needs no look. The root folder ends the way up.
  const bool is_missing = path != "/" && !path.empty() && kind_of(path) == FileKind::missing;
  Folder& added = folders_.emplace(path, Folder{is_missing ? fail_errno(ENOENT, path) : source_->list(path), {}}).first->second;
  if (added.entries)
    for (const DirectoryEntry& entry : *added.entries) added.kinds.emplace(entry.name, entry.kind);
  return added;
}

FileKind ListedFiles::kind_of(const std::string& path) {
  if (!path.starts_with('/') || !is_normal_path(path)) return FileKind::other;  // not for us to take apart
  std::string parent(directory_of(path));
  if (parent.empty()) parent = "/";
  const Folder& above = folder(parent);
  // What cannot be listed may still be entered.
  if (!above.entries) return above.entries.error().os_errno == ENOENT || above.entries.error().os_errno == ENOTDIR ? FileKind::missing : FileKind::other;
  const auto found = above.kinds.find(file_name(path));
  return found == above.kinds.end() ? FileKind::missing : found->second;
}

Result<std::string> ListedFiles::read(const std::string& path, std::size_t limit, FileStamp* stamp) {
  if (kind_of(path) == FileKind::missing) return fail_errno(ENOENT, path);
  return source_->read(path, limit, stamp);
}
Result<std::vector<DirectoryEntry>> ListedFiles::list(const std::string& path) {
  if (kind_of(path) == FileKind::missing) return fail_errno(ENOENT, path);  // not worth to be remembered
  return folder(path).entries;
}
Result<std::string> ListedFiles::read_link(const std::string& path) {
  switch (kind_of(path)) {
    case FileKind::missing: return fail_errno(ENOENT, path);
    case FileKind::regular:
    case FileKind::directory: return fail_errno(EINVAL, path);  // no link
    default: return source_->read_link(path);
  }
}
FileStamp ListedFiles::stamp(const std::string& path) { return kind_of(path) == FileKind::missing ? FileStamp{} : source_->stamp(path); }
FileStamp ListedFiles::link_stamp(const std::string& path) { return kind_of(path) == FileKind::missing ? FileStamp{} : source_->link_stamp(path); }

}  // namespace unitparser
