// Carries out a plan of enablement on a real file system. [os: symlink, unlink, rename, mkdir, rmdir]
#pragma once

#include <string>

#include "unitparser/load/install.h"

namespace unitparser {

/// Makes the plan's changes below `root` (empty: "/"), in order. What cannot be done becomes a failure in the plan's
/// changes at its place, and the plan's error is set. Links inside the root are not followed out of it.
void apply_install(InstallPlan& plan, const std::string& root);

}  // namespace unitparser
