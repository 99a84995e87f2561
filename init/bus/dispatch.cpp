// From a client's message to the object, the interface and the member that it means. [bus]
#include <algorithm>
#include <charconv>

#include "init/bus/introspection.h"
#include "init/bus/server_state.h"

namespace init {

using namespace bus;

namespace {

constexpr std::string_view manager_object = "/org/freedesktop/systemd1";
constexpr std::string_view manager_interface = "org.freedesktop.systemd1.Manager";
constexpr std::string_view peer_interface = "org.freedesktop.DBus.Peer";
constexpr std::string_view job_interface = "org.freedesktop.systemd1.Job";
constexpr std::string_view unit_folder = "/org/freedesktop/systemd1/unit";
constexpr std::string_view own_unit = "/org/freedesktop/systemd1/unit/self";  ///< the caller's
constexpr std::string_view job_folder = "/org/freedesktop/systemd1/job";
constexpr std::string_view log_control_object = "/org/freedesktop/LogControl1";
constexpr std::string_view log_control_interface = "org.freedesktop.LogControl1";

std::string_view view(const char* text) { return text == nullptr ? std::string_view{} : text; }

constexpr std::array log_control_members{writable("LogLevel", "s", Emits::quiet, Privilege::root), writable("LogTarget", "s", Emits::quiet, Privilege::root),
                                         property("SyslogIdentifier", "s", Emits::quiet)};

enum class ObjectKind : std::uint8_t { unknown, manager, unit, job, log_control, folder };
/// What a path names.
struct Object {
  ObjectKind kind = ObjectKind::unknown;
  const Unit* unit = nullptr;
  const Job* job = nullptr;
  std::string unit_name;   ///< of a unit's path, loaded or not
};

Object object_at(const Engine& engine, std::string_view path) {
  Object object;
  if (path == manager_object) {
    object.kind = ObjectKind::manager;
  } else if (path == log_control_object) {
    object.kind = ObjectKind::log_control;
  } else if (path == unit_folder || path == job_folder || path == "/" || path == "/org" || path == "/org/freedesktop") {
    object.kind = ObjectKind::folder;
  } else if (path.starts_with("/org/freedesktop/systemd1/unit/")) {
    object.unit_name = unit_name_of_path(path);
    // A path may name a unit by its present invocation.
    if (const Unit* unit = unit_of_invocation(engine, object.unit_name)) object.unit_name = unit->name.text();
    const auto name = UnitName::parse(object.unit_name);
    if (!name || name->is_template()) return object;  // of an unknown kind, with a name
    object.kind = ObjectKind::unit;
    object.unit = engine.find(object.unit_name);
  } else if (path.starts_with("/org/freedesktop/systemd1/job/")) {
    path.remove_prefix(job_folder.size() + 1);
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), id);
    if (error != std::errc{} || end != path.data() + path.size()) return object;
    object.job = engine.find_job(JobId{id});
    if (object.job != nullptr) object.kind = ObjectKind::job;
  }
  return object;
}

std::string introspect(const Engine& engine, const Object& object, std::string_view path) {
  std::vector<std::string> children;
  switch (object.kind) {
    case ObjectKind::manager: return introspection_xml({{manager_interface, {manager_schema()}}}, {"job", "unit"});
    case ObjectKind::unit: return introspection_xml(unit_interfaces(object.unit->type()), {});
    case ObjectKind::job: return introspection_xml({{job_interface, {job_schema()}}}, {});
    case ObjectKind::log_control: return introspection_xml({{log_control_interface, {log_control_members}}}, {});
    case ObjectKind::unknown:
    case ObjectKind::folder: break;
  }
  if (path == "/") children = {"org"};
  if (path == "/org") children = {"freedesktop"};
  if (path == "/org/freedesktop") children = {"LogControl1", "systemd1"};
  if (path == unit_folder)
    for (const auto id : engine.units())
      if (const Unit* unit = engine.find(id)) children.push_back(unit_path(unit->name.text()).substr(unit_folder.size() + 1));
  if (path == job_folder)
    for (const auto id : engine.jobs()) children.push_back(std::to_string(static_cast<std::uint32_t>(id)));
  return introspection_xml({}, children);
}

/// The interfaces of an object that have properties, each with a way to read one.
struct PropertySource {
  std::string_view name;
  std::vector<const Member*> members;
  std::function<Value(std::size_t)> value;
};

/// Reads properties of whatever object.
class PropertyReader {
 public:
  PropertyReader(BusServer::State& s, const Object& object);
  std::vector<PropertySource> sources;

