// Names of kernel things: signals, errno, capabilities, secure bits, address families, namespaces, scheduling,
// architectures, syslog levels. [pure]
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"

namespace unitparser {

/// A public name and its number; tables are searched by name and by number.
struct NamedNumber {
  std::string_view name;
  int number;
};
[[nodiscard]] std::optional<int> number_of(std::span<const NamedNumber> table, std::string_view name);
[[nodiscard]] std::string_view name_of(std::span<const NamedNumber> table, int number);
/// By name, or as a number between 0 and `maximum`.
[[nodiscard]] std::optional<int> name_or_number(std::span<const NamedNumber> table, std::string_view text, int maximum);

// --- Signals: "SIGTERM", "TERM", "15", "RTMIN+3", "RTMAX-1" -------------------------------------------------------
[[nodiscard]] std::optional<int> parse_signal(std::string_view text);
[[nodiscard]] std::string format_signal(int signal);  ///< "TERM", "RTMIN+3"; the number if it has no name

// --- errno --------------------------------------------------------------------------------------------------------
[[nodiscard]] std::optional<int> parse_errno(std::string_view text);  ///< "EPERM" or 0..4095
[[nodiscard]] std::string format_errno(int number);

// --- Capabilities (capabilities(7)) -------------------------------------------------------------------------------
inline constexpr int capability_count = 41;
inline constexpr std::uint64_t all_capabilities = (1ULL << capability_count) - 1;
[[nodiscard]] std::string_view capability_name(int capability);  ///< "cap_chown"; empty if unknown
[[nodiscard]] std::optional<int> parse_capability(std::string_view text);  ///< any case, or a number up to 62
/// Names between blanks, quotes allowed; unknown ones are left out and put into `unknown`.
[[nodiscard]] Result<std::uint64_t> parse_capabilities(std::string_view text, std::vector<std::string>& unknown);
[[nodiscard]] std::string format_capabilities(std::uint64_t set);

// --- SecureBits= --------------------------------------------------------------------------------------------------
[[nodiscard]] std::optional<int> parse_secure_bit(std::string_view word);
[[nodiscard]] std::string format_secure_bits(int bits);

// --- Namespaces: "cgroup ipc net mnt pid user uts" ----------------------------------------------------------------
[[nodiscard]] std::optional<std::uint64_t> parse_namespace(std::string_view word);
[[nodiscard]] std::string format_namespaces(std::uint64_t flags);
[[nodiscard]] std::uint64_t all_namespaces();

// --- Tables -------------------------------------------------------------------------------------------------------
[[nodiscard]] std::span<const NamedNumber> address_families();      ///< AF_*
[[nodiscard]] std::span<const NamedNumber> netlink_families();      ///< ListenNetlink=
[[nodiscard]] std::span<const NamedNumber> io_scheduling_classes(); ///< none realtime best-effort idle
[[nodiscard]] std::span<const NamedNumber> cpu_scheduling_policies();
[[nodiscard]] std::span<const NamedNumber> numa_policies();
[[nodiscard]] std::span<const NamedNumber> ip_tos_names();
[[nodiscard]] std::span<const NamedNumber> bpf_attach_types();      ///< those of control groups, as BPFProgram= names them
[[nodiscard]] std::span<const NamedNumber> syslog_levels();
[[nodiscard]] std::span<const NamedNumber> syslog_facilities();     ///< unshifted
[[nodiscard]] std::span<const NamedNumber> mount_propagations();    ///< shared slave private, as MS_* flags
[[nodiscard]] std::span<const NamedNumber> coredump_filter_bits();
[[nodiscard]] std::span<const NamedNumber> socket_protocols();      ///< SocketProtocol=

// --- Architectures ------------------------------------------------------------------------------------------------
/// systemd's word for the machine this is built for, e.g. "x86-64".
[[nodiscard]] std::string_view native_architecture();
/// Name valid in SystemCallArchitectures= ("native" too).
[[nodiscard]] bool is_system_call_architecture(std::string_view name);
/// Personality= to its PER_* number, and back; empty for PER values that have no name here.
[[nodiscard]] std::optional<unsigned long> parse_personality(std::string_view name);
[[nodiscard]] std::string_view format_personality(unsigned long personality);
/// uname(2) machine to systemd's word ("aarch64" to "arm64"); empty if unknown.
[[nodiscard]] std::string_view architecture_of_machine(std::string_view machine);
[[nodiscard]] bool is_architecture(std::string_view name);

}  // namespace unitparser
