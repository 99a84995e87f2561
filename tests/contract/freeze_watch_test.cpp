// The watch over PID 1's own loop, with its signal raised by hand: nothing here waits for a clock but the last test.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "init/driver/freeze_watch.h"

namespace init {
namespace {

using unitparser::Duration;

constexpr auto never = Duration::from_seconds(3600);

void read_what_never_comes() {
  std::array<int, 2> pipe{};
  char byte = 0;
  if (::pipe(pipe.data()) == 0) (void)!::read(pipe[0], &byte, 1);
}

TEST(FreezeWatch, ALoopThatComesRoundLives) {
  EXPECT_EXIT(
      {
        FreezeWatch watch(never);
        for (int i = 0; i < 10; ++i) {
          ::raise(SIGVTALRM);
          ::raise(SIGVTALRM);
          watch.beat();
        }
        ::_exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(FreezeWatch, TwoPeriodsWithoutABeatAreACrash) {
  EXPECT_EXIT(
      {
        FreezeWatch watch(never);
        for (int i = 0; i < 3; ++i) ::raise(SIGVTALRM);
        ::_exit(0);
      },
      testing::KilledBySignal(SIGABRT), "");
}

TEST(FreezeWatch, TheTimerFindsAWaitThatNeverEnds) {
  EXPECT_EXIT(
      {
        FreezeWatch watch(Duration::from_msec(1));
        read_what_never_comes();
        ::_exit(0);
      },
      testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace init
