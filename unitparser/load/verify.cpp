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
      check_install();
      check_documentation();
      check_accounts();
      check_service();
      check_triggers();
    }
    const auto by_place = [](const Diagnostic& a, const Diagnostic& b) {
      return a.position.file != b.position.file ? a.position.file < b.position.file : a.position.line < b.position.line;
    };
    explain();
    std::stable_sort(findings_.begin(), findings_.end(), by_place);
    return std::move(findings_);
  }

 private:
  void find(Severity severity, const Origin& origin, std::string_view key, std::string message, std::string hint, std::string_view linked = {}) {
    Position position{source_of(unit_.config, origin, linked), origin.line, 0};
    if (position.file.empty()) position = {unit_.fragment_path, 0, 0};
    for (const Assignment& assignment : unit_.assignments)
      if (assignment.position.line == position.line && assignment.position.file == position.file) position.column = assignment.position.column;
    findings_.push_back({severity, std::move(position), std::string(key), std::move(message), std::move(hint), {}});
  }
  /// Where the key was set last, for findings about it.
  struct Said {
    Severity severity;
    std::string_view key;
    std::string message, hint, why;
  };
  void find_at(Said said) {
    Position position{unit_.fragment_path, 0, 0};
    for (const Assignment& assignment : unit_.assignments)
      if (assignment.key == said.key && assignment.accepted) position = assignment.position;
    findings_.push_back({said.severity, std::move(position), std::string(said.key), std::move(said.message), std::move(said.hint), std::move(said.why)});
  }
  /// Why the loader's own findings matter.
  void explain() {
    for (Diagnostic& finding : findings_) {
      if (finding.position.line == 0) place_by_setting(finding);
      if (!finding.why.empty()) continue;
      if (finding.message.starts_with("Unknown ")) finding.why = "systemd and incipit skip what they do not know, so the setting has no effect";
      else if (finding.hint.starts_with("expected: ")) finding.why = "the line counts for nothing, what was set before it holds";
    }
  }

  /// What is wrong with settings together is said of the whole unit: the place is that of the first setting it speaks of.
  void place_by_setting(Diagnostic& finding) const {
    std::size_t first = std::string::npos;
    for (const Assignment& assignment : unit_.assignments) {
      const std::size_t at = finding.message.find(fmt::format(" {}=", assignment.key));
      if (!assignment.accepted || at == std::string::npos || at > first) continue;
      first = at;
      finding.position = assignment.position;
    }
  }

  void check_state() {
    const std::string& name = unit_.id.text();
    switch (unit_.state) {
      case LoadState::not_found:
        find(Severity::error, {}, {}, fmt::format("Unit {} not found.", name), unit_like(name));
        break;
      case LoadState::bad_setting:
        find(Severity::error, {}, {}, fmt::format("Unit {} has a bad unit file setting.", name), "mend what is said of its lines");
        break;
      case LoadState::error:
        find(Severity::error, {}, {}, unit_.error.message, {});
        break;
      case LoadState::masked: find(Severity::info, {}, {}, fmt::format("Unit {} is masked.", name), "unmask it to have it started"); break;
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
    const bool own_root = !unit_.config.common->exec_identity->root_directory.empty() || !unit_.config.common->exec_paths->root_image.empty();
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
      find(needed ? Severity::error : Severity::info, entry.origin, to_name(entry.kind), fmt::format("Unit {} not found.", entry.unit), std::move(hint), entry.unit);
    }
  }

  /// Whether a file of "name:..." lines has that name; true when the file cannot be read.
  [[nodiscard]] bool has_account(const std::string& file, const std::string& name) const {
    const Result<std::string> content = source_.read(file, longest_account_file);
    if (!content) return true;
    return content->starts_with(name + ":") || content->find("\n" + name + ":") != std::string::npos;
  }

  void check_accounts() {
    const ExecIdentity& identity = *unit_.config.common->exec_identity;
    const auto is_number = [](const std::string& text) { return text.find_first_not_of(digits) == std::string::npos; };
    constexpr std::string_view why = "the processes cannot be started (status 217/USER, 216/GROUP)";
    if (!identity.dynamic_user && !identity.user.empty() && !is_number(identity.user) && !has_account("/etc/passwd", identity.user))
      find_at({Severity::warning, "User", fmt::format("User {} is not in /etc/passwd.", identity.user), "make the user, or set DynamicUser=yes", std::string(why)});
    if (!identity.dynamic_user && !identity.group.empty() && !is_number(identity.group) && !has_account("/etc/group", identity.group))
      find_at({Severity::warning, "Group", fmt::format("Group {} is not in /etc/group.", identity.group), "make the group", std::string(why)});
  }

  /// Units that [Install] hooks this one into.
  void check_install() {
    const InstallSection& install = *unit_.config.common->install;
    const auto check = [this](std::string_view key, const std::vector<std::string>& names) {
      for (const std::string& name : names) {
        const Result<UnitName> other = UnitName::parse(name);
        if (!other || !other->instance().empty() || !files_.find(*other).fragment_path.empty()) continue;
        find_at({Severity::warning, key, fmt::format("Unit {} not found.", name), unit_like(name), "once enabled, the unit is started by nothing"});
      }
    };
    check("WantedBy", install.wanted_by);
    check("RequiredBy", install.required_by);
    check("Also", install.also);
  }

  [[nodiscard]] bool has_manual(std::string_view page) const {
    const std::size_t open = page.find('(');
    if (open == std::string_view::npos || !page.ends_with(')')) return false;
    const std::string_view section = page.substr(open + 1, page.size() - open - 2);
    const std::string file = fmt::format("{}/man{}/{}.{}", manuals, section.substr(0, 1), page.substr(0, open), section);
    return source_.stamp(file).kind != FileKind::missing || source_.stamp(file + ".gz").kind != FileKind::missing;
  }
  void check_documentation() {
    // Small images leave all manuals out: then none is missing.
    const bool has_manuals = source_.stamp(std::string(manuals) + "/man8").kind == FileKind::directory;
    for (const std::string& uri : unit_.config.unit_documents->documentation) {
      const auto manual = after_prefix(uri, "man:");
      const auto file = after_prefix(uri, "file:");
      const bool missing = (manual && has_manuals && !has_manual(*manual)) || (file && source_.stamp(std::string(after_prefix(*file, "//").value_or(*file))).kind == FileKind::missing);
      if (missing) find_at({Severity::info, "Documentation", fmt::format("Documentation {} is not there.", uri), "install it, or name what there is", {}});
    }
  }

  void check_service() {
    if (unit_.id.type() != UnitType::service) return;
    const ServiceConfig& service = *unit_.config.common->service;
    const ServiceTimeouts& timeouts = *unit_.config.common->service_timeouts;
    if (service.type == ServiceType::forking && service.pid_file.empty())
      find_at({Severity::info, "Type", "Type=forking without PIDFile=: the main process has to be guessed.", "name the daemon's pid file, or run it in the foreground",
               "a wrong guess stops or restarts the service at the wrong moment"});
    if (service.type != ServiceType::forking && !service.pid_file.empty())
      find_at({Severity::info, "PIDFile", fmt::format("PIDFile= is read for Type=forking only, this is Type={}.", to_name(service.type)), "take it out, or set Type=forking", {}});
    if (service.restart != ServiceRestart::no && service.remain_after_exit && service.type == ServiceType::oneshot)
      find_at({Severity::info, "Restart", "Restart= with RemainAfterExit=yes: only a failed start is tried again.", "drop one of the two", {}});
    if (service.restart == ServiceRestart::on_watchdog && timeouts.watchdog.is_zero())
      find_at({Severity::warning, "Restart", "Restart=on-watchdog without WatchdogSec=: nothing ever restarts it.", "set WatchdogSec=, or another Restart=", {}});
    if (unit_.config.common->unit_limits->start_limit_interval.is_zero() && service.restart == ServiceRestart::always && timeouts.restart_delay.is_zero())
      find_at({Severity::warning, "Restart", "Restart=always with no delay and no start limit: a service that fails at once runs in a tight loop.",
               "set RestartSec= or StartLimitIntervalSec=", {}});
    check_order_of_needs();
  }

  /// Something that is required but not waited for may come up too late.
  void check_order_of_needs() {
    const std::vector<DependencyEntry>& all = unit_.config.unit->dependencies;
    const auto is_ordered = [&all](const std::string& other) {
      return std::any_of(all.begin(), all.end(), [&other](const DependencyEntry& e) { return e.unit == other && (e.kind == DependencyKind::after || e.kind == DependencyKind::before); });
    };
    for (const DependencyEntry& entry : all) {
      const bool needs = entry.kind == DependencyKind::binds_to || entry.kind == DependencyKind::requisite ||
                         (entry.kind == DependencyKind::wants && entry.unit == "network-online.target");
      if (needs && entry.origin.source != Origin::implicit && !is_ordered(entry.unit))
        find(Severity::info, entry.origin, to_name(entry.kind), fmt::format("{}={} without After={}: both start at the same time.", to_name(entry.kind), entry.unit, entry.unit),
             fmt::format("add After={}", entry.unit), entry.unit);
    }
    for (const DependencyEntry& entry : all)
      if (entry.kind == DependencyKind::after && entry.unit == "network-online.target" && entry.origin.source != Origin::implicit &&
          std::none_of(all.begin(), all.end(), [](const DependencyEntry& e) { return e.unit == "network-online.target" && e.kind != DependencyKind::after; }))
        find(Severity::info, entry.origin, "After", "After=network-online.target waits for nothing unless something wants that target.", "add Wants=network-online.target");
  }

  /// Sockets, timers and paths without the unit that they start.
  void check_triggers() {
    std::string_view key = "Unit";
    std::string other;
    switch (unit_.id.type()) {
      case UnitType::timer: other = unit_.config.common->timer->unit; break;
      case UnitType::path: other = unit_.config.common->path->unit; break;
      case UnitType::socket: {
        const bool one_for_each = unit_.config.common->socket->accept;
        key = one_for_each ? "Accept" : "Service";
        if (one_for_each) other = fmt::format("{}@.service", unit_.id.stem());
        else other = unit_.config.common->socket->service;
        break;
      }
      default: return;
    }
    if (other.empty()) other = fmt::format("{}.service", unit_.id.stem());
    const Result<UnitName> name = UnitName::parse(other);
    if (!name || !files_.find(*name).fragment_path.empty()) return;
    find_at({Severity::error, key, fmt::format("Unit {} not found.", other), unit_like(other), fmt::format("it is what {} starts", unit_.id.text())});
  }

  static constexpr std::string_view manuals = "/usr/share/man";
  const LoadedUnit& unit_;
  FileSource& source_;
  const UnitFiles& files_;
  Diagnostics findings_;
};

}  // namespace

Diagnostics verify_unit(const LoadedUnit& unit, FileSource& source, const UnitFiles& files) { return Verifier(unit, source, files).run(); }

}  // namespace unitparser
