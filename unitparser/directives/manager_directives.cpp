// Rows of [Manager] (systemd-system.conf(5)). [pure]
#include "unitparser/directives/manager_directives.h"

#include <sys/resource.h>

#include <algorithm>

#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/codec_resource.h"
#include "unitparser/directives/codec_security.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {
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
    if (const Result<std::uint64_t> number = parse_unsigned(text, 63, 10); number && *number > 0) {
      value = static_cast<int>(*number);
    } else if (const Result<bool> truth = parse_boolean(text)) {
      value = *truth ? 0 : -1;
    } else {
      context.misread(EINVAL, fmt::format("Failed to parse CrashChangeVT= parameter, ignoring: {}", text));
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
    if (!parse_span(context, text, SpanRule::zero_is_infinite, said, fmt::format("{}= setting", context.key))) return false;
    value = said;
    return true;
  }
  static Value encode(const std::optional<Duration>& value) { return value.value_or(Duration::infinity()).usec(); }
};
struct NumaPolicyCodec {
  static constexpr std::string_view signature = "i", word = "policy";
  static bool parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
    value = name_or_number(numa_policies(), text, 4);
    if (!value) context.misread(EINVAL, fmt::format("Invalid NUMA policy type, ignoring: {}", text));
    return value.has_value();
  }
  static Value encode(const std::optional<int>& value) { return static_cast<std::int32_t>(value.value_or(-1)); }
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
    std::string name;
    ExecOutput said = value;
    if (!parse_standard_output(context, text, said, name)) return false;
    if (said >= ExecOutput::file || said == ExecOutput::fd || said == ExecOutput::socket) {
      context.ignore(fmt::format("Standard output types socket, fd:, file:, append:, truncate: are not supported as defaults, ignoring: {}", text));
      return false;
    }
    value = said;
    return true;
  }
  static Value encode(const ExecOutput& value) { return std::string(to_name(value)); }
};

Value get_slack(const Subject<Behaviour>& subject) {
  constexpr std::uint64_t usual = 50000;  // prctl(2) PR_SET_TIMERSLACK
  return subject.config.timer_slack_nsec.value_or(usual);
}

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
  if (text.empty()) {
    config.limits[Resource].reset();
    return true;
  }
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
    row<&Behaviour::log_level, LogLevelCodec>(manager, "LogLevel", no_property, "Least important messages that the manager logs."),
    row<&Behaviour::log_target, EnumCodec<LogTarget>>(manager, "LogTarget", no_property, "Where the manager logs to."),
    row<&Behaviour::log_color, BooleanCodec>(manager, "LogColor", no_property, "Important messages are coloured on the console."),
    row<&Behaviour::log_location, BooleanCodec>(manager, "LogLocation", no_property, "Messages name the place in the code; without effect: ours name the place in the unit file."),
    row<&Behaviour::log_time, BooleanCodec>(manager, "LogTime", no_property, "Messages on the console carry the time."),
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
    row<&Behaviour::runtime_watchdog_pre_governor, PlainStringCodec>(manager, "RuntimeWatchdogPreGovernor", constant("RuntimeWatchdogPreGovernor"), "What the kernel does at the pre-time-out."),
    row<&Behaviour::reboot_watchdog, WatchdogCodec>(manager, "RebootWatchdogSec", constant("RebootWatchdogUSec"), "Time out of the hardware watchdog during a reboot."),
    alias<Behaviour>(manager, "ShutdownWatchdogSec", "RebootWatchdogSec"),
    row<&Behaviour::kexec_watchdog, WatchdogCodec>(manager, "KExecWatchdogSec", constant("KExecWatchdogUSec"), "Time out of the hardware watchdog while another kernel is started."),
    row<&Behaviour::watchdog_device, PathCodec>(manager, "WatchdogDevice", constant("WatchdogDevice"), "Device of the hardware watchdog."),
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
    row<&Defaults::timeout_start, SpanOrNever>(manager, "DefaultTimeoutStartSec", constant("DefaultTimeoutStartUSec"), "TimeoutStartSec= of units that do not say it."),
    row<&Defaults::timeout_stop, SpanOrNever>(manager, "DefaultTimeoutStopSec", constant("DefaultTimeoutStopUSec"), "TimeoutStopSec= of units that do not say it."),
    shown_by(row<&Defaults::timeout_abort, AbortTimeoutCodec>(manager, "DefaultTimeoutAbortSec", constant("DefaultTimeoutAbortUSec"), "TimeoutAbortSec= of services that do not say it."), &get_abort),
    row<&Defaults::device_timeout, SpanOrNever>(manager, "DefaultDeviceTimeoutSec", constant("DefaultDeviceTimeoutUSec"), "How long to wait for a device to appear."),
    row<&Defaults::restart_delay, Span>(manager, "DefaultRestartSec", constant("DefaultRestartUSec"), "RestartSec= of services that do not say it."),
    row<&Defaults::start_limit_interval, Span>(manager, "DefaultStartLimitIntervalSec", constant("DefaultStartLimitIntervalUSec"), "StartLimitIntervalSec= of units that do not say it."),
    alias<Defaults>(manager, "DefaultStartLimitInterval", "DefaultStartLimitIntervalSec"),
    row<&Defaults::start_limit_burst, UnsignedCodec>(manager, "DefaultStartLimitBurst", constant("DefaultStartLimitBurst"), "StartLimitBurst= of units that do not say it."),
    row<&Defaults::cpu_accounting, BooleanCodec>(manager, "DefaultCPUAccounting", constant("DefaultCPUAccounting"), "CPUAccounting= of units that do not say it."),
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
    row<&Defaults::oom_score_adjust, OomScoreCodec>(manager, "DefaultOOMScoreAdjust", constant("DefaultOOMScoreAdjust"), "OOMScoreAdjust= of units that do not say it."),
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
