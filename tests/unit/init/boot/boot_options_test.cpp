#include "init/boot/boot_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace init {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(BootOptions, SplitsWordsAndKeepsQuotedBlanks) {
  EXPECT_THAT(split_command_line("a  b=\"c d\"\te='f'\n"), ElementsAre("a", "b=c d", "e=f"));
  EXPECT_THAT(split_command_line(""), IsEmpty());
  EXPECT_THAT(split_command_line("x=\"open"), ElementsAre("x=open"));
}

TEST(BootOptions, ReadsUnitMasksAndWants) {
  const BootOptions options = parse_kernel_command_line(
      "root=/dev/vda systemd.unit=multi-user.target systemd.mask=nginx systemd.mask=a.socket systemd.wants=ssh");
  EXPECT_EQ(options.unit, "multi-user.target");
  EXPECT_THAT(options.masked_units, ElementsAre("nginx.service", "a.socket"));
  EXPECT_THAT(options.wanted_units, ElementsAre("ssh.service"));
  EXPECT_THAT(options.warnings, IsEmpty());
}

TEST(BootOptions, LastWordForTheTargetWins) {
  EXPECT_EQ(parse_kernel_command_line("single").unit, "rescue.target");
  EXPECT_EQ(parse_kernel_command_line("3 emergency").unit, "emergency.target");
  EXPECT_EQ(parse_kernel_command_line("rescue=x").unit, "");
}

TEST(BootOptions, InitrdWordsAreSkipped) {
  EXPECT_EQ(parse_kernel_command_line("rd.systemd.unit=emergency.target").unit, "");
}

TEST(BootOptions, QuietLeavesAnExplicitChoiceAlone) {
  EXPECT_EQ(parse_kernel_command_line("quiet").usual_settings, "ShowStatus=error\n");
  const BootOptions both = parse_kernel_command_line("quiet systemd.show_status=1");
  EXPECT_EQ(both.usual_settings, "ShowStatus=error\n");
  EXPECT_EQ(both.settings, "ShowStatus=1\n");
}

TEST(BootOptions, DashAndUnderscoreAreTheSameInKeys) {
  EXPECT_EQ(parse_kernel_command_line("systemd.show-status=no").settings, "ShowStatus=no\n");
}

TEST(BootOptions, BadValuesAreNamedAndIgnored) {
  const BootOptions options =
      parse_kernel_command_line("systemd.unit=no/unit systemd.condition_first_boot=maybe systemd.log_level");
  EXPECT_EQ(options.unit, "");
  EXPECT_EQ(options.first_boot, std::nullopt);
  EXPECT_EQ(options.settings, "");
  EXPECT_THAT(options.warnings, SizeIs(3));
}

TEST(BootOptions, ArgumentsOverrideTheKernelCommandLine) {
  BootOptions options = parse_kernel_command_line("systemd.unit=rescue.target");
  apply_arguments({"--unit=multi-user.target", "--log-level=debug", "--nonsense"}, options);
  EXPECT_EQ(options.unit, "multi-user.target");
  EXPECT_EQ(options.settings, "LogLevel=debug\n");
  EXPECT_THAT(options.warnings, SizeIs(1));
}

TEST(BootOptions, SettingsOfTheConfigurationInTheirOrder) {
  const BootOptions options = parse_kernel_command_line("debug systemd.crash_reboot rd.systemd.log_target=null systemd.watchdog_sec=30s");
  EXPECT_EQ(options.settings,
            "LogLevel=debug\nCrashReboot=yes\nRuntimeWatchdogSec=30s\nRebootWatchdogSec=30s\nKExecWatchdogSec=30s\n");
}

TEST(BootOptions, DebugShellMayNameItsTerminal) {
  EXPECT_TRUE(parse_kernel_command_line("systemd.debug_shell").debug_shell);
  EXPECT_FALSE(parse_kernel_command_line("systemd.debug_shell systemd.debug_shell=no").debug_shell);
  const BootOptions named = parse_kernel_command_line("systemd.debug_shell=ttyS1");
  EXPECT_TRUE(named.debug_shell);
  EXPECT_EQ(named.debug_terminal, "ttyS1");
}

TEST(BootOptions, ASettingThatIsMadeAgainTakesThePlaceOfTheOneBefore) {
  BootOptions options;
  options.settings = "RuntimeWatchdogSec=10\nRuntimeWatchdogPreSec=2\n";
  for (int i = 0; i < 3; ++i) replace_setting(options, "RuntimeWatchdogSec", "20us");
  EXPECT_EQ(options.settings, "RuntimeWatchdogPreSec=2\nRuntimeWatchdogSec=20us\n");
}

}  // namespace
}  // namespace init
