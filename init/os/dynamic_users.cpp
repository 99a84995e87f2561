// Reading the links. [os: readdir, readlink]
#include "init/os/dynamic_users.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "unitparser/base/text.h"

namespace init {

std::vector<DynamicUser> list_dynamic_users() {
  std::vector<DynamicUser> users;
  DIR* folder = ::opendir(dynamic_user_folder);
  if (folder == nullptr) return users;
  while (const dirent* entry = ::readdir(folder)) {
    const auto key = unitparser::after_prefix(std::string_view(entry->d_name), "direct:");
    const auto number = key ? unitparser::parse_unsigned(*key, UINT32_MAX) : unitparser::Result<std::uint64_t>(0);
    if (!key || !number) continue;
    std::array<char, 256> target{};
    const ssize_t size = ::readlinkat(::dirfd(folder), entry->d_name, target.data(), target.size());
    if (size <= 0) continue;
    users.push_back({std::string(target.data(), static_cast<std::size_t>(size)), static_cast<std::uint32_t>(*number)});
  }
  ::closedir(folder);
  std::sort(users.begin(), users.end(), [](const DynamicUser& a, const DynamicUser& b) { return a.number < b.number; });
  return users;
}

}  // namespace init
