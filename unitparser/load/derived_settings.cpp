// Derived settings, all in one place. [pure]
#include "unitparser/load/derived_settings.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <set>

#include "unitparser/base/text.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

/// The user of DynamicUser= when none is named: the unit's name without instance if that can be a user's name.
std::string dynamic_user_name(const UnitName& name) {
  const std::string_view prefix = name.prefix();
  const bool plain = !prefix.empty() && prefix.size() <= 31 && !is_digit(prefix[0]) && prefix[0] != '-' &&
                     prefix.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string_view::npos;
  if (plain) return std::string(prefix);
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a; any stable hash serves
  for (const char c : prefix) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("_du{:016x}", hash);
}

void derive_dynamic_user(UnitConfig& config, const UnitName& name) {
  if (!config.common->exec_identity->dynamic_user) return;
  ExecIdentity& identity = config.common.write().exec_identity.write();
  if (identity.user.empty()) identity.user = dynamic_user_name(name);
  if (identity.group.empty()) identity.group = identity.user;
  identity.remove_ipc = true;
  ExecSandbox& sandbox = config.common.write().exec_sandbox.write();
  sandbox.private_tmp = true;
  sandbox.protect_system = ProtectSystem::strict;
  if (sandbox.protect_home == ProtectHome::no) sandbox.protect_home = ProtectHome::read_only;
  ExecPrivileges& privileges = config.common.write().exec_privileges.write();
  privileges.no_new_privileges = true;
  privileges.restrict_suid_sgid = true;
}

/// Sandboxing takes the capabilities away that would undo it.
void derive_capabilities(UnitConfig& config) {
  const ExecSandbox& sandbox = *config.common->exec_sandbox;
  std::uint64_t dropped = 0;
  if (sandbox.private_devices) dropped |= bit(CAP_MKNOD) | bit(CAP_SYS_RAWIO);
  if (sandbox.protect_kernel_modules) dropped |= bit(CAP_SYS_MODULE);
  if (sandbox.protect_kernel_logs) dropped |= bit(CAP_SYSLOG);
  if (sandbox.protect_clock) dropped |= bit(CAP_SYS_TIME) | bit(CAP_WAKE_ALARM);
  if (dropped != 0) config.common.write().exec_privileges.write().capability_bounding_set &= ~dropped;
  if (sandbox.private_devices && config.common->resource_access->device_policy == DevicePolicy::auto_)
    config.common.write().resource_access.write().device_policy = DevicePolicy::closed;
}

/// Where devices are restricted, those that other settings need are allowed.
void derive_devices(UnitConfig& config) {
  const ResourceAccess& access = *config.common->resource_access;
  if (access.device_policy == DevicePolicy::auto_ && access.device_allow.empty()) return;
  std::vector<DeviceAllowEntry> needed;
  if (!config.common->exec_paths->root_image.empty() || !config.common->exec_paths->mount_images.empty())
    needed = {{"/dev/loop-control", "rw"}, {"/dev/mapper/control", "rw"}, {"block-loop", "rwm"}, {"block-blkext", "rwm"}, {"block-device-mapper", "rwm"}};
  if (config.common->exec_sandbox->protect_clock) needed.push_back({"char-rtc", "r"});
  const ExecProvided& provided = *config.common->exec_provided;
  const auto is_encrypted = [](const auto& credential) { return credential.encrypted; };
  if (std::any_of(provided.set_credentials.begin(), provided.set_credentials.end(), is_encrypted) ||
      std::any_of(provided.load_credentials.begin(), provided.load_credentials.end(), is_encrypted))
    needed.push_back({"/dev/tpmrm0", "rw"});
  if (needed.empty()) return;
  std::vector<DeviceAllowEntry>& allowed = config.common.write().resource_access.write().device_allow;
  allowed.insert(allowed.end(), needed.begin(), needed.end());
}

