// Value: a neutral mirror of the D-Bus types, the one form between tables and bus, show and JSON. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace unitparser {

/// A descriptor index or handle as carried on the bus (type 'h').
struct HandleValue {
  int fd = -1;
  bool operator==(const HandleValue&) const = default;
};
/// 'o' and 'g': strings of their own D-Bus type.
struct ObjectPath {
  std::string path;
  bool operator==(const ObjectPath&) const = default;
};
struct TypeSignature {
  std::string signature;
  bool operator==(const TypeSignature&) const = default;
};
/// 'ay' kept as bytes and not as a list of values.
struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};

struct Value;
/// 'a...': element signature (needed when empty) and elements. Dictionaries are arrays of two-field structs, "{sv}".
struct ArrayValue {
  std::string element_signature;
  std::vector<Value> elements;
  bool operator==(const ArrayValue&) const;
};
/// '(...)' and '{..}'.
struct StructValue {
  std::vector<Value> fields;
  bool operator==(const StructValue&) const;
};
/// 'v'.
struct VariantValue {
  std::vector<Value> content;  ///< exactly one (a vector because Value is incomplete here)
  bool operator==(const VariantValue&) const;
};

/// One D-Bus value. The C++ alternative decides the D-Bus type: bool b, uint8 y, int16 n, uint16 q, int32 i, uint32 u,
/// int64 x, uint64 t, double d, string s, ObjectPath o, TypeSignature g, HandleValue h, Bytes ay.
struct Value {
  using Storage = std::variant<bool, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                               std::uint64_t, double, std::string, ObjectPath, TypeSignature, HandleValue, Bytes,
                               ArrayValue, StructValue, VariantValue>;
  Storage storage;

  Value() : storage(false) {}
  template <class T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, Value> && std::is_constructible_v<Storage, T>)
  Value(T&& value) : storage(std::forward<T>(value)) {}  // NOLINT: implicit on purpose, values are written in place
  Value(const char* text) : storage(std::string(text)) {}

  bool operator==(const Value&) const = default;

  /// The D-Bus signature of this value, e.g. "a(ss)".
  [[nodiscard]] std::string signature() const;
};

inline bool ArrayValue::operator==(const ArrayValue& other) const {
  return element_signature == other.element_signature && elements == other.elements;
}
inline bool StructValue::operator==(const StructValue& other) const { return fields == other.fields; }
inline bool VariantValue::operator==(const VariantValue& other) const { return content == other.content; }

/// 'as' from a list of strings.
[[nodiscard]] Value string_array(const std::vector<std::string>& strings);
/// A struct value from its fields.
template <class... Fields>
[[nodiscard]] Value struct_of(Fields&&... fields) {
  StructValue s;
  s.fields.reserve(sizeof...(fields));
  (s.fields.emplace_back(std::forward<Fields>(fields)), ...);
  return Value(std::move(s));
}

}  // namespace unitparser
