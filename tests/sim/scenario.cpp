// Scenarios: unit files and a script in one text. [pure]
//
//   --- a.service          what follows is the unit's text
//   --- script             what follows is done, one line each:
//   start|stop|restart|reload|try-restart|isolate UNIT     a client's request
//   exit UNIT STATUS | kill UNIT SIGNAL                    the main process ends
//   control-exit UNIT STATUS                               the running command ends
//   notify UNIT KEY=VALUE ...                              the main process sends a message
//   connect SOCKET [PEER] | touch PATH | rm PATH | mount WHAT WHERE | unmount WHERE
//   own-name NAME [UNIT] | drop-name NAME | program PATH exits N | program PATH exits N after SECONDS |
//   program PATH daemon [PIDFILE] | program PATH ignores SIGNAL...
//   fail-condition KIND:PARAMETER | hold-condition KIND:PARAMETER | reload-manager | reexec | reset-failed [UNIT]
//   +SECONDS                                               time passes
//   expect UNIT ACTIVE/SUB [result=R] [restarts=N] [main] [no-main]
//   expect-job UNIT TYPE RESULT | expect-error TEXT | expect-log TEXT | expect-trace TEXT | expect-no-trace TEXT
//   expect-spawned UNIT KIND COUNT | expect-no-jobs | expect-cause UNIT TEXT (of the last log line about it)
#include <csignal>
#include <sstream>

#include <fmt/format.h>

#include "tests/sim/sim.h"

namespace sim {
namespace {

using namespace init;  // NOLINT

class Runner {
 public:
  explicit Runner(const std::string& text) { read(text); }

  std::string run() {
    machine_.enqueue(event::MountTable{{{"/dev/vda", "/", "ext4", "rw"}}});
    machine_.post(event::Startup{});
    for (const auto& [number, line] : script_) {
      std::string problem = step(line);
      if (machine_.restless()) problem = "the machine does not come to rest";
      if (!problem.empty()) return fmt::format("line {}: {}: {}\ntrace:\n  {}\nlog:\n  {}", number, line, problem, fmt::join(machine_.trace(), "\n  "), fmt::join(machine_.log(), "\n  "));
    }
    return {};
  }

 private:
  void read(const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    std::string name;
    std::string body;
    int number = 0;
    const auto finish = [&] {
      if (!name.empty() && name != "script") machine_.source.set(name, body);
      body.clear();
    };
    while (std::getline(lines, line)) {
      ++number;
      if (line.starts_with("--- ")) {
        finish();
        name = line.substr(4);
      } else if (name == "script") {
        if (!line.empty() && line[0] != '#') script_.emplace_back(number, line);
      } else {
        body += line + "\n";
      }
    }
    finish();
  }

  static std::string rest(std::istringstream& words) {
    std::string text;
    std::getline(words, text);
    const std::size_t at = text.find_first_not_of(' ');
    return at == std::string::npos ? std::string() : text.substr(at);
  }
  static bool contains(const std::vector<std::string>& lines, const std::string& text) {
    for (const std::string& line : lines)
      if (line.find(text) != std::string::npos) return true;
    return false;
  }
  static int signal_number(const std::string& name) {
    static const std::map<std::string, int> names{{"TERM", SIGTERM}, {"KILL", SIGKILL}, {"HUP", SIGHUP}, {"INT", SIGINT},
                                                  {"SEGV", SIGSEGV}, {"ABRT", SIGABRT}, {"USR1", SIGUSR1}, {"PIPE", SIGPIPE}};
    auto at = names.find(name);
    return at == names.end() ? std::atoi(name.c_str()) : at->second;
  }

  std::string step(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb[0] == '+') {
      machine_.advance(static_cast<std::uint64_t>(std::stod(verb.substr(1)) * 1e6));
      return {};
    }
    if (verb.starts_with("expect")) return expect(verb, words);
    return act(verb, words);
  }

