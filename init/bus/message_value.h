// Values in and out of sd-bus messages; an owning pointer for messages. [bus]
#pragma once

#include <systemd/sd-bus.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "unitparser/base/value.h"

namespace init::bus {

using unitparser::Value;

/// Drops references to sd-bus objects.
struct Unref {
  void operator()(sd_bus_message* m) const { sd_bus_message_unref(m); }
  void operator()(sd_bus_slot* s) const { sd_bus_slot_unref(s); }
};
using MessagePtr = std::unique_ptr<sd_bus_message, Unref>;
using SlotPtr = std::unique_ptr<sd_bus_slot, Unref>;

/// Appends what WireWriter wrote of values of these types, a descriptor as its number; negative errno on failure.
int append(sd_bus_message* message, std::string_view signature, std::string_view body);

/// Reads everything that is left of a message; false when it is malformed.
[[nodiscard]] bool read_all(sd_bus_message* message, std::vector<Value>& values);

}  // namespace init::bus
