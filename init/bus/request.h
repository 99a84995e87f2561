// What method handlers are given, and what they may answer. [bus]
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "init/bus/manager_port.h"
#include "init/bus/property_values.h"
#include "init/bus/schema.h"
#include "init/engine/engine.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/value.h"
#include "unitparser/directives/registry.h"

namespace init::bus {

/// A failure as the client sees it.
struct BusFailure {
  std::string name, text;
};
/// What the reply to an engine request carries.
enum class ReplyShape : std::uint8_t { nothing, job_path, job_paths, unit_path, enqueued_job };
/// The handler posted an event; the engine's reply answers the client.
struct Posted {
  Event event;
  ReplyShape shape = ReplyShape::nothing;
};
/// Loads a unit first, then the same handler is called again.
struct NeedsUnit {
  std::string name;
};
/// A descriptor as the only result; closed when it has been sent.
struct Descriptor {
  unitparser::UniqueFd fd;
};
/// All that the handler looked at is in order, and it is about to act: it is called again once the caller may do that.
struct NeedsAuthorisation {};
/// Waits for something that answers by request id without an event (daemon-reload, a mount).
struct Awaited {};
using Answer = std::vector<Value>;
/// An answer as WireWriter wrote it.
struct Written {
  std::string signature, body;
  bool ok = false;  ///< WireWriter::ok()
};
using Outcome = std::variant<Answer, Written, BusFailure, Posted, NeedsUnit, NeedsAuthorisation, Awaited, Descriptor>;

/// Who calls.
struct Caller {
  std::string sender;      ///< unique name on the bus, empty on the private socket
  uid_t uid = 0;
  pid_t pid = 0;
};

/// Descriptors for the standard streams of a transient unit, and the request that gave them.
struct GivenFds {
  std::array<unitparser::UniqueFd, 3> streams;
  RequestId request{};
};
/// By unit name.
using StandardFds = std::map<std::string, GivenFds>;

struct Request {
  const Engine& engine;
  ManagerPort& manager;
  const Member& method;
  std::string path;
  Caller caller;
  std::vector<Value> arguments;
  RequestId id{};              ///< for Posted events and Awaited answers
  std::string unit;            ///< name in a unit's path
  JobId job_id{};              ///< of a job's path
  const Job* job = nullptr;    ///< that job, while the handler runs
  StandardFds* standard_fds = nullptr;  ///< where StartTransientUnit keeps what it was given
  bool unit_was_loaded = false;  ///< a NeedsUnit has been served: what is still not there does not exist
  bool authorised = false;       ///< the caller may do what the method's action says

