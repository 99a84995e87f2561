#include "journal/journalctl/expression.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "journal/journalctl/filters.h"
#include "journal/text/levels.h"
#include "journal/text/timestamp.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

struct ShortName {
  std::string_view name, field;
};
constexpr std::array short_names{
    ShortName{"unit", "_SYSTEMD_UNIT"},   ShortName{"user_unit", "_SYSTEMD_USER_UNIT"}, ShortName{"slice", "_SYSTEMD_SLICE"},
    ShortName{"priority", "PRIORITY"},    ShortName{"facility", "SYSLOG_FACILITY"},     ShortName{"message", "MESSAGE"},
    ShortName{"identifier", "SYSLOG_IDENTIFIER"}, ShortName{"tag", "SYSLOG_IDENTIFIER"}, ShortName{"uid", "_UID"},
    ShortName{"gid", "_GID"},             ShortName{"pid", "_PID"},                     ShortName{"comm", "_COMM"},
    ShortName{"exe", "_EXE"},             ShortName{"cmdline", "_CMDLINE"},             ShortName{"host", "_HOSTNAME"},
    ShortName{"boot", "_BOOT_ID"},        ShortName{"machine", "_MACHINE_ID"},          ShortName{"transport", "_TRANSPORT"},
    ShortName{"invocation", "_SYSTEMD_INVOCATION_ID"}, ShortName{"session", "_SYSTEMD_SESSION"}, ShortName{"time", ""}};

