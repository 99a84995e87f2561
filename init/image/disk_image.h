// Images of file systems and of disks, mounted through loop devices: RootImage=, MountImages=, ExtensionImages= of systemd.exec(5).
// [os: loop devices, mounts]
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "init/image/verity.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"
#include "unitparser/config/values.h"

namespace init {

/// A file system in an image, by the Discoverable Partitions Specification.
struct ImagePart {
  std::string designator;      ///< "root", "usr", "home", …
  std::string place;           ///< where it belongs, below the image's own root
  std::uint64_t offset = 0;    ///< bytes
  std::uint64_t size = 0;      ///< bytes; 0: up to the end
  std::string type;            ///< of the file system
  bool read_only = false;      ///< the partition table says so
  std::uint64_t tree_offset = 0, tree_size = 0;  ///< bytes: the tree of hashes that it is checked with; none where the size is 0
  bool operator==(const ImagePart&) const = default;
};

/// What is in an image: one file system, or the partitions of this architecture that have a place, the root first. With a root
/// hash and no file with a tree, the root or /usr is the partition that the hash names, and has its tree in another.
/// Errors: io; not_supported for what holds no file system that can be used as a root or as /usr.
[[nodiscard]] unitparser::Result<std::vector<ImagePart>> dissect_image(int image, const Verity& verity = {});

/// A part that is mounted, but nowhere yet.
struct MountedPart {
  std::string place;
  unitparser::UniqueFd tree;   ///< for move_mount(2)
};

/// Mounts all parts of an image, each with the options that name it; read-only where it cannot be written, and checked where a root
/// hash is known. Loop devices and those that check go when the last mount of theirs goes. Errors: as dissect_image() and
/// open_checked(), and what the kernel says.
[[nodiscard]] unitparser::Result<std::vector<MountedPart>> mount_image(const std::string& path, std::span<const unitparser::ImageOption> options,
                                                                       const unitparser::VeritySettings& verity = {});

/// Attaches the parts at a place and below it.
[[nodiscard]] unitparser::Result<void> attach_image(std::span<const MountedPart> parts, const std::string& place);

}  // namespace init
