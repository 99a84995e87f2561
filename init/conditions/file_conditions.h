// Conditions on files and folders. [os]
#pragma once

#include <optional>
#include <string>

namespace init {

/// A path that the pattern of glob(7) matches; nothing when there is none.
[[nodiscard]] std::optional<std::string> first_match_of_glob(const std::string& pattern);
[[nodiscard]] bool glob_matches_something(const std::string& pattern);
[[nodiscard]] bool is_directory(const std::string& path);
[[nodiscard]] bool is_symbolic_link(const std::string& path);
[[nodiscard]] bool is_mount_point(const std::string& path);
/// On a file system that can be written now.
[[nodiscard]] bool is_on_writable_file_system(const std::string& path);
/// On a block device that is a dm-crypt mapping, directly or below.
[[nodiscard]] bool is_on_encrypted_device(const std::string& path);
/// A folder with an entry that is neither hidden by "." nor "..".
[[nodiscard]] bool is_directory_not_empty(const std::string& path);
[[nodiscard]] bool is_file_not_empty(const std::string& path);
[[nodiscard]] bool is_executable_file(const std::string& path);
/// /usr is newer than what `path`/.updated remembers (systemd-update-done.service(8)).
[[nodiscard]] bool needs_update(const std::string& path);
/// Content of a file of the kernel or of /etc, at most 64 KiB; empty when it cannot be read.
[[nodiscard]] std::string read_text_file(const std::string& path);
/// The content of a file that the kernel makes anew in one piece, of a page at most, as of most files of a control group: read in
/// one call. Empty when it cannot be read.
[[nodiscard]] std::string read_record(const std::string& path);

}  // namespace init
