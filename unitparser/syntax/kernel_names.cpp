// Tables of kernel names. [pure]
#include "unitparser/syntax/kernel_names.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/securebits.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <syslog.h>

#include <array>
#include <csignal>
#include <cstring>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::array families{
    NamedNumber{"AF_UNIX", 1},      NamedNumber{"AF_INET", 2},       NamedNumber{"AF_AX25", 3},
    NamedNumber{"AF_IPX", 4},       NamedNumber{"AF_APPLETALK", 5},  NamedNumber{"AF_NETROM", 6},
    NamedNumber{"AF_BRIDGE", 7},    NamedNumber{"AF_ATMPVC", 8},     NamedNumber{"AF_X25", 9},
    NamedNumber{"AF_INET6", 10},    NamedNumber{"AF_ROSE", 11},      NamedNumber{"AF_DECnet", 12},
    NamedNumber{"AF_NETBEUI", 13},  NamedNumber{"AF_SECURITY", 14},  NamedNumber{"AF_KEY", 15},
    NamedNumber{"AF_NETLINK", 16},  NamedNumber{"AF_PACKET", 17},    NamedNumber{"AF_ASH", 18},
    NamedNumber{"AF_ECONET", 19},   NamedNumber{"AF_ATMSVC", 20},    NamedNumber{"AF_RDS", 21},
    NamedNumber{"AF_SNA", 22},      NamedNumber{"AF_IRDA", 23},      NamedNumber{"AF_PPPOX", 24},
    NamedNumber{"AF_WANPIPE", 25},  NamedNumber{"AF_LLC", 26},       NamedNumber{"AF_IB", 27},
    NamedNumber{"AF_MPLS", 28},     NamedNumber{"AF_CAN", 29},       NamedNumber{"AF_TIPC", 30},
    NamedNumber{"AF_BLUETOOTH", 31}, NamedNumber{"AF_IUCV", 32},     NamedNumber{"AF_RXRPC", 33},
    NamedNumber{"AF_ISDN", 34},     NamedNumber{"AF_PHONET", 35},    NamedNumber{"AF_IEEE802154", 36},
    NamedNumber{"AF_CAIF", 37},     NamedNumber{"AF_ALG", 38},       NamedNumber{"AF_NFC", 39},
    NamedNumber{"AF_VSOCK", 40},    NamedNumber{"AF_KCM", 41},       NamedNumber{"AF_QIPCRTR", 42},
    NamedNumber{"AF_SMC", 43},      NamedNumber{"AF_XDP", 44},       NamedNumber{"AF_MCTP", 45},
    NamedNumber{"AF_LOCAL", 1},     NamedNumber{"AF_FILE", 1},       NamedNumber{"AF_ROUTE", 16},
};
constexpr std::array netlinks{
    NamedNumber{"route", 0},       NamedNumber{"firewall", 3},   NamedNumber{"inet-diag", 4},
    NamedNumber{"nflog", 5},       NamedNumber{"xfrm", 6},       NamedNumber{"selinux", 7},
    NamedNumber{"iscsi", 8},       NamedNumber{"audit", 9},      NamedNumber{"fib-lookup", 10},
    NamedNumber{"connector", 11},  NamedNumber{"netfilter", 12}, NamedNumber{"ip6-fw", 13},
    NamedNumber{"dnrtmsg", 14},    NamedNumber{"kobject-uevent", 15}, NamedNumber{"generic", 16},
    NamedNumber{"scsitransport", 18}, NamedNumber{"ecryptfs", 19}, NamedNumber{"rdma", 20},
};
constexpr std::array io_classes{NamedNumber{"none", 0}, NamedNumber{"realtime", 1}, NamedNumber{"best-effort", 2},
                                NamedNumber{"idle", 3}};
constexpr std::array cpu_policies{NamedNumber{"other", SCHED_OTHER}, NamedNumber{"batch", SCHED_BATCH},
                                  NamedNumber{"idle", SCHED_IDLE}, NamedNumber{"fifo", SCHED_FIFO},
                                  NamedNumber{"rr", SCHED_RR}};
