#include "unitparser/base/value.h"

namespace unitparser {
namespace {

struct SignatureOf {
  std::string operator()(bool) const { return "b"; }
  std::string operator()(std::uint8_t) const { return "y"; }
  std::string operator()(std::int16_t) const { return "n"; }
  std::string operator()(std::uint16_t) const { return "q"; }
  std::string operator()(std::int32_t) const { return "i"; }
  std::string operator()(std::uint32_t) const { return "u"; }
  std::string operator()(std::int64_t) const { return "x"; }
  std::string operator()(std::uint64_t) const { return "t"; }
  std::string operator()(double) const { return "d"; }
  std::string operator()(const std::string&) const { return "s"; }
  std::string operator()(const ObjectPath&) const { return "o"; }
  std::string operator()(const TypeSignature&) const { return "g"; }
  std::string operator()(const HandleValue&) const { return "h"; }
  std::string operator()(const Bytes&) const { return "ay"; }
  std::string operator()(const ArrayValue& array) const { return "a" + array.element_signature; }
  std::string operator()(const StructValue& fields) const {
    std::string signature = "(";
    for (const Value& field : fields.fields) signature += field.signature();
    return signature + ")";
  }
  std::string operator()(const VariantValue&) const { return "v"; }
};

}  // namespace

std::string Value::signature() const { return std::visit(SignatureOf{}, storage); }

Value string_array(const std::vector<std::string>& strings) {
  ArrayValue array{"s", {}};
  array.elements.reserve(strings.size());
  for (const std::string& s : strings) array.elements.emplace_back(s);
  return Value(std::move(array));
}

}  // namespace unitparser
