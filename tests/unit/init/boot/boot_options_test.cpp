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
  EXPECT_EQ(parse_kernel_command_line("quiet").show_status, ShowStatus::automatic);
  EXPECT_EQ(parse_kernel_command_line("quiet systemd.show_status=1").show_status, ShowStatus::yes);
  EXPECT_EQ(parse_kernel_command_line("systemd.show_status=error").show_status, ShowStatus::error);
}

TEST(BootOptions, DashAndUnderscoreAreTheSameInKeys) {
  EXPECT_EQ(parse_kernel_command_line("systemd.show-status=no").show_status, ShowStatus::no);
}

TEST(BootOptions, BadValuesAreNamedAndIgnored) {
  const BootOptions options = parse_kernel_command_line("systemd.unit=no/unit systemd.crash_shell=maybe");
  EXPECT_EQ(options.unit, "");
  EXPECT_FALSE(options.crash_shell);
  EXPECT_THAT(options.warnings, SizeIs(2));
}

TEST(BootOptions, ArgumentsOverrideTheKernelCommandLine) {
  BootOptions options = parse_kernel_command_line("systemd.unit=rescue.target");
  apply_arguments({"--unit=multi-user.target", "--log-level=debug", "--nonsense"}, options);
  EXPECT_EQ(options.unit, "multi-user.target");
  EXPECT_EQ(options.log_level, "debug");
  EXPECT_THAT(options.warnings, SizeIs(1));
}

}  // namespace
}  // namespace init
