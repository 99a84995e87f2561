// What PID 1 does to itself and the kernel before it is a manager: terminal, signals, limits, folders, modules. [os]
#pragma once

#include <string>
#include <vector>

#include "init/boot/manager_kind.h"

namespace init {

/// The name of the container manager from $container or /run/host/container-manager, empty on a machine of its own.
[[nodiscard]] std::string detect_container();

/// Own session, no controlling terminal, standard streams on /dev/null, umask 0, Ctrl-Alt-Del delivered as SIGINT and the
/// keyboard request as SIGWINCH, core dumps to the kernel's default.
void prepare_process(bool in_container);

/// A console left in raw mode by the boot loader or an initrd shell is put back to line mode.
void prepare_console();

/// The links in /dev that programs take for granted: to the standard streams, and to the kernel's memory for debuggers.
void make_device_links();

/// The kernel's limits that are for all of the machine: of what is written to its log at a time (printk.devkmsg=), of open
/// files, and of datagrams that wait in a socket. Never down; what sysctl.d(5) says comes later.
void raise_kernel_limits();

/// Raises our own limits of descriptors and locked memory as far as it goes; services get theirs from their configs.
void raise_own_limits();

/// Makes the folders in the manager's run-time directory that programs test for. The result is one sentence for each failure.
[[nodiscard]] std::vector<std::string> make_runtime_folders(const ManagerKind& kind);

/// Loads the modules that the manager itself needs and the kernel lacks (autofs4, ipv6, unix, virtio_rng).
void load_wanted_modules();

/// Tells unprivileged programs what container this is (/run/systemd/container).
void publish_container(const std::string& name);

}  // namespace init
