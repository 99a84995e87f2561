// The table from settings to attribute files. [pure]
#include "init/cgroup/attributes.h"

#include <algorithm>

#include "unitparser/syntax/cpu_set.h"

namespace init {
namespace {

using unitparser::Controller;
using unitparser::Limit;
using unitparser::ScalableLimit;
using unitparser::UnitConfig;

constexpr std::uint32_t bit(Controller controller) { return 1U << static_cast<unsigned>(controller); }

std::string number_or_max(std::uint64_t value) { return value == Limit::infinity ? "max" : std::to_string(value); }

std::uint64_t resolve(const ScalableLimit& limit, std::uint64_t whole) {
  if (!limit.permyriad) return limit.value;
  // Whole pages: the kernel rounds down anyway.
  const auto share = static_cast<std::uint64_t>(static_cast<long double>(whole) * *limit.permyriad / 10000.0L);
  return share;
}

/// Collects writes; leaves out defaults unless a former value may be there.
class Writes {
 public:
  explicit Writes(Reset reset) : reset_(reset) {}
  void add(Controller controller, const char* directive, const char* file, std::string value, bool is_default) {
    if (is_default && reset_ == Reset::no) return;
    writes_.push_back({file, std::move(value), controller, directive});
  }
  [[nodiscard]] std::vector<AttributeWrite> take() { return std::move(writes_); }

