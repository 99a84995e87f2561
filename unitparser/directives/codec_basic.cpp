// Reading of plain values. [pure]
#include "unitparser/directives/codec_basic.h"

#include <cerrno>
#include <cstring>

namespace unitparser {

namespace {
std::string with_reason(const std::string& message, int os_errno) { return fmt::format("{}: {}", message, std::strerror(os_errno)); }

std::optional<std::string> expand_in(ParseContext& context, std::string_view text, SpecifierSet set, std::string_view complaint, bool fatal) {
  if (text.find('%') == std::string_view::npos) return std::string(text);
  Result<std::string> expanded = expand_specifiers(text, context.specifiers, set);
  if (expanded) return std::move(*expanded);
  const int why = expanded.error().os_errno;
  std::string message = with_reason(fmt::format(fmt::runtime(complaint), text), why);
  constexpr const char* hint = "write %% for a percent sign";
  if (fatal) context.refuse(std::move(message), hint, why);
  else context.misread(why, std::move(message), hint);
  return std::nullopt;
}
}  // namespace

void ParseContext::misread_because(int os_errno, const std::string& message, std::string hint) {
  misread(os_errno, with_reason(message, os_errno), std::move(hint));
}
std::optional<std::string> ParseContext::expand(std::string_view text, SpecifierSet set, std::string_view complaint) {
  return expand_in(*this, text, set, complaint, false);
}
std::optional<std::string> ParseContext::expand_or_refuse(std::string_view text, std::string_view complaint) {
  return expand_in(*this, text, SpecifierSet::full, complaint, true);
}

bool is_safe_path(std::string_view path) { return is_normal_path(simplify_path(path)) || path == "/"; }

bool BooleanCodec::parse(ParseContext& context, std::string_view text, bool& value) {
  const Result<bool> truth = parse_boolean(text);
  if (!truth) {
    context.misread(truth.error().os_errno, fmt::format("Failed to parse boolean value, ignoring: {}", text), "write yes or no");
    return false;
  }
  value = *truth;
  return true;
}

bool TristateCodec::parse(ParseContext& context, std::string_view text, std::optional<bool>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const Result<bool> truth = parse_boolean(text);
  if (truth) value = *truth;
  else context.misread(truth.error().os_errno, fmt::format("Failed to parse boolean value for {}=, ignoring: {}", context.key, text), "write yes or no");
  return truth.has_value();
}

bool FatalBooleanCodec::parse(ParseContext& context, std::string_view text, bool& value) {
  const Result<bool> truth = parse_boolean(text);
  if (truth) value = *truth;
  else context.refuse(fmt::format("Failed to parse boolean value: {}", text), "write yes or no", truth.error().os_errno);
  return truth.has_value();
}

bool not_a_number(ParseContext& context, int os_errno, std::string_view what, std::string_view text) {
  context.misread(os_errno, fmt::format("Failed to parse {} value, ignoring: {}", what, text));
  return false;
}

bool UnsignedCodec::parse(ParseContext& context, std::string_view text, std::uint32_t& value) {
  const Result<std::uint64_t> number = parse_unsigned(text, UINT32_MAX);
  if (!number) return not_a_number(context, number.error().os_errno, "unsigned", text);
  value = static_cast<std::uint32_t>(*number);
  return true;
}
bool IntegerCodec::parse(ParseContext& context, std::string_view text, int& value) {
  const Result<std::int64_t> number = parse_signed(text, INT32_MIN, INT32_MAX);
  if (!number) return not_a_number(context, number.error().os_errno, "int", text);
  value = static_cast<int>(*number);
  return true;
}
bool LongCodec::parse(ParseContext& context, std::string_view text, std::int64_t& value) {
  const Result<std::int64_t> number = parse_signed(text);
  if (!number) return not_a_number(context, number.error().os_errno, "long", text);
  value = *number;
  return true;
}
bool SizeCodec::parse(ParseContext& context, std::string_view text, std::uint64_t& value) {
  const Result<std::uint64_t> size = parse_size(text);
  if (!size) {
    context.misread_because(size.error().os_errno, fmt::format("Failed to parse size value '{}', ignoring", text), "write a number of bytes, such as 64K");
    return false;
  }
  value = *size;
  return true;
}
bool ModeCodec::parse(ParseContext& context, std::string_view text, std::uint32_t& value) {
  const Result<std::uint32_t> mode = parse_mode(text);
  if (!mode) {
    context.misread(mode.error().os_errno, fmt::format("Failed to parse mode value, ignoring: {}", text), "write an octal number such as 0644");
    return false;
  }
  value = *mode;
  return true;
}
Result<Texts> ModeCodec::texts(const Given& given) { return Texts{fmt::format("{:04o}", std::get<std::uint32_t>(given.value.storage))}; }

bool parse_span(ParseContext& context, std::string_view text, SpanRule rule, Duration& value, std::string_view what) {
  if (text.empty() && rule == SpanRule::empty_is_infinite) {
    value = Duration::infinity();
    return true;
  }
  const Result<Duration> span = parse_duration(text);
  if (!span) {
    // COMPAT
    const std::string_view usual = rule == SpanRule::plain ? "sec value" : rule == SpanRule::zero_is_infinite ? "time value" : "sec_def_infinity value";
    context.misread(span.error().os_errno, fmt::format("Failed to parse {}, ignoring: {}", what.empty() ? usual : what, text), "write a time span such as 90, 5min 20s or infinity");
    return false;
  }
  value = span->is_zero() && rule == SpanRule::zero_is_infinite ? Duration::infinity() : *span;
  return true;
}
Result<Texts> span_texts(const Given& given) { return Texts{format_duration(Duration::from_usec(std::get<std::uint64_t>(given.value.storage)))}; }
bool NanosecondsCodec::parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value) {
  const Result<std::uint64_t> span = parse_nanoseconds(text);
  if (!span) {
    context.misread(span.error().os_errno, fmt::format("Failed to parse nsec value, ignoring: {}", text), "write a time span such as 50us or 1ms");
    return false;
  }
  value = *span;
  return true;
}

