// Devices: what udev says about devices that systemd units stand for (tag "systemd"). [os]
#pragma once

#include <systemd/sd-device.h>
#include <systemd/sd-event.h>

#include <functional>
#include <vector>

#include "init/engine/event.h"
#include "unitparser/base/result.h"

namespace init {

/// Follows udev's messages and lists what it knows already.
class Devices {
 public:
  using Post = std::function<void(Event)>;
  explicit Devices(Post post) : post_(std::move(post)) {}
  ~Devices();
  Devices(const Devices&) = delete;
  Devices& operator=(const Devices&) = delete;

  /// Begins to follow (messages of udev, not of the kernel), on `loop`.
  [[nodiscard]] unitparser::Result<void> start(sd_event* loop);
  /// Posts every device that udev has processed and tagged already.
  void enumerate();

 private:
  static int on_device(sd_device_monitor* monitor, sd_device* device, void* userdata);
  Post post_;
  sd_device_monitor* monitor_ = nullptr;
};

/// One device as the engine sees it.
[[nodiscard]] event::Device describe_device(sd_device* device, event::DeviceAction action);

}  // namespace init
