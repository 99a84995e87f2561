// Rows of resource control and killing (systemd.resource-control(5), systemd.kill(5)). [pure]
#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/codec_resource.h"
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/rows.h"

namespace unitparser {

template <>
inline constexpr std::string_view enum_noun<KillMode> = "kill mode specification";
template <>
inline constexpr std::string_view enum_noun<DevicePolicy> = "device policy";

namespace {

constexpr Sections cgroup = resource_sections;
constexpr Sections killing = kill_sections;
using Basics = ResourceBasics;
using Memory = ResourceMemory;
using Io = ResourceIo;
using Access = ResourceAccess;

template <auto Field>
consteval UnitRow boolean(std::string_view key, std::string_view description) {
  return row<Field, BooleanCodec>(cgroup, key, quiet(key), description);
}
template <auto Field>
consteval UnitRow cpu_set(std::string_view key, std::string_view description) {
  return row<Field, CpuSetCodec>(cgroup, key, quiet(key), description);
}

bool apply_delegate(ParseContext& context, UnitConfig& config, std::string_view text) {
  bool delegate = config.common->resource_basics->delegate;
  std::uint32_t controllers = config.common->resource_basics->delegate_controllers;
  if (!parse_delegate(context, text, delegate, controllers)) return false;
  set_field<&Basics::delegate>(config, delegate);
  set_field<&Basics::delegate_controllers>(config, controllers);
  return true;
}
Value get_delegate(const Subject<UnitConfig>& subject) { return subject.config.common->resource_basics->delegate; }
/// Controllers of cgroup v2 only; the rest of the mask has no files.
constexpr std::uint32_t unified_controllers = 1U << static_cast<unsigned>(Controller::cpu) | 1U << static_cast<unsigned>(Controller::cpuset) |
                                              1U << static_cast<unsigned>(Controller::io) | 1U << static_cast<unsigned>(Controller::memory) |
                                              1U << static_cast<unsigned>(Controller::pids);
Value get_delegate_controllers(const Subject<UnitConfig>& subject) { return encode_controllers(subject.config.common->resource_basics->delegate_controllers & unified_controllers); }
Result<Texts> quota_period_texts(const Given& given) {
  return std::get<std::uint64_t>(given.value.storage) == UINT64_MAX ? Texts{""} : span_texts(given);
}
Result<Texts> slice_texts(const Given& given) {
  const std::string& text = text_of(given.value);
  const Result<UnitName> name = UnitName::parse(text);
  if (!name) return refused_setting(fmt::format("Invalid unit name '{}'", text));
  if (name->type() != UnitType::slice) return refused_setting(fmt::format("Unit name '{}' is not a slice", text));
  return Texts{text};
}
Result<Texts> controllers_line(const Given& given, std::string_view before) {
  const auto name = [](const Value& element) -> Result<std::string> {
    if (!from_name<Controller>(text_of(element))) return refused_setting(fmt::format("Unknown cgroup controller '{}'", text_of(element)));
    return text_of(element);
  };
  return Texts{std::string(before) + join(TRY(element_texts(given, name)), " ")};
}
Result<Texts> delegate_controllers_lines(const Given& given) { return controllers_line(given, "Delegate="); }
Result<Texts> disabled_controllers_texts(const Given& given) { return controllers_line(given, ""); }
bool apply_disable(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::uint32_t said = 0;
  for (const std::string_view word : split_whitespace(text))
    if (const std::optional<Controller> controller = from_name<Controller>(word)) said |= 1U << static_cast<unsigned>(*controller);
  if (!text.empty() && said == 0) {
    context.ignore(fmt::format("Invalid cgroup string: {}, ignoring", text), "such as cpu, cpuset, io, memory or pids");
    return false;
  }
  set_field<&Basics::disabled_controllers>(config, text.empty() ? 0 : config.common->resource_basics->disabled_controllers | said);
  return true;
}
Value get_disabled(const Subject<UnitConfig>& subject) { return encode_controllers(subject.config.common->resource_basics->disabled_controllers); }
/// A relative limit of a transient unit: a fraction of 2^32.
template <Literal Name>
Result<Texts> scale_lines(const Given& given) {
  if (std::get<std::uint32_t>(given.value.storage) == 0 && std::string_view(Name.text) == "TasksMax") return refused_setting(given);
  return Texts{fmt::format("{}={}", Name.text, fraction_text(given))};
}
template <Literal Name>
consteval UnitRow scale(std::string_view property) {
  return refused_as(out_of_range, given_only(cgroup, property, "u", &scale_lines<Name>, "Relative form of a limit, for transient units."));
}

/// COMPAT: the empty text resets both directions.
template <auto Field>
bool apply_old_bandwidth(ParseContext& context, UnitConfig& config, std::string_view text) {
  if (!text.empty()) return apply_field<Field, DeviceLimitCodec>(context, config, text);
  set_field<&Io::block_io_read_bandwidth>(config, {});
  set_field<&Io::block_io_write_bandwidth>(config, {});
  return true;
}
template <auto Field>
consteval UnitRow old_bandwidth(std::string_view key, std::string_view description) {
  return as_list(custom<Field>(cgroup, key, quiet(key), DeviceLimitCodec::signature, DeviceLimitCodec::word,
                               {&apply_old_bandwidth<Field>, &get_field<Field, DeviceLimitCodec>, &codec_texts<DeviceLimitCodec>}, description));
}

constexpr std::array resource_table{
    settable(row<&Basics::slice, SliceCodec>(cgroup, "Slice", quiet("Slice"), "Slice that the unit's processes belong to."), &slice_texts),
    cpu_set<&Basics::allowed_cpus>("AllowedCPUs", "CPUs that the unit may use."),
    cpu_set<&Basics::startup_allowed_cpus>("StartupAllowedCPUs", "The same while the machine starts or stops."),
    cpu_set<&Basics::allowed_memory_nodes>("AllowedMemoryNodes", "Memory nodes that the unit may use."),
    cpu_set<&Basics::startup_allowed_memory_nodes>("StartupAllowedMemoryNodes", "The same while the machine starts or stops."),
    boolean<&Basics::cpu_accounting>("CPUAccounting", "Account the CPU time of the unit."),
    refused_as(out_of_range, row<&Basics::cpu_weight, CpuWeightCodec>(cgroup, "CPUWeight", quiet("CPUWeight"), "Share of CPU time, relative to other units.")),
    refused_as(out_of_range, row<&Basics::startup_cpu_weight, CpuWeightCodec>(cgroup, "StartupCPUWeight", quiet("StartupCPUWeight"), "The same while the machine starts or stops.")),
    refused_as(out_of_range, row<&Basics::cpu_shares, CpuSharesCodec>(cgroup, "CPUShares", quiet("CPUShares"), "Older form of CPUWeight=.")),
    refused_as(out_of_range, row<&Basics::startup_cpu_shares, CpuSharesCodec>(cgroup, "StartupCPUShares", quiet("StartupCPUShares"), "Older form of StartupCPUWeight=.")),
    refused_as("{}= value out of range", row<&Basics::cpu_quota_per_sec, CpuQuotaCodec>(cgroup, "CPUQuota", quiet("CPUQuotaPerSecUSec"), "Most CPU time that the unit gets, as part of one CPU.")),
    settable(row<&Basics::cpu_quota_period, SpanOrUnset>(cgroup, "CPUQuotaPeriodSec", quiet("CPUQuotaPeriodUSec"), "Period over which CPUQuota= is measured."), &quota_period_texts),
    boolean<&Basics::memory_accounting>("MemoryAccounting", "Account the memory of the unit."),
    row<&Memory::memory_min, MemoryProtectionCodec>(cgroup, "MemoryMin", quiet("MemoryMin"), "Memory that is never taken away from the unit."),
    row<&Memory::default_memory_min, MemoryProtectionCodec>(cgroup, "DefaultMemoryMin", quiet("DefaultMemoryMin"), "MemoryMin= of the units below."),
    row<&Memory::default_memory_low, MemoryProtectionCodec>(cgroup, "DefaultMemoryLow", quiet("DefaultMemoryLow"), "MemoryLow= of the units below."),
    row<&Memory::memory_low, MemoryProtectionCodec>(cgroup, "MemoryLow", quiet("MemoryLow"), "Memory that is taken away only when there is no other."),
    refused_as(out_of_range, row<&Memory::memory_high, MemoryMaximumCodec>(cgroup, "MemoryHigh", quiet("MemoryHigh"), "Memory above which the unit is slowed down.")),
    refused_as(out_of_range, row<&Memory::memory_max, MemoryMaximumCodec>(cgroup, "MemoryMax", quiet("MemoryMax"), "Most memory that the unit can have.")),
    row<&Memory::memory_swap_max, MemoryMaximumCodec>(cgroup, "MemorySwapMax", quiet("MemorySwapMax"), "Most swap that the unit can have."),
    refused_as(out_of_range, row<&Memory::memory_limit, MemoryMaximumCodec>(cgroup, "MemoryLimit", quiet("MemoryLimit"), "Older form of MemoryMax=.")),
    row<&Access::device_allow, DeviceAllowCodec>(cgroup, "DeviceAllow", quiet("DeviceAllow"), "Devices that the unit may use."),
    refused_as(without_words, row<&Access::device_policy, EnumCodec<DevicePolicy>>(cgroup, "DevicePolicy", quiet("DevicePolicy"), "What holds for devices that are not named.")),
    boolean<&Basics::io_accounting>("IOAccounting", "Account the disk I/O of the unit."),
    refused_as(out_of_range, row<&Io::io_weight, IoWeightCodec>(cgroup, "IOWeight", quiet("IOWeight"), "Share of disk I/O, relative to other units.")),
    refused_as(out_of_range, row<&Io::startup_io_weight, IoWeightCodec>(cgroup, "StartupIOWeight", quiet("StartupIOWeight"), "The same while the machine starts or stops.")),
    refused_as("{}= value out of range", row<&Io::io_device_weight, DeviceWeightCodec>(cgroup, "IODeviceWeight", quiet("IODeviceWeight"), "IOWeight= for one device.")),
    row<&Io::io_read_bandwidth_max, DeviceLimitCodec>(cgroup, "IOReadBandwidthMax", quiet("IOReadBandwidthMax"), "Most bytes read from a device each second."),
    row<&Io::io_write_bandwidth_max, DeviceLimitCodec>(cgroup, "IOWriteBandwidthMax", quiet("IOWriteBandwidthMax"), "Most bytes written to a device each second."),
    row<&Io::io_read_iops_max, DeviceLimitCodec>(cgroup, "IOReadIOPSMax", quiet("IOReadIOPSMax"), "Most reads from a device each second."),
    row<&Io::io_write_iops_max, DeviceLimitCodec>(cgroup, "IOWriteIOPSMax", quiet("IOWriteIOPSMax"), "Most writes to a device each second."),
    row<&Io::io_device_latency_target, DeviceLatencyCodec>(cgroup, "IODeviceLatencyTargetSec", quiet("IODeviceLatencyTargetUSec"), "Average latency of a device that the kernel aims at."),
    boolean<&Basics::block_io_accounting>("BlockIOAccounting", "Older form of IOAccounting=."),
    refused_as(out_of_range, row<&Io::block_io_weight, BlockIoWeightCodec>(cgroup, "BlockIOWeight", quiet("BlockIOWeight"), "Older form of IOWeight=.")),
    refused_as(out_of_range, row<&Io::startup_block_io_weight, BlockIoWeightCodec>(cgroup, "StartupBlockIOWeight", quiet("StartupBlockIOWeight"), "Older form of StartupIOWeight=.")),
    refused_as("{}= out of range", row<&Io::block_io_device_weight, DeviceWeightCodec>(cgroup, "BlockIODeviceWeight", quiet("BlockIODeviceWeight"), "Older form of IODeviceWeight=.")),
    old_bandwidth<&Io::block_io_read_bandwidth>("BlockIOReadBandwidth", "Older form of IOReadBandwidthMax=."),
    old_bandwidth<&Io::block_io_write_bandwidth>("BlockIOWriteBandwidth", "Older form of IOWriteBandwidthMax=."),
    boolean<&Basics::tasks_accounting>("TasksAccounting", "Account the tasks of the unit."),
    refused_as(out_of_range, row<&Basics::tasks_max, TasksMaxCodec>(cgroup, "TasksMax", quiet("TasksMax"), "Most tasks that the unit can have.")),
    custom<&Basics::delegate, &Basics::delegate_controllers>(cgroup, "Delegate", quiet("Delegate"), "b", "boolean or controllers", {&apply_delegate, &get_delegate, &plain_texts}, "The unit manages the control groups below its own itself."),
    settable(shown(cgroup, quiet("DelegateControllers"), "as", &get_delegate_controllers, "Controllers that the unit gets."), &delegate_controllers_lines),
    as_list(custom<&Basics::disabled_controllers>(cgroup, "DisableControllers", quiet("DisableControllers"), "as", "controllers", {&apply_disable, &get_disabled, &disabled_controllers_texts}, "Controllers that are never turned on below the unit.")),
    boolean<&Basics::ip_accounting>("IPAccounting", "Account the IP traffic of the unit."),
    row<&Access::ip_address_allow, IpPrefixCodec>(cgroup, "IPAddressAllow", quiet("IPAddressAllow"), "Addresses that the unit may talk to though others are denied."),
    row<&Access::ip_address_deny, IpPrefixCodec>(cgroup, "IPAddressDeny", quiet("IPAddressDeny"), "Addresses that the unit may not talk to."),
    row<&Access::ip_ingress_filter_path, FilterPathsCodec>(cgroup, "IPIngressFilterPath", quiet("IPIngressFilterPath"), "BPF programs for incoming packets, by the paths that they are pinned at."),
    row<&Access::ip_egress_filter_path, FilterPathsCodec>(cgroup, "IPEgressFilterPath", quiet("IPEgressFilterPath"), "BPF programs for outgoing packets, by the paths that they are pinned at."),
    refused_as(without_words, settable(row<&Memory::managed_oom_swap, OomModeCodec>(cgroup, "ManagedOOMSwap", quiet("ManagedOOMSwap"), "What systemd-oomd does when swap is short."), &one_word_texts)),
    refused_as(without_words, settable(row<&Memory::managed_oom_memory_pressure, OomModeCodec>(cgroup, "ManagedOOMMemoryPressure", quiet("ManagedOOMMemoryPressure"), "What systemd-oomd does under memory pressure."), &one_word_texts)),
    row<&Memory::managed_oom_memory_pressure_limit, PressureLimitCodec>(cgroup, "ManagedOOMMemoryPressureLimit", quiet("ManagedOOMMemoryPressureLimit"), "Memory pressure from which systemd-oomd acts."),
    refused_as(without_words, row<&Memory::managed_oom_preference, EnumCodec<ManagedOomPreference>>(cgroup, "ManagedOOMPreference", quiet("ManagedOOMPreference"), "Whether systemd-oomd spares the unit.")),
    row<&Access::bpf_programs, BpfProgramCodec>(cgroup, "BPFProgram", quiet("BPFProgram"), "BPF programs that are attached to the unit's control group, each by its type and the path that it is pinned at."),
    row<&Access::socket_bind_allow, SocketBindCodec>(cgroup, "SocketBindAllow", quiet("SocketBindAllow"), "Ports that may be bound though others are denied."),
    row<&Access::socket_bind_deny, SocketBindCodec>(cgroup, "SocketBindDeny", quiet("SocketBindDeny"), "Ports that may not be bound."),
    row<&Access::restrict_network_interfaces, NetworkInterfacesCodec>(cgroup, "RestrictNetworkInterfaces", quiet("RestrictNetworkInterfaces"), "Network interfaces that the unit may use, or with ~ may not."),
    scale<"MemoryMin">("MemoryMinScale"), scale<"MemoryLow">("MemoryLowScale"), scale<"MemoryHigh">("MemoryHighScale"),
    scale<"MemoryMax">("MemoryMaxScale"), scale<"MemorySwapMax">("MemorySwapMaxScale"), scale<"MemoryLimit">("MemoryLimitScale"),
    scale<"DefaultMemoryMin">("DefaultMemoryMinScale"), scale<"DefaultMemoryLow">("DefaultMemoryLowScale"), scale<"TasksMax">("TasksMaxScale"),
};
static_assert(unique_keys(resource_table) && documented(resource_table));
static_assert(covers_every_field<ResourceBasics>(resource_table) && covers_every_field<ResourceMemory>(resource_table) &&
              covers_every_field<ResourceIo>(resource_table) && covers_every_field<ResourceAccess>(resource_table));

// --- Killing ------------------------------------------------------------------------------------------------------
bool apply_restart_signal(ParseContext& context, UnitConfig& config, std::string_view text) {
  int signal = 0;
  if (!SignalCodec::parse(context, text, signal)) return false;
  set_field<&KillConfig::restart_kill_signal>(config, signal);
  return true;
}
Value get_restart_signal(const Subject<UnitConfig>& subject) {
  const KillConfig& kill = *subject.config.common->kill;
  return std::int32_t{kill.restart_kill_signal.value_or(kill.kill_signal)};
}
bool apply_kill_mode(ParseContext& context, UnitConfig& config, std::string_view text) {
  KillMode mode{};  // the empty text is the default again
  if (!text.empty() && !EnumCodec<KillMode>::parse(context, text, mode)) return false;
  if (mode == KillMode::none)
    context.ignore("Unit uses KillMode=none. This is unsafe, as it disables systemd's process lifecycle management for the service. Please update "
                   "the service to use a safer KillMode=, such as 'mixed' or 'control-group'. Support for KillMode=none is deprecated and will "
                   "eventually be removed.");
  set_field<&KillConfig::kill_mode>(config, mode);
  return true;
}
Value get_kill_mode(const Subject<UnitConfig>& subject) { return std::string(to_name(subject.config.common->kill->kill_mode)); }

constexpr std::array kill_table{
    row<&KillConfig::send_sigkill, BooleanCodec>(killing, "SendSIGKILL", constant("SendSIGKILL"), "Send the final signal to processes that are left."),
    row<&KillConfig::send_sighup, BooleanCodec>(killing, "SendSIGHUP", constant("SendSIGHUP"), "Send SIGHUP right after the first signal, as shells want it."),
    custom<&KillConfig::kill_mode>(killing, "KillMode", constant("KillMode"), "s", "choice", {&apply_kill_mode, &get_kill_mode, &one_word_texts}, "Which processes of the unit are killed when it stops."),
    row<&KillConfig::kill_signal, SignalCodec>(killing, "KillSignal", constant("KillSignal"), "Signal that asks processes to end."),
    custom<&KillConfig::restart_kill_signal>(killing, "RestartKillSignal", constant("RestartKillSignal"), "i", "signal", {&apply_restart_signal, &get_restart_signal, &SignalCodec::texts}, "The same when the unit is restarted."),
    row<&KillConfig::final_kill_signal, SignalCodec>(killing, "FinalKillSignal", constant("FinalKillSignal"), "Signal that ends processes that did not go."),
    row<&KillConfig::watchdog_signal, SignalCodec>(killing, "WatchdogSignal", constant("WatchdogSignal"), "Signal that ends a service whose watchdog ran out."),
};
static_assert(unique_keys(kill_table) && documented(kill_table) && covers_every_field<KillConfig>(kill_table));

}  // namespace

std::span<const UnitRow> resource_rows() { return resource_table; }
std::span<const UnitRow> kill_rows() { return kill_table; }

}  // namespace unitparser
