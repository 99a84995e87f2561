// LogMaxUse= and LogRetention= of units: read from the X-Incipit section of their files, which systemd passes over. [os: files]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "journal/daemon/storage.h"

namespace journal {

class UnitLimits {
 public:
  explicit UnitLimits(std::string root) : root_(std::move(root)) {}

  /// The unit's own files, when it has limits of its own; empty name when not. Files are looked at again after ten
  /// seconds. `now`: monotonic.
  [[nodiscard]] OwnFiles find(const std::string& unit, std::uint64_t now);

 private:
  struct Known {
    OwnFiles files;
    std::uint64_t read_at = 0;
  };
  [[nodiscard]] OwnFiles read(const std::string& unit) const;

  std::string root_;
  std::unordered_map<std::string, Known> known_;
};

/// Applies the X-Incipit section of one unit file's text to `files`. Other sections and unknown keys are left alone.
void apply_unit_limits(std::string_view text, OwnFiles& files);

/// The stem of the files of a unit of its own: "unit-NAME", with '@' written as "\x40".
[[nodiscard]] std::string own_stem(std::string_view unit);
/// The unit of such a stem; empty when it is none.
[[nodiscard]] std::string unit_of_stem(std::string_view stem);

}  // namespace journal