constexpr std::array memory_policies{NamedNumber{"default", 0}, NamedNumber{"preferred", 1}, NamedNumber{"bind", 2},
                                     NamedNumber{"interleave", 3}, NamedNumber{"local", 4}};
constexpr std::array tos{NamedNumber{"low-delay", IPTOS_LOWDELAY}, NamedNumber{"throughput", IPTOS_THROUGHPUT},
                         NamedNumber{"reliability", IPTOS_RELIABILITY}, NamedNumber{"low-cost", IPTOS_LOWCOST}};
constexpr std::array levels{NamedNumber{"emerg", LOG_EMERG},     NamedNumber{"alert", LOG_ALERT},
                            NamedNumber{"crit", LOG_CRIT},       NamedNumber{"err", LOG_ERR},
                            NamedNumber{"warning", LOG_WARNING}, NamedNumber{"notice", LOG_NOTICE},
                            NamedNumber{"info", LOG_INFO},       NamedNumber{"debug", LOG_DEBUG}};
constexpr std::array facilities{
    NamedNumber{"kern", 0},    NamedNumber{"user", 1},     NamedNumber{"mail", 2},    NamedNumber{"daemon", 3},
    NamedNumber{"auth", 4},    NamedNumber{"syslog", 5},   NamedNumber{"lpr", 6},     NamedNumber{"news", 7},
    NamedNumber{"uucp", 8},    NamedNumber{"cron", 9},     NamedNumber{"authpriv", 10}, NamedNumber{"ftp", 11},
    NamedNumber{"local0", 16}, NamedNumber{"local1", 17},  NamedNumber{"local2", 18}, NamedNumber{"local3", 19},
    NamedNumber{"local4", 20}, NamedNumber{"local5", 21},  NamedNumber{"local6", 22}, NamedNumber{"local7", 23}};
constexpr std::array propagations{NamedNumber{"shared", MS_SHARED}, NamedNumber{"slave", MS_SLAVE},
                                  NamedNumber{"private", MS_PRIVATE}};
constexpr std::array coredump_bits{
    NamedNumber{"private-anonymous", 0}, NamedNumber{"shared-anonymous", 1}, NamedNumber{"private-file-backed", 2},
    NamedNumber{"shared-file-backed", 3}, NamedNumber{"elf-headers", 4}, NamedNumber{"private-huge", 5},
    NamedNumber{"shared-huge", 6}, NamedNumber{"private-dax", 7}, NamedNumber{"shared-dax", 8}};
constexpr std::array protocols{NamedNumber{"udplite", IPPROTO_UDPLITE}, NamedNumber{"sctp", IPPROTO_SCTP}};

constexpr std::array secure_bits{
    NamedNumber{"keep-caps", SECBIT_KEEP_CAPS},
    NamedNumber{"keep-caps-locked", SECBIT_KEEP_CAPS_LOCKED},
    NamedNumber{"no-setuid-fixup", SECBIT_NO_SETUID_FIXUP},
    NamedNumber{"no-setuid-fixup-locked", SECBIT_NO_SETUID_FIXUP_LOCKED},
    NamedNumber{"noroot", SECBIT_NOROOT},
    NamedNumber{"noroot-locked", SECBIT_NOROOT_LOCKED}};
constexpr std::array namespaces{NamedNumber{"cgroup", CLONE_NEWCGROUP}, NamedNumber{"ipc", CLONE_NEWIPC},
                                NamedNumber{"net", CLONE_NEWNET},       NamedNumber{"mnt", CLONE_NEWNS},
                                NamedNumber{"pid", CLONE_NEWPID},       NamedNumber{"user", CLONE_NEWUSER},
                                NamedNumber{"uts", CLONE_NEWUTS}};

constexpr std::array<std::string_view, capability_count> capabilities{
    "cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid", "cap_kill", "cap_setgid",
    "cap_setuid", "cap_setpcap", "cap_linux_immutable", "cap_net_bind_service", "cap_net_broadcast", "cap_net_admin",
    "cap_net_raw", "cap_ipc_lock", "cap_ipc_owner", "cap_sys_module", "cap_sys_rawio", "cap_sys_chroot",
    "cap_sys_ptrace", "cap_sys_pacct", "cap_sys_admin", "cap_sys_boot", "cap_sys_nice", "cap_sys_resource",
    "cap_sys_time", "cap_sys_tty_config", "cap_mknod", "cap_lease", "cap_audit_write", "cap_audit_control",
    "cap_setfcap", "cap_mac_override", "cap_mac_admin", "cap_syslog", "cap_wake_alarm", "cap_block_suspend",
    "cap_audit_read", "cap_perfmon", "cap_bpf", "cap_checkpoint_restore"};

