// Always-on assertion: a broken internal promise stops the program through one replaceable handler. [pure]
#pragma once

namespace unitparser {

/// Called with the failed expression and its place; must not return. PID 1 installs its crash handler here.
using CheckFailureHandler = void (*)(const char* expression, const char* file, int line);

/// Replaces the handler of failed CHECKs; the default prints to stderr and aborts.
void set_check_failure_handler(CheckFailureHandler handler) noexcept;

[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace unitparser

/// Verifies a promise of our own code (never of input). Active in every build.
#define CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::unitparser::check_failed(#expression, __FILE__, __LINE__))
