// Codecs of plain values: booleans, numbers, sizes, time spans, names of enumerators, strings, paths. [pure]
#pragma once

#include <fmt/format.h>

#include <unordered_set>

#include "unitparser/base/enum_names.h"
#include "unitparser/base/text.h"
#include "unitparser/directives/directive.h"
#include "unitparser/syntax/paths.h"
#include "unitparser/syntax/quantities.h"

namespace unitparser {

[[nodiscard]] inline bool is_absolute_path(std::string_view path) { return path.starts_with('/'); }
/// Valid and without "..": simplify_path() makes it normal.
[[nodiscard]] bool is_safe_path(std::string_view path);

struct BooleanCodec {
  static constexpr std::string_view signature = "b", word = "boolean";
  static bool parse(ParseContext& context, std::string_view text, bool& value);
  static Value encode(const bool& value) { return value; }
};
/// Unset until said; shown as the boolean, or `Default` when unset.
template <bool Default>
struct OptionalBooleanCodec {
  static constexpr std::string_view signature = "b", word = "boolean";
  static bool parse(ParseContext& context, std::string_view text, std::optional<bool>& value) {
    if (text.empty()) {
      value.reset();
      return true;
    }
    bool said = false;
    if (!BooleanCodec::parse(context, text, said)) return false;
    value = said;
    return true;
  }
  static Value encode(const std::optional<bool>& value) { return value.value_or(Default); }
};

/// A boolean that is unset until said; the empty text says nothing.
struct SaidBooleanCodec {
  static constexpr std::string_view signature = "b", word = "boolean";
  static bool parse(ParseContext& context, std::string_view text, std::optional<bool>& value) {
    bool said = false;
    if (!BooleanCodec::parse(context, text, said)) return false;
    value = said;
    return true;
  }
  static Value encode(const std::optional<bool>& value) { return value.value_or(false); }
};

/// A boolean that the empty text leaves to the program.
struct TristateCodec {
  static constexpr std::string_view signature = "b", word = "boolean";
  static bool parse(ParseContext& context, std::string_view text, std::optional<bool>& value);
  static Value encode(const std::optional<bool>& value) { return value.value_or(false); }
};

/// A boolean that matters so much that a bad one makes the unit unusable.
struct FatalBooleanCodec {
  static constexpr std::string_view signature = "b", word = "boolean";
  static bool parse(ParseContext& context, std::string_view text, bool& value);
  static Value encode(const bool& value) { return value; }
};

/// Says "Failed to parse <what> value, ignoring: <text>".
bool not_a_number(ParseContext& context, int os_errno, std::string_view what, std::string_view text);

struct UnsignedCodec {
  static constexpr std::string_view signature = "u", word = "number";
  static bool parse(ParseContext& context, std::string_view text, std::uint32_t& value);
  static Value encode(const std::uint32_t& value) { return value; }
};
struct IntegerCodec {
  static constexpr std::string_view signature = "i", word = "integer";
  static bool parse(ParseContext& context, std::string_view text, int& value);
  static Value encode(const int& value) { return static_cast<std::int32_t>(value); }
};
struct LongCodec {
  static constexpr std::string_view signature = "x", word = "integer";
  static bool parse(ParseContext& context, std::string_view text, std::int64_t& value);
  static Value encode(const std::int64_t& value) { return value; }
};
/// Bytes, base 1024.
struct SizeCodec {
  static constexpr std::string_view signature = "t", word = "size";
  static bool parse(ParseContext& context, std::string_view text, std::uint64_t& value);
  static Value encode(const std::uint64_t& value) { return value; }
};
/// File mode, octal.
struct ModeCodec {
  static constexpr std::string_view signature = "u", word = "mode";
  static bool parse(ParseContext& context, std::string_view text, std::uint32_t& value);
  static Value encode(const std::uint32_t& value) { return value; }
  static Result<Texts> texts(const Given& given);
};

/// What zero and the empty text mean for a time span.
enum class SpanRule : std::uint8_t { plain, zero_is_infinite, empty_is_infinite };
/// `what` could not be read, if not the value of a time span as its rule calls it.
bool parse_span(ParseContext& context, std::string_view text, SpanRule rule, Duration& value, std::string_view what = {});
[[nodiscard]] Result<Texts> span_texts(const Given& given);
template <SpanRule Rule>
struct SpanCodec {
  static constexpr std::string_view signature = "t", word = "time span";
  static bool parse(ParseContext& context, std::string_view text, Duration& value) {
    return parse_span(context, text, Rule, value);
  }
  static Value encode(const Duration& value) { return value.usec(); }
  static Result<Texts> texts(const Given& given) { return span_texts(given); }
};
using Span = SpanCodec<SpanRule::plain>;
using SpanOrNever = SpanCodec<SpanRule::zero_is_infinite>;
using SpanOrUnset = SpanCodec<SpanRule::empty_is_infinite>;
/// Nanoseconds; unset until said.
struct NanosecondsCodec {
  static constexpr std::string_view signature = "t", word = "time span";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value);
  static Value encode(const std::optional<std::uint64_t>& value) { return value.value_or(UINT64_MAX); }
};

