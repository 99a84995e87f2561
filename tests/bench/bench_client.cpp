// Measures a running init from inside its machine: jobs over its private socket, whole client processes, restarts. [os] [bus]
//
//   bench_client jobs UNIT COUNT        StartUnit and StopUnit, each until its JobRemoved; one persistent connection
//   bench_client bulk METHOD UNIT COUNT  one call, until COUNT jobs are done
//   bench_client reload                 Reload(), and the longest time that another client waited for an answer meanwhile
//   bench_client reexec                 Reexecute(), until the new image answers
//   bench_client repeat COUNT CMD...    runs a program again and again
// Each prints one JSON object: microseconds of wall time, and of CPU time of PID 1 (and of the program) for each run.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* manager_name = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr std::uint64_t patience = 600'000'000;  // microseconds; the stock init is deaf for long when units are many
constexpr int warm_up = 3;  // the first runs load files and fault pages in

[[noreturn]] void give_up(const std::string& what, int error) {
  std::fprintf(stderr, "bench_client: %s: %s\n", what.c_str(), std::strerror(error < 0 ? -error : error));
  std::exit(1);
}

std::int64_t nanoseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t init_cpu() {
  clockid_t clock{};
  if (clock_getcpuclockid(1, &clock) != 0) return 0;
  return nanoseconds(clock);
}

void print(const char* name, const std::vector<double>& values, bool last = false) {
  std::printf("\"%s\": [", name);
  for (std::size_t index = 0; index < values.size(); ++index) std::printf("%s%.1f", index == 0 ? "" : ", ", values[index]);
  std::printf("]%s", last ? "}\n" : ", ");
}

double microseconds(std::int64_t from, std::int64_t to) { return static_cast<double>(to - from) / 1000.0; }

/// A connection of its own to PID 1's private socket.
class Connection {
 public:
  Connection() {
    int result = sd_bus_new(&bus_);
    if (result >= 0) result = sd_bus_set_address(bus_, "unix:path=/run/systemd/private");
    if (result >= 0) result = sd_bus_start(bus_);
    if (result >= 0) result = sd_bus_set_method_call_timeout(bus_, patience);
    if (result < 0) give_up("connecting to PID 1", result);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { sd_bus_flush_close_unref(bus_); }
  [[nodiscard]] sd_bus* raw() const { return bus_; }

  void call(const char* interface, const char* method) {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    const int result = sd_bus_call_method(bus_, manager_name, manager_path, interface, method, &error, nullptr, "");
    if (result < 0) give_up(error.message != nullptr ? error.message : method, result);
  }
  /// Takes in one message, waiting for it.
  void process_one() {
    int result = sd_bus_process(bus_, nullptr);
    if (result == 0) result = sd_bus_wait(bus_, patience);
    if (result <= 0) give_up("waiting for PID 1", result == 0 ? ETIMEDOUT : result);
  }

 private:
  sd_bus* bus_ = nullptr;
};

/// Jobs on the private socket, and those that have gone.
class Jobs {
 public:
  Jobs() {
    const int result = sd_bus_match_signal(connection_.raw(), nullptr, nullptr, manager_path, manager_interface, "JobRemoved", on_removed, this);
    if (result < 0) give_up("matching JobRemoved", result);
    connection_.call(manager_interface, "Subscribe");
  }
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  /// One job, until it is gone.
  double run(const char* method, const char* unit) {
    const std::int64_t begun = nanoseconds(CLOCK_MONOTONIC);
    const std::string job = call(method, unit);
    while (!gone(job)) connection_.process_one();
    return microseconds(begun, nanoseconds(CLOCK_MONOTONIC));
  }
  /// One call, until as many jobs are gone.
  double run_all(const char* method, const char* unit, std::size_t count) {
    const std::int64_t begun = nanoseconds(CLOCK_MONOTONIC);
    call(method, unit);
    while (removed_.size() < count) connection_.process_one();
    return microseconds(begun, nanoseconds(CLOCK_MONOTONIC));
  }

