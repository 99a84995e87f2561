// Reading the files and folders of one control group. COMPAT: cgroups(7). [os]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace init {

/// The number behind `key` in a flat keyed file ("populated 1"); nothing when the key is not there.
[[nodiscard]] std::optional<std::uint64_t> keyed_value(const std::string& text, std::string_view key);
/// The sum of the numbers behind `key` in a nested keyed file ("8:0 rbytes=4096 wbytes=0").
[[nodiscard]] std::uint64_t sum_of_values(const std::string& text, std::string_view key);
/// Content of a file of a group; nothing where there is none, as when its controller is off.
[[nodiscard]] std::optional<std::string> read_group_file(const std::string& directory, std::string_view name);
/// Paths of the groups directly below a group's folder.
[[nodiscard]] std::vector<std::string> child_groups(const std::string& directory);

}  // namespace init
