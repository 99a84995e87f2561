// Reading of identity, environment, streams and logging. [pure]
#include "unitparser/base/encoding.h"
#include "unitparser/directives/codec_process.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "unitparser/syntax/environment.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {

// --- Identity -----------------------------------------------------------------------------------------------------
bool is_acceptable_user(std::string_view name) {
  if (name.empty() || name.front() == ' ' || name.back() == ' ') return false;
  if (name.find_first_not_of(digits) == std::string_view::npos)
    return parse_unsigned(name, UINT32_MAX, 10) && name != "4294967295" && name != "65535" && (name.size() == 1 || name[0] != '0');
  if (!is_valid_utf8(name) || has_control_characters(name) || name.find_first_of(":/") != std::string_view::npos) return false;
  if (name == "." || name == "..") return false;
  return name.front() != '-' || name.find_first_not_of(digits, 1) != std::string_view::npos;  // "-5" is a number that got lost
}

bool UserCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  if (text.empty()) {
    value.clear();
    return true;
  }
  std::optional<std::string> name = context.expand_or_refuse(text, unresolved::plain);
  if (!name) return false;
  if (!is_acceptable_user(*name)) {
    context.refuse(fmt::format("Invalid user/group name or numeric ID: {}", *name));
    return false;
  }
  if (*name == "nobody" && context.section != to_name(Section::scope))  // whose user gets no more than its control group
    context.note_account(*name, "Special user nobody configured, this is not safe!", "many programs share it; use DynamicUser=yes or an account of the service's own");
  value = std::move(*name);
  return true;
}
Result<Texts> GroupsCodec::texts(const Given& given) {
  for (const Value& element : elements_of(given.value))
    if (!text_of(element).empty() && !is_acceptable_user(text_of(element))) return refused_setting("Invalid supplementary group names");
  return one_line_texts(given);
}
bool GroupsCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  return for_each_word(context, text, WordOptions{}, [&](const std::string& word) {
    std::optional<std::string> name = context.expand_or_refuse(word, unresolved::plain);
    if (!name) return;
    if (!is_acceptable_user(*name)) {
      context.refuse(fmt::format("Invalid user/group name or numeric ID: {}", *name));
    } else {
      value.push_back(std::move(*name));
    }
  });
}
bool SearchPathCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  bool good = true;  // COMPAT: nothing counts behind a bad path
  return for_each_word(context, text, WordOptions{.separators = ":", .keep_empty = true}, [&](const std::string& word) {
    const std::optional<std::string> expanded = good ? context.expand(word) : std::nullopt;
    std::optional<std::string> path = expanded ? checked_path(context, *expanded) : std::nullopt;
    good = path.has_value();
    if (path && std::find(value.begin(), value.end(), *path) == value.end()) value.push_back(std::move(*path));
  });
}

// --- Environment --------------------------------------------------------------------------------------------------
bool EnvironmentCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  constexpr WordOptions words{.unquote = true, .unescape = true};
  WordReader reader(text, words);
  for (;;) {
    const Result<std::optional<std::string>> word = reader.next();
    if (!word) {
      context.misread(EINVAL, fmt::format("Invalid syntax, ignoring: {}", text), "a quote or an escape is not complete");
      return false;
    }
    if (!*word) return true;
    std::optional<std::string> expanded = context.expand(**word, unresolved::of_environment);
    if (!expanded) continue;
    if (!is_valid_assignment(*expanded)) {
      context.ignore(fmt::format("Invalid environment assignment, ignoring: {}", *expanded),
                     "write NAME=value, the name in letters, digits and underscores; quotes go around the whole assignment");
      continue;
    }
    value.push_back(std::move(*expanded));
  }
}
Value EnvironmentCodec::encode(const std::vector<std::string>& value) {
  std::vector<std::string> merged;
  for (const std::string& assignment : value) set_variable(merged, assignment);
  return string_array(merged);
}
Result<Texts> EnvironmentCodec::texts(const Given& given) {
  for (const Value& element : elements_of(given.value))
    if (!is_valid_assignment(text_of(element))) return refused_setting("Invalid environment block.");
  return quoted_line_texts(given);
}

