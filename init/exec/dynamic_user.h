// The users that DynamicUser= makes: where the executor notes them, and what others learn of them. [pure]
#pragma once

#include <cstdint>
#include <string>

namespace init {

/// A locked file for each number, and for name services the links "direct:NUMBER" to the name and "direct:NAME" to the number.
inline constexpr const char* dynamic_user_folder = "/run/systemd/dynamic-uid";

struct DynamicUser {
  std::string name;
  std::uint32_t number = 0;   ///< user and group alike
};

}  // namespace init
