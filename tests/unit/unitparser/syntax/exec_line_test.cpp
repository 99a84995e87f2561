#include "unitparser/syntax/exec_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/unitparser/test_data.h"
#include "unitparser/base/text.h"
#include "unitparser/syntax/ini_reader.h"

namespace unitparser {
namespace {

/// What a small loader does with [Service] ExecStart=, enough for the recorded cases.
struct LoadedLines {
  ExecCommands commands;
  std::vector<std::string> log;
  bool bad_setting = false;
  bool error = false;
};

void remark(LoadedLines& loaded, const std::string& unit, std::string_view level, std::uint32_t line, std::string_view text) {
  loaded.log.push_back(fmt::format("<{}>{}:{}: {}", level, unit, line, text));
}

LoadedLines load_lines(const std::string& unit, const std::string& bytes) {
  LoadedLines loaded;
  const SpecifierFacts facts;
  const SpecifierContext context{.facts = &facts, .unit = unit, .fragment_path = {}, .slice_cgroup = {}};
  const IniDocument document = read_ini(bytes);
  for (const IniEntry& entry : document.entries) {
    if (entry.kind == IniKind::missing_equals) remark(loaded, unit, "4", entry.line, "Missing '=', ignoring line.");
    if (entry.kind == IniKind::section && entry.section == "service")
      remark(loaded, unit, "4", entry.line, "Unknown section 'service'. Ignoring.");
    if (entry.kind != IniKind::assignment || entry.section != "Service") continue;
    if (entry.key == "execstart")
      remark(loaded, unit, "4", entry.line, "Unknown key 'execstart' in section [Service], ignoring.");
    if (entry.key != "ExecStart") continue;
    if (entry.value.empty()) {
      loaded.commands.clear();
      continue;
    }
    Diagnostics found;
    Remarks remarks(found, {unit, entry.line, entry.column}, "ExecStart");
    const ExecLineOutcome outcome = parse_exec_line(entry.value, context, {}, remarks, loaded.commands);
    for (const Diagnostic& d : found)
      remark(loaded, unit, d.severity == Severity::error ? "3" : "4", d.position.line, d.message);
    if (outcome == ExecLineOutcome::fatal) {
      loaded.bad_setting = true;
      break;
    }
  }
  if (document.failure) {
    loaded.error = true;
    remark(loaded, unit, "4", document.failure->position.line, document.failure->message);
  }
  if (loaded.commands.empty() && !loaded.error) loaded.bad_setting = true;
  if (loaded.bad_setting || loaded.error) loaded.commands.clear();
  return loaded;
}

std::string latin1_to_bytes(const std::string& utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x80)
      bytes += utf8[i];
    else
      bytes += static_cast<char>((c & 3U) << 6U | (static_cast<unsigned char>(utf8[++i]) & 0x3FU));
  }
  return bytes;
}

nlohmann::json command_json(const ExecCommand& c) {
  nlohmann::json flags = nlohmann::json::array();
  if (c.ignore_failure) flags.push_back("ignore-failure");
  if (c.full_privileges) flags.push_back("privileged");
  if (c.no_setuid) flags.push_back("no-setuid");
  if (c.ambient_magic) flags.push_back("ambient");
  if (c.no_env_expand) flags.push_back("no-env-expand");
  return {{"path", c.path}, {"argv", c.argv}, {"flags", flags}};
}

TEST(ExecLine, ReadsTheRecordedCasesAlike) {
  const auto cases = testing::json_lines("exec.jsonl");
  ASSERT_EQ(cases.size(), 184U);
  for (const auto& c : cases) {
    const std::string unit = c["unit"];
    const LoadedLines loaded = load_lines(unit, latin1_to_bytes(c["bytes"]));
    nlohmann::json commands = nlohmann::json::array();
    for (const ExecCommand& command : loaded.commands) commands.push_back(command_json(command));
    EXPECT_EQ(commands, c["commands"]) << unit;
    const std::string state = loaded.error ? "error" : loaded.bad_setting ? "bad-setting" : "loaded";
    EXPECT_EQ(state, c["load_state"]) << unit;
    EXPECT_EQ(nlohmann::json(loaded.log), c["log"]) << unit;
  }
}

TEST(ExecLine, ExpandsVariablesAsTheRecordedRunsDid) {
  const std::vector<std::string> environment{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                             "FOO=foo", "BAR=b a r", "EMPTY=", "QUOTED='q 1' q2", "PROG=/usr/local/bin/argdump"};
  std::size_t compared = 0;
  for (const auto& c : testing::json_lines("exec.jsonl")) {
    const auto& runs = c["argv"];
    if (!runs.is_array()) continue;
    const LoadedLines loaded = load_lines(c["unit"], latin1_to_bytes(c["bytes"]));
    for (std::size_t i = 0; i < runs.size() && i < loaded.commands.size(); ++i) {
      const ExecCommand& command = loaded.commands[i];
      const auto argv = command.no_env_expand ? command.argv : expand_environment(command.argv, environment);
      EXPECT_EQ(nlohmann::json(argv), runs[i]) << c["unit"];
      ++compared;
    }
  }
  EXPECT_GT(compared, 130U);
}

TEST(ExecLine, WritesWhatItReadsBack) {
  const SpecifierFacts facts;
  const SpecifierContext context{.facts = &facts, .unit = "a.service", .fragment_path = {}, .slice_cgroup = {}};
  for (const std::string_view line : {"-/bin/a x 'y z' \\; %% ${A} \"\"", "@:/bin/a zero ';' é", "!!/bin/a", "+a \\n"}) {
    Diagnostics found;
    Remarks remarks(found, {}, "ExecStart");
    ExecCommands once;
    ASSERT_EQ(parse_exec_line(line, context, {}, remarks, once), ExecLineOutcome::accepted) << line;
    ASSERT_EQ(once.size(), 1U) << line;
    ExecCommands twice;
    ASSERT_EQ(parse_exec_line(format_exec_line(once[0]), context, {}, remarks, twice), ExecLineOutcome::accepted);
    EXPECT_EQ(once, twice) << line << " was written as " << format_exec_line(once[0]);
    EXPECT_TRUE(found.empty());
  }
}

}  // namespace
}  // namespace unitparser
