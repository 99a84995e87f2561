#include "unitparser/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace unitparser {
namespace {
CheckFailureHandler installed_handler = nullptr;
}

void set_check_failure_handler(CheckFailureHandler handler) noexcept { installed_handler = handler; }

void check_failed(const char* expression, const char* file, int line) noexcept {
  if (installed_handler != nullptr) installed_handler(expression, file, line);
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace unitparser
