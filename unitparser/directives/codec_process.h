// Codecs of a process' identity, environment, streams, logging, scheduling and limits (systemd.exec(5)). [pure]
#pragma once

#include "unitparser/config/exec_config.h"
#include "unitparser/directives/codec_basic.h"

namespace unitparser {

/// User or group name or number. systemd accepts more than it likes; what cannot be a name makes the unit unusable.
struct UserCodec {
  static constexpr std::string_view signature = "s", word = "user or group";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};
struct GroupsCodec {
  static constexpr std::string_view signature = "as", word = "groups";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(value); }
  static Result<Texts> texts(const Given& given);
};
/// A name is usable for users, with the rule for old systems that systemd applies here.
[[nodiscard]] bool is_acceptable_user(std::string_view name);

struct SearchPathCodec {
  static constexpr std::string_view signature = "as", word = "paths";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(value); }
};

/// What a file descriptor may be called: printable ASCII without ':'.
[[nodiscard]] bool is_descriptor_name(std::string_view name);

struct EnvironmentCodec {
  static constexpr std::string_view signature = "as", word = "assignments";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  /// Each name once, the last assignment winning.
  static Value encode(const std::vector<std::string>& value);
  static Result<Texts> texts(const Given& given);
};
struct EnvironmentFileCodec {
  static constexpr std::string_view signature = "a(sb)", word = "file";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<EnvironmentFileEntry>& value);
  static Value encode(const std::vector<EnvironmentFileEntry>& value);
  static Result<Texts> texts(const Given& given);
};
/// In the order in which they were said first.
[[nodiscard]] std::vector<std::string> each_once(const std::vector<std::string>& names);
/// Names only (PassEnvironment=).
struct VariableNamesCodec {
  static constexpr std::string_view signature = "as", word = "variable names";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(each_once(value)); }
  static Result<Texts> texts(const Given& given);
};
/// Names or assignments (UnsetEnvironment=).
struct UnsetEnvironmentCodec {
  static constexpr std::string_view signature = "as", word = "variable names or assignments";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(each_once(value)); }
  static Result<Texts> texts(const Given& given);
};
/// StandardInput=; name or path go with the kind.
bool parse_standard_input(ParseContext& context, std::string_view text, ExecInput& kind, std::string& name);
/// StandardOutput=, StandardError=.
bool parse_standard_output(ParseContext& context, std::string_view text, ExecOutput& kind, std::string& name);
/// What StandardInputText= and StandardInputData= append to the `size` bytes that there are.
bool read_input_text(ParseContext& context, std::string_view text, std::size_t size, std::string& more);
bool read_input_data(ParseContext& context, std::string_view text, std::size_t size, std::string& more);

[[nodiscard]] Value bytes_value(std::string_view bytes);

struct TerminalSizeCodec {
  static constexpr std::string_view signature = "q", given_as = "u", word = "number";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint16_t>& value);
  static Value encode(const std::optional<std::uint16_t>& value) { return static_cast<std::uint16_t>(value ? *value : UINT16_MAX); }
};

struct LogLevelCodec {
  static constexpr std::string_view signature = "i", word = "log level";
  static bool parse(ParseContext& context, std::string_view text, int& value);
  static Value encode(const int& value) { return static_cast<std::int32_t>(value); }
};
struct LogFacilityCodec {
  static constexpr std::string_view signature = "i", word = "log facility";
  static bool parse(ParseContext& context, std::string_view text, int& value);
  static Value encode(const int& value) { return static_cast<std::int32_t>(value); }
};
struct LogFieldsCodec {
  static constexpr std::string_view signature = "aay", word = "journal fields";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value);
  static Result<Texts> texts(const Given& given);
};
/// One regular expression (PCRE2) an assignment, allowing or, after '~', denying. The journal compiles it, and says if it cannot.
struct LogFilterPatternCodec {
  static constexpr std::string_view signature = "as", word = "pattern or ~pattern";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value);
  static Value encode(const std::vector<std::string>& value) { return string_array(value); }
};
struct LogNamespaceCodec {
  static constexpr std::string_view signature = "s", word = "name";
  static bool parse(ParseContext& context, std::string_view text, std::string& value);
  static Value encode(const std::string& value) { return value; }
};

struct NiceCodec {
  static constexpr std::string_view signature = "i", word = "nice level";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value);
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(0)); }
};
struct OomScoreCodec {
  static constexpr std::string_view signature = "i", word = "number";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value);
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(0)); }
};
struct CoredumpFilterCodec {
  static constexpr std::string_view signature = "t", word = "memory kinds";
  static bool parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value);
  static Value encode(const std::optional<std::uint64_t>& value) { return value.value_or(0x33); }
  static Result<Texts> texts(const Given& given);
};
struct IoClassCodec {
  static constexpr std::string_view signature = "i", word = "class";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value);
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(2)); }
};
struct IoPriorityCodec {
  static constexpr std::string_view signature = "i", word = "number 0 to 7";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value);
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(4)); }
};
struct NumaPolicyCodec {
  static constexpr std::string_view signature = "i", word = "policy";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value);
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(-1)); }
};
/// "0-3,7 9" as bits; "numa" only when `numa` is given.
bool parse_cpu_set(ParseContext& context, std::string_view text, CpuMask& mask);
/// The same of nodes.
bool parse_numa_mask(ParseContext& context, std::string_view text, CpuMask& mask);
/// Bytes in eight-byte steps, as on the bus.
[[nodiscard]] Value cpu_mask_value(const CpuMask& mask);
[[nodiscard]] Result<Texts> cpu_mask_texts(const Given& given);
/// As ranges, in place of what was said before.
[[nodiscard]] Result<Texts> cpu_ranges_texts(const Given& given);
struct CpuSetCodec {
  static constexpr std::string_view signature = "ay", word = "CPU numbers";
  static constexpr bool list = false;
  static bool parse(ParseContext& context, std::string_view text, CpuMask& value);
  static Value encode(const CpuMask& value) { return cpu_mask_value(value); }
  static Result<Texts> texts(const Given& given) { return cpu_ranges_texts(given); }
};

/// "soft:hard" or one value for both; `resource` is RLIMIT_*.
bool parse_limit(ParseContext& context, std::string_view text, int resource, ResourceLimit& limit);

struct PersonalityCodec {
  static constexpr std::string_view signature = "s", word = "architecture";
  static bool parse(ParseContext& context, std::string_view text, std::optional<unsigned long>& value);
  static Value encode(const std::optional<unsigned long>& value);
};

}  // namespace unitparser
