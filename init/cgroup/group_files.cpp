// Flat keyed files and child folders. [os]
#include "init/cgroup/group_files.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/conditions/file_conditions.h"
#include "unitparser/base/text.h"

namespace init {

std::optional<std::uint64_t> keyed_value(const std::string& text, std::string_view key) {
  for (std::string_view line : unitparser::split_at(text, '\n'))
    if (auto value = unitparser::after_prefix(line, std::string(key) + " "))
      if (auto number = unitparser::parse_unsigned(*value)) return *number;
  return std::nullopt;
}

std::uint64_t sum_of_values(const std::string& text, std::string_view key) {
  std::uint64_t sum = 0;
  for (std::string_view word : unitparser::split_whitespace(text))
    if (auto value = unitparser::after_prefix(word, std::string(key) + "="))
      if (auto number = unitparser::parse_unsigned(*value)) sum += *number;
  return sum;
}

std::optional<std::string> read_group_file(const std::string& directory, std::string_view name) {
  const std::string path = directory + "/" + std::string(name);
  return ::access(path.c_str(), R_OK) == 0 ? std::optional(read_text_file(path)) : std::nullopt;
}

std::vector<std::string> child_groups(const std::string& directory) {
  std::vector<std::string> children;
  // Each child's ".." is a link to it: most groups have none, and need not be read.
  struct stat status{};
  if (::stat(directory.c_str(), &status) == 0 && status.st_nlink == 2) return children;
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) return children;
  while (const dirent* entry = ::readdir(entries))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') children.push_back(directory + "/" + entry->d_name);
  ::closedir(entries);
  return children;
}

}  // namespace init