 private:
  std::string call(const char* method, const char* unit) {
    removed_.clear();
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* reply = nullptr;
    int result = sd_bus_call_method(connection_.raw(), manager_name, manager_path, manager_interface, method, &error, &reply, "ss",
                                    unit, "replace");
    const char* path = nullptr;
    if (result >= 0) result = sd_bus_message_read(reply, "o", &path);
    if (result < 0) give_up(error.message != nullptr ? error.message : method, result);
    std::string job = path;
    sd_bus_message_unref(reply);
    return job;
  }
  static int on_removed(sd_bus_message* message, void* self, sd_bus_error*) {
    std::uint32_t number = 0;
    const char *path = nullptr, *unit = nullptr, *result = nullptr;
    if (sd_bus_message_read(message, "uoss", &number, &path, &unit, &result) >= 0) {
      if (std::string_view(result) != "done") give_up(std::string(unit) + ": " + result, EIO);
      static_cast<Jobs*>(self)->removed_.emplace_back(path);
    }
    return 0;
  }

  bool gone(const std::string& job) const {
    for (const std::string& path : removed_)
      if (path == job) return true;
    return false;
  }

  Connection connection_;
  std::vector<std::string> removed_;
};

void measure_jobs(const char* unit, int count) {
  Jobs jobs;
  std::vector<double> starts, stops, cpu;
  for (int round = -warm_up; round < count; ++round) {
    const std::int64_t before = init_cpu();
    const double start = jobs.run("StartUnit", unit);
    const double stop = jobs.run("StopUnit", unit);
    if (round < 0) continue;
    starts.push_back(start);
    stops.push_back(stop);
    cpu.push_back(microseconds(before, init_cpu()));
  }
  std::printf("{");
  print("start", starts);
  print("stop", stops);
  print("init_cpu", cpu, true);
}

void measure_bulk(const char* method, const char* unit, int count) {
  Jobs jobs;
  const std::int64_t before = init_cpu();
  const double wall = jobs.run_all(method, unit, static_cast<std::size_t>(count));
  std::printf("{");
  print("wall", {wall});
  print("init_cpu", {microseconds(before, init_cpu())}, true);
}

int note_answer(sd_bus_message* answer, void* came, sd_bus_error*) {
  if (const sd_bus_error* error = sd_bus_message_get_error(answer); error != nullptr) give_up(error->message, EIO);
  *static_cast<bool*>(came) = true;
  return 0;
}

void measure_reload() {
  Connection asking, other;
  other.call("org.freedesktop.DBus.Peer", "Ping");
  bool reloaded = false;
  double longest = 0;
  const std::int64_t before = init_cpu(), begun = nanoseconds(CLOCK_MONOTONIC);
  int result = sd_bus_call_method_async(asking.raw(), nullptr, manager_name, manager_path, manager_interface, "Reload", note_answer,
                                        &reloaded, "");
  if (result >= 0) result = sd_bus_flush(asking.raw());
  if (result < 0) give_up("Reload", result);
  while (!reloaded) {
    const std::int64_t asked = nanoseconds(CLOCK_MONOTONIC);
    other.call("org.freedesktop.DBus.Peer", "Ping");
    longest = std::max(longest, microseconds(asked, nanoseconds(CLOCK_MONOTONIC)));
    while (!reloaded && (result = sd_bus_process(asking.raw(), nullptr)) > 0) {
    }
    if (result < 0) give_up("waiting for the answer to Reload", result);
  }
  const double wall = microseconds(begun, nanoseconds(CLOCK_MONOTONIC));
  std::printf("{");
  print("wall", {wall});
  print("deaf", {longest});
  print("init_cpu", {microseconds(before, init_cpu())}, true);
}

/// Where PID 1's program text begins: another place after each execve().
std::string place_of_init() {
  char text[4096] = {};
  const int fd = open("/proc/1/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) give_up("/proc/1/stat", errno);
  close(fd);
  const char* at = std::strrchr(text, ')');
  constexpr int start_of_code = 24;  // words after the name; proc(5): field 26
  for (int word = 0; at != nullptr && word < start_of_code; ++word) at = std::strchr(at + 1, ' ');
  if (at == nullptr) give_up("/proc/1/stat", EPROTO);
  return std::string(at + 1, std::strcspn(at + 1, " "));
}

void measure_reexecution() {
  Connection asking;
  const std::string before_place = place_of_init();
  const std::int64_t before = init_cpu(), begun = nanoseconds(CLOCK_MONOTONIC);
  int result = sd_bus_call_method_async(asking.raw(), nullptr, manager_name, manager_path, manager_interface, "Reexecute", nullptr, nullptr, "");
  if (result >= 0) result = sd_bus_flush(asking.raw());
  if (result < 0) give_up("Reexecute", result);
  const timespec moment{0, 200'000};
  while (place_of_init() == before_place) nanosleep(&moment, nullptr);
  sd_bus* next = nullptr;  // the socket is away for a moment under the stock init
  for (result = -1; result < 0;) {
    sd_bus_unref(next);
    next = nullptr;
    nanosleep(&moment, nullptr);
    result = sd_bus_new(&next);
    if (result >= 0) result = sd_bus_set_address(next, "unix:path=/run/systemd/private");
    if (result >= 0) result = sd_bus_start(next);
    if (result >= 0)
      result = sd_bus_call_method(next, manager_name, manager_path, "org.freedesktop.DBus.Peer", "Ping", nullptr, nullptr, "");
    if (microseconds(begun, nanoseconds(CLOCK_MONOTONIC)) > static_cast<double>(patience)) give_up("waiting for the new image", ETIMEDOUT);
  }
  const double wall = microseconds(begun, nanoseconds(CLOCK_MONOTONIC));
  sd_bus_flush_close_unref(next);
  std::printf("{");
  print("wall", {wall});
  print("init_cpu", {microseconds(before, init_cpu())}, true);
}

void measure_program(int count, char** command) {
  std::vector<double> wall, own, cpu;
  for (int round = -warm_up; round < count; ++round) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    const std::int64_t before = init_cpu(), begun = nanoseconds(CLOCK_MONOTONIC);
    pid_t child = 0;
    if (const int error = posix_spawnp(&child, command[0], &actions, nullptr, command, environ); error != 0)
      give_up(command[0], error);
    int status = 0;
    rusage usage{};
    if (wait4(child, &status, 0, &usage) < 0) give_up("wait4", errno);
    const std::int64_t ended = nanoseconds(CLOCK_MONOTONIC);
    posix_spawn_file_actions_destroy(&actions);
    if (status != 0) give_up(std::string(command[0]) + " failed", ECHILD);
    if (round < 0) continue;
    wall.push_back(microseconds(begun, ended));
    own.push_back(static_cast<double>((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
                                      usage.ru_stime.tv_usec));
    cpu.push_back(microseconds(before, init_cpu()));
  }
  std::printf("{");
  print("wall", wall);
  print("own_cpu", own);
  print("init_cpu", cpu, true);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view mode = count > 1 ? arguments[1] : "";
  if (mode == "jobs" && count == 4) {
    measure_jobs(arguments[2], std::atoi(arguments[3]));
  } else if (mode == "bulk" && count == 5) {
    measure_bulk(arguments[2], arguments[3], std::atoi(arguments[4]));
  } else if (mode == "reload" && count == 2) {
    measure_reload();
  } else if (mode == "reexec" && count == 2) {
    measure_reexecution();
  } else if (mode == "repeat" && count > 3) {
    measure_program(std::atoi(arguments[2]), arguments + 3);
  } else {
    std::fputs("usage: bench_client jobs UNIT COUNT | bulk METHOD UNIT COUNT | reload | reexec | repeat COUNT CMD...\n", stderr);
    return 2;
  }
  return 0;
}
