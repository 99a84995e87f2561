// Files of settings: which lines are handed on, and what is said of the others.
#include "unitparser/directives/settings_file.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "unitparser/base/diagnostic_log.h"

namespace unitparser {
namespace {

struct Reading {
  std::string taken;  ///< "section.key=value;" of each line that was handed on
  Diagnostics findings;
  /// "priority errno text;" of each finding.
  [[nodiscard]] std::string said() const {
    std::string text;
    for (const Diagnostic& finding : findings) {
      const DiagnosticLog log = log_of(finding);
      text += std::to_string(log.priority) + " " + std::to_string(finding.os_errno) + " " + log.text + ";";
    }
    return text;
  }
};

Reading read(std::string_view text) {
  static constexpr std::array<std::string_view, 2> keys{"Colour", "Size"};
  Reading reading;
  read_settings(text, "f", {.section = "Main", .own_section = "X-Own", .keys = keys},
                [&reading](ParseContext& context, std::string_view value) {
                  if (context.key != "Colour" && context.key != "Size") return false;
                  reading.taken += std::string(context.section) + "." + std::string(context.key) + "=" + std::string(value) + ";";
                  return true;
                },
                reading.findings);
  return reading;
}

TEST(SettingsFile, HandsOnTheLinesOfItsSections) {
  const Reading reading = read("[Main]\nColour = red \nX-Note=1\n[X-Else]\nColour=no\nfoo\n[X-Own]\nSize=\\\n 3\n");
  EXPECT_EQ(reading.taken, "Main.Colour=red;X-Own.Size=3;");
  EXPECT_EQ(reading.said(), "");
}

TEST(SettingsFile, SaysWhatIsWrongWithALine) {
  EXPECT_EQ(read("Colour=red\n").said(), "4 0 f:1: Assignment outside of section. Ignoring.;");
  EXPECT_EQ(read("[Else]\nColour=red\n").said(), "4 0 f:1: Unknown section 'Else'. Ignoring.;");
  EXPECT_EQ(read("[Main]\nred\n=red\n").said(), "4 0 f:2: Missing '=', ignoring line.;4 0 f:3: Missing key name before '=', ignoring line.;");
  const Reading misspelt = read("[Main]\nColor=red\n");
  EXPECT_EQ(misspelt.said(), "4 0 f:2: Unknown key 'Color' in section [Main], ignoring.;");
  EXPECT_EQ(misspelt.findings[0].hint, "did you mean Colour=?");
}

TEST(SettingsFile, SaysWhereTheRestIsNotRead) {
  const Reading header = read("[Main]\nSize=1\n[Main] x\nSize=2\n");
  EXPECT_EQ(header.taken, "Main.Size=1;");
  EXPECT_EQ(header.said(), "3 0 f:3: Invalid section header '[Main] x';4 74 f:3: Failed to parse file: Bad message;");
  EXPECT_TRUE(header.findings[1].position.file.empty()) << "the log has no CONFIG_FILE= of it";
  EXPECT_EQ(read("[Main]\nSize=\xff\n").said(), "4 0 f:2: String is not UTF-8 clean, ignoring assignment: Size=\uFFFD;4 22 f:2: Failed to parse file: Invalid argument;");
  EXPECT_EQ(read("[Main]\nSize=" + std::string(1100000, 'x') + "\n").said(), "3 105 f:1: Line too long;");
}

}  // namespace
}  // namespace unitparser
