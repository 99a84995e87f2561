// Paths as text. [pure]
#include "unitparser/syntax/paths.h"

#include <algorithm>
#include <vector>

#include "unitparser/base/text.h"

namespace unitparser {

bool is_valid_path(std::string_view path) {
  if (path.empty() || path.size() > 4095) return false;
  const auto components = split_at(path, '/');
  return std::all_of(components.begin(), components.end(), [](std::string_view c) { return c.size() <= 255; });
}

bool is_normal_path(std::string_view path) {
  if (!is_valid_path(path)) return false;
  if (path.find("//") != std::string_view::npos) return false;
  const auto components = split_at(path, '/');
  return std::none_of(components.begin(), components.end(), [](std::string_view c) { return c == "." || c == ".."; });
}

bool is_valid_file_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

std::string simplify_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::string out;
  out.reserve(path.size());
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view component = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (component.empty() || component == ".") continue;
    if (absolute || !out.empty()) out += '/';
    out += component;
  }
  if (out.empty()) return absolute ? "/" : ".";
  return out;
}

bool path_is_below(std::string_view path, std::string_view parent) {
  if (parent == "/") return path.starts_with('/');
  return path.starts_with(parent) && (path.size() == parent.size() || path[parent.size()] == '/');
}

std::string_view file_name(std::string_view path) {
  path = trim_right(path, "/");
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view directory_of(std::string_view path) {
  path = trim_right(path, "/");
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return slash == 0 ? path.substr(0, 1) : trim_right(path.substr(0, slash), "/");
}

bool is_device_path(std::string_view path) {
  return (path.starts_with("/dev/") || path.starts_with("/run/systemd/inaccessible/")) && path.size() > 5;
}

std::string resolve_path(std::string_view base, std::string_view path) {
  std::vector<std::string_view> components;
  const auto walk = [&components](std::string_view part) {
    for (const std::string_view component : split_at(part, '/')) {
      if (component.empty() || component == ".") continue;
      if (component != "..")
        components.push_back(component);
      else if (!components.empty())
        components.pop_back();
    }
  };
  if (!path.starts_with('/')) walk(base);
  walk(path);
  std::string out;
  for (const std::string_view component : components) {
    out += '/';
    out += component;
  }
  return out.empty() ? "/" : out;
}

}  // namespace unitparser