bool unknown_name(ParseContext& context, std::string_view noun, std::string_view text, std::span<const std::string_view> names) {
  std::string hint = "choose one of: ";
  for (const std::string_view name : names) {
    if (&name != &names.front()) hint += ", ";
    hint += name;
  }
  if (const std::string_view near = nearest(text, names); !near.empty()) hint = fmt::format("did you mean {}?", near);
  const std::string what = noun.empty() ? fmt::format("{}=", context.key) : std::string(noun);
  context.misread(EINVAL, fmt::format("Failed to parse {}, ignoring: {}", what, text), std::move(hint));
  return false;
}

bool PlainStringCodec::parse(ParseContext&, std::string_view text, std::string& value) {
  value = text;
  return true;
}
bool SafeStringCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  if (!is_safe_string(text)) {
    context.ignore(fmt::format("Specified string contains unsafe characters, ignoring: {}", escape_c(text)));
    return false;
  }
  value = text;
  return true;
}
bool StringCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  value = std::move(*expanded);
  return true;
}

bool StringCodec::parse(ParseContext& context, std::string_view text, SharedText& value) {
  const std::optional<std::string> expanded = context.expand(text);
  if (expanded) value = SharedText(*expanded);
  return expanded.has_value();
}

std::optional<std::string> checked_path(ParseContext& context, std::string_view text, bool fatal) {
  const auto problem = [&](std::string_view what) {
    std::string message = fmt::format("{}= path is {}{}: {}", context.key, what, fatal ? "" : ", ignoring", text);
    if (fatal)
      context.refuse(std::move(message));
    else
      context.complain(std::move(message));
    return std::nullopt;
  };
  if (!is_valid_utf8(text)) {
    context.ignore(fmt::format("{}= is not valid UTF-8, ignoring.", context.key));
    return std::nullopt;
  }
  if (!is_absolute_path(text)) return problem("not absolute");
  if (text.size() > longest_path) return problem("too long");
  if (!is_safe_path(text)) return problem("not normalized");
  return simplify_path(text);
}
bool parse_path(ParseContext& context, std::string_view text, std::string& value, bool fatal) {
  if (text.empty()) {
    value.clear();
    return true;
  }
  const std::optional<std::string> expanded = fatal ? context.expand_or_refuse(text, unresolved::refused) : context.expand(text);
  if (!expanded) return false;
  if (expanded->empty()) {
    value.clear();
    return true;
  }
  std::optional<std::string> path = checked_path(context, *expanded, fatal);
  if (!path) return false;
  value = std::move(*path);
  return true;
}

