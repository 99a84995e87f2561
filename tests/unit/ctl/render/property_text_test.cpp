// Properties as `show` prints them: values of the manager against the texts of systemd 252.
#include "ctl/render/property_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace ctl {
namespace {

using namespace unitparser;
using testing::ElementsAre;

std::vector<std::string> show(std::string_view name, const Value& value) { return property_texts(name, value, TimestampStyle::utc); }
constexpr auto unset = static_cast<std::uint64_t>(-1);

TEST(PropertyText, numbers_by_their_names) {
  EXPECT_THAT(show("MainPID", std::uint32_t{42}), ElementsAre("42"));
  EXPECT_THAT(show("UMask", std::uint32_t{022}), ElementsAre("0022"));
  EXPECT_THAT(show("UID", std::uint32_t{0xffffffff}), ElementsAre("[not set]"));
  EXPECT_THAT(show("MemoryMax", unset), ElementsAre("infinity"));
  EXPECT_THAT(show("CPUWeight", unset), ElementsAre("[not set]"));
  EXPECT_THAT(show("IPEgressBytes", unset), ElementsAre("[no data]"));
  EXPECT_THAT(show("IOReadBytes", unset), ElementsAre("18446744073709551615"));
  EXPECT_THAT(show("TimeoutStopUSec", std::uint64_t{90'000'000}), ElementsAre("1min 30s"));
  EXPECT_THAT(show("RuntimeMaxUSec", unset), ElementsAre("infinity"));
  EXPECT_THAT(show("CoredumpFilter", std::uint64_t{0x33}), ElementsAre("0x33"));
  EXPECT_THAT(show("NUMAPolicy", std::int32_t{-1}), ElementsAre("n/a"));
  EXPECT_THAT(show("SuccessActionExitStatus", std::int32_t{-1}), ElementsAre("[not set]"));
  EXPECT_THAT(show("ActiveEnterTimestamp", std::uint64_t{1'795'328'540'415'354}), ElementsAre("Sun 2026-11-22 06:22:20 UTC"));
  EXPECT_THAT(show("ActiveEnterTimestamp", std::uint64_t{0}), ElementsAre(""));
  EXPECT_THAT(show("RestrictNamespaces", std::uint64_t{0x7e020000}), ElementsAre("no"));
  EXPECT_THAT(show("RestrictNamespaces", std::uint64_t{0}), ElementsAre("yes"));
  EXPECT_THAT(show("CapabilityBoundingSet", std::uint64_t{1}), ElementsAre("cap_chown"));
}

TEST(PropertyText, structured_values) {
  EXPECT_THAT(show("SystemCallFilter", struct_of(false, string_array({"chroot", "mount"}))), ElementsAre("~chroot mount"));
  EXPECT_THAT(show("LoadError", struct_of("org.freedesktop.systemd1.NoSuchUnit", "Unit x.service not found.")),
              ElementsAre("org.freedesktop.systemd1.NoSuchUnit \"Unit x.service not found.\""));
  EXPECT_THAT(show("Listen", ArrayValue{"(ss)", {struct_of("Stream", "/run/a"), struct_of("Datagram", "/run/b")}}),
              ElementsAre("/run/a (Stream)", "/run/b (Datagram)"));
  EXPECT_THAT(show("EnvironmentFiles", ArrayValue{"(sb)", {struct_of("/etc/default/ssh", true)}}), ElementsAre("/etc/default/ssh (ignore_errors=yes)"));
  EXPECT_THAT(show("TimersMonotonic", ArrayValue{"(stt)", {struct_of("OnBootUSec", std::uint64_t{864'000'000'000}, std::uint64_t{864'000'000'000})}}),
              ElementsAre("{ OnBootUSec=1w 3d ; next_elapse=1w 3d }"));
  EXPECT_THAT(show("CPUAffinity", Bytes{"\x0f"}), ElementsAre("0-3"));
  EXPECT_THAT(show("StandardInputData", Bytes{"hello world\n"}), ElementsAre("aGVsbG8gd29ybGQK"));
  EXPECT_THAT(show("BindPaths", ArrayValue{"(ssbt)", {struct_of("/srv", "/mnt/srv", true, std::uint64_t{0}), struct_of("/opt", "/opt", false, std::uint64_t{16384})}}),
              ElementsAre("-/srv:/mnt/srv /opt:/opt:rbind"));
  EXPECT_THAT(show("IPAddressAllow", ArrayValue{"(iayu)", {struct_of(std::int32_t{2}, Bytes{std::string("\x7f\0\0\0", 4)}, std::uint32_t{8})}}),
              ElementsAre("127.0.0.0/8"));
  EXPECT_THAT(show("SetCredential", ArrayValue{"(say)", {}}), ElementsAre("[unprintable]"));
}

TEST(PropertyText, commands_with_their_last_run) {
  const auto command = struct_of("/bin/x", string_array({"/bin/x", "-a b"}), false, std::uint64_t{1'795'328'540'000'000}, std::uint64_t{0}, std::uint64_t{0},
                                 std::uint64_t{0}, std::uint32_t{7}, std::int32_t{CLD_KILLED}, std::int32_t{SIGTERM});
  EXPECT_THAT(show("ExecStart", ArrayValue{"(sasbttttuii)", {command}}),
              ElementsAre("{ path=/bin/x ; argv[]=/bin/x -a b ; ignore_errors=no ; start_time=[Sun 2026-11-22 06:22:20 UTC] ; stop_time=[n/a] ; "
                          "pid=7 ; code=killed ; status=15/TERM }"));
}

}  // namespace
}  // namespace ctl
