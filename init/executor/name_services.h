// What needs shared libraries: name services beyond the local files, and PAM. Two bodies, one for each way of linking. [os]
#pragma once

#include <optional>

#include "init/executor/accounts.h"

namespace executor {

/// Whether this program can ask name services and PAM. The statically linked one cannot; it hands plans that need them
/// to its sibling.
[[nodiscard]] bool has_services();

/// Questions to the C library's name service switch; empty answers where has_services() is false.
[[nodiscard]] std::optional<Account> ask_for_user(const std::string& name);
[[nodiscard]] std::optional<Account> ask_for_uid(uid_t uid);
[[nodiscard]] std::optional<gid_t> ask_for_group(const std::string& name);
[[nodiscard]] std::vector<gid_t> ask_for_groups(const std::string& user, gid_t gid);

}  // namespace executor
