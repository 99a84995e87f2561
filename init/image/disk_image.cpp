// Finding file systems with libblkid, loop devices, mounts. [os]
#include "init/image/disk_image.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "unitparser/base/encoding.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::ImageOption;
using unitparser::Result;
using unitparser::UniqueFd;

struct FreeProbe {
  void operator()(blkid_probe probe) const { ::blkid_free_probe(probe); }
};
using Probe = std::unique_ptr<std::remove_pointer_t<blkid_probe>, FreeProbe>;

/// Types of partitions, https://uapi-group.org/specifications/specs/discoverable_partitions_specification/
struct PartitionType {
  std::string_view uuid, designator, place;
  std::string_view tree{};   ///< the type of partition in which the tree of hashes is
};
constexpr std::array partition_types{
#if defined(__x86_64__)
    PartitionType{"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "root", "/", "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"},
    PartitionType{"8484680c-9521-48c6-9c11-b0720656f69e", "usr", "/usr", "77ff5f63-e7b6-4633-acf4-1565b864c0e6"},
#elif defined(__aarch64__)
    PartitionType{"b921b045-1df0-41c3-af44-4c6f280d3fae", "root", "/", "df3300ce-d69f-4c92-978c-9bfb0f38d820"},
    PartitionType{"b0e01050-ee5f-4390-949a-9101b17104e9", "usr", "/usr", "6e11a4e7-fbca-4ded-b9e9-e1a512bb664e"},
#endif
    PartitionType{"933ac7e1-2eb4-4f13-b844-0e14e2aef915", "home", "/home"},
    PartitionType{"3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "srv", "/srv"},
    PartitionType{"4d21b016-b534-45c2-a9fb-5c16e091fd2d", "var", "/var"},
    PartitionType{"7ec6f557-3bc5-4aca-b293-16ef5df639d1", "tmp", "/var/tmp"},
};

/// The identifier of a partition that half of a hash makes: the first half that of the data, the last that of the tree.
std::string half_as_uuid(std::string_view half) {
  std::string text = unitparser::encode_hex(half.substr(0, 16));
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return text;
}
constexpr std::string_view generic_linux = "0fc63daf-8483-4772-8e79-3d69d8477de4";
constexpr int generic_linux_of_dos = 0x83;
constexpr std::uint64_t flag_no_auto = 1ULL << 63, flag_read_only = 1ULL << 60;  // of partitions in a GPT
constexpr std::uint64_t sector = 512;

/// The type of the file system at a place of an image; empty: none that is known.
Result<std::string> file_system_at(int image, std::uint64_t offset, std::uint64_t size) {
  const Probe probe(::blkid_new_probe());
  if (!probe) return fail_errno(ENOMEM, "Failed to look into the image");
  if (::blkid_probe_set_device(probe.get(), image, static_cast<blkid_loff_t>(offset), static_cast<blkid_loff_t>(size)) < 0)
    return fail_errno(errno != 0 ? errno : EIO, "Failed to look into the image");
  ::blkid_probe_enable_superblocks(probe.get(), 1);
  ::blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE);
  const int found = ::blkid_do_safeprobe(probe.get());
  if (found == -2) return fail(ErrorCode::not_supported, "The image could be of several file systems");
  const char *type = nullptr, *usage = nullptr;
  if (found != 0 || ::blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) < 0) return std::string();
  const bool is_file_system = ::blkid_probe_lookup_value(probe.get(), "USAGE", &usage, nullptr) == 0 && std::string_view(usage) == "filesystem";
  return std::string(is_file_system ? type : "");
}

