// DevicePolicy=, IPAddressDeny=, SocketBindDeny=, RestrictNetworkInterfaces= and IPAccounting=: BPF programs on a control group. [os]
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "init/cgroup/attributes.h"
#include "init/cgroup/bpf_program.h"
#include "init/engine/ip_traffic.h"
#include "unitparser/config/resource_config.h"

namespace init {

/// Loads and attaches what the config asks for to the group at `directory` (absolute), replacing what an earlier call
/// attached there, and with `reset` taking away what is no longer asked for; what was counted is kept. Returns one sentence for each
/// restriction that this kernel refuses.
[[nodiscard]] std::vector<std::string> apply_access_filters(const std::string& directory, const unitparser::ResourceAccess& config,
                                                            bool ip_accounting, Reset reset);

/// What was counted in the group; nothing where it is not.
[[nodiscard]] std::optional<IpTraffic> ip_traffic(const std::string& directory);

/// Device rules of a policy: what DevicePolicy=closed brings plus DeviceAllow=, "char-pts" and "/dev/null" resolved by
/// `devices_table` (text of /proc/devices) and the nodes' numbers. Entries that do not exist are left out.
[[nodiscard]] std::vector<DeviceRule> device_rules(const unitparser::ResourceAccess& config, const std::string& devices_table);

/// Whether the config restricts devices at all.
[[nodiscard]] bool restricts_devices(const unitparser::ResourceAccess& config);

}  // namespace init
