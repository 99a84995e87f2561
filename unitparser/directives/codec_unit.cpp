// Reading of what units name. [pure]
#include "unitparser/directives/codec_unit.h"

#include <cerrno>

#include "unitparser/names/unit_name.h"
#include "unitparser/syntax/exec_line.h"
#include "unitparser/syntax/exit_status.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {

Result<UnitName> resolve_unit_name(const ParseContext& context, std::string_view name) {
  UnitName parsed = TRY(UnitName::parse(name));
  if (!parsed.is_template()) return parsed;
  const UnitName own = TRY(UnitName::parse(context.specifiers.unit));
  return parsed.with_instance(own.form() == NameForm::instance ? own.instance() : own.prefix());
}

/// COMPAT: quotes and backslashes are characters like all others.
constexpr WordOptions unit_words{.keep_backslashes = true};

bool parse_dependencies(ParseContext& context, DependencyKind kind, std::string_view text, std::vector<DependencyEntry>& entries) {
  const bool can_fail = context.type != UnitType::slice && context.type != UnitType::device;
  return for_each_word(context, text, unit_words, [&](const std::string& word) {
    const std::optional<std::string> name = context.expand(word, SpecifierSet::unit_name);
    if (!name) return;
    const Result<UnitName> unit = resolve_unit_name(context, *name);
    if (!unit) {
      context.misread_because(EINVAL, fmt::format("Failed to add dependency on {}, ignoring", *name),
                              "a unit name ends in its type, such as .service or .target");
      return;
    }
    if (kind == DependencyKind::on_failure && !can_fail)
      context.ignore(fmt::format("Requested dependency OnFailure={} ignored ({} units cannot fail).", unit->text(), to_name(context.type)));
    else
      entries.push_back({kind, unit->text(), context.origin});
  });
}

bool parse_unit_name(ParseContext& context, std::string_view text, const UnitNameRule& rule, std::string& value) {
  const std::optional<std::string> name = context.expand(text, SpecifierSet::unit_name, rule.unresolved);
  if (!name) return false;
  const Result<UnitName> unit = resolve_unit_name(context, *name);
  if (!unit || (rule.only && unit->type() != *rule.only)) {
    context.misread(rule.os_errno, fmt::format("{}, ignoring: {}", rule.refusal, *name));
    return false;
  }
  value = unit->text();
  return true;
}
bool SocketListCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  return for_each_word(context, text, WordOptions{}, [&](const std::string& word) {
    std::string name;
    if (parse_unit_name(context, word, {.only = UnitType::socket, .refusal = "Unit must be of type socket", .unresolved = unresolved::usual}, name)) value.push_back(std::move(name));
  });
}
bool TriggeredUnitCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  std::string name;
  if (!parse_unit_name(context, text, {.refusal = "Unit type not valid", .os_errno = EINVAL}, name)) return false;
  if (name == context.specifiers.unit) {
    context.ignore(fmt::format("Units cannot trigger themselves, ignoring: {}", name));
    return false;
  }
  value = std::move(name);
  return true;
}
bool ServiceUnitCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  return parse_unit_name(context, text, {.only = UnitType::service, .refusal = "Unit must be of type service"}, value);
}
bool SliceCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  const std::optional<std::string> written = context.expand(text, SpecifierSet::unit_name, unresolved::bare);
  if (!written) return false;
  const Result<UnitName> unit = resolve_unit_name(context, *written);
  if (!unit) {
    context.misread(EINVAL, fmt::format("Failed to load slice unit {0}, ignoring: Unit name {0} is not valid.", *written));
    return false;
  }
  std::string name = unit->text();
  const bool is_slice = UnitName::parse(name).value().type() == UnitType::slice;
  if (!is_slice || context.type == UnitType::slice) {
    context.misread_because(EINVAL, fmt::format("Failed to assign slice {} to unit {}, ignoring", name, context.specifiers.unit));
    return false;
  }
  value = std::move(name);
  return true;
}

namespace {
bool is_documentation_url(std::string_view url) {
  constexpr std::array<std::string_view, 5> schemes{"http://", "https://", "file:/", "info:", "man:"};
  return std::any_of(schemes.begin(), schemes.end(), [&](std::string_view scheme) { return url.starts_with(scheme) && url.size() > scheme.size(); });
}
}  // namespace
bool DocumentationCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  bool good = true;  // COMPAT: nothing counts behind a bad specifier
  return for_each_word(context, text, quoted_words, [&](const std::string& word) {
    std::optional<std::string> url = good ? context.expand(word) : std::nullopt;
    good = url.has_value();
    if (!url) return;
    if (is_documentation_url(*url))
      value.push_back(std::move(*url));
    else
      context.ignore(fmt::format("Invalid URL, ignoring: {}", *url), "write http://, https://, file:/, info: or man:");
  });
}
Result<Texts> DocumentationCodec::texts(const Given& given) {
  for (const Value& element : elements_of(given.value))
    if (!is_documentation_url(text_of(element))) return refused_setting(fmt::format("Invalid URL in {}: {}", given.property, text_of(element)));
  return word_list_texts(given);
}

