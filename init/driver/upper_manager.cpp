// A call over the system bus. [bus]
#include "init/driver/upper_manager.h"

#include <systemd/sd-bus.h>

#include <memory>

namespace init {

unitparser::Result<void> ask_to_attach(const std::string& group, pid_t pid) {
  constexpr std::uint64_t longest_usec = 5'000'000;
  struct Close {
    void operator()(sd_bus* bus) const { ::sd_bus_close_unref(bus); }
    void operator()(sd_bus_message* message) const { ::sd_bus_message_unref(message); }
  };
  sd_bus* raw_bus = nullptr;
  int result = ::sd_bus_open_system(&raw_bus);
  const std::unique_ptr<sd_bus, Close> bus(raw_bus);
  sd_bus_message* raw_call = nullptr;
  if (result >= 0)
    result = ::sd_bus_message_new_method_call(bus.get(), &raw_call, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                              "org.freedesktop.systemd1.Manager", "AttachProcessesToUnit");
  const std::unique_ptr<sd_bus_message, Close> call(raw_call);
  // An empty name is the caller's own unit.
  if (result >= 0) result = ::sd_bus_message_append(call.get(), "ssau", "", group.c_str(), 1, static_cast<std::uint32_t>(pid));
  if (result >= 0) result = ::sd_bus_call(bus.get(), call.get(), longest_usec, nullptr, nullptr);
  if (result < 0) return unitparser::fail_errno(-result, "PID 1 did not move process " + std::to_string(pid) + " into " + group);
  return {};
}

}  // namespace init