/// The partitions of an image; none where it has no table.
Result<std::vector<ImagePart>> partitions_of(int image, const std::string& root_hash) {
  const Probe probe(::blkid_new_probe());
  if (!probe || ::blkid_probe_set_device(probe.get(), image, 0, 0) < 0) return fail_errno(errno != 0 ? errno : ENOMEM, "Failed to look into the image");
  ::blkid_probe_enable_partitions(probe.get(), 1);
  ::blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_ENTRY_DETAILS);
  std::vector<ImagePart> parts, generic, trees;
  const bool is_checked = root_hash.size() >= 16;
  const std::string data_uuid = is_checked ? half_as_uuid(root_hash) : std::string();
  const std::string tree_uuid = is_checked ? half_as_uuid(std::string_view(root_hash).substr(root_hash.size() - 16)) : std::string();
  const blkid_partlist list = ::blkid_do_safeprobe(probe.get()) == 0 ? ::blkid_probe_get_partitions(probe.get()) : nullptr;
  for (int i = 0; list != nullptr && i < ::blkid_partlist_numof_partitions(list); ++i) {
    const blkid_partition partition = ::blkid_partlist_get_partition(list, i);
    const char* named = ::blkid_partition_get_type_string(partition);
    const std::string_view type = named == nullptr ? std::string_view{} : named;
    const auto flags = ::blkid_partition_get_flags(partition);
    ImagePart part{{}, {}, static_cast<std::uint64_t>(::blkid_partition_get_start(partition)) * sector,
                   static_cast<std::uint64_t>(::blkid_partition_get_size(partition)) * sector, {}, !type.empty() && (flags & flag_read_only) != 0};
    if (!type.empty() && (flags & flag_no_auto) != 0) continue;
    const char* uuid = ::blkid_partition_get_uuid(partition);
    const auto tree_of = std::find_if(partition_types.begin(), partition_types.end(), [type](const PartitionType& t) { return !t.tree.empty() && t.tree == type; });
    if (tree_of != partition_types.end()) {
      part.designator = tree_of->designator;
      if (uuid != nullptr && uuid == tree_uuid) trees.push_back(std::move(part));
      continue;
    }
    const auto row = std::find_if(partition_types.begin(), partition_types.end(), [type](const PartitionType& t) { return t.uuid == type; });
    if (row != partition_types.end()) {
      if (is_checked && !row->tree.empty() && (uuid == nullptr || uuid != data_uuid)) continue;
      part.designator = row->designator;
      part.place = row->place;
      parts.push_back(std::move(part));
    } else if (type == generic_linux || (type.empty() && ::blkid_partition_get_type(partition) == generic_linux_of_dos)) {
      part.designator = "root";
      part.place = "/";
      generic.push_back(std::move(part));
    }
  }
  for (ImagePart& part : parts) {
    const auto tree = std::find_if(trees.begin(), trees.end(), [&part](const ImagePart& t) { return t.designator == part.designator; });
    if (tree != trees.end()) part.tree_offset = tree->offset, part.tree_size = tree->size;
  }
  if (is_checked && std::none_of(parts.begin(), parts.end(), [](const ImagePart& part) { return part.tree_size != 0; }))
    return fail_errno(EADDRNOTAVAIL, "The image has no partitions that belong to the root hash");
  const bool has_root = std::any_of(parts.begin(), parts.end(), [](const ImagePart& part) { return part.place == "/" || part.place == "/usr"; });
  if (!has_root && !is_checked && generic.size() == 1) parts.push_back(std::move(generic.front()));
  // Of several partitions of a kind the first counts; what lies below another comes after it.
  std::stable_sort(parts.begin(), parts.end(), [](const ImagePart& a, const ImagePart& b) { return a.place < b.place; });
  parts.erase(std::unique(parts.begin(), parts.end(), [](const ImagePart& a, const ImagePart& b) { return a.place == b.place; }), parts.end());
  return parts;
}

/// Makes a loop device of a part of an image.
Result<UniqueFd> make_loop(int image, const ImagePart& part, bool read_only, std::string& node) {
  const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control) return fail_errno(errno, "/dev/loop-control");
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(image);
  config.info.lo_offset = part.offset;
  config.info.lo_sizelimit = part.size;
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0);
  constexpr int most_attempts = 64;  // another process may take a free device before we do
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return fail_errno(errno, "/dev/loop-control");
    node = "/dev/loop" + std::to_string(number);
    UniqueFd device(::open(node.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!device) return fail_errno(errno, node);
    if (::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) return device;
    if (errno != EBUSY) return fail_errno(errno, node);
  }
  return fail_errno(EBUSY, "/dev/loop-control");
}

struct MountFlag {
  std::string_view name;
  unsigned set, clear;
};
constexpr std::array mount_flags{MountFlag{"nosuid", MOUNT_ATTR_NOSUID, 0},   MountFlag{"suid", 0, MOUNT_ATTR_NOSUID},
                                 MountFlag{"nodev", MOUNT_ATTR_NODEV, 0},     MountFlag{"dev", 0, MOUNT_ATTR_NODEV},
                                 MountFlag{"noexec", MOUNT_ATTR_NOEXEC, 0},   MountFlag{"exec", 0, MOUNT_ATTR_NOEXEC},
                                 MountFlag{"noatime", MOUNT_ATTR_NOATIME, 0}, MountFlag{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
                                 MountFlag{"strictatime", MOUNT_ATTR_STRICTATIME, 0}, MountFlag{"relatime", 0, 0}, MountFlag{"defaults", 0, 0}};

/// Options as mount(8) takes them.
struct Wishes {
  bool read_only = false;
  unsigned attributes = MOUNT_ATTR_NODEV;
  std::vector<std::string> own;  ///< the file system's
};

Wishes wishes_for(const ImagePart& part, std::span<const ImageOption> options) {
  Wishes wishes{part.read_only, MOUNT_ATTR_NODEV, {}};
  for (const ImageOption& option : options) {
    if (option.partition != part.designator) continue;
    for (const std::string_view word : unitparser::split_at(option.options, ',')) {
      const auto flag = std::find_if(mount_flags.begin(), mount_flags.end(), [word](const MountFlag& f) { return f.name == word; });
      if (word == "ro" || word == "rw") wishes.read_only = word == "ro";
      else if (flag != mount_flags.end()) wishes.attributes = (wishes.attributes & ~flag->clear) | flag->set;
      else if (!word.empty()) wishes.own.emplace_back(word);
    }
  }
  return wishes;
}

Result<UniqueFd> mount_device(const std::string& node, const std::string& type, const Wishes& wishes) {
  const UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) return fail_errno(errno, type);
  const auto set = [&context](const std::string& option) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) return ::fsconfig(context.get(), FSCONFIG_SET_FLAG, option.c_str(), nullptr, 0);
    return ::fsconfig(context.get(), FSCONFIG_SET_STRING, option.substr(0, equals).c_str(), option.c_str() + equals + 1, 0);
  };
  if (set("source=" + node) < 0 || (wishes.read_only && set("ro") < 0)) return fail_errno(errno, node);
  for (const std::string& option : wishes.own)
    if (set(option) < 0) return fail_errno(errno, "mount option " + option);
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) return fail_errno(errno, node);
  UniqueFd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, wishes.attributes | (wishes.read_only ? MOUNT_ATTR_RDONLY : 0U)));
  if (!tree) return fail_errno(errno, node);
  return tree;
}

