// Planning of mount namespaces: tables of what each directive means, then ordering and merging. [pure]
#include "init/exec/mount_plan.h"

#include <sys/mount.h>

#include <algorithm>
#include <map>

namespace init {
namespace {

using unitparser::ExecSandbox;
using unitparser::ProcSubset;
using unitparser::ProtectHome;
using unitparser::ProtectProc;
using unitparser::ProtectSystem;

enum class Wish : std::uint8_t { read_only, read_write, inaccessible };

struct TableRow {
  const char* path;
  Wish wish;
  bool implied = false;  ///< gives way to an explicit wish for the same place
};

// systemd.exec(5) ProtectSystem=
constexpr TableRow system_yes[] = {
    {"/usr", Wish::read_only}, {"/boot", Wish::read_only}, {"/efi", Wish::read_only},
    {"/lib", Wish::read_only}, {"/lib64", Wish::read_only}, {"/bin", Wish::read_only}, {"/sbin", Wish::read_only}};
constexpr TableRow system_full[] = {
    {"/usr", Wish::read_only}, {"/boot", Wish::read_only}, {"/efi", Wish::read_only}, {"/etc", Wish::read_only},
    {"/lib", Wish::read_only}, {"/lib64", Wish::read_only}, {"/bin", Wish::read_only}, {"/sbin", Wish::read_only}};
constexpr TableRow system_strict[] = {
    {"/", Wish::read_only},
    {"/proc", Wish::read_write, true},  // ProtectKernelTunables= decides
    {"/sys", Wish::read_write, true},
    {"/dev", Wish::read_write, true},   // PrivateDevices= decides
    {"/home", Wish::read_write, true},  // ProtectHome= decides
    {"/run/user", Wish::read_write, true},
    {"/root", Wish::read_write, true}};
// ProtectKernelTunables=
constexpr TableRow kernel_tunables[] = {
    {"/proc/acpi", Wish::read_only},  {"/proc/apm", Wish::read_only},         {"/proc/asound", Wish::read_only},
    {"/proc/bus", Wish::read_only},   {"/proc/fs", Wish::read_only},          {"/proc/irq", Wish::read_only},
    {"/proc/kallsyms", Wish::inaccessible}, {"/proc/kcore", Wish::inaccessible},
    {"/proc/latency_stats", Wish::read_only}, {"/proc/mtrr", Wish::read_only},
    {"/proc/scsi", Wish::read_only},  {"/proc/sys", Wish::read_only},         {"/proc/sysrq-trigger", Wish::read_only},
    {"/proc/timer_stats", Wish::read_only}, {"/sys", Wish::read_only},        {"/sys/fs/bpf", Wish::read_only},
    {"/sys/fs/cgroup", Wish::read_write, true}, {"/sys/fs/selinux", Wish::read_write, true},
    {"/sys/kernel/debug", Wish::read_only},   {"/sys/kernel/tracing", Wish::read_only}};
constexpr TableRow kernel_modules[] = {{"/lib/modules", Wish::inaccessible}, {"/usr/lib/modules", Wish::inaccessible}};
constexpr TableRow kernel_logs[] = {{"/proc/kmsg", Wish::inaccessible}, {"/dev/kmsg", Wish::inaccessible}};
constexpr TableRow control_groups[] = {{"/sys/fs/cgroup", Wish::read_only}};
constexpr TableRow home_yes[] = {
    {"/home", Wish::inaccessible}, {"/run/user", Wish::inaccessible}, {"/root", Wish::inaccessible}};
constexpr TableRow home_read_only[] = {
    {"/home", Wish::read_only}, {"/run/user", Wish::read_only}, {"/root", Wish::read_only}};
constexpr TableRow hostname_files[] = {
    {"/proc/sys/kernel/hostname", Wish::read_only}, {"/proc/sys/kernel/domainname", Wish::read_only}};

/// Collects the wishes of one plan.
class Collector {
 public:
  explicit Collector(std::vector<PlannedMount>& mounts) : mounts_(mounts) {}

  template <std::size_t n>
  void table(const TableRow (&rows)[n]) {
    for (const TableRow& row : rows) add(row.path, row.wish, true, row.implied);
  }

  void add(std::string path, Wish wish, bool ignore_missing, bool implied = false) {
    PlannedMount mount;
    mount.path = std::move(path);
    mount.ignore_missing = ignore_missing;
    mount.implied = implied;
    switch (wish) {
      case Wish::read_only: mount.read_only = Switch::on; break;
      case Wish::read_write: mount.read_only = Switch::off; break;
      case Wish::inaccessible: mount.kind = MountKind::inaccessible; break;
    }
    mounts_.push_back(std::move(mount));
  }

  void paths(const std::vector<unitparser::MountablePath>& list, Wish wish) {
    for (const auto& entry : list) {
      add(entry.path, wish, entry.ignore_missing);
      mounts_.back().below_root = entry.below_root;
    }
  }