/// What the message calls an enumeration; default: "<key>=".
template <class E>
inline constexpr std::string_view enum_noun = "";
template <>
inline constexpr std::string_view enum_noun<OomPolicy> = "OOM policy";  // here: the manager, services and scopes have it
bool unknown_name(ParseContext& context, std::string_view noun, std::string_view text, std::span<const std::string_view> names);
template <NamedEnum E>
struct EnumCodec {
  static constexpr std::string_view signature = "s", word = "choice";
  static bool parse(ParseContext& context, std::string_view text, E& value) {
    const std::optional<E> said = from_name<E>(text);
    constexpr auto names = enum_names(std::type_identity<E>{});
    if (!said) return unknown_name(context, enum_noun<E>, text, names);
    value = *said;
    return true;
  }
  static Value encode(const E& value) { return std::string(to_name(value)); }
};
/// Unset until said; shown as `Default`.
template <auto Default>
struct OptionalEnumCodec {
  using E = decltype(Default);
  static constexpr std::string_view signature = "s", word = "choice";
  static bool parse(ParseContext& context, std::string_view text, std::optional<E>& value) {
    E said{};
    if (!EnumCodec<E>::parse(context, text, said)) return false;
    value = said;
    return true;
  }
  static Value encode(const std::optional<E>& value) { return std::string(to_name(value.value_or(Default))); }
};
/// Booleans are choices too: "yes" and "no" in all their spellings.
template <NamedEnum E>
struct BooleanOrEnumCodec {
  static constexpr std::string_view signature = "s", word = "boolean or choice";
  static bool parse(ParseContext& context, std::string_view text, E& value) {
    if (const Result<bool> truth = parse_boolean(text)) {
      value = from_name<E>(*truth ? "yes" : "no").value_or(value);
      return true;
    }
    return EnumCodec<E>::parse(context, text, value);
  }
  static Value encode(const E& value) { return std::string(to_name(value)); }
};

/// Text as it stands; empty resets.
struct PlainStringCodec {
  static constexpr std::string_view signature = "s", word = "text";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
  static Result<Texts> texts(const Given& given) { return Texts{std::get<std::string>(given.value.storage)}; }
};
/// Text without control characters, quotes and backslashes; empty resets.
struct SafeStringCodec {
  static constexpr std::string_view signature = "s", word = "text";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};
/// Text with specifiers.
struct StringCodec {
  static constexpr std::string_view signature = "s", word = "text";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static bool parse(ParseContext& context, std::string_view text, SharedText& value);
  static Value encode(const std::string& value) { return value; }
  static Value encode(const SharedText& value) { return value.str(); }
};
/// Absolute path with specifiers.
bool parse_path(ParseContext& context, std::string_view text, std::string& value, bool fatal);
/// As parse_path for text whose specifiers are resolved; `fatal`: a bad one makes the unit unusable.
[[nodiscard]] std::optional<std::string> checked_path(ParseContext& context, std::string_view text, bool fatal = false);
/// Absolute path as it stands, in files that have no specifiers; the empty text is `usual`.
bool parse_plain_path(ParseContext& context, std::string_view text, std::string_view usual, std::string& value);
struct PathCodec {
  static constexpr std::string_view signature = "s", word = "path";
  static bool parse(ParseContext& context, std::string_view text, std::string& value) {
    return parse_path(context, text, value, false);
  }
  static Value encode(const std::string& value) { return value; }
};
struct FatalPathCodec {
  static constexpr std::string_view signature = "s", word = "path";
  static bool parse(ParseContext& context, std::string_view text, std::string& value) {
    return parse_path(context, text, value, true);
  }
  static Value encode(const std::string& value) { return value; }
};

