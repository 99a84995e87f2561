// LogFilterPatterns= of a unit: which of its messages are logged. [os: loads PCRE2 when there is a pattern]
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/text/pattern.h"

namespace journal {

class LogFilter {
 public:
  /// The extended attribute of a unit's control group in which systemd's PID 1, since 253, hands the patterns over.
  static constexpr const char* attribute_name = "user.journald_log_filter_patterns";

  /// `attribute`: its value, or that of our PID 1's file, which is alike: allowing patterns, 0xff, denying patterns; NUL between those of one kind. A pattern that is none is
  /// left out and named in `refused`.
  LogFilter(std::string_view attribute, std::vector<std::string>& refused);

  /// systemd.exec(5) LogFilterPatterns= of later versions: no denying pattern may match, and an allowing one must if there is any.
  [[nodiscard]] bool keeps(std::string_view message) const;

 private:
  std::vector<std::unique_ptr<Pattern>> allowed_, denied_;
};

}  // namespace journal
