// Removing trees in children, links for the journal, login records. [os]
#include "init/os/execution_files.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmpx.h>
#include <paths.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "init/cgroup/attributes.h"
#include "init/exec/dynamic_user.h"
#include "init/os/accounts.h"
#include "init/os/ipc_objects.h"

namespace init {
namespace {

using unitparser::DirectoryKind;
using unitparser::UniqueFd;

/// Removes a tree without following links or leaving its file system.
void remove_tree_at(int parent, const char* name, dev_t device) {
  const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
  if (fd < 0) {
    ::unlinkat(parent, name, 0);
    return;
  }
  struct stat status{};
  DIR* directory = ::fstat(fd, &status) == 0 && (device == 0 || status.st_dev == device) ? ::fdopendir(fd) : nullptr;
  if (directory == nullptr) {
    ::close(fd);
    return;
  }
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view child = entry->d_name;
    if (child != "." && child != "..") remove_tree_at(fd, entry->d_name, status.st_dev);
  }
  ::closedir(directory);
  ::unlinkat(parent, name, AT_REMOVEDIR);
}

/// Removes trees in a child: a tree may be big or lie on slow storage. The child is reaped like any other.
unitparser::Result<pid_t> remove_trees(const std::vector<std::string>& paths) {
  const pid_t pid = ::fork();
  if (pid < 0) return unitparser::fail_errno(errno, "cannot start a child for removing");
  if (pid > 0) return pid;
  for (const std::string& path : paths) remove_tree_at(AT_FDCWD, path.c_str(), 0);
  ::_exit(0);
}

/// Empty folders and plain files, the usual case, need no child.
bool remove_simple(const std::string& path) {
  return ::rmdir(path.c_str()) == 0 || ::unlink(path.c_str()) == 0 || errno == ENOENT;
}

std::vector<std::string> managed_paths(const unitparser::UnitConfig& config, const SystemFacts& facts, DirectoryKind kind) {
  std::vector<std::string> paths;
  const auto index = static_cast<std::size_t>(kind);
  for (const unitparser::ManagedDirectory& directory : config.common->exec_provided->directories[index].directories) {
    for (const std::string& link : directory.symlinks) paths.push_back(facts.directory_prefixes[index] + "/" + link);
    paths.push_back(facts.directory_prefixes[index] + "/" + directory.path);
    if (is_private_directory(config, kind))
      paths.push_back(facts.directory_prefixes[index] + "/private/" + directory.path);
  }
  return paths;
}


/// A link whose text is the value: replaced in one step.
void set_link(const std::string& path, const std::string& value) {
  if (::symlink(value.c_str(), path.c_str()) == 0 || errno != EEXIST) return;
  const std::string next = path + ".new";
  int made = ::symlink(value.c_str(), next.c_str());
  if (made != 0 && errno == EEXIST && ::unlink(next.c_str()) == 0) made = ::symlink(value.c_str(), next.c_str());  // left by a crash
  if (made == 0) ::rename(next.c_str(), path.c_str());
}

void write_whole(const std::string& path, const std::string& content) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (fd) (void)!::write(fd.get(), content.data(), content.size());
}

/// journald's form of extra fields: each with its length as 64 bits little-endian.
std::string extra_fields_text(const std::vector<std::string>& fields) {
  std::string content;
  for (const std::string& field : fields) {
    const std::uint64_t length = htole64(field.size());
    content.append(reinterpret_cast<const char*>(&length), sizeof length);
    content += field;
  }
  return content;
}

}  // namespace

void remove_private_tmp(const std::string& suffix) {
  std::vector<std::string> paths;
  for (const char* folder : {"/tmp/", "/var/tmp/"}) {
    const std::string path = std::string(folder) + "systemd-private-" + suffix;
    if (::rmdir((path + "/tmp").c_str()) == 0 && ::rmdir(path.c_str()) == 0) continue;
    if (::access(path.c_str(), F_OK) == 0) paths.push_back(path);
  }
  if (!paths.empty()) (void)remove_trees(paths);
}

void remove_credentials(const std::string& directory) {
  if (::access(directory.c_str(), F_OK) != 0) return;
  ::umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  if (!remove_simple(directory)) (void)remove_trees({directory});
}

void remove_runtime_directories(const unitparser::UnitConfig& config, const SystemFacts& facts) {
  std::vector<std::string> left;
  for (const std::string& path : managed_paths(config, facts, DirectoryKind::runtime))
    if (!remove_simple(path)) left.push_back(path);
  if (!left.empty()) (void)remove_trees(left);
}

