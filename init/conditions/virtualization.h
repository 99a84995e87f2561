// What the machine runs on: virtual machine and container technology (systemd-detect-virt(1)). [os]
#pragma once

#include <string>

namespace init {

/// "kvm", "qemu", "vmware", "microsoft", "oracle", "xen", "amazon", "vm-other" …; "none" on real hardware.
[[nodiscard]] const std::string& detect_virtual_machine();
/// "docker", "podman", "lxc", "systemd-nspawn", "wsl", "container-other" …; "none" outside containers.
[[nodiscard]] const std::string& detect_container_kind();
/// The Virtualization property: the container if there is one, else the virtual machine, else empty.
[[nodiscard]] std::string virtualization_name();

}  // namespace init
