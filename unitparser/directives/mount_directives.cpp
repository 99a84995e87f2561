// Rows of [Mount], [Automount] and [Swap] (systemd.mount(5), systemd.automount(5), systemd.swap(5)). [pure]
#include "unitparser/directives/codec_socket.h"
#include "unitparser/directives/rows.h"

namespace unitparser {
namespace {

constexpr Sections mount = Section::mount;
constexpr Sections automount = Section::automount;
constexpr Sections swap = Section::swap;

constexpr std::array mount_table{
    row<&MountConfig::what, MountSourceCodec>(mount, "What", changes("What"), "Device, file or name that is mounted."),
    row<&MountConfig::where, PathCodec>(mount, "Where", constant("Where"), "Folder that it is mounted on; the unit must be named after it."),
    row<&MountConfig::options, StringCodec>(mount, "Options", changes("Options"), "Mount options, separated by commas."),
    row<&MountConfig::type, StringCodec>(mount, "Type", changes("Type"), "Type of the file system."),
    row<&MountConfig::timeout, SpanOrNever>(mount, "TimeoutSec", constant("TimeoutUSec"), "How long mounting and unmounting may take."),
    row<&MountConfig::directory_mode, ModeCodec>(mount, "DirectoryMode", constant("DirectoryMode"), "Access mode of the mount point if it has to be made."),
    row<&MountConfig::sloppy_options, BooleanCodec>(mount, "SloppyOptions", constant("SloppyOptions"), "Options that the file system does not know are no error."),
    row<&MountConfig::lazy_unmount, BooleanCodec>(mount, "LazyUnmount", constant("LazyUnmount"), "Detach at once and clean up when the file system is no longer busy."),
    row<&MountConfig::read_write_only, BooleanCodec>(mount, "ReadWriteOnly", constant("ReadWriteOnly"), "Fail instead of mounting read-only when writing is not possible."),
    row<&MountConfig::force_unmount, BooleanCodec>(mount, "ForceUnmount", constant("ForceUnmount"), "Unmount by force, such as an unreachable network file system."),
};
static_assert(unique_keys(mount_table) && documented(mount_table) && covers_every_field<MountConfig>(mount_table));

constexpr std::array automount_table{
    row<&AutomountConfig::where, PathCodec>(automount, "Where", constant("Where"), "Folder that is watched; the unit must be named after it."),
    row<&AutomountConfig::extra_options, StringCodec>(automount, "ExtraOptions", constant("ExtraOptions"), "Further options of the autofs mount point."),
    row<&AutomountConfig::directory_mode, ModeCodec>(automount, "DirectoryMode", constant("DirectoryMode"), "Access mode of the folder if it has to be made."),
    row<&AutomountConfig::timeout_idle, SpanOrNever>(automount, "TimeoutIdleSec", constant("TimeoutIdleUSec"), "Unmount when nobody used it for this long."),
};
static_assert(unique_keys(automount_table) && documented(automount_table) && covers_every_field<AutomountConfig>(automount_table));

constexpr std::array swap_table{
    row<&SwapConfig::what, SwapSourceCodec>(swap, "What", changes("What"), "Device or file that is used as swap; the unit must be named after it."),
    row<&SwapConfig::priority, SwapPriorityCodec>(swap, "Priority", changes("Priority"), "Priority among the swap devices; the highest is used first."),
    row<&SwapConfig::options, StringCodec>(swap, "Options", changes("Options"), "Options of swapon, separated by commas."),
    row<&SwapConfig::timeout, SpanOrNever>(swap, "TimeoutSec", constant("TimeoutUSec"), "How long turning on and off may take."),
};
static_assert(unique_keys(swap_table) && documented(swap_table) && covers_every_field<SwapConfig>(swap_table));

}  // namespace

std::span<const UnitRow> mount_rows() { return mount_table; }
std::span<const UnitRow> automount_rows() { return automount_table; }
std::span<const UnitRow> swap_rows() { return swap_table; }

}  // namespace unitparser
