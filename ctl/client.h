// The service manager as ctl sees it: typed calls to org.freedesktop.systemd1. [bus]
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/options.h"
#include "ctl/properties.h"
#include "ctl/wire/connection.h"

namespace ctl {

using unitparser::Duration;
using wire::CallError;
using wire::CallResult;

inline constexpr std::string_view manager_path = "/org/freedesktop/systemd1";
inline constexpr std::string_view manager_interface = "org.freedesktop.systemd1.Manager";
inline constexpr std::string_view unit_interface = "org.freedesktop.systemd1.Unit";

/// One row of ListUnits.
struct UnitInfo {
  std::string id, description, load_state, active_state, sub_state, following, unit_path;
  std::uint32_t job_id = 0;
  std::string job_type, job_path;
};

/// One row of ListJobs.
struct JobInfo {
  std::uint32_t id = 0;
  std::string unit, type, state, job_path, unit_path;
};

/// One change of unit files, as EnableUnitFiles and its kin report it.
struct FileChange {
  std::string kind, path, source;
};

/// The object path of a unit: its name with every byte outside [A-Za-z0-9] as _xx.
[[nodiscard]] std::string unit_path(std::string_view name);
/// Inverse of unit_path; empty when the path is no unit's.
[[nodiscard]] std::string unit_name_of_path(std::string_view path);

/// A connection to one manager. Methods fail with the manager's own error name and text.
class Client {
 public:
  /// Root goes to the private socket first, everyone to the bus of `options.scope` then.
  [[nodiscard]] static CallResult<std::unique_ptr<Client>> connect(const Options& options);
  /// Straight to the bus (for logind and other names).
  [[nodiscard]] static CallResult<std::unique_ptr<Client>> connect_bus(const Options& options);

  /// Any call; `destination` is left out on the private socket.
  [[nodiscard]] CallResult<wire::Message> call(wire::Call call, Duration timeout = wire::default_call_timeout);
  [[nodiscard]] CallResult<std::uint32_t> send(wire::Call call);
  [[nodiscard]] CallResult<wire::Message> reply(std::uint32_t serial, Duration timeout = wire::default_call_timeout);
  /// A method of the manager object.
  [[nodiscard]] CallResult<wire::Message> manager(std::string_view method, std::vector<Value> arguments = {},
                                                  Duration timeout = wire::default_call_timeout);
  [[nodiscard]] CallResult<wire::Message> next_signal(Duration timeout) { return connection_.next_signal(timeout); }

  [[nodiscard]] CallResult<Value> property(std::string_view path, std::string_view interface, std::string_view name);
  [[nodiscard]] CallResult<bool> set_property(std::string_view path, std::string_view interface, std::string_view name, Value value);
  /// All properties of all interfaces (interface empty) or one.
  [[nodiscard]] CallResult<Properties> all_properties(std::string_view path, std::string_view interface = {});
  [[nodiscard]] CallResult<std::uint32_t> send_all_properties(std::string_view path, std::string_view interface = {});
  [[nodiscard]] CallResult<Properties> receive_all_properties(std::uint32_t serial);
  /// The same, not read yet.
  [[nodiscard]] CallResult<wire::Message> receive_properties_answer(std::uint32_t serial);

  [[nodiscard]] CallResult<std::vector<UnitInfo>> list_units(std::span<const std::string> states, std::span<const std::string> patterns);
  [[nodiscard]] CallResult<std::vector<JobInfo>> list_jobs();
  /// The jobs before or after a job (GetJobBefore, GetJobAfter).
  [[nodiscard]] CallResult<std::vector<JobInfo>> job_relatives(std::string_view method, std::uint32_t id);
  /// Object path of a unit's name by LoadUnit or GetUnit ...
  [[nodiscard]] CallResult<std::string> path_by(std::string_view method, std::vector<Value> arguments);

  /// Asks for signals of the manager (JobRemoved and the like) once.
  [[nodiscard]] CallResult<bool> subscribe();
  [[nodiscard]] bool is_direct() const { return connection_.kind() == wire::PeerKind::direct; }

 private:
  Client(wire::Connection connection, bool interactive) : connection_(std::move(connection)), interactive_(interactive) {}
  wire::Connection connection_;
  bool interactive_;  ///< polkit may ask the user
  bool subscribed_ = false;
};

/// Properties from the body "a{sv}".
[[nodiscard]] Properties read_properties(const wire::Message& message);
/// The changes in "…a(sss)": `carries_install_info` when a boolean stands before.
struct FileChanges {
  bool carries_install_info = true;
  std::vector<FileChange> changes;
};
[[nodiscard]] FileChanges read_changes(const wire::Message& message);

}  // namespace ctl