/// Data is read where nothing else was said; output goes to the manager's default unless standard input is something that
/// output can follow.
void derive_service_streams(UnitConfig& config, const ManagerDefaults& manager) {
  if (config.common->exec_streams->standard_input == ExecInput::null && !config.common->exec_streams->standard_input_data.empty())
    config.common.write().exec_streams.write().standard_input = ExecInput::data;
  const ExecStreams& streams = *config.common->exec_streams;
  const bool unrelated = streams.standard_input == ExecInput::null || streams.standard_input == ExecInput::data || streams.standard_input == ExecInput::file;
  if (!unrelated || streams.standard_output != ExecOutput::inherit) return;
  if (streams.standard_error == ExecOutput::inherit && manager.standard_error != ExecOutput::inherit)
    config.common.write().exec_streams.write().standard_error = manager.standard_error;
  if (manager.standard_output != ExecOutput::inherit) config.common.write().exec_streams.write().standard_output = manager.standard_output;
}

/// Units of a user's manager run in the home directory, there or not.
void derive_working_directory(UnitConfig& config, const std::string& home) {
  if (home.empty() || !config.common->exec_identity->working_directory.empty() || config.common->exec_identity->working_directory_home) return;
  ExecIdentity& identity = config.common.write().exec_identity.write();
  identity.working_directory = home;
  identity.working_directory_missing_ok = true;
}

/// Mounts that come from before this manager, and outlive it, belong to nobody.
bool is_foreign_mount(const UnitConfig& config, const UnitName& name) {
  if (name.type() != UnitType::mount) return false;
  const std::string where = config.common->mount->where.empty() ? path_from_name(name).value_or("") : config.common->mount->where;
  for (const std::string_view folder : {"/proc", "/sys", "/dev", "/run/initramfs"})
    if (path_is_below(where, folder)) return true;
  if (where == "/" || where == "/usr") return true;
  for (const std::string_view option : split_at(config.common->mount->options, ','))
    if (option == "x-initrd.mount") return true;
  return false;
}

void derive_slice(UnitConfig& config, const UnitName& name, const LoadDefaults& defaults, ManagerScope scope) {
  const bool is_fixed = name.type() == UnitType::slice || name.text() == "init.scope";  // whatever the files say
  if (!is_fixed && !config.common->resource_basics->slice.empty()) return;
  config.common.write().resource_basics.write().slice = default_slice(config, name, scope);
  // Most units come to the same; they share it.
  if (*config.common->resource_basics == *defaults.usual_basics) config.common.write().resource_basics = defaults.usual_basics;
}

void derive_service(UnitConfig& config, const ManagerDefaults& manager, const LoadDefaults& defaults) {
  const ServiceConfig& service = *config.common->service;
  ServiceType type = service.type;
  if (!service.type_set)
    type = !service.bus_name.empty() ? ServiceType::dbus : !config.service_commands->exec_start.empty() ? ServiceType::simple : ServiceType::oneshot;
  NotifyAccess access = service.notify_access;
  if (access == NotifyAccess::none && (type == ServiceType::notify || type == ServiceType::notify_reload || !config.common->service_timeouts->watchdog.is_zero() ||
                                       service.fd_store_max > 0))
    access = NotifyAccess::main;
  const OomPolicy policy = service.oom_policy.value_or(config.common->resource_basics->delegate ? OomPolicy::continue_ : manager.oom_policy);
  if (type != service.type || access != service.notify_access || service.oom_policy != policy) {
    ServiceConfig& changed = config.common.write().service.write();
    changed.type = type;
    changed.notify_access = access;
    changed.oom_policy = policy;
  }
  if (type == ServiceType::oneshot && !config.common->service_timeouts->timeout_start_set && !config.common->service_timeouts->timeout_start.is_infinite())
    config.common.write().service_timeouts.write().timeout_start = Duration::infinity();
  derive_service_streams(config, manager);
  // Most services come to the same; they share it.
  if (*config.common->service == *defaults.simple_service) config.common.write().service = defaults.simple_service;
  if (*config.common->exec_streams == *defaults.service_streams) config.common.write().exec_streams = defaults.service_streams;
}

}  // namespace