unitparser::Result<pid_t> remove_managed_directories(const unitparser::UnitConfig& config, const SystemFacts& facts,
                                                     std::uint32_t what) {
  std::vector<std::string> paths;
  for (std::size_t kind = 0; kind < unitparser::directory_kind_count; ++kind) {
    if ((what >> kind & 1U) == 0) continue;
    const auto more = managed_paths(config, facts, static_cast<DirectoryKind>(kind));
    paths.insert(paths.end(), more.begin(), more.end());
  }
  return remove_trees(paths);
}

void remove_ipc_of(const unitparser::UnitConfig& config) {
  const std::string& user = config.common->exec_identity->user;
  const std::string& group = config.common->exec_identity->group;
  // Dynamic users stand in no file; the executor leaves a link with the number.
  char number[16] = {};
  const std::string link = std::string(dynamic_user_folder) + "/direct:" + user;
  if (config.common->exec_identity->dynamic_user && ::readlink(link.c_str(), number, sizeof number - 1) < 0) number[0] = '\0';
  const auto uid = find_user(number[0] != '\0' ? std::string(number) : user);
  if (!uid || *uid == 0) return;
  auto gid = config.common->exec_identity->dynamic_user ? unitparser::Result<gid_t>(static_cast<gid_t>(*uid))
             : group.empty()                    ? find_primary_group(user)
                                                : find_group(group);
  const pid_t pid = ::fork();
  if (pid != 0) return;
  remove_ipc_objects(*uid, gid.value_or(0));
  ::_exit(0);
}

UniqueFd open_pidfd(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

static std::string journal_path(const std::string& unit, const std::string& runtime_directory, std::string_view kind) {
  return runtime_directory + "/systemd/units/" + std::string(kind) + ":" + unit;
}

bool publish_unit_for_journal(const Unit& unit, const std::string& runtime_directory) {
  bool has_more = false;
  const auto path = [&](std::string_view kind) {
    has_more = true;
    return journal_path(unit.name.text(), runtime_directory, kind);
  };
  const unitparser::ExecLogging& logging = *unit.config.common->exec_logging;
  set_link(journal_path(unit.name.text(), runtime_directory, "invocation"), unit.runtime->invocation_id);
  if (!unitparser::type_has_exec(unit.type())) return false;
  if (logging.log_level_max >= 0) set_link(path("log-level-max"), std::string(1, static_cast<char>('0' + logging.log_level_max)));
  if (!logging.log_extra_fields.empty()) write_whole(path("log-extra-fields"), extra_fields_text(logging.log_extra_fields));
  if (!logging.log_filter_patterns.empty()) write_whole(path("log-filter-patterns"), log_filter_attribute(logging));
  if (!logging.log_rate_limit_interval.is_zero())
    set_link(path("log-rate-limit-interval"), std::to_string(logging.log_rate_limit_interval.usec()));
  if (logging.log_rate_limit_burst > 0)
    set_link(path("log-rate-limit-burst"), std::to_string(logging.log_rate_limit_burst));
  return has_more;
}

void withdraw_unit_from_journal(const std::string& unit, const std::string& runtime_directory, bool has_more) {
  ::unlink(journal_path(unit, runtime_directory, "invocation").c_str());
  if (!has_more) return;
  for (const char* kind : {"log-level-max", "log-extra-fields", "log-filter-patterns", "log-rate-limit-interval", "log-rate-limit-burst"})
    ::unlink(journal_path(unit, runtime_directory, kind).c_str());
}

void write_dead_login_record(const std::string& id, pid_t pid, int code, int status) {
  if (id.empty()) return;
  utmpx record{};
  record.ut_type = INIT_PROCESS;
  std::strncpy(record.ut_id, id.c_str(), sizeof record.ut_id);
  ::setutxent();
  const utmpx* found = ::getutxid(&record);
  if (found == nullptr || found->ut_pid != pid) {
    ::endutxent();
    return;
  }
  utmpx dead = *found;
  dead.ut_type = DEAD_PROCESS;
  dead.ut_exit.e_termination = static_cast<short>(code == CLD_EXITED ? 0 : status);
  dead.ut_exit.e_exit = static_cast<short>(code == CLD_EXITED ? status : 0);
  std::memset(dead.ut_user, 0, sizeof dead.ut_user);
  std::memset(dead.ut_host, 0, sizeof dead.ut_host);
  timeval now{};
  ::gettimeofday(&now, nullptr);
  dead.ut_tv.tv_sec = static_cast<decltype(dead.ut_tv.tv_sec)>(now.tv_sec);
  dead.ut_tv.tv_usec = static_cast<decltype(dead.ut_tv.tv_usec)>(now.tv_usec);
  ::setutxent();
  ::pututxline(&dead);
  ::endutxent();
  ::updwtmpx(_PATH_WTMPX, &dead);
}

}  // namespace init
