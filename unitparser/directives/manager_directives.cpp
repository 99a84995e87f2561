// Rows of [Manager] (systemd-system.conf(5)). [pure]
#include "unitparser/directives/manager_directives.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/codec_resource.h"
#include "unitparser/directives/codec_security.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {
template <>
inline constexpr std::string_view enum_noun<ShowStatus> = "show status setting";
template <>
inline constexpr std::string_view enum_noun<StatusUnitFormat> = "status unit format";

namespace {

constexpr Sections manager = Section::manager;
using Behaviour = ManagerBehaviour;
using Defaults = ManagerDefaults;

// --- Codecs of this file only -------------------------------------------------------------------------------------
/// Boolean, or one of the other words.
struct ShowStatusCodec {
  static constexpr std::string_view signature = "b", word = "boolean, auto or error";
  static bool parse(ParseContext& context, std::string_view text, ShowStatus& value) {
    if (const Result<bool> truth = parse_boolean(text)) {
      value = *truth ? ShowStatus::yes : ShowStatus::no;
      return true;
    }
    return EnumCodec<ShowStatus>::parse(context, text, value);
  }
  static Value encode(const ShowStatus& value) { return value == ShowStatus::yes || value == ShowStatus::temporary; }
};
/// Settings of the log of the manager itself: what they are called when they are wrong, which is an error then.
bool bad_log_setting(ParseContext& context, std::string_view noun, std::string_view text) {
  context.complain(fmt::format("Invalid {}'{}': {}", noun, text, std::strerror(EINVAL)), {}, EINVAL);
  return false;
}
struct OwnLogLevelCodec {
  static constexpr std::string_view signature = "i", word = "log level";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
    const std::optional<int> level = name_or_number(syslog_levels(), text, 7);
    if (!level) return bad_log_setting(context, "log level", text);
    value = level;
    return true;
  }
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(usual_log_level)); }
};
struct OwnLogTargetCodec {
  static constexpr std::string_view signature = "s", word = "choice";
  static bool parse(ParseContext& context, std::string_view text, std::optional<LogTarget>& value) {
    const std::optional<LogTarget> target = from_name<LogTarget>(text);
    if (!target) return bad_log_setting(context, "target", text);
    value = target;
    return true;
  }
  static Value encode(const std::optional<LogTarget>& value) { return std::string(value ? to_name(*value) : std::string_view()); }
};
enum class LogPart : std::uint8_t { color, location, time };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<LogPart>) { return {"color", "location", "time"}; }
template <LogPart Part>
struct LogPartCodec {
  static constexpr std::string_view signature = "b", word = "boolean";
  static bool parse(ParseContext& context, std::string_view text, bool& value) {
    const Result<bool> truth = parse_boolean(text);
    if (!truth) return bad_log_setting(context, to_name(Part), text);
    value = *truth;
    return true;
  }
  static Value encode(const bool& value) { return value; }
};
/// "off" and "default" besides time spans.
struct WatchdogCodec {
  static constexpr std::string_view signature = "t", word = "time span, off or default";
  static bool parse(ParseContext& context, std::string_view text, Duration& value) {
    if (text == "off" || text == "default") {
      value = text == "off" ? Duration() : Duration::infinity();
      return true;
    }
    return parse_span(context, text, SpanRule::plain, value);
  }
  static Value encode(const Duration& value) { return value.usec(); }
};
struct CrashVtCodec {
  static constexpr std::string_view signature = "i", word = "boolean or number of a virtual terminal";
  static bool parse(ParseContext& context, std::string_view text, int& value) {
    // COMPAT: "0" and "1" are numbers, not booleans.
    if (const Result<std::int64_t> number = parse_signed(text, INT32_MIN, INT32_MAX)) {
      value = static_cast<int>(*number);
    } else if (const Result<bool> truth = parse_boolean(text)) {
      value = *truth ? 0 : -1;
    } else {
      context.misread(EINVAL, fmt::format("Failed to parse CrashChangeVT= setting, ignoring: {}", text));
      return false;
    }
    return true;
  }
  static Value encode(const int& value) { return static_cast<std::int32_t>(value); }
};
struct AssignmentsCodec {
  static constexpr std::string_view signature = "as", word = "assignments";
  static constexpr bool list = true;
  static bool parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) { return EnvironmentCodec::parse(context, text, value); }
  static Value encode(const std::vector<std::string>& value) { return EnvironmentCodec::encode(value); }
};
struct AbortTimeoutCodec {
  static constexpr std::string_view signature = "t", word = "time span";
  static bool parse(ParseContext& context, std::string_view text, std::optional<Duration>& value) {
    if (text.empty()) {
      value.reset();
      return true;
    }
    Duration said;
    if (!parse_span(context, text, SpanRule::plain, said, fmt::format("{}= setting", context.key))) return false;
    value = said;
    return true;
  }
  static Value encode(const std::optional<Duration>& value) { return value.value_or(Duration::infinity()).usec(); }
};
struct NumaMaskCodec {
  static constexpr std::string_view signature = "ay", word = "node numbers";
  static bool parse(ParseContext& context, std::string_view text, CpuMask& value) { return parse_numa_mask(context, text, value); }
  static Value encode(const CpuMask& value) { return cpu_mask_value(value); }
};
struct AffinityCodec {
  static constexpr std::string_view signature = "ay", word = "CPU numbers";
  static bool parse(ParseContext& context, std::string_view text, CpuMask& value) { return parse_cpu_set(context, text, value); }
  static Value encode(const CpuMask& value) { return cpu_mask_value(value); }
};
struct OutputCodec {
  static constexpr std::string_view signature = "s", word = "stream";
  static bool parse(ParseContext& context, std::string_view text, ExecOutput& value) {
    const std::string_view written = text;
    if (text.starts_with("syslog")) text = text == "syslog" ? "journal" : text == "syslog+console" ? "journal+console" : text;
    const std::optional<ExecOutput> said = from_name<ExecOutput>(text);
    if (text != written) context.note(fmt::format("Standard output type {} is obsolete, automatically updating to {}. Please update your configuration.", written, text));
    if (!said) {
      context.misread(EINVAL, fmt::format("Failed to parse output type, ignoring: {}", text));
      return false;
    }
    if (*said >= ExecOutput::file || *said == ExecOutput::fd || *said == ExecOutput::socket) {
      context.ignore(fmt::format("Standard output types socket, fd:, file:, append:, truncate: are not supported as defaults, ignoring: {}", text));
      return false;
    }
    value = *said;
    return true;
  }
  static Value encode(const ExecOutput& value) { return std::string(to_name(value)); }
};

