// Offline answers: time expressions, tables of names, configuration files. [src]
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include "ctl/escape.h"
#include "ctl/render/table.h"
#include "ctl/unit_files.h"
#include "ctl/verb_list.h"
#include "unitparser/base/text.h"
#include "unitparser/load/disk_time_zones.h"
#include "unitparser/load/file_source.h"
#include "unitparser/syntax/exit_status.h"
#include "unitparser/syntax/kernel_names.h"
#include "unitparser/syntax/paths.h"
#include "unitparser/syntax/syscall_groups.h"
#include "unitparser/syntax/time_reports.h"
#include "unitparser/syntax/timestamp.h"
#include "unitparser/syntax/version.h"

namespace ctl {
namespace {

using unitparser::RealTime;

RealTime now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return RealTime::from_usec(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()));
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Prints a report; whether it was one.
bool print(Session& session, const unitparser::TimeReport& report) {
  session.out() << report.text;
  session.out().flush();
  for (const auto line : unitparser::split_at(report.problem, '\n'))
    if (!line.empty()) session.out().say(line.starts_with("Hint") ? Severity::notice : Severity::error, line);
  return report.ok();
}

}  // namespace

int verb_time_expression(Session& session, Arguments arguments) {
  const auto& options = session.options();
  const auto source = unitparser::make_disk_file_source();
  unitparser::DiskTimeZones zones(*source, variable("TZ"));
  const unitparser::TimeReportContext context{zones, now(), "ctl"};
  RealTime base = context.now;
  if (!options.base_time.empty()) {
    const auto given = unitparser::parse_timestamp(options.base_time, context.now, zones);
    if (!given) return session.fail("Failed to parse --base-time= parameter: " + options.base_time);
    base = *given;
  }
  int status = EXIT_SUCCESS;
  bool first = true;
  for (const auto& text : arguments.subspan(1)) {
    if (!first) session.out() << "\n";
    first = false;
    const auto report = arguments[0] == "calendar"   ? unitparser::report_calendar(text, base, options.iterations, context)
                        : arguments[0] == "timespan" ? unitparser::report_timespan(text, context)
                                                     : unitparser::report_timestamp(text, context);
    if (!print(session, report)) status = EXIT_FAILURE;
  }
  return status;
}