constexpr bool is_always_read_only(std::string_view type) { return type == "squashfs" || type == "erofs" || type == "iso9660" || type == "cramfs"; }

/// A part's device, checked where there is something to check it with.
struct PartDevice {
  UniqueFd loop;               ///< keeps it until it is mounted
  std::string node;
  CheckedDevice checked;       ///< nothing opened: it is not
};
Result<PartDevice> open_part(int image, const ImagePart& part, const Verity& verity, bool read_only) {
  PartDevice device;
  device.loop = TRY(make_loop(image, part, read_only, device.node));
  const bool has_tree = !verity.root_hash.empty() && (part.tree_size != 0 || (part.place == "/" && !verity.tree_path.empty()));
  if (!has_tree) return device;
  UniqueFd tree_file;
  if (part.tree_size == 0) {
    tree_file.reset(::open(verity.tree_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!tree_file) return fail_errno(errno, verity.tree_path);
  }
  ImagePart tree;
  tree.offset = part.tree_offset;
  tree.size = part.tree_size;
  std::string tree_node;
  const UniqueFd tree_loop = TRY(make_loop(tree_file ? tree_file.get() : image, tree, true, tree_node));
  device.checked = TRY(open_checked(verity, device.node, tree_node));
  device.node = device.checked.node;
  return device;
}

}  // namespace

Result<std::vector<ImagePart>> dissect_image(int image, const Verity& verity) {
  std::string whole = TRY(file_system_at(image, 0, 0));
  if (!whole.empty()) return std::vector<ImagePart>{{"root", "/", 0, 0, std::move(whole), false}};
  if (!verity.tree_path.empty()) return fail(ErrorCode::not_supported, "An image with a file of hashes beside it must hold one file system");
  std::vector<ImagePart> parts = TRY(partitions_of(image, verity.root_hash));
  for (ImagePart& part : parts) {
    part.type = TRY(file_system_at(image, part.offset, part.size));
    if (part.type.empty()) return fail(ErrorCode::not_supported, "The image's partition for " + part.place + " has no file system that is known");
  }
  if (parts.empty() || (parts.front().place != "/" && parts.front().place != "/usr"))
    return fail(ErrorCode::not_supported, "The image has neither a file system nor a partition for / or /usr");
  return parts;
}

Result<std::vector<MountedPart>> mount_image(const std::string& path, std::span<const ImageOption> options,
                                             const unitparser::VeritySettings& wanted_verity) {
  UniqueFd image(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  const bool writable = static_cast<bool>(image);
  if (!writable && (errno == EROFS || errno == EACCES || errno == EPERM)) image.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!image || ::fstat(image.get(), &info) < 0) return fail_errno(errno, path);
  if (!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode)) return fail_errno(S_ISDIR(info.st_mode) ? EISDIR : ENOTBLK, path);
  const Verity verity = TRY(find_verity(wanted_verity, path));
  const std::vector<ImagePart> parts = TRY(dissect_image(image.get(), verity));
  // What the unit wants checked is not used unchecked.
  const bool is_checked = !verity.root_hash.empty() && (!verity.tree_path.empty() || parts.front().tree_size != 0);
  if (wanted_verity.is_set() && !is_checked) return fail_errno(EINVAL, "There are no hashes to check the image with");
  std::vector<MountedPart> mounted;
  for (const ImagePart& part : parts) {
    Wishes wishes = wishes_for(part, options);
    wishes.read_only = wishes.read_only || !writable || is_always_read_only(part.type) || is_checked;
    const PartDevice device = TRY(open_part(image.get(), part, verity, wishes.read_only));
    auto tree = mount_device(device.node, part.type, wishes);  // the mount keeps the devices from now on
    if (device.checked.opened) release_checked(device.checked);
    mounted.push_back({part.place, TRY(std::move(tree))});
  }
  return mounted;
}

}  // namespace init
