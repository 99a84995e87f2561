// What a service does on each event in each state. [pure]
#include "init/machines/service_machine.h"

namespace init {
namespace {

using enum ServiceState;
using E = ServiceEvent;
using S = EnumSet<ServiceState>;
using R = Rule<ServiceMachine>;

constexpr S resting = in(dead, failed);
constexpr S starting_up = in(condition, start_pre, start, start_post);
constexpr S dying = in(stop_watchdog, stop_sigterm, stop_sigkill);
constexpr S final_ = in(final_watchdog, final_sigterm, final_sigkill);
constexpr S all = any_of_first<ServiceState>(ServiceMachine::state_count);

constexpr std::array rules{
    //  in these states                        on          do
    R{resting, in(E::start), service_begin_start},
    R{except(resting), in(E::start), ignore},  // refused or postponed before it gets here

    R{in(running, exited), in(E::stop), service_begin_stop},
    R{starting_up | in(reload), in(E::stop), service_kill_at_once},
    R{in(auto_restart), in(E::stop), service_give_up_restart},
    R{in(cleaning), in(E::stop), service_abort_cleaning},
    R{in(stop, stop_post) | dying | final_ | resting, in(E::stop), ignore},

    R{in(running, exited), in(E::reload), service_begin_reload},
    R{except(in(running, exited)), in(E::reload), ignore},

    R{all, in(E::main_spawned), service_main_spawned},

    R{in(start), in(E::main_done), service_start_main_done},
    R{in(start_post, reload), in(E::main_done), service_wait_control_or_stop},
    R{in(running), in(E::main_done), service_running_main_done},
    R{in(stop), in(E::main_done), service_keep_result},
    R{dying, in(E::main_done), service_stopping_main_done},
    R{in(stop_post), in(E::main_done), service_stop_post_main_done},
    R{final_, in(E::main_done), service_final_main_done},
    R{resting | in(condition, start_pre, exited, auto_restart, cleaning), in(E::main_done), ignore},

    R{in(condition), in(E::control_done), service_condition_done},
    R{in(start_pre), in(E::control_done), service_start_pre_done},
    R{in(start), in(E::control_done), service_start_control_done},
    R{in(start_post), in(E::control_done), service_start_post_done},
    R{in(reload), in(E::control_done), service_reload_done},
    R{in(stop), in(E::control_done), service_stop_done},
    R{dying, in(E::control_done), service_stopping_control_done},
    R{in(stop_post), in(E::control_done), service_stop_post_done},
    R{final_, in(E::control_done), service_final_control_done},
    R{resting | in(running, exited, auto_restart, cleaning), in(E::control_done), ignore},

    R{in(start), in(E::exec_confirmed), service_exec_confirmed},
    R{except(in(start)), in(E::exec_confirmed), ignore},

    R{starting_up, in(E::timeout), service_start_timeout},
    R{in(running), in(E::timeout), service_runtime_timeout},
    R{in(reload), in(E::timeout), service_reload_timeout},
    R{in(stop), in(E::timeout), service_stop_timeout},
    R{in(stop_watchdog), in(E::timeout), service_stop_watchdog_timeout},
    R{in(stop_sigterm), in(E::timeout), service_stop_sigterm_timeout},
    R{in(stop_sigkill), in(E::timeout), service_stop_sigkill_timeout},
    R{in(stop_post), in(E::timeout), service_stop_post_timeout},
    R{in(final_watchdog), in(E::timeout), service_final_watchdog_timeout},
    R{in(final_sigterm), in(E::timeout), service_final_sigterm_timeout},
    R{in(final_sigkill), in(E::timeout), service_final_sigkill_timeout},
    R{in(auto_restart), in(E::timeout), service_restart_due},
    R{in(cleaning), in(E::timeout), service_cleaning_timeout},
    R{resting | in(exited), in(E::timeout), ignore},

    R{in(start_post, running, reload), in(E::watchdog), service_watchdog_expired},
    R{except(in(start_post, running, reload)), in(E::watchdog), ignore},

    R{in(start), in(E::cgroup_empty), service_start_cgroup_empty},
    R{in(start_post), in(E::cgroup_empty), service_start_post_cgroup_empty},
    R{in(running), in(E::cgroup_empty), service_running_cgroup_empty},
    R{dying, in(E::cgroup_empty), service_stopping_cgroup_empty},
    R{in(stop_post) | final_, in(E::cgroup_empty), service_final_cgroup_empty},
    R{resting | in(exited), in(E::cgroup_empty), rest_emptied},
    R{in(condition, start_pre, reload, stop, auto_restart, cleaning), in(E::cgroup_empty), ignore},

    R{starting_up | in(stop, reload), in(E::out_of_memory), service_oom_starting},
    R{in(running, exited), in(E::out_of_memory), service_oom_up},
    R{in(stop_watchdog, stop_sigterm), in(E::out_of_memory), service_oom_stopping},
    R{in(stop_post, final_watchdog, final_sigterm), in(E::out_of_memory), service_oom_final},
    R{in(stop_sigkill, final_sigkill), in(E::out_of_memory), service_oom_noted},
    R{resting | in(auto_restart, cleaning), in(E::out_of_memory), ignore},

    R{in(start), in(E::notified_ready), service_ready_while_starting},
    R{in(reload), in(E::notified_ready), service_ready_while_reloading},
    R{except(in(start, reload)), in(E::notified_ready), ignore},
    R{in(running), in(E::notified_reloading), service_reloading_by_notify},
    R{except(in(running)), in(E::notified_reloading), ignore},
    R{in(running), in(E::notified_stopping), service_stopping_by_notify},
    R{except(in(running)), in(E::notified_stopping), ignore},

    R{in(start), in(E::main_pid_found), service_start_main_pid_found},
    R{in(start_post), in(E::main_pid_found), service_start_post_main_pid_found},
    R{except(in(start, start_post)), in(E::main_pid_found), ignore},

    R{in(start), in(E::bus_name_changed), service_start_bus_name},
    R{in(running), in(E::bus_name_changed), service_running_bus_name},
    R{except(in(start, running)), in(E::bus_name_changed), ignore},

    R{in(failed), in(E::reset_failed), service_reset_failed},
    R{except(in(failed)), in(E::reset_failed), ignore},

    R{resting, in(E::clean), service_begin_clean},
    R{except(resting), in(E::clean), ignore},
    R{in(cleaning), in(E::clean_done), service_clean_done},
    R{except(in(cleaning)), in(E::clean_done), ignore},

    R{resting | in(auto_restart), in(E::start_limit_hit), service_start_limit_hit},
    R{except(resting | in(auto_restart)), in(E::start_limit_hit), ignore},
};

using Row = StateRow<ServiceMachine>;
constexpr std::array state_rows{
    //  state          looks like                  on the way in                 control  deadline
    Row{dead, ActiveState::inactive, enter_service_dead},
    Row{condition, ActiveState::activating, enter_service_condition, true, true},
    Row{start_pre, ActiveState::activating, enter_service_start_pre, true, true},
    Row{start, ActiveState::activating, enter_service_start, true, true},
    Row{start_post, ActiveState::activating, enter_service_start_post, true, true},
    Row{running, ActiveState::active, enter_service_running, false, true},
    Row{exited, ActiveState::active, enter_service_exited},
    Row{reload, ActiveState::reloading, enter_service_reload, true, true},
    Row{stop, ActiveState::deactivating, enter_service_stop, true, true},
    Row{stop_watchdog, ActiveState::deactivating, enter_service_stop_watchdog, true, true},
    Row{stop_sigterm, ActiveState::deactivating, enter_service_stop_sigterm, true, true},
    Row{stop_sigkill, ActiveState::deactivating, enter_service_stop_sigkill, true, true},
    Row{stop_post, ActiveState::deactivating, enter_service_stop_post, true, true},
    Row{final_watchdog, ActiveState::deactivating, enter_service_final_watchdog, true, true},
    Row{final_sigterm, ActiveState::deactivating, enter_service_final_sigterm, true, true},
    Row{final_sigkill, ActiveState::deactivating, enter_service_final_sigkill, true, true},
    Row{failed, ActiveState::failed, enter_service_dead},
    Row{auto_restart, ActiveState::activating, enter_service_auto_restart, false, true},
    Row{cleaning, ActiveState::maintenance, enter_service_cleaning, true, true},
};
}  // namespace

constinit const MachineTables<ServiceMachine> ServiceMachine::tables = tables_of<ServiceMachine>(rules, state_rows);

}  // namespace init
