// What a service's processes say of themselves: notify messages, PID files, the main process, watchdogs.
// COMPAT: sd_notify(3), systemd.service(5) NotifyAccess=, PIDFile=. [pure]
#include <csignal>

#include <fmt/format.h>

#include "init/machines/service_machine.h"
#include "unitparser/base/text.h"

namespace init {

using enum ServiceState;
using unitparser::NotifyAccess;
using unitparser::ServiceType;

NotifyAccess service_notify_access(const Unit& unit) {
  const auto& rt = unit.read<ServiceRuntime>();
  if (rt.notify.access) return *rt.notify.access;
  const ServiceType type = unit.config.common->service->type;
  const NotifyAccess access = unit.config.common->service->notify_access;
  if (access == NotifyAccess::none && (type == ServiceType::notify || type == ServiceType::notify_reload ||
                                       !unit.config.common->service_timeouts->watchdog.is_zero() ||
                                       unit.config.common->service->fd_store_max > 0))
    return NotifyAccess::main;
  return access;
}

Duration service_watchdog_period(const Unit& unit) {
  const auto& rt = unit.read<ServiceRuntime>();
  const Duration period = rt.notify.watchdog_override.value_or(unit.config.common->service_timeouts->watchdog);
  return period.is_infinite() ? Duration{} : period;
}

void service_feed_watchdog(ServiceContext& c) {
  const Duration period = service_watchdog_period(c.unit);
  if (period.is_zero()) {
    if (c.rt.notify.watchdog_at.is_set()) c.core.emit(effect::DisarmTimer{{c.unit.id, TimerPurpose::watchdog}});
    c.rt.notify.watchdog_at = {};
    return;
  }
  c.rt.notify.watchdog_at = c.core.now.monotonic;
  c.rt.notify.watchdog_realtime = c.core.now.realtime;
  c.core.emit(effect::ArmTimer{{c.unit.id, TimerPurpose::watchdog}, effect::Clock::monotonic,
                               (c.core.now.monotonic + period).usec(), Duration{}});
}

Goodness service_main_goodness(const ServiceContext& c) {
  const ProcessSlot& main = c.rt.main.process;
  if (main.pending != SpawnId::none) return Goodness::good;
  if (main.pid > 0) {
    if (main.alien && !c.core.world.process_alive(main.pid)) return Goodness::bad;
    return Goodness::good;
  }
  return c.rt.main.known ? Goodness::bad : Goodness::unknown;
}

bool service_group_alive(const ServiceContext& c) {
  return !c.unit.runtime->cgroup.empty() && c.core.cgroup_populated(c.unit.runtime->cgroup);
}

bool service_is_good(const ServiceContext& c) {
  if (c.unit.config.common->service->type == ServiceType::dbus && !c.rt.bus_name_owned) return false;
  const Goodness main = service_main_goodness(c);
  if (main == Goodness::good) return true;
  if (main == Goodness::bad && c.unit.config.common->service->exit_type == unitparser::ServiceExitType::main) return false;
  return service_group_alive(c);
}

void service_set_main_pid(ServiceContext& c, pid_t pid) {
  ServiceMain& main = c.rt.main;
  if (main.process.pid == pid && main.known) return;
  if (main.process.pid != pid) {
    forget_process(c.core, main.process);
    main.process.pid = pid;
    main.status = started_status(c.core, pid);
  }
  main.known = true;
  main.process.alien = !c.core.world.process_is_child(pid);
  c.core.index.pids[pid] = c.unit.id;
  c.core.touch(c.unit);
}

/// Whether a pid may become the main process. A pid outside of the unit's group only if who says it is trusted.
static bool is_suitable_main(ServiceContext& c, pid_t pid, bool trusted, int priority) {
  const auto refuse = [&](std::string_view why) {
    log_unit(c.core, c.unit, priority, fmt::format("{}: New main PID {} {}", c.unit.name.text(), pid, why));
    return false;
  };
  if (pid <= 1) return refuse("is the manager, refusing.");
  if (pid == c.rt.control.process.pid) return refuse("is the control process, refusing.");
  if (!c.core.world.process_alive(pid)) return refuse("does not exist or is a zombie.");
  if (trusted) return true;
  auto group = c.core.world.process_cgroup(pid);
  const std::string& own = c.unit.runtime->cgroup;
  const bool inside = group && !own.empty() && (*group == own || group->starts_with(own + "/"));
  return inside ? true : refuse("does not belong to service, refusing.");
}

bool service_load_pid_file(ServiceContext& c, PidFileReading reading) {
  const std::string& path = c.unit.config.common->service->pid_file;
  if (path.empty()) return false;
  const int priority = reading == PidFileReading::complain ? 6 : 7;
  auto text = c.core.world.read_small_file(path);
  if (!text) {
    log_unit(c.core, c.unit, priority,
             fmt::format("{}: Can't open PID file {} (yet?) after {}: {}", c.unit.name.text(), path, unitparser::to_name(c.rt.state),
                         unitparser::reason_of(text.error())),
             effect::errno_field(text.error().os_errno));
    if (!c.rt.pid_file_watched) {
      c.rt.pid_file_watched = true;
      c.core.emit(effect::WatchPath{{c.unit.id, 0}, {unitparser::PathKind::changed, path, {}}});
    }
    return false;
  }
  auto number = unitparser::parse_unsigned(unitparser::trim(*text), INT32_MAX, 10);
  if (!number) {
    log_unit(c.core, c.unit, priority, fmt::format("{}: Failed to parse PID from file {}: Invalid argument", c.unit.name.text(), path),
             effect::errno_field(EINVAL));
    return false;
  }
  const auto pid = static_cast<pid_t>(*number);
  if (c.rt.main.known && c.rt.main.process.pid == pid) return true;
  if (!is_suitable_main(c, pid, c.core.world.is_trusted_file(path), priority)) {
    if (!c.rt.pid_file_watched) {
      c.rt.pid_file_watched = true;
      c.core.emit(effect::WatchPath{{c.unit.id, 0}, {unitparser::PathKind::changed, path, {}}});
    }
    return false;
  }
  service_set_main_pid(c, pid);
  return true;
}

void service_search_main_pid(ServiceContext& c) {
  // Asked only for daemons that give no PIDFile=; a guess, so only a unique child of ours counts.
  if (c.rt.main.process.occupied() || c.rt.main.known || !c.unit.config.common->service->guess_main_pid) return;
  if (c.unit.config.common->service->type != ServiceType::forking || c.unit.runtime->cgroup.empty()) return;
  pid_t found = 0;
  for (pid_t pid : c.core.world.cgroup_processes(c.unit.runtime->cgroup)) {
    if (pid == c.rt.control.process.pid || !c.core.world.process_is_child(pid)) continue;
    if (found != 0) return;
    found = pid;
  }
  if (found > 0) service_set_main_pid(c, found);
}

namespace {

bool may_notify(Core& core, Unit& unit, const event::Notify& message) {
  const auto& rt = unit.read<ServiceRuntime>();
  const NotifyAccess access = service_notify_access(unit);
  const auto refuse = [&](std::string_view rule) {
    log_unit(core, unit, 4,
             fmt::format("{}: Got notification message from PID {}, but {}", unit.name.text(), message.pid, rule));
    return false;
  };
  switch (access) {
    case NotifyAccess::none: return refuse("reception is disabled");
    case NotifyAccess::main:
      if (message.pid == rt.main.process.pid) return true;
      return rt.main.process.pid > 0
                 ? refuse(fmt::format("reception only permitted for main PID {}", rt.main.process.pid))
                 : refuse("reception only permitted for main PID which is currently not known");
    case NotifyAccess::exec:
      if (message.pid == rt.main.process.pid || message.pid == rt.control.process.pid) return true;
      return refuse("reception only permitted for main PID or control PID");
    case NotifyAccess::all: return true;
  }
  return false;
}

std::optional<std::string_view> find_field(const event::Notify& message, std::string_view name) {
  for (const auto& [key, value] : message.fields)
    if (key == name) return std::string_view(value);
  return std::nullopt;
}

void extend_deadlines(ServiceContext& c, std::string_view text) {
  auto usec = unitparser::parse_unsigned(text);
  if (!usec || *usec == 0) return;
  const MonotonicTime until = c.core.now.monotonic + Duration::from_usec(*usec);
  if (c.rt.deadline.is_set() && !c.rt.deadline.is_infinite() && c.rt.deadline < until && c.rt.state != auto_restart)
    arm_deadline(c.core, c.unit, c.rt.deadline, until);
  c.rt.notify.extended_until = until;
}

void change_watchdog(ServiceContext& c, std::string_view text) {
  auto usec = unitparser::parse_unsigned(text);
  if (!usec) {
    warn(c, "Failed to parse WATCHDOG_USEC=");
    return;
  }
  c.rt.notify.watchdog_override = Duration::from_usec(*usec);
  service_feed_watchdog(c);
}

void store_fds(ServiceContext& c, const event::Notify& message, std::vector<int>& fds) {
  const std::string name(find_field(message, "FDNAME").value_or("stored"));
  const bool poll = find_field(message, "FDPOLL") != std::optional<std::string_view>("0");
  const bool valid = !name.empty() && name.size() <= 255 && name.find(':') == std::string::npos &&
                     !unitparser::has_control_characters(name);
  std::vector<int> not_kept;
  bool is_full = false;
  for (int fd : fds) {
    const std::uint64_t file = c.core.world.file_number(fd);
    const auto is_same = [&](const StoredFd& stored) { return (stored.file == 0 || stored.file == file) && c.core.world.is_same_open_file(stored.fd, fd); };
    const bool has_room = c.rt.fd_store.size() < c.unit.config.common->service->fd_store_max;
    if (!has_room || std::any_of(c.rt.fd_store.begin(), c.rt.fd_store.end(), is_same)) {
      is_full |= !has_room;
      not_kept.push_back(fd);
      continue;
    }
    c.rt.fd_store.push_back({fd, valid ? name : "stored", poll, file});
    if (poll) c.core.emit(effect::WatchStoredFd{c.unit.id, fd});
  }
  if (is_full)
    log_unit(c.core, c.unit, 4,
             fmt::format("{}: Cannot store more fds than FileDescriptorStoreMax={}, closing remaining.",
                         c.unit.name.text(), c.unit.config.common->service->fd_store_max));
  fds = std::move(not_kept);
}

void drop_stored(ServiceContext& c, const event::Notify& message) {
  const auto name = find_field(message, "FDNAME");
  if (!name) return;
  std::vector<int> gone;
  for (const StoredFd& stored : c.rt.fd_store)
    if (stored.name == *name) gone.push_back(stored.fd);
  std::erase_if(c.rt.fd_store, [&](const StoredFd& stored) { return stored.name == *name; });
  if (!gone.empty()) c.core.emit(effect::CloseFds{std::move(gone)});
}

void take_main_pid(ServiceContext& c, const event::Notify& message, std::string_view text) {
  if (c.rt.state != start && c.rt.state != start_post && c.rt.state != running && c.rt.state != reload) return;
  auto number = unitparser::parse_unsigned(text, INT32_MAX, 10);
  if (!number) {
    warn(c, fmt::format("Failed to parse MAINPID= field in notification message, ignoring: {}", text));
    return;
  }
  const auto pid = static_cast<pid_t>(*number);
  if (pid == c.rt.main.process.pid && c.rt.main.known) return;
  if (!is_suitable_main(c, pid, message.uid == 0, 4)) return;
  service_set_main_pid(c, pid);
}

/// WATCHDOG=trigger: the service itself says that it hangs, whether a watchdog runs or not.
void trigger_watchdog(ServiceContext& c) {
  log_unit(c.core, c.unit, 3,
           fmt::format("{}: Watchdog request (last status: {})!", c.unit.name.text(), c.rt.notify.status_text.empty() ? "<unset>" : c.rt.notify.status_text));
  c.watchdog_asked = true;
  step<ServiceMachine>(c, ServiceEvent::watchdog);
}

/// Of the lines that change the state, the last one counts. Whether there is any.
bool apply_states(ServiceContext& c, const event::Notify& message) {
  std::string_view last;
  for (const auto& [key, value] : message.fields)
    if (value == "1" && (key == "STOPPING" || key == "RELOADING" || key == "READY")) last = key;
  if (last == "STOPPING") {
    c.rt.notify.state = NotifyState::stopping;
    step<ServiceMachine>(c, ServiceEvent::notified_stopping);
  }
  if (last == "RELOADING") {
    c.rt.notify.state = NotifyState::reloading;
    step<ServiceMachine>(c, ServiceEvent::notified_reloading);
  }
  if (last == "READY") {
    const bool was_reloading = c.rt.notify.state == NotifyState::reloading;
    // A notify-reload service answers our signal with RELOADING=1 first; a late READY=1 of its start does not count.
    const bool ends_reload =
        c.unit.config.common->service->type != ServiceType::notify_reload || was_reloading || c.rt.state != reload;
    c.rt.notify.state = NotifyState::ready;
    if (ends_reload) step<ServiceMachine>(c, ServiceEvent::notified_ready);
  }
  return !last.empty();
}

template <class T>
bool replace(T& place, T value) {
  return std::exchange(place, value) != value;
}

}  // namespace

void service_notify(Core& core, Unit& unit, const event::Notify& message) {
  ServiceContext c = context_of<ServiceMachine>(core, unit);
  std::vector<int> fds = message.fds;
  const bool is_barrier = find_field(message, "BARRIER") == std::optional<std::string_view>("1");  // anyone's; nothing but its end counts
  if (!is_barrier && may_notify(core, unit, message)) {
    if (auto text = find_field(message, "MAINPID")) take_main_pid(c, message, *text);
    // COMPAT: what else a service says does not concern clients: they hear nothing of watchdogs that are fed, of stored descriptors, of BUSERROR=.
    bool is_news = apply_states(c, message);
    if (auto text = find_field(message, "STATUS")) is_news |= replace(c.rt.notify.status_text, std::string(*text));
    if (auto text = find_field(message, "ERRNO"))
      if (auto number = unitparser::parse_signed(*text, 0, 4095)) is_news |= replace(c.rt.notify.status_errno, static_cast<int>(*number));
    if (auto text = find_field(message, "NOTIFYACCESS"))
      if (auto access = unitparser::from_name<NotifyAccess>(*text)) c.rt.notify.access = *access;
    if (auto text = find_field(message, "EXTEND_TIMEOUT_USEC")) extend_deadlines(c, *text);
    if (auto text = find_field(message, "WATCHDOG_USEC")) change_watchdog(c, *text);
    if (auto text = find_field(message, "WATCHDOG")) {
      if (*text == "1")
        service_feed_watchdog(c);
      else if (*text == "trigger")
        trigger_watchdog(c);
    }
    if (find_field(message, "FDSTOREREMOVE") == std::optional<std::string_view>("1"))
      drop_stored(c, message);
    else if (find_field(message, "FDSTORE") == std::optional<std::string_view>("1"))
      store_fds(c, message, fds);
    if (is_news) core.touch(unit);
  }
  // Also ends BARRIER=1: the sender waits for its descriptor to be closed.
  if (!fds.empty()) core.emit(effect::CloseFds{std::move(fds)});
}

}  // namespace init
