#include "ctl/diagnosis.h"

#include <gtest/gtest.h>

namespace ctl {
namespace {

TEST(Diagnosis, OfWhatRunsIsWhyItWasStarted) {
  Evidence unit;
  unit.start_cause = "Wants=nginx.service of multi-user.target (/etc/x.wants/nginx.service)";
  EXPECT_EQ(diagnosis_text(unit, {}), "started because of Wants=nginx.service of multi-user.target (/etc/x.wants/nginx.service)");
}

TEST(Diagnosis, OfWhatFailedQuotesItsLastWords) {
  Evidence unit;
  unit.complaint = "Main process exited, code=exited, status=1/FAILURE";
  unit.last_words = "cannot bind\nto \"80\"";
  unit.start_cause = "timer x.timer";
  EXPECT_EQ(diagnosis_text(unit, {}),
            "Main process exited, code=exited, status=1/FAILURE; last words: \"cannot bind to \"80\"\"; started because of timer x.timer");
}

TEST(Diagnosis, CutsLongWordsBetweenCharacters) {
  Evidence unit;
  unit.complaint = "x";
  for (int i = 0; i < 150; ++i) unit.last_words += "ä";
  const std::string text = diagnosis_text(unit, {});
  EXPECT_EQ(text, "x; last words: \"" + unit.last_words.substr(0, 200) + "…\"");
}

TEST(Diagnosis, BlamesTheDependencyThatFailed) {
  Evidence unit, blamed;
  unit.blamed_unit = "db.service";
  unit.complaint = "not shown";
  unit.start_cause = "the boot";
  blamed.complaint = "start operation timed out. Terminating";
  blamed.last_words = "waiting for disk";
  EXPECT_EQ(diagnosis_text(unit, blamed), "its dependency db.service did not come up; start operation timed out. Terminating; "
                                          "its last words: \"waiting for disk\"; started because of the boot");
}

TEST(Diagnosis, OfWhatWasStoppedIsWhy) {
  Evidence unit;
  unit.start_cause = "the boot";
  unit.stop_cause = "a request of uid 0, process 7 of session-1.scope";
  EXPECT_EQ(diagnosis_text(unit, {}), "stopped because of a request of uid 0, process 7 of session-1.scope");
}

TEST(Diagnosis, SaysNothingWhenNothingIsKnown) { EXPECT_EQ(diagnosis_text({}, {}), ""); }

}  // namespace
}  // namespace ctl
