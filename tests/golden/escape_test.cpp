// Every recorded call of systemd-escape, made to the program: same line, same words, same exit status.
#include "tests/golden/program.h"
#include "tests/golden/recorded.h"

namespace unitparser {
namespace {

TEST(Escape, AnswersLikeTheRealOne) {
  std::size_t count = 0;
  for (const nlohmann::json& record : testing::recorded_lines("escape.jsonl")) {
    SCOPED_TRACE(record["args"].dump());
    std::vector<std::string> words{"systemd-escape"};
    for (const auto& word : record["args"]) words.push_back(word);
    const testing::ProgramOutcome outcome = testing::run_program(CTL_PROGRAM, words);
    EXPECT_EQ(outcome.status, record["rc"]);
    EXPECT_EQ(outcome.out, record["stdout"]);
    EXPECT_EQ(outcome.err, record["stderr"]);
    ++count;
  }
  EXPECT_EQ(count, 299U);
}

}  // namespace
}  // namespace unitparser
