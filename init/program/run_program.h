// run_program(): a program of the distribution to which a piece of work is left, from its start to its end. [os]
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"
#include "unitparser/base/time.h"

namespace init {

struct Program {
  std::vector<std::string> arguments;                                      ///< the first is its path
  std::vector<std::string> environment;
  std::string_view input{};                                                ///< what its standard input holds
  std::size_t output_max = std::size_t{1} << 20U;                          ///< bytes of standard output
  unitparser::Duration patience = unitparser::Duration::from_seconds(60);  ///< then it is killed
};

struct StartedProgram {
  pid_t pid = -1;
  unitparser::UniqueFd pidfd;
};

/// Starts a program (`arguments` begins with its path) in a process group of its own, with signals as they are by default.
/// `streams` become its standard input, output and error; for -1 it has ours. Errors: what the kernel says.
[[nodiscard]] unitparser::Result<StartedProgram> start_program(std::vector<std::string> arguments, std::vector<std::string> environment,
                                                               const std::array<int, 3>& streams);

/// What a program of the distribution's that is run without a terminal should have in its environment.
[[nodiscard]] std::vector<std::string> plain_environment();

/// Runs a program to its end, with signals as they are by default, and tells what it wrote to its standard output. Fails with the
/// last line of its standard error when it ended otherwise than with status 0 (EIO), when it took too long (ETIMEDOUT) or wrote
/// too much (E2BIG), and with what the kernel says when it cannot be run.
[[nodiscard]] unitparser::Result<std::string> run_program(const Program& program);

}  // namespace init
