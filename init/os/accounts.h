// Users and groups as PID 1 may look them up: in files, without any name service. [os]
#pragma once

#include <sys/types.h>

#include <string>

#include "unitparser/base/result.h"

namespace init {

/// Number of a user by name in /etc/passwd, or written as a number. not_found when there is none.
[[nodiscard]] unitparser::Result<uid_t> find_user(const std::string& name);
/// Number of a group by name in /etc/group, or written as a number.
[[nodiscard]] unitparser::Result<gid_t> find_group(const std::string& name);
/// Primary group of a user in /etc/passwd.
[[nodiscard]] unitparser::Result<gid_t> find_primary_group(const std::string& user);

}  // namespace init
