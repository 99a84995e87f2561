// Diagnostic: one finding about a file, said once, with its place. [pure]
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "unitparser/base/enum_names.h"
#include "unitparser/base/result.h"

namespace unitparser {

enum class Severity : std::uint8_t { error, warning, info };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<Severity>) {
  return {"error", "warning", "info"};
}

/// What is wrong where.
struct Diagnostic {
  Severity severity = Severity::warning;
  Position position;
  std::string key;      ///< directive or section concerned, may be empty
  std::string message;  ///< what: a sentence as a person reads it
  std::string hint;     ///< how to mend it, may be empty
  std::string why;      ///< why it matters, may be empty
  std::string account;  ///< a user that had better not be named there, may be empty
  int os_errno = 0;     ///< ERRNO= of the log: why a value could not be read; 0: it could, and is not accepted
};
using Diagnostics = std::vector<Diagnostic>;

/// "file:line: message", without a place where there is none.
[[nodiscard]] inline std::string describe(const Diagnostic& finding) {
  std::string text;
  if (!finding.position.file.empty()) {
    text = finding.position.file;
    if (finding.position.line > 0) text += ":" + std::to_string(finding.position.line);
    text += ": ";
  }
  text += finding.message;
  return finding.hint.empty() ? text : text + " " + finding.hint;
}

/// Handed to the parser of one value, so that it can remark without knowing the place.
class Remarks {
 public:
  Remarks(Diagnostics& sink, Position position, std::string_view key)
      : sink_(&sink), position_(std::move(position)), key_(key) {}
  void add(Severity severity, std::string message, std::string hint = {}, int os_errno = 0, std::string account = {}) {
    sink_->push_back({severity, position_, key_, std::move(message), std::move(hint), {}, std::move(account), os_errno});
  }
  [[nodiscard]] const Position& position() const { return position_; }

 private:
  Diagnostics* sink_;
  Position position_;
  std::string key_;
};

}  // namespace unitparser
