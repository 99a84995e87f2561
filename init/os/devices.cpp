// Reading devices through sd-device. [os]
#include "init/os/devices.h"

#include <string>
#include <string_view>

#include "unitparser/base/text.h"

namespace init {
namespace {

std::string property(sd_device* device, const char* name) {
  const char* value = nullptr;
  return ::sd_device_get_property_value(device, name, &value) >= 0 && value != nullptr ? value : "";
}

/// Properties with several words, quoted as in unit files.
std::vector<std::string> words_of(sd_device* device, const char* name) {
  auto words = unitparser::split_words(property(device, name), {.unquote = true, .relax = true});
  return words ? *words : std::vector<std::string>{};
}

/// Best name for people: what the database says, then the label, then the model itself.
std::string description_of(sd_device* device) {
  for (const char* name : {"ID_MODEL_FROM_DATABASE", "ID_MODEL"}) {
    std::string model = property(device, name);
    if (model.empty()) continue;
    for (const char* detail : {"ID_FS_LABEL", "ID_PART_ENTRY_NAME", "ID_PART_ENTRY_NUMBER"})
      if (const std::string label = property(device, detail); !label.empty()) return model + " " + label;
    return model;
  }
  return {};
}

bool is_tagged(sd_device* device) { return ::sd_device_has_current_tag(device, "systemd") > 0; }

}  // namespace

event::Device describe_device(sd_device* device, event::DeviceAction action) {
  event::Device result;
  result.action = action;
  const char* text = nullptr;
  if (::sd_device_get_syspath(device, &text) >= 0) result.sysfs_path = text;
  if (::sd_device_get_devname(device, &text) >= 0) result.device_node = text;
  for (const char* link = ::sd_device_get_devlink_first(device); link != nullptr; link = ::sd_device_get_devlink_next(device))
    result.symlinks.emplace_back(link);
  result.aliases = words_of(device, "SYSTEMD_ALIAS");
  result.wants = words_of(device, "SYSTEMD_WANTS");
  result.description = description_of(device);
  const std::string ready = property(device, "SYSTEMD_READY");
  result.ready = ready.empty() || unitparser::parse_boolean(ready).value_or(true);
  result.bind_mounts = unitparser::parse_boolean(property(device, "SYSTEMD_MOUNT_DEVICE_BOUND")).value_or(false);
  return result;
}

Devices::~Devices() { ::sd_device_monitor_unref(monitor_); }

unitparser::Result<void> Devices::start(sd_event* loop) {
  int result = ::sd_device_monitor_new(&monitor_);
  if (result < 0) return unitparser::fail_errno(-result, "cannot follow devices");
  // Many devices appear at once when udev starts.
  (void)::sd_device_monitor_set_receive_buffer_size(monitor_, 128UL * 1024 * 1024);
  result = ::sd_device_monitor_attach_event(monitor_, loop);
  if (result >= 0) result = ::sd_device_monitor_start(monitor_, on_device, this);
  if (result < 0) return unitparser::fail_errno(-result, "cannot follow devices");
  return {};
}

int Devices::on_device(sd_device_monitor*, sd_device* device, void* userdata) {
  auto* self = static_cast<Devices*>(userdata);
  sd_device_action_t action{};
  if (::sd_device_get_action(device, &action) < 0) return 0;
  if (action == SD_DEVICE_REMOVE) {
    self->post_(describe_device(device, event::DeviceAction::removed));
  } else if (is_tagged(device)) {
    const bool fresh = action == SD_DEVICE_ADD;
    self->post_(describe_device(device, fresh ? event::DeviceAction::added : event::DeviceAction::changed));
  } else {
    // It lost the tag: for units it is gone.
    event::Device gone = describe_device(device, event::DeviceAction::changed);
    gone.ready = false;
    self->post_(std::move(gone));
  }
  return 0;
}

void Devices::enumerate() {
  sd_device_enumerator* enumerator = nullptr;
  if (::sd_device_enumerator_new(&enumerator) < 0) return;
  ::sd_device_enumerator_add_match_tag(enumerator, "systemd");
  for (sd_device* device = ::sd_device_enumerator_get_device_first(enumerator); device != nullptr;
       device = ::sd_device_enumerator_get_device_next(enumerator))
    if (::sd_device_get_is_initialized(device) > 0 && is_tagged(device))
      post_(describe_device(device, event::DeviceAction::added));
  ::sd_device_enumerator_unref(enumerator);
}

}  // namespace init
