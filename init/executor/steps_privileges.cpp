// Capabilities, secure bits, no-new-privileges and the labels of security modules. [os]
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "init/executor/context.h"

namespace executor {
namespace {

struct CapabilitySets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
};

Result<CapabilitySets> get_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) < 0) return failed("Failed to read capabilities");
  const auto join = [](std::uint32_t low, std::uint32_t high) { return std::uint64_t{high} << 32U | low; };
  return CapabilitySets{join(data[0].effective, data[1].effective), join(data[0].permitted, data[1].permitted),
                        join(data[0].inheritable, data[1].inheritable)};
}

Done set_capabilities(const CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  const auto high = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); };
  const __user_cap_data_struct data[2] = {{low(sets.effective), low(sets.permitted), low(sets.inheritable)},
                                          {high(sets.effective), high(sets.permitted), high(sets.inheritable)}};
  if (::syscall(SYS_capset, &header, data) < 0) return failed("Failed to set capabilities");
  return {};
}

constexpr unsigned capability_last = CAP_LAST_CAP;

/// Filters that an unprivileged process may only install when it can gain no privileges any more.
bool has_filters(const Context& context) {
  const auto& p = context.plan.privileges;
  const auto& calls = context.plan.system_calls;
  return p.system_call_filter || p.system_call_log || !p.system_call_architectures.empty() || p.memory_deny_write_execute ||
         p.restrict_namespaces || p.restrict_realtime || p.restrict_suid_sgid || p.restrict_address_families ||
         p.lock_personality || calls.kernel_tunables || calls.kernel_modules || calls.kernel_logs || calls.clock ||
         calls.hostname || calls.raw_io;
}

}  // namespace

Done step_capabilities(Context& context) {
  const auto& plan = context.plan.privileges;
  constexpr std::uint64_t all = (std::uint64_t{1} << (capability_last + 1)) - 1;
  CapabilitySets sets = TRY(get_capabilities());
  if ((plan.capability_bounding_set & all) != all) {
    for (unsigned capability = 0; capability <= capability_last; ++capability) {
      if ((plan.capability_bounding_set >> capability & 1U) != 0) continue;
      const int present = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
      if (present <= 0) continue;  // an older kernel does not know it, or it is gone already
      if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) return failed("Failed to drop capabilities");
    }
    sets.inheritable &= plan.capability_bounding_set;
    TRY(set_capabilities(sets));
  }
  if (plan.ambient_capabilities != 0) {
    sets.inheritable |= plan.ambient_capabilities;
    if (!set_capabilities(sets)) return failed("Failed to apply ambient capabilities (before UID change)");
    for (unsigned capability = 0; capability <= capability_last; ++capability)
      if ((plan.ambient_capabilities >> capability & 1U) != 0 &&
          ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
        return failed("Failed to apply ambient capabilities (before UID change)");
  }
  return {};
}

Done step_secure_bits(Context& context) {
  const int bits = *context.plan.privileges.secure_bits;
  if (::prctl(PR_GET_SECUREBITS) != bits && ::prctl(PR_SET_SECUREBITS, bits) < 0)
    return failed("Failed to set process secure bits");
  return {};
}

Done step_no_new_privileges(Context& context) {
  bool wanted = context.plan.privileges.no_new_privileges;
  if (!wanted && has_filters(context)) {
    const CapabilitySets sets = TRY(get_capabilities());
    wanted = (sets.effective >> CAP_SYS_ADMIN & 1U) == 0;
  }
  if (wanted && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return failed("Failed to disable new privileges");
  return {};
}

namespace {

/// Writes the label that execve() shall take into one of the files that the module offers.
Done write_label(const char* const* files, std::size_t count, const std::string& value) {
  Done result = unitparser::fail_errno(EOPNOTSUPP, "No security module takes the label");
  for (std::size_t i = 0; i < count; ++i) {
    result = write_file(files[i], value);
    if (result || result.error().os_errno != ENOENT) return result;
  }
  return result;
}

}  // namespace

Done step_labels(Context& context) {
  const auto& plan = context.plan.privileges;
  const auto refuse = [&context](init::ExitStatus status, std::string_view name, Done done) {
    context.failure_status = status;
    context.failure_name = name;
    return done;
  };
  if (!plan.smack_process_label.label.empty() && ::access("/sys/fs/smackfs", F_OK) == 0) {
    const char* const files[] = {"/proc/self/attr/smack/current", "/proc/self/attr/current"};
    Done done = write_label(files, 2, plan.smack_process_label.label);
    if (!done && !plan.smack_process_label.ignore_failure) return refuse(init::ExitStatus::smack_process_label, "SMACK_PROCESS_LABEL", done);
  }
  if (!plan.selinux_context.label.empty() && ::access("/sys/fs/selinux/enforce", F_OK) == 0) {
    const char* const files[] = {"/proc/thread-self/attr/exec"};
    Done done = write_label(files, 1, plan.selinux_context.label);
    if (!done && !plan.selinux_context.ignore_failure) return refuse(init::ExitStatus::selinux_context, "SELINUX_CONTEXT", done);
  }
  if (!plan.apparmor_profile.label.empty() && ::access("/sys/kernel/security/apparmor", F_OK) == 0) {
    const char* const files[] = {"/proc/thread-self/attr/apparmor/exec", "/proc/thread-self/attr/exec"};
    Done done = write_label(files, 2, "exec " + plan.apparmor_profile.label);
    if (!done && !plan.apparmor_profile.ignore_failure) return refuse(init::ExitStatus::apparmor_profile, "APPARMOR_PROFILE", done);
  }
  return {};
}

}  // namespace executor
