// Access lists of files in the kernel's form, acl(5): system.posix_acl_access, version 2. [pure]
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace journal {

/// The list `acl` (empty: what the mode says) with one more reader: this user. What others may do stays, what a folder's default
/// list gave to groups as well; the mask lets readers read.
[[nodiscard]] std::vector<std::uint8_t> acl_with_reader(std::span<const std::uint8_t> acl, mode_t mode, uid_t reader);

}  // namespace journal