bool WordsCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  return for_each_word(context, text, quoted_words, [&](const std::string& word) {
    if (std::optional<std::string> expanded = context.expand(word)) value.push_back(std::move(*expanded));
  });
}
bool InstallWordsCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  return for_each_word(context, text, quoted_words, [&](const std::string& word) { value.push_back(word); });
}

bool MountsForCodec::parse(ParseContext& context, std::string_view text, std::vector<Entry>& value) {
  return for_each_word(context, text, plain_words, [&](const std::string& word) {
    const std::optional<std::string> expanded = context.expand(word);
    if (!expanded) return;
    if (std::optional<std::string> path = checked_path(context, *expanded)) value.emplace_back(std::move(*path), context.origin);
  });
}
Value MountsForCodec::encode(const std::vector<Entry>& value) {
  std::vector<std::string> paths;
  for (const Entry& entry : value) paths.push_back(entry.first);
  return string_array(paths);
}

// --- Conditions ---------------------------------------------------------------------------------------------------
bool takes_path(ConditionKind kind) {
  return kind <= ConditionKind::needs_update;  // the path kinds stand first
}

bool parse_condition(ParseContext& context, ConditionKind kind, std::string_view text, std::vector<Condition>& list) {
  if (text.empty()) {
    list.clear();
    return true;
  }
  Condition condition;
  condition.kind = kind;
  condition.origin = context.origin;
  const auto take = [&text](char mark) {
    if (!text.starts_with(mark)) return false;
    text = trim_left(text.substr(1));
    return true;
  };
  condition.triggering = take('|');
  condition.negated = take('!');
  const std::optional<std::string> expanded = context.expand(text, takes_path(kind) ? unresolved::bare : unresolved::usual);
  if (!expanded) return false;
  if (takes_path(kind)) {
    std::optional<std::string> path = checked_path(context, *expanded);
    if (!path) return false;
    condition.parameter = std::move(*path);
  } else {
    condition.parameter = *expanded;
  }
  list.push_back(std::move(condition));
  return true;
}

Value encode_conditions(std::string_view prefix, const std::vector<Condition>& list) {
  ArrayValue array{"(sbbsi)", {}};
  for (auto condition = list.rbegin(); condition != list.rend(); ++condition)
    array.elements.push_back(struct_of(fmt::format("{}{}", prefix, to_name(condition->kind)), condition->triggering,
                                       condition->negated, condition->parameter, std::int32_t{0}));
  return array;
}

/// Why a word that is neither a known name nor a good number is not understood.
int errno_of_number(std::string_view word) {
  return parse_signed(word, INT32_MIN, INT32_MAX) ? ERANGE : EINVAL;
}

// --- Exit statuses and signals ------------------------------------------------------------------------------------
bool ExitStatusCodec::parse(ParseContext& context, std::string_view text, ExitStatusSet& value) {
  if (text.empty()) {
    value = {};
    return true;
  }
  return for_each_word(context, text, WordOptions{}, [&](const std::string& word) {
    if (const auto status = parse_exit_status(word)) {
      value.codes.insert(*status);
    } else if (const auto signal = parse_signal(word); signal && !is_digit(word[0])) {
      value.signals.insert(*signal);
    } else {
      context.misread(errno_of_number(word), fmt::format("Failed to parse value, ignoring: {}", word),
                     "write an exit status (0 to 255), its name (TEMPFAIL) or a signal (SIGTERM)");
    }
  });
}
Value ExitStatusCodec::encode(const ExitStatusSet& value) {
  ArrayValue codes{"i", {}};
  ArrayValue signals{"i", {}};
  for (const int code : value.codes) codes.elements.emplace_back(std::int32_t{code});
  for (const int signal : value.signals) signals.elements.emplace_back(std::int32_t{signal});
  return struct_of(std::move(codes), std::move(signals));
}
Result<Texts> ExitStatusCodec::texts(const Given& given) {
  const std::vector<Value>& pair = fields_of(given.value);
  Texts texts;
  for (const Value& element : elements_of(pair[0])) {
    const auto status = std::get<std::int32_t>(element.storage);
    if (status < 0 || status > 255) return refused_setting(fmt::format("Invalid status code in {}: {}", given.property, status));
    texts.push_back(fmt::format("{}", status));
  }
  for (const Value& element : elements_of(pair[1])) {
    const auto signal = std::get<std::int32_t>(element.storage);
    if (signal < 0 || signal > SIGRTMAX) return refused_as_too_large();
    texts.push_back(format_signal(signal));
  }
  return texts.empty() ? Texts{""} : texts;
}
Result<Texts> ExitCodeCodec::texts(const Given& given) {
  const auto status = std::get<std::int32_t>(given.value.storage);
  return Texts{status < 0 ? std::string() : fmt::format("{}", status)};
}
Result<Texts> SignalCodec::texts(const Given& given) {
  const auto signal = std::get<std::int32_t>(given.value.storage);
  if (signal <= 0 || signal > SIGRTMAX) return refused_setting(given);
  return Texts{format_signal(signal)};
}

