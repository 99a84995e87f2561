#include "journal/journalctl/verbs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "journal/journalctl/context.h"
#include "journal/journalctl/counting.h"
#include "journal/journalctl/export.h"
#include "journal/journalctl/expression.h"
#include "journal/journalctl/options.h"
#include "journal/journalctl/sources.h"
#include "journal/journalctl/usage.h"
#include "journal/journalctl/why.h"
#include "journal/query/journal.h"
#include "journal/query/message_index.h"
#include "journal/text/bytes.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

/// What a verb is given: its options, where the entries are, and those files opened.
struct VerbCall {
  Options options;
  SourceList sources;
  Journal journal{HeaderRule::lenient};
  std::uint64_t now = 0;
  std::vector<std::string> fields;  ///< of top and count
  ContextSize context;
  ExportWishes wishes;
};

int usage(VerbCall& call) { return print_usage(call.options, call.sources, call.journal); }

int vacuum_verb(VerbCall& call) {
  if (call.options.units.empty()) {
    std::fprintf(stderr, "journal vacuum: name the units with -u; for whole files there are --vacuum-size=, --vacuum-time= and --vacuum-files=.\n");
    return EXIT_FAILURE;
  }
  return vacuum_units(call.options, call.sources, call.now);
}

int index_verb(VerbCall& call) {
  IndexUpdate all;
  for (const std::string& folder : call.sources.folders) {
    const IndexUpdate update = update_indexes(folder);
    all.written += update.written;
    all.bytes += update.bytes;
    for (const std::string& failure : update.failures) std::fprintf(stderr, "journal index: %s\n", failure.c_str());
    all.failures.insert(all.failures.end(), update.failures.begin(), update.failures.end());
  }
  if (!call.options.quiet) std::printf("%s indexed, %s.\n", (std::to_string(all.written) + (all.written == 1 ? " file" : " files")).c_str(), format_bytes(all.bytes).c_str());
  return all.failures.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int count(VerbCall& call) { return print_counts(call.fields, call.options, call.now, call.journal); }

int top(VerbCall& call) {
  constexpr std::uint64_t shown = 10;
  if (!call.options.lines && !call.options.all_lines) call.options.lines = shown;
  return count(call);
}

int context(VerbCall& call) { return print_context(call.options, call.context, call.now, call.journal); }

int export_verb(VerbCall& call) { return print_export(call.options, call.wishes, call.now, call.journal); }

int upload(VerbCall& call) {
  if (call.wishes.url.empty()) {
    std::fprintf(stderr, "journal upload: say where to: http://HOST[:PORT][/PATH].\n");
    return EXIT_FAILURE;
  }
  return upload_entries(call.options, call.sources, call.wishes, call.now, call.journal);
}

int why(VerbCall& call) {
  if (call.options.matches.size() != 1) {
    std::fprintf(stderr, "journal why: name one unit, or the cursor of one entry.\n");
    return EXIT_FAILURE;
  }
  return print_why(call.options.matches.front(), call.options, call.journal);
}

/// What a verb takes in front of the options that all have.
enum class Takes : std::uint8_t { nothing, fields, context, format, destination };
struct Verb {
  std::string_view name;
  int (*run)(VerbCall&);
  Takes takes;
  const char* usage;
  const char* summary;
};
constexpr std::array verbs{
    Verb{"usage", usage, Takes::nothing, "journal usage [OPTIONS]",
         "What each unit's lines take, and what was dropped and why"},
    Verb{"vacuum", vacuum_verb, Takes::nothing, "journal vacuum -u UNIT... [--vacuum-time=TIME]",
         "Remove the lines of units, and leave those of others"},
    Verb{"index", index_verb, Takes::nothing, "journal index [-D FOLDER]",
         "Let -g find faster what is in archived files"},
    Verb{"top", top, Takes::fields, "journal top [by] FIELD[,FIELD...] [OPTIONS] [EXPRESSION]",
         "The most frequent values"},
    Verb{"count", count, Takes::fields, "journal count [by] FIELD[,FIELD...] [OPTIONS] [EXPRESSION]",
         "How many entries have each value"},
    Verb{"context", context, Takes::context, "journal context [-C LINES] [-A LINES] [-B LINES] [OPTIONS] [-g PATTERN] [EXPRESSION]",
         "Entries with those around them"},
    Verb{"why", why, Takes::nothing, "journal why UNIT|CURSOR [-n NUMBER] [OPTIONS]",
         "What brought an entry about, or the last things that happened to a unit (-n, default 1)"},
    Verb{"export", export_verb, Takes::format, "journal export [--format=export|json|otlp] [OPTIONS] [EXPRESSION]",
         "Entries for another log system"},
    Verb{"upload", upload, Takes::destination, "journal upload URL [--format=export|json|otlp] [--state=FILE] [-f] [OPTIONS] [EXPRESSION]",
         "Send entries there over HTTP, and go on where it was left"},
};

/// Takes "by FIELD,FIELD" off the front of the arguments; false when it is not there.
bool take_fields(std::vector<char*>& arguments, VerbCall& call) {
  std::size_t n = 1;
  if (n < arguments.size() && std::string_view(arguments[n]) == "by") ++n;
  if (n >= arguments.size() || arguments[n][0] == '-') return false;
  for (const std::string_view word : unitparser::split_at(arguments[n], ','))
    if (!word.empty()) call.fields.push_back(field_of_name(word));
  arguments.erase(arguments.begin() + 1, arguments.begin() + static_cast<std::ptrdiff_t>(n) + 1);
  return !call.fields.empty();
}

/// Takes -A, -B and -C with their numbers out of the arguments; false when a number is missing.
bool take_context(std::vector<char*>& arguments, VerbCall& call) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word.size() < 2 || word[0] != '-' || (word[1] != 'A' && word[1] != 'B' && word[1] != 'C')) continue;
    const bool joined = word.size() > 2;
    const std::string_view digits = joined ? word.substr(2) : i + 1 < arguments.size() ? std::string_view(arguments[i + 1]) : std::string_view{};
    std::size_t lines = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), lines);
    constexpr std::size_t most_lines = 100'000;
    if (error != std::errc{} || end != digits.data() + digits.size() || lines > most_lines) return false;
    if (word[1] != 'A') call.context.before = lines;
    if (word[1] != 'B') call.context.behind = lines;
    const auto first = arguments.begin() + static_cast<std::ptrdiff_t>(i--);
    arguments.erase(first, first + (joined ? 1 : 2));
  }
  return true;
}

