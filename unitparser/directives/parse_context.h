// ParseContext: what a codec knows while it reads one value, and where it puts its remarks. [pure]
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "unitparser/base/diagnostic.h"
#include "unitparser/config/machine_facts.h"
#include "unitparser/config/values.h"
#include "unitparser/names/unit_type.h"
#include "unitparser/syntax/specifier.h"
#include "unitparser/syntax/time_zone.h"

namespace unitparser {

enum class ManagerScope : std::uint8_t { system, user };

/// One assignment being read. The views and references outlive it; `remarks` writes with the place of the assignment.
struct ParseContext {
  std::string_view section;
  std::string_view key;  ///< as written, so that remarks name what the person wrote
  Origin origin;
  SpecifierContext specifiers;
  const MachineFacts* machine = nullptr;
  TimeZones* zones = nullptr;  ///< for calendar expressions; nullptr: only UTC is known
  UnitType type = UnitType::service;
  ManagerScope scope = ManagerScope::system;
  Remarks& remarks;
  bool fatal = false;  ///< set by a codec: the unit must not start, "bad-setting"
  int load_error = 0;  ///< set by a codec: the unit cannot even be loaded, "error" with this errno

  /// The line, or the part of it that is named, counts for nothing.
  void ignore(std::string message, std::string hint = {}) { remarks.add(Severity::warning, std::move(message), std::move(hint)); }
  /// As ignore, but systemd calls it an error.
  void complain(std::string message, std::string hint = {}) { remarks.add(Severity::error, std::move(message), std::move(hint)); }
  /// The unit as a whole becomes unusable.
  void refuse(std::string message, std::string hint = {}) {
    complain(std::move(message), std::move(hint));
    fatal = true;
  }
  void note(std::string message, std::string hint = {}) { remarks.add(Severity::info, std::move(message), std::move(hint)); }
  /// The same of a user that had better not be named.
  void note_account(std::string account, std::string message, std::string hint) {
    remarks.add(Severity::info, std::move(message), std::move(hint), std::move(account));
  }

  /// Specifiers resolved; says why and gives nothing when they cannot be.
  [[nodiscard]] std::optional<std::string> expand(std::string_view text, SpecifierSet set = SpecifierSet::full);
};

}  // namespace unitparser