struct TimeoutCodec {
  static constexpr std::string_view signature = "t", word = "time span";
  static bool parse(ParseContext& context, std::string_view text, Duration& value) { return parse_span(context, text, SpanRule::zero_is_infinite, value, "sec value"); }
  static Value encode(const Duration& value) { return value.usec(); }
};
struct DefaultOomScoreCodec {
  static constexpr std::string_view signature = OomScoreCodec::signature, word = OomScoreCodec::word;
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
    constexpr int least = -1000, most = 1000;
    const Result<std::int64_t> score = text.empty() ? 0 : parse_signed(text, least, most);
    if (!score) context.misread_because(score.error().os_errno, fmt::format("Failed to parse the OOM score adjust value '{}', ignoring", text), "the range is -1000 to 1000");
    else value = text.empty() ? std::optional<int>() : static_cast<int>(*score);
    return score.has_value();
  }
  static Value encode(const std::optional<int>& value) { return OomScoreCodec::encode(value); }
};
struct DevicePathCodec {
  static constexpr std::string_view signature = "s", word = "path";
  static bool parse(ParseContext& context, std::string_view text, std::string& value) { return parse_plain_path(context, text, {}, value); }
  static Value encode(const std::string& value) { return value; }
};
/// What the empty text leaves to the manager: it costs nothing here, so it is on.
struct CpuAccountingCodec {
  static constexpr std::string_view signature = "b", word = "boolean";
  static bool parse(ParseContext& context, std::string_view text, bool& value) {
    std::optional<bool> said;
    if (!TristateCodec::parse(context, text, said)) return false;
    value = said.value_or(true);
    return true;
  }
  static Value encode(const bool& value) { return value; }
};

/// COMPAT: what it has; a reload does not change it.
Value get_slack(const Subject<Behaviour>& subject) { return subject.machine.own_timer_slack_nsec; }

