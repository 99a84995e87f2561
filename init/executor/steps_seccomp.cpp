// System-call filters: one program for what arguments may be, one for logging, one for which calls there are. [os]
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include "init/executor/context.h"
#include "init/executor/seccomp_program.h"
#include "unitparser/syntax/syscall_groups.h"

namespace executor {
namespace {

constexpr std::uint32_t answer_errno(int number) {
  return SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(number) & SECCOMP_RET_DATA);
}
constexpr std::uint32_t refuse = answer_errno(EPERM);

using Kind = ArgumentTest::Kind;

/// Collects the restrictions of arguments for one architecture.
class Restrictions {
 public:
  explicit Restrictions(const Architecture& architecture) {
    filter_.architecture = architecture;
    filter_.default_action = SECCOMP_RET_ALLOW;
  }

  void deny(std::string_view call, std::uint32_t action = refuse) {
    const int number = call_number(call, filter_.architecture);
    if (number >= 0) filter_.calls[static_cast<std::uint32_t>(number)] = action;
  }
  void deny_group(std::string_view group) {
    const auto* found = unitparser::find_system_call_group(group);
    if (found == nullptr) return;
    for (const std::string_view call : unitparser::system_calls_of(*found)) deny(call);
  }
  void deny_if(std::string_view call, std::vector<ArgumentTest> tests) {
    const int number = call_number(call, filter_.architecture);
    if (number >= 0) filter_.argument_rules[static_cast<std::uint32_t>(number)].push_back({std::move(tests), refuse});
  }
  [[nodiscard]] bool empty() const { return filter_.calls.empty() && filter_.argument_rules.empty(); }
  [[nodiscard]] ArchitectureFilter take() { return std::move(filter_); }

