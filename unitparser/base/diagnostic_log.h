// What the log gets of a finding about a file: priority, text and fields. [pure]
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unitparser/base/diagnostic.h"

namespace unitparser {

struct DiagnosticLog {
  int priority = 4;  ///< as in syslog(3)
  std::string text;  ///< "file:line: message"; without a line it is about the whole, and only the message
  std::vector<std::pair<std::string_view, std::string>> fields;
};
[[nodiscard]] DiagnosticLog log_of(const Diagnostic& finding);

}  // namespace unitparser
