// Codecs of [Unit], [Install] and of what units name: other units, conditions, commands, exit statuses, signals. [pure]
#pragma once

#include "unitparser/config/unit_section.h"
#include "unitparser/directives/codec_basic.h"

namespace unitparser {

/// Appends the units named in `text` as dependencies of that kind.
bool parse_dependencies(ParseContext& context, DependencyKind kind, std::string_view text, std::vector<DependencyEntry>& entries);
/// One word of a dependency directive, specifiers resolved, templates filled in with the unit's instance.
[[nodiscard]] Result<UnitName> resolve_unit_name(const ParseContext& context, std::string_view name);
/// One unit name, of a type in `allowed` (empty: any); empty text resets.
struct UnitNameRule {
  std::optional<UnitType> only{};
  std::string_view refusal;  ///< message when the type is another, or it is no unit's name
  int os_errno = 0;
  std::string_view unresolved = unresolved::bare;
};
bool parse_unit_name(ParseContext& context, std::string_view text, const UnitNameRule& rule, std::string& value);

/// FailureAction= and its kind. COMPAT: what would end the machine ends a user's manager only.
struct EmergencyActionCodec {
  static constexpr std::string_view signature = "s", word = "choice";
  static bool parse(ParseContext& context, std::string_view text, EmergencyAction& value);
  static Value encode(const EmergencyAction& value) { return EnumCodec<EmergencyAction>::encode(value); }
};

/// Names of sections' other units, e.g. Sockets=.
struct SocketListCodec {
  static constexpr std::string_view signature = "as", word = "socket units";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(value); }
};
/// Unit= of timers and paths: any type.
struct TriggeredUnitCodec {
  static constexpr std::string_view signature = "s", word = "unit";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};
/// Service= of sockets.
struct ServiceUnitCodec {
  static constexpr std::string_view signature = "s", word = "service unit";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};
/// Slice=.
struct SliceCodec {
  static constexpr std::string_view signature = "s", word = "slice unit";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};

struct DocumentationCodec {
  static constexpr std::string_view signature = "as", word = "URLs";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(value); }
  static Result<Texts> texts(const Given& given);
};
/// Words with quoting and specifiers, e.g. SupplementaryGroups=.
struct WordsCodec {
  static constexpr std::string_view signature = "as", word = "words";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(value); }
};
/// Words of [Install]; specifiers stay, since enabling resolves them.
struct InstallWordsCodec {
  static constexpr std::string_view signature = "as", word = "units";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(value); }
};

struct MountsForCodec {
  using Entry = std::pair<std::string, Origin>;
  static constexpr std::string_view signature = "as", word = "paths";
  static bool parse(ParseContext& context, std::string_view text, std::vector<Entry>& value);
  static Value encode(const std::vector<Entry>& value);
};

/// Reads one Condition*= or Assert*= into the list; empty resets the whole list.
bool parse_condition(ParseContext& context, ConditionKind kind, std::string_view text, std::vector<Condition>& list);
/// a(sbbsi): name, triggering, negated, parameter, outcome (0: not tried). Newest first, as systemd keeps them.
[[nodiscard]] Value encode_conditions(std::string_view prefix, const std::vector<Condition>& list);

struct ExitStatusCodec {
  static constexpr std::string_view signature = "(aiai)", word = "exit statuses";
  static bool parse(ParseContext& context, std::string_view text, ExitStatusSet& value);
  static Value encode(const ExitStatusSet& value);
  static Result<Texts> texts(const Given& given);
};
/// Exit status for the machine, 0..255.
struct ExitCodeCodec {
  static constexpr std::string_view signature = "i", word = "exit status";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint8_t>& value);
  static Value encode(const std::optional<std::uint8_t>& value) { return static_cast<std::int32_t>(value ? *value : -1); }
  static Result<Texts> texts(const Given& given);
};
struct SignalCodec {
  static constexpr std::string_view signature = "i", word = "signal";
  static bool parse(ParseContext& context, std::string_view text, int& value);
  static Value encode(const int& value) { return static_cast<std::int32_t>(value); }
  static Result<Texts> texts(const Given& given);
};

/// Whether the condition's parameter is a path.
[[nodiscard]] bool takes_path(ConditionKind kind);

/// Command lines.
struct ExecCodec {
  static constexpr std::string_view signature = "a(sasbttttuii)", given_as = "a(sasb)", word = "command line";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, ExecCommands& value);
  /// Without anything of the last run: times, pid, code and status are zero.
  static Value encode(const ExecCommands& value);
  static Value encode_extended(const ExecCommands& value);
  static Result<Texts> texts(const Given& given);
};
inline constexpr std::string_view extended_exec_signature = "a(sasasttttuii)";

/// What the kernel or the firmware is told at a reboot: ASCII, at most 255 bytes.
struct RebootArgumentCodec {
  static constexpr std::string_view signature = "s", word = "text";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};

}  // namespace unitparser
