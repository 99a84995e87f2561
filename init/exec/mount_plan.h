// MountPlan: the file system as the process shall see it, first as wishes, then as an ordered list of mounts. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "unitparser/config/exec_config.h"

namespace init {

/// What is put at a place.
enum class MountKind : std::uint8_t {
  attributes,         ///< what is there stays, only read-only and no-exec change
  inaccessible,       ///< an empty node without permissions
  bind,               ///< `source`, alone
  bind_recursive,     ///< `source` with what is mounted below
  tmpfs,              ///< new, `options` are its mount options
  private_devices,    ///< new /dev with the harmless nodes
  proc,               ///< new /proc, `options` are its mount options
  sysfs,              ///< /sys of the host, read-only when the host's cannot be mounted anew
  message_queues,     ///< new /dev/mqueue
  run,                ///< /run for a root directory
  image,              ///< the file systems of the image `source`, `image_options` are their mount options
};

enum class Switch : std::uint8_t { unset, on, off };

/// One place and what happens to it.
struct PlannedMount {
  MountKind kind = MountKind::attributes;
  std::string path;                 ///< absolute, as the process will see it
  std::string source;
  std::string options;
  std::vector<unitparser::ImageOption> image_options{};
  Switch read_only = Switch::unset;
  Switch no_exec = Switch::unset;
  bool no_suid = false;
  bool ignore_missing = false;
  bool below_root = false;          ///< '+': relative to RootDirectory=, which all paths are anyway
  bool implied = false;             ///< a default that an explicit wish for the same place overrides
  bool operator==(const PlannedMount&) const = default;
};

/// The wishes, in no particular order.
struct MountPlan {
  bool wanted = false;
  std::string root_directory;       ///< empty: the host's, or root_image
  std::string root_image;
  std::vector<unitparser::ImageOption> root_image_options;
  unitparser::VeritySettings root_verity;
  std::vector<unitparser::ImageMount> extension_images;       ///< their /usr and /opt are laid over the root's, the last on top
  std::vector<unitparser::MountablePath> extension_directories;  ///< the same, above the images
  bool api_file_systems = false;    ///< MountAPIVFS= below the root directory
  bool no_suid = false;             ///< NoNewPrivileges=: set-id bits count nowhere
  std::uint64_t propagation = 0;    ///< MS_SHARED, MS_SLAVE or MS_PRIVATE at the end
  std::string private_tmp;          ///< folder made for PrivateTmp=, with "tmp" in it; empty: not wanted
  std::string private_var_tmp;
  std::string propagate_directory;  ///< /run/systemd/propagate/UNIT
  std::vector<PlannedMount> mounts;
  bool operator==(const MountPlan&) const = default;

  [[nodiscard]] bool has_own_root() const { return !root_directory.empty() || !root_image.empty(); }
  /// Whether images have to be looked into, which needs a shared library.
  [[nodiscard]] bool has_images() const;
};

/// Everything that the planning looks at.
struct MountWishes {
  const unitparser::ExecSandbox& sandbox;
  const unitparser::ExecPaths& paths;
  std::string unit;
  std::string root_directory;
  std::string root_image;              ///< it wins over the folder
  std::string private_tmp_suffix;      ///< "BOOTID-UNIT-RANDOM"; empty: no private folders
  std::string credentials_directory;   ///< empty: none
  bool dynamic_user = false;
  bool private_directories = false;    ///< some folders lie below …/private
  std::vector<PlannedMount> directories;  ///< binds that the provided folders need
  std::string log_namespace;
  std::string boot_id;
  std::string runtime_prefix = "/run";
};

/// From directives to wishes. `wanted` says whether the process needs a mount namespace at all.
[[nodiscard]] MountPlan plan_mounts(const MountWishes& wishes);

/// From wishes to what is done: sorted so that parents come first, one entry for each place (the last explicit wish for
/// what lies there wins; read-only and no-exec add up), entries that would change nothing dropped. Attribute switches of
/// the result are effective: what a place inherits from above is filled in; what is newly put somewhere inherits nothing,
/// as with systemd. Paths must be canonical.
[[nodiscard]] std::vector<PlannedMount> arrange_mounts(std::vector<PlannedMount> mounts);

/// The type of places that PrivateDevices= makes available below /dev.
struct DeviceNode {
  const char* name;
  std::uint32_t major;
  std::uint32_t minor;
};
inline constexpr DeviceNode private_device_nodes[] = {
    {"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};

}  // namespace init
