// What the interfaces of org.freedesktop.systemd1 consist of: members as rows, in the order of introspection. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "unitparser/names/unit_type.h"

namespace init::bus {

using unitparser::UnitType;

enum class MemberKind : std::uint8_t { property, method, signal };
/// org.freedesktop.DBus.Property.EmitsChangedSignal.
enum class Emits : std::uint8_t { changes, invalidates, constant, quiet };
/// org.freedesktop.systemd1.Privileged: for root only, whatever polkit says.
enum class Privilege : std::uint8_t { anyone, root };

/// One property, method or signal. Argument names are separated by commas.
struct Member {
  MemberKind kind{};
  std::string_view name;
  std::string_view input;   ///< signature of a method's arguments
  std::string_view output;  ///< signature of a property, of a signal's arguments, of a method's results
  std::string_view input_names, output_names;
  Emits emits = Emits::changes;
  Privilege privilege = Privilege::anyone;
  bool is_writable = false;
  bool is_silent = false;  ///< a method that is not replied to
};

constexpr Member property(std::string_view name, std::string_view type, Emits emits, Privilege privilege = Privilege::anyone) {
  return {MemberKind::property, name, {}, type, {}, {}, emits, privilege, false, false};
}
constexpr Member writable(std::string_view name, std::string_view type, Emits emits, Privilege privilege = Privilege::anyone) {
  return {MemberKind::property, name, {}, type, {}, {}, emits, privilege, true, false};
}
constexpr Member method(std::string_view name, std::string_view input, std::string_view output, std::string_view input_names,
                        std::string_view output_names) {
  return {MemberKind::method, name, input, output, input_names, output_names, Emits::changes, Privilege::anyone, false, false};
}
constexpr Member privileged_method(std::string_view name, std::string_view input, std::string_view output, std::string_view input_names,
                                   std::string_view output_names) {
  return {MemberKind::method, name, input, output, input_names, output_names, Emits::changes, Privilege::root, false, false};
}
constexpr Member silent_method(std::string_view name, std::string_view input, std::string_view output, std::string_view input_names,
                               std::string_view output_names) {
  return {MemberKind::method, name, input, output, input_names, output_names, Emits::changes, Privilege::anyone, false, true};
}
constexpr Member signal(std::string_view name, std::string_view signature, std::string_view names) {
  return {MemberKind::signal, name, {}, signature, {}, names, Emits::changes, Privilege::anyone, false, false};
}

[[nodiscard]] std::span<const Member> manager_schema();
[[nodiscard]] std::span<const Member> job_schema();
[[nodiscard]] std::span<const Member> unit_schema();               ///< org.freedesktop.systemd1.Unit
[[nodiscard]] std::span<const Member> own_schema(UnitType type);   ///< of the type's interface, without the groups
[[nodiscard]] std::span<const Member> resource_schema();
[[nodiscard]] std::span<const Member> exec_schema();
[[nodiscard]] std::span<const Member> kill_schema();

/// The parts of the type's interface in order; empty ones are left out.
struct SchemaParts {
  std::array<std::span<const Member>, 4> parts{};
  std::size_t count = 0;
};
[[nodiscard]] SchemaParts type_schema(UnitType type);
/// Length of the first complete type of a valid signature.
[[nodiscard]] std::size_t type_length(std::string_view signature);
/// "org.freedesktop.systemd1.Service".
[[nodiscard]] std::string_view type_interface(UnitType type);

}  // namespace init::bus
