#include "journal/daemon/log_filter.h"

#include <algorithm>

#include "unitparser/base/text.h"

namespace journal {
namespace {

constexpr char delimiter = '\xff';
/// A line is searched in about a millisecond at most, whatever the pattern: the whole machine waits for the log.
constexpr std::string_view limits = "(*LIMIT_MATCH=100000)(*LIMIT_HEAP=1024)";

std::vector<std::unique_ptr<Pattern>> compile_all(std::string_view patterns, std::vector<std::string>& refused) {
  std::vector<std::unique_ptr<Pattern>> compiled;
  for (const std::string_view pattern : unitparser::split_at(patterns, '\0')) {
    if (pattern.empty()) continue;
    auto made = Pattern::compile(std::string(pattern), true, limits);
    if (made) compiled.push_back(std::move(*made));
    else refused.push_back(std::move(made.error().message));
  }
  return compiled;
}

}  // namespace

LogFilter::LogFilter(std::string_view attribute, std::vector<std::string>& refused) {
  const std::size_t at = attribute.find(delimiter);
  if (at == std::string_view::npos) return;
  allowed_ = compile_all(attribute.substr(0, at), refused);
  denied_ = compile_all(attribute.substr(at + 1), refused);
}

bool LogFilter::keeps(std::string_view message) const {
  const auto matches = [message](const std::unique_ptr<Pattern>& pattern) { return pattern->find(message).has_value(); };
  if (std::any_of(denied_.begin(), denied_.end(), matches)) return false;
  return allowed_.empty() || std::any_of(allowed_.begin(), allowed_.end(), matches);
}

}  // namespace journal
