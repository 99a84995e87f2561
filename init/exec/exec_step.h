// ExecStep: the named actions between clone and execve, in the order they happen, with systemd's exit codes. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "unitparser/base/enum_names.h"

namespace init {

/// Exit codes of a process that could not be set up (systemd.exec(5) PROCESS EXIT CODES).
enum class ExitStatus : std::uint8_t {
  success = 0, failure = 1,
  chdir = 200, nice, fds, exec, memory, limits, oom_adjust, signal_mask, standard_input, standard_output, chroot,
  ioprio, timer_slack, secure_bits, set_scheduler, cpu_affinity, group, user, capabilities, cgroup, setsid, confirm,
  standard_error,
  pam = 224, network, namespaces, no_new_privileges, seccomp, selinux_context, personality, apparmor_profile,
  address_families, runtime_directory,
  chown = 235, smack_process_label, keyring, state_directory, cache_directory, logs_directory,
  configuration_directory, numa_policy, credentials,
  bpf = 245,
};

/// The order of the enumerators is the order of execution.
enum class ExecStep : std::uint8_t {
  signals,             ///< default dispositions, empty mask, SIGPIPE as asked
  idle,                ///< Type=idle: wait until the boot is done, at most five seconds
  descriptors,         ///< close all that was not passed
  session,             ///< setsid()
  terminal_wait,       ///< until what the run before left of the terminal is put in order, at most ten seconds
  terminal_reset,      ///< TTYReset=, TTYVHangup=, TTYVTDisallocate=, TTYRows=
  confirm,             ///< ConfirmSpawn=: may it be executed?
  user,                ///< who: names to numbers, dynamic ones allocated
  standard_input, standard_output, standard_error,
  oom_score, coredump_filter, nice, scheduler, cpu_affinity, numa_policy, io_priority, timer_slack, personality,
  utmp,                ///< UtmpIdentifier=
  terminal_owner,      ///< the terminal belongs to the user
  delegation,          ///< the control group belongs to the user
  directories,         ///< RuntimeDirectory= & co. (its own exit code by kind)
  credentials,
  environment,
  keyring,
  umask,
  limits,              ///< before PAM, so that pam_limits has the last word
  pam,
  own_user_namespace,  ///< of who has no privileges: first, for it gives the right to make the others
  network_namespace, ipc_namespace,
  mount_namespace, chroot, hostname_namespace,
  groups,              ///< setgid(), setgroups(): what was made before belongs to root
  user_namespace,
  find_program,        ///< the path is looked up where the process will see it, with privileges
  pass_descriptors,    ///< sockets to 3 and up
  capabilities,        ///< bounding, ambient, secure bits
  change_user,
  working_directory,   ///< late: maybe only the user may enter it
  labels,              ///< SELinux, AppArmor, SMACK
  secure_bits,
  no_new_privileges,
  seccomp,
  exec,
  ownership,           ///< last of a plan without a program: nodes in the file system belong to the user
  terminal_release,    ///< alone in a plan of its own: a run is over, the terminal is as nobody's again
};

/// One row of the table: the name that messages show and the status the process exits with when the step fails.
struct ExecStepRow {
  ExecStep step;
  std::string_view name;
  ExitStatus status;
};

inline constexpr std::array exec_steps{
    ExecStepRow{ExecStep::signals,                "SIGNAL_MASK",        ExitStatus::signal_mask},
    ExecStepRow{ExecStep::idle,                   "EXEC",               ExitStatus::exec},
    ExecStepRow{ExecStep::descriptors,            "FDS",                ExitStatus::fds},
    ExecStepRow{ExecStep::session,                "SETSID",             ExitStatus::setsid},
    ExecStepRow{ExecStep::terminal_wait,          "STDIN",              ExitStatus::standard_input},
    ExecStepRow{ExecStep::terminal_reset,         "STDIN",              ExitStatus::standard_input},
    ExecStepRow{ExecStep::confirm,                "CONFIRM",            ExitStatus::confirm},
    ExecStepRow{ExecStep::user,                   "USER",               ExitStatus::user},
    ExecStepRow{ExecStep::standard_input,         "STDIN",              ExitStatus::standard_input},
    ExecStepRow{ExecStep::standard_output,        "STDOUT",             ExitStatus::standard_output},
    ExecStepRow{ExecStep::standard_error,         "STDERR",             ExitStatus::standard_error},
    ExecStepRow{ExecStep::oom_score,              "OOM_ADJUST",         ExitStatus::oom_adjust},
    ExecStepRow{ExecStep::coredump_filter,        "LIMITS",             ExitStatus::limits},
    ExecStepRow{ExecStep::nice,                   "NICE",               ExitStatus::nice},
    ExecStepRow{ExecStep::scheduler,              "SETSCHEDULER",       ExitStatus::set_scheduler},
    ExecStepRow{ExecStep::cpu_affinity,           "CPUAFFINITY",        ExitStatus::cpu_affinity},
    ExecStepRow{ExecStep::numa_policy,            "NUMA_POLICY",        ExitStatus::numa_policy},
    ExecStepRow{ExecStep::io_priority,            "IOPRIO",             ExitStatus::ioprio},
    ExecStepRow{ExecStep::timer_slack,            "TIMERSLACK",         ExitStatus::timer_slack},
    ExecStepRow{ExecStep::personality,            "PERSONALITY",        ExitStatus::personality},
    ExecStepRow{ExecStep::utmp,                   "STDIN",              ExitStatus::standard_input},
    ExecStepRow{ExecStep::terminal_owner,         "STDIN",              ExitStatus::standard_input},
    ExecStepRow{ExecStep::delegation,             "CGROUP",             ExitStatus::cgroup},
    ExecStepRow{ExecStep::directories,            "RUNTIME_DIRECTORY",  ExitStatus::runtime_directory},
    ExecStepRow{ExecStep::credentials,            "CREDENTIALS",        ExitStatus::credentials},
    ExecStepRow{ExecStep::environment,            "MEMORY",             ExitStatus::memory},
    ExecStepRow{ExecStep::keyring,                "KEYRING",            ExitStatus::keyring},
    ExecStepRow{ExecStep::umask,                  "MEMORY",             ExitStatus::memory},
    ExecStepRow{ExecStep::limits,                 "LIMITS",             ExitStatus::limits},
    ExecStepRow{ExecStep::pam,                    "PAM",                ExitStatus::pam},
    ExecStepRow{ExecStep::own_user_namespace,     "USER",               ExitStatus::user},
    ExecStepRow{ExecStep::network_namespace,      "NETWORK",            ExitStatus::network},
    ExecStepRow{ExecStep::ipc_namespace,          "NAMESPACE",          ExitStatus::namespaces},
    ExecStepRow{ExecStep::mount_namespace,        "NAMESPACE",          ExitStatus::namespaces},
    ExecStepRow{ExecStep::chroot,                 "CHROOT",             ExitStatus::chroot},
    ExecStepRow{ExecStep::hostname_namespace,     "NAMESPACE",          ExitStatus::namespaces},
    ExecStepRow{ExecStep::groups,                 "GROUP",              ExitStatus::group},
    ExecStepRow{ExecStep::user_namespace,         "USER",               ExitStatus::user},
    ExecStepRow{ExecStep::find_program,           "EXEC",               ExitStatus::exec},
    ExecStepRow{ExecStep::pass_descriptors,       "FDS",                ExitStatus::fds},
    ExecStepRow{ExecStep::capabilities,           "CAPABILITIES",       ExitStatus::capabilities},
    ExecStepRow{ExecStep::change_user,            "USER",               ExitStatus::user},
    ExecStepRow{ExecStep::working_directory,      "CHDIR",              ExitStatus::chdir},
    ExecStepRow{ExecStep::labels,                 "SELINUX_CONTEXT",    ExitStatus::selinux_context},
    ExecStepRow{ExecStep::secure_bits,            "SECUREBITS",         ExitStatus::secure_bits},
    ExecStepRow{ExecStep::no_new_privileges,      "NO_NEW_PRIVILEGES",  ExitStatus::no_new_privileges},
    ExecStepRow{ExecStep::seccomp,                "SECCOMP",            ExitStatus::seccomp},
    ExecStepRow{ExecStep::exec,                   "EXEC",               ExitStatus::exec},
    ExecStepRow{ExecStep::ownership,              "CHOWN",              ExitStatus::chown},
    ExecStepRow{ExecStep::terminal_release,       "STDIN",              ExitStatus::standard_input},
};

/// Every step has its row, at its own place.
constexpr bool exec_steps_in_order() {
  for (std::size_t i = 0; i < exec_steps.size(); ++i)
    if (static_cast<std::size_t>(exec_steps[i].step) != i) return false;
  return exec_steps.size() == static_cast<std::size_t>(ExecStep::terminal_release) + 1;
}
static_assert(exec_steps_in_order());

[[nodiscard]] constexpr const ExecStepRow& row_of(ExecStep step) { return exec_steps[static_cast<std::size_t>(step)]; }

}  // namespace init
