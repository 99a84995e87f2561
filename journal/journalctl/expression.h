// The expression language of `journal`: unit=nginx* and (priority<=err or MESSAGE~"timeout") and not uid=0. [pure]
//
//   expression   alternative { "or" alternative }
//   alternative  condition { "and" condition }
//   condition    "not" condition | "(" expression ")" | comparison
//   comparison   FIELD ("=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~") VALUE
//                FIELD ["not"] "in" "(" VALUE { "," VALUE } ")"  |  FIELD            (the entry has it)
//
// A word that begins with FIELD= is a match of journalctl, whatever follows: expressions begin with a short name, "(" or "not".
// FIELD is a journal field or a short name: unit, user_unit, slice, priority, facility, message, identifier (tag), uid, gid, pid, comm,
// exe, cmdline, host, boot, machine, transport, invocation, session, time. VALUE is a word or "quoted" ('quoted'); with = and != and in
// it may hold * ? [ ] as a shell pattern; with ~ it is a PCRE2 pattern, lower case for any case. < and > compare numbers as numbers,
// priorities by name or number, time as --since= reads it, all else as text. A field with several values matches when one does; != and
// !~ are "not =" and "not ~".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/query/journal.h"
#include "journal/query/match.h"
#include "journal/text/pattern.h"
#include "unitparser/base/result.h"

namespace journal {

class Expression {
 public:
  /// `now`: microseconds since 1970, for times like "-1h". Errors: invalid_argument, saying what was expected where.
  [[nodiscard]] static unitparser::Result<Expression> parse(std::string_view text, std::uint64_t now);

  /// Whether the journal's current entry matches.
  [[nodiscard]] bool matches(Journal& journal) const;

  /// Adds to `match` what the files' own lists can decide: it keeps every entry that matches, and perhaps more.
  void narrow(Match& match, Journal& journal) const;

 private:
  enum class Kind : std::uint8_t { all_of, any_of, negation, exists, equal, in_pattern, less, less_equal, greater, greater_equal };
  friend class ExpressionParser;

  [[nodiscard]] bool accepts(std::string_view value) const;  ///< one value of the field
  [[nodiscard]] bool matches_time(std::uint64_t realtime) const;
  [[nodiscard]] bool evaluate(Journal& journal) const;
  [[nodiscard]] std::optional<Match::Group> indexed(Journal& journal) const;

  Kind kind_ = Kind::all_of;
  std::vector<Expression> children_;
  std::string field_;                ///< journal field, or empty for the entry's time
  std::vector<std::string> values_;  ///< alternatives of =
  std::uint64_t number_ = 0;
  bool is_number_ = false;
  std::shared_ptr<const Pattern> pattern_;
};

/// The journal field of a short name ("unit"), or the name itself.
[[nodiscard]] std::string field_of_name(std::string_view name);

/// True when these words are an expression and not journalctl's FIELD=value matches.
[[nodiscard]] bool is_expression(const std::vector<std::string>& words);

}  // namespace journal