 private:
  void add(std::string_view name, std::span<const Member> members, std::function<Value(const Member&)> read) {
    PropertySource source{name, {}, {}};
    for (const auto& member : members)
      if (member.kind == MemberKind::property) source.members.push_back(&member);
    source.value = [list = source.members, read = std::move(read)](std::size_t i) { return read(*list[i]); };
    sources.push_back(std::move(source));
  }
};

PropertyReader::PropertyReader(BusServer::State& s, const Object& object) {
  const auto& parts = s.parts;
  switch (object.kind) {
    case ObjectKind::manager:
      add(manager_interface, manager_schema(), [&parts](const Member& m) { return manager_value(parts.engine, parts.manager, m); });
      break;
    case ObjectKind::job:
      add(job_interface, job_schema(), [&parts, job = object.job](const Member& m) { return job_value(parts.engine, *job, m); });
      break;
    case ObjectKind::log_control:
      add(log_control_interface, log_control_members, [&parts](const Member& m) -> Value {
        return m.name == "LogLevel" ? parts.manager.log_level() : m.name == "LogTarget" ? parts.manager.log_target() : std::string("systemd");
      });
      break;
    case ObjectKind::unit:
      for (const auto& interface : s.interfaces_of(object.unit->type())) {
        PropertySource source{interface.name(), {}, {}};
        interface.for_each([&source](std::size_t, const Member& member) { source.members.push_back(&member); });
        source.value = [&interface, c = s.context(*object.unit)](std::size_t i) { return interface.value_at(c, i); };
        sources.push_back(std::move(source));
      }
      break;
    case ObjectKind::unknown:
    case ObjectKind::folder: break;
  }
}

Written all_properties(const PropertyReader& reader, std::string_view wanted) {
  Written answer{"a{sv}", {}, false};
  unitparser::WireWriter writer(answer.body);
  writer.array(8, [&] {
    for (const auto& source : reader.sources)
      for (std::size_t i = 0; (wanted.empty() || source.name == wanted) && i < source.members.size(); ++i) {
        writer.align(8);
        writer.string(source.members[i]->name);
        writer.variant(source.members[i]->output, source.value(i));
      }
  });
  answer.ok = writer.ok();
  return answer;
}

std::optional<BusFailure> set_property(BusServer::State& s, const PropertyReader& reader, std::string_view interface, std::string_view name, const Value& value) {
  for (const auto& source : reader.sources) {
    if (source.name != interface) continue;
    for (const auto* member : source.members) {
      if (member->name != name) continue;
      if (!member->is_writable) return BusFailure{"org.freedesktop.DBus.Error.PropertyReadOnly", "Property '" + std::string(name) + "' is not writable."};
      if (value.signature() != member->output)
        return invalid_arguments("Incorrect parameters for property '" + std::string(name) + "', expected '" + std::string(member->output) + "', got '" + value.signature() + "'.");
      auto& manager = s.parts.manager;
      if (name == "ServiceWatchdogs") {
        s.parts.post(event::ServiceWatchdogs{std::get<bool>(value.storage)});
        return std::nullopt;
      }
      if (name == "LogLevel" || name == "LogTarget") {
        const auto& text = std::get<std::string>(value.storage);
        const auto set = name == "LogLevel" ? manager.set_log_level(text) : manager.set_log_target(text);
        return set ? std::nullopt : std::optional(failure_of(set.error()));
      }
      if (auto set = manager.set_setting(name, value); !set) return failure_of(set.error());
      return std::nullopt;
    }
  }
  return BusFailure{"org.freedesktop.DBus.Error.UnknownProperty", "Unknown interface " + std::string(interface) + " or property " + std::string(name) + "."};
}

bool is_properties_call(std::string_view member) { return member == "Get" || member == "GetAll" || member == "Set"; }

BusFailure unknown_method(std::string_view member, std::string_view interface) {
  if (interface == peer_interface) return {"org.freedesktop.DBus.Error.UnknownMethod", "Unknown method '" + std::string(member) + "' on interface '" + std::string(interface) + "'."};
  return {"org.freedesktop.DBus.Error.UnknownMethod", "Unknown method " + std::string(member) + " or interface " + std::string(interface) + "."};
}

BusFailure wrong_arguments(sd_bus_message* message, std::string_view interface, std::string_view member, std::string_view expected) {
  return invalid_arguments("Invalid arguments '" + std::string(view(sd_bus_message_get_signature(message, 1))) + "' to call " + std::string(interface) + "." +
                           std::string(member) + "(), expecting '" + std::string(expected) + "'.");
}

