#include "journal/journalctl/verbs.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "journal/journalctl/options.h"
#include "journal/journalctl/sources.h"
#include "journal/journalctl/usage.h"
#include "journal/query/journal.h"

namespace journal {
namespace {

/// What a verb is given: its options, where the entries are, and those files opened.
struct VerbCall {
  Options options;
  SourceList sources;
  Journal journal{HeaderRule::lenient};
  std::uint64_t now = 0;
};

int usage(VerbCall& call) { return print_usage(call.options, call.sources, call.journal); }

int vacuum_verb(VerbCall& call) {
  if (call.options.units.empty()) {
    std::fprintf(stderr, "journal vacuum: name the units with -u; for whole files there are --vacuum-size=, --vacuum-time= and --vacuum-files=.\n");
    return EXIT_FAILURE;
  }
  return vacuum_units(call.options, call.sources, call.now);
}

struct Verb {
  std::string_view name;
  int (*run)(VerbCall&);
};
constexpr std::array verbs{
    Verb{"usage", usage},
    Verb{"vacuum", vacuum_verb},
};

}  // namespace

std::optional<int> run_verb(int argc, char** argv, std::uint64_t now) {
  if (argc < 2) return std::nullopt;
  const Verb* wanted = nullptr;
  for (const Verb& verb : verbs)
    if (verb.name == argv[1]) wanted = &verb;
  if (wanted == nullptr) return std::nullopt;
  std::vector<char*> arguments{argv[0]};
  arguments.insert(arguments.end(), argv + 2, argv + argc);
  arguments.push_back(nullptr);
  const ParsedOptions parsed = parse_options(static_cast<int>(arguments.size()) - 1, arguments.data(), now);
  if (parsed.exit_code) return parsed.exit_code;
  VerbCall call;
  call.options = parsed.options;
  call.options.speaks_as_journalctl = false;
  call.now = now;
  auto sources = find_sources(call.options);
  if (!sources) {
    std::fprintf(stderr, "journal %s: %s\n", argv[1], sources.error().message.c_str());
    return EXIT_FAILURE;
  }
  call.sources = std::move(*sources);
  if (const auto opened = open_sources(call.options, call.sources, call.journal); !opened) {
    std::fprintf(stderr, "journal %s: %s\n", argv[1], opened.error().message.c_str());
    return EXIT_FAILURE;
  }
  return wanted->run(call);
}

}  // namespace journal
