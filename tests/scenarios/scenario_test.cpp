// Every *.txt of this folder is a scenario: unit files and a script, run on the engine in memory.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/sim/sim.h"

namespace {

std::vector<std::string> scenario_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(SCENARIOS))
    if (entry.path().extension() == ".txt") files.push_back(entry.path().stem().string());
  std::sort(files.begin(), files.end());
  return files;
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, holds) {
  std::ifstream file(std::string(SCENARIOS) + "/" + GetParam() + ".txt");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(sim::run_scenario(text.str()), "");
}

INSTANTIATE_TEST_SUITE_P(files, Scenario, testing::ValuesIn(scenario_files()), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

}  // namespace