  template <class T>
  [[nodiscard]] const T& argument(std::size_t index) const {
    return std::get<T>(arguments[index].storage);
  }
  [[nodiscard]] const std::string& text(std::size_t index) const { return argument<std::string>(index); }
  [[nodiscard]] bool flag(std::size_t index) const { return argument<bool>(index); }
  [[nodiscard]] std::vector<std::string> texts(std::size_t index) const;
};

using Handler = Outcome (*)(Request&);
/// Polkit actions; `none`: anyone may, `root`: nobody but root may.
enum class Action : std::uint8_t { none, root, manage_units, manage_unit_files, set_environment, reload_daemon };
/// When the action is asked for: before the handler runs, or within it: what it posts is held back until the caller is
/// authorised, and before it acts in any other way it returns NeedsAuthorisation. Wrong arguments are told to anyone then.
enum class Asks : std::uint8_t { before, within };
/// The unit that the first argument names; "" is the caller's own. `loaded`: it must be; `loadable`: it is loaded if need be.
enum class Subject : std::uint8_t { none, loaded, loadable };
struct MethodRow {
  std::string_view name;
  Handler handle;
  Action action = Action::none;
  Asks asks = Asks::before;
  Subject subject = Subject::none;
  std::string_view machine_only{};  ///< what a user's manager answers that does not have it; empty: both have it
};

/// Of MethodRow::machine_only.
inline constexpr std::string_view no_bind_mounts = "Adding bind mounts at runtime is only supported for system managers.";

[[nodiscard]] std::span<const MethodRow> manager_methods();
[[nodiscard]] std::span<const MethodRow> unit_file_methods();
[[nodiscard]] std::span<const MethodRow> transient_methods();
[[nodiscard]] std::span<const MethodRow> unit_methods();   ///< of Unit and of all type interfaces
[[nodiscard]] std::span<const MethodRow> job_methods();
[[nodiscard]] const MethodRow* find_method_row(std::string_view interface, std::string_view member);

/// The name and text that clients get for an engine's or loader's error.
[[nodiscard]] BusFailure failure_of(const Error& error);
[[nodiscard]] BusFailure failure_of_setting(const Error& error);  ///< what set_from_bus() says
/// Adds settings to the text of a unit file that is in `section` so far.
void append_settings(std::string& text, std::string& section, std::span<const unitparser::SettingLine> lines);
/// Markers=: all of them, or with '+' and '-' those that change. `markers` and those of `mask` are what it says; what is wrong, or nothing.
[[nodiscard]] std::optional<Error> take_markers(const Value& value, std::uint32_t& markers, std::uint32_t& mask);
[[nodiscard]] BusFailure invalid_arguments(std::string text);
[[nodiscard]] BusFailure access_denied();
[[nodiscard]] BusFailure too_many_requests();
/// "Unit … not loaded."
[[nodiscard]] BusFailure client_of_no_unit();
[[nodiscard]] BusFailure no_such_job(JobId job);
/// The unit whose present invocation it is, of 32 hexadecimal digits; nullptr when there is none.
[[nodiscard]] const Unit* unit_of_invocation(const Engine& engine, std::string_view id);
/// The unit that a process lives in; nullptr when it lives in none.
[[nodiscard]] const Unit* unit_of_process(const Engine& engine, ManagerPort& manager, pid_t pid);
/// What is wrong with a name that a unit could be loaded by; nothing when it can.
[[nodiscard]] std::optional<BusFailure> bad_unit_name(const std::string& name);
/// NoSuchUnit when no file of the unit was found.
[[nodiscard]] std::optional<BusFailure> not_found(const Unit& unit);
[[nodiscard]] BusFailure not_loaded(std::string_view unit);

// --- Shared by the families of handlers --------------------------------------------------------------------------
/// Puts the name of the caller's unit in the place of an empty first argument; what to answer when the row's subject is not there.
[[nodiscard]] std::optional<Outcome> resolve_subject(Request& request, Subject subject);
[[nodiscard]] Cause cause_of(const Request& request);
/// A job request of one unit, checked; `verb` as in StartUnit, Unit.Start ("start", "reload-or-restart" …).
[[nodiscard]] Outcome request_job(Request& request, const std::string& unit, std::string_view verb, const std::string& mode,
                                  ReplyShape shape = ReplyShape::job_path);
[[nodiscard]] Value list_of_jobs(const Engine& engine, const std::vector<JobId>& jobs);
[[nodiscard]] Outcome kill_unit(Request& request, const std::string& unit, std::string_view who, std::int32_t signal);
[[nodiscard]] Outcome set_properties(Request& request, const std::string& unit, bool runtime, const Value& properties);
[[nodiscard]] Outcome clean_unit(Request& request, const std::string& unit, const std::vector<std::string>& what);
[[nodiscard]] Outcome processes_of(Request& request, const Unit& unit);
[[nodiscard]] Outcome attach_processes(Request& request, const std::string& unit, const std::string& subcgroup, const Value& pids);
/// BindMount and MountImage of a service; the arguments start at `first`.
[[nodiscard]] Outcome bind_mount(Request& request, const std::string& unit, std::size_t first);
[[nodiscard]] Outcome mount_image(Request& request, const std::string& unit, std::size_t first);
[[nodiscard]] Outcome relatives_of_job(const Engine& engine, const Job& job, bool after);

}  // namespace init::bus
