// MountInsertion: what is to appear in the mount namespace of a running process (BindMountUnit, MountImageUnit). [pure]
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "unitparser/config/values.h"

namespace init {

struct MountInsertion {
  pid_t process = 0;              ///< it appears in the namespace of this one, below its root
  std::string source;             ///< as PID 1 sees it
  std::string destination;        ///< as the process sees it
  bool read_only = false;
  bool is_image = false;          ///< the source is an image: its file systems appear, mounted with `options`
  std::vector<unitparser::ImageOption> options{};
  bool make_destination = false;  ///< make the mount point, and the folders above it, when it is not there
};

}  // namespace init