bool ExitCodeCodec::parse(ParseContext& context, std::string_view text, std::optional<std::uint8_t>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const Result<std::uint64_t> status = parse_unsigned(text, 255);
  if (!status) {
    context.misread_because(status.error().os_errno, fmt::format("Failed to parse exit status '{}', ignoring", text));
    return false;
  }
  value = static_cast<std::uint8_t>(*status);
  return true;
}

bool SignalCodec::parse(ParseContext& context, std::string_view text, int& value) {
  const std::optional<int> signal = parse_signal(text);
  if (!signal) {
    context.misread(errno_of_number(text), fmt::format("Failed to parse signal name, ignoring: {}", text), "write a signal such as SIGTERM");
    return false;
  }
  value = *signal;
  return true;
}

// --- Commands -----------------------------------------------------------------------------------------------------
bool ExecCodec::parse(ParseContext& context, std::string_view text, ExecCommands& value) {
  if (parse_exec_line(text, context.specifiers, context.origin, context.remarks, value) == ExecLineOutcome::fatal)
    context.fatal = true;
  return true;
}

namespace {
Value encode_commands(const ExecCommands& commands, bool extended) {
  ArrayValue array{extended ? "(sasasttttuii)" : "(sasbttttuii)", {}};
  for (const ExecCommand& command : commands) {
    Value flags = command.ignore_failure;
    if (extended) {
      std::vector<std::string> words;
      if (command.ignore_failure) words.emplace_back("ignore-failure");
      if (command.full_privileges) words.emplace_back("privileged");
      if (command.no_setuid) words.emplace_back("no-setuid");
      if (command.no_env_expand) words.emplace_back("no-env-expand");
      if (command.ambient_magic) words.emplace_back("ambient");
      flags = string_array(words);
    }
    array.elements.push_back(struct_of(command.path, string_array(command.argv), std::move(flags), std::uint64_t{0},
                                       std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}, std::uint32_t{0},
                                       std::int32_t{0}, std::int32_t{0}));
  }
  return array;
}

/// "Ignore failure", or the list of what prefixes say; false for an unknown word.
bool set_flags(ExecCommand& command, const Value& flags) {
  if (const auto* ignore = std::get_if<bool>(&flags.storage)) {
    command.ignore_failure = *ignore;
    return true;
  }
  for (const Value& element : elements_of(flags)) {
    const std::string& word = text_of(element);
    if (word == "ignore-failure")
      command.ignore_failure = true;
    else if (word == "privileged")
      command.full_privileges = true;
    else if (word == "no-setuid")
      command.no_setuid = true;
    else if (word == "no-env-expand")
      command.no_env_expand = true;
    else if (word == "ambient")
      command.ambient_magic = true;
    else
      return false;
  }
  return true;
}
}  // namespace

Value ExecCodec::encode(const ExecCommands& value) { return encode_commands(value, false); }
Value ExecCodec::encode_extended(const ExecCommands& value) { return encode_commands(value, true); }

Result<Texts> ExecCodec::texts(const Given& given) {
  Texts texts = TRY(structure_texts(given, [&](const std::vector<Value>& fields) -> Result<std::string> {
    ExecCommand command;
    command.path = text_of(fields[0]);
    if (!is_absolute_path(command.path) && !is_valid_file_name(command.path))
      return refused_setting(fmt::format("\"{}\" is neither a valid executable name nor an absolute path", command.path));
    for (const Value& argument : elements_of(fields[1])) command.argv.push_back(text_of(argument));
    if (command.argv.empty()) return refused_setting(fmt::format("\"{}\" argv cannot be empty", given.property));
    if (!set_flags(command, fields[2])) return refused_setting(std::string(without_words));
    if (is_absolute_path(command.path)) command.path = simplify_path(command.path);
    return format_exec_line(command);
  }));
  if (const Value current = given.current(); elements_of(current).empty() && !texts.front().empty()) texts.insert(texts.begin(), std::string());  // COMPAT
  return texts;
}

bool RebootArgumentCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  constexpr std::size_t longest = 255;
  std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  const bool ascii = std::all_of(expanded->begin(), expanded->end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
  // COMPAT: the older place of it, [Service], takes everything.
  if (context.section == "Unit" && (!ascii || expanded->size() > longest)) {
    context.ignore(fmt::format("Invalid reboot parameter '{}', ignoring.", *expanded), "at most 255 bytes of ASCII");
    return false;
  }
  value = std::move(*expanded);
  return true;
}

bool EmergencyActionCodec::parse(ParseContext& context, std::string_view text, EmergencyAction& value) {
  EmergencyAction said = value;
  if (!EnumCodec<EmergencyAction>::parse(context, text, said)) return false;
  const bool is_for_users = said == EmergencyAction::none || said == EmergencyAction::exit || said == EmergencyAction::exit_force;
  if (context.scope == ManagerScope::user && !is_for_users) {
    context.ignore(fmt::format("{}= in user mode specified as \"{}\", using \"exit-force\" instead.", context.key, text));
    said = EmergencyAction::exit_force;
  }
  value = said;
  return true;
}

}  // namespace unitparser