std::string default_slice(const UnitConfig& config, const UnitName& name, ManagerScope scope) {
  if (name.type() == UnitType::slice) {
    const Result<UnitName> parent = parent_slice(name);
    return parent ? parent->text() : std::string();
  }
  const bool is_foreign = is_foreign_mount(config, name) || (scope == ManagerScope::user && name.type() == UnitType::mount);
  if (name.text() == "init.scope" || is_foreign) return "-.slice";
  const std::string_view base = scope == ManagerScope::system ? "system" : "app";
  if (name.form() == NameForm::instance) return fmt::format("{}-{}.slice", base, escape_name(name.prefix()));
  return fmt::format("{}.slice", base);
}

void derive_settings(UnitConfig& config, const UnitName& name, const ManagerDefaults& manager, const LoadDefaults& defaults,
                     ManagerScope scope) {
  const UnitType type = name.type();
  if (type == UnitType::mount && config.common->mount->where.empty())
    if (const Result<std::string> path = path_from_name(name)) config.common.write().mount.write().where = *path;
  if (type_has_cgroup(type)) derive_slice(config, name, defaults, scope);
  // COMPAT: an empty TasksMax= is the manager's default, even where the type has another.
  if (type_has_cgroup(type) && !config.common->resource_basics->tasks_max)
    if (const auto& usual = defaults.of(UnitType::service).common->resource_basics->tasks_max) config.common.write().resource_basics.write().tasks_max = usual;
  if (type_has_exec(type)) {
    derive_dynamic_user(config, name);
    derive_working_directory(config, defaults.home);
    derive_capabilities(config);
    derive_devices(config);
  }
  if (type == UnitType::service) derive_service(config, manager, defaults);
  if (type == UnitType::swap && config.common->swap->what.empty())
    if (const Result<std::string> path = path_from_name(name)) config.common.write().swap.write().what = *path;
  if (type == UnitType::automount && config.common->automount->where.empty())
    if (const Result<std::string> path = path_from_name(name)) config.common.write().automount.write().where = *path;
}

void derive_description(UnitConfig& config, const UnitName& name, ManagerScope scope) {
  if (!config.description.empty()) return;
  const UnitType type = name.type();
  if (type == UnitType::mount) config.description = SharedText(name.text() == "-.mount" ? "Root Mount" : config.common->mount->where);
  if (type == UnitType::swap) config.description = SharedText(config.common->swap->what);
  if (type != UnitType::slice) return;
  if (name.text() == "-.slice")
    config.description = SharedText("Root Slice");
  else if (name.text() == "system.slice" && scope == ManagerScope::system)
    config.description = SharedText("System Slice");
  else if (const Result<std::string> path = unescape_path(name.stem()))
    config.description = SharedText("Slice " + *path);
}

