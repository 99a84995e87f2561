// Which edges each type gets by itself. COMPAT: sections IMPLICIT and DEFAULT DEPENDENCIES of systemd.unit(5),
// systemd.service(5), systemd.socket(5), systemd.mount(5) and so on. [pure]
#include "init/engine/implicit_dependencies.h"

#include <algorithm>
#include <map>

#include "init/engine/loading.h"
#include "init/engine/unit_actions.h"
#include "init/machines/machine_types.h"
#include "unitparser/base/text.h"
#include "unitparser/load/derived_settings.h"

namespace init {
namespace {

using unitparser::UnitConfig;
using enum unitparser::DependencyKind;

/// Draws edges of one unit with one source.
class EdgeDrawer {
 public:
  EdgeDrawer(Core& core, Unit& unit, EdgeSource source) : core_(core), unit_(unit), source_(source) {}
  void to(DependencyKind kind, UnitId other, Origin origin = {}) {
    if (other == UnitId::none || other == unit_.id) return;
    if (core_.graph.add(unit_.id, kind, other, source_, origin) && (kind == before || kind == after) &&
        unit_.job != JobId::none && core_.units.get(other).job != JobId::none)
      core_.jobs.blockers_stale = true;
  }
  void to(std::initializer_list<DependencyKind> kinds, UnitId other, Origin origin = {}) {
    for (DependencyKind kind : kinds) to(kind, other, origin);
  }
  void named(std::initializer_list<DependencyKind> kinds, std::string_view name, Origin origin = {}) {
    if (auto parsed = UnitName::parse(name); parsed && !parsed->is_template())
      to(kinds, unit_for_edge(core_, *parsed), origin);
  }

