// status and help: pages of units with their last log lines; their manuals. [bus] [os: runs man]
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "ctl/diagnosis.h"
#include "ctl/directive_help.h"
#include "ctl/job_waiter.h"
#include "ctl/listing.h"
#include "ctl/log_tail.h"
#include "ctl/render/json.h"
#include "ctl/render/status_page.h"
#include "ctl/render/time_text.h"
#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"
#include "journal/daemon/accounts.h"
#include "journal/daemon/paths.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

std::vector<ProcessInfo> processes_of(Client& client, const std::string& unit) {
  std::vector<ProcessInfo> processes;
  const auto answer = client.manager("GetUnitProcesses", {unit});
  if (!answer || answer->signature != "a(sus)") return processes;
  wire::Reader reader(*answer);
  const auto end = reader.begin_array(8);
  while (reader.before(end)) {
    reader.begin_struct();
    auto& process = processes.emplace_back();
    process.cgroup = reader.text();
    process.pid = reader.number<std::uint32_t>();
    process.command = reader.text();
  }
  return processes;
}

std::vector<RelatedUnit> related_units(Client& client, const std::vector<std::string>& names) {
  std::vector<std::uint32_t> serials;
  for (const auto& name : names) {
    const auto serial = client.send({"org.freedesktop.systemd1", unit_path(name), "org.freedesktop.DBus.Properties", "Get",
                                     {std::string(unit_interface), "ActiveState"}});
    serials.push_back(serial ? *serial : 0);
  }
  std::vector<RelatedUnit> units;
  for (std::size_t i = 0; i < names.size(); ++i) {
    RelatedUnit unit{names[i], {}};
    if (const auto answer = client.reply(serials[i]); answer && answer->signature == "v") {
      const auto value = wire::Reader(*answer).variant();
      if (const auto* text = std::get_if<std::string>(&value.storage)) unit.active_state = *text;
    }
    units.push_back(std::move(unit));
  }
  return units;
}

/// What the journal of this machine dropped of a unit of the system.
std::string dropped_lines(const UnitStatus& status, const Options& options) {
  if (options.personality != Personality::ctl || options.transport != Transport::local || options.scope == Scope::user) return {};
  const auto paths = journal::DaemonPaths::of({}, status.properties.text("LogNamespace"), {});
  for (const auto& account : journal::read_accounts(paths.run))
    if (account.unit == status.name) return journal::format_drops(account);
  return {};
}

void print_log(Session& session, const UnitStatus& status, bool& ellipsized) {
  const auto& options = session.options();
  auto& out = session.out();
  const auto id = std::string(status.properties.text("Id"));
  LogQuery query{id, id.ends_with(".slice"), {}, options.lines.value_or(LogQuery{}.lines), 0, options.output, options.full || !out.stdout_is_terminal() || out.has_pager(), options.all};
  if (options.scope == Scope::user) query.user_uid = static_cast<std::uint32_t>(getuid());
  query.not_before_monotonic = status.properties.number("InactiveExitTimestampMonotonic");
  const auto tail = log_tail(out, query);
  if (!tail.text.empty() || tail.rotated) out << "\n";
  out << tail.text;
  if (tail.rotated) out << "Notice: journal has been rotated since unit was started, output may be incomplete.\n";
  ellipsized = ellipsized || tail.ellipsized;
}

Value status_json(const UnitStatus& status) {
  unitparser::ArrayValue object{"{sv}", {}};
  for (const auto& [name, value] : status.properties.entries)
    object.elements.push_back(unitparser::struct_of(name, unitparser::VariantValue{{value}}));
  unitparser::ArrayValue processes{"a{sv}", {}};
  for (const auto& process : status.processes)
    processes.elements.emplace_back(unitparser::ArrayValue{
        "{sv}",
        {unitparser::struct_of("pid", unitparser::VariantValue{{Value(process.pid)}}),
         unitparser::struct_of("cgroup", unitparser::VariantValue{{Value(process.cgroup)}}),
         unitparser::struct_of("command", unitparser::VariantValue{{Value(process.command)}})}});
  if (!status.dropped.empty()) object.elements.push_back(unitparser::struct_of("dropped", unitparser::VariantValue{{Value(status.dropped)}}));
  object.elements.push_back(unitparser::struct_of("processes", unitparser::VariantValue{{Value(std::move(processes))}}));
  return object;
}