int verb_compare_versions(Session& session, Arguments arguments) {
  const auto& first = arguments[1];
  const auto& second = arguments.back();
  const int order = unitparser::compare_versions(first, second);
  if (arguments.size() == 3) {
    constexpr int first_is_newer = 11, second_is_newer = 12;
    session.out() << first << (order < 0 ? " < " : order > 0 ? " > " : " == ") << second << "\n";
    return order == 0 ? EXIT_SUCCESS : order > 0 ? first_is_newer : second_is_newer;
  }
  const auto op = unitparser::parse_version_operator(arguments[2]);
  if (!op) return session.fail("Unknown operator \"" + arguments[2] + "\".");
  return unitparser::holds(*op, order) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int verb_escape(Session& session, Arguments arguments) { return run_escape({arguments.begin(), arguments.end()}, session.out()); }

int verb_unit_paths(Session& session, Arguments) {
  for (const auto& folder : unit_paths_of(session.options()).search) session.out() << folder << "\n";
  return EXIT_SUCCESS;
}

namespace {

/// Names of the system calls that the running kernel has, as its tracing tells them; an error where it does not.
unitparser::Result<std::set<std::string>> system_calls_of_kernel() {
  constexpr std::size_t longest = 16UL * 1024 * 1024;
  constexpr std::string_view event = "syscalls:sys_enter_";
  const auto files = unitparser::make_disk_file_source();
  auto events = files->read("/sys/kernel/tracing/available_events", longest);
  if (!events) events = files->read("/sys/kernel/debug/tracing/available_events", longest);
  if (!events) return tl::unexpected(events.error());
  std::set<std::string> calls;
  for (const auto line : unitparser::split_at(*events, '\n')) {
    if (!line.starts_with(event)) continue;
    const auto call = line.substr(event.size());
    // The kernel's own names of what programs call uname, fstat, stat, lstat, and one that is long gone.
    if (call != "newuname" && call != "newfstat" && call != "newstat" && call != "newlstat" && call != "sysctl") calls.emplace(call);
  }
  return calls;
}

void print_ungrouped(Session& session) {
  auto& out = session.out();
  const auto print_all = [&out](const auto& calls) {
    for (const auto& call : calls) out << "#   " << call << "\n";
  };
  out << "\n# " << out.styled(Style::bold, "Ungrouped System Calls") << " (known but not included in any of the groups except @known):\n";
  print_all(unitparser::ungrouped_system_calls());
  auto of_kernel = system_calls_of_kernel();
  out << "\n";
  if (!of_kernel) {
    out.flush();
    return out.say(Severity::notice, std::string("# Not showing unlisted system calls, couldn't retrieve kernel system call list: ") +
                                         strerrordesc_np(of_kernel.error().os_errno));
  }
  std::erase_if(*of_kernel, [](const std::string& call) { return unitparser::is_known_system_call(call); });
  out << "# " << out.styled(Style::bold, "Unlisted System Calls")
      << " (supported by the local kernel, but not included in any of the groups listed above):\n";
  print_all(*of_kernel);
}

}  // namespace

int verb_syscall_filter(Session& session, Arguments arguments) {
  bool first = true;
  const auto print_group = [&](const unitparser::SystemCallGroup& group) {
    if (!first) session.out() << "\n";
    first = false;
    session.out() << session.out().styled(Style::bold, group.name) << "\n    # " << group.description << "\n";
    for (const auto member : unitparser::split_whitespace(group.members)) session.out() << "    " << member << "\n";
  };
  if (arguments.size() == 1) {
    for (const auto& group : unitparser::system_call_groups()) print_group(group);
    print_ungrouped(session);
  }
  for (const auto& name : arguments.subspan(1)) {
    const auto* group = unitparser::find_system_call_group(name);
    if (group == nullptr) return session.fail("Filter set \"" + name + "\" not found.");
    print_group(*group);
  }
  return EXIT_SUCCESS;
}

namespace {

int print_names(Session& session, Table& table) {
  if (session.options().json())
    session.out() << table.json(JsonLayout::compact) << "\n";
  else
    session.out() << table.draw(session.out(), session.options().show_legend(), session.out().line_limit());
  return EXIT_SUCCESS;
}

}  // namespace

int verb_capability(Session& session, Arguments arguments) {
  Table table({"NAME", "NUMBER"});
  table.align_right(1);
  const auto add = [&table](int number) { table.add_row({Cell{std::string(unitparser::capability_name(number))}, Cell{std::to_string(number)}}); };
  if (arguments.size() == 1)
    for (int number = 0; number < unitparser::capability_count; ++number) add(number);
  for (const auto& text : arguments.subspan(1)) {
    const auto number = unitparser::parse_capability(text);
    if (!number || unitparser::capability_name(*number).empty()) return session.fail("Capability \"" + text + "\" not known.");
    add(*number);
  }
  return print_names(session, table);
}

int verb_exit_status(Session& session, Arguments arguments) {
  Table table({"NAME", "STATUS", "CLASS"});
  table.align_right(1);
  const auto add = [&table](int status) {
    std::string name = "-";
    std::string origin = "-";
    for (const auto& row : unitparser::exit_status_names())
      if (row.status == status) {
        name = row.name;
        origin = to_name(row.origin);
      }
    table.add_row({Cell{name}, Cell{std::to_string(status)}, Cell{origin}});
  };
  if (arguments.size() == 1)
    for (const auto& row : unitparser::exit_status_names()) add(row.status);
  for (const auto& text : arguments.subspan(1)) {
    const auto status = unitparser::parse_exit_status(text);
    if (!status) return session.fail("Invalid exit status \"" + text + "\".");
    add(*status);
  }
  return print_names(session, table);
}

// --- Files --------------------------------------------------------------------------------------------------------
namespace {

/// One configuration file and its drop-ins, as they are read.
int cat_one(Session& session, unitparser::FileSource& source, const std::string& name) {
  constexpr std::array<std::string_view, 4> roots{"/etc/", "/run/", "/usr/local/lib/", "/usr/lib/"};
  const auto& root = session.options().root;
  std::string relative = name;
  for (const auto folder : roots)
    if (name.starts_with(folder)) relative = name.substr(folder.size());
  bool any = false;
  const auto print_file = [&](const std::string& path) {
    const auto content = source.read(path, unitparser::longest_unit_file);
    if (!content) return false;
    if (any) session.out() << "\n";
    any = true;
    session.out() << session.out().styled(Style::blue, "# " + root + path) << "\n" << *content;
    if (!content->empty() && content->back() != '\n') session.out() << "\n";
    return true;
  };
  if (std::none_of(roots.begin(), roots.end(), [&](std::string_view folder) { return print_file(std::string(folder) + relative); })) {
    session.out() << session.out().styled(Style::blue, "# Main configuration file " + relative + " not found") << "\n";
    any = true;
  }
  std::map<std::string, std::string> drop_ins;
  for (const auto folder : roots) {
    const std::string path = std::string(folder) + relative + ".d";
    const auto entries = source.list(path);
    if (!entries) continue;
    for (const auto& entry : *entries)
      if (entry.name.ends_with(".conf") && !entry.name.starts_with('.')) drop_ins.emplace(entry.name, path + "/" + entry.name);
  }
  for (const auto& [file, path] : drop_ins) print_file(path);
  return EXIT_SUCCESS;
}

}  // namespace

int verb_cat_config(Session& session, Arguments arguments) {
  if (session.options().pager) session.out().open_pager();
  const auto source = unitparser::make_disk_file_source(session.options().root);
  int status = EXIT_SUCCESS;
  for (const auto& name : arguments.subspan(1)) status = std::max(status, cat_one(session, *source, name));
  return status;
}

}  // namespace ctl
