#include "journal/store/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "journal/file/packed_file.h"
#include "journal/format/layout.h"
#include "unitparser/base/fd.h"

namespace journal {

using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

namespace {

/// Number of entries from the header; a file that is no journal counts as not empty, so that nobody deletes it.
bool has_no_entries(const std::string& path) {
  const auto seen = glance_at(path);
  if (!seen || seen->size == 0) return seen.has_value();
  return seen->size >= minimum_header_size && seen->header.signature == file_signature && seen->header.n_entries == 0;
}

}  // namespace

std::optional<Glance> glance_at(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  Glance seen;
  struct stat st = {};
  if (!fd || ::fstat(fd.get(), &st) < 0 || ::pread(fd.get(), &seen.header, sizeof seen.header, 0) < 0) return {};
  seen.size = static_cast<std::uint64_t>(st.st_size);
  return seen;
}

void visit_names(const std::string& folder, const std::function<void(const StoredFile&)>& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  StoredFile file;
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    std::string_view name = entry->d_name;
    if (!name.ends_with(".journal") && !name.ends_with(".journal~") && !is_packed(name)) continue;
    if (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN) continue;
    file.seqnum_id = {};
    file.realtime = file.seqnum = 0;
    file.path.assign(folder).append("/").append(name);
    if (is_packed(name)) name.remove_suffix(packed_suffix.size());
    file.is_archived = parse_archived_name(name, file);
    if (!file.is_archived) file.stem = name.substr(0, name.rfind(".journal"));
    visit(file);
  }
}

std::vector<StoredFile> list_files(const std::string& folder) {
  std::vector<StoredFile> files;
  visit_names(folder, [&files](const StoredFile& named) {
    struct stat st = {};
    if (::lstat(named.path.c_str(), &st) < 0 || !S_ISREG(st.st_mode)) return;
    StoredFile& file = files.emplace_back(named);
    file.size = static_cast<std::uint64_t>(st.st_blocks) * 512;
    if (file.is_archived) file.size += size_of_index(file.path);
    file.is_empty = file.is_archived && has_no_entries(file.path);
  });
  return files;
}

std::uint64_t size_of_index(const std::string& journal_path) {
  struct stat st = {};
  return ::lstat(index_path(journal_path).c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_blocks) * 512 : 0;
}

void delete_orphaned_indexes(const std::string& folder, Disk& disk) {
  for (const std::string& path : list_with_suffix(folder, index_path(".journal")))
    if (::access(path.substr(0, path.size() - index_suffix.size()).c_str(), F_OK) < 0 && errno == ENOENT) disk.unlink(path);
}

int delete_with_index(Disk& disk, const std::string& journal_path) {
  const int result = disk.unlink(journal_path);
  const int error = errno;
  if (result == 0) disk.unlink(index_path(journal_path));  // which most have not
  errno = error;
  return result;
}

FileSystemSpace file_system_space(const std::string& path) {
  struct statvfs fs = {};
  if (::statvfs(path.c_str(), &fs) < 0) return {};
  return {static_cast<std::uint64_t>(fs.f_blocks) * fs.f_frsize, static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize};
}

std::vector<VacuumedFile> vacuum(const std::string& folder, const VacuumGoal& goal, Disk& disk) {
  delete_orphaned_indexes(folder, disk);
  const std::vector<StoredFile> files = list_files(folder);
  std::vector<VacuumedFile> gone;
  for (const std::size_t i : plan_vacuum(files, goal))
    if (delete_with_index(disk, files[i].path) == 0) gone.push_back({files[i].path, files[i].size});
  return gone;
}

Result<void> make_folders(const std::string& path, unsigned mode, Disk& disk) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (disk.make_folder(part, mode) < 0 && errno != EEXIST) return fail_errno(errno, part);
    if (end == std::string::npos) return {};
  }
}

std::vector<std::string> list_with_suffix(const std::string& folder, std::string_view suffix) {
  std::vector<std::string> paths;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr)
    if (const std::string_view name = entry->d_name; name.size() > suffix.size() && name.ends_with(suffix))
      paths.push_back(folder + "/" + std::string(name));
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool write_whole_file(const std::string& path, std::string_view text, Keep keep) {
  const std::string temporary = folder_of(path) + "/.#" + path.substr(path.rfind('/') + 1);
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const bool syncs = keep == Keep::on_disk;
  if (fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      (!syncs || ::fsync(fd.get()) == 0) && ::rename(temporary.c_str(), path.c_str()) == 0)
    return !syncs || Disk::real().sync_folder(folder_of(path)) == 0;
  ::unlink(temporary.c_str());
  return false;
}

Result<std::string> read_small_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return fail_errno(errno, path);
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    if (before >= limit) break;
    text.resize(std::min(limit, before + 4096));
    const ssize_t n = ::read(fd.get(), text.data() + before, text.size() - before);
    if (n < 0 && errno == EINTR) {
      text.resize(before);
      continue;
    }
    if (n < 0) return fail_errno(errno, path);
    text.resize(before + static_cast<std::size_t>(n));
    if (n == 0) break;
  }
  return text;
}

}  // namespace journal