constexpr std::array system_call_architectures{
    std::string_view("native"), std::string_view("x86"), std::string_view("x86-64"), std::string_view("x32"),
    std::string_view("arm"), std::string_view("arm64"), std::string_view("loongarch64"), std::string_view("mips"),
    std::string_view("mips64"), std::string_view("mips64-n32"), std::string_view("mips-le"),
    std::string_view("mips64-le"), std::string_view("mips64-le-n32"), std::string_view("parisc"),
    std::string_view("parisc64"), std::string_view("ppc"), std::string_view("ppc64"), std::string_view("ppc64-le"),
    std::string_view("riscv64"), std::string_view("s390"), std::string_view("s390x")};

struct Machine {
  std::string_view uname;
  std::string_view name;
};
constexpr std::array machines{
    Machine{"x86_64", "x86-64"},     Machine{"i686", "x86"},          Machine{"i586", "x86"},
    Machine{"i486", "x86"},          Machine{"i386", "x86"},          Machine{"ppc64", "ppc64"},
    Machine{"ppc64le", "ppc64-le"},  Machine{"ppc", "ppc"},           Machine{"ppcle", "ppc-le"},
    Machine{"ia64", "ia64"},         Machine{"parisc64", "parisc64"}, Machine{"parisc", "parisc"},
    Machine{"s390x", "s390x"},       Machine{"s390", "s390"},         Machine{"sparc64", "sparc64"},
    Machine{"sparc", "sparc"},       Machine{"mips64", "mips64"},     Machine{"mips", "mips"},
    Machine{"mips64", "mips64-le"},  Machine{"mips", "mips-le"},      Machine{"alpha", "alpha"},
    Machine{"aarch64", "arm64"},     Machine{"aarch64_be", "arm64-be"}, Machine{"armv8l", "arm"},
    Machine{"armv7l", "arm"},        Machine{"armv6l", "arm"},        Machine{"armv5tel", "arm"},
    Machine{"armv7b", "arm-be"},     Machine{"sh4", "sh"},            Machine{"sh64", "sh64"},
    Machine{"m68k", "m68k"},         Machine{"tilegx", "tilegx"},     Machine{"crisv32", "cris"},
    Machine{"arc", "arc"},           Machine{"arceb", "arc-be"},      Machine{"nios2", "nios2"},
    Machine{"riscv32", "riscv32"},   Machine{"riscv64", "riscv64"},   Machine{"loongarch64", "loongarch64"}};

#if defined(__x86_64__)
constexpr std::string_view native = "x86-64";
constexpr std::string_view secondary = "x86";
#elif defined(__aarch64__)
constexpr std::string_view native = "arm64";
constexpr std::string_view secondary = "arm";
#elif defined(__i386__)
constexpr std::string_view native = "x86";
constexpr std::string_view secondary;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::string_view native = "riscv64";
constexpr std::string_view secondary;
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
constexpr std::string_view native = "ppc64-le";
constexpr std::string_view secondary = "ppc-le";
#elif defined(__s390x__)
constexpr std::string_view native = "s390x";
constexpr std::string_view secondary = "s390";
#else
constexpr std::string_view native = "arm";
constexpr std::string_view secondary;
#endif
constexpr unsigned long per_linux = 0;
constexpr unsigned long per_linux32 = 8;