bool EnvironmentFileCodec::parse(ParseContext& context, std::string_view text, std::vector<EnvironmentFileEntry>& value) {
  const std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  EnvironmentFileEntry entry;
  std::string_view rest = *expanded;
  if (rest.starts_with('-')) {
    entry.optional = true;
    rest.remove_prefix(1);
  }
  std::optional<std::string> path = checked_path(context, rest);
  if (!path) return false;
  entry.path = std::move(*path);
  value.push_back(std::move(entry));
  return true;
}
Value EnvironmentFileCodec::encode(const std::vector<EnvironmentFileEntry>& value) {
  ArrayValue array{"(sb)", {}};
  for (const EnvironmentFileEntry& entry : value) array.elements.push_back(struct_of(entry.path, entry.optional));
  return array;
}
Result<Texts> EnvironmentFileCodec::texts(const Given& given) {
  return whole_list_texts(given, 2, [](const std::vector<Value>& fields) -> Result<std::string> {
    const std::string& path = text_of(fields[0]);
    if (!is_absolute_path(path)) return refused_setting(fmt::format("Path {} is not absolute.", path));
    return (std::get<bool>(fields[1].storage) ? "-" : "") + escape_specifiers(path);
  });
}

std::vector<std::string> each_once(const std::vector<std::string>& names) {
  std::vector<std::string> once;
  for (const std::string& name : names)
    if (std::find(once.begin(), once.end(), name) == once.end()) once.push_back(name);
  return once;
}
namespace {
/// Names of variables, each once; whether they may come with a value.
bool are_variables(const std::vector<Value>& names, bool with_values) {
  std::unordered_set<std::string_view> seen;
  return std::all_of(names.begin(), names.end(), [&](const Value& element) {
    const std::string& name = text_of(element);
    return seen.insert(name).second && (is_valid_variable_name(name) || (with_values && is_valid_assignment(name)));
  });
}
}  // namespace
Result<Texts> VariableNamesCodec::texts(const Given& given) {
  if (!are_variables(elements_of(given.value), false)) return refused_setting(fmt::format("Invalid {}= block.", given.property));
  return quoted_line_texts(given);
}
bool VariableNamesCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  return for_each_word(context, text, plain_words, [&](const std::string& word) {
    std::optional<std::string> name = context.expand(word, unresolved::of_environment);
    if (!name) return;
    if (!is_valid_variable_name(*name)) {
      context.ignore(fmt::format("Invalid environment name for {}, ignoring: {}", context.key, *name));
      return;
    }
    value.push_back(std::move(*name));
  }, incomplete::of_names);
}
Result<Texts> UnsetEnvironmentCodec::texts(const Given& given) {
  if (!are_variables(elements_of(given.value), true)) return refused_setting(fmt::format("Invalid {}= list.", given.property));
  return quoted_line_texts(given);
}
bool UnsetEnvironmentCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  return for_each_word(context, text, escaped_words, [&](const std::string& word) {
    std::optional<std::string> name = context.expand(word, unresolved::bare);
    if (!name) return;
    if (!is_valid_variable_name(*name) && !is_valid_assignment(*name)) {
      context.ignore(fmt::format("Invalid environment name or assignment {}, ignoring: {}", context.key, *name));
      return;
    }
    value.push_back(std::move(*name));
  }, incomplete::of_names);
}

bool is_descriptor_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c < 127 && c != ':'; });
}

