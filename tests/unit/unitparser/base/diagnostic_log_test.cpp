// What the log gets of a finding about a file.
#include "unitparser/base/diagnostic_log.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace unitparser {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string>>;

TEST(DiagnosticLog, NamesThePlaceInTheTextAndInFields) {
  const DiagnosticLog log = log_of({.severity = Severity::error, .position = {"/etc/x.conf", 3, 1}, .message = "No.", .hint = "write yes", .os_errno = EINVAL});
  EXPECT_EQ(log.priority, 3);
  EXPECT_EQ(log.text, "/etc/x.conf:3: No.");
  EXPECT_EQ(log.fields, (Fields{{"ERRNO", "22"}, {"CONFIG_FILE", "/etc/x.conf"}, {"CONFIG_LINE", "3"}, {"MESSAGE_ID", "c772d24e9a884cbeb9ea12625c306c01"}}));
}

TEST(DiagnosticLog, WithoutALineItIsAboutTheWhole) {
  const DiagnosticLog log = log_of({.severity = Severity::warning, .position = {"/etc/x.conf", 0, 0}, .message = "No."});
  EXPECT_EQ(log.priority, 4);
  EXPECT_EQ(log.text, "No.");
  EXPECT_TRUE(log.fields.empty());
}

TEST(DiagnosticLog, AUserIsNamedWithAnIdOfItsOwn) {
  const DiagnosticLog log = log_of({.severity = Severity::info, .position = {"f", 1, 1}, .message = "m", .account = "nobody"});
  EXPECT_EQ(log.priority, 5);
  EXPECT_EQ(log.fields.back(), (Fields::value_type{"OFFENDING_USER", "nobody"}));
}

TEST(DiagnosticLog, AnEndlessMessageIsCut) {
  EXPECT_EQ(log_of({.position = {"f", 1, 1}, .message = std::string(3000, 'x')}).text, "f:1: " + std::string(2047, 'x'));
}

}  // namespace
}  // namespace unitparser