constexpr std::array bpf_attaches{
    NamedNumber{"ingress", BPF_CGROUP_INET_INGRESS},       NamedNumber{"egress", BPF_CGROUP_INET_EGRESS},
    NamedNumber{"sock_create", BPF_CGROUP_INET_SOCK_CREATE}, NamedNumber{"sock_ops", BPF_CGROUP_SOCK_OPS},
    NamedNumber{"device", BPF_CGROUP_DEVICE},              NamedNumber{"bind4", BPF_CGROUP_INET4_BIND},
    NamedNumber{"bind6", BPF_CGROUP_INET6_BIND},           NamedNumber{"connect4", BPF_CGROUP_INET4_CONNECT},
    NamedNumber{"connect6", BPF_CGROUP_INET6_CONNECT},     NamedNumber{"post_bind4", BPF_CGROUP_INET4_POST_BIND},
    NamedNumber{"post_bind6", BPF_CGROUP_INET6_POST_BIND}, NamedNumber{"sendmsg4", BPF_CGROUP_UDP4_SENDMSG},
    NamedNumber{"sendmsg6", BPF_CGROUP_UDP6_SENDMSG},      NamedNumber{"sysctl", BPF_CGROUP_SYSCTL},
    NamedNumber{"recvmsg4", BPF_CGROUP_UDP4_RECVMSG},      NamedNumber{"recvmsg6", BPF_CGROUP_UDP6_RECVMSG},
    NamedNumber{"getsockopt", BPF_CGROUP_GETSOCKOPT},      NamedNumber{"setsockopt", BPF_CGROUP_SETSOCKOPT},
};

}  // namespace

std::optional<int> number_of(std::span<const NamedNumber> table, std::string_view name) {
  for (const NamedNumber& row : table)
    if (row.name == name) return row.number;
  return std::nullopt;
}

std::string_view name_of(std::span<const NamedNumber> table, int number) {
  for (const NamedNumber& row : table)
    if (row.number == number) return row.name;
  return {};
}

std::optional<int> name_or_number(std::span<const NamedNumber> table, std::string_view text, int maximum) {
  if (const auto number = number_of(table, text)) return number;
  const auto number = parse_unsigned(text, static_cast<std::uint64_t>(maximum));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<int> parse_signal(std::string_view text) {
  const int real_time_span = SIGRTMAX - SIGRTMIN;
  if (!text.empty() && (is_digit(text[0]) || text[0] == '+')) {
    const auto number = parse_unsigned(text, static_cast<std::uint64_t>(SIGRTMAX));
    if (!number || *number == 0) return std::nullopt;
    return static_cast<int>(*number);
  }
  if (text.starts_with("SIG")) text.remove_prefix(3);
  if (const auto rest = after_prefix(text, "RTMIN")) {
    if (rest->empty()) return SIGRTMIN;
    if ((*rest)[0] != '+') return std::nullopt;
    const auto offset = parse_unsigned(rest->substr(1), static_cast<std::uint64_t>(real_time_span));
    return offset ? std::optional(SIGRTMIN + static_cast<int>(*offset)) : std::nullopt;
  }
  if (const auto rest = after_prefix(text, "RTMAX")) {
    if (rest->empty()) return SIGRTMAX;
    if ((*rest)[0] != '-') return std::nullopt;
    const auto offset = parse_unsigned(rest->substr(1), static_cast<std::uint64_t>(real_time_span));
    return offset ? std::optional(SIGRTMAX - static_cast<int>(*offset)) : std::nullopt;
  }
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    const char* name = ::sigabbrev_np(signal);
    if (name != nullptr && text == name) return signal;
  }
  return std::nullopt;
}

std::string format_signal(int signal) {
  if (signal >= SIGRTMIN && signal <= SIGRTMAX) return fmt::format("RTMIN+{}", signal - SIGRTMIN);
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? name : fmt::format("{}", signal);
}

std::optional<int> parse_errno(std::string_view text) {
  constexpr int largest_errno = 4095;
  if (const auto number = parse_unsigned(text, largest_errno)) return static_cast<int>(*number);
  for (int number = 1; number < 256; ++number) {
    const char* name = ::strerrorname_np(number);
    if (name != nullptr && text == name) return number;
  }
  if (text == "EWOULDBLOCK") return EWOULDBLOCK;
  if (text == "EDEADLOCK") return EDEADLOCK;
  if (text == "ENOTSUP") return ENOTSUP;
  return std::nullopt;
}

std::string format_errno(int number) {
  const char* name = ::strerrorname_np(number);
  return name != nullptr ? name : fmt::format("{}", number);
}

