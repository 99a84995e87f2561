// The users that DynamicUser= has made and that are in use. [os: readdir, readlink]
#pragma once

#include <vector>

#include "init/exec/dynamic_user.h"

namespace init {

/// By the links that the executor leaves in dynamic_user_folder, ordered by number; none when there is no such folder.
[[nodiscard]] std::vector<DynamicUser> list_dynamic_users();

}  // namespace init
