// Rows of [Timer], [Path] and [Scope] (systemd.timer(5), systemd.path(5), systemd.scope(5)). [pure]
#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/codec_socket.h"
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/rows.h"

namespace unitparser {
namespace {

constexpr Sections timer = Section::timer;
constexpr Sections path = Section::path;
constexpr Sections scope = Section::scope;

// --- Timers -------------------------------------------------------------------------------------------------------
template <TimerBase Base>
bool apply_timer(ParseContext& context, UnitConfig& config, std::string_view text) {
  return extend_list<&TimerConfig::timers>(config, text, [&](std::vector<TimerEntry>& list) { return parse_timer(context, Base, text, list); });
}
template <TimerBase Base>
consteval UnitRow base(std::string_view key, std::string_view word, std::string_view description) {
  return as_list(custom<&TimerConfig::timers>(timer, key, no_property, "", word, {&apply_timer<Base>, nullptr, nullptr}, description));
}
Value get_monotonic(const Subject<UnitConfig>& subject) { return encode_monotonic_timers(subject.config.common->timer->timers); }
Value get_calendar(const Subject<UnitConfig>& subject) { return encode_calendar_timers(subject.config.common->timer->timers); }
/// The service of the same name unless another unit is named.
std::string default_unit(const Subject<UnitConfig>& subject) {
  const Result<UnitName> service = subject.name.with_type(UnitType::service);
  return service ? service->text() : std::string();
}
Value get_timer_unit(const Subject<UnitConfig>& subject) {
  const std::string& said = subject.config.common->timer->unit;
  return said.empty() ? default_unit(subject) : said;
}

constexpr std::array timer_table{
    base<TimerBase::calendar>("OnCalendar", "calendar expression", "Elapse at these dates and times."),
    base<TimerBase::active>("OnActiveSec", "time span", "Elapse this long after the timer was activated."),
    base<TimerBase::boot>("OnBootSec", "time span", "Elapse this long after the machine was booted."),
    base<TimerBase::startup>("OnStartupSec", "time span", "Elapse this long after the manager was started."),
    base<TimerBase::unit_active>("OnUnitActiveSec", "time span", "Elapse this long after the unit was last activated."),
    base<TimerBase::unit_inactive>("OnUnitInactiveSec", "time span", "Elapse this long after the unit was last deactivated."),
    settable(shown(timer, invalidates("TimersMonotonic"), "a(stt)", &get_monotonic, "All monotonic elapses."), &monotonic_timer_lines, "a(st)"),
    refused_as("Invalid calendar spec", settable(shown(timer, invalidates("TimersCalendar"), "a(sst)", &get_calendar, "All calendar elapses."), &calendar_timer_lines, "a(ss)")),
    row<&TimerConfig::on_clock_change, BooleanCodec>(timer, "OnClockChange", constant("OnClockChange"), "Elapse when the system clock jumps."),
    row<&TimerConfig::on_timezone_change, BooleanCodec>(timer, "OnTimezoneChange", constant("OnTimezoneChange"), "Elapse when the time zone changes."),
    row<&TimerConfig::persistent, BooleanCodec>(timer, "Persistent", constant("Persistent"), "Catch up on an elapse that was missed while the machine was off."),
    row<&TimerConfig::wake_system, BooleanCodec>(timer, "WakeSystem", constant("WakeSystem"), "Wake the machine from sleep to elapse."),
    row<&TimerConfig::remain_after_elapse, BooleanCodec>(timer, "RemainAfterElapse", constant("RemainAfterElapse"), "Keep a timer that will not elapse again."),
    row<&TimerConfig::fixed_random_delay, BooleanCodec>(timer, "FixedRandomDelay", constant("FixedRandomDelay"), "Take the same random delay each time."),
    row<&TimerConfig::accuracy, Span>(timer, "AccuracySec", constant("AccuracyUSec"), "How much later an elapse may come, so that timers share wake-ups."),
    row<&TimerConfig::randomized_delay, Span>(timer, "RandomizedDelaySec", constant("RandomizedDelayUSec"), "Random delay, up to this, of each elapse."),
    not_settable(shown_by(row<&TimerConfig::unit, TriggeredUnitCodec>(timer, "Unit", constant("Unit"), "Unit that is activated, if it is not the service of the same name."), &get_timer_unit)),
};
static_assert(unique_keys(timer_table) && documented(timer_table) && covers_every_field<TimerConfig>(timer_table));

// --- Paths --------------------------------------------------------------------------------------------------------
template <PathKind Kind>
bool apply_path(ParseContext& context, UnitConfig& config, std::string_view text) {
  return extend_list<&PathConfig::paths>(config, text, [&](std::vector<PathEntry>& list) { return parse_watched_path(context, Kind, text, list); });
}
template <PathKind Kind>
consteval UnitRow watch(std::string_view key, std::string_view description) {
  return as_list(custom<&PathConfig::paths>(path, key, no_property, "", "path", {&apply_path<Kind>, nullptr, nullptr}, description));
}
Value get_paths(const Subject<UnitConfig>& subject) { return encode_watched_paths(subject.config.common->path->paths); }
Value get_path_unit(const Subject<UnitConfig>& subject) {
  const std::string& said = subject.config.common->path->unit;
  return said.empty() ? default_unit(subject) : said;
}
Value get_interval(const Subject<UnitConfig>& subject) {
  const Duration interval = subject.config.common->path->trigger_limit_interval;
  return interval.is_infinite() ? Duration::from_seconds(2).usec() : interval.usec();
}
Value get_burst(const Subject<UnitConfig>& subject) {
  const std::uint32_t burst = subject.config.common->path->trigger_limit_burst;
  return burst == UINT32_MAX ? std::uint32_t{200} : burst;
}

constexpr std::array path_table{
    watch<PathKind::exists>("PathExists", "Activate the unit when this path exists."),
    watch<PathKind::exists_glob>("PathExistsGlob", "Activate the unit when a path matches this pattern."),
    watch<PathKind::changed>("PathChanged", "Activate the unit when this file was written and closed."),
    watch<PathKind::modified>("PathModified", "Activate the unit at each write to this file."),
    watch<PathKind::directory_not_empty>("DirectoryNotEmpty", "Activate the unit when this folder has entries."),
    settable(shown(path, constant("Paths"), "a(ss)", &get_paths, "Everything that the unit watches."), &watched_path_lines),
    not_settable(shown_by(row<&PathConfig::unit, TriggeredUnitCodec>(path, "Unit", constant("Unit"), "Unit that is activated, if it is not the service of the same name."), &get_path_unit)),
    row<&PathConfig::make_directory, BooleanCodec>(path, "MakeDirectory", constant("MakeDirectory"), "Make the folders that are watched."),
    row<&PathConfig::directory_mode, ModeCodec>(path, "DirectoryMode", constant("DirectoryMode"), "Access mode of folders that are made."),
    shown_by(row<&PathConfig::trigger_limit_interval, Span>(path, "TriggerLimitIntervalSec", constant("TriggerLimitIntervalUSec"), "Interval in which activations are counted."), &get_interval),
    shown_by(row<&PathConfig::trigger_limit_burst, UnsignedCodec>(path, "TriggerLimitBurst", constant("TriggerLimitBurst"), "How many activations are allowed in that interval."), &get_burst),
};
static_assert(unique_keys(path_table) && documented(path_table) && covers_every_field<PathConfig>(path_table));

// --- Scopes -------------------------------------------------------------------------------------------------------
Value get_scope_oom_policy(const Subject<UnitConfig>& subject) {
  const std::optional<OomPolicy> policy = subject.config.common->scope->oom_policy;
  return std::string(policy ? to_name(*policy) : std::string_view{});
}
constexpr std::array scope_table{
    row<&ScopeConfig::runtime_max, Span>(scope, "RuntimeMaxSec", constant("RuntimeMaxUSec"), "Longest time the scope may be active."),
    row<&ScopeConfig::runtime_randomized_extra, Span>(scope, "RuntimeRandomizedExtraSec", constant("RuntimeRandomizedExtraUSec"), "Random time, up to this, that is added to RuntimeMaxSec=."),
    row<&ScopeConfig::timeout_stop, SpanOrNever>(scope, "TimeoutStopSec", constant("TimeoutStopUSec"), "How long a stop may take before processes are killed."),
    shown_by(row<&ScopeConfig::oom_policy, OptionalEnumCodec<OomPolicy::continue_>>(scope, "OOMPolicy", constant("OOMPolicy"), "What happens when the kernel killed a process of the scope for want of memory."), &get_scope_oom_policy),
    row<&ScopeConfig::user, UserCodec>(scope, "User", no_property, "User that the control group is given to, with Delegate=."),
    row<&ScopeConfig::group, UserCodec>(scope, "Group", no_property, "Group that the control group is given to, with Delegate= and User=."),
};
static_assert(unique_keys(scope_table) && documented(scope_table) && covers_every_field<ScopeConfig>(scope_table));

}  // namespace

std::span<const UnitRow> timer_rows() { return timer_table; }
std::span<const UnitRow> trigger_path_rows() { return path_table; }
std::span<const UnitRow> scope_rows() { return scope_table; }

}  // namespace unitparser
