// The last log lines of a unit, for `status`. [os: reads the journal]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctl/options.h"
#include "ctl/terminal.h"

namespace ctl {

/// What to look for.
struct LogQuery {
  std::string unit;
  bool is_slice = false;
  std::optional<std::uint32_t> user_uid;  ///< of a user's manager; empty for the system's
  std::size_t lines = 10;
  std::uint64_t not_before_monotonic = 0;  ///< entries of this boot before this instant are left out
  LogOutput output = LogOutput::short_text;
  bool full = false;   ///< no cutting at the terminal's width
  bool all = false;    ///< unprintable and long messages in full
};

struct LogTail {
  std::string text;        ///< ready to print, each line with its end
  bool ellipsized = false;
  bool rotated = false;    ///< the journal begins later than not_before
};

[[nodiscard]] LogTail log_tail(const Terminal& terminal, const LogQuery& query);

}  // namespace ctl
