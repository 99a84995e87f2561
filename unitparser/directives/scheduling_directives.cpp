// Rows of scheduling and resource limits of processes (systemd.exec(5)). [pure]
#include <sched.h>
#include <sys/resource.h>

#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/rows.h"
#include "unitparser/syntax/cpu_set.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {
namespace {

constexpr Sections exec = exec_sections;
using Scheduling = ExecScheduling;

/// A real-time policy without a priority gets the lowest one.
bool apply_policy(ParseContext& context, UnitConfig& config, std::string_view text) {
  if (text.empty()) {
    set_field<&Scheduling::cpu_scheduling_policy>(config, std::nullopt);
    set_field<&Scheduling::cpu_scheduling_priority>(config, 0);
    return true;
  }
  const std::optional<int> policy = name_or_number(cpu_scheduling_policies(), text, INT32_MAX);
  if (!policy) {
    context.misread(EINVAL, fmt::format("Failed to parse CPU scheduling policy, ignoring: {}", text), "choose other, batch, idle, fifo or rr");
    return false;
  }
  set_field<&Scheduling::cpu_scheduling_policy>(config, policy);
  const bool real_time = *policy == SCHED_FIFO || *policy == SCHED_RR;
  const bool known = !name_of(cpu_scheduling_policies(), *policy).empty() || *policy == SCHED_DEADLINE || *policy == 7;
  if (!real_time)
    set_field<&Scheduling::cpu_scheduling_priority>(config, known ? 0 : -1);  // COMPAT: as sched_get_priority_min(2) answers
  else if (config.common->exec_scheduling->cpu_scheduling_priority.value_or(0) == 0)
    set_field<&Scheduling::cpu_scheduling_priority>(config, 1);
  return true;
}
Value get_policy(const Subject<UnitConfig>& subject) { return std::int32_t{subject.config.common->exec_scheduling->cpu_scheduling_policy.value_or(SCHED_OTHER)}; }
Result<Texts> policy_texts(const Given& given) {
  const std::string_view name = name_of(cpu_scheduling_policies(), std::get<std::int32_t>(given.value.storage));
  if (name.empty()) return refused_setting(given);
  return Texts{std::string(name)};
}
Result<Texts> io_class_texts(const Given& given) {
  const auto number = std::get<std::int32_t>(given.value.storage);
  const std::string_view name = name_of(io_scheduling_classes(), number);
  if (name.empty()) return refused_setting(given);
  return Texts{std::string(name)};
}
bool apply_priority(ParseContext& context, UnitConfig& config, std::string_view text) {
  const Result<std::int64_t> priority = parse_signed(text, INT32_MIN, INT32_MAX);
  if (priority && (*priority < 0 || *priority > 99)) {
    context.ignore(fmt::format("CPU scheduling priority is out of range, ignoring: {}", text), "the range is 1 to 99 for fifo and rr");
    return false;
  }
  if (!priority) {
    context.misread(priority.error().os_errno, fmt::format("Failed to parse CPU scheduling priority, ignoring: {}", text), "the range is 1 to 99 for fifo and rr");
    return false;
  }
  set_field<&Scheduling::cpu_scheduling_priority>(config, static_cast<int>(*priority));
  return true;
}
Value get_priority(const Subject<UnitConfig>& subject) { return std::int32_t{subject.config.common->exec_scheduling->cpu_scheduling_priority.value_or(0)}; }

bool apply_io_class(ParseContext& context, UnitConfig& config, std::string_view text) {
  if (!apply_field<&Scheduling::io_scheduling_class, IoClassCodec>(context, config, text)) return false;
  // No class is the usual one, with its usual priority.
  if (text.empty() || text == "none" || text == "0") set_field<&Scheduling::io_scheduling_priority>(config, std::nullopt);
  return true;
}

// COMPAT: without a priority there is no class either.
bool apply_io_priority(ParseContext& context, UnitConfig& config, std::string_view text) {
  if (!apply_field<&Scheduling::io_scheduling_priority, IoPriorityCodec>(context, config, text)) return false;
  if (text.empty()) set_field<&Scheduling::io_scheduling_class>(config, std::nullopt);
  return true;
}

bool apply_affinity(ParseContext& context, UnitConfig& config, std::string_view written) {
  const std::optional<std::string> text = context.expand(written);
  if (!text) return false;
  if (*text == "numa") {
    set_field<&Scheduling::cpu_affinity>(config, {});
    set_field<&Scheduling::cpu_affinity_numa>(config, true);
    return true;
  }
  CpuMask mask = config.common->exec_scheduling->cpu_affinity;
  if (!parse_cpu_set(context, *text, mask)) return false;
  set_field<&Scheduling::cpu_affinity>(config, std::move(mask));
  set_field<&Scheduling::cpu_affinity_numa>(config, false);
  return true;
}
Value get_affinity(const Subject<UnitConfig>& subject) {
  const Scheduling& scheduling = *subject.config.common->exec_scheduling;
  if (!scheduling.cpu_affinity_numa) return cpu_mask_value(scheduling.cpu_affinity);
  CpuMask of_the_nodes;
  for (std::size_t node = 0; node < subject.machine.node_cpus.size(); ++node)
    if (has_cpu(scheduling.numa_mask, node)) add_cpus(of_the_nodes, subject.machine.node_cpus[node]);
  return cpu_mask_value(of_the_nodes);
}
Value get_affinity_numa(const Subject<UnitConfig>& subject) { return subject.config.common->exec_scheduling->cpu_affinity_numa; }

Value get_numa_policy(const Subject<UnitConfig>& subject) {
  const Scheduling& scheduling = *subject.config.common->exec_scheduling;
  if (!scheduling.numa_policy && !scheduling.numa_mask.empty()) return std::int32_t{1};  // systemd shows a mask without policy as "preferred"
  return std::int32_t{scheduling.numa_policy.value_or(-1)};
}
Result<Texts> numa_policy_texts(const Given& given) {
  const std::string_view name = name_of(numa_policies(), std::get<std::int32_t>(given.value.storage));
  if (name.empty()) return refused_setting(given);
  return Texts{std::string(name)};
}
Result<Texts> affinity_from_numa_lines(const Given& given) { return std::get<bool>(given.value.storage) ? Texts{"CPUAffinity=numa"} : Texts{}; }
bool apply_numa_mask(ParseContext& context, UnitConfig& config, std::string_view text) {
  CpuMask mask = config.common->exec_scheduling->numa_mask;
  if (text == "all")
    add_cpus(mask, context.machine != nullptr && !context.machine->numa_nodes.empty() ? context.machine->numa_nodes : CpuMask{1, 0, 0, 0, 0, 0, 0, 0});
  else if (!parse_numa_mask(context, text, mask))
    return false;
  set_field<&Scheduling::numa_mask>(config, std::move(mask));
  return true;
}
Value get_numa_mask(const Subject<UnitConfig>& subject) { return cpu_mask_value(subject.config.common->exec_scheduling->numa_mask); }
Value get_slack(const Subject<UnitConfig>& subject) {
  constexpr std::uint64_t usual = 50000;  // prctl(2) PR_SET_TIMERSLACK
  const std::uint64_t slack = subject.config.common->exec_scheduling->timer_slack_nsec.value_or(usual);
  return slack == UINT64_MAX ? usual : slack;
}
Result<Texts> slack_texts(const Given& given) { return Texts{fmt::format("{}", std::get<std::uint64_t>(given.value.storage))}; }

// --- Limits -------------------------------------------------------------------------------------------------------
template <int Resource>
bool apply_limit(ParseContext& context, UnitConfig& config, std::string_view text) {
  auto limits = config.common->exec_scheduling->limits;
  ResourceLimit limit;
  if (!parse_limit(context, text, Resource, limit)) return false;
  limits[Resource] = limit;
  set_field<&Scheduling::limits>(config, limits);
  return true;
}
/// Without a setting, what the manager itself has.
template <int Resource>
ResourceLimit effective_limit(const Subject<UnitConfig>& subject) {
  return subject.config.common->exec_scheduling->limits[Resource].value_or(subject.machine.own_limits[Resource]);
}
template <int Resource>
Value get_hard(const Subject<UnitConfig>& subject) {
  return effective_limit<Resource>(subject).hard;
}
template <int Resource>
Value get_soft(const Subject<UnitConfig>& subject) {
  return effective_limit<Resource>(subject).soft;
}
std::string limit_text(std::uint64_t limit) { return limit == UINT64_MAX ? std::string("infinity") : fmt::format("{}", limit); }
/// One of both limits is given; the other is what it was, or the same.
template <int Resource, std::uint64_t ResourceLimit::* One>
Result<Texts> limit_texts_of(const Given& given) {
  const auto value = std::get<std::uint64_t>(given.value.storage);
  ResourceLimit limit = given.subject.config.common->exec_scheduling->limits[Resource].value_or(ResourceLimit{value, value});
  limit.*One = value;
  return Texts{limit.soft == limit.hard ? limit_text(limit.hard) : limit_text(limit.soft) + ":" + limit_text(limit.hard)};
}
template <int Resource>
consteval UnitRow limit(std::string_view key, std::string_view description) {
  return custom<&Scheduling::limits>(exec, key, constant(key), "t", "limit", {&apply_limit<Resource>, &get_hard<Resource>, &limit_texts_of<Resource, &ResourceLimit::hard>}, description);
}
template <int Resource>
consteval UnitRow soft_limit(std::string_view property) {
  UnitRow r = settable(shown(exec, constant(property), "t", &get_soft<Resource>, "The soft limit."), &limit_texts_of<Resource, &ResourceLimit::soft>);
  r.target = property.substr(0, property.size() - std::string_view("Soft").size());
  return r;
}

constexpr std::array rows{
    refused_as("Invalid {} value: {}", row<&Scheduling::nice, NiceCodec>(exec, "Nice", constant("Nice"), "Nice level: -20 is the most favoured, 19 the least.")),
    refused_as("OOM score adjust value out of range", row<&Scheduling::oom_score_adjust, OomScoreCodec>(exec, "OOMScoreAdjust", constant("OOMScoreAdjust"), "How soon the kernel kills the process when memory is short; -1000 is never.")),
    row<&Scheduling::coredump_filter, CoredumpFilterCodec>(exec, "CoredumpFilter", constant("CoredumpFilter"), "Kinds of memory that core dumps hold."),
    refused_as("Invalid IO scheduling class: {1}", custom<&Scheduling::io_scheduling_class>(exec, "IOSchedulingClass", constant("IOSchedulingClass"), IoClassCodec::signature, IoClassCodec::word,
        {&apply_io_class, &get_field<&Scheduling::io_scheduling_class, IoClassCodec>, &io_class_texts}, "Class of I/O scheduling.")),
    refused_as("Invalid IO scheduling priority: {1}", custom<&Scheduling::io_scheduling_priority>(exec, "IOSchedulingPriority", constant("IOSchedulingPriority"), IoPriorityCodec::signature, IoPriorityCodec::word,
        {&apply_io_priority, &get_field<&Scheduling::io_scheduling_priority, IoPriorityCodec>, &codec_texts<IoPriorityCodec>}, "Priority within the class; 0 is the highest.")),
    refused_as("Invalid CPU scheduling policy: {1}", custom<&Scheduling::cpu_scheduling_policy>(exec, "CPUSchedulingPolicy", constant("CPUSchedulingPolicy"), "i", "policy", {&apply_policy, &get_policy, &policy_texts}, "Policy of CPU scheduling.")),
    refused_as("Invalid CPU scheduling priority: {1}", custom<&Scheduling::cpu_scheduling_priority>(exec, "CPUSchedulingPriority", constant("CPUSchedulingPriority"), "i", "number 1 to 99", {&apply_priority, &get_priority, &plain_texts}, "Priority of a real-time policy.")),
    row<&Scheduling::cpu_scheduling_reset_on_fork, BooleanCodec>(exec, "CPUSchedulingResetOnFork", constant("CPUSchedulingResetOnFork"), "Children do not inherit a raised priority."),
    custom<&Scheduling::cpu_affinity>(exec, "CPUAffinity", constant("CPUAffinity"), "ay", "CPU numbers or numa", {&apply_affinity, &get_affinity, &cpu_mask_texts}, "CPUs that processes may run on."),
    settable(shown(exec, constant("CPUAffinityFromNUMA"), "b", &get_affinity_numa, "Whether the CPUs are those of NUMAMask=."), &affinity_from_numa_lines),
    refused_as("Invalid {} value: {}", with_fields<&Scheduling::cpu_affinity_numa>(custom<&Scheduling::numa_policy>(exec, "NUMAPolicy", constant("NUMAPolicy"), "i", "policy", {&apply_field<&Scheduling::numa_policy, NumaPolicyCodec>, &get_numa_policy, &numa_policy_texts}, "Where memory of the process comes from."))),
    custom<&Scheduling::numa_mask>(exec, "NUMAMask", constant("NUMAMask"), "ay", "node numbers or all", {&apply_numa_mask, &get_numa_mask, &cpu_mask_texts}, "NUMA nodes that the policy is about."),
    custom<&Scheduling::timer_slack_nsec>(exec, "TimerSlackNSec", constant("TimerSlackNSec"), "t", "time span", {&apply_field<&Scheduling::timer_slack_nsec, NanosecondsCodec>, &get_slack, &slack_texts}, "How much later timers of the process may fire."),
    settable(row<&Scheduling::personality, PersonalityCodec>(exec, "Personality", constant("Personality"), "Architecture that uname() reports."), &one_word_texts),
    limit<RLIMIT_CPU>("LimitCPU", "CPU time."),
    limit<RLIMIT_FSIZE>("LimitFSIZE", "Size of files written."),
    limit<RLIMIT_DATA>("LimitDATA", "Size of the data segment."),
    limit<RLIMIT_STACK>("LimitSTACK", "Size of the stack."),
    limit<RLIMIT_CORE>("LimitCORE", "Size of core dumps."),
    limit<RLIMIT_RSS>("LimitRSS", "Resident memory; without effect on Linux."),
    limit<RLIMIT_NOFILE>("LimitNOFILE", "Number of open files."),
    limit<RLIMIT_AS>("LimitAS", "Size of the address space."),
    limit<RLIMIT_NPROC>("LimitNPROC", "Number of processes of the user."),
    limit<RLIMIT_MEMLOCK>("LimitMEMLOCK", "Memory that may be locked."),
    limit<RLIMIT_LOCKS>("LimitLOCKS", "Number of file locks."),
    limit<RLIMIT_SIGPENDING>("LimitSIGPENDING", "Number of signals that may wait."),
    limit<RLIMIT_MSGQUEUE>("LimitMSGQUEUE", "Bytes in POSIX message queues."),
    limit<RLIMIT_NICE>("LimitNICE", "Best nice level that may be taken."),
    limit<RLIMIT_RTPRIO>("LimitRTPRIO", "Highest real-time priority that may be taken."),
    limit<RLIMIT_RTTIME>("LimitRTTIME", "CPU time in real time without a blocking call."),
    soft_limit<RLIMIT_CPU>("LimitCPUSoft"), soft_limit<RLIMIT_FSIZE>("LimitFSIZESoft"), soft_limit<RLIMIT_DATA>("LimitDATASoft"),
    soft_limit<RLIMIT_STACK>("LimitSTACKSoft"), soft_limit<RLIMIT_CORE>("LimitCORESoft"), soft_limit<RLIMIT_RSS>("LimitRSSSoft"),
    soft_limit<RLIMIT_NOFILE>("LimitNOFILESoft"), soft_limit<RLIMIT_AS>("LimitASSoft"), soft_limit<RLIMIT_NPROC>("LimitNPROCSoft"),
    soft_limit<RLIMIT_MEMLOCK>("LimitMEMLOCKSoft"), soft_limit<RLIMIT_LOCKS>("LimitLOCKSSoft"), soft_limit<RLIMIT_SIGPENDING>("LimitSIGPENDINGSoft"),
    soft_limit<RLIMIT_MSGQUEUE>("LimitMSGQUEUESoft"), soft_limit<RLIMIT_NICE>("LimitNICESoft"), soft_limit<RLIMIT_RTPRIO>("LimitRTPRIOSoft"),
    soft_limit<RLIMIT_RTTIME>("LimitRTTIMESoft"),
};
static_assert(unique_keys(rows));
static_assert(covers_every_field<ExecScheduling>(rows));

}  // namespace

std::span<const UnitRow> scheduling_rows() { return rows; }

}  // namespace unitparser
