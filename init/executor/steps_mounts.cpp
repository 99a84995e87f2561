// The mount namespace: places are resolved first, originals cloned, then everything is put in place in one pass. [os]
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <map>

#include "init/executor/context.h"
#include "init/image/disk_image.h"
#include "unitparser/syntax/environment.h"

namespace executor {
namespace {

using init::MountKind;
using init::PlannedMount;
using init::Switch;

constexpr const char* unit_root = "/run/systemd/unit-root";
const std::string inaccessible_nodes = "/run/systemd/inaccessible";

const std::string device_folder = "/dev/";

/// One place on its way: the plan's line and the clone of what it shall show.
struct Place {
  PlannedMount plan{};
  UniqueFd tree{};           ///< detached clone, when it is made before anything is changed
  std::vector<init::MountedPart> image{};
  bool below_new = false;    ///< lies in something that this plan puts there
};

tl::unexpected<unitparser::Error> failed_at(const std::string& path) {
  return unitparser::fail_errno(errno, "Failed to set up mount namespacing: " + path);
}

UniqueFd clone_tree(const std::string& path, bool recursive) {
  return UniqueFd(::open_tree(AT_FDCWD, path.c_str(),
                              OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_NO_AUTOMOUNT | (recursive ? static_cast<unsigned>(AT_RECURSIVE) : 0U)));
}

/// The file systems of an image, none where it may be missing.
Result<std::vector<init::MountedPart>> open_image(const std::string& path, const std::vector<unitparser::ImageOption>& options, bool ignore_missing,
                                                   const unitparser::VeritySettings& verity = {}) {
  auto image = init::mount_image(path, options, verity);
  if (image || (ignore_missing && image.error().os_errno == ENOENT)) return image ? std::move(image) : std::vector<init::MountedPart>{};
  auto error = std::move(image.error());
  error.message = "Failed to set up mount namespacing: " + path + ": " + error.message;
  return tl::unexpected(std::move(error));
}

/// Does the work of one plan.
class Builder {
 public:
  Builder(Context& context, std::string root) : context_(context), root_(std::move(root)) {}

  Done run() {
    TRY(make_private_tmp());
    TRY(resolve());
    TRY(clone_originals());
    for (Place& place : places_) TRY(apply(place));
    for (const std::string& path : read_only_later_) TRY(set_attributes(path, MOUNT_ATTR_RDONLY, 0, false));
    return {};
  }

 private:
  [[nodiscard]] std::string at(const std::string& path) const {
    if (root_.empty()) return path;
    return path == "/" ? root_ : root_ + path;
  }

  // --- Before anything changes ------------------------------------------------------------------------------------
  Done make_private_tmp() {
    const auto& mounts = context_.plan.mounts;
    for (const std::string* folder : {&mounts.private_tmp, &mounts.private_var_tmp}) {
      if (folder->empty()) continue;
      struct stat info {};
      if (::mkdir(folder->c_str(), 0700) < 0 && errno != EEXIST) return failed_at(*folder);
      if (::lstat(folder->c_str(), &info) < 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::getuid() || (info.st_mode & 077) != 0)
        return unitparser::fail_errno(EEXIST, "Failed to set up mount namespacing: " + *folder);
      const std::string inner = *folder + "/tmp";
      if (::mkdir(inner.c_str(), 01777) < 0) {
        if (errno != EEXIST) return failed_at(inner);
      } else if (::chmod(inner.c_str(), 01777) < 0) {
        return failed_at(inner);
      }
    }
    return {};
  }

  /// Follows links inside the root; keeps what does not exist and will be made.
  Done resolve() {
    const UniqueFd root(::open(at("/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return failed_at("/");
    std::vector<PlannedMount> resolved;
    for (PlannedMount& mount : context_.plan.mounts.mounts) {
      open_how how{};
      how.flags = O_PATH | O_CLOEXEC;
      how.resolve = RESOLVE_IN_ROOT;
      const UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, root.get(), mount.path.c_str(), &how, sizeof how)));
      if (fd) {
        char target[PATH_MAX];
        const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), target, sizeof target);
        if (size <= 0 || size >= static_cast<ssize_t>(sizeof target)) return failed_at(mount.path);
        std::string path(target, static_cast<std::size_t>(size));
        if (!root_.empty()) path = path == root_ ? "/" : path.substr(root_.size());
        mount.path = std::move(path);
      } else {
        const bool is_bind = mount.kind == MountKind::bind || mount.kind == MountKind::bind_recursive || mount.kind == MountKind::image;
        const bool makes_place = mount.kind != MountKind::attributes && mount.kind != MountKind::inaccessible;
        if (mount.ignore_missing && !is_bind) continue;  // of a bind mount or an image it is the source that may be missing
        if (!makes_place || errno != ENOENT) return failed_at(mount.path);
      }
      resolved.push_back(std::move(mount));
    }
    for (PlannedMount& mount : init::arrange_mounts(std::move(resolved))) places_.push_back({.plan = std::move(mount)});
    return {};
  }

