// journal: shows and looks after the journal; called as journalctl it speaks exactly as that, journalctl(1). [os]
#include <sys/resource.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "journal/journalctl/actions.h"
#include "journal/journalctl/setup_keys.h"
#include "journal/journalctl/show.h"
#include "journal/journalctl/sources.h"
#include "journal/journalctl/verbs.h"
#include "journal/store/directory.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

std::uint64_t realtime_usec() {
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

/// Actions that need no journal file; nullopt when the action does.
std::optional<int> run_without_files(const Options& options) {
  switch (options.action) {
    case Action::help:
      print_help();
      if (!options.speaks_as_journalctl) print_verbs();
      return EXIT_SUCCESS;
    case Action::version: std::printf("systemd 252 (incipit)\n"); return EXIT_SUCCESS;
    case Action::flush: return call_daemon(options, "FlushToVar");
    case Action::sync: return call_daemon(options, "Synchronize");
    case Action::rotate: return call_daemon(options, "Rotate");
    case Action::relinquish_var: return call_daemon(options, "RelinquishVar");
    case Action::smart_relinquish_var: return smart_relinquish(options);
    case Action::list_catalog:
    case Action::dump_catalog: return list_catalog(options);
    case Action::update_catalog: return update_catalog(options);
    case Action::setup_keys: return setup_keys(options);
    default: return std::nullopt;
  }
}

/// Root folder of a running container, from what its manager registered.
std::optional<std::string> container_root(const std::string& name) {
  if (name.find('/') != std::string::npos) return std::nullopt;
  const auto registered = read_small_file("/run/systemd/machines/" + name);
  if (!registered) return std::nullopt;
  for (const std::string_view line : unitparser::split_at(*registered, '\n'))
    if (line.starts_with("LEADER=") && line.size() > 7) return "/proc/" + std::string(line.substr(7)) + "/root";
  return std::nullopt;
}

/// A journal may have more files than a process may have open unless it asks.
void allow_many_files() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(int argc, char** argv) {
  const std::string_view name = argc > 0 ? argv[0] : "";
  const bool speaks_as_journalctl = name.substr(name.rfind('/') + 1) == "journalctl";
  if (!speaks_as_journalctl)
    if (const auto code = run_verb(argc, argv, realtime_usec())) return *code;
  ParsedOptions parsed = parse_options(argc, argv, realtime_usec());
  if (parsed.exit_code) return *parsed.exit_code;
  Options& options = parsed.options;
  options.speaks_as_journalctl = speaks_as_journalctl;
  if (!options.machine.empty() && options.machine != ".host") {
    const auto root = container_root(options.machine);
    if (!root) {
      std::fprintf(stderr, "Failed to open root directory of machine '%s': No such file or directory\n",
                   options.machine.c_str());
      return EXIT_FAILURE;
    }
    options.root = *root;
  }
  if (const auto code = run_without_files(options)) return *code;
  if (options.action == Action::rotate_and_vacuum)
    if (const int code = call_daemon(options, "Rotate"); code != EXIT_SUCCESS) return code;

  const auto sources = find_sources(options);
  if (!sources) {
    const char* what = options.directory.empty() ? "Failed to open files" : "Failed to open";
    std::fprintf(stderr, "%s%s%s: %s\n", what, options.directory.empty() ? "" : " ", options.directory.c_str(),
                 ::strerrordesc_np(sources.error().os_errno));
    return EXIT_FAILURE;
  }
  if (options.action == Action::vacuum || options.action == Action::rotate_and_vacuum)
    return vacuum_folders(options, *sources);
  const bool exactly = options.speaks_as_journalctl;
  Journal journal(exactly ? HeaderRule::strict : HeaderRule::lenient, exactly ? Interleave::as_journalctl : Interleave::complete);
  if (const auto opened = open_sources(options, *sources, journal); !opened) {
    std::fprintf(stderr, "Failed to open files: %s\n", ::strerrordesc_np(opened.error().os_errno));
    return EXIT_FAILURE;
  }
  if (!journal.has_files() && !options.quiet) std::fprintf(stderr, "No journal files were found.\n");
  switch (options.action) {
    case Action::list_fields: return print_fields(journal);
    case Action::field_values: return print_field_values(options, journal);
    case Action::list_boots: return list_boots(options, journal);
    case Action::header: return print_headers(options, journal);
    case Action::verify: return verify_files(options, journal);
    case Action::disk_usage: return print_disk_usage(options, journal);
    default: return show_entries(options, *sources, journal, realtime_usec());
  }
}

}  // namespace
}  // namespace journal

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  journal::allow_many_files();
  return journal::run(argc, argv);
}
