// Names of exit statuses. [pure]
#include "unitparser/syntax/exit_status.h"

#include <array>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

using enum ExitStatusClass;
constexpr std::array<ExitStatusName, 67> names{{
    {"SUCCESS", 0, libc}, {"FAILURE", 1, libc}, {"INVALIDARGUMENT", 2, lsb}, {"NOTIMPLEMENTED", 3, lsb},
    {"NOPERMISSION", 4, lsb}, {"NOTINSTALLED", 5, lsb}, {"NOTCONFIGURED", 6, lsb}, {"NOTRUNNING", 7, lsb},
    {"USAGE", 64, bsd}, {"DATAERR", 65, bsd}, {"NOINPUT", 66, bsd}, {"NOUSER", 67, bsd}, {"NOHOST", 68, bsd},
    {"UNAVAILABLE", 69, bsd}, {"SOFTWARE", 70, bsd}, {"OSERR", 71, bsd}, {"OSFILE", 72, bsd}, {"CANTCREAT", 73, bsd},
    {"IOERR", 74, bsd}, {"TEMPFAIL", 75, bsd}, {"PROTOCOL", 76, bsd}, {"NOPERM", 77, bsd}, {"CONFIG", 78, bsd},
    {"CHDIR", 200, systemd}, {"NICE", 201, systemd}, {"FDS", 202, systemd}, {"EXEC", 203, systemd},
    {"MEMORY", 204, systemd}, {"LIMITS", 205, systemd}, {"OOM_ADJUST", 206, systemd}, {"SIGNAL_MASK", 207, systemd},
    {"STDIN", 208, systemd}, {"STDOUT", 209, systemd}, {"CHROOT", 210, systemd}, {"IOPRIO", 211, systemd},
    {"TIMERSLACK", 212, systemd}, {"SECUREBITS", 213, systemd}, {"SETSCHEDULER", 214, systemd},
    {"CPUAFFINITY", 215, systemd}, {"GROUP", 216, systemd}, {"USER", 217, systemd}, {"CAPABILITIES", 218, systemd},
    {"CGROUP", 219, systemd}, {"SETSID", 220, systemd}, {"CONFIRM", 221, systemd}, {"STDERR", 222, systemd},
    {"PAM", 224, systemd}, {"NETWORK", 225, systemd}, {"NAMESPACE", 226, systemd},
    {"NO_NEW_PRIVILEGES", 227, systemd}, {"SECCOMP", 228, systemd}, {"SELINUX_CONTEXT", 229, systemd},
    {"PERSONALITY", 230, systemd}, {"APPARMOR", 231, systemd}, {"ADDRESS_FAMILIES", 232, systemd},
    {"RUNTIME_DIRECTORY", 233, systemd}, {"CHOWN", 235, systemd}, {"SMACK_PROCESS_LABEL", 236, systemd},
    {"KEYRING", 237, systemd}, {"STATE_DIRECTORY", 238, systemd}, {"CACHE_DIRECTORY", 239, systemd},
    {"LOGS_DIRECTORY", 240, systemd}, {"CONFIGURATION_DIRECTORY", 241, systemd}, {"NUMA_POLICY", 242, systemd},
    {"CREDENTIALS", 243, systemd}, {"BPF", 244, systemd}, {"EXCEPTION", 255, systemd},
}};

}  // namespace

std::span<const ExitStatusName> exit_status_names() { return names; }

std::optional<int> parse_exit_status(std::string_view text) {
  if (const auto number = parse_unsigned(text, 255)) return static_cast<int>(*number);
  for (const ExitStatusName& row : names)
    if (row.name == text) return row.status;
  return std::nullopt;
}

std::string_view exit_status_name(int status) {
  for (const ExitStatusName& row : names)
    if (row.status == status) return row.name;
  return {};
}

std::string_view to_name(ExitStatusClass origin) {
  constexpr std::array<std::string_view, 4> classes{"libc", "LSB", "BSD", "systemd"};
  return classes[static_cast<std::size_t>(origin)];
}

}  // namespace unitparser
