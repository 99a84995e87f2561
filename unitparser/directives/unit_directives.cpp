// Rows of [Unit] (systemd.unit(5)), but for the conditions. [pure]
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/rows.h"

namespace unitparser {

template <>
inline constexpr std::string_view enum_noun<JobMode> = "job mode";
template <>
inline constexpr std::string_view enum_noun<CollectMode> = "garbage collection mode";

namespace {

template <DependencyKind Kind>
bool apply_dependency(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::vector<DependencyEntry> more;
  const bool complete = parse_dependencies(context, Kind, text, more);
  if (more.empty()) return complete;
  auto& all = config.unit.write().dependencies;
  all.insert(all.end(), more.begin(), more.end());
  return complete;
}
template <DependencyKind Kind>
Value get_dependency(const Subject<UnitConfig>& subject) {
  std::vector<std::string> units;
  for (const DependencyEntry& entry : subject.config.unit->dependencies)
    if (entry.kind == Kind) units.push_back(entry.unit);
  return string_array(units);
}
/// Other units, a line for each.
Result<Texts> dependency_texts(const Given& given) {
  return element_texts(given, [](const Value& element) -> Result<std::string> {
    if (!UnitName::is_valid(text_of(element))) return refused_setting(fmt::format("Invalid unit name {}", text_of(element)));
    return quoted_word(text_of(element));
  });
}
template <DependencyKind Kind>
consteval UnitRow dependency(std::string_view key, std::string_view description) {
  return as_list(custom<&UnitSection::dependencies>(Section::unit, key, from_graph(to_name(Kind)), "as", "units",
                                                    {&apply_dependency<Kind>, &get_dependency<Kind>, &dependency_texts}, description));
}
/// RequiresOverridable= and RequisiteOverridable=: read as their replacement, with a remark.
template <DependencyKind Kind>
bool apply_obsolete_dependency(ParseContext& context, UnitConfig& config, std::string_view text) {
  context.ignore(fmt::format("Unit dependency type {}= is obsolete, replacing by {}=, please update your unit file", context.key, to_name(Kind)));
  return apply_dependency<Kind>(context, config, text);
}
template <DependencyKind Kind>
consteval UnitRow obsolete_dependency(std::string_view key, std::string_view description) {
  return as_list(custom<&UnitSection::dependencies>(Section::unit, key, no_property, "", "units",
                                                    {&apply_obsolete_dependency<Kind>, nullptr, nullptr}, description));
}

bool apply_mounts_for(ParseContext& context, UnitConfig& config, std::string_view text) {
  std::vector<MountsForCodec::Entry> more;
  const bool complete = MountsForCodec::parse(context, text, more);
  if (more.empty()) return complete;
  auto& all = config.common.write().unit_needs.write().requires_mounts_for;
  all.insert(all.end(), more.begin(), more.end());
  return complete;
}
Result<Texts> mounts_for_texts(const Given& given) {
  return element_texts(given, [&](const Value& element) -> Result<std::string> {
    if (!is_absolute_path(text_of(element))) return refused_setting(fmt::format("Path specified in {} is not absolute: {}", given.property, text_of(element)));
    return escape_specifiers(text_of(element));
  });
}
Value get_mounts_for(const Subject<UnitConfig>& subject) { return MountsForCodec::encode(subject.config.common->unit_needs->requires_mounts_for); }

Value get_description(const Subject<UnitConfig>& subject) {
  const SharedText& said = subject.config.description;
  return said.empty() ? subject.name.text() : said.str();
}

bool apply_isolate_on_failure(ParseContext& context, UnitConfig& config, std::string_view text) {
  const Result<bool> isolate = parse_boolean(text);
  if (!isolate) {
    context.misread(isolate.error().os_errno, fmt::format("Failed to parse boolean, ignoring: {}", text), "write yes or no");
    return false;
  }
  set_field<&UnitSection::on_failure_job_mode>(config, *isolate ? JobMode::isolate : JobMode::replace);
  return true;
}

/// JobTimeoutSec= also limits the running time until that is said itself.
bool apply_job_timeout(ParseContext& context, UnitConfig& config, std::string_view text) {
  Duration timeout;
  if (!parse_span(context, text, SpanRule::zero_is_infinite, timeout, fmt::format("{}= parameter", context.key))) return false;
  set_field<&UnitLimits::job_timeout>(config, timeout);
  if (!config.common->unit_limits->job_running_timeout_set) set_field<&UnitLimits::job_running_timeout>(config, timeout);
  return true;
}
bool apply_job_running_timeout(ParseContext& context, UnitConfig& config, std::string_view text) {
  Duration timeout;
  if (!parse_span(context, text, SpanRule::zero_is_infinite, timeout, fmt::format("{}= parameter", context.key))) return false;
  set_field<&UnitLimits::job_running_timeout>(config, timeout);
  set_field<&UnitLimits::job_running_timeout_set>(config, true);
  return true;
}
template <auto Field>
Value get_span(const Subject<UnitConfig>& subject) {
  return read_field<Field>(subject.config).usec();
}

constexpr Sections unit = Section::unit;
constexpr std::array rows{
    //  field, codec                                             key                     property                     what it says
    shown_by(row<&UnitConfig::description, StringCodec>(unit, "Description", constant("Description"), "Name of the unit for people, shown instead of its file name."), &get_description),
    row<&UnitDocuments::documentation, DocumentationCodec>(unit, "Documentation", constant("Documentation"), "Where to read about the unit: URLs, manual pages and files."),
    row<&UnitDocuments::source_path, PathCodec>(unit, "SourcePath", constant("SourcePath"), "File that a generated unit was made from; a change of it asks for a reload."),
    dependency<DependencyKind::requires_>("Requires", "Units that are started with this one; when one fails or stops, this one does as well."),
    dependency<DependencyKind::requisite>("Requisite", "Units that must be active already, or this one is not started."),
    dependency<DependencyKind::wants>("Wants", "Units that are started with this one, whatever becomes of them."),
    dependency<DependencyKind::binds_to>("BindsTo", "Like Requires=, and this unit stops whenever one of them becomes inactive."),
    dependency<DependencyKind::part_of>("PartOf", "Units whose stop or restart stops or restarts this one too."),
    dependency<DependencyKind::upholds>("Upholds", "Units that are started again as long as this one is active."),
    dependency<DependencyKind::conflicts>("Conflicts", "Units that cannot run beside this one; starting one stops the other."),
    dependency<DependencyKind::before>("Before", "Units that are started after this one, and stopped before it."),
    dependency<DependencyKind::after>("After", "Units that are started before this one, and stopped after it."),
    dependency<DependencyKind::on_success>("OnSuccess", "Units that are activated when this one becomes inactive after success."),
    dependency<DependencyKind::on_failure>("OnFailure", "Units that are activated when this one fails."),
    dependency<DependencyKind::propagates_reload_to>("PropagatesReloadTo", "Units that are reloaded together with this one."),
    dependency<DependencyKind::reload_propagated_from>("ReloadPropagatedFrom", "Units whose reload reloads this one too."),
    dependency<DependencyKind::propagates_stop_to>("PropagatesStopTo", "Units that are stopped together with this one."),
    dependency<DependencyKind::stop_propagated_from>("StopPropagatedFrom", "Units whose stop stops this one too."),
    dependency<DependencyKind::joins_namespace_of>("JoinsNamespaceOf", "Units whose private network, IPC and /tmp this one shares."),
    alias(unit, "BindTo", "BindsTo"),
    alias(unit, "PropagateReloadTo", "PropagatesReloadTo"),
    alias(unit, "PropagateReloadFrom", "ReloadPropagatedFrom"),
    obsolete_dependency<DependencyKind::requires_>("RequiresOverridable", "Obsolete spelling of Requires=."),
    obsolete_dependency<DependencyKind::requisite>("RequisiteOverridable", "Obsolete spelling of Requisite=."),
    as_list(custom<&UnitNeeds::requires_mounts_for>(unit, "RequiresMountsFor", from_graph("RequiresMountsFor"), "as", "paths", {&apply_mounts_for, &get_mounts_for, &mounts_for_texts},
        "Paths whose mount points are required and mounted first.")),
    row<&UnitSection::stop_when_unneeded, BooleanCodec>(unit, "StopWhenUnneeded", constant("StopWhenUnneeded"), "Stop the unit when no other active unit needs it."),
    row<&UnitSection::refuse_manual_start, BooleanCodec>(unit, "RefuseManualStart", constant("RefuseManualStart"), "Only dependencies may start the unit, not people."),
    row<&UnitSection::refuse_manual_stop, BooleanCodec>(unit, "RefuseManualStop", constant("RefuseManualStop"), "Only dependencies may stop the unit, not people."),
    row<&UnitSection::allow_isolate, BooleanCodec>(unit, "AllowIsolate", constant("AllowIsolate"), "The unit may be isolated: everything else is then stopped."),
    row<&UnitSection::default_dependencies, BooleanCodec>(unit, "DefaultDependencies", constant("DefaultDependencies"), "Add the dependencies that are usual for the unit's type."),
    row<&UnitSection::on_success_job_mode, EnumCodec<JobMode>>(unit, "OnSuccessJobMode", constant("OnSuccessJobMode"), "How the jobs of OnSuccess= meet jobs that exist."),
    row<&UnitSection::on_failure_job_mode, EnumCodec<JobMode>>(unit, "OnFailureJobMode", constant("OnFailureJobMode"), "How the jobs of OnFailure= meet jobs that exist."),
    custom<&UnitSection::on_failure_job_mode>(unit, "OnFailureIsolate", no_property, "", "boolean", {&apply_isolate_on_failure, nullptr, nullptr},
        "Older spelling of OnFailureJobMode=isolate."),
    row<&UnitSection::ignore_on_isolate, BooleanCodec>(unit, "IgnoreOnIsolate", constant("IgnoreOnIsolate"), "Isolating another unit does not stop this one."),
    custom<&UnitLimits::job_timeout>(unit, "JobTimeoutSec", constant("JobTimeoutUSec"), "t", "time span", {&apply_job_timeout, &get_span<&UnitLimits::job_timeout>, nullptr},
        "How long a job for the unit may wait and run before it is cancelled."),
    custom<&UnitLimits::job_running_timeout, &UnitLimits::job_running_timeout_set>(unit, "JobRunningTimeoutSec", constant("JobRunningTimeoutUSec"), "t", "time span",
        {&apply_job_running_timeout, &get_span<&UnitLimits::job_running_timeout>, &span_texts}, "How long a job for the unit may run before it is cancelled."),
    row<&UnitLimits::job_timeout_action, EmergencyActionCodec>(unit, "JobTimeoutAction", constant("JobTimeoutAction"), "What to do to the machine when a job ran out of time."),
    row<&UnitLimits::job_timeout_reboot_argument, RebootArgumentCodec>(unit, "JobTimeoutRebootArgument", constant("JobTimeoutRebootArgument"), "Argument of the reboot that JobTimeoutAction= asks for."),
    row<&UnitLimits::start_limit_interval, Span>(unit, "StartLimitIntervalSec", constant("StartLimitIntervalUSec"), "Interval in which starts are counted; 0 turns the limit off."),
    alias(unit, "StartLimitInterval", "StartLimitIntervalSec"),
    row<&UnitLimits::start_limit_burst, UnsignedCodec>(unit, "StartLimitBurst", constant("StartLimitBurst"), "How many starts are allowed in that interval."),
    row<&UnitLimits::start_limit_action, EmergencyActionCodec>(unit, "StartLimitAction", constant("StartLimitAction"), "What to do to the machine when the start limit is hit."),
    row<&UnitLimits::failure_action, EmergencyActionCodec>(unit, "FailureAction", constant("FailureAction"), "What to do to the machine when the unit fails."),
    row<&UnitLimits::success_action, EmergencyActionCodec>(unit, "SuccessAction", constant("SuccessAction"), "What to do to the machine when the unit ends with success."),
    refused_as("Exit status must be in range 0…255 or negative.", row<&UnitLimits::failure_action_exit_status, ExitCodeCodec>(unit, "FailureActionExitStatus", constant("FailureActionExitStatus"), "Exit status of the manager for FailureAction=exit.")),
    refused_as("Exit status must be in range 0…255 or negative.", row<&UnitLimits::success_action_exit_status, ExitCodeCodec>(unit, "SuccessActionExitStatus", constant("SuccessActionExitStatus"), "Exit status of the manager for SuccessAction=exit.")),
    row<&UnitLimits::reboot_argument, RebootArgumentCodec>(unit, "RebootArgument", constant("RebootArgument"), "Argument of the reboots that actions of this unit ask for."),
    row<&UnitSection::collect_mode, EnumCodec<CollectMode>>(unit, "CollectMode", constant("CollectMode"), "Whether a failed unit may be unloaded too."),
    // Conditions live in a table of their own; the two lists are named here for the check.
    with_fields<&UnitNeeds::asserts>(custom<&UnitNeeds::conditions>(unit, "", no_property, "", "", {}, "Lists of the condition table.")),
};
static_assert(unique_keys(rows) && documented(rows));
static_assert(covers_every_field<UnitSection>(rows) && covers_every_field<UnitNeeds>(rows) && covers_every_field<UnitDocuments>(rows) && covers_every_field<UnitLimits>(rows));

constexpr std::array install{
    row<&InstallSection::alias, InstallWordsCodec>(Section::install, "Alias", no_property, "Other names that enabling gives the unit."),
    row<&InstallSection::wanted_by, InstallWordsCodec>(Section::install, "WantedBy", no_property, "Units whose .wants folder gets a link when the unit is enabled."),
    row<&InstallSection::required_by, InstallWordsCodec>(Section::install, "RequiredBy", no_property, "Units whose .requires folder gets a link when the unit is enabled."),
    row<&InstallSection::also, InstallWordsCodec>(Section::install, "Also", no_property, "Units that are enabled and disabled together with this one."),
    row<&InstallSection::default_instance, PlainStringCodec>(Section::install, "DefaultInstance", no_property, "Instance that enabling a template without one stands for."),
};
static_assert(unique_keys(install) && documented(install) && covers_every_field<InstallSection>(install));

}  // namespace

std::span<const UnitRow> unit_rows() { return rows; }
std::span<const UnitRow> install_rows() { return install; }

}  // namespace unitparser
