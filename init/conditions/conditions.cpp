// One function for each kind of condition, found through one table. [os]
#include "init/conditions/conditions.h"

#include <dirent.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "init/conditions/file_conditions.h"
#include "init/conditions/virtualization.h"
#include "unitparser/base/text.h"
#include "unitparser/config/resource_config.h"
#include "unitparser/syntax/environment.h"
#include "unitparser/syntax/kernel_names.h"
#include "unitparser/syntax/quantities.h"
#include "unitparser/syntax/version.h"

namespace init {
namespace {

using unitparser::ConditionKind;
using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

using Check = Result<bool> (*)(const std::string& parameter, const ConditionFacts& facts);

/// Wraps a question about a path.
template <bool (*question)(const std::string&)>
Result<bool> about_path(const std::string& path, const ConditionFacts&) {
  return question(path);
}
bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<bool> check_needs_update(const std::string& parameter, const ConditionFacts& facts) {
  for (std::string_view word : unitparser::split_whitespace(facts.kernel_command_line))
    if (auto value = unitparser::after_prefix(word, "systemd.condition-needs-update="))
      return unitparser::parse_boolean(*value);
  return needs_update(parameter);
}

Result<bool> check_first_boot(const std::string& parameter, const ConditionFacts& facts) {
  const bool wanted = TRY(unitparser::parse_boolean(parameter));
  for (std::string_view word : unitparser::split_whitespace(facts.kernel_command_line))
    if (auto value = unitparser::after_prefix(word, "systemd.condition-first-boot="))
      return TRY(unitparser::parse_boolean(*value)) == wanted;
  return exists("/run/systemd/first-boot") == wanted;
}

Result<bool> check_architecture(const std::string& parameter, const ConditionFacts&) {
  utsname name{};
  ::uname(&name);
  const std::string_view machine = unitparser::architecture_of_machine(name.machine);
  if (parameter == "native") return machine == unitparser::native_architecture();
  return machine == parameter;
}

/// The strings of a device-tree property are separated by NULs.
bool device_tree_is_compatible(std::string_view wanted) {
  const std::string text = read_text_file("/proc/device-tree/compatible");
  for (std::string_view entry : unitparser::split_at(text, '\0'))
    if (!entry.empty() && entry == wanted) return true;
  return false;
}

/// "FIELD OP VALUE" over an SMBIOS field of /sys/class/dmi/id.
Result<bool> check_smbios_field(std::string_view expression) {
  const std::size_t at = expression.find_first_of("<>=!$");
  if (at == std::string_view::npos) return fail(ErrorCode::invalid_argument, "No operator in " + std::string(expression));
  const std::string field(unitparser::trim(expression.substr(0, at)));
  if (field.find('/') != std::string::npos) return fail(ErrorCode::invalid_argument, "Bad field name " + field);
  std::string_view rest = expression.substr(at);
  std::string have = read_text_file("/sys/class/dmi/id/" + field);
  have.erase(have.find_last_not_of('\n') + 1);
  for (std::string_view sign : {"!$=", "$="})
    if (rest.starts_with(sign)) {
      const std::string pattern(unitparser::trim(rest.substr(sign.size())));
      return (::fnmatch(pattern.c_str(), have.c_str(), FNM_EXTMATCH) == 0) == (sign == "$=");
    }
  const auto op = unitparser::take_version_operator(rest);
  if (!op) return fail(ErrorCode::invalid_argument, "No operator in " + std::string(expression));
  return unitparser::holds(*op, unitparser::compare_versions(have, unitparser::trim(rest)));
}

Result<bool> check_firmware(const std::string& parameter, const ConditionFacts&) {
  if (parameter == "uefi") return exists("/sys/firmware/efi");
  if (parameter == "device-tree") return exists("/sys/firmware/devicetree");
  const auto argument = [&](std::string_view name) -> std::optional<std::string_view> {
    auto rest = unitparser::after_prefix(parameter, name);
    if (!rest || !rest->starts_with("(") || !rest->ends_with(")")) return std::nullopt;
    return rest->substr(1, rest->size() - 2);
  };
  if (const auto name = argument("device-tree-compatible")) return device_tree_is_compatible(*name);
  if (const auto expression = argument("smbios-field")) return check_smbios_field(*expression);
  return false;
}

bool in_user_namespace() {
  // The first namespace maps the whole range onto itself.
  const std::string map = read_text_file("/proc/self/uid_map");
  const auto words = unitparser::split_whitespace(map);
  return words.size() != 3 || words[0] != "0" || words[1] != "0" || words[2] != "4294967295";
}

Result<bool> check_virtualization(const std::string& parameter, const ConditionFacts&) {
  if (parameter == "private-users") return in_user_namespace();
  const std::string& container = detect_container_kind();
  const std::string& machine = detect_virtual_machine();
  const bool in_container = container != "none";
  const bool in_machine = machine != "none";
  if (const auto wanted = unitparser::parse_boolean(parameter)) return *wanted == (in_container || in_machine);
  if (parameter == "vm") return in_machine && !in_container;
  if (parameter == "container") return in_container;
  return in_container ? parameter == container : parameter == machine;
}

Result<bool> check_host(const std::string& parameter, const ConditionFacts& facts) {
  std::string id = parameter;
  std::erase(id, '-');
  if (id.size() == 32 && id.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos)
    return unitparser::to_lower(id) == facts.machine_id;
  std::array<char, 65> name{};
  ::gethostname(name.data(), name.size() - 1);
  return ::fnmatch(parameter.c_str(), name.data(), FNM_CASEFOLD) == 0;
}

Result<bool> check_kernel_command_line(const std::string& parameter, const ConditionFacts& facts) {
  const bool with_value = parameter.find('=') != std::string::npos;
  for (std::string_view word : unitparser::split_whitespace(facts.kernel_command_line)) {
    if (word == parameter) return true;
    if (!with_value && word.starts_with(parameter) && word.substr(parameter.size()).starts_with("=")) return true;
  }
  return false;
}

Result<bool> check_kernel_version(const std::string& parameter, const ConditionFacts&) {
  utsname name{};
  ::uname(&name);
  const auto words = unitparser::split_whitespace(parameter);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    const auto op = unitparser::take_version_operator(word);
    if (!op) {
      if (::fnmatch(std::string(word).c_str(), name.release, 0) != 0) return false;
      continue;
    }
    if (word.empty() && i + 1 < words.size()) word = words[++i];  // the sign stands alone
    if (*op == unitparser::VersionOperator::equal || *op == unitparser::VersionOperator::not_equal) {
      const bool same = ::fnmatch(std::string(word).c_str(), name.release, 0) == 0;
      if (same != (*op == unitparser::VersionOperator::equal)) return false;
    } else if (!unitparser::holds(*op, unitparser::compare_versions(name.release, word))) {
      return false;
    }
  }
  return !words.empty();
}

Result<bool> check_credential(const std::string& parameter, const ConditionFacts& facts) {
  if (parameter.empty() || parameter.find('/') != std::string::npos) return false;
  for (const std::string& folder : {facts.credentials_directory, std::string("/run/credentials/@system"),
                                    std::string("/run/credentials/@encrypted")})
    if (!folder.empty() && exists(folder + "/" + parameter)) return true;
  return false;
}

bool security_module_active(std::string_view name) {
  const std::string list = read_text_file("/sys/kernel/security/lsm");
  for (std::string_view module : unitparser::split_at(list, ','))
    if (unitparser::trim(module) == name) return true;
  return false;
}

Result<bool> check_security(const std::string& parameter, const ConditionFacts&) {
  if (parameter == "selinux") return exists("/sys/fs/selinux/enforce");
  if (parameter == "smack") return exists("/sys/fs/smackfs");
  if (parameter == "apparmor") return read_text_file("/sys/module/apparmor/parameters/enabled").starts_with("Y");
  if (parameter == "tomoyo") return exists("/sys/kernel/security/tomoyo/version");
  if (parameter == "ima") return exists("/sys/kernel/security/ima");
  if (parameter == "audit") return exists("/proc/self/loginuid") && !read_text_file("/proc/self/loginuid").empty();
  if (parameter == "uefi-secureboot") {
    const std::string value =
        read_text_file("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c");
    return value.size() == 5 && value[4] == 1;
  }
  if (parameter == "tpm2") return exists("/sys/class/tpmrm/tpmrm0");
  if (parameter == "cvm") return exists("/dev/sev-guest") || exists("/dev/tdx_guest");
  return security_module_active(parameter);
}

Result<bool> check_capability(const std::string& parameter, const ConditionFacts&) {
  const auto capability = unitparser::parse_capability(parameter);
  if (!capability) return unitparser::fail_errno(EINVAL, "Unknown capability " + parameter);
  const std::string status = read_text_file("/proc/self/status");
  const std::size_t at = status.find("CapBnd:\t");
  if (at == std::string::npos) return fail(ErrorCode::io, "No bounding set in /proc/self/status");
  const std::uint64_t set = std::strtoull(status.c_str() + at + 8, nullptr, 16);
  return (set >> static_cast<unsigned>(*capability) & 1U) != 0;
}

/// On mains power unless a battery discharges and no mains supply is online.
bool on_ac_power() {
  DIR* supplies = ::opendir("/sys/class/power_supply");
  if (supplies == nullptr) return true;
  bool found_mains = false;
  bool online = false;
  bool discharging = false;
  while (const dirent* entry = ::readdir(supplies)) {
    if (entry->d_name[0] == '.') continue;
    const std::string folder = std::string("/sys/class/power_supply/") + entry->d_name;
    const std::string type = read_text_file(folder + "/type");
    if (type.starts_with("Mains") || type.starts_with("USB")) {
      found_mains = true;
      online = online || read_text_file(folder + "/online").starts_with("1");
    } else if (type.starts_with("Battery") && !read_text_file(folder + "/scope").starts_with("Device")) {
      discharging = discharging || read_text_file(folder + "/status").starts_with("Discharging");
    }
  }
  ::closedir(supplies);
  return online || (!found_mains && !discharging) || !discharging;
}

Result<bool> check_ac_power(const std::string& parameter, const ConditionFacts&) {
  return TRY(unitparser::parse_boolean(parameter)) == on_ac_power();
}

/// "[OP]NUMBER" against `have`; without a sign, at least that much.
template <class Parse>
Result<bool> compare_number(std::string_view text, std::uint64_t have, Parse parse) {
  const auto op = unitparser::take_version_operator(text).value_or(unitparser::VersionOperator::greater_or_equal);
  const std::uint64_t wanted = TRY(parse(unitparser::trim(text)));
  return unitparser::holds(op, have < wanted ? -1 : have > wanted ? 1 : 0);
}

Result<bool> check_memory(const std::string& parameter, const ConditionFacts&) {
  struct sysinfo info{};
  ::sysinfo(&info);
  return compare_number(parameter, static_cast<std::uint64_t>(info.totalram) * info.mem_unit,
                        [](std::string_view text) { return unitparser::parse_size(text); });
}

Result<bool> check_cpus(const std::string& parameter, const ConditionFacts&) {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  return compare_number(parameter, static_cast<std::uint64_t>(CPU_COUNT(&set)),
                        [](std::string_view text) { return unitparser::parse_unsigned(text); });
}

Result<bool> check_cpu_feature(const std::string& parameter, const ConditionFacts&) {
  const std::string text = read_text_file("/proc/cpuinfo");
  std::size_t at = text.find("\nflags");
  if (at == std::string::npos) at = text.find("\nFeatures");
  if (at == std::string::npos) return false;
  const std::string wanted = unitparser::to_lower(parameter);
  for (std::string_view word : unitparser::split_whitespace(std::string_view(text).substr(at, text.find('\n', at + 1) - at)))
    if (word == wanted) return true;
  return false;
}

Result<bool> check_environment(const std::string& parameter, const ConditionFacts& facts) {
  const bool with_value = parameter.find('=') != std::string::npos;
  return std::any_of(facts.environment.begin(), facts.environment.end(), [&](const std::string& entry) {
    return with_value ? entry == parameter : entry.starts_with(parameter + "=");
  });
}

Result<bool> check_user(const std::string& parameter, const ConditionFacts& facts) {
  if (parameter == "@system") return ::getuid() < 1000 || ::getuid() == 65534;
  if (const auto uid = unitparser::parse_unsigned(parameter)) return *uid == ::getuid();
  // The system manager asks no name service: it is root.
  if (!facts.user_manager) return parameter == "root";
  const passwd* entry = ::getpwnam(parameter.c_str());
  return entry != nullptr && entry->pw_uid == ::getuid();
}

Result<bool> check_group(const std::string& parameter, const ConditionFacts& facts) {
  gid_t wanted = 0;
  if (const auto gid = unitparser::parse_unsigned(parameter)) {
    wanted = static_cast<gid_t>(*gid);
  } else if (!facts.user_manager) {
    return parameter == "root";
  } else {
    const group* entry = ::getgrnam(parameter.c_str());
    if (entry == nullptr) return false;
    wanted = entry->gr_gid;
  }
  if (wanted == ::getgid() || wanted == ::getegid()) return true;
  std::array<gid_t, 1024> groups{};
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  return count > 0 && std::find(groups.begin(), groups.begin() + count, wanted) != groups.begin() + count;
}

Result<bool> check_controller(const std::string& parameter, const ConditionFacts& facts) {
  if (parameter == "v1" || parameter == "v2") return exists("/sys/fs/cgroup/cgroup.controllers") == (parameter == "v2");
  for (std::string_view word : unitparser::split_whitespace(parameter)) {
    const auto controller = unitparser::from_name<unitparser::Controller>(word);
    if (!controller) continue;  // one that we do not know may well be there: as in 252
    if ((facts.cgroup_controllers >> static_cast<unsigned>(*controller) & 1U) == 0) return false;
  }
  return true;
}

Result<bool> check_os_release(const std::string& parameter, const ConditionFacts&) {
  const auto words = TRY(unitparser::split_words(parameter, {.unquote = true, .unescape = true, .relax = true}));
  auto release = unitparser::os_release_of({}, read_text_file);
  for (const std::string& word : words) {
    const std::size_t at = word.find_first_of("<>=!");
    if (at == std::string::npos || at == 0) return fail(ErrorCode::invalid_argument, "Not FIELD=VALUE: " + word);
    std::string_view rest = std::string_view(word).substr(at);
    const auto op = unitparser::take_version_operator(rest);
    if (!op) return fail(ErrorCode::invalid_argument, "No operator in " + word);
    const std::string have = release[word.substr(0, at)];
    const bool literal = *op == unitparser::VersionOperator::equal || *op == unitparser::VersionOperator::not_equal;
    const int comparison = literal ? have.compare(rest) : unitparser::compare_versions(have, rest);
    if (!unitparser::holds(*op, comparison)) return false;
  }
  return true;
}

/// "[SLICE:]PERCENT[/TIMESPAN]" of one resource: below the threshold holds.
Result<bool> check_pressure(const std::string& parameter, const char* resource) {
  std::string_view rest = parameter;
  std::string path = std::string("/proc/pressure/") + resource;
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    std::string folder;
    std::string slice(rest.substr(0, colon));
    if (slice.ends_with(".slice") && slice != "-.slice") {
      const std::string stem = slice.substr(0, slice.size() - 6);
      for (std::size_t dash = stem.find('-'); dash != std::string::npos; dash = stem.find('-', dash + 1))
        folder += stem.substr(0, dash) + ".slice/";
      folder += slice + "/";
    }
    path = "/sys/fs/cgroup/" + folder + resource + ".pressure";
    rest.remove_prefix(colon + 1);
  }
  std::string_view average = "avg300";
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view span = unitparser::trim(rest.substr(slash + 1));
    if (span == "10sec") average = "avg10";
    else if (span == "1min") average = "avg60";
    else if (span != "5min") return fail(ErrorCode::invalid_argument, "Bad time span in " + parameter);
    rest = rest.substr(0, slash);
  }
  const std::uint32_t limit = TRY(unitparser::parse_permyriad(unitparser::trim(rest)));
  const std::string text = read_text_file(path);
  if (text.empty()) return true;  // a kernel without pressure figures has no pressure to show
  // The cpu has no "full" line that means something; the others do.
  std::size_t line = text.find(std::string_view(resource) == "cpu" ? "some " : "full ");
  if (line == std::string::npos) line = 0;
  const std::size_t at = text.find(std::string(average) + "=", line);
  if (at == std::string::npos) return fail(ErrorCode::io, "Cannot read " + path);
  const double have = std::strtod(text.c_str() + at + average.size() + 1, nullptr);
  return have * 100.0 <= static_cast<double>(limit);
}
Result<bool> check_memory_pressure(const std::string& p, const ConditionFacts&) { return check_pressure(p, "memory"); }
Result<bool> check_cpu_pressure(const std::string& p, const ConditionFacts&) { return check_pressure(p, "cpu"); }
Result<bool> check_io_pressure(const std::string& p, const ConditionFacts&) { return check_pressure(p, "io"); }

