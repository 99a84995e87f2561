// Devices: what udev, the mount table and the swap table say of them becomes units. [pure]
#pragma once

#include "init/machines/machine_types.h"

namespace init {

void device_event(Core& core, const event::Device& device);
/// A table of the kernel names (or no longer names) a device node.
enum class DeviceUser : std::uint8_t { mount, swap };
void device_named_by_table(Core& core, const std::string& node, DeviceUser user, bool present);

}  // namespace init
