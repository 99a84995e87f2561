#include "init/program/run_program.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace init {
namespace {

using unitparser::Duration, unitparser::Result;

Result<std::string> run(std::vector<std::string> arguments, std::string_view input = {}) {
  return run_program({.arguments = std::move(arguments), .environment = {"WORD=x"}, .input = input});
}

TEST(RunProgram, TellsWhatWasWritten) {
  const std::string input(200'000, 'a');
  EXPECT_EQ(run({"/bin/cat"}, input).value_or(""), input);
  EXPECT_EQ(run({"/bin/sh", "-c", "echo lost >&2; echo $WORD"}).value_or(""), "x\n");
}

TEST(RunProgram, AFailureIsTheLastLineOfWhatWasSaid) {
  const auto result = run({"/bin/sh", "-c", "echo first >&2; echo second >&2; exit 3"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().os_errno, EIO);
  EXPECT_NE(result.error().message.find("/bin/sh: second"), std::string::npos) << result.error().message;
  EXPECT_EQ(run({"/bin/sh", "-c", "kill -9 $$"}).error().os_errno, EIO);
}

TEST(RunProgram, WhatIsNotThereCannotBeRun) { EXPECT_EQ(run({"/nowhere/program"}).error().os_errno, ENOENT); }

TEST(RunProgram, AProgramMayNotWriteOrTakeTooMuch) {
  EXPECT_EQ(run_program({.arguments = {"/bin/sh", "-c", "echo more"}, .environment = {}, .output_max = 4}).error().os_errno, E2BIG);
  EXPECT_EQ(run_program({.arguments = {"/bin/sh", "-c", "sleep infinity"}, .environment = {}, .patience = Duration::from_usec(0)}).error().os_errno, ETIMEDOUT);
}

}  // namespace
}  // namespace init
