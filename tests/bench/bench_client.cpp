// Measures a running init from inside its machine: jobs over its private socket, whole client processes, restarts. [os] [bus]
//
//   bench_client jobs UNIT COUNT        StartUnit and StopUnit, each until its JobRemoved; one persistent connection
//   bench_client repeat COUNT CMD...    runs a program again and again
//   bench_client stamp FILE MILLISECONDS  appends the time of its own main(), lives that long, appends the time, exits
// The first two print one JSON object: microseconds of wall time, and of CPU time of PID 1 (and of the program) for each run.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

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

/// One job at a time on the private socket: the path of the job that is waited for, and those that have gone.
class Jobs {
 public:
  Jobs() {
    int result = sd_bus_new(&bus_);
    if (result >= 0) result = sd_bus_set_address(bus_, "unix:path=/run/systemd/private");
    if (result >= 0) result = sd_bus_start(bus_);
    if (result < 0) give_up("connecting to PID 1", result);
    result = sd_bus_match_signal(bus_, nullptr, nullptr, manager_path, manager_interface, "JobRemoved", on_removed, this);
    if (result < 0) give_up("matching JobRemoved", result);
    sd_bus_error error = SD_BUS_ERROR_NULL;
    result = sd_bus_call_method(bus_, manager_name, manager_path, manager_interface, "Subscribe", &error, nullptr, "");
    if (result < 0) give_up(error.message != nullptr ? error.message : "Subscribe", result);
  }
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;
  ~Jobs() { sd_bus_flush_close_unref(bus_); }

  double run(const char* method, const char* unit) {
    removed_.clear();
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* reply = nullptr;
    const std::int64_t begun = nanoseconds(CLOCK_MONOTONIC);
    int result = sd_bus_call_method(bus_, manager_name, manager_path, manager_interface, method, &error, &reply, "ss", unit,
                                    "replace");
    const char* path = nullptr;
    if (result >= 0) result = sd_bus_message_read(reply, "o", &path);
    if (result < 0) give_up(error.message != nullptr ? error.message : method, result);
    const std::string job = path;
    sd_bus_message_unref(reply);
    while (!gone(job)) {
      result = sd_bus_process(bus_, nullptr);
      if (result == 0) result = sd_bus_wait(bus_, 30'000'000);
      if (result <= 0) give_up("waiting for JobRemoved", result == 0 ? ETIMEDOUT : result);
    }
    return microseconds(begun, nanoseconds(CLOCK_MONOTONIC));
  }

 private:
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

  sd_bus* bus_ = nullptr;
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

void stamp(const char* file, int milliseconds) {
  const std::int64_t begun = nanoseconds(CLOCK_MONOTONIC);
  const int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) give_up(file, errno);
  dprintf(fd, "begun %lld\n", static_cast<long long>(begun));
  const timespec life{milliseconds / 1000, milliseconds % 1000 * 1'000'000L};
  nanosleep(&life, nullptr);
  dprintf(fd, "ended %lld\n", static_cast<long long>(nanoseconds(CLOCK_MONOTONIC)));
  _exit(0);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view mode = count > 1 ? arguments[1] : "";
  if (mode == "jobs" && count == 4) {
    measure_jobs(arguments[2], std::atoi(arguments[3]));
  } else if (mode == "repeat" && count > 3) {
    measure_program(std::atoi(arguments[2]), arguments + 3);
  } else if (mode == "stamp" && count == 4) {
    stamp(arguments[2], std::atoi(arguments[3]));
  } else {
    std::fputs("usage: bench_client jobs UNIT COUNT | repeat COUNT CMD... | stamp FILE MILLISECONDS\n", stderr);
    return 2;
  }
  return 0;
}