// --- Checks -------------------------------------------------------------------------------------------------------
namespace {

/// PAM's own process must be killed with the others. COMPAT: KillMode=mixed will do for services alone.
bool pam_needs_group_kill(const UnitConfig& config) {
  return !config.common->exec_identity->pam_name.empty() && config.common->kill->kill_mode != KillMode::control_group;
}
constexpr std::string_view pam_refusal = "Unit has PAM enabled. Kill mode must be set to 'control-group'. Refusing.";

std::string verify_service(const UnitConfig& config, const UnitName& name, Remarks& remarks) {
  const ServiceConfig& service = *config.common->service;
  const ServiceCommands& commands = *config.service_commands;
  const bool no_action = config.common->unit_limits->success_action == EmergencyAction::none;
  if (commands.exec_start.empty() && commands.exec_stop.empty() && no_action)
    return "Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.";
  if (service.type != ServiceType::oneshot && commands.exec_start.empty())
    return "Service has no ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.";
  if (!service.remain_after_exit && commands.exec_start.empty() && no_action)
    return "Service has no ExecStart= and no SuccessAction= settings and does not have RemainAfterExit=yes set. Refusing.";
  if (service.type != ServiceType::oneshot && commands.exec_start.size() > 1)
    return "Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.";
  if (service.type == ServiceType::oneshot && (service.restart == ServiceRestart::always || service.restart == ServiceRestart::on_success))
    return "Service has Restart= set to either always or on-success, which isn't allowed for Type=oneshot services. Refusing.";
  if (service.type == ServiceType::oneshot && !(service.restart_force_exit_status == ExitStatusSet{}))
    return "Service has RestartForceExitStatus= set, which isn't allowed for Type=oneshot services. Refusing.";
  if (service.type == ServiceType::oneshot && service.exit_type == ServiceExitType::cgroup)
    return "Service has ExitType=cgroup set, which isn't allowed for Type=oneshot services. Refusing.";
  if (service.type == ServiceType::dbus && service.bus_name.empty())
    return "Service is of type D-Bus but no D-Bus service name has been specified. Refusing.";
  if (pam_needs_group_kill(config) && config.common->kill->kill_mode != KillMode::mixed)
    return "Service has PAM enabled. Kill mode must be set to 'control-group' or 'mixed'. Refusing.";
  const auto note = [&](std::string_view text) { remarks.add(Severity::warning, fmt::format("{}: {}", name.text(), text)); };
  if (service.usb_function_descriptors.empty() && !service.usb_function_strings.empty())
    note("Service has USBFunctionStrings= setting, but no USBFunctionDescriptors=. Ignoring.");
  if (!service.usb_function_descriptors.empty() && service.usb_function_strings.empty())
    note("Service has USBFunctionDescriptors= setting, but no USBFunctionStrings=. Ignoring.");
  if (service.type == ServiceType::oneshot && !config.common->service_timeouts->runtime_max.is_infinite())
    note("RuntimeMaxSec= has no effect in combination with Type=oneshot. Ignoring.");
  if (config.common->service_timeouts->runtime_max.is_infinite() && !config.common->service_timeouts->runtime_randomized_extra.is_zero())
    note("Service has RuntimeRandomizedExtraSec= setting, but no RuntimeMaxSec=. Ignoring.");
  return {};
}

bool has_own_address(const ListenEntry& entry) { return entry.kind == ListenKind::stream || entry.kind == ListenKind::sequential_packet; }
bool is_file(const ListenEntry& entry) {
  return entry.kind == ListenKind::fifo || (entry.address.starts_with('/') && (has_own_address(entry) || entry.kind == ListenKind::datagram));
}

std::string verify_socket(const UnitConfig& config) {
  const SocketConfig& socket = *config.common->socket;
  if (socket.listen.empty()) return "Unit has no Listen setting (ListenStream=, ListenDatagram=, ListenFIFO=, ...). Refusing.";
  if (socket.accept) {
    for (const ListenEntry& entry : socket.listen)
      if (!has_own_address(entry)) return "Unit configured for accepting sockets, but sockets are non-accepting. Refusing.";
    if (socket.max_connections == 0) return "MaxConnection= setting too small. Refusing.";
    if (!socket.service.empty()) return "Explicit service configuration for accepting socket units not supported. Refusing.";
  }
  if (pam_needs_group_kill(config)) return std::string(pam_refusal);
  if (!socket.symlinks.empty()) {
    std::size_t files = 0;
    for (const ListenEntry& entry : socket.listen) files += is_file(entry) ? 1 : 0;
    if (files != 1) return "Unit has symlinks set but none or more than one node in the file system. Refusing.";
  }
  return {};
}

/// Mounts that the manager makes itself.
bool is_api_mount(std::string_view where) {
  constexpr std::array<std::string_view, 11> folders{"/proc",         "/sys",           "/dev",                       "/run",
                                                     "/dev/shm",      "/dev/pts",       "/sys/kernel/security",       "/sys/fs/smackfs",
                                                     "/sys/fs/bpf",   "/sys/fs/pstore", "/sys/firmware/efi/efivars"};
  for (const std::string_view folder : folders)
    if (where == folder) return true;
  return path_is_below(where, "/sys/fs/cgroup");
}

std::string verify_mount(const UnitConfig& config, const UnitName& name) {
  const MountConfig& mount = *config.common->mount;
  const Result<UnitName> expected = name_from_path(mount.where, UnitType::mount);
  if (!expected || expected->text() != name.text()) return "Where= setting doesn't match unit name. Refusing.";
  if (is_api_mount(mount.where))
    return fmt::format("Cannot create mount unit for API file system '{}'. Refusing.", mount.where);
  if (mount.what.empty()) return "What= setting is missing. Refusing.";
  if (pam_needs_group_kill(config)) return std::string(pam_refusal);
  return {};
}

/// The first of the options that automount units give the kernel themselves; nothing if there is none.
std::string_view own_option_of_automount(std::string_view options) {
  constexpr std::array<std::string_view, 6> own{"fd", "pgrp", "minproto", "maxproto", "direct", "indirect"};
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    options.remove_prefix(std::min(option.size() + 1, options.size()));
    const auto found = std::find(own.begin(), own.end(), option.substr(0, option.find('=')));
    if (found != own.end()) return *found;
  }
  return {};
}

