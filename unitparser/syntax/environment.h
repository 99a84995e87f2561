// Environment assignments and the content of environment files (systemd.exec(5) EnvironmentFile=). [pure]
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unitparser {

[[nodiscard]] bool is_valid_variable_name(std::string_view name);
/// No control characters but tab and newline.
[[nodiscard]] bool is_valid_variable_value(std::string_view value);
/// "NAME=value".
[[nodiscard]] bool is_valid_assignment(std::string_view text);

/// Sets "NAME=value" in a list, replacing an earlier one of that name in its place.
void set_variable(std::vector<std::string>& environment, std::string assignment);
/// Takes out every "NAME=..." for an entry "NAME", and exact matches for an entry "NAME=value".
void remove_variables(std::vector<std::string>& environment, std::span<const std::string> entries);

/// What an environment file says, in order, later assignments of a name replacing earlier ones. `invalid` gets the
/// assignments that were left out because name or value is not allowed. Never fails.
[[nodiscard]] std::vector<std::string> parse_environment_file(std::string_view content, std::vector<std::string>& invalid);
/// The raw pairs of such a file (os-release and locale.conf have the same form), without any check.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_variables(std::string_view content);
/// The variables of os-release(5) below a root ("" for our own): those of /etc, or of /usr/lib when there is no such file.
/// `read` gives the text of a file, "" for one that cannot be read.
[[nodiscard]] std::map<std::string, std::string> os_release_of(const std::string& root, const std::function<std::string(const std::string&)>& read);
/// The same of the text of one such file: an extension's, or locale.conf(5).
[[nodiscard]] std::map<std::string, std::string> variables_of(std::string_view content);

}  // namespace unitparser
