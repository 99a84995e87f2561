// The verbs of systemd-analyze, asked of the genuine tool of this machine and of ours: same lines, same exit status.
#include <map>

#include "tests/golden/program.h"
#include "tests/unit/unitparser/test_data.h"
#include "unitparser/base/text.h"

namespace unitparser {
namespace {

using Words = std::vector<std::string>;
constexpr const char* genuine = "/usr/bin/systemd-analyze";

bool is_installed() {
  if (::access(genuine, X_OK) == 0) {
    const auto version = testing::run_program(genuine, {"systemd-analyze", "--version"});
    if (version.out.starts_with("systemd 252 ")) return true;
  }
  std::fprintf(stderr, "SKIPPED: no systemd-analyze of 252 on this machine to compare with\n");
  return false;
}

/// Lines that tell how long ago or ahead something is differ from call to call, and we have a folder of units more.
std::string comparable(const std::string& text) {
  std::string out;
  for (const std::string_view line : split_at(text, '\n'))
    if (line.find("From now:") == std::string_view::npos && line != "/usr/lib/incipit/units") out += std::string(line) + "\n";
  return out;
}

void compare(const Words& words) {
  SCOPED_TRACE(join(words, " "));
  Words theirs{"systemd-analyze", "--no-pager"};
  Words ours{"ctl", "--no-pager"};
  theirs.insert(theirs.end(), words.begin(), words.end());
  ours.insert(ours.end(), words.begin(), words.end());
  const Words environment{"HOME=/root", "XDG_RUNTIME_DIR=/run/user/0"};
  const auto real = testing::run_program(genuine, theirs, environment);
  const auto own = testing::run_program(CTL_PROGRAM, ours, environment);
  EXPECT_EQ(own.status, real.status);
  EXPECT_EQ(comparable(own.out), comparable(real.out));
}

TEST(Analyze, AnswersLikeTheGenuineTool) {
  if (!is_installed()) GTEST_SKIP();
  const std::vector<Words> calls{
      {"unit-paths"}, {"syscall-filter"}, {"syscall-filter", "@debug", "@known"}, {"--user", "unit-paths"}, {"--global", "unit-paths"}, {"syscall-filter", "@system-service"}, {"syscall-filter", "clock", "@swap"}, {"syscall-filter", "@bogus"},
      {"capability"}, {"capability", "cap_chown", "CAP_KILL", "21"}, {"capability", "bogus"}, {"exit-status"}, {"exit-status", "0", "SUCCESS", "217", "99"},
      {"exit-status", "300"}, {"compare-versions", "1.2", "1.10"}, {"compare-versions", "1.2", "lt", "1.10"}, {"compare-versions", "1~rc1", "==", "1"},
      {"calendar", "--base-time=2024-02-28 12:00:00 UTC", "--iterations=3", "Mon..Fri *-*-* 09:00:00", "*-02-29", "hourly"}, {"calendar", "bogus"}, {"calendar", ""},
      {"timespan", "1h 30min", "5", "infinity", "1.5y"}, {"timespan", "5 parsecs"}, {"timestamp", "2024-02-29 12:00:00 UTC", "@1700000000"}, {"timestamp", "yesteryear"},
      {"condition", "ConditionPathExists=/etc", "AssertPathExists=!/nonexistent"}, {"condition", "ConditionPathExists=|/nonexistent", "ConditionPathExists=|/etc"},
      {"condition", "ConditionHost=!bla", "ConditionKernelVersion=>=2.6"}, {"condition", "ConditionBogus=1"}, {"condition", "ConditionFirstBoot=maybe"},
      {"cat-config", "systemd/system.conf"}, {"cat-config", "systemd/journald.conf"}, {"cat-config", "nonexistent.conf"}};
  for (const Words& call : calls) compare(call);
}

TEST(Analyze, TakesConditionsForTheSame) {
  if (!is_installed()) GTEST_SKIP();
  for (const char* line : {"ConditionArchitecture=x86-64", "ConditionVirtualization=yes", "ConditionVirtualization=container", "ConditionKernelCommandLine=quiet",
                           "ConditionACPower=true", "ConditionUser=root", "ConditionUser=0", "ConditionGroup=root", "ConditionCPUs=>=1", "ConditionMemory=>1G",
                           "ConditionEnvironment=PATH", "ConditionOSRelease=ID=debian", "ConditionPathIsMountPoint=/proc", "ConditionPathIsReadWrite=/proc/sys",
                           "ConditionDirectoryNotEmpty=/etc", "ConditionFileNotEmpty=/etc/passwd", "ConditionFileIsExecutable=/bin/sh", "ConditionPathExistsGlob=/etc/pass*",
                           "ConditionPathIsSymbolicLink=/bin", "ConditionSecurity=apparmor", "ConditionCapability=CAP_CHOWN", "ConditionCPUFeature=sse2",
                           "ConditionFirmware=uefi", "ConditionNeedsUpdate=/etc", "ConditionPathIsEncrypted=/", "ConditionControlGroupController=v2"}) {
    SCOPED_TRACE(line);
    const auto real = testing::run_program(genuine, {"systemd-analyze", "condition", line});
    const auto own = testing::run_program(CTL_PROGRAM, {"ctl", "condition", line});
    EXPECT_EQ(own.status, real.status);
    EXPECT_EQ(own.err, real.err);
  }
}

/// The lines of the genuine review, by the name of the setting: set or not, and the exposure.
std::map<std::string, std::string> grades(const std::string& json) {
  std::map<std::string, std::string> found;
  const nlohmann::json rows = nlohmann::json::parse(json, nullptr, false);
  if (!rows.is_array()) return found;
  for (const auto& row : rows) found[row["json_field"]] = row["name"].get<std::string>() + " " + row["set"].dump() + " " + row["exposure"].dump();
  return found;
}

std::string overall(const std::string& page) {
  const std::size_t at = page.find("Overall exposure");
  if (at == std::string::npos) return {};
  const std::string line = page.substr(at, page.find('\n', at) - at);
  return line.substr(0, line.rfind(' '));
}

TEST(Analyze, ReviewsSecurityTheSame) {
  if (!is_installed()) GTEST_SKIP();
  const testing::TemporaryFolder folder;
  const std::vector<std::string> bodies{
      "", "User=nobody\n", "User=adm\nSupplementaryGroups=adm\nRemoveIPC=yes\n", "DynamicUser=yes\n", "DynamicUser=yes\nSupplementaryGroups=adm\n",
      "ProtectHome=read-only\nProtectSystem=full\nUMask=0077\n", "ProtectHome=tmpfs\nProtectSystem=yes\nUMask=0027\n", "ProtectHome=yes\nProtectSystem=strict\nUMask=0007\n",
      "KeyringMode=shared\nProtectProc=noaccess\nNotifyAccess=all\nDelegate=yes\n", "ProtectProc=invisible\nProcSubset=pid\nKeyringMode=inherit\n",
      "RestrictNamespaces=yes\nRestrictAddressFamilies=AF_INET AF_UNIX\nSystemCallArchitectures=native\n", "RestrictNamespaces=~user mnt\nRestrictAddressFamilies=~AF_NETLINK AF_VSOCK\nSystemCallArchitectures=native x86\n",
      "RestrictAddressFamilies=none\n", "SystemCallFilter=@system-service\n", "SystemCallFilter=~@clock @swap\n", "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n",
      "IPAddressDeny=any\nIPAddressAllow=localhost\nDevicePolicy=closed\n", "IPAddressDeny=any\nIPAddressAllow=10.0.0.0/8\nDevicePolicy=strict\nDeviceAllow=/dev/null rw\n", "IPAddressDeny=any\n",
      "PrivateDevices=yes\nProtectClock=yes\nProtectKernelModules=yes\nProtectKernelLogs=yes\nPrivateTmp=yes\nPrivateNetwork=yes\nPrivateUsers=yes\nPrivateMounts=yes\n",
      "CapabilityBoundingSet=CAP_CHOWN CAP_NET_RAW CAP_MAC_ADMIN CAP_SYS_NICE\nAmbientCapabilities=CAP_CHOWN\nRootDirectory=/srv\n", "CapabilityBoundingSet=\nNoNewPrivileges=yes\nLockPersonality=yes\n",
      "ProtectHostname=yes\nMemoryDenyWriteExecute=yes\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\nProtectKernelTunables=yes\nProtectControlGroups=yes\n"};
  for (const bool early : {false, true})
    for (const std::string& body : bodies) {
      SCOPED_TRACE(body);
      folder.put("review.service", std::string("[Unit]\n") + (early ? "DefaultDependencies=no\n" : "") + "[Service]\nExecStart=/bin/true\n" + body);
      const std::string file = folder.path() + "/review.service";
      const auto real = testing::run_program(genuine, {"systemd-analyze", "security", "--offline=true", "--json=short", file});
      const auto own = testing::run_program(CTL_PROGRAM, {"ctl", "security", "--json", file});
      EXPECT_EQ(grades(own.out), grades(real.out));
      EXPECT_EQ(grades(own.out).size(), 81U);
      const auto real_page = testing::run_program(genuine, {"systemd-analyze", "security", "--offline=true", "--no-pager", file}).out;
      const auto own_page = testing::run_program(CTL_PROGRAM, {"ctl", "security", "--no-pager", file}).out;
      // "Overall exposure level for review.service: 9.6 UNSAFE"; the face depends on the terminal.
      const std::string sum = overall(own_page);
      EXPECT_EQ(sum, overall(real_page));
      EXPECT_GT(sum.size(), 40U);
    }
}

}  // namespace
}  // namespace unitparser