std::string verify_automount(const UnitConfig& config, const UnitName& name) {
  if (config.common->automount->where == "/") return "Cannot have an automount unit for the root directory. Refusing.";
  const Result<UnitName> expected = name_from_path(config.common->automount->where, UnitType::automount);
  if (!expected || expected->text() != name.text()) return "Where= setting doesn't match unit name. Refusing.";
  if (const std::string_view option = own_option_of_automount(config.common->automount->extra_options); !option.empty())
    return fmt::format("ExtraOptions= setting may not contain reserved option {}.", option);
  return {};
}

std::string verify_swap(const UnitConfig& config, const UnitName& name) {
  if (config.common->swap->what.empty()) return "Value of What= and unit name do not match, not loading.";
  const std::string& what = config.common->swap->what;
  const bool tag = what.starts_with("UUID=") || what.starts_with("LABEL=") || what.starts_with("PARTUUID=") || what.starts_with("PARTLABEL=");
  const Result<UnitName> expected = name_from_path(what, UnitType::swap);
  if (!tag && (!expected || expected->text() != name.text())) return "Value of What= and unit name do not match, not loading.";
  if (pam_needs_group_kill(config)) return std::string(pam_refusal);
  return {};
}

}  // namespace

namespace {

/// Isolating more than one unit at once is impossible.
std::string verify_isolating_handler(const UnitSection& unit, DependencyKind kind, JobMode mode) {
  if (mode != JobMode::isolate) return {};
  std::set<std::string_view> units;
  for (const DependencyEntry& entry : unit.dependencies)
    if (entry.kind == kind) units.insert(entry.unit);
  return units.size() > 1 ? fmt::format("More than one {}= dependencies specified but {}JobMode=isolate set. Refusing.", to_name(kind), to_name(kind)) : std::string();
}

/// COMPAT: kinds of which systemd says that a unit's dependency on itself is dropped.
bool tells_of_itself(DependencyKind kind) {
  using enum DependencyKind;
  return kind == conflicts || kind == before || kind == after || kind == on_success || kind == on_failure;
}

}  // namespace

std::string verify_settings(const UnitConfig& config, const UnitName& name, Remarks& remarks) {
  const UnitSection& unit = *config.unit;
  for (const auto& [kind, mode] : {std::pair(DependencyKind::on_success, unit.on_success_job_mode), std::pair(DependencyKind::on_failure, unit.on_failure_job_mode)})
    if (std::string refusal = verify_isolating_handler(unit, kind, mode); !refusal.empty()) return refusal;
  for (const DependencyEntry& entry : unit.dependencies)
    if (entry.unit == name.text() && tells_of_itself(entry.kind))
      remarks.add(Severity::warning, fmt::format("{}: Dependency {}={} is dropped.", name.text(), to_name(entry.kind), entry.unit));
  switch (name.type()) {
    case UnitType::service: return verify_service(config, name, remarks);
    case UnitType::socket: return verify_socket(config);
    case UnitType::mount: return verify_mount(config, name);
    case UnitType::automount: return verify_automount(config, name);
    case UnitType::swap: return verify_swap(config, name);
    case UnitType::timer:
      return config.common->timer->timers.empty() && !config.common->timer->on_clock_change && !config.common->timer->on_timezone_change ? "Timer unit lacks value setting. Refusing." : "";
    case UnitType::path: return config.common->path->paths.empty() ? "Path unit lacks path setting. Refusing." : "";
    case UnitType::slice:
      if (!is_valid_slice(name)) return fmt::format("Slice name {} is not valid. Refusing.", name.text());
      return {};
    case UnitType::target:
    case UnitType::device:
    case UnitType::scope: return {};
  }
  return {};
}

}  // namespace unitparser
