// What entries consist of: part of the public headers of libincipit-journal, which need the C++ standard library alone. [pure]
#pragma once

#include <string_view>

namespace incipit::journal {

/// One field of an entry. A name is of A-Z, 0-9 and '_', at most 64 bytes (systemd.journal-fields(7)); a value is any bytes.
struct Field {
  std::string_view name, value;
};

}  // namespace incipit::journal
