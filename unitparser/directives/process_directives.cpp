// Rows of a process' identity, environment, streams and logging (systemd.exec(5)). [pure]
#include "unitparser/directives/codec_process.h"
#include "unitparser/base/encoding.h"
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/rows.h"

namespace unitparser {

template <>
inline constexpr std::string_view enum_noun<UtmpMode> = "utmp mode";

namespace {

constexpr Sections exec = exec_sections;
using Identity = ExecIdentity;
using Environment = ExecEnvironment;
using Streams = ExecStreams;
using Logging = ExecLogging;

// --- Identity -----------------------------------------------------------------------------------------------------
/// "/path", "-/path" (may be missing), "~" (home of the user), "-~".
bool apply_working_directory(ParseContext& context, UnitConfig& config, std::string_view text) {
  if (text.empty()) {  // COMPAT: a '-' of before stays
    set_field<&Identity::working_directory>(config, std::string());
    set_field<&Identity::working_directory_home>(config, false);
    return true;
  }
  bool missing_ok = false;
  bool home = false;
  std::string path;
  if (text.starts_with('-')) missing_ok = true, text.remove_prefix(1);
  if (text == "~") {
    home = true;
  } else {
    const std::optional<std::string> expanded = missing_ok ? context.expand(text, unresolved::working_directory)
                                                           : context.expand_or_refuse(text, unresolved::working_directory);
    std::optional<std::string> checked = expanded ? checked_path(context, *expanded, !missing_ok) : std::nullopt;
    if (!checked) {
      context.fatal = context.fatal || !missing_ok;
      return false;
    }
    path = std::move(*checked);
  }
  set_field<&Identity::working_directory>(config, std::move(path));
  set_field<&Identity::working_directory_home>(config, home);
  set_field<&Identity::working_directory_missing_ok>(config, missing_ok);
  return true;
}
Value get_working_directory(const Subject<UnitConfig>& subject) {
  const Identity& identity = *subject.config.common->exec_identity;
  return (identity.working_directory_missing_ok ? "!" : "") + (identity.working_directory_home ? std::string("~") : identity.working_directory);
}
Result<Texts> working_directory_texts(const Given& given) {
  const std::string& text = text_of(given.value);
  const bool missing_ok = text.starts_with('-') || text.starts_with('!');
  const std::string_view path = std::string_view(text).substr(missing_ok ? 1 : 0);
  if (!path.empty() && path != "~" && !is_absolute_path(path)) return refused_setting(fmt::format("{}= expects an absolute path or '~'", given.property));
  return Texts{(missing_ok ? "-" : "") + escape_specifiers(path)};
}

// --- Streams ------------------------------------------------------------------------------------------------------
bool apply_input(ParseContext& context, UnitConfig& config, std::string_view text) {
  ExecInput kind = config.common->exec_streams->standard_input;
  std::string name = config.common->exec_streams->standard_input_name;
  if (!parse_standard_input(context, text, kind, name)) return false;
  set_field<&Streams::standard_input>(config, kind);
  set_field<&Streams::standard_input_name>(config, std::move(name));
  return true;
}
template <auto Kind, auto Name>
bool apply_output(ParseContext& context, UnitConfig& config, std::string_view text) {
  ExecOutput kind = read_field<Kind>(config);
  std::string name = read_field<Name>(config);
  if (!parse_standard_output(context, text, kind, name)) return false;
  set_field<Kind>(config, kind);
  set_field<Name>(config, std::move(name));
  return true;
}
template <auto Field>
Value get_name(const Subject<UnitConfig>& subject) {
  return std::string(to_name(read_field<Field>(subject.config)));
}
Value get_input_name(const Subject<UnitConfig>& subject) {
  const Streams& streams = *subject.config.common->exec_streams;
  return streams.standard_input == ExecInput::fd ? streams.standard_input_name : std::string();
}
Value get_output_name(const Subject<UnitConfig>& subject) {
  const Streams& streams = *subject.config.common->exec_streams;
  return streams.standard_output == ExecOutput::fd ? streams.standard_output_name : std::string();
}
Value get_error_name(const Subject<UnitConfig>& subject) {
  const Streams& streams = *subject.config.common->exec_streams;
  return streams.standard_error == ExecOutput::fd ? streams.standard_error_name : std::string();
}
/// COMPAT: files and descriptors have properties of their own.
Result<Texts> stream_texts(const Given& given) {
  if (text_of(given.value).find(':') != std::string::npos) return refused_setting(given);
  return one_word_texts(given);
}
Result<Texts> search_path_texts(const Given& given) {
  const auto path = [&](const Value& element) -> Result<std::string> {
    if (!is_absolute_path(text_of(element))) return refused_setting(fmt::format("Invalid {}", given.property));
    return escape_specifiers(text_of(element));
  };
  return Texts{join(TRY(element_texts(given, path)), ":")};
}
/// The line that names a descriptor, by its usual name where none is given.
template <Literal Prefix, Literal Usual>
Result<Texts> descriptor_line(const Given& given) {
  const std::string& name = text_of(given.value);
  return Texts{std::string(Prefix.text) + (name.empty() ? Usual.text : escape_specifiers(name))};
}
/// A line "<key>=<prefix><text>" for what clients say by a property of its own.
template <Literal Prefix>
Result<Texts> prefixed_line(const Given& given) { return Texts{std::string(Prefix.text) + escape_specifiers(text_of(given.value))}; }

/// Further data add up, where they are: a copy for each line would make long files quadratic.
template <bool (*Read)(ParseContext&, std::string_view, std::size_t, std::string&)>
bool apply_input_data(ParseContext& context, UnitConfig& config, std::string_view text) {
  if (text.empty()) {
    set_field<&Streams::standard_input_data>(config, {});
    return true;
  }
  std::string more;
  if (!Read(context, text, config.common->exec_streams->standard_input_data.size(), more)) return false;
  if (!more.empty()) write_field<&Streams::standard_input_data>(config) += more;
  return true;
}
Value get_input_data(const Subject<UnitConfig>& subject) { return bytes_value(subject.config.common->exec_streams->standard_input_data); }
Result<Texts> input_data_texts(const Given& given) { return Texts{encode_base64(std::get<Bytes>(given.value.storage).data)}; }
Value get_syslog_priority(const Subject<UnitConfig>& subject) {
  const Logging& logging = *subject.config.common->exec_logging;
  return std::int32_t{logging.syslog_facility * 8 + logging.syslog_level};
}
bool apply_log_level_max(ParseContext& context, UnitConfig& config, std::string_view text) {
  int level = -1;
  if (!LogLevelCodec::parse(context, text, level)) return false;
  set_field<&Logging::log_level_max>(config, level);
  return true;
}
Value get_log_level_max(const Subject<UnitConfig>& subject) { return std::int32_t{subject.config.common->exec_logging->log_level_max}; }
/// Helpers of mounts stay in the manager's.
Value get_same_process_group(const Subject<UnitConfig>& subject) { return subject.name.type() == UnitType::mount; }

constexpr std::array rows{
    custom<&Identity::working_directory, &Identity::working_directory_home, &Identity::working_directory_missing_ok>(
        exec, "WorkingDirectory", constant("WorkingDirectory"), "s", "path or ~", {&apply_working_directory, &get_working_directory, &working_directory_texts}, "Folder that processes start in."),
    row<&Identity::root_directory, FatalPathCodec>(exec, "RootDirectory", constant("RootDirectory"), "Folder that processes see as the root."),
    row<&Identity::user, UserCodec>(exec, "User", constant("User"), "User that processes run as."),
    row<&Identity::group, UserCodec>(exec, "Group", constant("Group"), "Group that processes run in."),
    row<&Identity::supplementary_groups, GroupsCodec>(exec, "SupplementaryGroups", constant("SupplementaryGroups"), "Further groups of the processes."),
    row<&Identity::dynamic_user, FatalBooleanCodec>(exec, "DynamicUser", constant("DynamicUser"), "Use a user and group that exist only while the unit runs."),
    row<&Identity::remove_ipc, BooleanCodec>(exec, "RemoveIPC", constant("RemoveIPC"), "Remove IPC objects of the user when the unit stops."),
    row<&Identity::pam_name, StringCodec>(exec, "PAMName", constant("PAMName"), "PAM service that a session is opened with."),
    row<&Identity::umask, ModeCodec>(exec, "UMask", constant("UMask"), "Access bits that new files do not get."),
    settable(row<&Identity::exec_search_path, SearchPathCodec>(exec, "ExecSearchPath", constant("ExecSearchPath"), "Folders in which programs without a path are looked for."), &search_path_texts),

    row<&Environment::environment, EnvironmentCodec>(exec, "Environment", constant("Environment"), "Environment variables of the processes."),
    row<&Environment::environment_files, EnvironmentFileCodec>(exec, "EnvironmentFile", constant("EnvironmentFiles"), "Files that environment variables are read from."),
    row<&Environment::pass_environment, VariableNamesCodec>(exec, "PassEnvironment", constant("PassEnvironment"), "Variables of the manager that are passed on."),
    row<&Environment::unset_environment, UnsetEnvironmentCodec>(exec, "UnsetEnvironment", constant("UnsetEnvironment"), "Variables that are taken out at the end."),

    custom<&Streams::standard_input, &Streams::standard_input_name>(exec, "StandardInput", constant("StandardInput"), "s", "stream", {&apply_input, &get_name<&Streams::standard_input>, &stream_texts}, "What standard input is connected to."),
    custom<&Streams::standard_output, &Streams::standard_output_name>(exec, "StandardOutput", constant("StandardOutput"), "s", "stream", {&apply_output<&Streams::standard_output, &Streams::standard_output_name>, &get_name<&Streams::standard_output>, &stream_texts}, "What standard output is connected to."),
    custom<&Streams::standard_error, &Streams::standard_error_name>(exec, "StandardError", constant("StandardError"), "s", "stream", {&apply_output<&Streams::standard_error, &Streams::standard_error_name>, &get_name<&Streams::standard_error>, &stream_texts}, "What standard error is connected to."),
    refused_as("Invalid file descriptor name", settable(shown(exec, constant("StandardInputFileDescriptorName"), "s", &get_input_name, "Name of the descriptor for standard input."), &descriptor_line<"StandardInput=fd:", "stdin">)),
    refused_as("Invalid file descriptor name", settable(shown(exec, constant("StandardOutputFileDescriptorName"), "s", &get_output_name, "Name of the descriptor for standard output."), &descriptor_line<"StandardOutput=fd:", "stdout">)),
    refused_as("Invalid file descriptor name", settable(shown(exec, constant("StandardErrorFileDescriptorName"), "s", &get_error_name, "Name of the descriptor for standard error."), &descriptor_line<"StandardError=fd:", "stderr">)),
    custom<&Streams::standard_input_data>(exec, "StandardInputText", no_property, "", "text", {&apply_input_data<&read_input_text>, nullptr, nullptr}, "Lines of text that standard input is filled with."),
    custom<&Streams::standard_input_data>(exec, "StandardInputData", constant("StandardInputData"), "ay", "base64 data", {&apply_input_data<&read_input_data>, &get_input_data, &input_data_texts}, "Data, in base64, that standard input is filled with."),
    row<&Streams::tty_path, PathCodec>(exec, "TTYPath", constant("TTYPath"), "Terminal that the streams use."),
    row<&Streams::tty_reset, BooleanCodec>(exec, "TTYReset", constant("TTYReset"), "Reset the terminal before and after."),
    row<&Streams::tty_vhangup, BooleanCodec>(exec, "TTYVHangup", constant("TTYVHangup"), "Cut everybody else off the terminal before and after."),
    row<&Streams::tty_vt_disallocate, BooleanCodec>(exec, "TTYVTDisallocate", constant("TTYVTDisallocate"), "Clear the virtual terminal before and after."),
    row<&Streams::tty_rows, TerminalSizeCodec>(exec, "TTYRows", constant("TTYRows"), "Number of lines that the terminal is set to."),
    row<&Streams::tty_columns, TerminalSizeCodec>(exec, "TTYColumns", constant("TTYColumns"), "Number of columns that the terminal is set to."),
    row<&Streams::ignore_sigpipe, BooleanCodec>(exec, "IgnoreSIGPIPE", constant("IgnoreSIGPIPE"), "Processes start with SIGPIPE ignored."),
    row<&Streams::utmp_identifier, StringCodec>(exec, "UtmpIdentifier", constant("UtmpIdentifier"), "Identifier, of four letters, of the process' utmp record."),
    row<&Streams::utmp_mode, EnumCodec<UtmpMode>>(exec, "UtmpMode", constant("UtmpMode"), "Kind of the process' utmp records."),

    row<&Logging::syslog_identifier, StringCodec>(exec, "SyslogIdentifier", constant("SyslogIdentifier"), "Name that log lines carry, if it is not the program's."),
    refused_as("Log facility value out of range", row<&Logging::syslog_facility, LogFacilityCodec>(exec, "SyslogFacility", constant("SyslogFacility"), "Facility of log lines.")),
    refused_as("Log level value out of range", row<&Logging::syslog_level, LogLevelCodec>(exec, "SyslogLevel", constant("SyslogLevel"), "Level of log lines that do not say it themselves.")),
    shown(exec, constant("SyslogPriority"), "i", &get_syslog_priority, "Facility and level as one number."),
    row<&Logging::syslog_level_prefix, BooleanCodec>(exec, "SyslogLevelPrefix", constant("SyslogLevelPrefix"), "Log lines may begin with their level in angle brackets."),
    custom<&Logging::log_level_max>(exec, "LogLevelMax", constant("LogLevelMax"), "i", "log level", {&apply_log_level_max, &get_log_level_max, &plain_texts}, "Log lines less important than this are dropped."),
    row<&Logging::log_rate_limit_interval, Span>(exec, "LogRateLimitIntervalSec", constant("LogRateLimitIntervalUSec"), "Interval in which log lines are counted."),
    row<&Logging::log_rate_limit_burst, UnsignedCodec>(exec, "LogRateLimitBurst", constant("LogRateLimitBurst"), "How many log lines are allowed in that interval."),
    row<&Logging::log_extra_fields, LogFieldsCodec>(exec, "LogExtraFields", constant("LogExtraFields"), "Further fields of the journal entries of the unit."),
    // DIFFERS: came with systemd 253, so its D-Bus property is not in the interface of 252 that we speak.
    not_settable(row<&Logging::log_filter_patterns, LogFilterPatternCodec>(exec, "LogFilterPatterns", no_property, "Log lines that match no allowing pattern, or one that begins with ~, are dropped.")),
    refused_as("Log namespace name not valid", row<&Logging::log_namespace, LogNamespaceCodec>(exec, "LogNamespace", constant("LogNamespace"), "Journal that the unit writes to, if it is not the usual one.")),
    shown(exec, constant("SameProcessGroup"), "b", &get_same_process_group, "Whether processes stay in the manager's process group."),
    given_only(exec, "StandardInputFile", "s", &prefixed_line<"StandardInput=file:">, "File for standard input of a transient unit."),
    given_only(exec, "StandardOutputFile", "s", &prefixed_line<"StandardOutput=file:">, "File for standard output of a transient unit."),
    given_only(exec, "StandardOutputFileToAppend", "s", &prefixed_line<"StandardOutput=append:">, "File that a transient unit's output is appended to."),
    given_only(exec, "StandardOutputFileToTruncate", "s", &prefixed_line<"StandardOutput=truncate:">, "File that a transient unit's output replaces."),
    given_only(exec, "StandardErrorFile", "s", &prefixed_line<"StandardError=file:">, "File for standard error of a transient unit."),
    given_only(exec, "StandardErrorFileToAppend", "s", &prefixed_line<"StandardError=append:">, "File that a transient unit's errors are appended to."),
    given_only(exec, "StandardErrorFileToTruncate", "s", &prefixed_line<"StandardError=truncate:">, "File that a transient unit's errors replace."),
};
static_assert(unique_keys(rows) && documented(rows));
static_assert(covers_every_field<ExecIdentity>(rows) && covers_every_field<ExecEnvironment>(rows) && covers_every_field<ExecStreams>(rows) && covers_every_field<ExecLogging>(rows));

}  // namespace

std::span<const UnitRow> process_rows() { return rows; }

}  // namespace unitparser
