// Building plans: each part of the recipe is resolved by one function below. [port: environment files]
#include "init/exec/plan_builder.h"

#include <linux/capability.h>

#include <algorithm>

#include "unitparser/base/text.h"
#include "unitparser/syntax/environment.h"

namespace init {
namespace {

using namespace unitparser;

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << static_cast<unsigned>(capability); }

bool is_start_command(const SpawnRequest& request) {
  return request.command_kind == "ExecStart" || request.command_kind == "ExecStartPre" ||
         request.command_kind == "ExecCondition";
}

void merge_environment(std::vector<std::string>& environment, const std::vector<std::string>& assignments) {
  for (const std::string& assignment : assignments) set_variable(environment, assignment);
}

/// Control commands that run beside a main process of a delegated group get a group of their own.
bool wants_control_group(const SpawnRequest& request) {
  return request.role == SpawnRole::control && !is_start_command(request);
}

PlanProcess resolve_process(const SpawnRequest& request, const UnitConfig& config, const SystemFacts& facts) {
  PlanProcess process;
  process.unit = request.unit.text();
  process.invocation_id = request.invocation_id;
  process.path = request.command.path;
  process.argv = request.command.argv;
  if (process.argv.empty()) process.argv.push_back(process.path);
  process.search_path = config.common->exec_identity->exec_search_path;
  process.expand_variables = !request.command.no_env_expand;
  process.ignore_failure = request.command.ignore_failure;
  process.user_manager = facts.user_manager;
  process.delegate = config.common->resource_basics->delegate;
  if (!request.cgroup.empty()) {
    process.cgroup_directory = facts.cgroup_root;
    if (request.cgroup != "/") process.cgroup_directory += request.cgroup;
    if (process.delegate && wants_control_group(request)) process.cgroup_directory += "/.control";
  }
  return process;
}

bool is_terminal(ExecOutput output) {
  return output == ExecOutput::tty || output == ExecOutput::kmsg_and_console || output == ExecOutput::journal_and_console;
}

bool is_terminal(ExecInput input) {
  return input == ExecInput::tty || input == ExecInput::tty_force || input == ExecInput::tty_fail;
}

bool needs_term(const ExecStreams& streams) {
  return is_terminal(streams.standard_input) || is_terminal(streams.standard_output) ||
         is_terminal(streams.standard_error) || !streams.tty_path.empty();
}

/// TERM for a terminal: the console's own where known, "linux" on virtual ones, the plain vt220 elsewhere.
std::string terminal_type(const ExecStreams& streams, const SystemFacts& facts) {
  if (!needs_term(streams)) return {};
  const std::string path = terminal_path(streams);
  if (path == "/dev/console" && !facts.terminal_type.empty()) return facts.terminal_type;
  const auto name = after_prefix(path, "/dev/tty");
  const bool is_virtual = name && !name->empty() && std::all_of(name->begin(), name->end(), is_digit);
  return is_virtual ? "linux" : "vt220";
}

std::vector<std::string> passed_on(const std::vector<std::string>& names, const std::vector<std::string>& own) {
  std::vector<std::string> result;
  for (const std::string& name : names) {
    const auto found = std::find_if(own.begin(), own.end(), [&](const std::string& entry) {
      return entry.size() > name.size() && entry[name.size()] == '=' && entry.compare(0, name.size(), name) == 0;
    });
    if (found != own.end()) result.push_back(*found);
  }
  return result;
}

Result<std::vector<std::string>> read_environment_files(const ExecEnvironment& environment, EnvironmentFiles& files) {
  std::vector<std::string> result;
  for (const EnvironmentFileEntry& entry : environment.environment_files) {
    auto contents = files.read(entry.path);
    if (!contents) {
      if (entry.optional) continue;
      return tl::unexpected(std::move(contents.error()).context("Failed to load environment files"));
    }
    std::vector<std::string> invalid;
    for (const std::string& text : *contents) merge_environment(result, parse_environment_file(text, invalid));
  }
  return result;
}

Result<PlanEnvironment> resolve_environment(const SpawnRequest& request, const UnitConfig& config,
                                            const SystemFacts& facts, EnvironmentFiles& files) {
  PlanEnvironment plan;
  plan.base = facts.environment;
  if (facts.user_manager && request.unit.type() == UnitType::service)
    merge_environment(plan.base, {"MANAGERPID=" + std::to_string(facts.manager_pid)});
  merge_environment(plan.base, request.environment);
  if (!config.common->exec_identity->exec_search_path.empty())
    merge_environment(plan.configured, {"PATH=" + join(config.common->exec_identity->exec_search_path, ":")});
  const ExecEnvironment& environment = *config.common->exec_environment;
  merge_environment(plan.configured, passed_on(environment.pass_environment, facts.own_environment));
  merge_environment(plan.configured, environment.environment);
  merge_environment(plan.configured, TRY(read_environment_files(environment, files)));
  plan.unset = environment.unset_environment;
  plan.terminal_type = terminal_type(*config.common->exec_streams, facts);
  plan.notify_socket = request.notify_socket;
  plan.notify_socket_path = facts.notify_socket_path;
  plan.watchdog_usec = request.watchdog.is_infinite() ? 0 : request.watchdog.usec();
  return plan;
}

/// Whether the process gets the unit's own root.
bool applies_root(const SpawnRequest& request, const UnitConfig& config) {
  return request.role == SpawnRole::main || !config.common->service->root_directory_start_only;
}

PlanIdentity resolve_identity(const SpawnRequest& request, const UnitConfig& config, const SystemFacts& facts) {
  const ExecIdentity& from = *config.common->exec_identity;
  const bool exempt = request.role == SpawnRole::control && config.common->service->permissions_start_only;
  PlanIdentity identity;
  identity.user = from.user;
  identity.group = from.group;
  identity.supplementary_groups = from.supplementary_groups;
  identity.dynamic_user = from.dynamic_user && !facts.user_manager;
  if (identity.dynamic_user)
    identity.dynamic_user_name = from.user.empty() ? dynamic_user_name(request.unit) : from.user;
  identity.sandboxed = !exempt && !request.command.full_privileges;
  identity.change_user = identity.sandboxed && !request.command.no_setuid;
  identity.pam_service = from.pam_name;
  identity.umask = from.umask;
  identity.working_directory = from.working_directory;
  identity.working_directory_home = from.working_directory_home;
  if (facts.user_manager && from.working_directory_home && from.user.empty()) {
    identity.working_directory = facts.home;
    identity.working_directory_home = false;
  }
  identity.working_directory_missing_ok = from.working_directory_missing_ok;
  if (applies_root(request, config)) identity.root_directory = from.root_directory == "/" ? std::string{} : from.root_directory;
  return identity;
}

PlanDescriptors resolve_descriptors(const SpawnRequest& request, const UnitConfig& config, const SystemFacts& facts,
                                    const ExecRuntime& runtime) {
  PlanDescriptors plan;
  for (const PassedFd& passed : request.sockets) {
    plan.passed.push_back(passed.fd);
    plan.names.push_back(passed.name.empty() ? "unknown" : passed.name);
  }
  plan.stored = request.stored;
  plan.non_blocking = config.common->service->non_blocking;
  plan.standard = request.standard_fds;
  plan.socket = request.stdin_socket;
  if (request.idle) plan.idle = facts.idle_fd;
  plan.network_namespace = runtime.network_namespace;
  plan.ipc_namespace = runtime.ipc_namespace;
  plan.dynamic_user = runtime.dynamic_user;
  return plan;
}

/// A path such as "a/b" of RuntimeDirectory= below its prefix.
std::string below(const std::string& prefix, const std::string& path) { return prefix + "/" + path; }

PlanDirectories resolve_directories(const SpawnRequest& request, const UnitConfig& config, const SystemFacts& facts) {
  PlanDirectories plan;
  plan.prefixes = facts.directory_prefixes;
  plan.private_layout = config.common->exec_identity->dynamic_user && !facts.user_manager;
  const ExecProvided& provided = *config.common->exec_provided;
  for (std::size_t kind = 0; kind < directory_kind_count; ++kind) {
    const DirectorySet& set = provided.directories[kind];
    std::string& variable = plan.variables[kind];
    for (const ManagedDirectory& directory : set.directories) {
      if (!variable.empty()) variable += ':';
      variable += below(plan.prefixes[kind], directory.path);
      if (request.apply_directories)
        plan.create.push_back({static_cast<DirectoryKind>(kind), directory.path, directory.symlinks, set.mode});
    }
  }
  return plan;
}

PlanCredentials resolve_credentials(const SpawnRequest& request, const UnitConfig& config, const SystemFacts& facts) {
  PlanCredentials plan;
  const ExecProvided& provided = *config.common->exec_provided;
  if (provided.set_credentials.empty() && provided.load_credentials.empty()) return plan;
  plan.directory = credentials_directory(facts, request.unit.text());
  plan.write = is_start_command(request);
  plan.set = provided.set_credentials;
  plan.load = provided.load_credentials;
  plan.search = facts.credential_folders;
  return plan;
}

PlanNamespaces resolve_namespaces(const UnitConfig& config, bool sandboxed) {
  PlanNamespaces plan;
  if (!sandboxed) return plan;
  const ExecSandbox& sandbox = *config.common->exec_sandbox;
  plan.network = sandbox.private_network;
  plan.network_path = sandbox.network_namespace_path;
  plan.ipc = sandbox.private_ipc;
  plan.ipc_path = sandbox.ipc_namespace_path;
  plan.user = sandbox.private_users;
  plan.hostname = sandbox.protect_hostname;
  return plan;
}

/// Capabilities that sandboxing switches take away (systemd.exec(5) under each of them).
std::uint64_t denied_capabilities(const ExecSandbox& sandbox) {
  std::uint64_t denied = 0;
  if (sandbox.private_devices) denied |= bit(CAP_MKNOD) | bit(CAP_SYS_RAWIO);
  if (sandbox.protect_kernel_modules) denied |= bit(CAP_SYS_MODULE);
  if (sandbox.protect_kernel_logs) denied |= bit(CAP_SYSLOG);
  if (sandbox.protect_clock) denied |= bit(CAP_SYS_TIME) | bit(CAP_WAKE_ALARM);
  return denied;
}

ExecPrivileges resolve_privileges(const UnitConfig& config, bool sandboxed, bool change_user) {
  ExecPrivileges plan;
  if (sandboxed) {
    plan = *config.common->exec_privileges;
    plan.capability_bounding_set &= ~denied_capabilities(*config.common->exec_sandbox);
    plan.ambient_capabilities &= plan.capability_bounding_set;
    if (config.common->exec_identity->dynamic_user) plan.no_new_privileges = plan.restrict_suid_sgid = true;
    if (!change_user) plan.ambient_capabilities = 0;
  } else {
    plan.keyring_mode = config.common->exec_privileges->keyring_mode;
  }
  return plan;
}

PlanSystemCalls resolve_system_calls(const UnitConfig& config, bool sandboxed) {
  PlanSystemCalls plan;
  if (!sandboxed) return plan;
  const ExecSandbox& sandbox = *config.common->exec_sandbox;
  plan.kernel_tunables = sandbox.protect_kernel_tunables;
  plan.kernel_modules = sandbox.protect_kernel_modules;
  plan.kernel_logs = sandbox.protect_kernel_logs;
  plan.clock = sandbox.protect_clock;
  plan.hostname = sandbox.protect_hostname;
  plan.raw_io = sandbox.private_devices;
  return plan;
}

/// Binds for the provided folders: writable in a read-only world; with DynamicUser= alone visible in "private".
std::vector<PlannedMount> directory_mounts(const UnitConfig& config, const PlanDirectories& directories) {
  std::vector<PlannedMount> mounts;
  std::array<bool, directory_kind_count> hidden{};
  for (std::size_t kind = 0; kind < directory_kind_count; ++kind) {
    const bool is_private = is_private_directory(config, static_cast<DirectoryKind>(kind));
    for (const ManagedDirectory& directory : config.common->exec_provided->directories[kind].directories) {
      PlannedMount mount;
      const std::string& prefix = directories.prefixes[kind];
      if (is_private) {
        if (!hidden[kind]) {
          PlannedMount cover;
          cover.kind = MountKind::tmpfs;
          cover.path = prefix + "/private";
          cover.options = "mode=0755,size=4m,nr_inodes=1k";
          cover.read_only = Switch::on;
          mounts.push_back(cover);
          hidden[kind] = true;
        }
        mount.kind = MountKind::bind_recursive;
        mount.path = mount.source = below(prefix + "/private", directory.path);
        mount.no_suid = true;
      } else {
        mount.path = below(prefix, directory.path);
        mount.ignore_missing = true;
      }
      mount.read_only = Switch::off;
      mounts.push_back(std::move(mount));
    }
  }
  return mounts;
}

MountPlan resolve_mounts(const SpawnPlan& plan, const SpawnRequest& request, const UnitConfig& config, const SystemFacts& facts,
                         const ExecRuntime& runtime) {
  if (!plan.identity.sandboxed) return {};
  ExecSandbox sandbox = *config.common->exec_sandbox;
  if (plan.identity.dynamic_user) {
    if (sandbox.protect_system != ProtectSystem::strict) sandbox.protect_system = ProtectSystem::strict;
    if (sandbox.protect_home == ProtectHome::no) sandbox.protect_home = ProtectHome::read_only;
  }
  bool private_directories = false;
  for (std::size_t kind = 0; kind < directory_kind_count; ++kind)
    private_directories = private_directories || (is_private_directory(config, static_cast<DirectoryKind>(kind)) &&
                                                  !config.common->exec_provided->directories[kind].directories.empty());
  return plan_mounts(MountWishes{.sandbox = sandbox,
                                 .paths = *config.common->exec_paths,
                                 .unit = plan.process.unit,
                                 .root_directory = plan.identity.root_directory,
                                 .root_image = applies_root(request, config) ? config.common->exec_paths->root_image : std::string(),
                                 .private_tmp_suffix = runtime.private_tmp_suffix,
                                 .credentials_directory = plan.credentials.directory,
                                 .dynamic_user = plan.identity.dynamic_user,
                                 .private_directories = private_directories,
                                 .directories = directory_mounts(config, plan.directories),
                                 .log_namespace = config.common->exec_logging->log_namespace,
                                 .boot_id = facts.boot_id,
                                 .runtime_prefix = facts.runtime_prefix});
}

std::vector<ExecStep> choose_steps(const SpawnPlan& plan, bool privileged) {
  const ExecScheduling& scheduling = plan.scheduling;
  const ExecStreams& streams = plan.streams;
  const ExecPrivileges& privileges = plan.privileges;
  const PlanSystemCalls& calls = plan.system_calls;
  const bool has_user = !plan.identity.user.empty() || !plan.identity.group.empty() || plan.identity.dynamic_user ||
                        !plan.identity.supplementary_groups.empty();
  const bool has_terminal = touches_terminal(streams);
  const bool has_filter =
      privileges.system_call_filter || privileges.system_call_log || !privileges.system_call_architectures.empty() ||
      privileges.memory_deny_write_execute || privileges.restrict_namespaces || privileges.restrict_realtime ||
      privileges.restrict_suid_sgid || privileges.restrict_address_families || privileges.lock_personality ||
      calls.kernel_tunables || calls.kernel_modules || calls.kernel_logs || calls.clock || calls.hostname || calls.raw_io;
  const bool has_label = !privileges.selinux_context.label.empty() || !privileges.apparmor_profile.label.empty() ||
                         !privileges.smack_process_label.label.empty();

  std::vector<ExecStep> steps;
  const auto add = [&steps](ExecStep step, bool wanted = true) {
    if (wanted) steps.push_back(step);
  };
  add(ExecStep::signals);
  add(ExecStep::idle, plan.descriptors.idle >= 0);
  add(ExecStep::descriptors);
  // mount(8) stays in our process group: autofs lets only that one past a mount point it waits for.
  const bool has_session = !plan.process.unit.ends_with(".mount");
  add(ExecStep::session, has_session);
  add(ExecStep::terminal_wait, has_terminal);
  add(ExecStep::terminal_reset, has_terminal);
  add(ExecStep::confirm, has_session && !plan.question.terminal.empty());  // only a session has a terminal
  add(ExecStep::user, has_user);
  add(ExecStep::standard_input);
  add(ExecStep::standard_output);
  add(ExecStep::standard_error);
  add(ExecStep::oom_score, scheduling.oom_score_adjust.has_value());
  add(ExecStep::coredump_filter, scheduling.coredump_filter.has_value());
  add(ExecStep::nice, scheduling.nice.has_value());
  add(ExecStep::scheduler, scheduling.cpu_scheduling_policy.has_value() || scheduling.cpu_scheduling_priority.has_value());
  add(ExecStep::cpu_affinity, !scheduling.cpu_affinity.empty() || scheduling.cpu_affinity_numa);
  add(ExecStep::numa_policy, scheduling.numa_policy.has_value());
  add(ExecStep::io_priority, scheduling.io_scheduling_class.has_value() || scheduling.io_scheduling_priority.has_value());
  add(ExecStep::timer_slack, scheduling.timer_slack_nsec.has_value());
  add(ExecStep::personality, scheduling.personality.has_value());
  add(ExecStep::utmp, !streams.utmp_identifier.empty());
  add(ExecStep::terminal_owner, has_user && is_terminal(streams.standard_input));
  add(ExecStep::delegation, has_user && plan.process.delegate && !plan.process.cgroup_directory.empty());
  add(ExecStep::directories, !plan.directories.create.empty());
  add(ExecStep::credentials, !plan.credentials.directory.empty() && plan.credentials.write);
  add(ExecStep::environment);
  add(ExecStep::keyring, privileges.keyring_mode.value_or(KeyringMode::private_) != KeyringMode::inherit);
  add(ExecStep::umask);
  add(ExecStep::pam, plan.identity.change_user && !plan.identity.pam_service.empty() && has_user);
  add(ExecStep::network_namespace, plan.namespaces.network || !plan.namespaces.network_path.empty());
  add(ExecStep::ipc_namespace, plan.namespaces.ipc || !plan.namespaces.ipc_path.empty());
  add(ExecStep::groups, has_user && plan.identity.change_user);
  add(ExecStep::mount_namespace, plan.mounts.wanted);
  add(ExecStep::chroot, !plan.mounts.wanted && !plan.identity.root_directory.empty());
  add(ExecStep::own_user_namespace, plan.namespaces.user && !privileged);
  add(ExecStep::user_namespace, plan.namespaces.user && privileged);
  add(ExecStep::hostname_namespace, plan.namespaces.hostname);
  add(ExecStep::find_program);
  add(ExecStep::pass_descriptors);
  add(ExecStep::limits);
  add(ExecStep::capabilities, plan.identity.sandboxed);
  add(ExecStep::change_user, has_user && plan.identity.change_user);
  add(ExecStep::working_directory);
  add(ExecStep::labels, has_label);
  add(ExecStep::secure_bits, privileges.secure_bits.has_value());
  add(ExecStep::no_new_privileges, plan.identity.sandboxed);
  add(ExecStep::seccomp, has_filter);
  add(ExecStep::exec);
  std::sort(steps.begin(), steps.end());
  return steps;
}

}  // namespace

