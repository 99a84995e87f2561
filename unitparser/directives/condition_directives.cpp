// Rows of Condition*= and Assert*= (systemd.unit(5) CONDITIONS AND ASSERTS). [pure]
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/rows.h"

namespace unitparser {
namespace {

template <ConditionKind Kind>
bool apply_condition(ParseContext& context, UnitConfig& config, std::string_view text) {
  return extend_list<&UnitNeeds::conditions>(config, text, [&](std::vector<Condition>& list) { return parse_condition(context, Kind, text, list); });
}
template <ConditionKind Kind>
bool apply_assert(ParseContext& context, UnitConfig& config, std::string_view text) {
  return extend_list<&UnitNeeds::asserts>(config, text, [&](std::vector<Condition>& list) { return parse_condition(context, Kind, text, list); });
}
Value get_conditions(const Subject<UnitConfig>& subject) { return encode_conditions("Condition", subject.config.common->unit_needs->conditions); }
Value get_asserts(const Subject<UnitConfig>& subject) { return encode_conditions("Assert", subject.config.common->unit_needs->asserts); }

/// Whole lines "ConditionPathExists=|!/x" from a(sbbs).
template <Literal Prefix>
Result<Texts> condition_lines(const Given& given) {
  const auto line = [](const Value& element) -> Result<std::string> {
    const std::vector<Value>& fields = fields_of(element);
    const std::string &name = text_of(fields[0]), &parameter = text_of(fields[3]);
    const std::optional<std::string_view> rest = after_prefix(name, Prefix.text);
    const std::optional<ConditionKind> kind = rest ? from_name<ConditionKind>(*rest) : std::nullopt;
    if (!kind) return refused_setting(fmt::format("Invalid condition type: {}", name));
    if (takes_path(*kind) && !is_absolute_path(parameter)) return refused_setting(fmt::format("Path in condition {} is not absolute: {}", name, parameter));
    return fmt::format("{}={}{}{}", name, std::get<bool>(fields[1].storage) ? "|" : "", std::get<bool>(fields[2].storage) ? "!" : "", escape_specifiers(parameter));
  };
  Texts lines = TRY(element_texts(given, line));
  return lines.empty() ? Texts{fmt::format("{}PathExists=", Prefix.text)} : lines;
}

template <ConditionKind Kind>
consteval UnitRow condition(std::string_view key, std::string_view description) {
  return as_list(custom<&UnitNeeds::conditions>(Section::unit, key, no_property, "", "condition", {&apply_condition<Kind>, nullptr, nullptr}, description));
}
template <ConditionKind Kind>
consteval UnitRow assertion(std::string_view key, std::string_view description) {
  return as_list(custom<&UnitNeeds::asserts>(Section::unit, key, no_property, "", "condition", {&apply_assert<Kind>, nullptr, nullptr}, description));
}

using Kind = ConditionKind;
constexpr std::array rows{
    condition<Kind::path_exists>("ConditionPathExists", "Skip the unit quietly unless a path exists."),
    condition<Kind::path_exists_glob>("ConditionPathExistsGlob", "Skip the unit quietly unless a path matching the pattern exists."),
    condition<Kind::path_is_directory>("ConditionPathIsDirectory", "Skip the unit quietly unless a path is a directory."),
    condition<Kind::path_is_symbolic_link>("ConditionPathIsSymbolicLink", "Skip the unit quietly unless a path is a symbolic link."),
    condition<Kind::path_is_mount_point>("ConditionPathIsMountPoint", "Skip the unit quietly unless a path is a mount point."),
    condition<Kind::path_is_read_write>("ConditionPathIsReadWrite", "Skip the unit quietly unless the file system of a path is mounted writable."),
    condition<Kind::path_is_encrypted>("ConditionPathIsEncrypted", "Skip the unit quietly unless the device below a path is encrypted."),
    condition<Kind::directory_not_empty>("ConditionDirectoryNotEmpty", "Skip the unit quietly unless a directory exists and has entries."),
    condition<Kind::file_not_empty>("ConditionFileNotEmpty", "Skip the unit quietly unless a file exists and is not empty."),
    condition<Kind::file_is_executable>("ConditionFileIsExecutable", "Skip the unit quietly unless a file exists and is executable."),
    condition<Kind::needs_update>("ConditionNeedsUpdate", "Skip the unit quietly unless /etc or /var waits for an update."),
    condition<Kind::first_boot>("ConditionFirstBoot", "Skip the unit quietly unless the machine boots for the first time."),
    condition<Kind::architecture>("ConditionArchitecture", "Skip the unit quietly unless the machine is of that architecture."),
    condition<Kind::firmware>("ConditionFirmware", "Skip the unit quietly unless the machine has that firmware."),
    condition<Kind::virtualization>("ConditionVirtualization", "Skip the unit quietly unless the machine runs in that virtualisation."),
    condition<Kind::host>("ConditionHost", "Skip the unit quietly unless host name or machine ID match."),
    condition<Kind::kernel_command_line>("ConditionKernelCommandLine", "Skip the unit quietly unless the kernel command line has that word."),
    condition<Kind::kernel_version>("ConditionKernelVersion", "Skip the unit quietly unless the kernel version matches."),
    condition<Kind::credential>("ConditionCredential", "Skip the unit quietly unless the manager was given that credential."),
    condition<Kind::security>("ConditionSecurity", "Skip the unit quietly unless that security technology is on."),
    condition<Kind::capability>("ConditionCapability", "Skip the unit quietly unless the manager has that capability."),
    condition<Kind::ac_power>("ConditionACPower", "Skip the unit quietly unless the machine is on mains power."),
    condition<Kind::memory>("ConditionMemory", "Skip the unit quietly unless the machine has that much memory."),
    condition<Kind::cpu_feature>("ConditionCPUFeature", "Skip the unit quietly unless the CPU has that feature."),
    condition<Kind::cpus>("ConditionCPUs", "Skip the unit quietly unless the manager may use that many CPUs."),
    condition<Kind::environment>("ConditionEnvironment", "Skip the unit quietly unless the manager's environment has that variable."),
    condition<Kind::user>("ConditionUser", "Skip the unit quietly unless the manager runs as that user."),
    condition<Kind::group>("ConditionGroup", "Skip the unit quietly unless the manager runs in that group."),
    condition<Kind::control_group_controller>("ConditionControlGroupController", "Skip the unit quietly unless that cgroup controller is available."),
    condition<Kind::os_release>("ConditionOSRelease", "Skip the unit quietly unless /etc/os-release says so."),
    condition<Kind::memory_pressure>("ConditionMemoryPressure", "Skip the unit quietly unless memory pressure is below that."),
    condition<Kind::cpu_pressure>("ConditionCPUPressure", "Skip the unit quietly unless CPU pressure is below that."),
    condition<Kind::io_pressure>("ConditionIOPressure", "Skip the unit quietly unless I/O pressure is below that."),
    assertion<Kind::path_exists>("AssertPathExists", "Fail the start unless a path exists."),
    assertion<Kind::path_exists_glob>("AssertPathExistsGlob", "Fail the start unless a path matching the pattern exists."),
    assertion<Kind::path_is_directory>("AssertPathIsDirectory", "Fail the start unless a path is a directory."),
    assertion<Kind::path_is_symbolic_link>("AssertPathIsSymbolicLink", "Fail the start unless a path is a symbolic link."),
    assertion<Kind::path_is_mount_point>("AssertPathIsMountPoint", "Fail the start unless a path is a mount point."),
    assertion<Kind::path_is_read_write>("AssertPathIsReadWrite", "Fail the start unless the file system of a path is mounted writable."),
    assertion<Kind::path_is_encrypted>("AssertPathIsEncrypted", "Fail the start unless the device below a path is encrypted."),
    assertion<Kind::directory_not_empty>("AssertDirectoryNotEmpty", "Fail the start unless a directory exists and has entries."),
    assertion<Kind::file_not_empty>("AssertFileNotEmpty", "Fail the start unless a file exists and is not empty."),
    assertion<Kind::file_is_executable>("AssertFileIsExecutable", "Fail the start unless a file exists and is executable."),
    assertion<Kind::needs_update>("AssertNeedsUpdate", "Fail the start unless /etc or /var waits for an update."),
    assertion<Kind::first_boot>("AssertFirstBoot", "Fail the start unless the machine boots for the first time."),
    assertion<Kind::architecture>("AssertArchitecture", "Fail the start unless the machine is of that architecture."),
    assertion<Kind::virtualization>("AssertVirtualization", "Fail the start unless the machine runs in that virtualisation."),
    assertion<Kind::host>("AssertHost", "Fail the start unless host name or machine ID match."),
    assertion<Kind::kernel_command_line>("AssertKernelCommandLine", "Fail the start unless the kernel command line has that word."),
    assertion<Kind::kernel_version>("AssertKernelVersion", "Fail the start unless the kernel version matches."),
    assertion<Kind::credential>("AssertCredential", "Fail the start unless the manager was given that credential."),
    assertion<Kind::security>("AssertSecurity", "Fail the start unless that security technology is on."),
    assertion<Kind::capability>("AssertCapability", "Fail the start unless the manager has that capability."),
    assertion<Kind::ac_power>("AssertACPower", "Fail the start unless the machine is on mains power."),
    assertion<Kind::memory>("AssertMemory", "Fail the start unless the machine has that much memory."),
    assertion<Kind::cpu_feature>("AssertCPUFeature", "Fail the start unless the CPU has that feature."),
    assertion<Kind::cpus>("AssertCPUs", "Fail the start unless the manager may use that many CPUs."),
    assertion<Kind::environment>("AssertEnvironment", "Fail the start unless the manager's environment has that variable."),
    assertion<Kind::user>("AssertUser", "Fail the start unless the manager runs as that user."),
    assertion<Kind::group>("AssertGroup", "Fail the start unless the manager runs in that group."),
    assertion<Kind::control_group_controller>("AssertControlGroupController", "Fail the start unless that cgroup controller is available."),
    assertion<Kind::os_release>("AssertOSRelease", "Fail the start unless /etc/os-release says so."),
    assertion<Kind::memory_pressure>("AssertMemoryPressure", "Fail the start unless memory pressure is below that."),
    assertion<Kind::cpu_pressure>("AssertCPUPressure", "Fail the start unless CPU pressure is below that."),
    assertion<Kind::io_pressure>("AssertIOPressure", "Fail the start unless I/O pressure is below that."),
    settable(shown(Section::unit, invalidates("Conditions"), "a(sbbsi)", &get_conditions, "All conditions of the unit."), &condition_lines<"Condition">, "a(sbbs)"),
    settable(shown(Section::unit, invalidates("Asserts"), "a(sbbsi)", &get_asserts, "All asserts of the unit."), &condition_lines<"Assert">, "a(sbbs)"),
};
static_assert(unique_keys(rows) && documented(rows));

}  // namespace

std::span<const UnitRow> condition_rows() { return rows; }

}  // namespace unitparser
