// Verifies a loaded unit against the machine. [port]
#include "unitparser/load/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::size_t longest_account_file = 4UL * 1024 * 1024;

class Verifier {
 public:
  Verifier(const LoadedUnit& unit, FileSource& source, const UnitFiles& files)
      : unit_(unit), source_(source), files_(files), findings_(unit.diagnostics) {}

  Diagnostics run() {
    check_state();
    if (unit_.state == LoadState::loaded || unit_.state == LoadState::bad_setting) {
      check_commands();
      check_dependencies();
      check_accounts();
      check_service();
    }
    const auto by_place = [](const Diagnostic& a, const Diagnostic& b) {
      return a.position.file != b.position.file ? a.position.file < b.position.file : a.position.line < b.position.line;
    };
    std::stable_sort(findings_.begin(), findings_.end(), by_place);
    return std::move(findings_);
  }

 private:
  void find(Severity severity, const Origin& origin, std::string_view key, std::string message, std::string hint) {
    Position position{unit_.fragment_path, 0, 0};
    if (origin.source < unit_.config.sources.size()) position = {unit_.config.sources[origin.source], origin.line, 0};
    findings_.push_back({severity, std::move(position), std::string(key), std::move(message), std::move(hint)});
  }

  void check_state() {
    const std::string& name = unit_.id.text();
    switch (unit_.state) {
      case LoadState::not_found:
        find(Severity::error, {}, {}, fmt::format("Unit {} not found.", name), unit_like(name));
        break;
      case LoadState::bad_setting:
        find(Severity::error, {}, {}, fmt::format("Unit {} has a bad unit file setting.", name), unit_.error.message);
        break;
      case LoadState::error:
        find(Severity::error, {}, {}, unit_.error.message, {});
        break;
      case LoadState::masked: find(Severity::warning, {}, {}, fmt::format("Unit {} is masked.", name), "unmask it to have it started"); break;
      default: break;
    }
  }

  /// "did you mean X?" among the units there are.
  [[nodiscard]] std::string unit_like(std::string_view name) const {
    const std::vector<std::string> all = files_.all_names();
    const std::size_t dot = std::min(name.rfind('.'), name.size());
    const std::string_view suffix = name.substr(dot);
    std::vector<std::string_view> stems;  // the suffix must not count as likeness
    for (const std::string& other : all)
      if (other.ends_with(suffix)) stems.push_back(std::string_view(other).substr(0, other.size() - suffix.size()));
    const std::string_view near = nearest(name.substr(0, dot), stems);
    return near.empty() ? std::string() : fmt::format("did you mean {}{}?", near, suffix);
  }

  [[nodiscard]] bool is_executable_there(const std::string& path) const {
    if (path.starts_with('/')) return source_.stamp(path).kind == FileKind::regular;
    constexpr std::string_view default_folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
    return std::any_of(std::begin(default_folders), std::end(default_folders), [&](std::string_view folder) {
      return source_.stamp(std::string(folder) + "/" + path).kind == FileKind::regular;
    });
  }

  void check_commands() {
    const ServiceCommands& commands = *unit_.config.service_commands;
    const bool own_root = !unit_.config.exec_identity->root_directory.empty() || !unit_.config.exec_paths->root_image.empty();
    if (own_root) return;  // the programs are looked for elsewhere
    const std::pair<std::string_view, const ExecCommands*> lists[] = {
        {"ExecCondition", &commands.exec_condition}, {"ExecStartPre", &commands.exec_start_pre}, {"ExecStart", &commands.exec_start},
        {"ExecStartPost", &commands.exec_start_post}, {"ExecReload", &commands.exec_reload}, {"ExecStop", &commands.exec_stop},
        {"ExecStopPost", &commands.exec_stop_post}};
    for (const auto& [key, list] : lists)
      for (const ExecCommand& command : *list)
        if (!is_executable_there(command.path))
          find(command.ignore_failure ? Severity::warning : Severity::error, command.origin, key,
               fmt::format("Command {} is not executable: No such file or directory", command.path),
               command.ignore_failure ? "its failure is ignored ('-')" : "install the program, or correct the path");
  }

  void check_dependencies() {
    for (const DependencyEntry& entry : unit_.config.unit->dependencies) {
      const bool needed = entry.kind == DependencyKind::requires_ || entry.kind == DependencyKind::binds_to || entry.kind == DependencyKind::requisite;
      if ((!needed && entry.kind != DependencyKind::wants) || entry.origin.source == Origin::implicit) continue;
      const Result<UnitName> name = UnitName::parse(entry.unit);
      // Devices, scopes, slices and mounts come into being without files.
      if (!name || (name->type() != UnitType::service && name->type() != UnitType::socket && name->type() != UnitType::target &&
                    name->type() != UnitType::timer && name->type() != UnitType::path))
        continue;
      if (!files_.find(*name).fragment_path.empty()) continue;
      std::string hint = unit_like(entry.unit);
      if (needed && hint.empty()) hint = "the unit cannot be started without it";
      find(needed ? Severity::error : Severity::info, entry.origin, to_name(entry.kind), fmt::format("Unit {} not found.", entry.unit), std::move(hint));
    }
  }

  /// Whether a file of "name:..." lines has that name; true when the file cannot be read.
  [[nodiscard]] bool has_account(const std::string& file, const std::string& name) const {
    const Result<std::string> content = source_.read(file, longest_account_file);
    if (!content) return true;
    return content->starts_with(name + ":") || content->find("\n" + name + ":") != std::string::npos;
  }

  void check_accounts() {
    const ExecIdentity& identity = *unit_.config.exec_identity;
    const auto is_number = [](const std::string& text) { return text.find_first_not_of(digits) == std::string::npos; };
    if (!identity.dynamic_user && !identity.user.empty() && !is_number(identity.user) && !has_account("/etc/passwd", identity.user))
      find(Severity::warning, {}, "User", fmt::format("User {} is not in /etc/passwd.", identity.user), "make the user, or set DynamicUser=yes");
    if (!identity.dynamic_user && !identity.group.empty() && !is_number(identity.group) && !has_account("/etc/group", identity.group))
      find(Severity::warning, {}, "Group", fmt::format("Group {} is not in /etc/group.", identity.group), "make the group");
  }

  void check_service() {
    if (unit_.id.type() != UnitType::service) return;
    const ServiceConfig& service = *unit_.config.service;
    if (service.type == ServiceType::forking && service.pid_file.empty())
      find(Severity::info, {}, "Type", "Type=forking without PIDFile=: the main process has to be guessed.", "name the daemon's pid file, or run it in the foreground");
  }

  const LoadedUnit& unit_;
  FileSource& source_;
  const UnitFiles& files_;
  Diagnostics findings_;
};

}  // namespace

Diagnostics verify_unit(const LoadedUnit& unit, FileSource& source, const UnitFiles& files) { return Verifier(unit, source, files).run(); }

}  // namespace unitparser