/// Methods that answer, but that introspection does not show.
const Member* find_hidden_method(std::string_view interface, std::string_view member) {
  static constexpr std::array hidden{method("CreateSnapshot", "sb", "o", "", ""), method("RemoveSnapshot", "s", "", "", "")};
  const auto found = std::find_if(hidden.begin(), hidden.end(), [member](const Member& m) { return m.name == member; });
  return interface != manager_interface || found == hidden.end() ? nullptr : &*found;
}

const Member* find_schema_method(const Object& object, const BusServer::State& s, std::string_view& interface, std::string_view member) {
  const auto find = [member](std::span<const Member> schema) -> const Member* {
    const auto found = std::find_if(schema.begin(), schema.end(), [member](const Member& m) { return m.kind == MemberKind::method && m.name == member; });
    return found == schema.end() ? nullptr : &*found;
  };
  if (object.kind == ObjectKind::manager && (interface.empty() || interface == manager_interface)) {
    interface = manager_interface;
    return find(manager_schema());
  }
  if (object.kind == ObjectKind::job && (interface.empty() || interface == job_interface)) {
    interface = job_interface;
    return find(job_schema());
  }
  if (object.kind != ObjectKind::unit) return nullptr;
  for (const auto& candidate : s.interfaces_of(object.unit->type())) {
    if (!interface.empty() && candidate.name() != interface) continue;
    if (const auto* method = candidate.find_method(member)) {
      interface = candidate.name();
      return method;
    }
  }
  return nullptr;
}

}  // namespace

