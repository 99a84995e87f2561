// The verbs: name, operands, who serves them. [pure]
#include "ctl/verbs.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "ctl/unit_files.h"
#include "ctl/verb_list.h"

namespace ctl {
namespace {

constexpr std::string_view units = "Units", files = "Unit files", jobs = "Jobs", environment = "Environment", daemon = "Manager", machine = "System", analysis = "Analysis";
constexpr auto any = any_number;

constexpr std::array verb_table{
    //   name                     operands            min max needs           function                    group        what help says
    Verb{"list-units",            "[PATTERN...]",      0, any, Needs::manager, verb_list_units,            units,       "Loaded units"},
    Verb{"list-automounts",       "[PATTERN...]",      0, any, Needs::manager, verb_list_automounts,       units,       "Loaded automounts, by path"},
    Verb{"list-sockets",          "[PATTERN...]",      0, any, Needs::manager, verb_list_sockets,          units,       "Loaded sockets, by address"},
    Verb{"list-timers",           "[PATTERN...]",      0, any, Needs::manager, verb_list_timers,           units,       "Loaded timers, the next first"},
    Verb{"list-dependencies",     "[UNIT...]",         0, any, Needs::manager, verb_list_dependencies,     units,       "What units pull in, or what pulls them in"},
    Verb{"list-machines",         "[PATTERN...]",      0, any, Needs::manager, verb_list_machines,         units,       "This machine's state in one line"},
    Verb{"status",                "[PATTERN...|PID...]", 0, any, Needs::manager, verb_status,              units,       "State of units with their last log lines"},
    Verb{"show",                  "[PATTERN...|JOB...]", 0, any, Needs::manager, verb_show,                units,       "Properties of units, jobs or the manager"},
    Verb{"cat",                   "PATTERN...",        1, any, Needs::manager, verb_cat,                   units,       "The files that make up units"},
    Verb{"help",                  "PATTERN...|PID...|DIRECTIVE...", 0, any, Needs::nothing, verb_help,  units,       "Manuals of units, or what a directive means"},
    Verb{"is-active",             "PATTERN...",        1, any, Needs::manager, verb_is_active,             units,       "Whether units are active"},
    Verb{"is-failed",             "PATTERN...",        1, any, Needs::manager, verb_is_failed,             units,       "Whether units have failed"},
    Verb{"start",                 "UNIT...",           1, any, Needs::manager, verb_start,                 units,       "Start units"},
    Verb{"stop",                  "UNIT...",           1, any, Needs::manager, verb_start,                 units,       "Stop units"},
    Verb{"reload",                "UNIT...",           1, any, Needs::manager, verb_start,                 units,       "Have units read their configuration anew"},
    Verb{"restart",               "UNIT...",           1, any, Needs::manager, verb_start,                 units,       "Stop units if they run, and start them"},
    Verb{"try-restart",           "UNIT...",           1, any, Needs::manager, verb_start,                 units,       "Restart those units that run"},
    Verb{"reload-or-restart",     "UNIT...",           0, any, Needs::manager, verb_start,                 units,       "Reload where a unit can, restart where not"},
    Verb{"try-reload-or-restart", "UNIT...",           1, any, Needs::manager, verb_start,                 units,       "The same for those units that run"},
    Verb{"isolate",               "UNIT",              1, 1,   Needs::manager, verb_isolate,               units,       "Start one unit, stop all that it does not need"},
    Verb{"kill",                  "UNIT...",           1, any, Needs::manager, verb_kill,                  units,       "Send a signal to a unit's processes"},
    Verb{"clean",                 "UNIT...",           1, any, Needs::manager, verb_clean_or_freeze,       units,       "Remove a unit's cache, state, logs ..."},
    Verb{"freeze",                "PATTERN...",        1, any, Needs::manager, verb_clean_or_freeze,       units,       "Halt all processes of a unit where they are"},
    Verb{"thaw",                  "PATTERN...",        1, any, Needs::manager, verb_clean_or_freeze,       units,       "Let them go on"},
    Verb{"set-property",          "UNIT NAME=VALUE...", 2, any, Needs::manager, verb_set_property,         units,       "Change settings of a unit while it runs"},
    Verb{"bind",                  "UNIT PATH [PATH]",  2, 3,   Needs::manager, verb_bind,                  units,       "Bind mount a path into a running service"},
    Verb{"mount-image",           "UNIT IMAGE [PATH [OPTIONS]]", 3, 4, Needs::manager, verb_mount_image,   units,       "Mount an image into a running service"},
    Verb{"service-log-level",     "SERVICE [LEVEL]",   1, 2,   Needs::manager, verb_service_log_setting,   units,       "Log level of a running service"},
    Verb{"service-log-target",    "SERVICE [TARGET]",  1, 2,   Needs::manager, verb_service_log_setting,   units,       "Log target of a running service"},
    Verb{"reset-failed",          "[PATTERN...]",      0, any, Needs::manager, verb_reset_failed,          units,       "Forget that units have failed"},
    Verb{"list-unit-files",       "[PATTERN...]",      0, any, Needs::nothing, verb_list_unit_files,       files,       "Installed unit files and their states"},
    Verb{"enable",                "UNIT|PATH...",      1, any, Needs::nothing, verb_enable,                files,       "Have units started as their [Install] sections say"},
    Verb{"disable",               "UNIT...",           1, any, Needs::nothing, verb_enable,                files,       "Take that back"},
    Verb{"reenable",              "UNIT|PATH...",      1, any, Needs::nothing, verb_enable,                files,       "Disable, then enable"},
    Verb{"preset",                "UNIT...",           1, any, Needs::nothing, verb_enable,                files,       "Enable or disable as the presets say"},
    Verb{"preset-all",            "",                  0, 0,   Needs::nothing, verb_preset_all,            files,       "The same for all unit files"},
    Verb{"is-enabled",            "UNIT...",           1, any, Needs::nothing, verb_is_enabled,            files,       "Whether unit files are enabled"},
    Verb{"mask",                  "UNIT...",           1, any, Needs::nothing, verb_enable,                files,       "Make it impossible to start units"},
    Verb{"unmask",                "UNIT...",           1, any, Needs::nothing, verb_enable,                files,       "Take that back"},
    Verb{"link",                  "PATH...",           1, any, Needs::nothing, verb_enable,                files,       "Make unit files outside the search path known"},
    Verb{"revert",                "UNIT...",           1, any, Needs::nothing, verb_enable,                files,       "Back to the vendor's version of units"},
    Verb{"add-wants",             "TARGET UNIT...",    2, any, Needs::nothing, verb_add_dependency,        files,       "Have a target want units"},
    Verb{"add-requires",          "TARGET UNIT...",    2, any, Needs::nothing, verb_add_dependency,        files,       "Have a target require units"},
    Verb{"edit",                  "UNIT...",           1, any, Needs::manager, verb_edit,                  files,       "Edit drop-ins, or whole unit files with --full"},
    Verb{"get-default",           "",                  0, 0,   Needs::nothing, verb_get_default,           files,       "The target that is booted"},
    Verb{"set-default",           "TARGET",            1, 1,   Needs::nothing, verb_set_default,           files,       "Choose it"},
    Verb{"list-jobs",             "[PATTERN...]",      0, any, Needs::manager, verb_list_jobs,             jobs,        "Queued jobs"},
    Verb{"cancel",                "[JOB...]",          0, any, Needs::manager, verb_cancel,                jobs,        "Cancel jobs, all by default"},
    Verb{"show-environment",      "",                  0, 0,   Needs::manager, verb_show_environment,      environment, "Environment given to services"},
    Verb{"set-environment",       "NAME=VALUE...",     1, any, Needs::manager, verb_set_environment,       environment, "Set variables there"},
    Verb{"unset-environment",     "NAME...",           1, any, Needs::manager, verb_set_environment,       environment, "Unset variables there"},
    Verb{"import-environment",    "NAME...",           0, any, Needs::manager, verb_import_environment,    environment, "Copy variables of ours there"},
    Verb{"daemon-reload",         "",                  0, 0,   Needs::manager, verb_daemon_reload,         daemon,      "Read all unit files anew"},
    Verb{"daemon-reexec",         "",                  0, 0,   Needs::manager, verb_daemon_reexec,         daemon,      "Replace the manager's program, keeping its state"},
    Verb{"log-level",             "[LEVEL]",           0, 1,   Needs::manager, verb_log_setting,           daemon,      "The manager's log level"},
    Verb{"log-target",            "[TARGET]",          0, 1,   Needs::manager, verb_log_setting,           daemon,      "The manager's log target"},
    Verb{"service-watchdogs",     "[BOOL]",            0, 1,   Needs::manager, verb_service_watchdogs,     daemon,      "Whether watchdogs of services count"},
    Verb{"is-system-running",     "",                  0, 0,   Needs::nothing, verb_is_system_running,     machine,     "State of the whole system"},
    Verb{"default",               "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Go to the default target"},
    Verb{"rescue",                "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Go to the rescue shell"},
    Verb{"emergency",             "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Go to the emergency shell"},
    Verb{"halt",                  "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Stop everything and halt"},
    Verb{"poweroff",              "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Stop everything and power off"},
    Verb{"reboot",                "",                  0, 1,   Needs::manager, verb_system_special,        machine,     "Stop everything and reboot"},
    Verb{"kexec",                 "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Stop everything and boot the loaded kernel"},
    Verb{"exit",                  "[CODE]",            0, 1,   Needs::manager, verb_system_special,        machine,     "End a user's manager or a container"},
    Verb{"switch-root",           "ROOT [INIT]",       1, any, Needs::manager, verb_switch_root,           machine,     "Leave the initrd"},
    Verb{"suspend",               "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Sleep, memory kept"},
    Verb{"hibernate",             "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Sleep, memory written to disk"},
    Verb{"hybrid-sleep",          "",                  0, 0,   Needs::manager, verb_system_special,        machine,     "Both"},
    Verb{"suspend-then-hibernate", "",                 0, 0,   Needs::manager, verb_system_special,        machine,     "First the one, then the other"},
    Verb{"check",                 "UNIT|FILE|-...",    0, any, Needs::nothing, verb_check,                 analysis,    "What is wrong with unit files, why, and how to mend it"},
    Verb{"why",                   "UNIT",              1, 1,   Needs::nothing, verb_why,                   analysis,    "What happened to a unit last, and what lay behind it"},
    Verb{"verify",                "UNIT|FILE|-...",    0, any, Needs::nothing, verb_check,                 analysis,    "The same"},
    Verb{"security",              "[UNIT|FILE...]",    0, any, Needs::nothing, verb_security,              analysis,    "How exposed services are, setting by setting"},
    Verb{"condition",             "CONDITION...",      1, any, Needs::nothing, verb_condition,             analysis,    "Whether conditions and asserts hold here"},
    Verb{"cat-config",            "NAME|PATH...",      1, any, Needs::nothing, verb_cat_config,            analysis,    "A configuration file with its drop-ins"},
    Verb{"calendar",              "EXPRESSION...",     1, any, Needs::nothing, verb_time_expression,       analysis,    "When a calendar expression elapses"},
    Verb{"timespan",              "SPAN...",           1, any, Needs::nothing, verb_time_expression,       analysis,    "How long a time span is"},
    Verb{"timestamp",             "TIMESTAMP...",      1, any, Needs::nothing, verb_time_expression,       analysis,    "What a time stamp means"},
    Verb{"compare-versions",      "VERSION [OP] VERSION", 2, 3, Needs::nothing, verb_compare_versions,     analysis,    "Which of two versions is newer"},
    Verb{"unit-paths",            "",                  0, 0,   Needs::nothing, verb_unit_paths,            analysis,    "Folders in which unit files are looked for"},
    Verb{"syscall-filter",        "[NAME...]",         0, any, Needs::nothing, verb_syscall_filter,        analysis,    "Groups of system calls"},
    Verb{"capability",            "[CAPABILITY...]",   0, any, Needs::nothing, verb_capability,            analysis,    "Names and numbers of capabilities"},
    Verb{"escape",                "[-u|-m] [-p] STRING...", 1, any, Needs::nothing, verb_escape,           analysis,    "Strings as parts of unit names, and back"},
    Verb{"exit-status",           "[STATUS...]",       0, any, Needs::nothing, verb_exit_status,           analysis,    "Names of exit statuses"},
    // Older spellings
    Verb{"clear-jobs",            "",                  0, 0,   Needs::manager, verb_clear_jobs,            jobs,        ""},
    Verb{"condstop",              "",                  1, any, Needs::manager, verb_start,                 units,       ""},
    Verb{"reload-or-try-restart", "",                  1, any, Needs::manager, verb_start,                 units,       ""},
    Verb{"force-reload",          "",                  1, any, Needs::manager, verb_start,                 units,       ""},
    Verb{"condreload",            "",                  1, any, Needs::manager, verb_start,                 units,       ""},
    Verb{"condrestart",           "",                  1, any, Needs::manager, verb_start,                 units,       ""},
};

}  // namespace

std::span<const Verb> verbs() { return verb_table; }

int run_verb(Session& session) {
  const auto& arguments = session.options().arguments;
  static const std::vector<std::string> list_units{"list-units"};
  const std::span<const std::string> words = arguments.empty() ? list_units : arguments;
  const auto verb = std::find_if(verb_table.begin(), verb_table.end(), [&](const Verb& v) { return v.name == words[0]; });
  const bool foreign = verb != verb_table.end() && verb->group == analysis && verb->name != "check" && session.options().personality == Personality::systemctl;
  if (verb == verb_table.end() || foreign) return session.fail("Unknown command verb " + words[0] + ".");
  const auto operands = words.size() - 1;
  if (operands < verb->minimum && !(session.options().marked && verb->name == "reload-or-restart")) return session.fail("Too few arguments.");
  if (verb->maximum != any_number && operands > verb->maximum) return session.fail("Too many arguments.");
  const bool needs_manager = verb->needs == Needs::manager && !session.options().annotate;
  if (needs_manager && !session.options().root.empty())
    return session.fail("Verb '" + words[0] + "' cannot be used with --root= or --image=.");
  if (needs_manager && in_chroot()) {
    if (!session.options().quiet) session.out().say(Severity::info, "Running in chroot, ignoring command '" + words[0] + "'");
    return EXIT_SUCCESS;
  }
  const int status = verb->run(session, words);
  session.print_facts();
  return status;
}

}  // namespace ctl