// --- ConfirmSpawn= and the limits ---------------------------------------------------------------------------------
bool apply_confirm(ParseContext&, Behaviour& config, std::string_view text) {
  const Result<bool> truth = parse_boolean(text);
  config.confirm_spawn = truth ? *truth : !text.empty();
  config.confirm_spawn_path = truth || text.empty() ? std::string() : is_absolute_path(text) ? std::string(text) : "/dev/" + std::string(text);
  return true;
}
Value get_confirm(const Subject<Behaviour>& subject) { return subject.config.confirm_spawn; }
consteval BehaviourRow confirm_spawn() {
  BehaviourRow r;
  r.sections = manager, r.key = "ConfirmSpawn", r.bus = constant("ConfirmSpawn"), r.signature = "b", r.value_word = "boolean or terminal";
  r.description = "Ask on a terminal before each process is started.";
  r.apply = &apply_confirm, r.get = &get_confirm, r.texts = nullptr;
  r.fields = {field_id<&Behaviour::confirm_spawn>(), field_id<&Behaviour::confirm_spawn_path>()};
  return r;
}

template <int Resource>
bool apply_limit(ParseContext& context, Defaults& config, std::string_view text) {
  ResourceLimit limit;
  if (!parse_limit(context, text, Resource, limit)) return false;
  config.limits[Resource] = limit;
  return true;
}
template <int Resource>
Value get_hard(const Subject<Defaults>& subject) {
  return subject.config.limits[Resource].value_or(subject.machine.own_limits[Resource]).hard;
}
template <int Resource>
Value get_soft(const Subject<Defaults>& subject) {
  return subject.config.limits[Resource].value_or(subject.machine.own_limits[Resource]).soft;
}
template <int Resource>
consteval DefaultsRow limit(std::string_view key, std::string_view description) {
  DefaultsRow r;
  r.sections = manager, r.key = key, r.bus = constant(key), r.signature = "t", r.value_word = "limit", r.description = description;
  r.apply = &apply_limit<Resource>, r.get = &get_hard<Resource>, r.texts = nullptr;
  r.fields[0] = field_id<&Defaults::limits>();
  return r;
}
template <int Resource>
consteval DefaultsRow soft(std::string_view property) {
  DefaultsRow r;
  r.kind = RowKind::property;
  r.sections = manager, r.bus = constant(property), r.signature = "t", r.description = "The soft limit.";
  r.get = &get_soft<Resource>;
  return r;
}
Value get_abort(const Subject<Defaults>& subject) { return subject.config.timeout_abort.value_or(subject.config.timeout_stop).usec(); }
Value get_tasks_max(const Subject<Defaults>& subject) {
  const std::optional<ScalableLimit>& limit = subject.config.tasks_max;
  if (!limit) return std::uint64_t{UINT64_MAX};
  if (limit->permyriad && subject.machine.tasks_max > 0) return subject.machine.tasks_max * *limit->permyriad / 10000;
  return limit->value;
}

