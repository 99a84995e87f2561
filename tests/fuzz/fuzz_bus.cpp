// Feeds arguments to the methods of org.freedesktop.systemd1 and reads properties. Each value has the type that introspection
// says, as the server sees to before a method runs, and goes through a message of sd-bus first; what is posted is done. [bus]
#include <systemd/sd-bus.h>
#include <sys/socket.h>

#include "init/bus/message_value.h"
#include "init/bus/request.h"
#include "init/bus/resumption.h"
#include "tests/fuzz/require.h"
#include "tests/sim/sim_port.h"
#include "unitparser/base/wire.h"
#include "unitparser/directives/registry.h"

namespace {

using namespace init;       // NOLINT
using namespace init::bus;  // NOLINT
using unitparser::Value;

constexpr unsigned most_calls = 6;
constexpr unsigned deepest = 5;

constexpr std::pair<const char*, const char*> units[] = {
    {"a.service", "[Service]\nExecStart=/bin/run\nRestart=always\nExecReload=/bin/true\nIOAccounting=yes\nMemoryAccounting=yes\n"},
    {"b.socket", "[Socket]\nListenStream=/run/b\nService=a.service\n"},
    {"c.timer", "[Timer]\nOnActiveSec=5\nUnit=d.service\n"},
    {"d.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/slow\n"},
    {"e.path", "[Path]\nPathExists=/watched\nUnit=d.service\n"},
    {"f.mount", "[Mount]\nWhat=none\nWhere=/f\n"},
    {"h.target", "[Unit]\nRequires=a.service\nAllowIsolate=yes\n"},
    {"s.slice", "[Slice]\nCPUWeight=20\n"},
};

/// What an input still holds, as the values that are asked for.
class Source {
 public:
  Source(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint64_t number(unsigned bytes) {
    std::uint64_t all = 0;
    for (; bytes > 0 && !rest_.empty(); --bytes, rest_.remove_prefix(1)) all = all << 8U | static_cast<unsigned char>(rest_[0]);
    return all;
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(number(bound > 256 ? 2 : 1)) % bound; }
  /// Up to the next NUL; a single byte from 0x80 on stands for a name that is there.
  std::string text() {
    const std::size_t end = std::min(rest_.find('\0'), rest_.size());
    std::string all(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (all.size() == 1 && static_cast<unsigned char>(all[0]) >= 0x80) return units[static_cast<unsigned char>(all[0]) % std::size(units)].first;
    return all;
  }

 private:
  std::string_view rest_;
};

/// Length of the first complete type of a signature.
std::size_t type_length(std::string_view signature) {
  if (signature[0] == 'a') return 1 + type_length(signature.substr(1));
  if (signature[0] != '(' && signature[0] != '{') return 1;
  std::size_t at = 1;
  while (signature[at] != ')' && signature[at] != '}') at += type_length(signature.substr(at));
  return at + 1;
}

/// The signature of a property's value: one of the registry's, or anything else that is common.
std::string variant_type(Source& source) {
  constexpr const char* types[] = {"s", "b", "as", "t", "u", "i", "ay", "a(sasb)", "a(ss)", "a(st)", "(bas)", "a(sasasttttuii)", "au", "x", "q", "y", "d", "h", "a(stt)", "v"};
  return types[source.below(std::size(types))];
}

Value draw(Source& source, std::string_view type, unsigned depth);

std::vector<Value> draw_each(Source& source, std::string_view types, unsigned depth) {
  std::vector<Value> values;
  while (!types.empty()) {
    const std::size_t length = type_length(types);
    values.push_back(draw(source, types.substr(0, length), depth));
    types.remove_prefix(length);
  }
  return values;
}

Value draw(Source& source, std::string_view type, unsigned depth) {
  switch (type[0]) {
    case 'b': return source.number(1) % 2 == 1;
    case 'y': return static_cast<std::uint8_t>(source.number(1));
    case 'n': return static_cast<std::int16_t>(source.number(2));
    case 'q': return static_cast<std::uint16_t>(source.number(2));
    case 'i': return static_cast<std::int32_t>(source.number(4));
    case 'u': return static_cast<std::uint32_t>(source.number(4));
    case 'x': return static_cast<std::int64_t>(source.number(8));
    case 't': return source.number(8);
    case 'd': return static_cast<double>(source.number(4)) / 7;
    case 's': return source.text();
    case 'o': return unitparser::ObjectPath{unit_path(source.text())};
    case 'g': return unitparser::TypeSignature{variant_type(source)};
    case 'h': return unitparser::HandleValue{0};
    case '(': case '{': return unitparser::StructValue{draw_each(source, type.substr(1, type.size() - 2), depth)};
    case 'v': {
      unitparser::VariantValue variant;
      variant.content.push_back(draw(source, depth > deepest ? "b" : variant_type(source), depth + 1));
      return variant;
    }
    default: break;
  }
  if (type == "ay") return unitparser::Bytes{source.text()};
  unitparser::ArrayValue array{std::string(type.substr(1)), {}};
  for (std::size_t count = source.below(5); count > 0 && !source.empty(); --count)
    array.elements.push_back(draw(source, type.substr(1), depth + 1));
  return array;
}

/// The values as a client's message brings them; nothing when they cannot be sent (a text that is not UTF-8).
std::optional<std::vector<Value>> received(const std::vector<Value>& values) {
  static const BusPtr bus = [] {
    int pair[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    auto made = resume_private_client(unitparser::UniqueFd(pair[0]));
    require(made.has_value());
    return std::move(*made);
  }();
  sd_bus_message* raw = nullptr;
  require(sd_bus_message_new_method_call(bus.get(), &raw, nullptr, "/", "a.b", "C") >= 0);
  const MessagePtr message(raw);
  std::string signature, body;
  unitparser::WireWriter writer(body);
  for (const Value& value : values) {
    signature += value.signature();
    writer.value(value);
  }
  if (!writer.ok() || append(raw, signature, body) < 0) return std::nullopt;
  require(sd_bus_message_seal(raw, 1, 0) >= 0);
  std::vector<Value> all;
  require(read_all(raw, all));
  return all;
}

struct Method {
  std::string_view interface;
  const Member* member;
  const MethodRow* row;
  UnitType type;  ///< of an object of a unit's interface
};

/// All methods of all interfaces that have a handler.
const std::vector<Method>& methods() {
  static const std::vector<Method> all = [] {
    std::vector<Method> found;
    const auto add = [&found](std::string_view interface, std::span<const Member> members, UnitType type) {
      for (const Member& member : members)
        if (const MethodRow* row = member.kind == MemberKind::method ? find_method_row(interface, member.name) : nullptr)
          found.push_back({interface, &member, row, type});
    };
    add("org.freedesktop.systemd1.Manager", manager_schema(), UnitType::service);
    add("org.freedesktop.systemd1.Job", job_schema(), UnitType::service);
    add("org.freedesktop.systemd1.Unit", unit_schema(), UnitType::service);
    for (const UnitType type : {UnitType::service, UnitType::socket, UnitType::mount, UnitType::timer, UnitType::path, UnitType::slice})
      for (const auto& part : type_schema(type).parts) add(type_interface(type), part, type);
    return found;
  }();
  return all;
}

void read_properties(sim::SimMachine& machine, SimPort& port, const std::string& name) {
  const Unit* unit = machine.unit(name);
  if (unit == nullptr) return;
  const PropertyContext context{machine.engine(), port, *unit};
  const auto schema = type_schema(unit->type());
  const UnitInterface of_type(type_interface(unit->type()), unit->type(), {schema.parts.begin(), schema.parts.begin() + static_cast<std::ptrdiff_t>(schema.count)});
  const UnitInterface of_unit("org.freedesktop.systemd1.Unit", unit->type(), {unit_schema()});
  for (const UnitInterface* interface : {&of_type, &of_unit})
    interface->for_each([&](std::size_t i, const Member& member) {
      const Value value = interface->value_at(context, i);
      require(value.signature() == member.output);
    });
}

/// Calls a method as often as it wants to be called again.
void call(sim::SimMachine& machine, SimPort& port, const Method& method, const std::string& unit, std::vector<Value> arguments) {
  static std::uint64_t last_id = 1'000'000;
  StandardFds standard_fds;
  Request request{.engine = machine.engine(), .manager = port, .method = *method.member, .path = unit_path(unit), .caller = {":1.7", 0, 100},
                  .arguments = std::move(arguments), .unit = unit, .standard_fds = &standard_fds};
  if (method.interface == "org.freedesktop.systemd1.Job") {
    const auto jobs = machine.engine().jobs();
    if (jobs.empty()) return;
    request.job_id = jobs.front();
  } else if (method.interface != "org.freedesktop.systemd1.Manager" && machine.unit(unit) == nullptr) {
    return;
  }
  for (int round = 0; round < 4; ++round) {
    request.id = RequestId{++last_id};
    request.job = machine.engine().find_job(request.job_id);
    auto objection = resolve_subject(request, method.row->subject);
    auto outcome = objection ? std::move(*objection) : method.row->handle(request);
    if (const auto* answer = std::get_if<Answer>(&outcome)) {
      std::string signature;
      for (const Value& value : *answer) signature += value.signature();
      require(signature == method.member->output);
    }
    if (auto* posted = std::get_if<Posted>(&outcome)) machine.post(std::move(posted->event));
    if (std::holds_alternative<NeedsAuthorisation>(outcome)) {
      request.authorised = true;
    } else if (const auto* needed = std::get_if<NeedsUnit>(&outcome)) {
      machine.post(event::LoadUnit{request.id, needed->name});
      request.unit_was_loaded = true;
    } else {
      return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Source source(data, size);
  sim::SimMachine machine;
  machine.keep_log = false;
  machine.programs["/bin/slow"].exits_after_usec = 3'000'000;
  for (const auto& [name, text] : units) {
    machine.source.set(name, std::string("[Unit]\nDefaultDependencies=no\n") + text);
    machine.start(name);
  }
  SimPort port(machine, source.text());
  for (unsigned count = 0; count < most_calls && !source.empty(); ++count) {
    const Method& method = methods()[source.below(methods().size())];
    std::string unit = units[source.below(std::size(units))].first;
    for (const auto& [name, text] : units)
      if (method.interface != "org.freedesktop.systemd1.Unit" && unitparser::UnitName::parse(name)->type() == method.type) unit = name;
    auto arguments = received(draw_each(source, method.member->input, 0));
    if (!arguments) return 0;
    call(machine, port, method, unit, std::move(*arguments));
    machine.settle();
    require(!machine.restless());
    read_properties(machine, port, unit);
    machine.advance(source.below(4) * 1'000'000);
  }
  machine.reexec();
  require(!machine.restless());
  return 0;
}
