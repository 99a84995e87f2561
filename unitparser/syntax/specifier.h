// Specifiers: %n %i %t and all others of systemd.unit(5), from plain facts. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "unitparser/base/result.h"

namespace unitparser {

/// Facts of machine and manager, collected once by whoever may ask the system. Empty strings mean "there is none".
struct SpecifierFacts {
  // the user that the manager runs as (%u %U %g %G %h %s)
  std::string user = "root";
  std::string uid = "0";
  std::string group = "root";
  std::string gid = "0";
  std::string home = "/root";
  std::string shell = "/bin/sh";
  // roots of directories (%t %S %C %L %E %d, %T %V)
  std::string runtime_directory = "/run";
  std::string state_directory = "/var/lib";
  std::string cache_directory = "/var/cache";
  std::string logs_directory = "/var/log";
  std::string configuration_directory = "/etc";
  std::string temporary_directory = "/tmp";
  std::string persistent_temporary_directory = "/var/tmp";
  // machine (%m %b %H %l %q %v %a)
  std::string machine_id;  ///< 32 hex digits; %m fails without
  std::string boot_id;
  std::string host_name;
  std::string short_host_name;
  std::string pretty_host_name;  ///< falls back to host_name
  std::string kernel_release;
  std::string architecture;  ///< systemd's word, e.g. "x86-64"
  // os-release (%o %w %W %B %M %A)
  std::string os_id;
  std::string os_version_id;
  std::string os_variant_id;
  std::string os_build_id;
  std::string os_image_id;
  std::string os_image_version;
  std::string cgroup_root;  ///< of the manager, without trailing slash; empty for PID 1 (%c %r %R)
  bool operator==(const SpecifierFacts&) const = default;
};

/// What one expansion knows. `facts` and the views must outlive it.
struct SpecifierContext {
  const SpecifierFacts* facts = nullptr;
  std::string_view unit;           ///< full name
  std::string_view fragment_path;  ///< empty: none
  std::string_view slice_cgroup;   ///< cgroup of the unit's slice if it is known already; else the manager's root
};

/// Which specifiers a place allows.
enum class SpecifierSet : std::uint8_t {
  full,       ///< everything
  unit_name,  ///< what can stand in unit names (dependencies, [Install], credential names)
};

/// Expands all specifiers. Unknown letters and digits fail with EBADSLT, results longer than `longest` with
/// ENAMETOOLONG; other characters after '%' and a '%' at the end stay as they are.
[[nodiscard]] Result<std::string> expand_specifiers(std::string_view text, const SpecifierContext& context,
                                                    SpecifierSet set = SpecifierSet::full,
                                                    std::size_t longest = 1024UL * 1024);

/// Longest path, without the final NUL.
inline constexpr std::size_t longest_path = 4095;

/// For text that is to be kept as it is: doubles every '%'.
[[nodiscard]] std::string escape_specifiers(std::string_view text);

}  // namespace unitparser
