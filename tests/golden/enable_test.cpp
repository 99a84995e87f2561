// Runs the recorded cases of enablement with the program itself: same words, same exit status, same files afterwards.
#include <algorithm>

#include "tests/golden/program.h"
#include "tests/unit/unitparser/test_data.h"
#include "unitparser/base/text.h"

namespace unitparser {
namespace {

using Strings = std::vector<std::string>;
constexpr std::string_view root_placeholder = "@ROOT@";
constexpr std::string_view no_install_info = "The unit files have no installation config";  // the help text that begins so

/// The output as it was recorded: the root by its placeholder, runs of "Removed" lines in any order.
std::string comparable(std::string text, const std::string& root) {
  for (std::size_t at = 0; (at = text.find(root, at)) != std::string::npos; at += root_placeholder.size()) text.replace(at, root.size(), root_placeholder);
  if (const std::size_t at = text.find(no_install_info); at != std::string::npos) text = text.substr(0, at) + "@NO_INSTALL_INFO@\n";
  Strings removed;
  std::string out;
  const auto flush = [&] {
    std::sort(removed.begin(), removed.end());
    for (const std::string& line : removed) out += line + "\n";
    removed.clear();
  };
  for (const std::string_view line : split_at(text, '\n')) {
    if (line.starts_with("Removed")) {
      removed.emplace_back(line);
    } else {
      flush();
      if (!line.empty()) out += std::string(line) + "\n";
    }
  }
  flush();
  return out;
}

void run_case(const nlohmann::json& recorded) {
  const testing::TemporaryFolder root;
  for (const auto& [name, content] : recorded["input"].items()) root.put(name, content);
  for (const auto& step : recorded["steps"]) {
    SCOPED_TRACE(recorded["name"].get<std::string>() + ": " + step["args"].dump());
    const std::set<std::string> before = root.tree();
    Strings words{"systemctl", "--root=" + root.path(), "--no-pager"};
    for (const auto& word : step["args"]) words.push_back(word);
    const testing::ProgramOutcome outcome = testing::run_program(CTL_PROGRAM, words);
    if (step["rc"] == -11) {  // the recorded program crashed here
      EXPECT_GE(outcome.status, 0);
      continue;
    }
    EXPECT_EQ(outcome.status, step["rc"]);
    EXPECT_EQ(outcome.out, step.value("stdout", ""));
    std::string expected = step.value("stderr", "");
    std::string said = outcome.err;
    // What chroot(8) and the helper say is theirs, and depends on who runs the test.
    if (const std::size_t at = expected.find("chroot:"); at != std::string::npos) {
      expected.resize(at);
      said.resize(std::min(said.size(), comparable(expected, std::string(root_placeholder)).size() + root.path().size() - root_placeholder.size()));
    }
    EXPECT_EQ(comparable(said, root.path()), comparable(expected, std::string(root_placeholder)));
    const std::set<std::string> after = root.tree();
    Strings added;
    Strings removed;
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(added));
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(removed));
    EXPECT_EQ(nlohmann::json(added), step.value("added", nlohmann::json::array()));
    EXPECT_EQ(nlohmann::json(removed), step.value("removed", nlohmann::json::array()));
  }
}

TEST(Enablement, IsThatOfTheRealOne) {
  const bool has_sysv_helper = ::access("/lib/systemd/systemd-sysv-install", X_OK) == 0;
  std::size_t count = 0;
  for (const char* file : {"enable-1.jsonl", "enable-2.jsonl"})
    for (const auto& recorded : testing::json_lines(file)) {
      ++count;
      if (recorded["name"] == "107-sysv-missing" && !has_sysv_helper) std::fprintf(stderr, "SKIPPED 107-sysv-missing: no systemd-sysv-install on this machine\n");
      else run_case(recorded);
    }
  EXPECT_EQ(count, 114U);
}

}  // namespace
}  // namespace unitparser
