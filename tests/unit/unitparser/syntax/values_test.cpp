// Value parsers: quantities, CPU sets, names, addresses, environment, versions.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>

#include "tests/unit/unitparser/test_data.h"
#include "unitparser/syntax/addresses.h"
#include "unitparser/syntax/cpu_set.h"
#include "unitparser/syntax/environment.h"
#include "unitparser/syntax/exit_status.h"
#include "unitparser/syntax/kernel_names.h"
#include "unitparser/syntax/paths.h"
#include "unitparser/syntax/quantities.h"
#include "unitparser/syntax/syscall_groups.h"
#include "unitparser/syntax/version.h"

namespace unitparser {
namespace {

TEST(Quantities, Sizes) {
  EXPECT_EQ(parse_size("64K").value(), 65536U);
  EXPECT_EQ(parse_size("1.5G").value(), 1610612736U);
  EXPECT_EQ(parse_size("1G 512M").value(), 1610612736U);
  EXPECT_EQ(parse_size("1G512").value(), 1073742336U);
  EXPECT_EQ(parse_size("10M", SizeBase::decimal).value(), 10'000'000U);
  EXPECT_EQ(parse_size("7 B").value(), 7U);
  EXPECT_EQ(parse_size("16E").error().os_errno, ERANGE);
  EXPECT_EQ(parse_size("-1").error().os_errno, ERANGE);
  for (const char* bad : {"", "x", "1M 1G", "1X", "K", "1M1M", "5 5"}) EXPECT_FALSE(parse_size(bad).has_value()) << bad;
}

TEST(Quantities, Fractions) {
  EXPECT_EQ(parse_permyriad("12.34%").value(), 1234U);
  EXPECT_EQ(parse_permyriad("12.5%").value(), 1250U);
  EXPECT_EQ(parse_permyriad("5\u2030").value(), 50U);
  EXPECT_EQ(parse_permyriad("7\u2031").value(), 7U);
  EXPECT_EQ(parse_permyriad("250%", UINT32_MAX).value(), 25000U);
  for (const char* bad : {"101%", "5", "%", "1.%", "1.234%", "-1%"}) EXPECT_FALSE(parse_permyriad(bad).has_value()) << bad;
  EXPECT_EQ(format_permyriad(1250), "12.5%");
  EXPECT_EQ(format_permyriad(1234), "12.34%");
  EXPECT_EQ(parse_mode("0750").value(), 0750U);
  EXPECT_FALSE(parse_mode("10000").has_value());
  EXPECT_FALSE(parse_mode("9").has_value());
  EXPECT_EQ(parse_nice("100").error().os_errno, ERANGE);
}

TEST(Quantities, ResourceLimits) {
  const auto limit = [](int resource, std::string_view text) { return parse_resource_limit(resource, text).value_or(ResourceLimit{1, 1}); };
  EXPECT_EQ(limit(RLIMIT_CPU, "10s:1min"), (ResourceLimit{10, 60}));
  EXPECT_EQ(limit(RLIMIT_CPU, "1500ms"), (ResourceLimit{2, 2}));
  EXPECT_EQ(limit(RLIMIT_FSIZE, "1G:infinity"), (ResourceLimit{1073741824, UINT64_MAX}));
  EXPECT_EQ(limit(RLIMIT_NICE, "+5"), (ResourceLimit{15, 15}));
  EXPECT_EQ(limit(RLIMIT_NICE, "-5"), (ResourceLimit{25, 25}));
  EXPECT_EQ(limit(RLIMIT_RTTIME, "100ms"), (ResourceLimit{100000, 100000}));
  EXPECT_FALSE(parse_resource_limit(RLIMIT_NPROC, "1K:2K").has_value());
  EXPECT_EQ(parse_resource_limit(RLIMIT_NOFILE, "5:4").error().os_errno, EILSEQ);
  EXPECT_EQ(parse_resource_limit(RLIMIT_NOFILE, "-5:4:3").error().os_errno, ERANGE) << "the first part is the first to be looked at";
  EXPECT_EQ(parse_resource_limit(RLIMIT_NOFILE, "5:4:3").error().os_errno, EINVAL);
  EXPECT_EQ(resource_limit_from_name("NOFILE"), RLIMIT_NOFILE);
}

TEST(CpuSet, RangesAndBack) {
  EXPECT_EQ(format_cpu_set(parse_cpu_set("0-3,5 7").value()), "0-3 5 7");
  EXPECT_EQ(parse_cpu_set("1").value(), (CpuMask{2, 0, 0, 0, 0, 0, 0, 0}));
  std::vector<std::string> backward;
  EXPECT_EQ(format_cpu_set(parse_cpu_set("3-1 2", &backward).value()), "2");
  EXPECT_EQ(backward, std::vector<std::string>{"3-1"});
  EXPECT_FALSE(parse_cpu_set("8192").has_value());
  EXPECT_FALSE(parse_cpu_set("a").has_value());
}

TEST(KernelNames, Signals) {
  EXPECT_EQ(parse_signal("SIGUSR1"), SIGUSR1);
  EXPECT_EQ(parse_signal("TERM"), SIGTERM);
  EXPECT_EQ(parse_signal("9"), 9);
  EXPECT_EQ(parse_signal("SIGRTMIN+3"), SIGRTMIN + 3);
  EXPECT_EQ(parse_signal("RTMAX-1"), SIGRTMAX - 1);
  for (const char* bad : {"", "0", "65", "SIG", "RTMIN+99", "sigterm"}) EXPECT_FALSE(parse_signal(bad).has_value()) << bad;
  EXPECT_EQ(format_signal(SIGTERM), "TERM");
  EXPECT_EQ(format_signal(SIGRTMIN + 3), "RTMIN+3");
}

TEST(KernelNames, OtherTables) {
  std::vector<std::string> unknown;
  EXPECT_EQ(format_capabilities(parse_capabilities("CAP_NET_ADMIN cap_chown CAP_X", unknown).value()), "cap_chown cap_net_admin");
  EXPECT_EQ(unknown, std::vector<std::string>{"CAP_X"});
  EXPECT_EQ(parse_errno("EPERM"), EPERM);
  EXPECT_EQ(parse_errno("13"), 13);
  EXPECT_FALSE(parse_errno("4096").has_value());
  EXPECT_EQ(parse_secure_bit("keep-caps").value_or(0) | parse_secure_bit("noroot-locked").value_or(0), 18);
  EXPECT_EQ(format_namespaces(all_namespaces() & ~parse_namespace("user").value_or(0)), "cgroup ipc net mnt pid uts");
  EXPECT_EQ(name_of(address_families(), AF_UNIX), "AF_UNIX");
  EXPECT_EQ(parse_exit_status("TEMPFAIL"), 75);
  EXPECT_FALSE(parse_exit_status("300").has_value());
  const auto calls = system_calls_of(*find_system_call_group("@mount"));
  EXPECT_EQ(calls.size(), 12U);
  EXPECT_GT(system_calls_of(*find_system_call_group("@system-service")).size(), 300U);
  EXPECT_TRUE(is_known_system_call("read"));
  EXPECT_TRUE(is_known_system_call("uretprobe")) << "in @default alone";
  EXPECT_FALSE(is_known_system_call("frobnicate"));
}

TEST(Addresses, SocketsAndBack) {
  const auto canonical = [](std::string_view text) {
    const auto address = parse_socket_address(text);
    return address ? format_socket_address(*address) : "refused";
  };
  EXPECT_EQ(canonical("8080"), "[::]:8080");
  for (const char* same : {"/run/a.sock", "@abstract", "127.0.0.1:9999", "[::1]:99", "vsock:2:1234", "vsock::1234"})
    EXPECT_EQ(canonical(same), same);
  for (const char* bad : {"", "@", "0", "65536", "1.2.3.4", "1.2.3.4:0", "[::1]", "::1:80", "[1.2.3.4]:80", "name:80", "vsock:2"})
    EXPECT_EQ(canonical(bad), "refused") << bad;
  EXPECT_EQ(canonical("/" + std::string(107, 'x')), "refused");
  EXPECT_EQ(format_socket_address(parse_netlink_address("kobject-uevent").value()), "kobject-uevent 0");
  EXPECT_EQ(format_socket_address(parse_netlink_address("route 1").value()), "route 1");
}

TEST(Addresses, Prefixes) {
  EXPECT_EQ(format_ip_prefix(parse_ip_prefix("10.1.2.3/8").value()), "10.0.0.0/8");
  EXPECT_EQ(format_ip_prefix(parse_ip_prefix("fe80::1").value()), "fe80::1/128");
  EXPECT_FALSE(parse_ip_prefix("10.0.0.0/33").has_value());
  EXPECT_EQ(parse_ip_prefixes("localhost").value().size(), 2U);
  EXPECT_EQ(show_socket_bind_rule(parse_socket_bind_rule("ipv4:tcp:80").value()), "ipv4:tcp80");
  EXPECT_EQ(show_socket_bind_rule(parse_socket_bind_rule("ipv6:udp").value()), "ipv6:udpany");
  EXPECT_EQ(show_socket_bind_rule(parse_socket_bind_rule("6666-7777").value()), "6666-7777");
  EXPECT_EQ(format_socket_bind_rule(parse_socket_bind_rule("any").value()), "any");
}

TEST(Environment, Files) {
  std::vector<std::string> invalid;
  const auto environment = parse_environment_file(
      "# c \\\n; d\n A = b c  \nB='x y'z \nC=\"a\\\"\\n$\"\nD=a\\\nb\nE\nF=\n1G=x\nA=again\nH=\"two\nlines\"\nI= 'a' 'b'", invalid);
  EXPECT_EQ(environment, (std::vector<std::string>{"A=again", "B=x yz", "C=a\"\\n$", "D=ab", "F=", "H=two\nlines", "I=ab"}));
  EXPECT_EQ(invalid, std::vector<std::string>{"1G=x"});
}

TEST(Environment, Lists) {
  std::vector<std::string> list{"A=1", "B=2", "C=3"};
  set_variable(list, "B=5");
  remove_variables(list, std::vector<std::string>{"A", "C=4"});
  EXPECT_EQ(list, (std::vector<std::string>{"B=5", "C=3"}));
  EXPECT_FALSE(is_valid_assignment("1A=2"));
  EXPECT_TRUE(is_valid_assignment("A=tab\tand\nline"));
}

TEST(Paths, TextOperations) {
  EXPECT_EQ(simplify_path("//a/./b//"), "/a/b");
  EXPECT_EQ(simplify_path("/"), "/");
  EXPECT_TRUE(is_normal_path("/a/b"));
  EXPECT_FALSE(is_normal_path("/a/../b"));
  EXPECT_EQ(resolve_path("/etc/systemd/system", "../user/x"), "/etc/systemd/user/x");
  EXPECT_EQ(directory_of("/a"), "/");
  EXPECT_EQ(file_name("/a/b/"), "b");
}

TEST(Version, AnswersLikeTheRecordedOnes) {
  const auto cases = testing::json_lines("compare-versions.jsonl");
  ASSERT_EQ(cases.size(), 140U);
  for (const auto& c : cases) {
    const auto& args = c["args"];
    const std::string first = args[0];
    const std::string second = args.back();
    const int order = compare_versions(first, second);
    if (args.size() == 2) {
      EXPECT_EQ(c["rc"], order < 0 ? 12 : order > 0 ? 11 : 0) << args;
    } else if (const auto op = parse_version_operator(args[1].get<std::string>())) {
      EXPECT_EQ(c["rc"], holds(*op, order) ? 0 : 1) << args;
    } else {
      ADD_FAILURE() << "operator not known: " << args;
    }
  }
}

}  // namespace
}  // namespace unitparser