  void executable(const std::vector<unitparser::MountablePath>& list, Switch no_exec) {
    for (const auto& entry : list) {
      PlannedMount mount;
      mount.path = entry.path;
      mount.ignore_missing = entry.ignore_missing;
      mount.below_root = entry.below_root;
      mount.no_exec = no_exec;
      mounts_.push_back(std::move(mount));
    }
  }

  PlannedMount& place(MountKind kind, std::string path, std::string source = {}, std::string options = {}) {
    PlannedMount mount;
    mount.kind = kind;
    mount.path = std::move(path);
    mount.source = std::move(source);
    mount.options = std::move(options);
    mounts_.push_back(std::move(mount));
    return mounts_.back();
  }

 private:
  std::vector<PlannedMount>& mounts_;
};

constexpr const char* empty_tmpfs_options = "mode=0755,size=4m,nr_inodes=1k";

/// "rw,size=1M,ro" of TemporaryFileSystem=: 'ro' is ours to apply, the rest is tmpfs's.
void temporary_file_system(Collector& collect, const unitparser::TemporaryFileSystemEntry& entry) {
  std::string options = "mode=0755,size=10%,nr_inodes=400k";
  bool read_only = false;
  std::string_view rest = entry.options;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view option = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    if (option == "ro")
      read_only = true;
    else if (option == "rw")
      read_only = false;
    else if (!option.empty())
      (options += ',') += option;
  }
  PlannedMount& mount = collect.place(MountKind::tmpfs, entry.path, {}, std::move(options));
  mount.read_only = read_only ? Switch::on : Switch::off;
}

void protect_home(Collector& collect, ProtectHome mode) {
  switch (mode) {
    case ProtectHome::no: return;
    case ProtectHome::yes: return collect.table(home_yes);
    case ProtectHome::read_only: return collect.table(home_read_only);
    case ProtectHome::tmpfs:
      for (const char* path : {"/home", "/run/user", "/root"}) {
        PlannedMount& mount = collect.place(MountKind::tmpfs, path, {}, empty_tmpfs_options);
        mount.read_only = Switch::on;
        mount.ignore_missing = true;
      }
  }
}

void protect_system(Collector& collect, ProtectSystem mode) {
  switch (mode) {
    case ProtectSystem::no: return;
    case ProtectSystem::yes: return collect.table(system_yes);
    case ProtectSystem::full: return collect.table(system_full);
    case ProtectSystem::strict: return collect.table(system_strict);
  }
}

std::string proc_options(const ExecSandbox& sandbox) {
  std::string options;
  switch (sandbox.protect_proc) {
    case ProtectProc::default_: break;
    case ProtectProc::no_access: options = "hidepid=noaccess"; break;
    case ProtectProc::invisible: options = "hidepid=invisible"; break;
    case ProtectProc::ptraceable: options = "hidepid=ptraceable"; break;
  }
  if (sandbox.proc_subset == ProcSubset::pid) options += options.empty() ? "subset=pid" : ",subset=pid";
  return options;
}

bool wants_new_proc(const ExecSandbox& sandbox) {
  return sandbox.protect_proc != ProtectProc::default_ || sandbox.proc_subset != ProcSubset::all;
}

bool effective_api_file_systems(const MountWishes& wishes) {
  if (wishes.sandbox.mount_api_vfs) return *wishes.sandbox.mount_api_vfs;
  return !wishes.root_directory.empty() || !wishes.root_image.empty();
}

bool needs_namespace(const MountWishes& wishes) {
  const auto& s = wishes.sandbox;
  const auto& p = wishes.paths;
  if (!wishes.root_directory.empty() &&
      (effective_api_file_systems(wishes) || !wishes.directories.empty()))
    return true;
  const bool has_paths = !wishes.root_image.empty() || !p.read_write_paths.empty() || !p.read_only_paths.empty() ||
                         !p.inaccessible_paths.empty() || !p.exec_paths.empty() || !p.no_exec_paths.empty() ||
                         !p.bind_mounts.empty() || !p.temporary_file_systems.empty() || !p.mount_images.empty() ||
                         !p.extension_directories.empty() || !p.extension_images.empty();
  const bool has_switch = s.private_devices || s.private_mounts.value_or(false) || s.protect_kernel_tunables ||
                          s.protect_kernel_modules || s.protect_kernel_logs || s.protect_control_groups ||
                          s.private_ipc || !s.ipc_namespace_path.empty() || wants_new_proc(s);
  return has_paths || has_switch || s.protect_system != ProtectSystem::no || s.protect_home != ProtectHome::no ||
         (s.mount_flags != 0 && s.mount_flags != MS_SHARED) || !wishes.private_tmp_suffix.empty() ||
         !wishes.log_namespace.empty() || (wishes.dynamic_user && wishes.private_directories);
}

void private_tmp(Collector& collect, const MountWishes& wishes, MountPlan& plan) {
  if (wishes.private_tmp_suffix.empty()) return;
  plan.private_tmp = "/tmp/systemd-private-" + wishes.private_tmp_suffix;
  plan.private_var_tmp = "/var/tmp/systemd-private-" + wishes.private_tmp_suffix;
  collect.place(MountKind::bind, "/tmp", plan.private_tmp + "/tmp").no_suid = false;
  collect.place(MountKind::bind, "/var/tmp", plan.private_var_tmp + "/tmp").no_suid = false;
}

void credentials(Collector& collect, const MountWishes& wishes) {
  const std::string all = wishes.runtime_prefix + "/credentials";
  if (wishes.credentials_directory.empty()) {
    collect.add(all, Wish::inaccessible, true);
    return;
  }
  PlannedMount& hide = collect.place(MountKind::tmpfs, all, {}, empty_tmpfs_options);
  hide.read_only = Switch::on;
  hide.no_exec = Switch::on;
  PlannedMount& own = collect.place(MountKind::bind, wishes.credentials_directory, wishes.credentials_directory);
  own.read_only = Switch::on;
  own.ignore_missing = true;
}

void api_file_systems(Collector& collect, const MountWishes& wishes) {
  collect.place(MountKind::proc, "/proc", {}, proc_options(wishes.sandbox));
  collect.place(MountKind::sysfs, "/sys", "/sys");
  if (!wishes.sandbox.private_devices) collect.place(MountKind::bind_recursive, "/dev", "/dev");
  collect.place(MountKind::run, "/run", {}, "mode=0755,size=20%,nr_inodes=800k");
}

}  // namespace