 private:
  Core& core_;
  Unit& unit_;
  EdgeSource source_;
};

bool path_is_below(std::string_view path, std::string_view folder) {
  return folder == "/" || (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

/// "/", "/a", "/a/b" of "/a/b".
std::vector<std::string> prefixes_of(const std::string& path) {
  std::vector<std::string> result{"/"};
  for (std::size_t at = 1; at < path.size();) {
    std::size_t slash = path.find('/', at);
    if (slash == std::string::npos) slash = path.size();
    if (slash > at) result.push_back(path.substr(0, slash));
    at = slash + 1;
  }
  return result;
}

bool has_option(const std::string& options, std::string_view wanted) {
  for (std::string_view option : unitparser::split_at(options, ','))
    if (option == wanted) return true;
  return false;
}

bool is_network_mount(const unitparser::MountConfig& mount) {
  static constexpr std::array<std::string_view, 16> types{"afs",  "ceph",   "cifs", "gfs",   "gfs2",  "ncp",  "ncpfs",   "nfs",
                                                          "nfs4", "ocfs2",  "orangefs", "pvfs2", "smb3",  "smbfs", "davfs", "glusterfs"};
  return has_option(mount.options, "_netdev") ||
         std::find(types.begin(), types.end(), mount.type) != types.end() || mount.type == "fuse.sshfs" ||
         mount.type == "lustre" || mount.type == "fuse.glusterfs";
}

bool is_api_path(std::string_view where) {
  return path_is_below(where, "/proc") || path_is_below(where, "/sys") || path_is_below(where, "/dev");
}

/// Mounts that the system never unmounts and that thus take part in no shutdown ordering.
bool is_extrinsic(const Core& core, const Unit& unit, const std::string& where) {
  return core.options.user_manager || unit.origin.perpetual || where == "/" || where == "/usr" || is_api_path(where) ||
         path_is_below(where, "/run/initramfs");
}

/// What follows another stream adds nothing to what that one needs.
bool logs_to_journal(unitparser::ExecOutput output) {
  using unitparser::ExecOutput;
  return output == ExecOutput::journal || output == ExecOutput::journal_and_console || output == ExecOutput::kmsg ||
         output == ExecOutput::kmsg_and_console;
}

/// Whether the unit ever starts a process: only some sockets do.
bool runs_processes(const Unit& unit) {
  if (unit.name.text() == "-.mount") return false;  // the root is mounted before there is anybody to do it
  if (unit.type() != UnitType::socket) return unitparser::type_has_exec(unit.type());
  const auto& socket = *unit.config.common->socket;
  return !socket.exec_start_pre.empty() || !socket.exec_start_post.empty() || !socket.exec_stop_pre.empty() ||
         !socket.exec_stop_post.empty();
}

void add_exec_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  const UnitConfig& config = unit.config;
  if (core.options.user_manager) return;
  if (config.common->exec_sandbox->private_tmp || config.common->exec_identity->dynamic_user) {
    draw.named({after}, "systemd-tmpfiles-setup.service");
    draw.named({wants, after}, "tmp.mount");
  }
  using unitparser::DirectoryKind;
  for (DirectoryKind kind : {DirectoryKind::state, DirectoryKind::cache, DirectoryKind::logs})
    if (!config.common->exec_provided->directories[static_cast<std::size_t>(kind)].directories.empty())
      draw.named({after}, "systemd-remount-fs.service");  // it makes the file system that /var may lie on writable
  if (logs_to_journal(config.common->exec_streams->standard_output) || logs_to_journal(config.common->exec_streams->standard_error))
    draw.named({after}, "systemd-journald.socket");
  if (!config.common->exec_logging->log_namespace.empty()) {
    const std::string space = unitparser::escape_name(config.common->exec_logging->log_namespace);
    draw.named({requires_, after}, "systemd-journald@" + space + ".socket");
    draw.named({requires_, after}, "systemd-journald-varlink@" + space + ".socket");
  }
  if (!config.common->exec_paths->root_image.empty()) {
    draw.named({after}, "systemd-udevd.service");
    draw.named({wants}, "modprobe@loop.service");
    draw.named({wants}, "modprobe@dm_mod.service");
  }
}

void add_slice_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  if (!unitparser::type_has_cgroup(unit.type())) return;
  std::string slice = unit.config.common->resource_basics->slice;
  if (unit.type() == UnitType::slice || slice.empty())
    slice = unitparser::default_slice(unit.config, unit.name, core.options.user_manager ? unitparser::ManagerScope::user : unitparser::ManagerScope::system);
  auto name = slice.empty() ? Result<UnitName>(fail(ErrorCode::not_found, "")) : UnitName::parse(slice);
  unit.slice = UnitId::none;
  if (!name || name->type() != UnitType::slice) return;
  const UnitId id = unit_for_edge(core, *name);
  if (id == unit.id) return;
  unit.slice = id;
  if (unit.origin.load_state == LoadState::loaded) draw.to({in_slice, after, requires_}, id);
}

/// Edges of -.slice's kind to what stops the machine: every ordinary unit is stopped by and before `target`.
void add_shutdown_dependencies(EdgeDrawer& draw, std::string_view target) { draw.named({before, conflicts}, target); }

void add_device_dependency(Core& core, Unit& unit, EdgeDrawer& draw, const std::string& node, DependencyKind kind) {
  static_cast<void>(unit);
  if (core.options.user_manager || !is_supported(core, UnitType::device) || !node.starts_with("/dev/") || node == "/dev/root") return;
  if (auto device = unitparser::name_from_path(node, UnitType::device)) {
    draw.named({kind, after}, device->text());
    if (kind == wants || kind == requires_) draw.named({stop_propagated_from}, device->text());
  }
}

void add_service_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  const auto& service = *unit.config.common->service;
  if (unit.config.common->service->type == unitparser::ServiceType::dbus && !service.bus_name.empty())
    draw.named({requires_, after}, "dbus.socket");
  for (const std::string& socket : service.sockets) {
    draw.named({wants, after, triggered_by}, socket);
  }
  if (!unit.config.unit->default_dependencies) return;
  if (core.options.user_manager)
    draw.named({requires_}, "basic.target");
  else
    draw.named({after, requires_}, "sysinit.target");
  draw.named({after}, "basic.target");
  add_shutdown_dependencies(draw, "shutdown.target");
}

void add_triggered_unit(Core& core, Unit& unit, EdgeDrawer& draw, const std::string& wanted) {
  Result<UnitName> name =
      wanted.empty() ? unit.name.with_type(UnitType::service) : UnitName::parse(wanted);
  if (!name || name->is_template()) return;
  const UnitId other = unit_for_edge(core, *name);
  draw.to({before, triggers}, other);
  std::visit([&](auto& runtime) {
    if constexpr (requires { runtime->service; }) runtime.write().service = other;
  }, unit.type_runtime);
}

void add_socket_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  const auto& socket = *unit.config.common->socket;
  if (!socket.accept) add_triggered_unit(core, unit, draw, socket.service);
  if (const auto& device = unit.config.common->socket_options->bind_to_device; !device.empty() && device != "lo" && is_supported(core, UnitType::device))
    if (auto name = unitparser::name_from_path("/sys/subsystem/net/devices/" + device, UnitType::device))
      draw.named({binds_to, after}, name->text());
  if (!unit.config.unit->default_dependencies) return;
  draw.named({before}, "sockets.target");
  if (!core.options.user_manager) draw.named({after, requires_}, "sysinit.target");
  add_shutdown_dependencies(draw, "shutdown.target");
}

