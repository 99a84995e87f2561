// journalctl --setup-keys: a new pair of keys for forward-secure sealing. [os: files]
#pragma once

#include "journal/journalctl/options.h"

namespace journal {

/// Writes the sealing key to /var/log/journal/MACHINE/fss and prints the verification key, which is kept nowhere.
/// Returns the exit status; complains on stderr.
[[nodiscard]] int setup_keys(const Options& options);

}  // namespace journal