std::string_view capability_name(int capability) {
  return capability >= 0 && capability < capability_count ? capabilities[static_cast<std::size_t>(capability)] : std::string_view{};
}

std::optional<int> parse_capability(std::string_view text) {
  if (const auto number = parse_unsigned(text, 62)) return static_cast<int>(*number);
  for (std::size_t i = 0; i < capabilities.size(); ++i)
    if (equals_ignoring_case(capabilities[i], text)) return static_cast<int>(i);
  return std::nullopt;
}

Result<std::uint64_t> parse_capabilities(std::string_view text, std::vector<std::string>& unknown) {
  std::uint64_t set = 0;
  for (const std::string& word : TRY(split_words(text, {.unquote = true, .relax = true}))) {
    if (const auto capability = parse_capability(word))
      set |= 1ULL << static_cast<unsigned>(*capability);
    else
      unknown.push_back(word);
  }
  return set;
}

std::string format_capabilities(std::uint64_t set) {
  std::string out;
  for (int i = 0; i < 63; ++i) {
    if ((set >> static_cast<unsigned>(i) & 1U) == 0) continue;
    if (i >= capability_count && set == UINT64_MAX) break;  // "all": what has a name here
    if (!out.empty()) out += ' ';
    const std::string_view name = capability_name(i);
    out += name.empty() ? fmt::format("0x{:x}", i) : std::string(name);
  }
  return out;
}

std::optional<int> parse_secure_bit(std::string_view word) { return number_of(secure_bits, word); }

std::string format_secure_bits(int bits) {
  std::string out;
  for (const NamedNumber& bit : secure_bits) {
    if ((bits & bit.number) == 0) continue;
    if (!out.empty()) out += ' ';
    out += bit.name;
  }
  return out;
}

std::optional<std::uint64_t> parse_namespace(std::string_view word) {
  const auto flag = number_of(namespaces, word);
  return flag ? std::optional<std::uint64_t>(static_cast<std::uint32_t>(*flag)) : std::nullopt;
}

std::string format_namespaces(std::uint64_t flags) {
  std::string out;
  for (const NamedNumber& row : namespaces) {
    if ((flags & static_cast<std::uint32_t>(row.number)) == 0) continue;
    if (!out.empty()) out += ' ';
    out += row.name;
  }
  return out;
}

std::uint64_t all_namespaces() {
  std::uint64_t all = 0;
  for (const NamedNumber& row : namespaces) all |= static_cast<std::uint32_t>(row.number);
  return all;
}

std::span<const NamedNumber> address_families() { return families; }
std::span<const NamedNumber> netlink_families() { return netlinks; }
std::span<const NamedNumber> io_scheduling_classes() { return io_classes; }
std::span<const NamedNumber> cpu_scheduling_policies() { return cpu_policies; }
std::span<const NamedNumber> numa_policies() { return memory_policies; }
std::span<const NamedNumber> bpf_attach_types() { return bpf_attaches; }
std::span<const NamedNumber> ip_tos_names() { return tos; }
std::span<const NamedNumber> syslog_levels() { return levels; }
std::span<const NamedNumber> syslog_facilities() { return facilities; }
std::span<const NamedNumber> mount_propagations() { return propagations; }
std::span<const NamedNumber> coredump_filter_bits() { return coredump_bits; }
std::span<const NamedNumber> socket_protocols() { return protocols; }

std::string_view native_architecture() { return native; }

bool is_system_call_architecture(std::string_view name) {
  return std::find(system_call_architectures.begin(), system_call_architectures.end(), name) != system_call_architectures.end();
}

std::optional<unsigned long> parse_personality(std::string_view name) {
  if (name == native) return per_linux;
  if (!secondary.empty() && name == secondary) return per_linux32;
  return std::nullopt;
}

std::string_view format_personality(unsigned long personality) {
  if (personality == per_linux) return native;
  return personality == per_linux32 ? secondary : std::string_view{};
}

std::string_view architecture_of_machine(std::string_view machine) {
  for (const Machine& row : machines)
    if (row.uname == machine) return row.name;
  return {};
}

bool is_architecture(std::string_view name) {
  return std::any_of(machines.begin(), machines.end(), [name](const Machine& row) { return row.name == name; });
}

}  // namespace unitparser
