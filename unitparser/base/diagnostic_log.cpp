// What the log gets of a finding about a file. [pure]
#include "unitparser/base/diagnostic_log.h"

namespace unitparser {

DiagnosticLog log_of(const Diagnostic& finding) {
  DiagnosticLog log;
  log.priority = finding.severity == Severity::error ? 3 : finding.severity == Severity::warning ? 4 : 5;
  if (finding.os_errno != 0) log.fields.emplace_back("ERRNO", std::to_string(finding.os_errno));
  const Position& place = finding.position;
  if (place.file.empty() || place.line == 0) {
    log.text = finding.message;
    return log;
  }
  log.fields.emplace_back("CONFIG_FILE", place.file);
  log.fields.emplace_back("CONFIG_LINE", std::to_string(place.line));
  if (finding.account.empty()) {
    log.fields.emplace_back("MESSAGE_ID", "c772d24e9a884cbeb9ea12625c306c01");
  } else {
    log.fields.emplace_back("MESSAGE_ID", "b480325f9c394a7b802c231e51a2752c");
    log.fields.emplace_back("OFFENDING_USER", finding.account);
  }
  constexpr std::size_t longest = 2047;  // COMPAT: LINE_MAX of limits.h and an end
  log.text = place.file + ":" + std::to_string(place.line) + ": " + finding.message.substr(0, longest);
  return log;
}

}  // namespace unitparser
