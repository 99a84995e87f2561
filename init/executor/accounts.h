// Users and groups by name or number: the local files first, the C library's name services for what is not there. [os]
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace executor {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
  std::string shell;
};

/// By name or number. root and nobody are known without asking anybody.
[[nodiscard]] std::optional<Account> find_account(const std::string& name_or_uid);
/// Gid of a group given by name or number; a number need not exist.
[[nodiscard]] std::optional<gid_t> find_group(const std::string& name_or_gid);
/// All groups that the user is a member of, `gid` included.
[[nodiscard]] std::vector<gid_t> groups_of(const std::string& user, gid_t gid);
/// Whether the local files cannot answer for this user and these groups.
[[nodiscard]] bool needs_name_services(const std::string& user, const std::vector<std::string>& groups);
/// Whether somebody has that uid or gid in the local files.
[[nodiscard]] bool uid_in_use(uid_t uid);

}  // namespace executor
