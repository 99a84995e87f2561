// Name services by the C library, for the dynamically linked executor. [os]
#include "init/executor/name_services.h"

#include <grp.h>
#include <pwd.h>

namespace executor {
namespace {

std::optional<Account> from_entry(const passwd* entry) {
  if (entry == nullptr) return std::nullopt;
  return Account{entry->pw_name, entry->pw_uid, entry->pw_gid, entry->pw_dir != nullptr ? entry->pw_dir : "",
                 entry->pw_shell != nullptr ? entry->pw_shell : ""};
}

}  // namespace

bool has_services() { return true; }

std::optional<Account> ask_for_user(const std::string& name) { return from_entry(::getpwnam(name.c_str())); }
std::optional<Account> ask_for_uid(uid_t uid) { return from_entry(::getpwuid(uid)); }

std::optional<gid_t> ask_for_group(const std::string& name) {
  const group* entry = ::getgrnam(name.c_str());
  return entry != nullptr ? std::optional<gid_t>(entry->gr_gid) : std::nullopt;
}

std::vector<gid_t> ask_for_groups(const std::string& user, gid_t gid) {
  constexpr int usual_count = 64;
  std::vector<gid_t> groups(usual_count);
  int count = usual_count;
  if (::getgrouplist(user.c_str(), gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(user.c_str(), gid, groups.data(), &count) < 0) count = 0;
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace executor