/// More values of one field than this are not looked at one by one: the entries are.
constexpr std::size_t most_values = 20'000;
constexpr std::size_t most_terms = 64;
constexpr int deepest_nesting = 64;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_shell_pattern(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

}  // namespace

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::uint64_t now) : text_(text), now_(now) {}

  Result<Expression> run() {
    Expression expression = TRY(alternatives());
    skip_space();
    if (at_ < text_.size()) return wrong("and, or or the end was expected");
    return expression;
  }

 private:
  using Kind = Expression::Kind;

  tl::unexpected<unitparser::Error> wrong(const std::string& what) const {
    const std::string rest(text_.substr(std::min(at_, text_.size()), 20));
    return fail(ErrorCode::invalid_argument, "In the expression, at character " + std::to_string(at_ + 1) +
                                                 (rest.empty() ? " (its end)" : " ('" + rest + "')") + ": " + what + ".");
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool take(std::string_view symbol) {
    skip_space();
    if (text_.substr(at_, symbol.size()) != symbol) return false;
    at_ += symbol.size();
    return true;
  }
  bool take_keyword(std::string_view word) {
    skip_space();
    if (text_.substr(at_, word.size()) != word) return false;
    if (at_ + word.size() < text_.size() && is_word(text_[at_ + word.size()])) return false;
    at_ += word.size();
    return true;
  }

  Result<Expression> list_of(Kind kind, std::string_view keyword, Result<Expression> (ExpressionParser::*part)()) {
    Expression first = TRY((this->*part)());
    if (!take_keyword(keyword)) return first;
    Expression all;
    all.kind_ = kind;
    all.children_.push_back(std::move(first));
    do all.children_.push_back(TRY((this->*part)()));
    while (take_keyword(keyword));
    return all;
  }
  Result<Expression> alternatives() { return list_of(Kind::any_of, "or", &ExpressionParser::conjunction); }
  Result<Expression> conjunction() { return list_of(Kind::all_of, "and", &ExpressionParser::condition); }

  static Expression negated(Expression expression) {
    Expression no;
    no.kind_ = Kind::negation;
    no.children_.push_back(std::move(expression));
    return no;
  }

  Result<Expression> condition() {
    if (++depth_ > deepest_nesting) return wrong("it is nested too deeply");
    auto parsed = [&]() -> Result<Expression> {
      if (take_keyword("not")) return negated(TRY(condition()));
      if (!take("(")) return comparison();
      Expression inner = TRY(alternatives());
      if (!take(")")) return wrong("')' was expected");
      return inner;
    }();
    --depth_;
    return parsed;
  }

  Result<std::string> value() {
    skip_space();
    if (at_ >= text_.size()) return wrong("a value was expected");
    std::string word;
    if (text_[at_] == '"' || text_[at_] == '\'') {
      const char quote = text_[at_++];
      for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
        if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\')) ++at_;
        word += text_[at_];
      }
      if (at_++ >= text_.size()) return wrong("the quote is not closed");
      return word;
    }
    while (at_ < text_.size() && std::string_view(" \t\n(),").find(text_[at_]) == std::string_view::npos) word += text_[at_++];
    if (word.empty()) return wrong("a value was expected");
    return word;
  }

  Result<void> set_values(Expression& expression, std::vector<std::string> values) {
    for (std::string& word : values) {
      if (expression.field_ == "PRIORITY")
        if (const auto level = parse_level(word)) word = std::to_string(*level);
      if (expression.field_ == "_SYSTEMD_UNIT" || expression.field_ == "_SYSTEMD_USER_UNIT") word = mangle_unit_name(word);
      if (!expression.field_.empty()) continue;
      const auto time = parse_timestamp(word, now_);
      if (!time) return wrong("'" + word + "' is no time");
      expression.number_ = *time;
    }
    if (!values.empty() && !expression.field_.empty())
      if (const auto number = number_of(values[0])) {
        expression.number_ = *number;
        expression.is_number_ = true;
      }
    expression.values_ = std::move(values);
    return {};
  }

  Result<Expression> comparison() {
    skip_space();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (name.empty()) return wrong("a field was expected");
    Expression expression;
    const auto known = std::find_if(short_names.begin(), short_names.end(), [&](const ShortName& s) { return s.name == name; });
    if (known != short_names.end()) expression.field_ = known->field;
    else if (std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; })) expression.field_ = name;
    else {
      at_ = begin;
      return wrong("'" + std::string(name) + "' is no short name, and fields have upper-case names");
    }
    const bool is_time = expression.field_.empty();
    const auto one = [&](Kind kind, bool no) -> Result<Expression> {
      expression.kind_ = kind;
      const std::string word = TRY(value());
      if (kind == Kind::in_pattern) {
        if (is_time) return wrong("a time has no pattern");
        expression.pattern_ = TRY(Pattern::compile(word, std::nullopt));
      } else {
        TRY(set_values(expression, {word}));
      }
      return no ? negated(std::move(expression)) : std::move(expression);
    };
    if (take("!=")) return one(Kind::equal, true);
    if (take("!~")) return one(Kind::in_pattern, true);
    if (take("<=")) return one(Kind::less_equal, false);
    if (take(">=")) return one(Kind::greater_equal, false);
    if (take("<")) return one(Kind::less, false);
    if (take(">")) return one(Kind::greater, false);
    if (take("==") || take("=")) return one(Kind::equal, false);
    if (take("~")) return one(Kind::in_pattern, false);
    const std::size_t before = at_;
    const bool no = take_keyword("not");
    if (take_keyword("in")) {
      if (!take("(")) return wrong("'(' was expected");
      std::vector<std::string> values;
      do values.push_back(TRY(value()));
      while (take(","));
      if (!take(")")) return wrong("')' was expected");
      expression.kind_ = Kind::equal;
      if (is_time) return wrong("times are compared with < and >");
      TRY(set_values(expression, std::move(values)));
      return no ? negated(std::move(expression)) : std::move(expression);
    }
    at_ = before;
    if (is_time) return wrong("every entry has a time: compare it with < or >");
    expression.kind_ = Kind::exists;
    return expression;
  }

  std::string_view text_;
  std::uint64_t now_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

Result<Expression> Expression::parse(std::string_view text, std::uint64_t now) { return ExpressionParser(text, now).run(); }

bool Expression::matches_time(std::uint64_t realtime) const {
  switch (kind_) {
    case Kind::less: return realtime < number_;
    case Kind::less_equal: return realtime <= number_;
    case Kind::greater: return realtime > number_;
    case Kind::greater_equal: return realtime >= number_;
    default: return realtime == number_;
  }
}

