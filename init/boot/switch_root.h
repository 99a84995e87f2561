// Going on in another root directory: what an initrd does at its end (Manager.SwitchRoot). [os]
#pragma once

#include <string>

#include "unitparser/base/result.h"

namespace init {

/// Makes `new_root` the root of this process and with it of the machine; /dev, /proc, /sys and /run go along. An error
/// leaves everything as it was, but for mounts that have moved already when only the last step failed.
[[nodiscard]] unitparser::Result<void> enter_new_root(const std::string& new_root);

/// Executes the init of the root we are in: `wanted` if it is named, else the first of the usual ones. Returns only when
/// there is none.
void execute_init(const std::string& wanted);

}  // namespace init
