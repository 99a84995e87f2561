// escape: strings and paths to unit names and back, in the words of systemd-escape(1). [pure but for getopt's own messages]
#pragma once

#include <string>
#include <vector>

#include "ctl/terminal.h"

namespace ctl {

/// `words`: the program's (or verb's) name, options, strings. The exit status; the results are one line on `out`.
[[nodiscard]] int run_escape(std::vector<std::string> words, Terminal& out);

}  // namespace ctl
