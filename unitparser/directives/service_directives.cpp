// Rows of [Service] besides execution, resources and killing (systemd.service(5)). [pure]
#include "unitparser/directives/codec_socket.h"
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/rows.h"

namespace unitparser {

template <>
inline constexpr std::string_view enum_noun<ServiceType> = "service type";
template <>
inline constexpr std::string_view enum_noun<ServiceExitType> = "service exit type";
template <>
inline constexpr std::string_view enum_noun<ServiceRestart> = "service restart specifier";
template <>
inline constexpr std::string_view enum_noun<NotifyAccess> = "notify access specifier";
template <>
inline constexpr std::string_view enum_noun<TimeoutFailureMode> = "timeout failure mode";

namespace {

constexpr Sections service = Section::service;

bool apply_type(ParseContext& context, UnitConfig& config, std::string_view text) {
  constexpr auto names = enum_names(std::type_identity<ServiceType>{});
  const std::optional<ServiceType> type = from_name<ServiceType>(text);
  // DIFFERS: notify-reload came with 253; 252 does not know the word, and neither do we.
  if (!type || *type == ServiceType::notify_reload) return unknown_name(context, "service type", text, names);
  set_field<&ServiceConfig::type>(config, *type);
  set_field<&ServiceConfig::type_set>(config, true);
  return true;
}
Value get_type(const Subject<UnitConfig>& subject) { return std::string(to_name(subject.config.common->service->type)); }

template <auto Field>
Value get_span(const Subject<UnitConfig>& subject) {
  return read_field<Field>(subject.config).usec();
}
bool apply_timeout_start(ParseContext& context, UnitConfig& config, std::string_view text) {
  Duration timeout;
  if (!parse_span(context, text, SpanRule::zero_is_infinite, timeout, fmt::format("{}= parameter", context.key))) return false;
  set_field<&ServiceTimeouts::timeout_start>(config, timeout);
  set_field<&ServiceTimeouts::timeout_start_set>(config, true);
  return true;
}
/// TimeoutSec= sets both.
bool apply_timeout(ParseContext& context, UnitConfig& config, std::string_view text) {
  Duration timeout;
  if (!parse_span(context, text, SpanRule::zero_is_infinite, timeout, fmt::format("{}= parameter", context.key))) return false;
  set_field<&ServiceTimeouts::timeout_start>(config, timeout);
  set_field<&ServiceTimeouts::timeout_start_set>(config, true);
  set_field<&ServiceTimeouts::timeout_stop>(config, timeout);
  return true;
}
bool apply_timeout_abort(ParseContext& context, UnitConfig& config, std::string_view text) {
  if (text.empty()) {
    set_field<&ServiceTimeouts::timeout_abort_set>(config, false);
    return true;
  }
  Duration timeout;
  if (!parse_span(context, text, SpanRule::plain, timeout, fmt::format("{}= setting", context.key))) return false;
  set_field<&ServiceTimeouts::timeout_abort>(config, timeout);
  set_field<&ServiceTimeouts::timeout_abort_set>(config, true);
  return true;
}
Value get_timeout_abort(const Subject<UnitConfig>& subject) {
  const ServiceTimeouts& timeouts = *subject.config.common->service_timeouts;
  return (timeouts.timeout_abort_set ? timeouts.timeout_abort : timeouts.timeout_stop).usec();
}

Value get_oom_policy(const Subject<UnitConfig>& subject) {
  const std::optional<OomPolicy> policy = subject.config.common->service->oom_policy;
  return std::string(policy ? to_name(*policy) : std::string_view{});
}

Result<Texts> pid_file_texts(const Given& given) {
  const std::string& text = text_of(given.value);
  const std::string path = text.empty() || is_absolute_path(text) ? text : "/run/" + text;
  if (!path.empty() && !is_safe_path(path)) return refused_setting(fmt::format("{}= path '{}' is not valid", given.property, path));
  return Texts{escape_specifiers(path)};
}
template <auto Field>
Value get_extended(const Subject<UnitConfig>& subject) {
  return ExecCodec::encode_extended(read_field<Field>(subject.config));
}
template <auto Field>
consteval UnitRow command(std::string_view key, std::string_view description) {
  return row<Field, ExecCodec>(service, key, invalidates(key), description);
}
consteval UnitRow written_as_commands(UnitRow r) {
  r.target = r.bus.name.substr(0, r.bus.name.size() - 2);
  return settable(r, &ExecCodec::texts, "a(sasas)");
}
template <auto Field>
consteval UnitRow extended(std::string_view property) {
  return written_as_commands(shown(service, invalidates(property), extended_exec_signature, &get_extended<Field>, "The same commands with all their prefixes."));
}

using Service = ServiceConfig;
using Times = ServiceTimeouts;
using Commands = ServiceCommands;
constexpr std::array rows{
    custom<&Service::type, &Service::type_set>(service, "Type", constant("Type"), "s", "choice", {&apply_type, &get_type, &plain_texts}, "How the service says that it is up: at once, by forking, by a bus name, by a message, or by ending."),
    row<&Service::exit_type, EnumCodec<ServiceExitType>>(service, "ExitType", constant("ExitType"), "Whether the service ends with its main process or with the last process of its group."),
    row<&Service::restart, EnumCodec<ServiceRestart>>(service, "Restart", constant("Restart"), "After which ends the service is started again."),
    settable(row<&Service::pid_file, PidFileCodec>(service, "PIDFile", constant("PIDFile"), "File in which a forking service writes the number of its main process."), &pid_file_texts),
    command<&Commands::exec_condition>("ExecCondition", "Commands before ExecStartPre= that decide whether the service is started at all."),
    command<&Commands::exec_start_pre>("ExecStartPre", "Commands run before the service."),
    command<&Commands::exec_start>("ExecStart", "The command of the service."),
    command<&Commands::exec_start_post>("ExecStartPost", "Commands run once the service is up."),
    command<&Commands::exec_reload>("ExecReload", "Commands that make the service read its configuration again."),
    command<&Commands::exec_stop>("ExecStop", "Commands that end the service."),
    command<&Commands::exec_stop_post>("ExecStopPost", "Commands run after the service ended, however it ended."),
    extended<&Commands::exec_condition>("ExecConditionEx"), extended<&Commands::exec_start_pre>("ExecStartPreEx"),
    extended<&Commands::exec_start>("ExecStartEx"), extended<&Commands::exec_start_post>("ExecStartPostEx"),
    extended<&Commands::exec_reload>("ExecReloadEx"), extended<&Commands::exec_stop>("ExecStopEx"),
    extended<&Commands::exec_stop_post>("ExecStopPostEx"),
    row<&Times::restart_delay, Span>(service, "RestartSec", constant("RestartUSec"), "How long to wait before a restart."),
    custom<&Times::timeout_start, &Times::timeout_stop>(service, "TimeoutSec", no_property, "", "time span", {&apply_timeout, nullptr, nullptr}, "Sets TimeoutStartSec= and TimeoutStopSec= at once."),
    custom<&Times::timeout_start, &Times::timeout_start_set>(service, "TimeoutStartSec", constant("TimeoutStartUSec"), "t", "time span", {&apply_timeout_start, &get_span<&Times::timeout_start>, &span_texts}, "How long a start may take before it counts as failed."),
    row<&Times::timeout_stop, SpanOrNever>(service, "TimeoutStopSec", constant("TimeoutStopUSec"), "How long a stop may take before processes are killed."),
    custom<&Times::timeout_abort, &Times::timeout_abort_set>(service, "TimeoutAbortSec", quiet("TimeoutAbortUSec"), "t", "time span", {&apply_timeout_abort, &get_timeout_abort, &span_texts}, "How long the service may take to end after an abort by the watchdog."),
    row<&Times::timeout_start_failure_mode, EnumCodec<TimeoutFailureMode>>(service, "TimeoutStartFailureMode", constant("TimeoutStartFailureMode"), "How a service that did not start in time is ended."),
    row<&Times::timeout_stop_failure_mode, EnumCodec<TimeoutFailureMode>>(service, "TimeoutStopFailureMode", constant("TimeoutStopFailureMode"), "How a service that did not stop in time is ended."),
    row<&Times::runtime_max, Span>(service, "RuntimeMaxSec", constant("RuntimeMaxUSec"), "Longest time the service may be active."),
    row<&Times::runtime_randomized_extra, Span>(service, "RuntimeRandomizedExtraSec", constant("RuntimeRandomizedExtraUSec"), "Random time, up to this, that is added to RuntimeMaxSec=."),
    row<&Times::watchdog, Span>(service, "WatchdogSec", BusName{"WatchdogUSec", Emits::nothing, true}, "Longest time between two keep-alive messages of the service."),
    alias(service, "StartLimitInterval", "Unit.StartLimitIntervalSec"),
    alias(service, "StartLimitBurst", "Unit.StartLimitBurst"),
    alias(service, "StartLimitAction", "Unit.StartLimitAction"),
    alias(service, "FailureAction", "Unit.FailureAction"),
    alias(service, "RebootArgument", "Unit.RebootArgument"),
    row<&Service::permissions_start_only, BooleanCodec>(service, "PermissionsStartOnly", no_property, "Only ExecStart= runs with the unit's user; the + prefix replaced it."),
    row<&Service::root_directory_start_only, BooleanCodec>(service, "RootDirectoryStartOnly", constant("RootDirectoryStartOnly"), "Only ExecStart= runs below RootDirectory=."),
    row<&Service::remain_after_exit, BooleanCodec>(service, "RemainAfterExit", constant("RemainAfterExit"), "The service counts as active after its processes ended."),
    row<&Service::guess_main_pid, BooleanCodec>(service, "GuessMainPID", constant("GuessMainPID"), "Guess the main process of a forking service that has no PID file."),
    row<&Service::restart_prevent_exit_status, ExitStatusCodec>(service, "RestartPreventExitStatus", constant("RestartPreventExitStatus"), "Ends of the main process after which there is no restart."),
    row<&Service::restart_force_exit_status, ExitStatusCodec>(service, "RestartForceExitStatus", constant("RestartForceExitStatus"), "Ends of the main process after which there always is a restart."),
    row<&Service::success_exit_status, ExitStatusCodec>(service, "SuccessExitStatus", constant("SuccessExitStatus"), "Further ends of the main process that count as success."),
    row<&Service::non_blocking, BooleanCodec>(service, "NonBlocking", constant("NonBlocking"), "Set O_NONBLOCK on the sockets that are passed."),
    row<&Service::bus_name, BusNameCodec>(service, "BusName", constant("BusName"), "Bus name that the service takes; it is up once the name is taken."),
    row<&Service::fd_store_max, UnsignedCodec>(service, "FileDescriptorStoreMax", constant("FileDescriptorStoreMax"), "How many descriptors the manager keeps for the service."),
    row<&Service::notify_access, EnumCodec<NotifyAccess>>(service, "NotifyAccess", constant("NotifyAccess"), "Which processes of the service may send status messages."),
    not_settable(row<&Service::sockets, SocketListCodec>(service, "Sockets", no_property, "Socket units whose descriptors the service gets.")),
    shown_by(row<&Service::oom_policy, OptionalEnumCodec<OomPolicy::stop>>(service, "OOMPolicy", constant("OOMPolicy"), "What happens when the kernel killed a process of the service for want of memory."), &get_oom_policy),
    row<&Service::usb_function_descriptors, PathCodec>(service, "USBFunctionDescriptors", constant("USBFunctionDescriptors"), "File with USB FunctionFS descriptors."),
    row<&Service::usb_function_strings, PathCodec>(service, "USBFunctionStrings", constant("USBFunctionStrings"), "File with USB FunctionFS strings."),
    ignored(service, "SysVStartPriority", "Start priorities of init scripts are gone; orderings replaced them."),
    ignored(service, "FsckPassNo", "The order of file system checks comes from fstab."),
};
static_assert(unique_keys(rows) && documented(rows));
static_assert(covers_every_field<ServiceConfig>(rows) && covers_every_field<ServiceTimeouts>(rows) && covers_every_field<ServiceCommands>(rows));

}  // namespace

std::span<const UnitRow> service_rows() { return rows; }

}  // namespace unitparser