void add_timer_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  const auto& timer = *unit.config.common->timer;
  add_triggered_unit(core, unit, draw, timer.unit);
  if (!unit.config.unit->default_dependencies) return;
  draw.named({before}, "timers.target");
  if (!core.options.user_manager) {
    draw.named({after, requires_}, "sysinit.target");
    if (std::any_of(timer.timers.begin(), timer.timers.end(),
                    [](const auto& entry) { return entry.base == unitparser::TimerBase::calendar; })) {
      draw.named({after}, "time-sync.target");
      draw.named({after}, "time-set.target");
    }
  }
  add_shutdown_dependencies(draw, "shutdown.target");
}

void add_path_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  add_triggered_unit(core, unit, draw, unit.config.common->path->unit);
  if (!unit.config.unit->default_dependencies) return;
  draw.named({before}, "paths.target");
  if (!core.options.user_manager) draw.named({after, requires_}, "sysinit.target");
  add_shutdown_dependencies(draw, "shutdown.target");
}

void add_mount_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  const auto& mount = *unit.config.common->mount;
  const std::string where = mount_point_of(unit);
  const bool from_file = !unit.origin.fragment_path.empty();
  if (where != "/" && !mount.what.empty() && !core.options.user_manager)
    add_device_dependency(core, unit, draw, mount.what,
                          has_option(mount.options, "x-systemd.device-bound") ? binds_to : requires_);
  if (!unit.config.unit->default_dependencies || is_extrinsic(core, unit, where)) return;
  const bool network = is_network_mount(mount);
  if (network) {
    draw.named({after}, "remote-fs-pre.target");
    draw.named({after}, "network.target");
    draw.named({after, wants}, "network-online.target");
  } else {
    draw.named({after}, "local-fs-pre.target");
  }
  if (!(from_file && has_option(mount.options, "nofail")))
    draw.named({before}, network ? "remote-fs.target" : "local-fs.target");
  add_shutdown_dependencies(draw, "umount.target");
  if (mount.type == "tmpfs") draw.named({after}, "swap.target");
}

void add_automount_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  if (auto mount = unit.name.with_type(UnitType::mount)) draw.to({before, triggers}, unit_for_edge(core, *mount));
  if (!unit.config.unit->default_dependencies || core.options.user_manager) return;
  draw.named({before}, "local-fs.target");
  draw.named({after}, "local-fs-pre.target");
  add_shutdown_dependencies(draw, "umount.target");
}

