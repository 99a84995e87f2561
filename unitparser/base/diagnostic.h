// Diagnostic: one finding about a file, said once, with its place. [pure]
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "unitparser/base/enum_names.h"
#include "unitparser/base/result.h"

namespace unitparser {

enum class Severity : std::uint8_t { error, warning, info };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<Severity>) {
  return {"error", "warning", "info"};
}

/// What is wrong where; `message` is a whole sentence as a person reads it, `hint` says how to mend it (may be empty).
struct Diagnostic {
  Severity severity = Severity::warning;
  Position position;
  std::string key;  ///< directive or section concerned, may be empty
  std::string message;
  std::string hint;
};
using Diagnostics = std::vector<Diagnostic>;

}  // namespace unitparser
