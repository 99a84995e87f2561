// The user database's interface for the users of DynamicUser=, which nss-systemd and userdbctl ask. [pure]
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "init/exec/dynamic_user.h"
#include "init/varlink/call.h"

namespace init::varlink {

/// Answers a method of io.systemd.UserDatabase from the users that there are; nothing for a method that it has not.
[[nodiscard]] std::optional<Answer> ask_user_database(const Call& call, const std::vector<DynamicUser>& users);

}  // namespace init::varlink
