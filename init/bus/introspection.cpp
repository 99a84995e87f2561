// Introspection XML, printed from the schema. [pure]
#include "init/bus/introspection.h"

namespace init::bus {
namespace {

constexpr std::string_view head = R"(<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
"https://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node>
 <interface name="org.freedesktop.DBus.Peer">
  <method name="Ping"/>
  <method name="GetMachineId">
   <arg type="s" name="machine_uuid" direction="out"/>
  </method>
 </interface>
 <interface name="org.freedesktop.DBus.Introspectable">
  <method name="Introspect">
   <arg name="xml_data" type="s" direction="out"/>
  </method>
 </interface>
 <interface name="org.freedesktop.DBus.Properties">
  <method name="Get">
   <arg name="interface_name" direction="in" type="s"/>
   <arg name="property_name" direction="in" type="s"/>
   <arg name="value" direction="out" type="v"/>
  </method>
  <method name="GetAll">
   <arg name="interface_name" direction="in" type="s"/>
   <arg name="props" direction="out" type="a{sv}"/>
  </method>
  <method name="Set">
   <arg name="interface_name" direction="in" type="s"/>
   <arg name="property_name" direction="in" type="s"/>
   <arg name="value" direction="in" type="v"/>
  </method>
  <signal name="PropertiesChanged">
   <arg type="s" name="interface_name"/>
   <arg type="a{sv}" name="changed_properties"/>
   <arg type="as" name="invalidated_properties"/>
  </signal>
 </interface>
)";

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

void put_arguments(std::string& out, std::string_view signature, std::string_view names, std::string_view direction) {
  while (!signature.empty()) {
    const auto length = type_length(signature);
    const auto comma = names.find(',');
    out += "   <arg type=" + quoted(signature.substr(0, length));
    if (const auto name = names.substr(0, comma); !name.empty()) out += " name=" + quoted(name);
    if (!direction.empty()) out += " direction=" + quoted(direction);
    out += "/>\n";
    signature.remove_prefix(length);
    names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
  }
}

void put_annotation(std::string& out, std::string_view name, std::string_view value) {
  out += "   <annotation name=" + quoted(name) + " value=" + quoted(value) + "/>\n";
}

void put_member(std::string& out, const Member& m) {
  constexpr std::array<std::string_view, 4> emits{"", "invalidates", "const", "false"};
  const std::string_view tag = m.kind == MemberKind::property ? "property" : m.kind == MemberKind::method ? "method" : "signal";
  out += "  <" + std::string(tag) + " name=" + quoted(m.name);
  if (m.kind == MemberKind::property)
    out += " type=" + quoted(m.output) + " access=" + quoted(m.is_writable ? "readwrite" : "read");
  out += ">\n";
  if (m.kind == MemberKind::method) {
    put_arguments(out, m.input, m.input_names, "in");
    put_arguments(out, m.output, m.output_names, "out");
  } else if (m.kind == MemberKind::signal) {
    put_arguments(out, m.output, m.output_names, "");
  } else if (const auto word = emits[static_cast<std::size_t>(m.emits)]; !word.empty()) {
    put_annotation(out, "org.freedesktop.DBus.Property.EmitsChangedSignal", word);
  }
  if (m.is_silent) put_annotation(out, "org.freedesktop.DBus.Method.NoReply", "true");
  if (m.privilege == Privilege::root) put_annotation(out, "org.freedesktop.systemd1.Privileged", "true");
  out += "  </" + std::string(tag) + ">\n";
}

}  // namespace

std::string introspection_xml(const std::vector<InterfaceView>& interfaces, const std::vector<std::string>& children) {
  std::string out(head);
  for (const auto& interface : interfaces) {
    out += " <interface name=" + quoted(interface.name) + ">\n";
    for (const auto part : interface.parts)
      for (const Member& member : part) put_member(out, member);
    out += " </interface>\n";
  }
  for (const auto& child : children) out += " <node name=" + quoted(child) + "/>\n";
  return out + "</node>\n";
}

std::vector<InterfaceView> unit_interfaces(UnitType type) {
  const auto schema = type_schema(type);
  InterfaceView own{type_interface(type), {}};
  for (std::size_t i = 0; i < schema.count; ++i) own.parts.push_back(schema.parts[i]);
  return {{"org.freedesktop.systemd1.Unit", {unit_schema()}}, std::move(own)};
}

}  // namespace init::bus
