// Unit files without a manager: what enable and its kin do with --root, --global or when no manager runs. [src]
#include "ctl/unit_files.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace ctl {
namespace {

/// Whether the options want the files themselves, not the manager.
bool wants_files(const Options& options) { return !options.root.empty() || !options.image.empty() || options.scope == Scope::global; }

int refuse(Session& session) { return session.fail("Working on unit files without a manager is not part of this build."); }

}  // namespace

std::optional<int> change_offline(Session& session, const std::string&, const std::vector<std::string>&, bool&) {
  return wants_files(session.options()) ? std::optional(refuse(session)) : std::nullopt;
}

std::optional<int> print_states_offline(Session& session, const std::vector<std::string>&, bool) {
  return wants_files(session.options()) ? std::optional(refuse(session)) : std::nullopt;
}

std::optional<int> get_default_offline(Session& session) {
  return wants_files(session.options()) ? std::optional(refuse(session)) : std::nullopt;
}

bool is_enabled_state(std::string_view state) {
  constexpr std::array<std::string_view, 6> enabled{"enabled", "enabled-runtime", "alias", "static", "indirect", "generated"};
  return std::find(enabled.begin(), enabled.end(), state) != enabled.end();
}

std::string absolute_path(const std::string& path) {
  if (path.starts_with('/')) return path;
  std::array<char, 4096> folder{};
  return getcwd(folder.data(), folder.size()) == nullptr ? path : std::string(folder.data()) + "/" + path;
}

}  // namespace ctl