constexpr std::array behaviour_table{
    row<&Behaviour::log_level, OwnLogLevelCodec>(manager, "LogLevel", no_property, "Least important messages that the manager logs."),
    row<&Behaviour::log_target, OwnLogTargetCodec>(manager, "LogTarget", no_property, "Where the manager logs to."),
    row<&Behaviour::log_color, LogPartCodec<LogPart::color>>(manager, "LogColor", no_property, "Important messages are coloured on the console."),
    row<&Behaviour::log_location, LogPartCodec<LogPart::location>>(manager, "LogLocation", no_property, "Messages name the place in the code; without effect: ours name the place in the unit file."),
    row<&Behaviour::log_time, LogPartCodec<LogPart::time>>(manager, "LogTime", no_property, "Messages on the console carry the time."),
    row<&Behaviour::dump_core, BooleanCodec>(manager, "DumpCore", no_property, "Dump core when the manager crashes."),
    row<&Behaviour::crash_shell, BooleanCodec>(manager, "CrashShell", no_property, "Start a shell when the manager crashes."),
    row<&Behaviour::crash_reboot, BooleanCodec>(manager, "CrashReboot", no_property, "Reboot when the manager crashes."),
    row<&Behaviour::crash_change_vt, CrashVtCodec>(manager, "CrashChangeVT", no_property, "Virtual terminal to switch to when the manager crashes."),
    alias<Behaviour>(manager, "CrashChVT", "CrashChangeVT"),
    row<&Behaviour::show_status, ShowStatusCodec>(manager, "ShowStatus", constant("ShowStatus"), "Whether starts and stops are shown on the console."),
    row<&Behaviour::status_unit_format, EnumCodec<StatusUnitFormat>>(manager, "StatusUnitFormat", no_property, "Whether messages name units, describe them, or both."),
    confirm_spawn(),
    row<&Behaviour::service_watchdogs, BooleanCodec>(manager, "ServiceWatchdogs", constant("ServiceWatchdogs"), "Whether watchdogs of services count."),
    row<&Behaviour::runtime_watchdog, WatchdogCodec>(manager, "RuntimeWatchdogSec", constant("RuntimeWatchdogUSec"), "Time out of the hardware watchdog while the machine runs."),
    row<&Behaviour::runtime_watchdog_pre, WatchdogCodec>(manager, "RuntimeWatchdogPreSec", constant("RuntimeWatchdogPreUSec"), "How long before that the pre-time-out comes."),
    row<&Behaviour::runtime_watchdog_pre_governor, SafeStringCodec>(manager, "RuntimeWatchdogPreGovernor", constant("RuntimeWatchdogPreGovernor"), "What the kernel does at the pre-time-out."),
    row<&Behaviour::reboot_watchdog, WatchdogCodec>(manager, "RebootWatchdogSec", constant("RebootWatchdogUSec"), "Time out of the hardware watchdog during a reboot."),
    alias<Behaviour>(manager, "ShutdownWatchdogSec", "RebootWatchdogSec"),
    row<&Behaviour::kexec_watchdog, WatchdogCodec>(manager, "KExecWatchdogSec", constant("KExecWatchdogUSec"), "Time out of the hardware watchdog while another kernel is started."),
    row<&Behaviour::watchdog_device, DevicePathCodec>(manager, "WatchdogDevice", constant("WatchdogDevice"), "Device of the hardware watchdog."),
    row<&Behaviour::cpu_affinity, AffinityCodec>(manager, "CPUAffinity", no_property, "CPUs that the manager and, unless they say otherwise, units run on."),
    row<&Behaviour::numa_policy, NumaPolicyCodec>(manager, "NUMAPolicy", no_property, "Where memory of the manager comes from."),
    row<&Behaviour::numa_mask, NumaMaskCodec>(manager, "NUMAMask", no_property, "NUMA nodes that the policy is about."),
    row<&Behaviour::capability_bounding_set, CapabilitiesCodec<UINT64_MAX>>(manager, "CapabilityBoundingSet", no_property, "Capabilities that the manager and all units can have at most."),
    row<&Behaviour::no_new_privileges, BooleanCodec>(manager, "NoNewPrivileges", no_property, "Executing a program never gives new privileges, on the whole machine."),
    row<&Behaviour::system_call_architectures, ArchitecturesCodec>(manager, "SystemCallArchitectures", no_property, "Architectures whose system calls are allowed on the whole machine."),
    shown_by(row<&Behaviour::timer_slack_nsec, NanosecondsCodec>(manager, "TimerSlackNSec", constant("TimerSlackNSec"), "How much later timers of the manager may fire."), &get_slack),
    row<&Behaviour::ctrl_alt_del_burst_action, EnumCodec<EmergencyAction>>(manager, "CtrlAltDelBurstAction", constant("CtrlAltDelBurstAction"), "What to do when Ctrl-Alt-Del was pressed more than seven times in two seconds."),
    row<&Behaviour::manager_environment, AssignmentsCodec>(manager, "ManagerEnvironment", no_property, "Environment variables of the manager itself."),
    row<&Behaviour::default_environment, AssignmentsCodec>(manager, "DefaultEnvironment", no_property, "Environment variables that all units get."),
    ignored<Behaviour>(manager, "JoinControllers", "Control group controllers are no longer joined."),
};
static_assert(unique_keys(behaviour_table) && documented(behaviour_table) && covers_every_field<ManagerBehaviour>(behaviour_table));