bool parse_plain_path(ParseContext& context, std::string_view text, std::string_view usual, std::string& value) {
  const std::optional<std::string> path = text.empty() ? std::string(usual) : checked_path(context, text);
  if (path) value = *path;
  return path.has_value();
}
std::string quoted_word(std::string_view word) {
  const std::string safe = escape_specifiers(word);
  const bool plain = !safe.empty() && std::all_of(safe.begin(), safe.end(), [](char c) {
    return c > ' ' && c != '"' && c != '\'' && c != '\\' && c != 127;
  });
  return plain ? safe : '"' + escape_c(safe) + '"';
}

namespace {
/// A value of a simple type as text; nothing for another.
std::optional<std::string> scalar_text(const Value& value) {
  return std::visit(
      [](const auto& v) -> std::optional<std::string> {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, bool>)
          return std::string(v ? "yes" : "no");
        else if constexpr (std::is_arithmetic_v<T>)
          return fmt::format("{}", v);
        else if constexpr (std::is_same_v<T, std::string>)
          return v;
        else
          return std::nullopt;
      },
      value.storage);
}
}  // namespace

tl::unexpected<Error> refused_setting(const Given& given) {
  const std::string_view refusal = given.refusal.empty() ? "Invalid {} setting: {}" : given.refusal;
  return refused_setting(fmt::format(fmt::runtime(refusal), given.property, scalar_text(given.value).value_or(std::string())));
}
tl::unexpected<Error> refused_setting(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

tl::unexpected<Error> refused_as_too_large() { return tl::unexpected<Error>(Error{ErrorCode::io, ERANGE, "Failed to set unit properties: Numerical result out of range", {}}); }

const std::vector<Value>& elements_of(const Value& value) { return std::get<ArrayValue>(value.storage).elements; }
const std::vector<Value>& fields_of(const Value& value) { return std::get<StructValue>(value.storage).fields; }
const std::string& text_of(const Value& value) { return std::get<std::string>(value.storage); }

std::string text_of_fields(const std::vector<Value>& fields, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* bytes = std::get_if<Bytes>(&fields[i].storage);
    text += bytes != nullptr ? bytes->data : scalar_text(fields[i]).value_or(std::string());
    text += '\0';
  }
  return text;
}

Result<Texts> plain_texts(const Given& given) {
  if (std::holds_alternative<ArrayValue>(given.value.storage)) return word_list_texts(given);
  return Texts{escape_specifiers(scalar_text(given.value).value_or(std::string()))};
}
Result<Texts> word_list_texts(const Given& given) {
  return or_reset(TRY(element_texts(given, [](const Value& element) -> Result<std::string> { return quoted_word(text_of(element)); })));
}
Result<Texts> one_line_texts(const Given& given) {
  Texts words;
  for (const Value& element : elements_of(given.value))
    if (!text_of(element).empty()) words.push_back(quoted_word(text_of(element)));
  return Texts{join(words, " ")};
}
Result<Texts> quoted_line_texts(const Given& given) {
  const auto quoted = [](const Value& element) -> Result<std::string> { return '"' + escape_c(escape_specifiers(text_of(element))) + '"'; };
  return Texts{join(TRY(element_texts(given, quoted)), " ")};
}
Result<Texts> one_word_texts(const Given& given) {
  if (text_of(given.value).empty()) return refused_setting(given);
  return plain_texts(given);
}

}  // namespace unitparser
