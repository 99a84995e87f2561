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
  // A name right below a folder that was listed is what is asked for nearly always.
  const std::size_t slash = path.rfind('/');
  const std::string_view name = std::string_view(path).substr(slash + 1);
  if (slash != std::string::npos && is_valid_file_name(name))
    if (const auto known = folders_.find(std::string_view(path).substr(0, slash)); known != folders_.end()) return kind_in(known->second, name);
  if (!path.starts_with('/') || !is_normal_path(path)) return FileKind::other;  // not for us to take apart
  std::string parent(directory_of(path));
  if (parent.empty()) parent = "/";
  return kind_in(folder(parent), file_name(path));
}

FileKind ListedFiles::kind_in(const Folder& folder, std::string_view name) {
  // What cannot be listed may still be entered.
  if (!folder.entries) return folder.entries.error().os_errno == ENOENT || folder.entries.error().os_errno == ENOTDIR ? FileKind::missing : FileKind::other;
  const auto found = folder.kinds.find(name);
  return found == folder.kinds.end() ? FileKind::missing : found->second;
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
FileKind ListedFiles::link_kind(const std::string& path) {
  const FileKind kind = kind_of(path);
  return kind == FileKind::other ? source_->link_kind(path) : kind;
}

}  // namespace unitparser
