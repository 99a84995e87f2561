// Detection of virtual machines by CPU signature and firmware strings, of containers by what they leave. [os]
#include "init/conditions/virtualization.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "unitparser/base/fd.h"
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace init {
namespace {

std::string read_start(const char* path) {
  const unitparser::UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer{};
  const ssize_t got = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : 0;
  return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

struct Known {
  std::string_view sign;
  std::string_view name;
};

/// The hypervisor's twelve letters in CPUID leaf 0x40000000.
std::string by_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  constexpr std::array known{
      Known{"XenVMMXenVMM", "xen"}, Known{"KVMKVMKVM", "kvm"}, Known{"Linux KVM Hv", "kvm"},
      Known{"TCGTCGTCGTCG", "qemu"}, Known{"VMwareVMware", "vmware"}, Known{"Microsoft Hv", "microsoft"},
      Known{"bhyve bhyve ", "bhyve"}, Known{"QNXQVMBSQG", "qnx"}, Known{"ACRNACRNACRN", "acrn"},
      Known{"SRESRESRESRE", "sre"}, Known{" lrpepyh vr", "parallels"}};
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & 0x80000000U) == 0) return {};
  __cpuid(0x40000000, a, b, c, d);
  std::array<char, 13> signature{};
  std::memcpy(signature.data(), &b, 4);
  std::memcpy(signature.data() + 4, &c, 4);
  std::memcpy(signature.data() + 8, &d, 4);
  for (const Known& row : known)
    if (std::string_view(signature.data()).starts_with(row.sign)) return std::string(row.name);
  return "vm-other";
#else
  return {};
#endif
}

/// The firmware's words for its maker.
std::string by_firmware() {
  constexpr std::array known{
      Known{"KVM", "kvm"}, Known{"OpenStack", "kvm"}, Known{"KubeVirt", "kvm"}, Known{"Amazon EC2", "amazon"},
      Known{"QEMU", "qemu"}, Known{"VMware", "vmware"}, Known{"VMW", "vmware"}, Known{"innotek GmbH", "oracle"},
      Known{"VirtualBox", "oracle"}, Known{"Xen", "xen"}, Known{"Bochs", "bochs"}, Known{"Parallels", "parallels"},
      Known{"BHYVE", "bhyve"}, Known{"Hyper-V", "microsoft"}, Known{"Apple Virtualization", "apple"},
      Known{"Google Compute Engine", "google"}};
  for (const char* path : {"/sys/class/dmi/id/product_name", "/sys/class/dmi/id/sys_vendor",
                           "/sys/class/dmi/id/board_vendor", "/sys/class/dmi/id/bios_vendor",
                           "/sys/class/dmi/id/product_version"}) {
    const std::string text = read_start(path);
    for (const Known& row : known)
      if (text.starts_with(row.sign)) return std::string(row.name);
  }
  return {};
}

std::string find_virtual_machine() {
  // Some hypervisors run on another's interface: the firmware then says the product's name.
  const std::string firmware = by_firmware();
  for (std::string_view product : {"oracle", "amazon", "xen", "parallels", "google"})
    if (firmware == product) return firmware;
  const std::string cpu = by_cpu();
  if (!cpu.empty() && cpu != "vm-other") return cpu;
  if (!firmware.empty()) return firmware;
  if (::access("/proc/xen/capabilities", F_OK) == 0) return "xen";
  if (read_start("/proc/sysinfo").find("z/VM") != std::string::npos) return "zvm";
  if (read_start("/proc/cpuinfo").find("User Mode Linux") != std::string::npos) return "uml";
  return cpu.empty() ? "none" : cpu;
}

std::string container_by_name(std::string_view name) {
  for (std::string_view known : {"systemd-nspawn", "lxc-libvirt", "lxc", "openvz", "docker", "podman", "rkt", "wsl",
                                 "proot", "pouch"})
    if (name == known) return std::string(known);
  if (name == "oci") return "docker";
  return "container-other";
}

std::string find_container() {
  if (::access("/proc/vz", F_OK) == 0 && ::access("/proc/bc", F_OK) != 0) return "openvz";
  const std::string release = read_start("/proc/sys/kernel/osrelease");
  if (release.find("Microsoft") != std::string::npos || release.find("WSL") != std::string::npos) return "wsl";
  if (const char* name = std::getenv("container"); ::getpid() == 1 && name != nullptr && *name != '\0')
    return container_by_name(name);
  std::string manager = read_start("/run/host/container-manager");
  if (manager.empty()) manager = read_start("/run/systemd/container");  // from the PID 1 that knew it
  manager.erase(std::min(manager.find('\n'), manager.size()));
  if (!manager.empty()) return container_by_name(manager);
  if (::access("/run/.containerenv", F_OK) == 0) return "podman";
  if (::access("/.dockerenv", F_OK) == 0) return "docker";
  return "none";
}

}  // namespace

const std::string& detect_virtual_machine() {
  static const std::string name = find_virtual_machine();
  return name;
}

const std::string& detect_container_kind() {
  static const std::string name = find_container();
  return name;
}

std::string virtualization_name() {
  if (detect_container_kind() != "none") return detect_container_kind();
  return detect_virtual_machine() == "none" ? std::string() : detect_virtual_machine();
}

}  // namespace init
