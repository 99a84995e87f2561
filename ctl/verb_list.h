// Declarations of all verb functions, for the table in verbs.cpp; each file verb_*.cpp defines its family. [bus]
#pragma once

#include <span>
#include <string>

#include "ctl/session.h"

namespace ctl {

using Arguments = std::span<const std::string>;

/// One kind of job for a list of units.
struct JobRequest {
  std::string_view method, job_type, mode;
  bool warn_of_triggers = false;  ///< after a stop: what may start the unit again
};
/// Queues the jobs, waits as the options say; the exit status.
[[nodiscard]] int run_jobs(Session& session, const JobRequest& request, std::span<const std::string> names);
/// What daemon-reload does, for verbs that changed unit files.
[[nodiscard]] int reload_manager(Session& session);
void warn_changed_on_disk(Session& session, std::string_view name);

int verb_start(Session&, Arguments);
int verb_isolate(Session&, Arguments);
int verb_list_units(Session&, Arguments);
int verb_list_unit_files(Session&, Arguments);
int verb_list_automounts(Session&, Arguments);
int verb_list_sockets(Session&, Arguments);
int verb_list_timers(Session&, Arguments);
int verb_list_jobs(Session&, Arguments);
int verb_list_machines(Session&, Arguments);
int verb_list_dependencies(Session&, Arguments);
int verb_cancel(Session&, Arguments);
int verb_clear_jobs(Session&, Arguments);
int verb_kill(Session&, Arguments);
int verb_clean_or_freeze(Session&, Arguments);
int verb_reset_failed(Session&, Arguments);
int verb_is_active(Session&, Arguments);
int verb_is_failed(Session&, Arguments);
int verb_is_system_running(Session&, Arguments);
int verb_show(Session&, Arguments);
int verb_status(Session&, Arguments);
int verb_help(Session&, Arguments);
int verb_cat(Session&, Arguments);
int verb_edit(Session&, Arguments);
int verb_daemon_reload(Session&, Arguments);
int verb_daemon_reexec(Session&, Arguments);
int verb_log_setting(Session&, Arguments);
int verb_service_log_setting(Session&, Arguments);
int verb_service_watchdogs(Session&, Arguments);
int verb_show_environment(Session&, Arguments);
int verb_set_environment(Session&, Arguments);
int verb_import_environment(Session&, Arguments);
int verb_system_special(Session&, Arguments);
int verb_switch_root(Session&, Arguments);
int verb_enable(Session&, Arguments);
int verb_is_enabled(Session&, Arguments);
int verb_preset_all(Session&, Arguments);
int verb_get_default(Session&, Arguments);
int verb_set_default(Session&, Arguments);
int verb_add_dependency(Session&, Arguments);
int verb_set_property(Session&, Arguments);
int verb_bind(Session&, Arguments);
int verb_mount_image(Session&, Arguments);
int verb_time_expression(Session&, Arguments);
int verb_compare_versions(Session&, Arguments);
int verb_unit_paths(Session&, Arguments);
int verb_syscall_filter(Session&, Arguments);
int verb_capability(Session&, Arguments);
int verb_exit_status(Session&, Arguments);
int verb_cat_config(Session&, Arguments);
int verb_why(Session&, Arguments);
int verb_check(Session&, Arguments);
int verb_escape(Session&, Arguments);
int verb_security(Session&, Arguments);
int verb_condition(Session&, Arguments);
/// cat --annotate: where each setting comes from.
int verb_cat_annotated(Session&, Arguments);

/// halt, poweroff and reboot called by those names, and shutdown.
int run_halt(Session&);
int run_shutdown(Session&);

}  // namespace ctl
