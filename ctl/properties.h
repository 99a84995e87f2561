// Properties: what an object says of itself, by name. [pure]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unitparser/base/value.h"

namespace ctl {

using unitparser::Value;

/// Properties of one object, in the order they came.
class Properties {
 public:
  std::vector<std::pair<std::string, Value>> entries;

  [[nodiscard]] const Value* find(std::string_view name) const;
  [[nodiscard]] std::string_view text(std::string_view name) const;      ///< empty when missing or no string
  [[nodiscard]] std::uint64_t number(std::string_view name) const;       ///< 0 when missing; signed ones sign-extended
  [[nodiscard]] std::optional<std::uint64_t> find_number(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;  ///< of 'as'
};

}  // namespace ctl