void add_swap_dependencies(Core& core, Unit& unit, EdgeDrawer& draw) {
  const std::string what = swap_device_of(unit);
  add_device_dependency(core, unit, draw, what, binds_to);
  if (!what.starts_with("/dev/")) draw.named({after}, "systemd-remount-fs.service");  // a file, which may have to be writable
  if (!unit.config.unit->default_dependencies || core.options.user_manager || core.options.in_container) return;
  if (!has_option(unit.config.common->swap->options, "nofail")) draw.named({before}, "swap.target");
  add_shutdown_dependencies(draw, "umount.target");
}

void add_required_mounts(Core& core, Unit& unit) {
  EdgeDrawer draw(core, unit, EdgeSource::mounts_for);
  for (const auto& [path, origin] : required_mounts(core, unit)) {
    for (const std::string& prefix : prefixes_of(path)) {
      auto& users = core.index.mounts_for[prefix];
      if (std::find(users.begin(), users.end(), unit.id) == users.end()) users.push_back(unit.id);
      auto name = unitparser::name_from_path(prefix, UnitType::mount);
      if (!name) continue;
      const UnitId id = unit_for_edge(core, *name);
      const Unit& mount = core.units.get(id);
      if (id == unit.id || mount.origin.load_state != LoadState::loaded) continue;
      draw.to(after, id, origin);
      if (!mount.origin.fragment_path.empty()) draw.to(requires_, id, origin);
    }
  }
}

/// A mount appeared: all who need its mount point depend on it now.
void add_users_of_mount(Core& core, Unit& mount) {
  auto users = core.index.mounts_for.find(mount_point_of(mount));
  if (users == core.index.mounts_for.end()) return;
  for (UnitId user : users->second) {
    Unit* unit = core.units.find(user);
    if (unit == nullptr) continue;
    EdgeDrawer draw(core, *unit, EdgeSource::mounts_for);
    draw.to(after, mount.id);
    if (!mount.origin.fragment_path.empty()) draw.to(requires_, mount.id);
  }
}

}  // namespace

std::vector<std::pair<std::string, Origin>> required_mounts(const Core& core, const Unit& unit) {
  const UnitConfig& config = unit.config;
  std::vector<std::pair<std::string, Origin>> paths = config.common->unit_needs->requires_mounts_for;
  if (unit.origin.load_state == LoadState::not_found) return paths;
  const auto add = [&](const std::string& path) {
    if (path.starts_with('/')) paths.emplace_back(path, Origin{});
  };
  if (unitparser::type_has_exec(unit.type())) {
    if (!config.common->exec_identity->working_directory_missing_ok) add(config.common->exec_identity->working_directory);
    add(config.common->exec_identity->root_directory);
    add(config.common->exec_paths->root_image);
    const auto& roots = core.options.directories;
    for (std::size_t kind = 0; kind < roots.size(); ++kind)
      for (const auto& directory : config.common->exec_provided->directories[kind].directories) add(roots[kind] + "/" + directory.path);
    if (!core.options.user_manager && (config.common->exec_sandbox->private_tmp || config.common->exec_identity->dynamic_user))
      add("/var/tmp");
  }
  switch (unit.type()) {
    case UnitType::socket:
      for (const auto& listen : config.common->socket->listen) add(listen.address);
      break;
    case UnitType::path:
      for (const auto& entry : config.common->path->paths) add(entry.path);
      break;
    case UnitType::timer:
      if (config.common->timer->persistent && !core.options.user_manager) add("/var/lib/systemd/timers");
      break;
    case UnitType::mount:
    case UnitType::automount: {
      const std::string where = mount_point_of(unit);
      if (const std::size_t slash = where.rfind('/'); where != "/" && slash != std::string::npos)
        add(slash == 0 ? "/" : where.substr(0, slash));
      if (unit.type() == UnitType::mount && !unit.origin.fragment_path.empty() && config.common->mount->what.starts_with('/')) add(config.common->mount->what);
      break;
    }
    case UnitType::swap:
      if (const std::string what = swap_device_of(unit); !what.starts_with("/dev/")) add(what);
      break;
    default: break;
  }
  return paths;
}