bool MountPlan::has_images() const {
  return !root_image.empty() || !extension_images.empty() ||
         std::any_of(mounts.begin(), mounts.end(), [](const PlannedMount& mount) { return mount.kind == MountKind::image; });
}

MountPlan plan_mounts(const MountWishes& wishes) {
  MountPlan plan;
  plan.wanted = needs_namespace(wishes);
  if (!plan.wanted) return plan;
  const auto& sandbox = wishes.sandbox;
  const auto& paths = wishes.paths;
  if (wishes.root_image.empty()) plan.root_directory = wishes.root_directory;
  plan.root_image = wishes.root_image;
  if (!plan.root_image.empty()) {
    plan.root_image_options = paths.root_image_options;
    plan.root_verity = {paths.root_hash, paths.root_hash_path, paths.root_hash_signature, paths.root_hash_signature_path, paths.root_verity};
  }
  plan.extension_images = paths.extension_images;
  plan.extension_directories = paths.extension_directories;
  plan.api_file_systems = effective_api_file_systems(wishes);
  plan.propagation = sandbox.mount_flags != 0 ? sandbox.mount_flags : static_cast<std::uint64_t>(MS_SHARED);
  plan.propagate_directory = wishes.runtime_prefix + "/systemd/propagate/" + wishes.unit;

  Collector collect(plan.mounts);
  collect.paths(paths.read_write_paths, Wish::read_write);
  collect.paths(paths.read_only_paths, Wish::read_only);
  collect.paths(paths.inaccessible_paths, Wish::inaccessible);
  collect.executable(paths.exec_paths, Switch::off);
  collect.executable(paths.no_exec_paths, Switch::on);
  for (const auto& entry : paths.temporary_file_systems) temporary_file_system(collect, entry);
  for (const auto& bind : paths.bind_mounts) {
    PlannedMount& mount = collect.place(bind.recursive ? MountKind::bind_recursive : MountKind::bind, bind.destination,
                                        bind.source);
    mount.read_only = bind.read_only ? Switch::on : Switch::unset;
    mount.ignore_missing = bind.ignore_missing;
  }
  for (const auto& image : paths.mount_images) {
    PlannedMount& mount = collect.place(MountKind::image, image.destination, image.source);
    mount.image_options = image.options;
    mount.ignore_missing = image.ignore_missing;
  }
  for (const auto& mount : wishes.directories) plan.mounts.push_back(mount);
  private_tmp(collect, wishes, plan);
  if (sandbox.private_devices) collect.place(MountKind::private_devices, "/dev");
  if (sandbox.protect_kernel_tunables) collect.table(kernel_tunables);
  if (sandbox.protect_kernel_modules) collect.table(kernel_modules);
  if (sandbox.protect_kernel_logs) collect.table(kernel_logs);
  if (sandbox.protect_control_groups) collect.table(control_groups);
  protect_home(collect, sandbox.protect_home);
  protect_system(collect, sandbox.protect_system);
  if (plan.has_own_root() && plan.api_file_systems)
    api_file_systems(collect, wishes);
  else if (wants_new_proc(sandbox))
    collect.place(MountKind::proc, "/proc", {}, proc_options(sandbox)).implied = true;
  if (sandbox.private_ipc || !sandbox.ipc_namespace_path.empty())
    collect.place(MountKind::message_queues, "/dev/mqueue").ignore_missing = true;
  if (sandbox.protect_hostname) collect.table(hostname_files);
  credentials(collect, wishes);
  if (!wishes.log_namespace.empty()) {
    const std::string journal = wishes.runtime_prefix + "/systemd/journal";
    collect.place(MountKind::bind_recursive, journal, journal + "." + wishes.log_namespace).read_only = Switch::on;
  }
  return plan;
}