namespace {

std::shared_ptr<sd_bus_message> hold(sd_bus_message* message) {
  return {sd_bus_message_ref(message), [](sd_bus_message* m) { sd_bus_message_unref(m); }};
}

bool is_trusted(const BusServer::State& s, uid_t uid) { return uid == 0 || (s.options.user_manager && uid == ::geteuid()); }

/// Properties.Set, once we know who asks.
void write_property(BusServer::State& s, Connection& connection, sd_bus_message* message, std::vector<Value> arguments) {
  const std::string sender(view(sd_bus_message_get_sender(message)));
  s.with_credentials(connection, sender, [&s, held = hold(message), arguments = std::move(arguments)](Credentials c) {
    if (!is_trusted(s, c.uid)) return s.refuse(held.get(), access_denied());
    const auto object = object_at(s.parts.engine, view(sd_bus_message_get_path(held.get())));
    if (object.kind == ObjectKind::unknown || (object.kind == ObjectKind::unit && object.unit == nullptr))
      return s.refuse(held.get(), not_loaded(object.unit_name));
    const auto failure = set_property(s, PropertyReader(s, object), std::get<std::string>(arguments[0].storage),
                                      std::get<std::string>(arguments[1].storage),
                                      std::get<unitparser::VariantValue>(arguments[2].storage).content.front());
    failure ? s.refuse(held.get(), *failure) : s.finish(held.get(), Answer{});
  });
}

/// A call of org.freedesktop.DBus.Properties.
void handle_properties(BusServer::State& s, Connection& connection, sd_bus_message* message, const Object& object, std::string_view member) {
  const std::string_view expected = member == "Get" ? "ss" : member == "GetAll" ? "s" : "ssv";
  std::vector<Value> arguments;
  if (view(sd_bus_message_get_signature(message, 1)) != expected || !read_all(message, arguments))
    return s.refuse(message, invalid_arguments(member == "GetAll" ? "Expected interface parameter" : "Expected interface and member parameters"));
  if (member == "Set") return write_property(s, connection, message, std::move(arguments));
  const PropertyReader reader(s, object);
  const auto& wanted = std::get<std::string>(arguments[0].storage);
  if (member == "GetAll") {
    const bool is_ours = std::any_of(reader.sources.begin(), reader.sources.end(), [&](const auto& source) { return source.name == wanted; });
    if (!wanted.empty() && !is_ours && !wanted.starts_with("org.freedesktop.DBus."))
      return s.refuse(message, {"org.freedesktop.DBus.Error.UnknownInterface", "Unknown interface '" + wanted + "'."});
    return s.finish(message, all_properties(reader, wanted));
  }
  const auto& name = std::get<std::string>(arguments[1].storage);
  for (const auto& source : reader.sources) {
    if (!wanted.empty() && source.name != wanted) continue;
    for (std::size_t i = 0; i < source.members.size(); ++i) {
      if (source.members[i]->name != name) continue;
      unitparser::VariantValue variant;
      variant.content.push_back(source.value(i));
      return s.finish(message, Answer{std::move(variant)});
    }
  }
  s.refuse(message, {"org.freedesktop.DBus.Error.UnknownProperty", "Unknown interface " + wanted + " or property " + name + "."});
}

/// A call of one of our own interfaces: checks its arguments and who calls, then runs the method.
void handle_method(BusServer::State& s, Connection& connection, sd_bus_message* message, const Object& object, bool unit_was_loaded) {
  const auto member = view(sd_bus_message_get_member(message));
  auto interface = view(sd_bus_message_get_interface(message));
  const std::string sender(view(sd_bus_message_get_sender(message)));
  const auto* method = find_schema_method(object, s, interface, member);
  if (method == nullptr && object.kind == ObjectKind::manager) method = find_hidden_method(interface, member);
  const auto* row = method == nullptr ? nullptr : find_method_row(interface, member);
  const bool is_subscription = member == "Subscribe" || member == "Unsubscribe";
  if (method == nullptr || (row == nullptr && !is_subscription)) return s.refuse(message, unknown_method(member, interface));
  std::vector<Value> arguments;
  if (view(sd_bus_message_get_signature(message, 1)) != method->input || !read_all(message, arguments))
    return s.refuse(message, wrong_arguments(message, interface, member, method->input));
  if (row != nullptr && s.options.user_manager && !row->machine_only.empty())
    return s.refuse(message, {"org.freedesktop.DBus.Error.NotSupported", std::string(row->machine_only)});
  if (row == nullptr) {
    const auto failure = s.subscribe(connection, sender, member == "Subscribe");
    return failure.name.empty() ? s.finish(message, Answer{}) : s.refuse(message, failure);
  }
  const auto request = std::make_shared<Request>(Request{.engine = s.parts.engine,
                                                         .manager = s.parts.manager,
                                                         .method = *method,
                                                         .path = std::string(view(sd_bus_message_get_path(message))),
                                                         .caller = {sender, connection.uid, connection.pid},
                                                         .arguments = std::move(arguments),
                                                         .unit = object.unit_name,
                                                         .job_id = object.job == nullptr ? JobId::none : object.job->id,
                                                         .standard_fds = &s.standard_fds,
                                                         .unit_was_loaded = unit_was_loaded});
  request->authorised = connection.is_private || row->action == Action::none;
  const auto number = connection.number;
  const auto run = [&s, request, row, held = hold(message), number] {
    const auto found = s.connections.find(number);
    if (found != s.connections.end()) s.run_method(*found->second, held.get(), request, *row);
  };
  const bool asks_who = row->action != Action::none || row->subject != Subject::none || member.starts_with("GetUnit");
  if (!asks_who || connection.is_private) return run();
  s.with_credentials(connection, sender, [&s, request, run](Credentials c) {
    request->caller.uid = c.uid;
    request->caller.pid = c.pid;
    request->authorised = request->authorised || is_trusted(s, c.uid);
    run();
  });
}

/// A call to an object that is known.
void handle_object(BusServer::State& s, Connection& connection, sd_bus_message* message, const Object& object, bool unit_was_loaded) {
  const auto path = view(sd_bus_message_get_path(message)), member = view(sd_bus_message_get_member(message));
  const auto interface = view(sd_bus_message_get_interface(message));
  if (s.waiting.size() >= most_waiting) {
    s.refuse(message, too_many_requests());
  } else if (object.kind == ObjectKind::unit && object.unit == nullptr && unit_was_loaded) {
    s.refuse(message, not_loaded(object.unit_name));
  } else if (object.kind == ObjectKind::unit && object.unit == nullptr) {
    const RequestId id{++s.last_number};
    Waiting entry;
    entry.retry = true;
    entry.message.reset(sd_bus_message_ref(message));
    entry.connection = connection.number;
    s.waiting.emplace(id, std::move(entry));
    s.parts.post(event::LoadUnit{id, object.unit_name});
  } else if (object.kind == ObjectKind::unknown && !object.unit_name.empty()) {
    s.refuse(message, invalid_arguments("Unit name " + object.unit_name + " is neither a valid invocation ID nor unit name."));
  } else if (object.kind == ObjectKind::unknown) {
    s.refuse(message, {"org.freedesktop.DBus.Error.UnknownObject", "Unknown object '" + std::string(path) + "'."});
  } else if (interface == "org.freedesktop.DBus.Introspectable" && member == "Introspect") {
    s.finish(message, Answer{introspect(s.parts.engine, object, path)});
  } else if (interface == "org.freedesktop.DBus.Properties" && is_properties_call(member)) {
    handle_properties(s, connection, message, object, member);
  } else {
    handle_method(s, connection, message, object, unit_was_loaded);
  }
}

/// A call of org.freedesktop.DBus.Peer. Not left to sd-bus, which would write its reply into the middle of one of ours.
void handle_peer(BusServer::State& s, sd_bus_message* message) {
  const auto member = view(sd_bus_message_get_member(message));
  if (member == "Ping") return s.finish(message, Answer{});
  if (member != "GetMachineId") return s.refuse(message, unknown_method(member, peer_interface));
  sd_id128_t id{};
  if (const int r = sd_id128_get_machine(&id); r < 0)
    return s.refuse(message, failure_of(unitparser::fail_errno(-r, "cannot read the machine's identifier").value()));
  std::array<char, SD_ID128_STRING_MAX> text{};
  s.finish(message, Answer{std::string(sd_id128_to_string(id, text.data()))});
}

}  // namespace

