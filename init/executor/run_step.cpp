// The table from ExecStep to the function that does it. [os]
#include "init/executor/context.h"

namespace executor {
namespace {

using init::ExecStep;
using StepFunction = Done (*)(Context&);

struct Row {
  ExecStep step;
  StepFunction run;
};

constexpr std::array rows{
    Row{ExecStep::signals, step_signals},
    Row{ExecStep::idle, step_idle},
    Row{ExecStep::descriptors, step_descriptors},
    Row{ExecStep::session, step_session},
    Row{ExecStep::terminal_wait, step_terminal_wait},
    Row{ExecStep::terminal_reset, step_terminal_reset},
    Row{ExecStep::confirm, step_confirm},
    Row{ExecStep::user, step_user},
    Row{ExecStep::standard_input, step_standard_input},
    Row{ExecStep::standard_output, step_standard_output},
    Row{ExecStep::standard_error, step_standard_error},
    Row{ExecStep::oom_score, step_oom_score},
    Row{ExecStep::coredump_filter, step_coredump_filter},
    Row{ExecStep::nice, step_nice},
    Row{ExecStep::scheduler, step_scheduler},
    Row{ExecStep::cpu_affinity, step_cpu_affinity},
    Row{ExecStep::numa_policy, step_numa_policy},
    Row{ExecStep::io_priority, step_io_priority},
    Row{ExecStep::timer_slack, step_timer_slack},
    Row{ExecStep::personality, step_personality},
    Row{ExecStep::utmp, step_utmp},
    Row{ExecStep::terminal_owner, step_terminal_owner},
    Row{ExecStep::delegation, step_delegation},
    Row{ExecStep::directories, step_directories},
    Row{ExecStep::credentials, step_credentials},
    Row{ExecStep::environment, step_environment},
    Row{ExecStep::keyring, step_keyring},
    Row{ExecStep::umask, step_umask},
    Row{ExecStep::limits, step_limits},
    Row{ExecStep::pam, step_pam},
    Row{ExecStep::own_user_namespace, step_own_user_namespace},
    Row{ExecStep::network_namespace, step_network_namespace},
    Row{ExecStep::ipc_namespace, step_ipc_namespace},
    Row{ExecStep::mount_namespace, step_mount_namespace},
    Row{ExecStep::chroot, step_chroot},
    Row{ExecStep::hostname_namespace, step_hostname_namespace},
    Row{ExecStep::groups, step_groups},
    Row{ExecStep::user_namespace, step_user_namespace},
    Row{ExecStep::find_program, step_find_program},
    Row{ExecStep::pass_descriptors, step_pass_descriptors},
    Row{ExecStep::capabilities, step_capabilities},
    Row{ExecStep::change_user, step_change_user},
    Row{ExecStep::working_directory, step_working_directory},
    Row{ExecStep::labels, step_labels},
    Row{ExecStep::secure_bits, step_secure_bits},
    Row{ExecStep::no_new_privileges, step_no_new_privileges},
    Row{ExecStep::seccomp, step_seccomp},
    Row{ExecStep::exec, step_exec},
    Row{ExecStep::ownership, step_ownership},
    Row{ExecStep::terminal_release, step_terminal_release},
};

constexpr bool complete() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].step) != i) return false;
  return rows.size() == init::exec_steps.size();
}
static_assert(complete());

}  // namespace

Done run_step(Context& context, ExecStep step) { return rows[static_cast<std::size_t>(step)].run(context); }

}  // namespace executor
