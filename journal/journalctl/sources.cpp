#include "journal/journalctl/sources.h"

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "journal/store/directory.h"
#include "journal/store/write_ahead_log.h"
#include "journal/text/id128.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::fail_errno;
using unitparser::Result;

/// Whether a folder "ID" or "ID.NAMESPACE" is wanted.
bool is_wanted_folder(std::string_view name, const Options& options, const std::string& machine_id) {
  const std::size_t dot = name.find('.');
  const std::string_view id = name.substr(0, dot);
  const std::string_view name_space = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
  if (!parse_id(id)) return false;
  if (!options.merge && !machine_id.empty() && id != machine_id) return false;
  if (options.name_space.empty()) return name_space.empty();
  if (options.name_space == "*") return true;
  if (options.name_space[0] == '+')
    return name_space.empty() || name_space == std::string_view(options.name_space).substr(1);
  return name_space == options.name_space;
}

void add_folder(const std::string& path, SourceList& list) {
  if (std::find(list.folders.begin(), list.folders.end(), path) == list.folders.end()) list.folders.push_back(path);
}

void add_subfolders(const std::string& parent, const Options& options, const std::string& machine_id,
                    SourceList& list) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(parent.c_str()), ::closedir);
  std::vector<std::string> names;
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr)
    if (is_wanted_folder(entry->d_name, options, machine_id)) names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) add_folder(parent + "/" + name, list);
}

std::string machine_id_of(const std::string& root) {
  const auto text = read_small_file(root + "/etc/machine-id");
  return text && parse_id(unitparser::trim(*text)) ? std::string(unitparser::trim(*text)) : std::string();
}

/// --system and --user choose by name: system journals, or the own user's.
bool is_wanted_name(std::string_view path, const Options& options) {
  if (options.system == options.user) return true;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (options.system) return name.starts_with("system.") || name.starts_with("system@");
  const std::string own = "user-" + std::to_string(::getuid());
  return name.starts_with(own + ".") || name.starts_with(own + "@");
}

}  // namespace

Result<SourceList> find_sources(const Options& options) {
  SourceList list;
  if (!options.files.empty()) {
    for (const std::string& pattern : options.files) {
      if (pattern == "-") {
        list.files.push_back(pattern);
        continue;
      }
      glob_t found = {};
      const int r = ::glob(pattern.c_str(), GLOB_NOCHECK | GLOB_BRACE, nullptr, &found);
      for (std::size_t i = 0; r == 0 && i < found.gl_pathc; ++i) list.files.emplace_back(found.gl_pathv[i]);
      ::globfree(&found);
    }
    return list;
  }
  if (!options.directory.empty()) {
    struct stat st = {};
    if (::stat(options.directory.c_str(), &st) < 0) return fail_errno(errno, options.directory);
    if (!S_ISDIR(st.st_mode)) return fail_errno(ENOTDIR, options.directory);
    add_folder(options.directory, list);
    Options any = options;
    any.merge = true;
    if (any.name_space.empty()) any.name_space = "*";
    const bool has_no_folders = st.st_nlink == 2;  // each folder in it would add a link ("..") on file systems that count them
    if (!has_no_folders) add_subfolders(options.directory, any, {}, list);
    return list;
  }
  const std::string machine_id = machine_id_of(options.root);
  for (const char* parent : {"/run/log/journal", "/var/log/journal"})
    add_subfolders(options.root + parent, options, machine_id, list);
  return list;
}

Result<std::size_t> open_sources(const Options& options, const SourceList& list, Journal& journal) {
  for (const std::string& path : list.files) {
    if (path == "-") TRY(journal.add_fd(unitparser::UniqueFd(::dup(STDIN_FILENO)), "/proc/self/fd/0"));
    else TRY(journal.add_file(path));
  }
  const auto complain = [quiet = options.quiet](const std::string& path) {
    if (!quiet) std::fprintf(stderr, "Journal file %s is truncated, ignoring file.\n", path.c_str());
  };
  journal.complain_with(complain);
  std::size_t unusable = 0;
  // On a running machine nothing is missing: its daemon has brought all into the files.
  const bool is_foreign = !options.directory.empty() || !options.root.empty();
  for (const std::string& folder : list.folders) {
    if (is_foreign)
      for (unitparser::UniqueFd& missing : files_of_missing_entries(folder)) TRY(journal.add_fd(std::move(missing), folder));
    visit_names(folder, [&](const StoredFile& file) {
      if (!is_wanted_name(file.path, options)) return;
      if (!file.seqnum_id.is_null()) {
        journal.add_archive(file.path, file.seqnum_id, file.seqnum);
        return;
      }
      const auto added = journal.add_file(file.path);
      if (added || added.error().os_errno == ENOENT || added.error().os_errno == EACCES) return;
      complain(file.path);
      ++unusable;
    });
  }
  return unusable;
}

}  // namespace journal
