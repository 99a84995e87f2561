// Records of the kernel's audit system: type, time, and their key=value text as journal fields. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace journal {

/// One record as entry fields ("FIELD=value"), transport and message included.
struct AuditRecord {
  std::vector<std::string> fields;
  std::uint64_t realtime = 0;  ///< microseconds, when the kernel made it
};

/// Reads the text of a record of that type ("audit(1436125716.123:456): pid=1 …"). False when it is not one, or is
/// only the end mark of an event.
[[nodiscard]] bool parse_audit(unsigned type, std::string_view text, AuditRecord& record);

/// Name of a record type ("SERVICE_START"); "AUDITnnnn" for those without one here.
[[nodiscard]] std::string audit_type_name(unsigned type);

}  // namespace journal
