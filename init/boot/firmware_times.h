// How long firmware and boot loader took, as a boot loader that follows the Boot Loader Interface tells it. [os: read]
#pragma once

#include <optional>
#include <string>

#include "unitparser/base/time.h"

namespace init {

/// Counted from the firmware's start.
struct LoaderTimes {
  unitparser::Duration loader_started;
  unitparser::Duration kernel_started;
};

/// From the EFI variables in `folder`; nothing when there are none, or none that make sense.
[[nodiscard]] std::optional<LoaderTimes> read_loader_times(const std::string& folder);

}  // namespace init
