// What a signal asks of the manager of a machine, and of a user's.
#include "init/driver/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace init {
namespace {

using unitparser::ManagerScope;

TEST(Signals, EndTheUsersManagerThatReexecuteTheMachines) {
  EXPECT_EQ(find_signal_rule(SIGTERM, ManagerScope::system)->action, SignalAction::reexecute);
  for (const int signal : {SIGTERM, SIGINT}) {
    const SignalRule* rule = find_signal_rule(signal, ManagerScope::user);
    EXPECT_EQ(rule->action, SignalAction::start_unit);
    EXPECT_EQ(rule->unit, "exit.target");
    EXPECT_EQ(rule->mode, JobMode::replace_irreversibly);
  }
  EXPECT_EQ(find_signal_rule(SIGRTMIN + 24, ManagerScope::system)->action, SignalAction::nothing);
  EXPECT_EQ(find_signal_rule(SIGRTMIN + 24, ManagerScope::user)->action, SignalAction::exit_now);
}

TEST(Signals, OfTheMachinesConsoleMeanNothingToAUser) {
  for (const int signal : {SIGWINCH, SIGPWR}) {
    EXPECT_EQ(find_signal_rule(signal, ManagerScope::system)->action, SignalAction::start_unit);
    EXPECT_EQ(find_signal_rule(signal, ManagerScope::user)->action, SignalAction::nothing);
  }
}

TEST(Signals, OthersAreTheSameForBoth) {
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGRTMIN, SIGRTMIN + 22, SIGRTMIN + 25})
    EXPECT_EQ(find_signal_rule(signal, ManagerScope::user), find_signal_rule(signal, ManagerScope::system));
  EXPECT_EQ(find_signal_rule(SIGALRM, ManagerScope::user), nullptr);
}

}  // namespace
}  // namespace init
