// The command line: what each option sets, how systemctl's own order and abbreviations work.
#include "ctl/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "ctl/terminal.h"

namespace ctl {
namespace {

using testing::ElementsAre;

ParsedCommandLine parse(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Terminal terminal;
  return parse_command_line(static_cast<int>(words.size()), argv.data(), terminal);
}

TEST(Options, come_before_and_after_the_verb) {
  const auto parsed = parse({"systemctl", "start", "--no-block", "a.service", "-q", "--", "-.mount"});
  ASSERT_FALSE(parsed.exit_status);
  EXPECT_FALSE(parsed.options.block);
  EXPECT_TRUE(parsed.options.quiet);
  EXPECT_THAT(parsed.options.arguments, ElementsAre("start", "a.service", "-.mount"));
}

TEST(Options, may_be_abbreviated_as_long_as_they_are_unique) {
  EXPECT_TRUE(parse({"systemctl", "--with-dep", "status"}).options.with_dependencies);
  EXPECT_EQ(parse({"systemctl", "--no", "status"}).exit_status, EXIT_FAILURE);
}

TEST(Options, lists_add_up) {
  const auto parsed = parse({"systemctl", "-t", "service,socket", "--state=active", "--failed", "-p", "Id,Names", "--property=ActiveState"});
  EXPECT_THAT(parsed.options.types, ElementsAre("service", "socket"));
  EXPECT_THAT(parsed.options.states, ElementsAre("active", "failed"));
  EXPECT_THAT(parsed.options.properties, ElementsAre("Id", "Names", "ActiveState"));
}

TEST(Options, refuse_what_makes_no_sense) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"systemctl", "-t", "bogus"}, {"systemctl", "--frobnicate"}, {"systemctl", "-s", "BOGUS", "kill", "a"},
                                                                 {"systemctl", "-n", "x", "status"}, {"systemctl", "--wait", "--no-block", "start", "a"},
                                                                 {"systemctl", "--timestamp=x"}, {"systemctl", "-.mount"}, {"systemctl", "--json"}})
    EXPECT_EQ(parse(words).exit_status, EXIT_FAILURE) << words.back();
}

TEST(Options, json_is_ctls_own) {
  const auto parsed = parse({"/usr/bin/ctl", "--json", "list-jobs"});
  ASSERT_FALSE(parsed.exit_status);
  EXPECT_TRUE(parsed.options.json_forced);
  EXPECT_EQ(parsed.options.personality, Personality::ctl);
}

TEST(Options, the_name_chooses_the_language) {
  EXPECT_EQ(parse({"/sbin/reboot", "-f"}).options.force, 2U);
  EXPECT_EQ(parse({"/sbin/reboot", "-p"}).options.personality, Personality::reboot);
  EXPECT_EQ(parse({"poweroff", "--halt"}).options.personality, Personality::halt);
  const auto later = parse({"shutdown", "-r", "+5", "bye"});
  EXPECT_TRUE(later.options.shutdown.reboot);
  EXPECT_THAT(later.options.arguments, ElementsAre("+5", "bye"));
}

TEST(Signals, have_names_and_numbers) {
  EXPECT_EQ(signal_from_text("TERM"), 15);
  EXPECT_EQ(signal_from_text("SIGKILL"), 9);
  EXPECT_EQ(signal_from_text("RTMIN+3"), 37);
  EXPECT_EQ(signal_from_text("9"), 9);
  for (const auto* bad : {"", "BOGUS", "65", "-1", "RTMIN+99"}) EXPECT_EQ(signal_from_text(bad), 0) << bad;
  for (int number = 1; number <= 31; ++number) EXPECT_EQ(signal_from_text(signal_name(number)), number);
}

}  // namespace
}  // namespace ctl
