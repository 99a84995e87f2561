// DevicePolicy=, IPAddressDeny=, SocketBindDeny=, RestrictNetworkInterfaces=, IPAccounting= and BPFProgram=: BPF programs on a
// control group. [os]
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "init/cgroup/attributes.h"
#include "init/cgroup/bpf_program.h"
#include "init/engine/ip_traffic.h"
#include "unitparser/base/result.h"
#include "unitparser/config/resource_config.h"

namespace init {

/// Loads and attaches what the config asks for to the group at `directory` (absolute), replacing what an earlier call
/// attached there, and with `reset` taking away what is no longer asked for; what was counted is kept. Returns one sentence for each
/// restriction that this kernel refuses.
[[nodiscard]] std::vector<std::string> apply_access_filters(const std::string& directory, const unitparser::ResourceAccess& config,
                                                            bool ip_accounting, Reset reset);

/// Whether the programs of IPIngressFilterPath= and IPEgressFilterPath= are there: without them nothing of the unit starts.
[[nodiscard]] unitparser::Result<void> check_pinned_ip_filters(const unitparser::ResourceAccess& config);

/// A program that is not on the group, as the journal is told of it.
struct RefusedProgram {
  int priority = 4;
  unitparser::Error error;
};

/// Attaches the programs of BPFProgram=, IPIngressFilterPath= and IPEgressFilterPath= to the group at `directory`. Those of a running
/// unit stay until its group goes, whatever its settings say meanwhile. Returns one sentence for each that
/// cannot be, but for a missing filter of packets: check_pinned_ip_filters() tells of that.
[[nodiscard]] std::vector<RefusedProgram> attach_pinned_programs(const std::string& directory, const unitparser::ResourceAccess& config);

/// What was counted in the group; nothing where it is not.
[[nodiscard]] std::optional<IpTraffic> ip_traffic(const std::string& directory);

/// Device rules of a policy: what DevicePolicy=closed brings plus DeviceAllow=, "char-pts" and "/dev/null" resolved by
/// `devices_table` (text of /proc/devices) and the nodes' numbers. Entries that do not exist are left out.
[[nodiscard]] std::vector<DeviceRule> device_rules(const unitparser::ResourceAccess& config, const std::string& devices_table);

/// Whether the config restricts devices at all.
[[nodiscard]] bool restricts_devices(const unitparser::ResourceAccess& config);

}  // namespace init
