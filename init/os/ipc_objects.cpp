// Reading /proc/sysvipc and the two folders of POSIX objects. [os: open, read, ipc calls, unlink]
#include "init/os/ipc_objects.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace init {
namespace {

struct Owner {
  uid_t user;
  gid_t group;
  [[nodiscard]] bool has(uid_t uid, gid_t gid) const { return (user != 0 && uid == user) || (group != 0 && gid == group); }
};

/// The columns of a table by their names in its first line: the tables have them in different places.
void remove_system_v(const char* table, std::string_view id_column, const Owner& owner, const std::function<void(int)>& remove) {
  std::ifstream file(table);
  std::string line;
  if (!std::getline(file, line)) return;
  std::vector<std::string> names;
  std::istringstream header(line);
  for (std::string name; header >> name;) names.push_back(name);
  const auto column = [&names](std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  const std::size_t id = column(id_column);
  const std::size_t uid = column("uid");
  const std::size_t gid = column("gid");
  while (std::getline(file, line)) {
    std::vector<long long> values;
    std::istringstream row(line);
    // Keys and modes are not decimal, but no column that is looked at comes from them.
    for (std::string word; row >> word;) values.push_back(std::strtoll(word.c_str(), nullptr, 10));
    if (std::max({id, uid, gid}) >= values.size()) continue;
    if (owner.has(static_cast<uid_t>(values[uid]), static_cast<gid_t>(values[gid]))) remove(static_cast<int>(values[id]));
  }
}

void remove_files(int parent, const char* folder, const Owner& owner) {
  const int fd = ::openat(parent, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR* directory = fd >= 0 ? ::fdopendir(fd) : nullptr;
  if (directory == nullptr) {
    if (fd >= 0) ::close(fd);
    return;
  }
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    struct stat info{};
    if (name == "." || name == ".." || ::fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const bool is_folder = S_ISDIR(info.st_mode);
    if (is_folder) remove_files(fd, entry->d_name, owner);
    if (owner.has(info.st_uid, info.st_gid)) ::unlinkat(fd, entry->d_name, is_folder ? AT_REMOVEDIR : 0);
  }
  ::closedir(directory);
}

}  // namespace

void remove_ipc_objects(uid_t user, gid_t group) {
  const Owner owner{user, group};
  if (user == 0 && group == 0) return;
  remove_system_v("/proc/sysvipc/shm", "shmid", owner, [](int id) { ::shmctl(id, IPC_RMID, nullptr); });
  remove_system_v("/proc/sysvipc/sem", "semid", owner, [](int id) { ::semctl(id, 0, IPC_RMID); });
  remove_system_v("/proc/sysvipc/msg", "msqid", owner, [](int id) { ::msgctl(id, IPC_RMID, nullptr); });
  remove_files(AT_FDCWD, "/dev/shm", owner);
  remove_files(AT_FDCWD, "/dev/mqueue", owner);
}

}  // namespace init