 private:
  ArchitectureFilter filter_;
};

void restrict_namespaces(Restrictions& out, std::uint64_t allowed) {
  constexpr std::uint32_t all = CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUSER |
                                CLONE_NEWUTS;
  const std::uint32_t denied = all & ~static_cast<std::uint32_t>(allowed);
  if (denied == 0) return;
  out.deny("clone3", answer_errno(ENOSYS));  // its flags lie in memory that a filter cannot read
  out.deny_if("clone", {{0, Kind::any_bit, {denied}}});
  out.deny_if("unshare", {{0, Kind::any_bit, {denied}}});
  if (denied == all) return out.deny("setns");
  out.deny_if("setns", {{1, Kind::equal, {0}}});  // "whatever the descriptor is"
  out.deny_if("setns", {{1, Kind::any_bit, {denied}}});
}

void restrict_families(Restrictions& out, const unitparser::FamilyFilter& families, const Architecture& architecture) {
  if (architecture.name == "x86") return;  // socketcall() hides the family in memory, as documented
  std::vector<std::uint32_t> values;
  for (const auto& [family, extra] : families.entries) values.push_back(static_cast<std::uint32_t>(family));
  if (families.allow_list) {
    if (values.empty()) return out.deny("socket", answer_errno(EAFNOSUPPORT));
    out.deny_if("socket", {{0, Kind::not_equal_to_any, std::move(values)}});
  } else {
    for (const std::uint32_t value : values) out.deny_if("socket", {{0, Kind::equal, {value}}});
  }
}

void restrict_realtime(Restrictions& out) {
  out.deny_if("sched_setscheduler", {{1, Kind::not_equal_to_any, {SCHED_OTHER, SCHED_BATCH, SCHED_IDLE}}});
}

void restrict_set_id(Restrictions& out) {
  constexpr std::uint32_t bits = S_ISUID | S_ISGID;
  struct Row {
    std::string_view call;
    unsigned mode_argument;
  };
  constexpr Row rows[] = {{"chmod", 1}, {"fchmod", 1}, {"fchmodat", 2}, {"fchmodat2", 2}, {"mkdir", 1},
                          {"mkdirat", 2}, {"mknod", 1}, {"mknodat", 2}, {"creat", 1}};
  for (const Row& row : rows) out.deny_if(row.call, {{row.mode_argument, Kind::any_bit, {bits}}});
  constexpr std::uint32_t temporary = O_TMPFILE & ~static_cast<std::uint32_t>(O_DIRECTORY);
  for (const std::uint32_t flag : {static_cast<std::uint32_t>(O_CREAT), temporary}) {
    out.deny_if("open", {{1, Kind::any_bit, {flag}}, {2, Kind::any_bit, {bits}}});
    out.deny_if("openat", {{2, Kind::any_bit, {flag}}, {3, Kind::any_bit, {bits}}});
  }
  out.deny("openat2", answer_errno(ENOSYS));  // its mode lies in memory
}

void deny_write_execute(Restrictions& out) {
  for (const std::string_view call : {"mmap", "mmap2"})
    out.deny_if(call, {{2, Kind::all_bits, {PROT_EXEC | PROT_WRITE}}});
  out.deny_if("mprotect", {{2, Kind::any_bit, {PROT_EXEC}}});
  out.deny_if("pkey_mprotect", {{2, Kind::any_bit, {PROT_EXEC}}});
  out.deny_if("shmat", {{2, Kind::any_bit, {SHM_EXEC}}});
}

void lock_personality(Restrictions& out, unsigned long present) {
  out.deny_if("personality", {{0, Kind::not_equal_to_any, {static_cast<std::uint32_t>(present), 0xFFFFFFFFU}}});
}

ArchitectureFilter restrictions_for(const Context& context, const Architecture& architecture) {
  const auto& plan = context.plan.privileges;
  const auto& calls = context.plan.system_calls;
  Restrictions out(architecture);
  if (plan.restrict_namespaces) restrict_namespaces(out, *plan.restrict_namespaces);
  if (plan.restrict_realtime) restrict_realtime(out);
  if (plan.restrict_suid_sgid) restrict_set_id(out);
  if (plan.memory_deny_write_execute) deny_write_execute(out);
  if (plan.lock_personality) lock_personality(out, context.plan.scheduling.personality.value_or(static_cast<unsigned long>(::personality(0xFFFFFFFF))));
  if (calls.kernel_tunables) out.deny("_sysctl");
  if (calls.kernel_modules) out.deny_group("@module");
  if (calls.kernel_logs) out.deny("syslog");
  if (calls.clock) out.deny_group("@clock");
  if (calls.hostname) {
    out.deny("sethostname");
    out.deny("setdomainname");
  }
  if (calls.raw_io) out.deny_group("@raw-io");
  return out.take();
}

/// RestrictAddressFamilies= answers another errno, so it has its own filter.
ArchitectureFilter families_for(const Context& context, const Architecture& architecture) {
  Restrictions out(architecture);
  restrict_families(out, *context.plan.privileges.restrict_address_families, architecture);
  ArchitectureFilter filter = out.take();
  for (auto& [number, rules] : filter.argument_rules)
    for (ArgumentRule& rule : rules) rule.action = answer_errno(EAFNOSUPPORT);
  return filter;
}

/// A list of names to decisions; `other` is for calls that are not on it.
ArchitectureFilter list_for(const unitparser::SystemCallSet& set, const Architecture& architecture, std::uint32_t listed,
                            std::uint32_t other) {
  ArchitectureFilter filter;
  filter.architecture = architecture;
  filter.default_action = other;
  const auto add = [&](std::string_view name, int own_errno) {
    const int number = call_number(name, architecture);
    if (number < 0) return;
    std::uint32_t action = listed;
    constexpr int errno_max = 4095;
    if (own_errno >= 0) action = own_errno > errno_max ? SECCOMP_RET_KILL_PROCESS : answer_errno(own_errno);
    filter.calls[static_cast<std::uint32_t>(number)] = action;
  };
  for (const auto& [name, own_errno] : set.entries) {
    if (!name.empty() && name.front() == '@') {
      if (const auto* group = unitparser::find_system_call_group(name))
        for (const std::string_view call : unitparser::system_calls_of(*group)) add(call, own_errno);
    } else {
      add(name, own_errno);
    }
  }
  return filter;
}

Done load_filter(const std::vector<ArchitectureFilter>& filters, std::uint32_t other_action) {
  auto code = compile_filter(filters, other_action);
  if (code.size() > BPF_MAXINSNS) return unitparser::fail_errno(E2BIG, "The system call filter is too long");
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 &&
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
    return failed("Failed to apply system call filter");
  return {};
}

bool is_allowed_architecture(const std::vector<std::string>& allowed, const Architecture& architecture, bool native) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& name) {
    return name == architecture.name || (native && name == "native");
  });
}

