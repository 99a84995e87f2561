// Words, quoting, escaping, numbers and small string helpers of the unit-file language. [pure]
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"

namespace unitparser {

/// As execve(2) and its kin want them: pointers to the strings, then a null pointer. Valid as long as the strings stay as they are.
[[nodiscard]] std::vector<char*> argument_vector(std::vector<std::string>& strings);

inline constexpr std::string_view whitespace = " \t\n\r";
inline constexpr std::string_view digits = "0123456789";

/// Failure of a value parser: code invalid_argument with an errno (EINVAL, ERANGE ...) that messages may print.
[[nodiscard]] tl::unexpected<Error> fail_value(int os_errno, std::string message);

// --- Trimming and comparing ---------------------------------------------------------------------------------------
[[nodiscard]] std::string_view trim_left(std::string_view text, std::string_view characters = whitespace);
[[nodiscard]] std::string_view trim_right(std::string_view text, std::string_view characters = whitespace);
[[nodiscard]] std::string_view trim(std::string_view text, std::string_view characters = whitespace);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);  ///< ASCII only
[[nodiscard]] bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
[[nodiscard]] std::string to_lower(std::string_view text);  ///< ASCII only
[[nodiscard]] constexpr bool contains_character(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alphabetic(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The text with `prefix` taken off, if it begins with it.
[[nodiscard]] std::optional<std::string_view> after_prefix(std::string_view text, std::string_view prefix);

// --- Characters ---------------------------------------------------------------------------------------------------
/// Number of bytes of the UTF-8 sequence at the start of `text`; 0 if there is none that is valid (surrogates, overlong
/// forms, non-characters U+FDD0..U+FDEF and U+xxFFFE/F are not valid, as in systemd).
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text);
/// Whole text is UTF-8 and has no NUL.
[[nodiscard]] bool is_valid_utf8(std::string_view text);
/// Appends one code point.
void append_utf8(std::string& out, char32_t code_point);
/// No control characters, quotes or backslashes: may stand in names and messages unescaped.
[[nodiscard]] bool is_safe_string(std::string_view text);
/// Has a byte below space (or DEL); `allowed` are excused.
[[nodiscard]] bool has_control_characters(std::string_view text, std::string_view allowed = {});

// --- Words --------------------------------------------------------------------------------------------------------
/// How a line is split into words. Every switch is off at first: bare words, a backslash takes the next character as
/// it is, an unclosed quote or a lone backslash at the end is an error.
struct WordOptions {
  std::string_view separators = whitespace;
  bool unquote = false;              ///< '..' and ".." group, and are removed
  bool keep_quotes = false;          ///< '..' and ".." group, and stay in the word
  bool unescape = false;             ///< C escapes (\n \x41 \101 \u00e9 \s ...); an unknown one is an error, but see next
  bool keep_unknown_escapes = false; ///< an unknown escape (and a lone backslash at the end) stays as written
  bool unescape_separators = false;  ///< \SEPARATOR and \\ lose their backslash
  bool keep_backslashes = false;     ///< backslash is a character like all others
  bool relax = false;                ///< an unclosed quote or a lone backslash at the end simply ends the word
  bool keep_empty = false;           ///< every separator counts: "a::b:" has four words
};

/// Takes one word after the other from a text.
class WordReader {
 public:
  WordReader(std::string_view text, const WordOptions& options) : rest_(text), options_(options) {}

  /// The next word, nothing at the end. After an error `rest()` begins where reading stopped making sense.
  [[nodiscard]] Result<std::optional<std::string>> next();
  /// What has not been read; leading separators of the next word are already skipped.
  [[nodiscard]] std::string_view rest() const { return rest_; }
  void set_rest(std::string_view rest) { rest_ = rest, ended_ = false; }
  void set_options(const WordOptions& options) { options_ = options; }

 private:
  bool take_escape(std::string& word, std::size_t& at, char quote, bool& failed, bool& ended);
  std::string_view rest_;
  WordOptions options_;
  bool ended_ = false;
};

/// All words of a text.
[[nodiscard]] Result<std::vector<std::string>> split_words(std::string_view text, const WordOptions& options);
/// Words between whitespace, with no quoting at all; views into `text`.
[[nodiscard]] std::vector<std::string_view> split_whitespace(std::string_view text);
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> split_whitespace(Temporary&& text) = delete;  ///< the views would outlive it
/// Pieces between `separator`, empty ones included; views into `text`.
[[nodiscard]] std::vector<std::string_view> split_at(std::string_view text, char separator);
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> split_at(Temporary&& text, char separator) = delete;
[[nodiscard]] std::string join(std::span<const std::string> words, std::string_view separator);

// --- Escaping -----------------------------------------------------------------------------------------------------
struct UnescapeOptions {
  bool keep_unknown = false;  ///< leave unknown escapes as written instead of failing
  bool accept_nul = false;    ///< \0 and \x00 are allowed
};
/// Resolves C escapes: a b f n r t v s \ " ' xHH uHHHH UHHHHHHHH OOO.
[[nodiscard]] Result<std::string> unescape_c(std::string_view text, UnescapeOptions options = {});
/// Escapes control characters, quotes, backslash and bytes above 126.
[[nodiscard]] std::string escape_c(std::string_view text);
/// Escapes what is in `characters` and control characters as \xHH, and backslash.
[[nodiscard]] std::string escape_hex(std::string_view text, std::string_view characters);
/// As `show` prints list elements: quoted with "" if it has whitespace, quotes or other characters special to a shell.
[[nodiscard]] std::string quote_if_needed(std::string_view text);
/// A command line for people: arguments joined by spaces, each quoted if needed.
[[nodiscard]] std::string quote_command_line(std::span<const std::string> arguments);

// --- Numbers and booleans -----------------------------------------------------------------------------------------
/// 1 yes y true t on / 0 no n false f off, in any case.
[[nodiscard]] Result<bool> parse_boolean(std::string_view text);
/// Digits in `base` (0: by prefix 0x 0o 0b 0), not above `maximum`; a leading '+' and leading whitespace are allowed.
[[nodiscard]] Result<std::uint64_t> parse_unsigned(std::string_view text,
                                                   std::uint64_t maximum = std::numeric_limits<std::uint64_t>::max(),
                                                   int base = 0);
[[nodiscard]] Result<std::int64_t> parse_signed(std::string_view text,
                                                std::int64_t minimum = std::numeric_limits<std::int64_t>::min(),
                                                std::int64_t maximum = std::numeric_limits<std::int64_t>::max());
/// "5" or "5-7".
struct NumberRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const NumberRange&) const = default;
};
[[nodiscard]] Result<NumberRange> parse_range(std::string_view text, std::uint64_t maximum);

// --- Guessing -----------------------------------------------------------------------------------------------------
/// The candidate that was probably meant by a misspelt name; empty if none is near. Case is ignored when comparing.
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace unitparser