constexpr std::array defaults_table{
    row<&Defaults::standard_output, OutputCodec>(manager, "DefaultStandardOutput", constant("DefaultStandardOutput"), "StandardOutput= of units that do not say it."),
    row<&Defaults::standard_error, OutputCodec>(manager, "DefaultStandardError", constant("DefaultStandardError"), "StandardError= of units that do not say it."),
    row<&Defaults::timer_accuracy, Span>(manager, "DefaultTimerAccuracySec", constant("DefaultTimerAccuracyUSec"), "AccuracySec= of timers that do not say it."),
    row<&Defaults::timeout_start, TimeoutCodec>(manager, "DefaultTimeoutStartSec", constant("DefaultTimeoutStartUSec"), "TimeoutStartSec= of units that do not say it."),
    row<&Defaults::timeout_stop, TimeoutCodec>(manager, "DefaultTimeoutStopSec", constant("DefaultTimeoutStopUSec"), "TimeoutStopSec= of units that do not say it."),
    shown_by(row<&Defaults::timeout_abort, AbortTimeoutCodec>(manager, "DefaultTimeoutAbortSec", constant("DefaultTimeoutAbortUSec"), "TimeoutAbortSec= of services that do not say it."), &get_abort),
    row<&Defaults::device_timeout, Span>(manager, "DefaultDeviceTimeoutSec", constant("DefaultDeviceTimeoutUSec"), "How long to wait for a device to appear."),
    row<&Defaults::restart_delay, Span>(manager, "DefaultRestartSec", constant("DefaultRestartUSec"), "RestartSec= of services that do not say it."),
    row<&Defaults::start_limit_interval, Span>(manager, "DefaultStartLimitIntervalSec", constant("DefaultStartLimitIntervalUSec"), "StartLimitIntervalSec= of units that do not say it."),
    alias<Defaults>(manager, "DefaultStartLimitInterval", "DefaultStartLimitIntervalSec"),
    row<&Defaults::start_limit_burst, UnsignedCodec>(manager, "DefaultStartLimitBurst", constant("DefaultStartLimitBurst"), "StartLimitBurst= of units that do not say it."),
    row<&Defaults::cpu_accounting, CpuAccountingCodec>(manager, "DefaultCPUAccounting", constant("DefaultCPUAccounting"), "CPUAccounting= of units that do not say it."),
    row<&Defaults::io_accounting, BooleanCodec>(manager, "DefaultIOAccounting", no_property, "IOAccounting= of units that do not say it."),
    row<&Defaults::ip_accounting, BooleanCodec>(manager, "DefaultIPAccounting", no_property, "IPAccounting= of units that do not say it."),
    row<&Defaults::block_io_accounting, BooleanCodec>(manager, "DefaultBlockIOAccounting", constant("DefaultBlockIOAccounting"), "BlockIOAccounting= of units that do not say it."),
    row<&Defaults::memory_accounting, BooleanCodec>(manager, "DefaultMemoryAccounting", constant("DefaultMemoryAccounting"), "MemoryAccounting= of units that do not say it."),
    row<&Defaults::tasks_accounting, BooleanCodec>(manager, "DefaultTasksAccounting", constant("DefaultTasksAccounting"), "TasksAccounting= of units that do not say it."),
    shown_by(row<&Defaults::tasks_max, TasksMaxCodec>(manager, "DefaultTasksMax", constant("DefaultTasksMax"), "TasksMax= of units that do not say it."), &get_tasks_max),
    limit<RLIMIT_CPU>("DefaultLimitCPU", "LimitCPU= of units that do not say it."),
    limit<RLIMIT_FSIZE>("DefaultLimitFSIZE", "LimitFSIZE= of units that do not say it."),
    limit<RLIMIT_DATA>("DefaultLimitDATA", "LimitDATA= of units that do not say it."),
    limit<RLIMIT_STACK>("DefaultLimitSTACK", "LimitSTACK= of units that do not say it."),
    limit<RLIMIT_CORE>("DefaultLimitCORE", "LimitCORE= of units that do not say it."),
    limit<RLIMIT_RSS>("DefaultLimitRSS", "LimitRSS= of units that do not say it."),
    limit<RLIMIT_NOFILE>("DefaultLimitNOFILE", "LimitNOFILE= of units that do not say it."),
    limit<RLIMIT_AS>("DefaultLimitAS", "LimitAS= of units that do not say it."),
    limit<RLIMIT_NPROC>("DefaultLimitNPROC", "LimitNPROC= of units that do not say it."),
    limit<RLIMIT_MEMLOCK>("DefaultLimitMEMLOCK", "LimitMEMLOCK= of units that do not say it."),
    limit<RLIMIT_LOCKS>("DefaultLimitLOCKS", "LimitLOCKS= of units that do not say it."),
    limit<RLIMIT_SIGPENDING>("DefaultLimitSIGPENDING", "LimitSIGPENDING= of units that do not say it."),
    limit<RLIMIT_MSGQUEUE>("DefaultLimitMSGQUEUE", "LimitMSGQUEUE= of units that do not say it."),
    limit<RLIMIT_NICE>("DefaultLimitNICE", "LimitNICE= of units that do not say it."),
    limit<RLIMIT_RTPRIO>("DefaultLimitRTPRIO", "LimitRTPRIO= of units that do not say it."),
    limit<RLIMIT_RTTIME>("DefaultLimitRTTIME", "LimitRTTIME= of units that do not say it."),
    soft<RLIMIT_CPU>("DefaultLimitCPUSoft"), soft<RLIMIT_FSIZE>("DefaultLimitFSIZESoft"), soft<RLIMIT_DATA>("DefaultLimitDATASoft"),
    soft<RLIMIT_STACK>("DefaultLimitSTACKSoft"), soft<RLIMIT_CORE>("DefaultLimitCORESoft"), soft<RLIMIT_RSS>("DefaultLimitRSSSoft"),
    soft<RLIMIT_NOFILE>("DefaultLimitNOFILESoft"), soft<RLIMIT_AS>("DefaultLimitASSoft"), soft<RLIMIT_NPROC>("DefaultLimitNPROCSoft"),
    soft<RLIMIT_MEMLOCK>("DefaultLimitMEMLOCKSoft"), soft<RLIMIT_LOCKS>("DefaultLimitLOCKSSoft"), soft<RLIMIT_SIGPENDING>("DefaultLimitSIGPENDINGSoft"),
    soft<RLIMIT_MSGQUEUE>("DefaultLimitMSGQUEUESoft"), soft<RLIMIT_NICE>("DefaultLimitNICESoft"), soft<RLIMIT_RTPRIO>("DefaultLimitRTPRIOSoft"),
    soft<RLIMIT_RTTIME>("DefaultLimitRTTIMESoft"),
    row<&Defaults::oom_policy, EnumCodec<OomPolicy>>(manager, "DefaultOOMPolicy", constant("DefaultOOMPolicy"), "OOMPolicy= of services that do not say it."),
    row<&Defaults::oom_score_adjust, DefaultOomScoreCodec>(manager, "DefaultOOMScoreAdjust", constant("DefaultOOMScoreAdjust"), "OOMScoreAdjust= of units that do not say it."),
    row<&Defaults::smack_process_label, PlainStringCodec>(manager, "DefaultSmackProcessLabel", no_property, "SmackProcessLabel= of units that do not say it."),
};
static_assert(unique_keys(defaults_table) && documented(defaults_table) && covers_every_field<ManagerDefaults>(defaults_table));