  std::string act(const std::string& verb, std::istringstream& words) {
    static const std::map<std::string, JobType> jobs{{"start", JobType::start}, {"stop", JobType::stop},
                                                     {"restart", JobType::restart}, {"reload", JobType::reload},
                                                     {"try-restart", JobType::try_restart}, {"isolate", JobType::start},
                                                     {"start-fail", JobType::start}, {"start-ignore-dependencies", JobType::start},
                                                     {"stop-irreversibly", JobType::stop}};
    std::string first;
    words >> first;
    if (auto at = jobs.find(verb); at != jobs.end()) {
      JobMode mode = JobMode::replace;
      if (verb == "isolate") mode = JobMode::isolate;
      if (verb == "start-fail") mode = JobMode::fail;
      if (verb == "start-ignore-dependencies") mode = JobMode::ignore_dependencies;
      if (verb == "stop-irreversibly") mode = JobMode::replace_irreversibly;
      machine_.request(first, at->second, mode);
    } else if (verb == "exit" || verb == "kill") {
      std::string what;
      words >> what;
      const pid_t pid = machine_.main_pid(first);
      if (pid <= 0) return "no main process";
      if (verb == "exit")
        machine_.end_process(pid, CLD_EXITED, std::stoi(what));
      else
        machine_.end_process(pid, CLD_KILLED, signal_number(what));
      machine_.settle();
    } else if (verb == "control-exit") {
      int status = 0;
      words >> status;
      const Unit* unit = machine_.unit(first);
      const pid_t pid = unit == nullptr ? 0 : machine_.engine().control_pid(unit->id);
      if (pid <= 0) return "no control process";
      machine_.end_process(pid, CLD_EXITED, status);
      machine_.settle();
    } else if (verb == "notify") {
      std::vector<std::pair<std::string, std::string>> fields;
      std::string field;
      while (words >> field) fields.emplace_back(field.substr(0, field.find('=')), field.substr(field.find('=') + 1));
      machine_.notify(machine_.main_pid(first), std::move(fields));
    } else if (verb == "connect") {
      machine_.connect(first, rest(words));
    } else if (verb == "touch" || verb == "rm") {
      if (verb == "touch")
        machine_.files[first] = "";
      else
        machine_.files.erase(first);
      touch_watched(first);
    } else if (verb == "mount") {
      machine_.mount(first, rest(words));
    } else if (verb == "unmount") {
      machine_.unmount(first);
    } else if (verb == "own-name") {
      const std::string unit = rest(words);
      machine_.set_bus_name(first, true, unit.empty() ? 0 : machine_.main_pid(unit));
    } else if (verb == "drop-name") {
      machine_.set_bus_name(first, false);
    } else if (verb == "program") {
      return program(first, words);
    } else if (verb == "fail-condition") {
      machine_.conditions_that_fail.insert(first);
    } else if (verb == "hold-condition") {
      machine_.conditions_that_fail.erase(first);
    } else if (verb == "reload-manager") {
      machine_.post(event::Reload{});
    } else if (verb == "reexec") {
      machine_.reexec();
    } else if (verb == "reset-failed") {
      machine_.post(event::ResetFailed{RequestId::none, first});
    } else {
      return "unknown verb";
    }
    return {};
  }

  void touch_watched(const std::string& path) {
    for (UnitId id : machine_.engine().units()) {
      const Unit* unit = machine_.engine().find(id);
      if (unit == nullptr || unit->type() != UnitType::path) continue;
      const auto& paths = unit->config.common->path->paths;
      for (std::uint32_t i = 0; i < paths.size(); ++i)
        if (paths[i].path == path || path.starts_with(paths[i].path + "/")) machine_.post(event::PathChanged{{id, i}, false});
    }
  }

