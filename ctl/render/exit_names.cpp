// Names of process exit statuses, as status and show print them (systemd.exec(5), PROCESS EXIT CODES). [pure]
#include "ctl/render/exit_names.h"

#include <array>
#include <cstddef>

namespace ctl {

std::string_view exit_status_name(std::int32_t status) {
  constexpr std::int32_t first_of_ours = 200, first_lsb = 2, first_bsd = 64;
  constexpr std::array<std::string_view, 45> ours{
      "CHDIR", "NICE", "FDS", "EXEC", "MEMORY", "LIMITS", "OOM_ADJUST", "SIGNAL_MASK", "STDIN", "STDOUT", "CHROOT", "IOPRIO", "TIMERSLACK",
      "SECUREBITS", "SETSCHEDULER", "CPUAFFINITY", "GROUP", "USER", "CAPABILITIES", "CGROUP", "SETSID", "CONFIRM", "STDERR", "",
      "PAM", "NETWORK", "NAMESPACE", "NO_NEW_PRIVILEGES", "SECCOMP", "SELINUX_CONTEXT", "PERSONALITY", "APPARMOR", "ADDRESS_FAMILIES",
      "RUNTIME_DIRECTORY", "", "CHOWN", "SMACK_PROCESS_LABEL", "KEYRING", "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY",
      "CONFIGURATION_DIRECTORY", "NUMA_POLICY", "CREDENTIALS", "BPF"};
  constexpr std::array<std::string_view, 6> lsb{"INVALIDARGUMENT", "NOTIMPLEMENTED", "NOPERMISSION", "NOTINSTALLED", "NOTCONFIGURED", "NOTRUNNING"};
  constexpr std::array<std::string_view, 15> bsd{"USAGE", "DATAERR", "NOINPUT", "NOUSER", "NOHOST", "UNAVAILABLE", "SOFTWARE", "OSERR", "OSFILE",
                                                 "CANTCREAT", "IOERR", "TEMPFAIL", "PROTOCOL", "NOPERM", "CONFIG"};
  const auto pick = [status](const auto& names, std::int32_t first) -> std::string_view {
    const auto index = static_cast<std::size_t>(status - first);
    return status >= first && index < names.size() ? names[index] : std::string_view{};
  };
  if (status == 0) return "SUCCESS";
  if (status == 1) return "FAILURE";
  if (status == 255) return "EXCEPTION";
  if (const auto name = pick(ours, first_of_ours); !name.empty()) return name;
  if (const auto name = pick(bsd, first_bsd); !name.empty()) return name;
  return pick(lsb, first_lsb);
}

}  // namespace ctl
