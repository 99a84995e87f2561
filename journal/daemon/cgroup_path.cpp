#include "journal/daemon/cgroup_path.h"

#include <algorithm>

namespace journal {
namespace {

bool is_unit_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() > 255) return false;
  const std::string_view type = name.substr(dot + 1);
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@:-_.\\";
  if (name.find_first_not_of(allowed) != std::string_view::npos || name[0] == '@') return false;
  for (const std::string_view known : {"service", "scope", "slice", "socket", "mount", "swap"})
    if (type == known) return true;
  return false;
}

/// Takes the next component off the path, without the '_' that keeps names apart from the kernel's own files.
std::string_view take_component(std::string_view& path) {
  while (!path.empty() && path[0] == '/') path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  std::string_view component = path.substr(0, end);
  path.remove_prefix(end);
  if (!component.empty() && component[0] == '_') component.remove_prefix(1);
  return component;
}

/// Takes leading slices off; returns the last of them.
std::string_view take_slices(std::string_view& path) {
  std::string_view slice;
  for (;;) {
    std::string_view rest = path;
    const std::string_view component = take_component(rest);
    if (!component.ends_with(".slice") || !is_unit_name(component)) return slice;
    slice = component;
    path = rest;
  }
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

CgroupIdentity identify_cgroup(std::string_view path) {
  CgroupIdentity identity;
  const std::string_view whole = path;
  const std::string_view slice = take_slices(path);
  identity.slice = slice.empty() ? "-.slice" : slice;
  if (slice.starts_with("user-")) {
    const std::string_view uid = slice.substr(5, slice.size() - 5 - 6);
    if (is_digits(uid)) identity.owner_uid = uid;
  }
  const std::string_view unit = take_component(path);
  if (!is_unit_name(unit)) return identity;
  identity.unit = unit;
  identity.unit_group = whole.substr(0, whole.size() - path.size());
  const bool is_session = unit.starts_with("session-") && unit.ends_with(".scope");
  if (is_session) identity.session = unit.substr(8, unit.size() - 8 - 6);
  const bool is_user_manager = unit.starts_with("user@") && unit.ends_with(".service");
  if (!is_user_manager && !is_session) return identity;
  const std::string_view user_slice = take_slices(path);
  const std::string_view user_unit = take_component(path);
  if (is_unit_name(user_unit)) {
    identity.user_unit = user_unit;
    identity.user_slice = user_slice.empty() ? "-.slice" : user_slice;
  }
  return identity;
}

std::optional<std::string_view> find_cgroup_path(std::string_view text) {
  std::optional<std::string_view> legacy;  // counts only where the one of version 2 is missing
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (line.starts_with("0::")) return line.substr(3);
    if (controllers == "name=systemd") legacy = line.substr(second + 1);
  }
  return legacy;
}

}  // namespace journal