/// All about one unit; nothing when the manager does not answer.
CallResult<UnitStatus> collect(Session& session, Client& client, const std::string& path) {
  const auto& options = session.options();
  UnitStatus status;
  auto properties = client.all_properties(path);
  if (!properties) return tl::unexpected(std::move(properties.error()));
  status.properties = std::move(*properties);
  status.name = status.properties.text("Id");
  status.triggers = related_units(client, status.properties.texts("Triggers"));
  status.triggered_by = related_units(client, status.properties.texts("TriggeredBy"));
  if (!status.properties.text("ControlGroup").empty()) status.processes = processes_of(client, status.name);
  status.dropped = dropped_lines(status, options);
  status.timestamps = options.timestamps;
  status.now_realtime = realtime_now_usec();
  status.full = options.full;
  return status;
}

int show_manager(Session& session, Client& client) {
  const auto& options = session.options();
  auto& out = session.out();
  auto properties = client.all_properties(manager_path, manager_interface);
  if (!properties) return session.fail("get properties", properties.error());
  UnitStatus status;
  status.properties = std::move(*properties);
  status.processes = processes_of(client, "-.slice");
  status.timestamps = options.timestamps;
  status.now_realtime = realtime_now_usec();
  status.full = options.full;
  if (options.json_forced) {
    out << json_text(status_json(status), options.output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact) << "\n";
    return EXIT_SUCCESS;
  }
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  out << manager_status_page(out, status, host.data());
  return EXIT_SUCCESS;
}

class Shower {
 public:
  Shower(Session& session, Client& client) : session_(session), client_(client) {}

  void show(const std::string& path) {
    auto& out = session_.out();
    auto status = collect(session_, client_, path);
    if (!status) {
      session_.fail("get properties", status.error());
      code_ = EXIT_FAILURE;
      return;
    }
    const int code = status_exit_code(status->properties);
    if (code != 0) code_ = code;
    constexpr int unknown_unit = 4;
    if (session_.options().json_forced) {
      list_.elements.push_back(status_json(*status));
      return;
    }
    if (code == unknown_unit && status->properties.text("LoadState") == "not-found") {
      session_.out().say(Severity::error, "Unit " + status->name + " could not be found.");
      return;
    }
    if (!std::exchange(first_, false)) out << "\n";
    if (status->properties.flag("NeedDaemonReload")) warn_changed_on_disk(session_, status->name);
    out << unit_status_page(out, *status);
    print_log(session_, *status, ellipsized_);
    if (session_.options().lines == 0) return;
    if (const auto why = diagnosis(status->name, session_.options()); !why.empty()) out << "\n" << why << "\n";
  }

  int finish() {
    auto& out = session_.out();
    if (session_.options().json_forced)
      out << json_text(list_, session_.options().output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact) << "\n";
    if (ellipsized_ && !session_.options().quiet) out << "Hint: Some lines were ellipsized, use -l to show in full.\n";
    return code_;
  }

 private:
  Session& session_;
  Client& client_;
  unitparser::ArrayValue list_{"a{sv}", {}};
  bool first_ = true, ellipsized_ = false;
  int code_ = EXIT_SUCCESS;
};