/// Takes --format= and, where there is a destination, its address (--to=URL as well) and --state= out of the arguments; false
/// when a format is unknown or there are several addresses.
bool take_wishes(std::vector<char*>& arguments, VerbCall& call, Takes takes) {
  constexpr std::array<std::string_view, 3> formats{"export", "json", "otlp"};
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const std::size_t equals = word.find('=');
    const bool is_address = word.starts_with("http://") || word.starts_with("https://");
    const std::string_view name = is_address ? "--to" : word.substr(0, equals);
    const bool is_destination = takes == Takes::destination && (name == "--to" || name == "--state");
    if ((equals == std::string_view::npos && !is_address) || (name != "--format" && !is_destination)) continue;
    const std::string_view value = is_address ? word : word.substr(equals + 1);
    if (name == "--to") {
      if (!call.wishes.url.empty()) return false;
      call.wishes.url = value;
    } else if (name == "--state") {
      call.wishes.state_file = value;
    } else {
      const auto found = std::find(formats.begin(), formats.end(), value);
      if (found == formats.end()) return false;
      call.wishes.format = static_cast<ExportFormat>(found - formats.begin());
    }
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i--));
  }
  return true;
}

}  // namespace

void print_verbs() {
  std::printf("\nWhat journal can do besides; a verb's --help tells how:\n");
  for (const Verb& verb : verbs) std::printf("  %-26s %s\n", std::string(verb.name).c_str(), verb.summary);
}

std::optional<int> run_verb(int argc, char** argv, std::uint64_t now) {
  if (argc < 2) return std::nullopt;
  const Verb* wanted = nullptr;
  for (const Verb& verb : verbs)
    if (verb.name == argv[1]) wanted = &verb;
  if (wanted == nullptr) return std::nullopt;
  std::vector<char*> arguments{argv[0]};
  arguments.insert(arguments.end(), argv + 2, argv + argc);
  if (std::any_of(arguments.begin(), arguments.end(), [](const std::string_view word) { return word == "-h" || word == "--help"; })) {
    std::printf("usage: %s\n\n%s.\n", wanted->usage, wanted->summary);
    return EXIT_SUCCESS;
  }
  VerbCall call;
  if ((wanted->takes == Takes::fields && !take_fields(arguments, call)) || (wanted->takes == Takes::context && !take_context(arguments, call)) ||
      ((wanted->takes == Takes::format || wanted->takes == Takes::destination) && !take_wishes(arguments, call, wanted->takes))) {
    std::fprintf(stderr, "usage: %s\n", wanted->usage);
    return EXIT_FAILURE;
  }
  arguments.push_back(nullptr);
  const ParsedOptions parsed = parse_options(static_cast<int>(arguments.size()) - 1, arguments.data(), now);
  if (parsed.exit_code) return parsed.exit_code;
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