int BusServer::State::handle(Connection& connection, sd_bus_message* message, bool unit_was_loaded) {
  if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0) return 0;
  if (view(sd_bus_message_get_interface(message)) == peer_interface) {
    handle_peer(*this, message);
    return 1;
  }
  const auto path = view(sd_bus_message_get_path(message));
  if (path != own_unit) {
    handle_object(*this, connection, message, object_at(parts.engine, path), unit_was_loaded);
    return 1;
  }
  const std::string sender(view(sd_bus_message_get_sender(message)));
  with_credentials(connection, sender, [this, number = connection.number, held = hold(message)](Credentials c) {
    const auto found = connections.find(number);
    if (found == connections.end()) return;
    const Unit* unit = unit_of_process(parts.engine, parts.manager, c.pid);
    if (unit == nullptr) return refuse(held.get(), client_of_no_unit());
    handle_object(*this, *found->second, held.get(), object_at(parts.engine, unit_path(unit->name.text())), true);
  });
  return 1;
}

void BusServer::State::run_method(Connection& connection, sd_bus_message* message, std::shared_ptr<Request> asked, const MethodRow& row) {
  Request& request = *asked;
  const auto ask = [&] {
    authorise(connection, message, row.action, [this, asked, &row, number = connection.number, held = hold(message)] {
      const auto found = connections.find(number);
      asked->authorised = true;
      if (found != connections.end()) run_method(*found->second, held.get(), asked, row);
    });
  };
  if (!request.authorised && row.asks == Asks::before) return ask();
  // Looked up each time: it may have ended while polkit was asked.
  request.job = parts.engine.find_job(request.job_id);
  if (request.job_id != JobId::none && request.job == nullptr) return refuse(message, no_such_job(request.job_id));
  request.id = RequestId{++last_number};
  auto objection = resolve_subject(request, row.subject);
  auto outcome = objection ? std::move(*objection) : row.handle(request);
  const bool acts = std::holds_alternative<Posted>(outcome) || std::holds_alternative<NeedsAuthorisation>(outcome);
  if (acts && !request.authorised) return ask();
  const auto wait = [&](ReplyShape shape, bool again) {
    Waiting entry;
    entry.message.reset(sd_bus_message_ref(message));
    entry.connection = connection.number;
    entry.shape = shape;
    entry.retry = again;
    waiting.emplace(request.id, std::move(entry));
  };
  if (auto* answer = std::get_if<Answer>(&outcome)) return finish(message, *answer);
  if (auto* written = std::get_if<Written>(&outcome)) return finish(message, *written);
  if (auto* failure = std::get_if<BusFailure>(&outcome)) {
    drop_standard_fds(request.id);
    return refuse(message, *failure);
  }
  if (auto* descriptor = std::get_if<Descriptor>(&outcome)) return finish_with(message, std::move(descriptor->fd));
  if (auto* posted = std::get_if<Posted>(&outcome)) {
    if (!connection.is_private) track_clients_of(posted->event);
    wait(posted->shape, false);
    parts.post(std::move(posted->event));
    return;
  }
  if (auto* needed = std::get_if<NeedsUnit>(&outcome)) {
    wait(ReplyShape::nothing, true);
    parts.post(event::LoadUnit{request.id, needed->name});
    return;
  }
  wait(ReplyShape::nothing, false);  // Awaited
}

}  // namespace init
