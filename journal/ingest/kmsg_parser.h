// Records of /dev/kmsg: header numbers, text with its escapes, and the device fields. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace journal {

struct KernelRecord {
  int priority = 0;            ///< with facility
  std::uint64_t sequence = 0;
  std::uint64_t time = 0;      ///< microseconds since boot
  std::string message;         ///< without escapes
  std::vector<std::string> fields;  ///< "_KERNEL_SUBSYSTEM=…" and such
  std::string device;          ///< value of _KERNEL_DEVICE
};

/// False when it is not such a record.
[[nodiscard]] bool parse_kmsg(std::string_view text, KernelRecord& record);

}  // namespace journal
