// What --help, --version and the "help" values of options print. [pure]
#include "ctl/help.h"

#include <array>

#include "ctl/render/text.h"
#include "ctl/terminal.h"
#include "ctl/verbs.h"
#include "unitparser/names/unit_type.h"

namespace ctl {
namespace {

struct OptionHelp {
  std::string_view option, meaning;
};
constexpr std::array option_help{
    OptionHelp{"-h, --help", "This text"},
    OptionHelp{"    --version", "Version of this program"},
    OptionHelp{"    --system, --user", "Talk to the system's manager (default) or to your own"},
    OptionHelp{"    --global", "Act on unit files of all users' managers"},
    OptionHelp{"-t, --type=TYPE", "Only units of these types"},
    OptionHelp{"    --state=STATE", "Only units whose LOAD, SUB or ACTIVE state is one of these"},
    OptionHelp{"    --failed", "The same as --state=failed"},
    OptionHelp{"-a, --all", "Also what is empty, inactive or dead"},
    OptionHelp{"-p, --property=NAME", "Only these properties"},
    OptionHelp{"-P NAME", "Only this property, without its name"},
    OptionHelp{"    --value", "Values without names"},
    OptionHelp{"-l, --full", "Never shorten names and lines"},
    OptionHelp{"-o, --output=MODE", "How log lines look; json for lists"},
    OptionHelp{"    --json[=MODE]", "Answers as JSON: short, pretty, off"},
    OptionHelp{"-n, --lines=N", "Log lines shown by status, happenings by why"},
    OptionHelp{"    --timestamp=FORMAT", "pretty, unix, us, utc, us+utc"},
    OptionHelp{"    --plain", "No tree, no dots"},
    OptionHelp{"    --legend=BOOL", "Column heads and hints"},
    OptionHelp{"    --no-pager", "Write to the terminal directly"},
    OptionHelp{"    --reverse, --before, --after", "Which dependencies list-dependencies follows"},
    OptionHelp{"    --with-dependencies", "Units' dependencies too"},
    OptionHelp{"    --show-types", "list-sockets: the kind of each socket"},
    OptionHelp{"    --job-mode=MODE", "What a new job does to queued ones"},
    OptionHelp{"-T, --show-transaction", "Print the jobs that a request queues"},
    OptionHelp{"    --no-block", "Queue the job and leave"},
    OptionHelp{"    --wait", "start: until the unit has ended; is-system-running: until booted"},
    OptionHelp{"    --marked", "Restart or reload what is marked for it"},
    OptionHelp{"    --now", "enable, disable, mask: start or stop as well"},
    OptionHelp{"    --runtime", "Only until the next boot"},
    OptionHelp{"-f, --force", "Replace links; twice with poweroff: at once"},
    OptionHelp{"    --no-reload", "No daemon-reload after unit files were changed"},
    OptionHelp{"    --preset-mode=MODE", "full, enable-only, disable-only"},
    OptionHelp{"    --root=PATH", "Act on the unit files below this folder"},
    OptionHelp{"-s, --signal=SIGNAL", "Signal of kill"},
    OptionHelp{"    --kill-whom=WHOM", "main, control or all"},
    OptionHelp{"    --what=RESOURCES", "What clean removes"},
    OptionHelp{"    --read-only, --mkdir", "How bind and mount-image mount"},
    OptionHelp{"-i, --check-inhibitors=MODE", "Respect inhibitor locks: auto, yes, no"},
    OptionHelp{"    --dry-run", "Only say what would be done"},
    OptionHelp{"    --no-wall", "No message to logged-in users"},
    OptionHelp{"    --message=TEXT", "The reason, for the log and logged-in users"},
    OptionHelp{"    --reboot-argument=ARG", "Argument of the reboot call"},
    OptionHelp{"    --firmware-setup", "Next boot enters the firmware's set-up"},
    OptionHelp{"    --boot-loader-menu=TIME, --boot-loader-entry=NAME", "What the boot loader does next"},
    OptionHelp{"    --no-ask-password", "Do not ask for passwords"},
    OptionHelp{"    --annotate", "cat: where each setting comes from, and what it replaced"},
    OptionHelp{"    --threshold=N", "security: fail above this exposure (0 to 100)"},
    OptionHelp{"-q, --quiet", "Say less"},
};

void print_rows(Terminal& out, std::string_view left, std::string_view right) {
  constexpr std::size_t column = 36;
  out << "  " << pad_right(left, column - 2);
  if (left.size() + 2 >= column) out << "\n" << std::string(column, ' ');
  out << right << "\n";
}

void print_shutdown_help(Terminal& out, Personality personality) {
  if (personality == Personality::shutdown) {
    out << "shutdown [OPTIONS...] [TIME] [WALL...]\n\nPower off, halt or reboot, now or later.\n\n";
    for (const auto& [option, meaning] : {OptionHelp{"-P, --poweroff, -h", "Power off (default)"}, OptionHelp{"-H, --halt", "Halt"},
                                          OptionHelp{"-r, --reboot", "Reboot"}, OptionHelp{"-k", "Only warn"},
                                          OptionHelp{"-c", "Cancel what is scheduled"}, OptionHelp{"    --show", "Show what is scheduled"},
                                          OptionHelp{"    --no-wall", "No message to logged-in users"}})
      print_rows(out, option, meaning);
    return;
  }
  out << (personality == Personality::halt ? "halt" : personality == Personality::reboot ? "reboot" : "poweroff")
      << " [OPTIONS...]" << (personality == Personality::reboot ? " [ARG]" : "") << "\n\nEnd the running system.\n\n";
  for (const auto& [option, meaning] : {OptionHelp{"-p, --poweroff", "Power off"}, OptionHelp{"    --halt", "Halt"},
                                        OptionHelp{"    --reboot", "Reboot"}, OptionHelp{"-f, --force", "At once, without stopping services"},
                                        OptionHelp{"-w, --wtmp-only", "Only write the wtmp record"},
                                        OptionHelp{"-d, --no-wtmp", "Write no wtmp record"},
                                        OptionHelp{"    --no-wall", "No message to logged-in users"}})
    print_rows(out, option, meaning);
}

}  // namespace

void print_help(Terminal& out, Personality personality) {
  if (personality != Personality::ctl && personality != Personality::systemctl) return print_shutdown_help(out, personality);
  out << (personality == Personality::ctl ? "ctl" : "systemctl") << " [OPTIONS...] COMMAND ...\n\n"
      << "Steer and look at the service manager. Without a command: list-units.\n";
  std::string_view group;
  for (const auto& verb : verbs()) {
    if (verb.summary.empty()) continue;
    if (verb.group != group) {
      group = verb.group;
      out << "\n" << out.styled(Style::underline, group) << "\n";
    }
    print_rows(out, std::string(verb.name) + (verb.operands.empty() ? "" : " ") + std::string(verb.operands), verb.summary);
  }
  out << "\n" << out.styled(Style::underline, "Options") << "\n";
  for (const auto& [option, meaning] : option_help) print_rows(out, option, meaning);
}

void print_version(Terminal& out, Personality personality) {
  out << (personality == Personality::ctl ? "incipit 0.1.0 (speaks systemd 252)\n" : "systemd 252 (incipit 0.1.0)\n")
      << "+PAM +AUDIT +SELINUX +APPARMOR +SECCOMP +ACL +BLKID +KMOD +PCRE2 +LZ4 +XZ +ZSTD -BPF_FRAMEWORK +UTMP +SYSVINIT "
         "default-hierarchy=unified\n";
}

void print_types(Terminal& out) {
  out << "Available unit types:\n";
  for (const auto name : enum_names(std::type_identity<unitparser::UnitType>{})) out << name << "\n";
}

void print_states(Terminal& out) {
  const auto print_list = [&out](std::string_view title, const auto& names) {
    out << "Available " << title << ":\n";
    for (const std::string_view name : names) out << name << "\n";
  };
  print_list("unit load states", enum_names(std::type_identity<unitparser::LoadState>{}));
  out << "\n";
  print_list("unit active states", enum_names(std::type_identity<unitparser::ActiveState>{}));
  out << "\n";
  print_list("unit file states",
             std::array<std::string_view, 13>{"enabled", "enabled-runtime", "linked", "linked-runtime", "alias", "masked",
                                              "masked-runtime", "static", "disabled", "indirect", "generated", "transient", "bad"});
  // Per-type states in the order of the manager's own listing (systemctl --state=help).
  using Names = std::vector<std::string_view>;
  const std::array<std::pair<std::string_view, Names>, 11> lists{{
      {"automount unit substates", {"dead", "waiting", "running", "failed"}},
      {"device unit substates", {"dead", "tentative", "plugged"}},
      {"mount unit substates", {"dead", "mounting", "mounting-done", "mounted", "remounting", "unmounting", "remounting-sigterm",
                                "remounting-sigkill", "unmounting-sigterm", "unmounting-sigkill", "failed", "cleaning"}},
      {"path unit substates", {"dead", "waiting", "running", "failed"}},
      {"scope unit substates", {"dead", "start-chown", "running", "abandoned", "stop-sigterm", "stop-sigkill", "failed"}},
      {"service unit substates", {"dead", "condition", "start-pre", "start", "start-post", "running", "exited", "reload", "stop",
                                  "stop-watchdog", "stop-sigterm", "stop-sigkill", "stop-post", "final-watchdog",
                                  "final-sigterm", "final-sigkill", "failed", "auto-restart", "cleaning"}},
      {"slice unit substates", {"dead", "active"}},
      {"socket unit substates", {"dead", "start-pre", "start-chown", "start-post", "listening", "running", "stop-pre",
                                 "stop-pre-sigterm", "stop-pre-sigkill", "stop-post", "final-sigterm", "final-sigkill", "failed",
                                 "cleaning"}},
      {"swap unit substates", {"dead", "activating", "activating-done", "active", "deactivating", "deactivating-sigterm",
                               "deactivating-sigkill", "failed", "cleaning"}},
      {"target unit substates", {"dead", "active"}},
      {"timer unit substates", {"dead", "waiting", "running", "elapsed", "failed"}},
  }};
  for (const auto& [title, names] : lists) {
    out << "\n";
    print_list(title, names);
  }
}

void print_signals(Terminal& out) {
  constexpr int last_signal = 64;
  for (int number = 0; number <= last_signal; ++number) out << signal_name(number) << "\n";
}

}  // namespace ctl