// --- Streams ------------------------------------------------------------------------------------------------------
namespace {
/// "fd:NAME"; the bare word takes the stream's own name.
bool parse_fd_name(ParseContext& context, std::string_view text, std::string& name) {
  const std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  if (expanded->empty() || expanded->size() > 255 || !is_descriptor_name(*expanded)) {
    context.ignore(fmt::format("Invalid file descriptor name, ignoring: {}", *expanded));
    return false;
  }
  name = *expanded;
  return true;
}
bool parse_stream_path(ParseContext& context, std::string_view text, std::string& name) {
  const std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  // COMPAT: worded as if the unit were lost, but only the line is.
  std::optional<std::string> path = checked_path(context, *expanded, true);
  context.fatal = false;
  if (!path) return false;
  name = std::move(*path);
  return true;
}
}  // namespace

bool parse_standard_input(ParseContext& context, std::string_view text, ExecInput& kind, std::string& name) {
  if (const auto fd = after_prefix(text, "fd:")) {
    if (!parse_fd_name(context, *fd, name)) return false;
    kind = ExecInput::fd;
  } else if (const auto path = after_prefix(text, "file:")) {
    if (!parse_stream_path(context, *path, name)) return false;
    kind = ExecInput::file;
  } else {
    const std::optional<ExecInput> said = from_name<ExecInput>(text);
    if (!said || *said == ExecInput::file) {
      context.misread(EINVAL, fmt::format("Failed to parse input specifier, ignoring: {}", text));
      return false;
    }
    kind = *said;
    name = kind == ExecInput::fd ? "stdin" : "";
  }
  return true;
}

bool parse_standard_output(ParseContext& context, std::string_view text, ExecOutput& kind, std::string& name) {
  struct Prefix {
    std::string_view text;
    ExecOutput kind;
  };
  constexpr std::array prefixes{Prefix{"file:", ExecOutput::file}, Prefix{"append:", ExecOutput::append},
                                Prefix{"truncate:", ExecOutput::truncate}};
  if (text == "syslog" || text == "syslog+console") {
    const std::string_view replacement = text == "syslog" ? "journal" : "journal+console";
    context.note(fmt::format("Standard output type {} is obsolete, automatically updating to {}. Please update your unit file, and "
                             "consider removing the setting altogether.", text, replacement));
    text = replacement;
  }
  if (const auto fd = after_prefix(text, "fd:")) {
    if (!parse_fd_name(context, *fd, name)) return false;
    kind = ExecOutput::fd;
    return true;
  }
  for (const Prefix& prefix : prefixes)
    if (const auto path = after_prefix(text, prefix.text)) {
      if (!parse_stream_path(context, *path, name)) return false;
      kind = prefix.kind;
      return true;
    }
  const std::optional<ExecOutput> said = from_name<ExecOutput>(text);
  if (!said || *said >= ExecOutput::file) {
    context.misread(EINVAL, fmt::format("Failed to parse output specifier, ignoring: {}", text));
    return false;
  }
  kind = *said;
  name = kind == ExecOutput::fd ? (context.key == "StandardError" ? "stderr" : "stdout") : "";
  return true;
}

namespace {
constexpr std::size_t longest_input = 4UL * 1024 * 1024;  // as systemd's limit of StandardInputData=
bool is_small_enough(ParseContext& context, std::size_t size) {
  if (size <= longest_input) return true;
  context.ignore(fmt::format("Standard input data too large ({}), maximum of {} permitted, ignoring.", size, longest_input));
  return false;
}
}  // namespace

bool read_input_text(ParseContext& context, std::string_view text, std::size_t size, std::string& more) {
  const Result<std::string> unescaped = unescape_c(text, {.accept_nul = false});
  if (!unescaped) {
    context.misread_because(unescaped.error().os_errno, fmt::format("Failed to decode C escaped text '{}', ignoring", text));
    return false;
  }
  std::optional<std::string> expanded = context.expand(*unescaped);
  if (!expanded) return false;
  more = std::move(*expanded) + '\n';
  return is_small_enough(context, size + more.size());
}
bool read_input_data(ParseContext& context, std::string_view text, std::size_t size, std::string& more) {
  Result<std::string> decoded = decode_base64(text);
  if (!decoded) {
    context.misread(decoded.error().os_errno, fmt::format("Failed to decode base64 data, ignoring: {}", text));
    return false;
  }
  more = std::move(*decoded);
  return is_small_enough(context, size + more.size());
}