std::string confirm_switched_off_path(const SystemFacts& facts) { return facts.runtime_prefix + "/systemd/confirm_spawn_disabled"; }

std::string credentials_directory(const SystemFacts& facts, const std::string& unit) {
  return facts.runtime_prefix + "/credentials/" + unit;
}

bool is_private_directory(const UnitConfig& config, DirectoryKind kind) {
  if (!config.common->exec_identity->dynamic_user || kind == DirectoryKind::configuration) return false;
  return kind != DirectoryKind::runtime || config.common->exec_provided->runtime_directory_preserve != PreserveMode::no;
}

std::string dynamic_user_name(const UnitName& unit) {
  const std::string name(unit.prefix());
  const auto valid_first = [](char c) { return is_alphabetic(c) || c == '_'; };
  const auto valid = [&](char c) { return valid_first(c) || is_digit(c) || c == '-'; };
  if (!name.empty() && name.size() <= 31 && valid_first(name.front()) && std::all_of(name.begin(), name.end(), valid))
    return name;
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  std::string result = "_du";
  for (unsigned shift = 64; shift > 0; shift -= 4) result.push_back(hexadecimal[(hash >> (shift - 4)) & 0xFU]);
  return result;
}

Result<SpawnPlan> build_spawn_plan(const SpawnRequest& request, const UnitConfig& config, const SystemFacts& facts,
                                   const ExecRuntime& runtime, EnvironmentFiles& files) {
  SpawnPlan plan;
  plan.process = resolve_process(request, config, facts);
  plan.environment = TRY(resolve_environment(request, config, facts, files));
  // The bus must not ask a name service that asks the bus.
  if (!facts.user_manager && plan.process.unit == "dbus.service")
    merge_environment(plan.environment.base, {"SYSTEMD_NSS_DYNAMIC_BYPASS=1"});
  plan.identity = resolve_identity(request, config, facts);
  plan.descriptors = resolve_descriptors(request, config, facts, runtime);
  plan.question.terminal = facts.confirm_terminal;
  if (!plan.question.terminal.empty()) plan.question.switched_off = confirm_switched_off_path(facts);
  plan.streams = *config.common->exec_streams;
  plan.logging = *config.common->exec_logging;
  plan.scheduling = *config.common->exec_scheduling;
  plan.privileges = resolve_privileges(config, plan.identity.sandboxed, plan.identity.change_user);
  plan.system_calls = resolve_system_calls(config, plan.identity.sandboxed);
  plan.directories = resolve_directories(request, config, facts);
  plan.credentials = resolve_credentials(request, config, facts);
  plan.namespaces = resolve_namespaces(config, plan.identity.sandboxed);
  plan.mounts = resolve_mounts(plan, request, config, facts, runtime);
  plan.mounts.no_suid = plan.mounts.wanted && plan.privileges.no_new_privileges;
  if (plan.identity.sandboxed && config.common->exec_privileges->restrict_file_systems)
    plan.warnings.push_back("RestrictFileSystems= is not supported by this build, ignoring.");
  if (facts.user_manager) plan.mounts.propagate_directory.clear();  // nobody could put anything there later
  plan.steps = choose_steps(plan, facts.privileged);
  return plan;
}