bool Expression::accepts(std::string_view value) const {
  if (kind_ == Kind::exists) return true;
  if (kind_ == Kind::in_pattern) return pattern_->find(value).has_value();
  if (kind_ == Kind::equal)
    return std::any_of(values_.begin(), values_.end(), [&](const std::string& wanted) {
      if (!is_shell_pattern(wanted)) return wanted == value;
      return value.find('\0') == std::string_view::npos && ::fnmatch(wanted.c_str(), std::string(value).c_str(), FNM_NOESCAPE) == 0;
    });
  const auto number = is_number_ ? number_of(value) : std::nullopt;
  if (is_number_ && !number) return false;
  const int order = number ? (*number < number_ ? -1 : *number > number_ ? 1 : 0) : value.compare(values_[0]);
  switch (kind_) {
    case Kind::less: return order < 0;
    case Kind::less_equal: return order <= 0;
    case Kind::greater: return order > 0;
    default: return order >= 0;
  }
}

bool Expression::evaluate(Journal& journal) const {
  const auto holds = [&](const Expression& child) { return child.evaluate(journal); };
  switch (kind_) {
    case Kind::all_of: return std::all_of(children_.begin(), children_.end(), holds);
    case Kind::any_of: return std::any_of(children_.begin(), children_.end(), holds);
    case Kind::negation: return !children_[0].evaluate(journal);
    default: break;
  }
  if (field_.empty()) return matches_time(journal.current().realtime);
  bool found = false;
  journal.for_each_field([&](const Datum& datum) {
    found = datum.name == field_ && accepts(journal.value(datum));
    return !found;
  });
  return found;
}

bool Expression::matches(Journal& journal) const { return evaluate(journal); }

std::optional<Match::Group> Expression::indexed(Journal& journal) const {
  switch (kind_) {
    case Kind::negation: return std::nullopt;
    case Kind::all_of:
      for (const Expression& child : children_)
        if (auto terms = child.indexed(journal)) return terms;  // one is enough to keep all that match
      return std::nullopt;
    case Kind::any_of: {
      Match::Group all;
      for (const Expression& child : children_) {
        auto terms = child.indexed(journal);
        if (!terms || all.size() + terms->size() > most_terms) return std::nullopt;
        all.insert(all.end(), terms->begin(), terms->end());
      }
      return all;
    }
    default: break;
  }
  if (field_.empty()) return std::nullopt;
  Match::Alternatives alternatives{field_, {}};
  const bool exact = kind_ == Kind::equal && std::none_of(values_.begin(), values_.end(), [](const auto& v) { return is_shell_pattern(v); });
  if (exact) {
    for (const std::string& value : values_) alternatives.payloads.push_back(field_ + "=" + value);
  } else {
    const bool all_seen = journal.visit_values(field_, most_values, [&](std::string_view value) {
      if (accepts(value)) alternatives.payloads.push_back(field_ + "=" + std::string(value));
    });
    if (!all_seen) return std::nullopt;
    std::sort(alternatives.payloads.begin(), alternatives.payloads.end());
    alternatives.payloads.erase(std::unique(alternatives.payloads.begin(), alternatives.payloads.end()), alternatives.payloads.end());
  }
  if (alternatives.payloads.empty()) alternatives.payloads.push_back(field_ + "=");  // no value matches: keep a list that is empty
  return Match::Group{Match::Term{std::move(alternatives)}};
}

void Expression::narrow(Match& match, Journal& journal) const {
  if (kind_ == Kind::all_of) {
    for (const Expression& child : children_) child.narrow(match, journal);
  } else if (auto group = indexed(journal)) {
    match.add_group(std::move(*group));
  }
}

std::string field_of_name(std::string_view name) {
  const auto known = std::find_if(short_names.begin(), short_names.end(), [&](const ShortName& s) { return s.name == name && !s.field.empty(); });
  return std::string(known != short_names.end() ? known->field : name);
}

bool is_expression(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    if (word == "+" || word.starts_with('/')) return false;
    const std::size_t name_end = static_cast<std::size_t>(
        std::find_if_not(word.begin(), word.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }) - word.begin());
    return name_end == 0 || name_end >= word.size() || word[name_end] != '=';
  });
}

}  // namespace journal
