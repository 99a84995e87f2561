// Ids that nothing else has. [os: getrandom]
#pragma once

#include "journal/format/layout.h"
#include "unitparser/base/result.h"

namespace journal {

/// A random id, a UUID of version 4. Errors: as getrandom(2).
[[nodiscard]] unitparser::Result<Id128> random_id();

}  // namespace journal