bool touches_terminal(const ExecStreams& streams) {
  return streams.tty_reset || streams.tty_vhangup || streams.tty_vt_disallocate || streams.tty_rows || streams.tty_columns ||
         is_terminal(streams.standard_input) || is_terminal(streams.standard_output) || is_terminal(streams.standard_error);
}

SpawnPlan build_terminal_release(const unitparser::UnitName& unit, const ExecStreams& streams) {
  SpawnPlan plan;
  plan.process.unit = unit.text();
  plan.streams = streams;
  plan.steps = {ExecStep::terminal_release};
  return plan;
}

SpawnPlan build_ownership(const SpawnRequest& request, const UnitConfig& config, const SystemFacts& facts) {
  SpawnPlan plan;
  plan.process = resolve_process(request, config, facts);
  if (request.unit.type() == UnitType::scope) {
    plan.identity.user = config.common->scope->user;
    plan.identity.group = config.common->scope->group;
    plan.steps = {ExecStep::signals, ExecStep::descriptors, ExecStep::session, ExecStep::user, ExecStep::delegation, ExecStep::ownership};
    return plan;
  }
  const unitparser::SocketConfig& socket = *config.common->socket;
  plan.identity.user = socket.socket_user;
  plan.identity.group = socket.socket_group;
  for (const unitparser::ListenEntry& entry : socket.listen)
    if (std::string node = entry.node(); !node.empty()) plan.identity.nodes.push_back(std::move(node));
  plan.steps = {ExecStep::signals, ExecStep::descriptors, ExecStep::session, ExecStep::user, ExecStep::ownership};
  return plan;
}

}  // namespace init
