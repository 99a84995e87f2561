// Searching messages for a pattern: PCRE2, loaded on first use, with a short cut for plain text. [os: dlopen]
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "unitparser/base/result.h"

namespace journal {

/// Where a pattern was found.
struct PatternMatch {
  std::size_t begin = 0, end = 0;
};

class Pattern {
 public:
  /// `case_sensitive` unset: insensitive when the pattern has no upper-case letter, journalctl(1) --grep.
  /// `limits`: what the search may cost at most, as pcre2pattern(3) "(*LIMIT_MATCH=N)"; a search that costs more finds nothing.
  [[nodiscard]] static unitparser::Result<std::unique_ptr<Pattern>> compile(const std::string& pattern,
                                                                           std::optional<bool> case_sensitive,
                                                                           std::string_view limits = {});
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  [[nodiscard]] std::optional<PatternMatch> find(std::string_view text) const;
  /// A text that, upper and lower case aside, is part of everything the pattern can match; empty when none is known.
  [[nodiscard]] const std::string& required_text() const { return required_; }

 private:
  Pattern() = default;
  [[nodiscard]] std::optional<PatternMatch> find_literal(std::string_view text) const;

  std::string literal_, required_;
  std::size_t rarest_ = 0;  ///< place of its byte that logs have least of
  void* code_ = nullptr;
  void* match_data_ = nullptr;
};

}  // namespace journal