struct Row {
  ConditionKind kind;
  Check check;
};
constexpr std::array rows{
    Row{ConditionKind::path_exists, about_path<exists>},
    Row{ConditionKind::path_exists_glob, about_path<glob_matches_something>},
    Row{ConditionKind::path_is_directory, about_path<is_directory>},
    Row{ConditionKind::path_is_symbolic_link, about_path<is_symbolic_link>},
    Row{ConditionKind::path_is_mount_point, about_path<is_mount_point>},
    Row{ConditionKind::path_is_read_write, about_path<is_on_writable_file_system>},
    Row{ConditionKind::path_is_encrypted, about_path<is_on_encrypted_device>},
    Row{ConditionKind::directory_not_empty, about_path<is_directory_not_empty>},
    Row{ConditionKind::file_not_empty, about_path<is_file_not_empty>},
    Row{ConditionKind::file_is_executable, about_path<is_executable_file>},
    Row{ConditionKind::needs_update, check_needs_update},
    Row{ConditionKind::first_boot, check_first_boot},
    Row{ConditionKind::architecture, check_architecture},
    Row{ConditionKind::firmware, check_firmware},
    Row{ConditionKind::virtualization, check_virtualization},
    Row{ConditionKind::host, check_host},
    Row{ConditionKind::kernel_command_line, check_kernel_command_line},
    Row{ConditionKind::kernel_version, check_kernel_version},
    Row{ConditionKind::credential, check_credential},
    Row{ConditionKind::security, check_security},
    Row{ConditionKind::capability, check_capability},
    Row{ConditionKind::ac_power, check_ac_power},
    Row{ConditionKind::memory, check_memory},
    Row{ConditionKind::cpu_feature, check_cpu_feature},
    Row{ConditionKind::cpus, check_cpus},
    Row{ConditionKind::environment, check_environment},
    Row{ConditionKind::user, check_user},
    Row{ConditionKind::group, check_group},
    Row{ConditionKind::control_group_controller, check_controller},
    Row{ConditionKind::os_release, check_os_release},
    Row{ConditionKind::memory_pressure, check_memory_pressure},
    Row{ConditionKind::cpu_pressure, check_cpu_pressure},
    Row{ConditionKind::io_pressure, check_io_pressure},
};
constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].kind) != i) return false;
  return rows.size() == enum_names(std::type_identity<ConditionKind>{}).size();
}
static_assert(rows_in_order());

}  // namespace

Result<bool> condition_holds(const unitparser::Condition& condition, const ConditionFacts& facts) {
  return rows[static_cast<std::size_t>(condition.kind)].check(condition.parameter, facts);
}

}  // namespace init