template <class Root>
const Row<Root>* find_row(std::span<const Row<Root>> rows, std::string_view key) {
  for (const Row<Root>& row : rows)
    if (!row.key.empty() && row.key == key) return row.kind == RowKind::alias ? find_row(rows, row.target) : &row;
  return nullptr;
}
template <class Root>
const Row<Root>* find_property_row(std::span<const Row<Root>> rows, std::string_view property) {
  for (const Row<Root>& row : rows)
    if (!row.bus.name.empty() && row.bus.name == property) return &row;
  return nullptr;
}
template <class Root>
bool apply_row(const Row<Root>& row, ParseContext& context, Root& config, std::string_view text) {
  if (row.apply != nullptr)
    row.apply(context, config, text);
  else
    context.ignore(fmt::format("Support for option {}= has been removed and it is ignored", context.key), std::string(row.description));
  return true;
}

}  // namespace

std::span<const BehaviourRow> manager_behaviour_rows() { return behaviour_table; }
std::span<const DefaultsRow> manager_defaults_rows() { return defaults_table; }

std::vector<std::string_view> manager_keys() {
  std::vector<std::string_view> keys;
  for (const BehaviourRow& row : behaviour_table) keys.push_back(row.key);
  for (const DefaultsRow& row : defaults_table)
    if (!row.key.empty()) keys.push_back(row.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}
bool apply_manager_setting(ParseContext& context, ManagerConfig& config, std::string_view text) {
  if (const BehaviourRow* row = find_row<Behaviour>(behaviour_table, context.key)) return apply_row(*row, context, config.behaviour, text);
  if (const DefaultsRow* row = find_row<Defaults>(defaults_table, context.key)) return apply_row(*row, context, config.defaults, text);
  return false;
}
std::optional<Value> manager_bus_value(const ManagerConfig& config, const MachineFacts& machine, std::string_view property) {
  const UnitName none;
  if (const BehaviourRow* row = find_property_row<Behaviour>(behaviour_table, property)) return row->get({config.behaviour, none, machine});
  if (const DefaultsRow* row = find_property_row<Defaults>(defaults_table, property)) return row->get({config.defaults, none, machine});
  return std::nullopt;
}

}  // namespace unitparser