 private:
  Reset reset_;
  std::vector<AttributeWrite> writes_;
};

template <class T>
const T& startup_or(bool starting, const T& startup, const T& usual, bool startup_set) {
  return starting && startup_set ? startup : usual;
}

/// CPUShares= of the first version, on the scale of weights.
std::uint64_t weight_of_shares(std::uint64_t shares) { return std::clamp<std::uint64_t>(shares * 100 / 1024, 1, 10000); }

/// BlockIOWeight= of the first version, which counts 10 to 1000 around 500.
std::uint64_t weight_of_block_io(std::uint64_t weight) { return std::clamp<std::uint64_t>(weight * 100 / 500, 1, 10000); }

void add_cpu(Writes& writes, const unitparser::ResourceBasics& basics, bool starting) {
  std::optional<std::uint64_t> weight =
      startup_or(starting, basics.startup_cpu_weight, basics.cpu_weight, basics.startup_cpu_weight.has_value());
  const std::optional<std::uint64_t> shares =
      startup_or(starting, basics.startup_cpu_shares, basics.cpu_shares, basics.startup_cpu_shares.has_value());
  if (!weight && shares) weight = weight_of_shares(*shares);
  const bool idle = weight == 0U;
  writes.add(Controller::cpu, "CPUWeight=", "cpu.idle", idle ? "1" : "0", !idle);
  if (!idle) writes.add(Controller::cpu, "CPUWeight=", "cpu.weight", std::to_string(weight.value_or(100)), !weight);

  constexpr std::uint64_t default_period = 100'000;
  constexpr std::uint64_t shortest_quota = 1000;
  const bool unlimited = basics.cpu_quota_per_sec.is_infinite();
  std::uint64_t period = basics.cpu_quota_period.is_infinite() ? default_period : basics.cpu_quota_period.usec();
  period = std::clamp<std::uint64_t>(period, 1000, 1'000'000);
  std::string quota = "max";
  if (!unlimited)
    quota = std::to_string(std::max(shortest_quota, basics.cpu_quota_per_sec.usec() * period / 1'000'000));
  writes.add(Controller::cpu, "CPUQuota=", "cpu.max", quota + " " + std::to_string(period), unlimited);
}

void add_cpu_sets(Writes& writes, const unitparser::ResourceBasics& basics, bool starting) {
  const auto& cpus =
      startup_or(starting, basics.startup_allowed_cpus, basics.allowed_cpus, !basics.startup_allowed_cpus.empty());
  const auto& nodes = startup_or(starting, basics.startup_allowed_memory_nodes, basics.allowed_memory_nodes,
                                 !basics.startup_allowed_memory_nodes.empty());
  writes.add(Controller::cpuset, "AllowedCPUs=", "cpuset.cpus", format_cpu_list(cpus), cpus.empty());
  writes.add(Controller::cpuset, "AllowedMemoryNodes=", "cpuset.mems", format_cpu_list(nodes), nodes.empty());
}

void add_memory(Writes& writes, const unitparser::ResourceMemory& memory, std::uint64_t whole, const SliceRules& slices) {
  const auto low = [&](const std::optional<ScalableLimit>& own, const std::optional<ScalableLimit>& default_) {
    return own ? resolve(*own, whole) : default_ ? resolve(*default_, whole) : 0;
  };
  const std::uint64_t min = low(memory.memory_min, slices.memory_min);
  const std::uint64_t soft = low(memory.memory_low, slices.memory_low);
  writes.add(Controller::memory, "MemoryMin=", "memory.min", number_or_max(min), min == 0);
  writes.add(Controller::memory, "MemoryLow=", "memory.low", number_or_max(soft), soft == 0);
  const std::uint64_t high = resolve(memory.memory_high, whole);
  std::uint64_t max = resolve(memory.memory_max, whole);
  if (max == Limit::infinity) max = resolve(memory.memory_limit, whole);
  const std::uint64_t swap = resolve(memory.memory_swap_max, whole);
  writes.add(Controller::memory, "MemoryHigh=", "memory.high", number_or_max(high), high == Limit::infinity);
  writes.add(Controller::memory, "MemoryMax=", "memory.max", number_or_max(max), max == Limit::infinity);
  writes.add(Controller::memory, "MemorySwapMax=", "memory.swap.max", number_or_max(swap), swap == Limit::infinity);
}

void add_device_limits(Writes& writes, const char* directive, const char* file, const char* key,
                       const std::vector<unitparser::DeviceLimit>& limits) {
  for (const unitparser::DeviceLimit& limit : limits)
    writes.add(Controller::io, directive, file, limit.path + " " + key + "=" + number_or_max(limit.value), false);
}

void add_io(Writes& writes, const unitparser::ResourceIo& io, bool starting) {
  std::optional<std::uint64_t> weight =
      startup_or(starting, io.startup_io_weight, io.io_weight, io.startup_io_weight.has_value());
  const std::optional<std::uint64_t> old =
      startup_or(starting, io.startup_block_io_weight, io.block_io_weight, io.startup_block_io_weight.has_value());
  if (!weight && old) weight = weight_of_block_io(*old);
  writes.add(Controller::io, "IOWeight=", "io.weight", "default " + std::to_string(weight.value_or(100)), !weight);
  for (const unitparser::DeviceWeight& device : io.io_device_weight)
    writes.add(Controller::io, "IODeviceWeight=", "io.weight", device.path + " " + std::to_string(device.weight), false);
  for (const unitparser::DeviceWeight& device : io.block_io_device_weight)
    writes.add(Controller::io, "BlockIODeviceWeight=", "io.weight", device.path + " " + std::to_string(weight_of_block_io(device.weight)), false);
  add_device_limits(writes, "IOReadBandwidthMax=", "io.max", "rbps", io.io_read_bandwidth_max);
  add_device_limits(writes, "IOWriteBandwidthMax=", "io.max", "wbps", io.io_write_bandwidth_max);
  add_device_limits(writes, "IOReadIOPSMax=", "io.max", "riops", io.io_read_iops_max);
  add_device_limits(writes, "IOWriteIOPSMax=", "io.max", "wiops", io.io_write_iops_max);
  add_device_limits(writes, "BlockIOReadBandwidth=", "io.max", "rbps", io.block_io_read_bandwidth);
  add_device_limits(writes, "BlockIOWriteBandwidth=", "io.max", "wbps", io.block_io_write_bandwidth);
  for (const unitparser::DeviceLimit& limit : io.io_device_latency_target)
    writes.add(Controller::io, "IODeviceLatencyTargetSec=", "io.latency",
               limit.path + " target=" + number_or_max(limit.value), false);
}

bool has_cpu_settings(const unitparser::ResourceBasics& b) {
  return b.cpu_weight || b.startup_cpu_weight || b.cpu_shares || b.startup_cpu_shares || !b.cpu_quota_per_sec.is_infinite();
}
bool has_cpu_set_settings(const unitparser::ResourceBasics& b) {
  return !b.allowed_cpus.empty() || !b.startup_allowed_cpus.empty() || !b.allowed_memory_nodes.empty() ||
         !b.startup_allowed_memory_nodes.empty();
}
bool has_memory_settings(const unitparser::ResourceMemory& m) {
  return m.memory_min || m.memory_low || m.default_memory_min || m.default_memory_low || m.memory_high != ScalableLimit{} ||
         m.memory_max != ScalableLimit{} || m.memory_swap_max != ScalableLimit{} || m.memory_limit != ScalableLimit{};
}

}  // namespace

std::string format_cpu_list(const unitparser::CpuMask& mask) { return unitparser::format_cpu_set(mask, ','); }

SliceRules rules_of_slices(const Engine& engine, const Unit& unit) {
  SliceRules rules;
  for (const Unit* slice = engine.find(unit.slice); slice != nullptr; slice = engine.find(slice->slice)) {
    const unitparser::ResourceMemory& memory = *slice->config.common->resource_memory;
    if (!rules.memory_min) rules.memory_min = memory.default_memory_min;
    if (!rules.memory_low) rules.memory_low = memory.default_memory_low;
    rules.disabled_controllers |= slice->config.common->resource_basics->disabled_controllers;
  }
  return rules;
}

std::uint32_t needed_controllers(const UnitConfig& config, unitparser::UnitType type) {
  if (!unitparser::type_has_cgroup(type)) return 0;
  const unitparser::ResourceBasics& basics = *config.common->resource_basics;
  std::uint32_t mask = 0;
  // Accounting of CPU time needs no controller: cpu.stat is always there.
  if (has_cpu_settings(basics)) mask |= bit(Controller::cpu);
  if (has_cpu_set_settings(basics)) mask |= bit(Controller::cpuset);
  if (basics.memory_accounting || has_memory_settings(*config.common->resource_memory)) mask |= bit(Controller::memory);
  if (basics.io_accounting || basics.block_io_accounting || *config.common->resource_io != unitparser::ResourceIo{})
    mask |= bit(Controller::io);
  const bool tasks_limited = basics.tasks_max && basics.tasks_max->value != Limit::infinity;
  if (basics.tasks_accounting || tasks_limited || (basics.tasks_max && basics.tasks_max->permyriad))
    mask |= bit(Controller::pids);
  if (basics.delegate) mask |= basics.delegate_controllers;
  return mask;
}

std::string log_filter_attribute(const unitparser::ExecLogging& logging) {
  if (logging.log_filter_patterns.empty()) return {};
  std::string allowed, denied;
  for (const std::string_view pattern : logging.log_filter_patterns) {
    const bool denies = pattern.starts_with('~');
    std::string& patterns = denies ? denied : allowed;
    if (!patterns.empty()) patterns += '\0';
    patterns += pattern.substr(denies ? 1 : 0);
  }
  return allowed + '\xff' + denied;
}

std::vector<AttributeWrite> attribute_writes(const UnitConfig& config, unitparser::UnitType type,
                                             const MachineAmounts& machine, Reset reset, const SliceRules& slices) {
  Writes writes(reset);
  if (!unitparser::type_has_cgroup(type)) return {};
  const unitparser::ResourceBasics& basics = *config.common->resource_basics;
  add_cpu(writes, basics, machine.starting);
  add_cpu_sets(writes, basics, machine.starting);
  add_io(writes, *config.common->resource_io, machine.starting);
  add_memory(writes, *config.common->resource_memory, machine.memory, slices);
  const std::uint64_t tasks = basics.tasks_max ? resolve(*basics.tasks_max, machine.tasks) : Limit::infinity;
  writes.add(Controller::pids, "TasksMax=", "pids.max", number_or_max(tasks), tasks == Limit::infinity);
  const auto policy = type == unitparser::UnitType::scope ? config.common->scope->oom_policy : config.common->service->oom_policy;
  const bool whole = policy == unitparser::OomPolicy::kill;
  writes.add(Controller::memory, "OOMPolicy=", "memory.oom.group", whole ? "1" : "0", !whole);
  std::vector<AttributeWrite> all = writes.take();
  std::erase_if(all, [&slices](const AttributeWrite& write) { return (slices.disabled_controllers & bit(write.controller)) != 0; });
  return all;
}

}  // namespace init
