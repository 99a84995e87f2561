// Escape sequences of what is written to the console. COMPAT [pure]
#pragma once

#include <string_view>

namespace init::colours {

inline constexpr std::string_view off = "\x1b[0m";
inline constexpr std::string_view bright = "\x1b[0;1;39m";
inline constexpr std::string_view grey = "\x1b[0;38;5;245m";
inline constexpr std::string_view green = "\x1b[0;32m";
inline constexpr std::string_view red = "\x1b[0;31m";
inline constexpr std::string_view bright_red = "\x1b[0;1;31m";
inline constexpr std::string_view bright_yellow = "\x1b[0;1;38;5;185m";

}  // namespace init::colours
