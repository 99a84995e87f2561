// Archived journal files in a fifth of the room: ZSTD frames one after the other, as zstd(1) reads them. Only our own reader looks
// into them. [os: files]
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "journal/file/disk.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

/// What the name of a packed file ends in: ".journal.zst".
inline constexpr std::string_view packed_suffix = ".zst";
[[nodiscard]] inline bool is_packed(std::string_view path) { return path.ends_with(".journal.zst"); }

/// Gives a file that was made from another (`from`, with this state) its owner and access list, as far as we may.
void copy_access(int from, int to, const struct stat& st);

/// Puts PATH.zst, which is on the disk then, in the place of the file that `fd` reads. Nothing has changed after a failure.
/// Errors: io; not_supported (libzstd is missing).
[[nodiscard]] unitparser::Result<void> pack_file(Disk& disk, int fd, const std::string& path);

/// The content of a packed file as a file without a name, which goes when it is closed. Errors: io, protocol (damaged), too_big
/// (larger than any journal file).
[[nodiscard]] unitparser::Result<unitparser::UniqueFd> unpack_file(int fd, const std::string& path);

}  // namespace journal
