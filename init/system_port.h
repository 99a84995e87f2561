// SystemPort: the rest of PID 1 as the bus sees it – facts, settings, control groups, unit files. [os]
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "init/bus/manager_port.h"
#include "init/os/dynamic_users.h"
#include "init/system.h"
#include "unitparser/load/unit_file_state.h"

namespace init {

/// Answers from the parts of one System; owns only what is cheap to make anew.
class SystemPort : public bus::ManagerPort {
 public:
  explicit SystemPort(System& system);

  [[nodiscard]] const bus::ManagerFacts& facts() override { return facts_; }
  [[nodiscard]] const BootTimes& boot_times() override { return system_.boot_times(); }
  [[nodiscard]] const unitparser::MachineFacts& machine() override;
  void reload(RequestId request) override;
  void end(bus::EndRequest request) override;
  [[nodiscard]] Result<void> find_init(const std::string& new_root, const std::string& new_init) override;
  Result<bool> set_exit_code(std::uint8_t code) override;
  [[nodiscard]] std::vector<std::string> environment() override;
  void change_environment(const std::vector<std::string>& unset, const std::vector<std::string>& set) override;
  [[nodiscard]] std::string log_level() override;
  [[nodiscard]] std::string log_target() override;
  Result<bool> set_log_level(const std::string& level) override;
  Result<bool> set_log_target(const std::string& target) override;
  Result<bool> set_show_status(const std::string& mode) override;
  [[nodiscard]] std::string system_state() override;
  [[nodiscard]] std::optional<unitparser::Value> setting(std::string_view property) override;
  [[nodiscard]] Result<bool> set_setting(std::string_view property, const unitparser::Value& value) override;
  [[nodiscard]] DualTime last_watchdog_ping() override { return system_.last_watchdog_ping(); }
  [[nodiscard]] std::string dump() override;
  [[nodiscard]] Result<unitparser::UniqueFd> readable_text(const std::string& text) override;

  [[nodiscard]] std::vector<bus::ProcessEntry> processes(const std::string& cgroup) override;
  [[nodiscard]] std::vector<DynamicUser> dynamic_users() override { return list_dynamic_users(); }
  [[nodiscard]] Result<std::string> cgroup_of(pid_t pid) override;
  [[nodiscard]] bool has_own_mounts(pid_t pid) override;
  [[nodiscard]] Result<void> insert_mount(RequestId request, MountInsertion wanted) override;
  [[nodiscard]] std::optional<uid_t> cgroup_owner(const std::string& cgroup) override;
  [[nodiscard]] std::optional<uid_t> process_owner(pid_t pid) override;
  [[nodiscard]] std::uint64_t cgroup_id(const std::string& cgroup) override;
  [[nodiscard]] std::optional<std::string> cgroup_attribute(const std::string& cgroup, const char* attribute) override;

  [[nodiscard]] bool needs_reload(const Unit& unit) override;
  [[nodiscard]] std::string unit_file_state(const Unit& unit) override;
  [[nodiscard]] std::string unit_file_preset(const Unit& unit) override;
  [[nodiscard]] Result<std::string> unit_file_state(const std::string& name) override;
  [[nodiscard]] Result<std::vector<bus::UnitFileEntry>> list_unit_files(std::span<const std::string> patterns) override;
  [[nodiscard]] Result<std::vector<std::string>> unit_file_links(const std::string& name, bool runtime) override;
  [[nodiscard]] Result<bus::UnitFileChanges> change_unit_files(const bus::UnitFileRequest& request) override;
  [[nodiscard]] Result<std::string> default_target() override;
  Result<std::string> write_control_drop_in(const Unit& unit, const std::string& property, const std::string& text,
                                     bool runtime) override;
  Result<unitparser::LoadedUnit> make_transient(const UnitName& name, const std::string& text) override;
  void forget_transient(const UnitName& name) override;

  /// Unit files are read anew: what units show of theirs is no longer known.
  void forget_unit_files() { shown_files_ = {}; }

 private:
  /// COMPAT: what units show as UnitFileState and UnitFilePreset is found out once, and again after a reload.
  struct ShownFiles {
    std::unique_ptr<unitparser::UnitFileStates> look;
    std::unordered_map<std::string, std::string> states;
  };
  [[nodiscard]] unitparser::UnitFileStates& look_at_unit_files();

  System& system_;
  bus::ManagerFacts facts_;
  ShownFiles shown_files_;
};

}  // namespace init