namespace {

bool is_below(std::string_view path, std::string_view parent) {
  if (parent == "/") return path.size() > 1;
  return path.size() > parent.size() && path.substr(0, parent.size()) == parent && path[parent.size()] == '/';
}

/// What all wishes for one place come to.
struct Place {
  PlannedMount mount;
  bool explicit_switch = false;
};

void merge(Place& place, PlannedMount&& wish) {
  const bool first = place.mount.path.empty();
  if (first) {
    place.explicit_switch = !wish.implied;
    place.mount = std::move(wish);
    return;
  }
  PlannedMount& mount = place.mount;
  // Something put there beats mere attributes; of two things, no access beats all, else the first named one stays.
  if (wish.kind != MountKind::attributes &&
      (mount.kind == MountKind::attributes ||
       (wish.kind == MountKind::inaccessible && mount.kind != MountKind::inaccessible))) {
    std::swap(mount.kind, wish.kind);
    mount.source = std::move(wish.source);
    mount.options = std::move(wish.options);
    mount.image_options = std::move(wish.image_options);
  }
  mount.ignore_missing = mount.ignore_missing && wish.ignore_missing;
  mount.no_suid = mount.no_suid || wish.no_suid;
  if (wish.no_exec != Switch::unset && mount.no_exec != Switch::off) mount.no_exec = wish.no_exec;
  if (wish.read_only == Switch::unset) return;
  if (mount.read_only == Switch::unset || (mount.implied && !wish.implied)) {
    mount.read_only = wish.read_only;
  } else if (wish.implied == mount.implied && wish.read_only == Switch::off && !wish.implied) {
    mount.read_only = Switch::off;  // ReadWritePaths= excuses a place from what protects it
  }
  mount.implied = mount.implied && wish.implied;
}

}  // namespace

std::vector<PlannedMount> arrange_mounts(std::vector<PlannedMount> mounts) {
  std::map<std::string, Place> places;  // sorted: a parent comes before what lies below it
  for (PlannedMount& mount : mounts) {
    Place& place = places[mount.path];
    merge(place, std::move(mount));
  }
  // "/a-b" sorts before "/a/b" but does not lie below "/a": order by components is what counts.
  std::vector<PlannedMount> sorted;
  for (auto& [path, place] : places) sorted.push_back(std::move(place.mount));
  std::stable_sort(sorted.begin(), sorted.end(), [](const PlannedMount& a, const PlannedMount& b) {
    return std::lexicographical_compare(a.path.begin(), a.path.end(), b.path.begin(), b.path.end(),
                                        [](char x, char y) { return (x == '/' ? '\0' : x) < (y == '/' ? '\0' : y); });
  });

  std::vector<PlannedMount> result;
  std::vector<std::size_t> above;  // indices into result: the chain of places around the present one
  for (PlannedMount& mount : sorted) {
    while (!above.empty() && !is_below(mount.path, result[above.back()].path)) above.pop_back();
    const PlannedMount* parent = above.empty() ? nullptr : &result[above.back()];
    if (parent != nullptr && parent->kind == MountKind::inaccessible) continue;  // nothing can be reached there
    const Switch outer_read_only = parent != nullptr ? parent->read_only : Switch::unset;
    const Switch outer_no_exec = parent != nullptr ? parent->no_exec : Switch::unset;
    const auto same = [](Switch inner, Switch outer) {
      return inner == Switch::unset || inner == outer || (inner == Switch::off && outer == Switch::unset);
    };
    const bool changes_nothing = mount.kind == MountKind::attributes && same(mount.read_only, outer_read_only) &&
                                 same(mount.no_exec, outer_no_exec);
    // Below something newly put there, a place that only wants attributes may not even exist: keep those.
    if (changes_nothing) continue;
    const bool is_new = mount.kind != MountKind::attributes;
    if (mount.read_only == Switch::unset) mount.read_only = is_new ? Switch::off : outer_read_only;
    if (mount.no_exec == Switch::unset) mount.no_exec = is_new ? Switch::off : outer_no_exec;
    result.push_back(std::move(mount));
    above.push_back(result.size() - 1);
  }
  return result;
}

}  // namespace init
