// Paths as text: absolute, valid, normal, simplified. [pure]
#pragma once

#include <string>
#include <string_view>

namespace unitparser {

/// Not empty, no component above 255 bytes, at most 4095 bytes.
[[nodiscard]] bool is_valid_path(std::string_view path);
/// Valid, and without "." and ".." components and doubled slashes.
[[nodiscard]] bool is_normal_path(std::string_view path);
/// A single component that may be a file's name.
[[nodiscard]] bool is_valid_file_name(std::string_view name);
/// Doubled and closing slashes and "." components away; ".." stays.
[[nodiscard]] std::string simplify_path(std::string_view path);
/// `path` is `parent` or below it, component by component.
[[nodiscard]] bool path_is_below(std::string_view path, std::string_view parent);
/// Last component; empty for "/" and "".
[[nodiscard]] std::string_view file_name(std::string_view path);
/// Everything before the last component, "/" for "/a", empty for "a".
[[nodiscard]] std::string_view directory_of(std::string_view path);
/// A device node by its path: below /dev/, or one of the manager's inaccessible ones.
[[nodiscard]] bool is_device_path(std::string_view path);
/// `path` made absolute by `base` and with "." and ".." resolved as text (for links that need not exist).
[[nodiscard]] std::string resolve_path(std::string_view base, std::string_view path);

}  // namespace unitparser
