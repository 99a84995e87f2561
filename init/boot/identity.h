// Who this machine is: machine-id(5), hostname(5), the loop-back device. [os]
#pragma once

#include <string>
#include <vector>

#include "unitparser/base/result.h"

namespace init {

/// Result of setting up the machine ID.
struct MachineId {
  std::string id;           ///< 32 hexadecimal digits
  bool first_boot = false;  ///< /etc/machine-id was missing or said "uninitialized"
  std::string problem;      ///< a sentence, when the ID could not be kept for the next boot
};

/// Reads /etc/machine-id, or makes an ID (from `wanted`, the D-Bus one, $container_uuid, or by chance) and keeps it: in
/// /etc when that can be written, else in /run/machine-id mounted over it (machine-id(5) INITIALIZATION).
[[nodiscard]] MachineId set_up_machine_id(const std::string& wanted);

/// Sets the host name from `wanted` (kernel command line), /etc/hostname, DEFAULT_HOSTNAME= of os-release, or "localhost"
/// unless one is already set by somebody. The name if it is a new one, else empty.
[[nodiscard]] unitparser::Result<std::string> set_up_hostname(const std::string& wanted);

/// Brings the loop-back network device up; returns a sentence on failure, else empty.
[[nodiscard]] std::string set_up_loopback();

/// The manager's own environment for services from /etc/locale.conf: "LANG=…", "LC_…=…" lines.
[[nodiscard]] std::vector<std::string> read_locale_environment();

}  // namespace init
