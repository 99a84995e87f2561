// ManagerPort: what the bus asks of the rest of PID 1 besides the engine. [port]
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "init/engine/boot_times.h"
#include "init/engine/unit.h"
#include "init/exec/dynamic_user.h"
#include "init/exec/mount_insertion.h"
#include "unitparser/base/fd.h"
#include "unitparser/config/machine_facts.h"
#include "unitparser/base/value.h"

namespace init::bus {

/// How a client wishes the manager's run to end (Exit, PowerOff, Reexecute ...).
enum class EndKind : std::uint8_t { exit, reboot, poweroff, halt, kexec, reexecute, switch_root };
struct EndRequest {
  EndKind kind = EndKind::exit;
  std::string new_root, new_init;  ///< of switch_root
};

/// What stays as it is while the manager runs.
struct ManagerFacts {
  std::string version = "252";
  std::string features;
  std::string virtualization, architecture, confidential_virtualization;
  std::string control_group;  ///< the manager's root group, "" for /
  std::vector<std::string> unit_path;
};

/// One process of a control group, its command line quoted for people.
struct ProcessEntry {
  std::string cgroup;
  pid_t pid = 0;
  std::string command;
};

/// One change of unit files: "symlink" or "unlink" or a remark's name, path, source.
struct UnitFileChange {
  std::string kind, path, source;
};
struct UnitFileChanges {
  bool carries_install_info = true;
  std::vector<UnitFileChange> changes;
};
enum class UnitFileVerb : std::uint8_t {
  enable, disable, reenable, link, preset, preset_all, mask, unmask, revert, set_default, add_wants, add_requires
};
/// A request to change unit files; for set_default the target is names[0], for add_* it is `target`.
struct UnitFileRequest {
  UnitFileVerb verb{};
  std::vector<std::string> names;
  std::string target, preset_mode;
  bool runtime = false, force = false;
};
struct UnitFileEntry {
  std::string path, state;
};

/// Implemented by the composition root. All methods return at once.
class ManagerPort {
 public:
  virtual ~ManagerPort() = default;

  // --- The manager as a whole -------------------------------------------------------------------------------------
  [[nodiscard]] virtual const ManagerFacts& facts() = 0;
  [[nodiscard]] virtual const BootTimes& boot_times() = 0;
  [[nodiscard]] virtual const unitparser::MachineFacts& machine() = 0;
  /// daemon-reload; the engine answers `request` when it is done.
  virtual void reload(RequestId request) = 0;
  virtual void end(EndRequest request) = 0;
  /// Whether there is that init below a new root, or, when no name is given, an operating system at all (os-release(5)).
  [[nodiscard]] virtual Result<void> find_init(const std::string& new_root, const std::string& new_init) = 0;
  virtual Result<bool> set_exit_code(std::uint8_t code) = 0;
  [[nodiscard]] virtual std::vector<std::string> environment() = 0;
  /// Names or assignments of `unset` go from what clients have set, assignments of `set` come.
  virtual void change_environment(const std::vector<std::string>& unset, const std::vector<std::string>& set) = 0;
  [[nodiscard]] virtual std::string log_level() = 0;
  [[nodiscard]] virtual std::string log_target() = 0;
  virtual Result<bool> set_log_level(const std::string& level) = 0;
  virtual Result<bool> set_log_target(const std::string& target) = 0;
  /// "" for what the configuration says.
  virtual Result<bool> set_show_status(const std::string& mode) = 0;
  /// "initializing", "starting", "running", "degraded", "maintenance", "stopping".
  [[nodiscard]] virtual std::string system_state() = 0;
  /// Values of system.conf by property name (DefaultTimeoutStartUSec …); nothing for unknown names.
  [[nodiscard]] virtual std::optional<unitparser::Value> setting(std::string_view property) = 0;
  /// Sets one of them until the machine ends: those of the hardware watchdog. Error: that one cannot be set.
  [[nodiscard]] virtual Result<bool> set_setting(std::string_view property, const unitparser::Value& value) = 0;
  [[nodiscard]] virtual DualTime last_watchdog_ping() = 0;
  /// Text for Dump.
  [[nodiscard]] virtual std::string dump() = 0;
  /// A sealed descriptor, at its start, that the text can be read from.
  [[nodiscard]] virtual Result<unitparser::UniqueFd> readable_text(const std::string& text) = 0;

  // --- Processes and control groups -------------------------------------------------------------------------------
  /// Processes in a group and below.
  [[nodiscard]] virtual std::vector<ProcessEntry> processes(const std::string& cgroup) = 0;
  [[nodiscard]] virtual Result<std::string> cgroup_of(pid_t pid) = 0;
  /// Whether the process lives in another mount namespace than we.
  [[nodiscard]] virtual bool has_own_mounts(pid_t pid) = 0;
  /// Begins to bind-mount something into a process's namespace. A Reply to `request` follows unless this fails.
  [[nodiscard]] virtual Result<void> insert_mount(RequestId request, MountInsertion wanted) = 0;
  /// Those that DynamicUser= has made and that are in use.
  [[nodiscard]] virtual std::vector<DynamicUser> dynamic_users() = 0;
  /// Whom a group, or a process, belongs to; nothing when there is none.
  [[nodiscard]] virtual std::optional<uid_t> cgroup_owner(const std::string& cgroup) = 0;
  [[nodiscard]] virtual std::optional<uid_t> process_owner(pid_t pid) = 0;
  /// The group's number in the kernel, 0 when it does not exist.
  [[nodiscard]] virtual std::uint64_t cgroup_id(const std::string& cgroup) = 0;
  /// Content of an attribute file of a group ("memory.current"); nothing when there is none.
  [[nodiscard]] virtual std::optional<std::string> cgroup_attribute(const std::string& cgroup, const char* attribute) = 0;

  // --- Unit files -------------------------------------------------------------------------------------------------
  [[nodiscard]] virtual bool needs_reload(const Unit& unit) = 0;
  [[nodiscard]] virtual std::string unit_file_state(const Unit& unit) = 0;
  [[nodiscard]] virtual std::string unit_file_preset(const Unit& unit) = 0;
  [[nodiscard]] virtual Result<std::string> unit_file_state(const std::string& name) = 0;
  /// Those whose names fit one of the patterns; none: all.
  [[nodiscard]] virtual Result<std::vector<UnitFileEntry>> list_unit_files(std::span<const std::string> patterns) = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> unit_file_links(const std::string& name, bool runtime) = 0;
  [[nodiscard]] virtual Result<UnitFileChanges> change_unit_files(const UnitFileRequest& request) = 0;
  [[nodiscard]] virtual Result<std::string> default_target() = 0;
  /// Writes a drop-in with these lines of "[Section]" and "Key=value" below the persistent or the runtime control folder.
  virtual Result<std::string> write_control_drop_in(const Unit& unit, const std::string& property, const std::string& text, bool runtime) = 0;
  /// The configuration of a transient unit from the text of its fragment, which is also written to disk.
  virtual Result<unitparser::LoadedUnit> make_transient(const UnitName& name, const std::string& text) = 0;
  /// Removes the file again, of a unit that came to nothing.
  virtual void forget_transient(const UnitName& name) = 0;
};

}  // namespace init::bus