void add_file_dependencies(Core& core, Unit& unit) {
  EdgeDrawer draw(core, unit, unit.origin.transient ? EdgeSource::transient : EdgeSource::file);
  // unit_for_edge may make new units but never moves this one: units live behind pointers.
  const auto section = unit.config.unit;
  for (const auto& entry : section->dependencies) draw.named({entry.kind}, entry.unit, entry.origin);
}

void add_implicit_dependencies(Core& core, Unit& unit) {
  EdgeDrawer draw(core, unit, EdgeSource::default_);
  add_slice_dependencies(core, unit, draw);
  if (runs_processes(unit)) add_exec_dependencies(core, unit, draw);
  if (unit.origin.load_state == LoadState::loaded) add_required_mounts(core, unit);
  switch (unit.type()) {
    case UnitType::service: add_service_dependencies(core, unit, draw); break;
    case UnitType::socket: add_socket_dependencies(core, unit, draw); break;
    case UnitType::timer: add_timer_dependencies(core, unit, draw); break;
    case UnitType::path: add_path_dependencies(core, unit, draw); break;
    case UnitType::mount:
      add_mount_dependencies(core, unit, draw);
      if (unit.origin.load_state == LoadState::loaded) add_users_of_mount(core, unit);
      break;
    case UnitType::automount: add_automount_dependencies(core, unit, draw); break;
    case UnitType::swap: add_swap_dependencies(core, unit, draw); break;
    case UnitType::target:
    case UnitType::slice:
    case UnitType::scope:
      if (unit.config.unit->default_dependencies && !unit.origin.perpetual)
        add_shutdown_dependencies(draw, "shutdown.target");
      break;
    case UnitType::device: break;
  }
}

void add_target_ordering(Core& core, Unit& unit) {
  const auto order = [&core](Unit& target, Unit& other) {
    if (target.type() != UnitType::target || target.origin.load_state != LoadState::loaded ||
        other.origin.load_state != LoadState::loaded || !target.config.unit->default_dependencies ||
        !other.config.unit->default_dependencies || core.graph.has(target.id, before, other.id))
      return;
    EdgeDrawer(core, target, EdgeSource::target_order).to(after, other.id);
  };
  const auto pulls_in = [](DependencyKind kind) {
    return kind == requires_ || kind == requisite || kind == wants || kind == binds_to || kind == upholds;
  };
  struct Pull {
    bool in = false;  ///< the unit pulls it in
    bool by = false;  ///< it pulls the unit in
  };
  std::map<UnitId, Pull> neighbours;
  core.graph.for_each(unit.id, Atom::target_after, [&](const Edge& edge) {
    Pull& pull = neighbours[edge.other];
    pull.in = pull.in || pulls_in(edge.kind);
    pull.by = pull.by || pulls_in(unitparser::inverse_of(edge.kind));
  });
  for (auto [id, pull] : neighbours) {
    Unit* other = core.units.find(id);
    if (other == nullptr) continue;
    // Of two targets that pull each other in, names decide which comes first, not which was loaded first.
    if (pull.in && pull.by && unit.type() == UnitType::target && other->type() == UnitType::target)
      (other->name.text() < unit.name.text() ? pull.by : pull.in) = false;
    if (pull.in) order(unit, *other);
    if (pull.by) order(*other, unit);
  }
}

void forget_required_mounts(Core& core, UnitId unit) {
  const Unit& u = core.units.get(unit);
  for (const auto& [path, origin] : required_mounts(core, u))
    for (const std::string& prefix : prefixes_of(path)) {
      auto at = core.index.mounts_for.find(prefix);
      if (at == core.index.mounts_for.end()) continue;
      std::erase(at->second, unit);
      if (at->second.empty()) core.index.mounts_for.erase(at);
    }
}

}  // namespace init
