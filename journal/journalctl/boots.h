// The boots that a journal knows: their order, and which one -b means. [os: /proc/sys/kernel/random/boot_id]
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/query/journal.h"
#include "unitparser/base/result.h"

namespace journal {

struct BootRange {
  Id128 id;
  std::uint64_t first = 0, last = 0;  ///< wall-clock times of its entries
};

/// All boots, oldest first: from one boot's last entry to the next one's first. Where the entries of a boot come back
/// after another boot's, the list ends there, as in journalctl(1).
[[nodiscard]] std::vector<BootRange> find_boots(Journal& journal);

/// The boot that this machine runs in; nothing where the kernel does not tell.
[[nodiscard]] std::optional<Id128> running_boot();
/// Which boot -b means. Errors carry journalctl's words.
[[nodiscard]] unitparser::Result<Id128> resolve_boot(const Options& options, Journal& journal);

}  // namespace journal