template <class Make>
std::vector<ArchitectureFilter> for_each_architecture(Make make) {
  std::vector<ArchitectureFilter> filters;
  for (const Architecture& architecture : local_architectures()) filters.push_back(make(architecture));
  return filters;
}

bool restricts_nothing(const std::vector<ArchitectureFilter>& filters) {
  return std::all_of(filters.begin(), filters.end(),
                     [](const ArchitectureFilter& f) { return f.calls.empty() && f.argument_rules.empty(); });
}

/// SystemCallArchitectures=: calls of other ones end the process. The native one is always there.
Done restrict_architectures(const std::vector<std::string>& allowed) {
  std::vector<ArchitectureFilter> filters;
  bool native = true;
  for (const Architecture& architecture : local_architectures()) {
    ArchitectureFilter filter;
    filter.architecture = architecture;
    filter.default_action = SECCOMP_RET_ALLOW;
    if (native || is_allowed_architecture(allowed, architecture, native)) filters.push_back(filter);
    native = false;
  }
  return load_filter(filters, SECCOMP_RET_KILL_THREAD);
}

}  // namespace

Done step_seccomp(Context& context) {
  announce_execution(context);
  if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {
    context.log.warning("This kernel has no system call filters: SystemCallFilter=, RestrictNamespaces= and the like have no effect");
    return {};
  }
  const auto& plan = context.plan.privileges;
  if (plan.restrict_address_families) {
    TRY(load_filter(for_each_architecture([&](const Architecture& a) { return families_for(context, a); }), SECCOMP_RET_ALLOW));
  }
  const auto restrictions = for_each_architecture([&](const Architecture& a) { return restrictions_for(context, a); });
  if (!restricts_nothing(restrictions)) TRY(load_filter(restrictions, SECCOMP_RET_ALLOW));
  if (!plan.system_call_architectures.empty()) TRY(restrict_architectures(plan.system_call_architectures));
  if (plan.system_call_log) {
    const auto& set = *plan.system_call_log;
    const std::uint32_t listed = set.allow_list ? SECCOMP_RET_ALLOW : SECCOMP_RET_LOG;
    const std::uint32_t other = set.allow_list ? SECCOMP_RET_LOG : SECCOMP_RET_ALLOW;
    TRY(load_filter(for_each_architecture([&](const Architecture& a) { return list_for(set, a, listed, other); }), SECCOMP_RET_ALLOW));
  }
  if (plan.system_call_filter) {
    const auto& set = *plan.system_call_filter;
    const std::uint32_t negative =
        plan.system_call_error_number ? answer_errno(*plan.system_call_error_number) : SECCOMP_RET_KILL_PROCESS;
    const std::uint32_t listed = set.allow_list ? SECCOMP_RET_ALLOW : negative;
    const std::uint32_t other = set.allow_list ? negative : SECCOMP_RET_ALLOW;
    TRY(load_filter(for_each_architecture([&](const Architecture& a) { return list_for(set, a, listed, other); }), SECCOMP_RET_ALLOW));
  }
  return {};
}

}  // namespace executor