Value bytes_value(std::string_view bytes) { return Bytes{std::string(bytes)}; }

bool TerminalSizeCodec::parse(ParseContext& context, std::string_view text, std::optional<std::uint16_t>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const Result<std::uint64_t> number = parse_unsigned(text, UINT16_MAX);
  if (!number) return not_a_number(context, number.error().os_errno, "unsigned", text);
  value = static_cast<std::uint16_t>(*number);
  return true;
}

// --- Logging ------------------------------------------------------------------------------------------------------
bool LogLevelCodec::parse(ParseContext& context, std::string_view text, int& value) {
  const std::optional<int> level = name_or_number(syslog_levels(), text, 7);
  if (!level) {
    context.misread(EINVAL, fmt::format("Failed to parse log level, ignoring: {}", text), "choose one of: emerg, alert, crit, err, warning, notice, info, debug");
    return false;
  }
  value = *level;
  return true;
}
bool LogFacilityCodec::parse(ParseContext& context, std::string_view text, int& value) {
  const std::optional<int> facility = name_or_number(syslog_facilities(), text, 127);
  if (!facility) {
    context.misread(EINVAL, fmt::format("Failed to parse log facility, ignoring: {}", text));
    return false;
  }
  value = *facility;
  return true;
}

namespace {
/// Journal field names: upper case, digits, underscore; not beginning with a digit or underscore.
bool is_user_field(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] == '_' || is_digit(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; });
}
}  // namespace
bool LogFieldsCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  return for_each_word(context, text, escaped_words, [&](const std::string& word) {
    std::optional<std::string> field = context.expand(word, unresolved::bare);
    if (!field) return;
    const std::size_t equals = field->find('=');
    if (equals == std::string::npos) {
      context.ignore(fmt::format("Log field lacks '=' character, ignoring: {}", *field));
    } else if (!is_user_field(std::string_view(*field).substr(0, equals))) {
      context.ignore(fmt::format("Log field name is invalid, ignoring: {}", *field), "names are upper-case letters, digits and underscores");
    } else {
      value.push_back(std::move(*field));
    }
  });
}
Value LogFieldsCodec::encode(const std::vector<std::string>& value) {
  ArrayValue array{"ay", {}};
  for (const std::string& field : value) array.elements.push_back(bytes_value(field));
  return array;
}
Result<Texts> LogFieldsCodec::texts(const Given& given) {
  return or_reset(TRY(element_texts(given, [](const Value& element) -> Result<std::string> {
    const std::string& field = std::get<Bytes>(element.storage).data;
    if (field.find('\0') != std::string::npos) return refused_setting("Journal field contains zero byte");
    const std::size_t equals = field.find('=');
    if (equals == std::string::npos) return refused_setting("Journal field contains no '=' character");
    if (!is_user_field(std::string_view(field).substr(0, equals))) return refused_setting("Journal field invalid");
    if (!is_valid_utf8(field)) return refused_setting("Journal field is not valid UTF-8");
    return quoted_word(field);
  })));
}
bool LogFilterPatternCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  if (text == "~") {
    context.ignore("Regex pattern invalid, ignoring: ~", "a pattern follows the ~ that denies");
    return false;
  }
  value.emplace_back(text);
  return true;
}
bool LogNamespaceCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  if (text.empty()) {
    value.clear();
    return true;
  }
  std::optional<std::string> name = context.expand(text, unresolved::bare);
  if (!name) return false;
  if (!is_valid_file_name(*name) || !is_safe_string(*name) || !UnitName::is_valid(fmt::format("systemd-journald@{}.service", *name))) {
    context.ignore(fmt::format("Specified log namespace name is not valid, ignoring: {}", *name));
    return false;
  }
  value = std::move(*name);
  return true;
}

}  // namespace unitparser