/// COMPAT: the ways of saying that a list of words breaks off.
namespace incomplete {
inline constexpr std::string_view usual = "Invalid syntax, ignoring: {1}";
inline constexpr std::string_view of_pairs = "Failed to parse {0}, ignoring: {1}";
inline constexpr std::string_view of_folders = "Invalid syntax {0}={1}, ignoring: Invalid argument";
inline constexpr std::string_view of_paths = "Failed to extract first word, ignoring: {1}";
inline constexpr std::string_view of_names = "Trailing garbage in {0}, ignoring: {1}";
}  // namespace incomplete

/// One word after the other, quotes grouping, backslashes kept; an unbalanced quote ends the line with a warning.
/// `each` is called for every word. `complaint` is about the line, from its key and its value.
template <class Each>
bool for_each_word(ParseContext& context, std::string_view text, const WordOptions& options, Each&& each, std::string_view complaint = incomplete::usual) {
  WordReader reader(text, options);
  for (;;) {
    const Result<std::optional<std::string>> word = reader.next();
    if (!word) {
      context.misread(EINVAL, fmt::format(fmt::runtime(complaint), context.key, text), "a quote or an escape is not complete");
      return false;
    }
    if (!*word) return true;
    each(**word);
  }
}
inline constexpr WordOptions quoted_words{.unquote = true, .keep_backslashes = true};
/// The same, a backslash taking the next character as it is.
inline constexpr WordOptions plain_words{.unquote = true};
inline constexpr WordOptions escaped_words{.unquote = true, .unescape = true};

/// What a value of type "a…", "(…)" or "s" has in it.
[[nodiscard]] const std::vector<Value>& elements_of(const Value& value);
[[nodiscard]] const std::vector<Value>& fields_of(const Value& value);
[[nodiscard]] const std::string& text_of(const Value& value);
/// A list that is given: what `each` makes of its elements, a line for each.
template <class Each>
Result<Texts> element_texts(const Given& given, Each&& each) {
  Texts texts;
  for (const Value& element : elements_of(given.value)) texts.push_back(TRY(each(element)));
  return texts;
}
/// The lines of a list; of none, the empty line, which takes back what was said before.
[[nodiscard]] inline Texts or_reset(Texts texts) { return texts.empty() ? Texts{""} : texts; }
/// A list that is given: a line for each word; all in one line; the same with each in quotes.
[[nodiscard]] Result<Texts> word_list_texts(const Given& given);
[[nodiscard]] Result<Texts> one_line_texts(const Given& given);
[[nodiscard]] Result<Texts> quoted_line_texts(const Given& given);
/// A word that must be said, though files may leave it out.
[[nodiscard]] Result<Texts> one_word_texts(const Given& given);
/// A list of structures that is given: what `each` makes of their fields.
template <class Each>
Result<Texts> structure_texts(const Given& given, Each&& each) {
  return or_reset(TRY(element_texts(given, [&](const Value& element) { return each(fields_of(element)); })));
}
/// What the first `count` fields of a structure say, as one text, to tell elements apart.
[[nodiscard]] std::string text_of_fields(const std::vector<Value>& fields, std::size_t count);
/// The same for lists that are written whole: what was there stays, but for elements about the same, as their first
/// `key_fields` fields say. Nothing that is given takes all away; an element that becomes no text is not in the list any more.
template <class Each>
Result<Texts> whole_list_texts(const Given& given, std::size_t key_fields, Each&& each) {
  Texts texts{""};
  std::unordered_set<std::string> named;
  for (const Value& element : elements_of(given.value)) named.insert(text_of_fields(fields_of(element), key_fields));
  const auto add = [&](const std::vector<Value>& fields) -> Result<void> {
    if (std::string text = TRY(each(fields)); !text.empty()) texts.push_back(std::move(text));
    return {};
  };
  if (named.empty()) return texts;
  for (const Value current = given.current(); const Value& old : elements_of(current))
    if (!named.contains(text_of_fields(fields_of(old), key_fields))) TRY(add(fields_of(old)));
  for (const Value& element : elements_of(given.value)) TRY(add(fields_of(element)));
  return texts;
}
/// Quoted so that unit files read it as one word with specifiers kept.
[[nodiscard]] std::string quoted_word(std::string_view word);

}  // namespace unitparser