  [[nodiscard]] bool is_below_new(std::size_t index) const {
    const std::string& path = places_[index].plan.path;
    for (std::size_t i = index; i-- > 0;) {
      const PlannedMount& other = places_[i].plan;
      const bool above = other.path == "/" || (path.size() > other.path.size() && path[other.path.size()] == '/' &&
                                               path.compare(0, other.path.size(), other.path) == 0);
      if (above && other.kind != MountKind::attributes) return true;
    }
    return false;
  }

  Done clone_originals() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      place.below_new = is_below_new(i);
      switch (place.plan.kind) {
        case MountKind::attributes:
          if (place.below_new || place.plan.path == "/") break;
          place.tree = clone_tree(at(place.plan.path), true);
          if (!place.tree) return failed_at(place.plan.path);
          break;
        case MountKind::bind:
        case MountKind::bind_recursive:
          place.tree = clone_tree(place.plan.source, place.plan.kind == MountKind::bind_recursive);
          if (!place.tree && !(place.plan.ignore_missing && errno == ENOENT)) return failed_at(place.plan.source);
          break;
        case MountKind::image: {
          auto image = open_image(place.plan.source, place.plan.image_options, place.plan.ignore_missing);
          if (!image) return tl::unexpected(image.error());
          place.image = std::move(*image);
          break;
        }
        case MountKind::private_devices: TRY(clone_device_trees()); break;
        default: break;
      }
    }
    return {};
  }

  /// What a private /dev takes over from the host's.
  Done clone_device_trees() {
    for (const char* name : {"pts", "shm", "mqueue", "hugepages"}) {
      const std::string path = device_folder + name;
      struct stat info {};
      if (::lstat(path.c_str(), &info) < 0 || !S_ISDIR(info.st_mode)) continue;
      UniqueFd tree = clone_tree(path, true);
      if (tree) device_trees_.emplace_back(name, std::move(tree));
    }
    for (const init::DeviceNode& node : init::private_device_nodes) {
      UniqueFd tree = clone_tree(device_folder + node.name, false);
      if (tree) device_nodes_.emplace_back(node.name, std::move(tree));
    }
    return {};
  }

  // --- Putting things in place ------------------------------------------------------------------------------------
  static Done set_attributes_fd(int fd, const std::string& path, std::uint64_t set, std::uint64_t clear) {
    mount_attr attributes{};
    attributes.attr_set = set;
    attributes.attr_clr = clear;
    if (set == 0 && clear == 0) return {};
    if (::mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) < 0) return failed_at(path);
    return {};
  }
  static Done set_attributes(const std::string& path, std::uint64_t set, std::uint64_t clear, bool recursive) {
    mount_attr attributes{};
    attributes.attr_set = set;
    attributes.attr_clr = clear;
    if (set == 0 && clear == 0) return {};
    if (::mount_setattr(AT_FDCWD, path.c_str(), recursive ? AT_RECURSIVE : 0, &attributes, sizeof attributes) < 0)
      return failed_at(path);
    return {};
  }
  /// Takes off what is mounted at the place, with all below: its copy or something else comes there.
  static void clear(const std::string& path) {
    struct statx info {};
    if (::statx(AT_FDCWD, path.c_str(), AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW, 0, &info) == 0 &&
        (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 && ::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
      errno = 0;  // covered then, which is as good
  }
  static Done attach(int tree, const std::string& path) {
    if (::move_mount(tree, "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) < 0) return failed_at(path);
    return {};
  }

  static std::uint64_t wanted_attributes(const PlannedMount& plan) {
    std::uint64_t set = 0;
    if (plan.read_only == Switch::on) set |= MOUNT_ATTR_RDONLY;
    if (plan.no_exec == Switch::on) set |= MOUNT_ATTR_NOEXEC;
    if (plan.no_suid) set |= MOUNT_ATTR_NOSUID;
    return set;
  }

  /// A place to mount on: a folder, or an empty file when something that is no folder comes there.
  static Done make_place(const std::string& path, bool folder) {
    if (::access(path.c_str(), F_OK) == 0) return {};
    const std::size_t slash = path.rfind('/');
    if (slash > 0 && !make_parents(path.substr(0, slash))) return failed_at(path);
    if (folder) {
      if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) return failed_at(path);
    } else {
      const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
      if (!fd) return failed_at(path);
    }
    return {};
  }

  Done apply(Place& place) {
    switch (place.plan.kind) {
      case MountKind::attributes: return apply_attributes(place);
      case MountKind::inaccessible: return apply_inaccessible(place.plan);
      case MountKind::bind:
      case MountKind::bind_recursive: return apply_bind(place);
      case MountKind::image: return apply_image(place);
      case MountKind::tmpfs:
      case MountKind::run: return apply_tmpfs(place.plan);
      case MountKind::private_devices: return apply_devices(place.plan);
      case MountKind::proc: return apply_proc(place.plan);
      case MountKind::sysfs: return apply_sysfs(place.plan);
      case MountKind::message_queues: return apply_message_queues(place.plan);
    }
    return {};
  }

  Done apply_attributes(Place& place) {
    const std::string path = at(place.plan.path);
    const std::uint64_t set = wanted_attributes(place.plan);
    if (place.plan.path == "/") return set_attributes(path, set, 0, true);
    std::uint64_t clear_bits = 0;
    if (place.below_new) {
      place.tree = clone_tree(path, true);
      if (!place.tree && errno == ENOENT && place.plan.ignore_missing) return {};
      if (!place.tree) return failed_at(path);
      if (place.plan.read_only == Switch::off) clear_bits |= MOUNT_ATTR_RDONLY;
      if (place.plan.no_exec == Switch::off) clear_bits |= MOUNT_ATTR_NOEXEC;
    }
    TRY(set_attributes_fd(place.tree.get(), path, set, clear_bits));
    if (!place.below_new) clear(path);
    return attach(place.tree.get(), path);
  }

  Done apply_bind(Place& place) {
    if (!place.tree) return {};
    const std::string path = at(place.plan.path);
    struct stat info {};
    if (::fstat(place.tree.get(), &info) < 0) return failed_at(path);
    TRY(make_place(path, S_ISDIR(info.st_mode)));
    TRY(set_attributes_fd(place.tree.get(), path, wanted_attributes(place.plan), 0));
    return attach(place.tree.get(), path);
  }

  Done apply_image(const Place& place) {
    if (place.image.empty()) return {};
    const std::string path = at(place.plan.path);
    TRY(make_place(path, true));
    TRY(init::attach_image(place.image, path));
    return set_attributes(path, wanted_attributes(place.plan), 0, true);
  }

  Done apply_inaccessible(const PlannedMount& plan) {
    const std::string path = at(plan.path);
    struct stat info {};
    if (::lstat(path.c_str(), &info) < 0) {
      if (errno == ENOENT && plan.ignore_missing) return {};
      return failed_at(path);
    }
    const char* node = S_ISDIR(info.st_mode)    ? "/dir"
                       : S_ISCHR(info.st_mode)  ? "/chr"
                       : S_ISBLK(info.st_mode)  ? "/blk"
                       : S_ISFIFO(info.st_mode) ? "/fifo"
                       : S_ISSOCK(info.st_mode) ? "/sock"
                                                : "/reg";
    UniqueFd tree = clone_tree(inaccessible_nodes + node, false);
    // Where device nodes cannot be made a socket is as useless as they are.
    if (!tree) tree = clone_tree(inaccessible_nodes + (S_ISDIR(info.st_mode) ? "/dir" : "/sock"), false);
    if (!tree) tree = clone_tree(inaccessible_nodes + "/reg", false);
    if (!tree) return failed_at(inaccessible_nodes);
    TRY(set_attributes_fd(tree.get(), path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0));
    return attach(tree.get(), path);
  }

  Done apply_tmpfs(const PlannedMount& plan) {
    const std::string path = at(plan.path);
    TRY(make_place(path, true));
    clear(path);
    TRY(make_place(path, true));
    unsigned long flags = MS_NODEV | MS_STRICTATIME;
    if (plan.no_suid || context_.plan.mounts.no_suid || plan.no_exec == Switch::on) flags |= MS_NOSUID;
    if (plan.no_exec == Switch::on) flags |= MS_NOEXEC;
    if (::mount("tmpfs", path.c_str(), "tmpfs", flags, plan.options.c_str()) < 0) return failed_at(path);
    if (plan.read_only == Switch::on) read_only_later_.push_back(path);  // after the places below are made
    return {};
  }

  Done apply_devices(const PlannedMount& plan) {
    const std::string path = at(plan.path);
    TRY(make_place(path, true));
    clear(path);
    if (::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=0755,size=4m,nr_inodes=1m") < 0) return failed_at(path);
    const mode_t mask = ::umask(0);
    const Done nodes = make_device_nodes(path);
    ::umask(mask);
    TRY(nodes);
    for (auto& [name, tree] : device_trees_) {
      const std::string target = path + "/" + name;
      if (::mkdir(target.c_str(), 0755) < 0 && errno != EEXIST) return failed_at(target);
      TRY(attach(tree.get(), target));
    }
    constexpr std::pair<const char*, const char*> links[] = {
        {"/proc/self/fd", "fd"},           {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
        {"/proc/self/fd/2", "stderr"},     {"pts/ptmx", "ptmx"},         {"/run/systemd/journal/dev-log", "log"}};
    for (const auto& [target, name] : links)
      if (::symlink(target, (path + "/" + name).c_str()) < 0 && errno != EEXIST) return failed_at(path);
    TRY(set_attributes(path, MOUNT_ATTR_NOEXEC, 0, false));
    read_only_later_.push_back(path);
    return {};
  }

  Done make_device_nodes(const std::string& path) {
    for (const init::DeviceNode& node : init::private_device_nodes) {
      const std::string target = path + "/" + node.name;
      if (::mknod(target.c_str(), S_IFCHR | 0666, makedev(node.major, node.minor)) == 0) continue;
      if (errno != EPERM) return failed_at(target);
      // A container may not make nodes: show the ones that are there.
      const auto found = std::find_if(device_nodes_.begin(), device_nodes_.end(), [&](const auto& pair) { return pair.first == node.name; });
      if (found == device_nodes_.end()) continue;
      TRY(make_place(target, false));
      TRY(attach(found->second.get(), target));
    }
    return {};
  }

  Done apply_proc(const PlannedMount& plan) {
    const std::string path = at(plan.path);
    TRY(make_place(path, true));
    constexpr unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    if (::mount("proc", path.c_str(), "proc", flags, plan.options.empty() ? nullptr : plan.options.c_str()) == 0) return {};
    const int why = errno;
    if (why != EPERM && why != EINVAL) return failed_at(path);
    context_.log.warning("ProtectProc=/ProcSubset= could not be applied here, ignoring", why);
    if (root_.empty()) return {};
    if (::mount("proc", path.c_str(), "proc", flags, nullptr) == 0) return {};
    const UniqueFd tree = clone_tree("/proc", true);
    return tree ? attach(tree.get(), path) : Done(failed_at(path));
  }

  Done apply_sysfs(const PlannedMount& plan) {
    const std::string path = at(plan.path);
    TRY(make_place(path, true));
    const UniqueFd tree = clone_tree("/sys", true);
    return tree ? attach(tree.get(), path) : Done(failed_at(path));
  }

  Done apply_message_queues(const PlannedMount& plan) {
    const std::string path = at(plan.path);
    TRY(make_place(path, true));
    if (::mount("mqueue", path.c_str(), "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, nullptr) < 0) {
      if (errno != ENODEV && errno != EPERM) return failed_at(path);
      context_.log.warning("Message queues cannot be made private here, ignoring", errno);
    }
    return {};
  }

  Context& context_;
  std::string root_;
  std::vector<Place> places_;
  std::vector<std::pair<std::string, UniqueFd>> device_trees_;
  std::vector<std::pair<std::string, UniqueFd>> device_nodes_;
  std::vector<std::string> read_only_later_;
};

/// The nodes that cover what may not be seen; PID 1 makes them at boot, whoever comes first elsewhere.
void make_inaccessible_nodes() {
  struct Node {
    const char* name;
    mode_t type;
  };
  constexpr Node nodes[] = {{"/reg", S_IFREG}, {"/fifo", S_IFIFO}, {"/sock", S_IFSOCK}, {"/chr", S_IFCHR}, {"/blk", S_IFBLK}};
  const std::string& folder = inaccessible_nodes;
  if (::access((folder + "/dir").c_str(), F_OK) == 0 || !make_parents(folder)) return;
  const mode_t mask = ::umask(0);
  for (const Node& node : nodes)
    if (::mknod((folder + node.name).c_str(), node.type, 0) < 0) errno = 0;  // a container may refuse device nodes
  if (::mkdir((folder + "/dir").c_str(), 0) < 0) errno = 0;
  ::umask(mask);
}

/// Whether running without the namespace would be something else than what was asked for.
bool insists(const Context& context) {
  const auto& plan = context.plan;
  if (plan.mounts.has_own_root() || !plan.mounts.extension_images.empty() || !plan.mounts.extension_directories.empty() || plan.identity.dynamic_user || !plan.logging.log_namespace.empty()) return true;
  return std::any_of(plan.mounts.mounts.begin(), plan.mounts.mounts.end(), [&](const PlannedMount& mount) {
    const bool is_tmp = mount.path == "/tmp" || mount.path == "/var/tmp";
    return (mount.kind == MountKind::bind || mount.kind == MountKind::bind_recursive || mount.kind == MountKind::tmpfs || mount.kind == MountKind::image) &&
           !is_tmp && mount.path.compare(0, 16, "/run/credentials") != 0;
  });
}

/// Where `systemctl bind` and `mount-image` later put things.
Done attach_propagation(const Context& context, const std::string& root) {
  const std::string& source = context.plan.mounts.propagate_directory;
  if (source.empty() || !make_parents(source, 0600)) return {};
  const std::string target = root + "/run/systemd/incoming";
  if (::access(target.c_str(), F_OK) < 0 && ::mkdir(target.c_str(), 0755) < 0) return {};
  const UniqueFd tree = clone_tree(source, false);
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  if (!tree || ::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &read_only, sizeof read_only) < 0 ||
      ::move_mount(tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) < 0) return failed_at(target);
  return {};
}

/// What every root has, where the unit's own lacks it and can be written: places for other file systems, and the home of root.
void make_base_folders(const std::string& root) {
  struct Folder {
    const char* name;
    mode_t mode;
  };
  constexpr Folder folders[] = {{"/root", 0750}, {"/usr", 0755}, {"/var", 0755}, {"/etc", 0755}, {"/proc", 0555},
                                {"/sys", 0555},  {"/dev", 0555}, {"/run", 0555}, {"/tmp", 01777}};
  const mode_t mask = ::umask(0);
  for (const Folder& folder : folders)
    if (::mkdir((root + folder.name).c_str(), folder.mode) < 0) errno = 0;  // it is there, or the plan says what it needs
  ::umask(mask);
  for (const std::string name : {"bin", "sbin", "lib", "lib64"})
    if (::access((root + "/usr/" + name).c_str(), F_OK) == 0 && ::symlink(("usr/" + name).c_str(), (root + "/" + name).c_str()) < 0) errno = 0;
}

/// A system extension (os-release(5)) that is mounted at a place.
struct Extension {
  std::string name, place;
};

std::string text_or_nothing(const std::string& path) { return read_file(path).value_or(std::string()); }

/// Whether an extension was made for this root: systemd-sysext(8), extension-release in os-release(5).
Done check_extension(const Extension& extension, std::map<std::string, std::string>& root) {
  auto own = unitparser::variables_of(text_or_nothing(extension.place + "/usr/lib/extension-release.d/extension-release." + extension.name));
  const auto mismatch = [&](const char* what) {
    return unitparser::fail_errno(ESTALE, "Failed to set up mount namespacing: " + extension.name + ": the extension is not for this system: " + what);
  };
  if (own["ID"].empty()) return mismatch("it has no extension-release file with ID=");
  if (own["ID"] == "_any") return {};
  if (own["ID"] != root["ID"]) return mismatch("ID=");
  if (!own["SYSEXT_LEVEL"].empty() && !root["SYSEXT_LEVEL"].empty()) return own["SYSEXT_LEVEL"] == root["SYSEXT_LEVEL"] ? Done{} : mismatch("SYSEXT_LEVEL=");
  return root["VERSION_ID"].empty() || own["VERSION_ID"] == root["VERSION_ID"] ? Done{} : mismatch("VERSION_ID=");
}

/// ExtensionImages= and ExtensionDirectories=: their /usr and /opt over those of the root.
Done lay_extensions(const init::MountPlan& plan, const std::string& root) {
  std::vector<Extension> extensions;
  const auto make_place = [&extensions](const std::string& source, std::string_view suffix) -> Result<std::string> {
    std::string name = source.substr(source.rfind('/') + 1);
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    std::string place = "/run/systemd/unit-extensions/" + std::to_string(extensions.size());
    TRY(make_parents(place));
    extensions.push_back({std::move(name), place});
    return place;
  };
  for (const unitparser::ImageMount& image : plan.extension_images) {
    auto parts = open_image(image.source, image.options, image.ignore_missing);
    if (!parts) return tl::unexpected(parts.error());
    if (parts->empty()) continue;
    TRY(init::attach_image(*parts, TRY(make_place(image.source, ".raw"))));
  }
  for (const unitparser::MountablePath& folder : plan.extension_directories) {
    const UniqueFd tree = clone_tree(folder.path, true);
    if (!tree && errno == ENOENT && folder.ignore_missing) continue;
    if (!tree) return failed_at(folder.path);
    const std::string place = TRY(make_place(folder.path, ""));
    if (::move_mount(tree.get(), "", AT_FDCWD, place.c_str(), MOVE_MOUNT_F_EMPTY_PATH) < 0) return failed_at(folder.path);
  }
  if (extensions.empty()) return {};
  auto release = unitparser::os_release_of(root, text_or_nothing);
  for (const Extension& extension : extensions) TRY(check_extension(extension, release));
  for (const std::string hierarchy : {"/usr", "/opt"}) {
    std::string layers;
    for (auto extension = extensions.rbegin(); extension != extensions.rend(); ++extension)
      if (::access((extension->place + hierarchy).c_str(), F_OK) == 0) layers += extension->place + hierarchy + ":";
    const std::string target = root + hierarchy;
    if (layers.empty()) continue;
    if (::mount("overlay", target.c_str(), "overlay", MS_RDONLY, ("lowerdir=" + layers + target).c_str()) < 0) return failed_at(target);
  }
  return {};
}

Done enter_root(const std::string& root) {
  if (::chdir(root.c_str()) < 0) return failed_at(root);
  // Old and new root at the same place: the old one is then on top and is taken off.
  if (::syscall(SYS_pivot_root, ".", ".") < 0 || ::umount2(".", MNT_DETACH) < 0 || ::chroot(".") < 0 || ::chdir("/") < 0)
    return failed_at(root);
  return {};
}

}  // namespace

static bool uses_selinux() {
  // The kernel may have it, and its file system be mounted, without anybody having configured it.
  return ::access("/sys/fs/selinux/enforce", F_OK) == 0 && ::access("/etc/selinux/config", F_OK) == 0;
}

Done step_mount_namespace(Context& context) {
  const init::MountPlan& plan = context.plan.mounts;
  context.log.open();  // its paths may be out of reach afterwards
  if (::unshare(CLONE_NEWNS) < 0) {
    const int why = errno;
    const bool lacks = why == EPERM || why == EACCES || why == ENOSYS || why == EOPNOTSUPP;
    if (!lacks || insists(context)) return unitparser::fail_errno(lacks ? EOPNOTSUPP : why, "Failed to set up mount namespacing");
    context.log.warning("Mount namespaces are not available, ignoring the sandboxing of files", why);
    return {};
  }
  if (::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) < 0) return failed_at("/");
  if (plan.no_suid && !uses_selinux()) {  // there it would bar domain transitions
    mount_attr no_suid{};
    no_suid.attr_set = MOUNT_ATTR_NOSUID;
    if (::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &no_suid, sizeof no_suid) < 0) return failed_at("/");
  }
  make_inaccessible_nodes();
  std::string root;
  if (!plan.root_image.empty()) {
    root = unit_root;
    TRY(make_parents(root));
    auto image = open_image(plan.root_image, plan.root_image_options, false, plan.root_verity);
    if (!image) return tl::unexpected(image.error());
    TRY(init::attach_image(*image, root));
  } else if (!plan.root_directory.empty()) {
    root = unit_root;
    TRY(make_parents(root));
    const UniqueFd tree = clone_tree(plan.root_directory, true);
    if (!tree || ::move_mount(tree.get(), "", AT_FDCWD, unit_root, MOVE_MOUNT_F_EMPTY_PATH) < 0) return failed_at(plan.root_directory);
  }
  if (root.empty()) TRY(attach_propagation(context, root));
  if (!root.empty()) make_base_folders(root);
  TRY(lay_extensions(plan, root));
  TRY(Builder(context, root).run());
  if (!root.empty()) TRY(enter_root(root));
  if (::mount(nullptr, "/", nullptr, plan.propagation | MS_REC, nullptr) < 0) return failed_at("/");
  return {};
}

}  // namespace executor
