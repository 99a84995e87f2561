// Environment assignments and environment files. [pure]
#include "unitparser/syntax/environment.h"

#include <algorithm>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::size_t longest_assignment = 128UL * 1024 - 1;  // what execve(2) takes as one string

std::string_view name_part(std::string_view assignment) { return assignment.substr(0, assignment.find('=')); }

/// Reads the file character by character. Comments, quotes ('..' as is, ".." with backslash escapes), lines joined by '\'.
class VariablesReader {
 public:
  std::vector<std::pair<std::string, std::string>> read(std::string_view content) {
    for (const char c : content) take(c);
    const bool has_value = state_ != State::before_key && state_ != State::key && state_ != State::comment && state_ != State::comment_escape;
    if (has_value) finish();
    return std::move(pairs_);
  }

 private:
  enum class State : unsigned char {
    before_key, key, before_value, value, value_escape, single_quotes, double_quotes, double_quotes_escape, comment,
    comment_escape
  };

  static bool is_newline(char c) { return c == '\n' || c == '\r'; }

  void finish() {
    if (state_ == State::value) value_ = trim_right_from(value_, kept_);
    pairs_.emplace_back(std::string(trim_right(key_)), value_);
    key_.clear();
    value_.clear();
    kept_ = 0;
    state_ = State::before_key;
  }

  /// Blanks at the end go, but not those that were quoted or escaped (in front of `kept`).
  static std::string trim_right_from(const std::string& text, std::size_t kept) {
    return text.substr(0, std::max(kept, trim_right(text).size()));
  }

  void append_kept(char c) {
    value_ += c;
    kept_ = value_.size();
  }

  void take_in_value(char c) {
    if (is_newline(c)) return finish();
    if (state_ == State::before_value) {
      if (c == '\'') {
        state_ = State::single_quotes;
        return;
      }
      if (c == '"') {
        state_ = State::double_quotes;
        return;
      }
      if (contains_character(whitespace, c)) return;
    }
    if (c == '\\') {
      state_ = State::value_escape;
    } else {
      state_ = State::value;
      value_ += c;
    }
  }

  void take(char c) {
    switch (state_) {
      case State::before_key:
        if (c == '#' || c == ';') state_ = State::comment;
        else if (!contains_character(whitespace, c)) state_ = State::key, key_ += c;
        break;
      case State::key:
        if (is_newline(c)) state_ = State::before_key, key_.clear();
        else if (c == '=') state_ = State::before_value;
        else key_ += c;
        break;
      case State::before_value:
      case State::value: take_in_value(c); break;
      case State::value_escape:
        state_ = State::value;
        if (!is_newline(c)) append_kept(c);
        break;
      case State::single_quotes:
        if (c == '\'') state_ = State::before_value;
        else append_kept(c);
        break;
      case State::double_quotes:
        if (c == '"') state_ = State::before_value;
        else if (c == '\\') state_ = State::double_quotes_escape;
        else append_kept(c);
        break;
      case State::double_quotes_escape:
        state_ = State::double_quotes;
        if (contains_character("\"\\`$", c)) {
          append_kept(c);
        } else if (!is_newline(c)) {
          append_kept('\\');
          append_kept(c);
        }
        break;
      case State::comment:
        if (c == '\\') state_ = State::comment_escape;
        else if (is_newline(c)) state_ = State::before_key;
        break;
      case State::comment_escape: state_ = State::comment; break;
    }
  }

  State state_ = State::before_key;
  std::string key_;
  std::string value_;
  std::size_t kept_ = 0;
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace

bool is_valid_variable_name(std::string_view name) {
  if (name.empty() || is_digit(name[0]) || name.size() > longest_assignment) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_digit(c) || is_alphabetic(c) || c == '_'; });
}

bool is_valid_variable_value(std::string_view value) {
  return value.size() <= longest_assignment && is_valid_utf8(value) && !has_control_characters(value, "\n\t");
}

bool is_valid_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  return equals != std::string_view::npos && text.size() <= longest_assignment && is_valid_variable_name(text.substr(0, equals)) &&
         is_valid_variable_value(text.substr(equals + 1));
}

void set_variable(std::vector<std::string>& environment, std::string assignment) {
  const std::string name(name_part(assignment));
  for (std::string& entry : environment) {
    if (name_part(entry) != name || entry.size() == name.size()) continue;
    entry = std::move(assignment);
    return;
  }
  environment.push_back(std::move(assignment));
}

void remove_variables(std::vector<std::string>& environment, std::span<const std::string> entries) {
  std::erase_if(environment, [entries](const std::string& assignment) {
    return std::any_of(entries.begin(), entries.end(), [&assignment](const std::string& entry) {
      return entry.find('=') != std::string::npos ? entry == assignment : entry == name_part(assignment);
    });
  });
}

std::vector<std::pair<std::string, std::string>> parse_variables(std::string_view content) {
  return VariablesReader().read(content);
}

std::map<std::string, std::string> variables_of(std::string_view content) {
  std::map<std::string, std::string> values;
  for (auto& [name, value] : parse_variables(content)) values[name] = std::move(value);
  return values;
}

std::map<std::string, std::string> os_release_of(const std::string& root, const std::function<std::string(const std::string&)>& read) {
  const std::string text = read(root + "/etc/os-release");
  return variables_of(text.empty() ? read(root + "/usr/lib/os-release") : text);
}

std::vector<std::string> parse_environment_file(std::string_view content, std::vector<std::string>& invalid) {
  std::vector<std::string> environment;
  for (const auto& [name, value] : parse_variables(content)) {
    std::string assignment = name + "=" + value;
    if (is_valid_assignment(assignment))
      set_variable(environment, std::move(assignment));
    else
      invalid.push_back(std::move(assignment));
  }
  return environment;
}

}  // namespace unitparser
