// What a control group's path says about its processes: unit, slice, session, owner (systemd's naming). [pure]
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace journal {

struct CgroupIdentity {
  std::string unit, slice;            ///< of the system manager; slice "-.slice" at the top
  std::string unit_group;             ///< path of the unit's own group
  std::string user_unit, user_slice;  ///< of a user manager below it
  std::string session;
  std::string owner_uid;
};

/// `path` is relative to the manager's root, starting with '/'.
[[nodiscard]] CgroupIdentity identify_cgroup(std::string_view path);

/// The path of the manager's hierarchy in the text of /proc/PID/cgroup, nullopt when there is none.
[[nodiscard]] std::optional<std::string_view> find_cgroup_path(std::string_view proc_cgroup);

}  // namespace journal
