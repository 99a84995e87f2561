// Values as JSON text. [pure]
#pragma once

#include <string>

#include "ctl/render/table.h"
#include "unitparser/base/value.h"

namespace ctl {

/// Dictionaries with string keys become objects, structs and other arrays become arrays, variants their content, a
/// struct without fields null.
[[nodiscard]] std::string json_text(const unitparser::Value& value, JsonLayout layout);

}  // namespace ctl
