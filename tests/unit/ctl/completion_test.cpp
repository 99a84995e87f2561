// bash completion: it knows every verb that help tells of.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "ctl/verbs.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

TEST(Completion, knows_every_verb) {
  std::ifstream file(TEST_DATA "/../../ctl/completion/ctl.bash");
  std::stringstream text;
  text << file.rdbuf();
  const std::string script = text.str();
  const auto begin = script.find("verbs='"), end = script.find('\'', begin + 7);
  ASSERT_NE(end, std::string::npos);
  const auto words = unitparser::split_whitespace(std::string_view(script).substr(begin + 7, end - begin - 7));
  for (const Verb& verb : verbs()) {
    EXPECT_TRUE(verb.summary.empty() || std::find(words.begin(), words.end(), verb.name) != words.end()) << verb.name;
  }
}

}  // namespace
}  // namespace ctl
