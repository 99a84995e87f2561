// What the kernel command line asks of the units, put into the early generator folder. [os]
#pragma once

#include <string>
#include <vector>

#include "init/boot/boot_options.h"

namespace init {

/// systemd.mask= and systemd.wants= as links, where no generator has made them. One sentence for each failure.
[[nodiscard]] std::vector<std::string> apply_boot_requests(const BootOptions& options, const std::string& early_folder);

/// Leaves the mark that ConditionFirstBoot= looks for.
void mark_first_boot();

}  // namespace init