/// Paths of the units that operands (names, globs, pids) mean.
std::optional<std::vector<std::string>> unit_paths(Session& session, Client& client, Arguments operands) {
  std::vector<std::string> paths, names;
  for (const auto& operand : operands) {
    const auto pid = unitparser::parse_unsigned(operand, 0xffffffffU, 10);
    if (!pid || !unitparser::is_digit(operand.front())) {
      names.push_back(operand);
      continue;
    }
    const auto path = client.path_by("GetUnitByPID", {static_cast<std::uint32_t>(*pid)});
    if (!path) {
      session.fail("get unit for PID " + operand, path.error());
      return std::nullopt;
    }
    paths.push_back(*path);
  }
  if (names.empty()) return paths;
  const auto expanded = expand_names(session, names);
  if (!expanded) return std::nullopt;
  for (const auto& name : expanded->names) paths.push_back(unit_path(name));
  return paths;
}

int show_all(Session& session, Client& client) {
  const auto units = listed_units(session, {});
  if (!units) return EXIT_FAILURE;
  Shower shower(session, client);
  for (const auto& unit : *units) shower.show(unit.unit_path);
  return shower.finish();
}

}  // namespace

int verb_status(Session& session, Arguments arguments) {
  const auto& options = session.options();
  Client* client = session.manager();
  if (client == nullptr) {
    constexpr int unknown_state = 4;
    return unknown_state;
  }
  if (options.pager && !options.json_forced) session.out().open_pager();
  if (arguments.size() < 2) {
    if (!options.all && options.states.empty() && options.types.empty()) return show_manager(session, *client);
    if (options.all && !options.json_forced) {
      if (const int status = show_manager(session, *client); status != EXIT_SUCCESS) return status;
      session.out() << "\n";
    }
    return show_all(session, *client);
  }
  const auto paths = unit_paths(session, *client, arguments.subspan(1));
  if (!paths) return EXIT_FAILURE;
  Shower shower(session, *client);
  for (const auto& path : *paths) shower.show(path);
  return shower.finish();
}

namespace {

/// Opens one page of documentation: "man:name(section)" with man, other kinds are named.
void open_manual(Session& session, std::string_view document) {
  if (!document.starts_with("man:")) {
    session.out().say(Severity::info, "Can't show: " + std::string(document));
    return;
  }
  document.remove_prefix(4);
  const auto open = document.find('(');
  std::string page(document.substr(0, open));
  std::string section(open == std::string_view::npos ? "" : document.substr(open + 1, document.find(')') - open - 1));
  session.out().flush();
  const auto pid = fork();
  if (pid < 0) return;
  if (pid == 0) {
    if (section.empty())
      execlp("man", "man", page.c_str(), nullptr);
    else
      execlp("man", "man", section.c_str(), page.c_str(), nullptr);
    _exit(EXIT_FAILURE);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

int verb_help(Session& session, Arguments arguments) {
  if (arguments.size() < 2) return session.fail("This command expects one or more unit names. Did you mean --help?");
  std::vector<std::string> units;
  for (const auto& word : arguments.subspan(1)) {
    const auto help = session.options().personality == Personality::ctl ? help_for_directive(word) : DirectiveHelp{};
    if (help.text.empty()) units.push_back(word);
    if (help.text.empty() && word.ends_with('=')) return session.fail("No directive " + word + (help.guess.empty() ? "" : " – did you mean " + help.guess + "=?"));
    if (session.options().json_forced && !help.text.empty()) session.tell({{"directive", word}, {"help", help.text}});
    else session.out() << help.text;
  }
  if (units.empty()) return EXIT_SUCCESS;
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto paths = unit_paths(session, *client, units);
  if (!paths) return EXIT_FAILURE;
  for (const auto& path : *paths) {
    const auto properties = client->all_properties(path, unit_interface);
    if (!properties) return session.fail("get properties", properties.error());
    const auto documents = properties->texts("Documentation");
    if (documents.empty()) session.out().say(Severity::info, "Documentation for " + std::string(properties->text("Id")) + " not known.");
    for (const auto& document : documents) open_manual(session, document);
  }
  return EXIT_SUCCESS;
}

}  // namespace ctl
