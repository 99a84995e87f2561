// SimPort: what the bus asks of the rest of PID 1, answered by a machine in memory. [pure]
#pragma once

#include "init/bus/manager_port.h"
#include "tests/sim/sim.h"

/// Refuses what only a real machine can do; units that clients make are files of the machine.
class SimPort : public init::bus::ManagerPort {
 public:
  using Failure = tl::unexpected<unitparser::Error>;
  template <class T>
  using Result = init::Result<T>;
  /// `attribute` is what each file of each control group says.
  SimPort(sim::SimMachine& machine, std::string attribute) : machine_(machine), attribute_(std::move(attribute)) {}

  const init::bus::ManagerFacts& facts() override { return facts_; }
  const init::BootTimes& boot_times() override { return boot_times_; }
  const unitparser::MachineFacts& machine() override { return machine_facts_; }
  void reload(init::RequestId) override { machine_.enqueue(init::event::Reload{}); }
  void end(init::bus::EndRequest) override {}
  Result<void> find_init(const std::string&, const std::string&) override { return nothing(); }
  Result<bool> set_exit_code(std::uint8_t) override { return true; }
  std::vector<std::string> environment() override { return environment_; }
  void change_environment(const std::vector<std::string>& unset, const std::vector<std::string>& set) override {
    for (const std::string& name : unset) std::erase(environment_, name);
    environment_.insert(environment_.end(), set.begin(), set.end());
  }
  std::string log_level() override { return "info"; }
  std::string log_target() override { return "journal"; }
  Result<bool> set_log_level(const std::string&) override { return true; }
  Result<bool> set_log_target(const std::string&) override { return true; }
  Result<bool> set_show_status(const std::string&) override { return true; }
  std::string system_state() override { return "running"; }
  std::optional<unitparser::Value> setting(std::string_view) override { return std::nullopt; }
  Result<bool> set_setting(std::string_view, const unitparser::Value&) override { return nothing(); }
  init::DualTime last_watchdog_ping() override { return {}; }
  std::string dump() override { return {}; }
  Result<unitparser::UniqueFd> readable_text(const std::string&) override { return nothing(); }

  std::vector<init::bus::ProcessEntry> processes(const std::string&) override { return {}; }
  Result<std::string> cgroup_of(pid_t pid) override { return machine_.process_cgroup(pid); }
  bool has_own_mounts(pid_t) override { return false; }
  Result<void> insert_mount(init::RequestId, init::MountInsertion) override { return nothing(); }
  std::vector<init::DynamicUser> dynamic_users() override { return {}; }
  std::optional<uid_t> cgroup_owner(const std::string&) override { return 0; }
  std::optional<uid_t> process_owner(pid_t) override { return 0; }
  std::uint64_t cgroup_id(const std::string&) override { return 1; }
  std::optional<std::string> cgroup_attribute(const std::string&, const char*) override { return attribute_; }

  bool needs_reload(const init::Unit&) override { return false; }
  std::string unit_file_state(const init::Unit&) override { return "static"; }
  std::string unit_file_preset(const init::Unit&) override { return "enabled"; }
  Result<std::string> unit_file_state(const std::string&) override { return nothing(); }
  Result<std::vector<init::bus::UnitFileEntry>> list_unit_files(std::span<const std::string>) override { return std::vector<init::bus::UnitFileEntry>{}; }
  Result<std::vector<std::string>> unit_file_links(const std::string&, bool) override { return std::vector<std::string>{}; }
  Result<init::bus::UnitFileChanges> change_unit_files(const init::bus::UnitFileRequest&) override { return init::bus::UnitFileChanges{}; }
  Result<std::string> default_target() override { return std::string("h.target"); }
  Result<std::string> write_control_drop_in(const init::Unit& unit, const std::string&, const std::string& text, bool) override {
    machine_.source.add_drop_in(unit.name.text(), text);
    return std::string("/etc/systemd/system.control/drop-in.conf");
  }
  Result<unitparser::LoadedUnit> make_transient(const init::UnitName& name, const std::string& text) override {
    machine_.source.set(name.text(), text);
    return machine_.source.load(name);
  }
  void forget_transient(const init::UnitName& name) override { machine_.source.remove(name.text()); }

 private:
  static Failure nothing() { return unitparser::fail(unitparser::ErrorCode::not_found, "not on this machine"); }

  sim::SimMachine& machine_;
  std::string attribute_;
  init::bus::ManagerFacts facts_;
  init::BootTimes boot_times_;
  unitparser::MachineFacts machine_facts_;
  std::vector<std::string> environment_;
};
