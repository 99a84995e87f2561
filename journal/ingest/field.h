// Field names as the journal's protocols allow them. [pure]
#pragma once

#include <algorithm>
#include <string_view>

#include "journal/format/layout.h"

namespace journal {

/// A name that clients may send: 1 to 64 of A-Z 0-9 _, not starting with a digit or '_' (those are the daemon's own).
[[nodiscard]] inline bool is_client_field_name(std::string_view name) {
  if (name.empty() || name.size() > field_name_limit || name[0] == '_' || (name[0] >= '0' && name[0] <= '9'))
    return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace journal