  std::string program(const std::string& path, std::istringstream& words) {
    std::string what;
    words >> what;
    Behaviour behaviour = machine_.programs[path];
    if (what == "exits") {
      words >> behaviour.exit_status;
      std::string after;
      double seconds = 0;
      if (words >> after >> seconds)
        behaviour.exits_after_usec = static_cast<std::uint64_t>(seconds * 1e6);
      else
        behaviour.exits_at_once = behaviour.exit_status;
    } else if (what == "daemon") {
      behaviour.forks_daemon = true;
      words >> behaviour.pid_file;
    } else if (what == "ignores") {
      std::string name;
      while (words >> name) behaviour.ignored_signals.insert(signal_number(name));
    } else if (what == "runs") {
      behaviour = {};
    } else {
      return "unknown behaviour";
    }
    machine_.programs[path] = behaviour;
    return {};
  }

  std::string expect(const std::string& verb, std::istringstream& words) {
    if (verb == "expect-error") {
      const std::string text = rest(words);
      const std::string error = machine_.last_error();
      return error.find(text) != std::string::npos && (!text.empty() || error.empty()) ? "" : "error is: " + error;
    }
    if (verb == "expect-log") return contains(machine_.log(), rest(words)) ? "" : "not in the log";
    if (verb == "expect-trace") return contains(machine_.trace(), rest(words)) ? "" : "not in the trace";
    if (verb == "expect-no-trace") return contains(machine_.trace(), rest(words)) ? "is in the trace" : "";
    if (verb == "expect-no-jobs") return machine_.engine().jobs().empty() ? "" : "there are jobs";
    std::string unit;
    words >> unit;
    if (verb == "expect-cause") {
      const std::string text = rest(words), actual = machine_.cause(unit);
      return actual.find(text) != std::string::npos ? "" : "the cause is '" + actual + "'";
    }
    if (verb == "expect-job") {
      std::string type;
      std::string result;
      words >> type >> result;
      const std::string actual = machine_.job_result(unit, type);
      return actual == result ? "" : "result is '" + actual + "'";
    }
    if (verb == "expect-spawned") {
      std::string kind;
      std::size_t count = 0;
      words >> kind >> count;
      std::size_t actual = 0;
      for (const auto& [pid, process] : machine_.processes)
        if (process.unit_name == unit && process.kind == kind) ++actual;
      return actual == count ? "" : fmt::format("spawned {} times", actual);
    }
    if (verb != "expect") return "unknown expectation";
    std::string state;
    words >> state;
    const std::string actual = machine_.state(unit);
    // A unit at rest that nobody mentions is unloaded, which is no other state.
    if (state == "inactive/dead" && actual == "not-loaded") return {};
    if (actual != state) return "is " + actual;
    std::string more;
    while (words >> more)
      if (std::string problem = expect_more(unit, more); !problem.empty()) return problem;
    return {};
  }

  std::string expect_more(const std::string& name, const std::string& more) {
    const Unit* unit = machine_.unit(name);
    if (unit == nullptr) return "not loaded";
    if (more == "main") return machine_.main_pid(name) > 0 ? "" : "no main process";
    if (more == "no-main") return machine_.main_pid(name) > 0 ? "has a main process" : "";
    const std::string value = more.substr(more.find('=') + 1);
    if (more.starts_with("result=")) {
      const std::string actual = std::visit(
          [](const auto& runtime) -> std::string {
            if constexpr (requires { runtime->result; }) return std::string(unitparser::to_name(runtime->result));
            return "success";
          },
          unit->type_runtime);
      return actual == value ? "" : "result is " + actual;
    }
    if (more.starts_with("restarts=")) {
      const auto n = unit->read<ServiceRuntime>().n_restarts;
      return std::to_string(n) == value ? "" : fmt::format("restarted {} times", n);
    }
    if (more.starts_with("status=")) {
      const auto& text = unit->read<ServiceRuntime>().notify.status_text;
      return text == value ? "" : "status text is " + text;
    }
    return "unknown detail " + more;
  }

  SimMachine machine_;
  std::vector<std::pair<int, std::string>> script_;
};

}  // namespace

std::string run_scenario(const std::string& text) { return Runner(text).run(); }

}  // namespace sim
