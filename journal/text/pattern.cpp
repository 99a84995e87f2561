#include "journal/text/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <cstring>

#include "journal/format/loaded_library.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

/// How often a byte is met in messages, roughly: what is least of a pattern is looked for first.
int frequency_of(char c) {
  constexpr std::string_view most_frequent = " etaionsrl", digits = "0123456789";
  if (most_frequent.find(c) != std::string_view::npos) return 4;
  if (c >= 'a' && c <= 'z') return 3;
  if (digits.find(c) != std::string_view::npos) return 2;
  return c == '.' || c == '/' || c == ':' || c == '=' || c == '-' || c == '_' ? 2 : 1;
}

struct Pcre2Library {
  void* handle = load_library("libpcre2-8.so.0");
  decltype(&::pcre2_compile_8) compile = find_function<decltype(::pcre2_compile_8)>(handle, "pcre2_compile_8");
  decltype(&::pcre2_code_free_8) code_free = find_function<decltype(::pcre2_code_free_8)>(handle, "pcre2_code_free_8");
  decltype(&::pcre2_jit_compile_8) jit = find_function<decltype(::pcre2_jit_compile_8)>(handle, "pcre2_jit_compile_8");
  decltype(&::pcre2_match_data_create_from_pattern_8) match_data =
      find_function<decltype(::pcre2_match_data_create_from_pattern_8)>(handle, "pcre2_match_data_create_from_pattern_8");
  decltype(&::pcre2_match_data_free_8) match_data_free =
      find_function<decltype(::pcre2_match_data_free_8)>(handle, "pcre2_match_data_free_8");
  decltype(&::pcre2_match_8) match = find_function<decltype(::pcre2_match_8)>(handle, "pcre2_match_8");
  decltype(&::pcre2_get_ovector_pointer_8) ovector =
      find_function<decltype(::pcre2_get_ovector_pointer_8)>(handle, "pcre2_get_ovector_pointer_8");
  decltype(&::pcre2_get_error_message_8) error_message =
      find_function<decltype(::pcre2_get_error_message_8)>(handle, "pcre2_get_error_message_8");
  [[nodiscard]] bool usable() const {
    return compile && code_free && jit && match_data && match_data_free && match && ovector && error_message;
  }
  static const Pcre2Library& get() {
    static const Pcre2Library library;
    return library;
  }
};

/// The longest run of plain bytes that any match must have. Patterns with escapes, groups or alternatives are not looked into.
std::string longest_run(std::string_view pattern) {
  if (pattern.find_first_of("\\(|") != std::string_view::npos) return {};
  std::string run, longest;
  const auto end_run = [&] {
    if (run.size() > longest.size()) longest = run;
    run.clear();
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    switch (pattern[i]) {
      case '[': {
        const std::size_t first = i + (i + 1 < pattern.size() && pattern[i + 1] == '^' ? 2 : 1);
        const std::size_t end = pattern.find(']', first + 1);  // one that comes first belongs to the class
        if (end == std::string_view::npos || pattern.substr(first, end - first).find('[') != std::string_view::npos) return {};
        end_run();
        i = end;
        break;
      }
      case '*':
      case '?':
      case '{':
        if (!run.empty()) run.pop_back();  // there may be none of it
        end_run();
        if (pattern[i] == '{') i = std::min(pattern.find('}', i), pattern.size());
        break;
      case '.':
      case '^':
      case '$':
      case '+':
      case ']':
      case '}':
        end_run();
        break;
      default: run += pattern[i];
    }
  }
  end_run();
  return longest;
}

}  // namespace

Result<std::unique_ptr<Pattern>> Pattern::compile(const std::string& pattern, std::optional<bool> case_sensitive, std::string_view limits) {
  std::unique_ptr<Pattern> compiled(new Pattern);
  const bool has_upper = std::any_of(pattern.begin(), pattern.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool has_letter =
      std::any_of(pattern.begin(), pattern.end(), [](char c) { return (c >= 'a' && c <= 'z') || c < 0; });
  const bool sensitive = case_sensitive.value_or(has_upper);
  if ((sensitive || (!has_letter && !has_upper)) && pattern.find_first_of("\\^$.|?*+()[]{}") == std::string::npos &&
      !pattern.empty()) {
    compiled->literal_ = compiled->required_ = pattern;
    const auto rarest = std::min_element(pattern.begin(), pattern.end(), [](char a, char b) { return frequency_of(a) < frequency_of(b); });
    compiled->rarest_ = static_cast<std::size_t>(rarest - pattern.begin());
    return compiled;
  }
  const Pcre2Library& pcre2 = Pcre2Library::get();
  if (!pcre2.usable()) return fail(ErrorCode::not_supported, "PCRE2 support is not available: libpcre2-8.so.0 is missing");
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::uint32_t flags = sensitive ? 0 : PCRE2_CASELESS;
  const std::string limited = std::string(limits) + pattern;
  pcre2_code_8* code = pcre2.compile(reinterpret_cast<PCRE2_SPTR8>(limited.data()), limited.size(), flags, &error,
                                     &offset, nullptr);
  if (code == nullptr) {
    char text[256] = "unknown error";
    pcre2.error_message(error, reinterpret_cast<PCRE2_UCHAR8*>(text), sizeof text);
    return fail(ErrorCode::invalid_argument, "Bad pattern \"" + pattern + "\": " + text);
  }
  pcre2.jit(code, PCRE2_JIT_COMPLETE);  // optional: matching works without
  compiled->code_ = code;
  compiled->required_ = longest_run(pattern);
  compiled->match_data_ = pcre2.match_data(code, nullptr);
  return compiled;
}

Pattern::~Pattern() {
  const auto release = [this](const Pcre2Library& pcre2) {
    if (match_data_ != nullptr) pcre2.match_data_free(static_cast<pcre2_match_data_8*>(match_data_));
    if (code_ != nullptr) pcre2.code_free(static_cast<pcre2_code_8*>(code_));
  };
  if (code_ != nullptr) release(Pcre2Library::get());
}

std::optional<PatternMatch> Pattern::find_literal(std::string_view text) const {
  if (text.size() < literal_.size()) return std::nullopt;
  // A search for one byte looks at many bytes at once: nearly all messages have none of the rarest.
  const char* const end = text.data() + text.size() - (literal_.size() - 1 - rarest_);
  for (const char* at = text.data() + rarest_; at < end; ++at) {
    at = static_cast<const char*>(std::memchr(at, literal_[rarest_], static_cast<std::size_t>(end - at)));
    if (at == nullptr) return std::nullopt;
    if (std::memcmp(at - rarest_, literal_.data(), literal_.size()) != 0) continue;
    const auto begin = static_cast<std::size_t>(at - rarest_ - text.data());
    return PatternMatch{begin, begin + literal_.size()};
  }
  return std::nullopt;
}

std::optional<PatternMatch> Pattern::find(std::string_view text) const {
  if (!literal_.empty()) return find_literal(text);
  const Pcre2Library& pcre2 = Pcre2Library::get();
  auto* match_data = static_cast<pcre2_match_data_8*>(match_data_);
  const int r = pcre2.match(static_cast<pcre2_code_8*>(code_), reinterpret_cast<PCRE2_SPTR8>(text.data()), text.size(),
                            0, 0, match_data, nullptr);
  if (r < 0) return std::nullopt;
  const PCRE2_SIZE* place = pcre2.ovector(match_data);
  return PatternMatch{place[0], place[1]};
}

}  // namespace journal
