// The service manager as ctl sees it: typed calls to org.freedesktop.systemd1. [bus]
#include "ctl/client.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "unitparser/base/text.h"

namespace ctl {
namespace {

constexpr std::string_view destination = "org.freedesktop.systemd1";
constexpr std::string_view properties_interface = "org.freedesktop.DBus.Properties";
constexpr std::string_view unit_prefix = "/org/freedesktop/systemd1/unit/";

/// Socket path out of a D-Bus address list: the first "unix:path=" or "unix:abstract=" (escapes %xx resolved).
std::string socket_of_address(std::string_view addresses) {
  for (const auto address : unitparser::split_at(addresses, ';')) {
    const auto rest = unitparser::after_prefix(address, "unix:");
    if (!rest) continue;
    for (const auto pair : unitparser::split_at(*rest, ',')) {
      auto value = unitparser::after_prefix(pair, "path=");
      const bool abstract = !value;
      if (!value) value = unitparser::after_prefix(pair, "abstract=");
      if (!value) continue;
      std::string path = abstract ? "@" : "";
      for (std::size_t i = 0; i < value->size(); ++i) {
        if ((*value)[i] == '%' && i + 2 < value->size()) {
          path += static_cast<char>(std::strtoul(std::string(value->substr(i + 1, 2)).c_str(), nullptr, 16));
          i += 2;
        } else {
          path += (*value)[i];
        }
      }
      return path;
    }
  }
  return {};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string bus_socket(Scope scope) {
  const bool user = scope != Scope::system;
  if (const auto address = environment(user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS"); !address.empty())
    if (auto path = socket_of_address(address); !path.empty()) return path;
  if (!user) return "/run/dbus/system_bus_socket";
  const auto runtime = environment("XDG_RUNTIME_DIR");
  return runtime.empty() ? "" : runtime + "/bus";
}

/// The private socket of the manager, empty when this user has no business there.
std::string private_socket(Scope scope) {
  if (scope == Scope::system) return geteuid() == 0 ? "/run/systemd/private" : "";
  const auto runtime = environment("XDG_RUNTIME_DIR");
  return runtime.empty() ? "" : runtime + "/systemd/private";
}

constexpr bool is_label_character(char c) {
  return unitparser::is_digit(c) || unitparser::is_alphabetic(c);
}

}  // namespace

std::string unit_path(std::string_view name) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string path(unit_prefix);
  if (name.empty()) path += '_';
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (is_label_character(name[i]) && !(i == 0 && unitparser::is_digit(name[i])))
      path += name[i];
    else
      path.append({'_', hex[byte >> 4], hex[byte & 15]});
  }
  return path;
}

std::string unit_name_of_path(std::string_view path) {
  const auto label = unitparser::after_prefix(path, unit_prefix);
  if (!label) return {};
  std::string name;
  for (std::size_t i = 0; i < label->size(); ++i) {
    if ((*label)[i] == '_' && i + 2 < label->size()) {
      name += static_cast<char>(std::strtoul(std::string(label->substr(i + 1, 2)).c_str(), nullptr, 16));
      i += 2;
    } else {
      name += (*label)[i];
    }
  }
  return name;
}

CallResult<std::unique_ptr<Client>> Client::connect(const Options& options) {
  if (const auto path = private_socket(options.scope); !path.empty()) {
    auto connection = wire::Connection::open(path, wire::PeerKind::direct);
    if (connection) return std::unique_ptr<Client>(new Client(std::move(*connection), options.ask_password));
  }
  return connect_bus(options);
}

CallResult<std::unique_ptr<Client>> Client::connect_bus(const Options& options) {
  const auto path = bus_socket(options.scope);
  if (path.empty()) return wire::call_errno(ENOMEDIUM);
  auto connection = wire::Connection::open(path, wire::PeerKind::bus);
  if (!connection) return tl::unexpected(std::move(connection.error()));
  return std::unique_ptr<Client>(new Client(std::move(*connection), options.ask_password));
}

CallResult<std::uint32_t> Client::send(wire::Call call) {
  if (is_direct()) call.destination.clear();
  call.allow_interactive_authorization = interactive_;
  return connection_.send(call);
}

CallResult<wire::Message> Client::reply(std::uint32_t serial, Duration timeout) { return connection_.reply(serial, timeout); }

CallResult<wire::Message> Client::call(wire::Call call, Duration timeout) {
  const auto serial = send(std::move(call));
  if (!serial) return tl::unexpected(serial.error());
  return connection_.reply(*serial, timeout);
}

CallResult<wire::Message> Client::manager(std::string_view method, std::vector<Value> arguments, Duration timeout) {
  return call({std::string(destination), std::string(manager_path), std::string(manager_interface), std::string(method),
               std::move(arguments)},
              timeout);
}

CallResult<Value> Client::property(std::string_view path, std::string_view interface, std::string_view name) {
  auto answer = call({std::string(destination), std::string(path), std::string(properties_interface), "Get",
                      {std::string(interface), std::string(name)}});
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (answer->signature != "v") return wire::call_errno(EBADMSG);
  wire::Reader reader(*answer);
  auto value = reader.variant();
  if (!reader.ok()) return wire::call_errno(EBADMSG);
  return value;
}

CallResult<bool> Client::set_property(std::string_view path, std::string_view interface, std::string_view name, Value value) {
  unitparser::VariantValue variant;
  variant.content.push_back(std::move(value));
  const auto answer = call({std::string(destination), std::string(path), std::string(properties_interface), "Set",
                            {std::string(interface), std::string(name), std::move(variant)}});
  if (!answer) return tl::unexpected(answer.error());
  return true;
}

CallResult<std::uint32_t> Client::send_all_properties(std::string_view path, std::string_view interface) {
  return send({std::string(destination), std::string(path), std::string(properties_interface), "GetAll", {std::string(interface)}});
}

CallResult<Properties> Client::receive_all_properties(std::uint32_t serial) {
  const auto answer = receive_properties_answer(serial);
  if (!answer) return tl::unexpected(answer.error());
  return read_properties(*answer);
}

CallResult<wire::Message> Client::receive_properties_answer(std::uint32_t serial) {
  auto answer = connection_.reply(serial);
  if (answer && answer->signature != "a{sv}") return wire::call_errno(EBADMSG);
  return answer;
}

CallResult<Properties> Client::all_properties(std::string_view path, std::string_view interface) {
  const auto serial = send_all_properties(path, interface);
  if (!serial) return tl::unexpected(serial.error());
  return receive_all_properties(*serial);
}

Properties read_properties(const wire::Message& message) {
  constexpr std::size_t most_usual = 400;  // a service has some 330
  Properties properties;
  properties.entries.reserve(most_usual);
  wire::Reader reader(message);
  const auto end = reader.begin_array(8);
  while (reader.before(end)) {
    reader.begin_struct();
    std::string name(reader.text());
    properties.entries.emplace_back(std::move(name), reader.variant());
  }
  return properties;
}

CallResult<std::vector<UnitInfo>> Client::list_units(std::span<const std::string> states, std::span<const std::string> patterns) {
  auto answer = manager("ListUnitsByPatterns", {unitparser::string_array({states.begin(), states.end()}),
                                                unitparser::string_array({patterns.begin(), patterns.end()})});
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (answer->signature != "a(ssssssouso)") return wire::call_errno(EBADMSG);
  std::vector<UnitInfo> units;
  wire::Reader reader(*answer);
  const auto end = reader.begin_array(8);
  while (reader.before(end)) {
    reader.begin_struct();
    UnitInfo& u = units.emplace_back();
    for (auto* field : {&u.id, &u.description, &u.load_state, &u.active_state, &u.sub_state, &u.following, &u.unit_path})
      *field = reader.text();
    u.job_id = reader.number<std::uint32_t>();
    u.job_type = reader.text();
    u.job_path = reader.text();
  }
  if (!reader.ok()) return wire::call_errno(EBADMSG);
  return units;
}

namespace {
CallResult<std::vector<JobInfo>> read_jobs(const wire::Message& message) {
  if (message.signature != "a(usssoo)") return wire::call_errno(EBADMSG);
  std::vector<JobInfo> jobs;
  wire::Reader reader(message);
  const auto end = reader.begin_array(8);
  while (reader.before(end)) {
    reader.begin_struct();
    JobInfo& job = jobs.emplace_back();
    job.id = reader.number<std::uint32_t>();
    for (auto* field : {&job.unit, &job.type, &job.state, &job.job_path, &job.unit_path}) *field = reader.text();
  }
  return jobs;
}
}  // namespace

CallResult<std::vector<JobInfo>> Client::list_jobs() {
  const auto answer = manager("ListJobs");
  if (!answer) return tl::unexpected(answer.error());
  return read_jobs(*answer);
}

CallResult<std::vector<JobInfo>> Client::job_relatives(std::string_view method, std::uint32_t id) {
  const auto answer = manager(method, {id});
  if (!answer) return tl::unexpected(answer.error());
  return read_jobs(*answer);
}

CallResult<std::string> Client::path_by(std::string_view method, std::vector<Value> arguments) {
  auto answer = manager(method, std::move(arguments));
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (!answer->signature.starts_with('o')) return wire::call_errno(EBADMSG);
  return std::string(wire::Reader(*answer).text());
}

CallResult<bool> Client::subscribe() {
  if (std::exchange(subscribed_, true)) return true;
  if (!is_direct()) {
    const auto matched = call({"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch",
                               {"type='signal',sender='org.freedesktop.systemd1',path_namespace='/org/freedesktop/systemd1'"}});
    if (!matched) return tl::unexpected(matched.error());
  }
  const auto answer = manager("Subscribe");
  if (!answer && answer.error().name != "org.freedesktop.systemd1.AlreadySubscribed") return tl::unexpected(answer.error());
  return true;
}

FileChanges read_changes(const wire::Message& message) {
  FileChanges result;
  wire::Reader reader(message);
  if (message.signature == "ba(sss)") result.carries_install_info = reader.boolean();
  else if (message.signature != "a(sss)") return result;
  const auto end = reader.begin_array(8);
  while (reader.before(end)) {
    reader.begin_struct();
    FileChange& change = result.changes.emplace_back();
    for (auto* field : {&change.kind, &change.path, &change.source}) *field = reader.text();
  }
  return result;
}

}  // namespace ctl
