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

/// COMPAT: the ways of saying that the specifiers of a text cannot be resolved; the reason follows.
namespace unresolved {
inline constexpr std::string_view usual = "Failed to resolve unit specifiers in '{}', ignoring";
inline constexpr std::string_view bare = "Failed to resolve unit specifiers in {}, ignoring";
inline constexpr std::string_view quoted = "Failed to resolve unit specifiers in \"{}\", ignoring";
inline constexpr std::string_view plain = "Failed to resolve unit specifiers in {}";
inline constexpr std::string_view refused = "Failed to resolve unit specifiers in '{}'";
inline constexpr std::string_view of_environment = "Failed to resolve specifiers in {}, ignoring";
inline constexpr std::string_view working_directory = "Failed to resolve unit specifiers in working directory path '{}'";
}  // namespace unresolved

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
  /// The same, because it could not be read: `os_errno` says why, EINVAL as a rule.
  void misread(int os_errno, std::string message, std::string hint = {}) { remarks.add(Severity::warning, std::move(message), std::move(hint), os_errno); }
  /// The same, and the message ends in what `os_errno` means: "…, ignoring: Invalid argument".
  void misread_because(int os_errno, const std::string& message, std::string hint = {});
  /// As ignore or misread, but systemd calls it an error.
  void complain(std::string message, std::string hint = {}, int os_errno = 0) { remarks.add(Severity::error, std::move(message), std::move(hint), os_errno); }
  /// The unit as a whole becomes unusable.
  void refuse(std::string message, std::string hint = {}, int os_errno = 0) {
    complain(std::move(message), std::move(hint), os_errno);
    fatal = true;
  }
  void note(std::string message, std::string hint = {}) { remarks.add(Severity::info, std::move(message), std::move(hint)); }
  /// The same of a user that had better not be named.
  void note_account(std::string account, std::string message, std::string hint) {
    remarks.add(Severity::info, std::move(message), std::move(hint), 0, std::move(account));
  }

  /// Specifiers resolved; says why and gives nothing when they cannot be, in the words of `complaint`.
  [[nodiscard]] std::optional<std::string> expand(std::string_view text, SpecifierSet set = SpecifierSet::full, std::string_view complaint = unresolved::usual);
  [[nodiscard]] std::optional<std::string> expand(std::string_view text, std::string_view complaint) { return expand(text, SpecifierSet::full, complaint); }
  /// The same for a setting without which the unit must not start.
  [[nodiscard]] std::optional<std::string> expand_or_refuse(std::string_view text, std::string_view complaint);
};

}  // namespace unitparser
