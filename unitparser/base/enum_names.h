// Enumerations with public names: one array of names for each, found by argument-dependent lookup. [pure]
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

namespace unitparser {

/// An enum has public names when `enum_names(std::type_identity<E>)` returns an array whose i-th element is the name of
/// the enumerator of value i.
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires { enum_names(std::type_identity<E>{}).size(); };

template <NamedEnum E>
[[nodiscard]] constexpr std::string_view to_name(E value) {
  constexpr auto names = enum_names(std::type_identity<E>{});
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : std::string_view{};
}

/// The enumerator of that exact name (case matters, as everywhere in unit files).
template <NamedEnum E>
[[nodiscard]] constexpr std::optional<E> from_name(std::string_view name) {
  constexpr auto names = enum_names(std::type_identity<E>{});
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace unitparser
