#include "journal/journalctl/why.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "journal/journalctl/filters.h"
#include "journal/journalctl/printer.h"
#include "journal/query/cursor.h"
#include "journal/text/timestamp.h"

namespace journal {
namespace {

constexpr unsigned most_records = 200;  // that are looked at for each unit
constexpr std::size_t longest_chain = 32;

/// One message of the manager with what it says of its cause.
struct Step {
  EntryLocation at;
  std::string unit, message, job, cause, cause_unit, place;
};

/// A field's text, fit for a terminal whoever wrote it.
std::string text_of(Journal& journal, std::string_view field) {
  const auto value = journal.first_value(field);
  std::string text = value ? std::string(*value) : std::string();
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  return text;
}

class Inquiry {
 public:
  Inquiry(const Options& options, Journal& journal) : options_(options), journal_(journal), time_(options.utc ? Zone::utc : Zone::local) {}

  int about(const std::string& subject) {
    const auto cursor = parse_cursor(subject);
    auto act = cursor ? step_of(*cursor) : find(mangle_unit_name(subject), nullptr, Direction::up);
    if (!act) {
      std::fprintf(stderr, "Nothing in the journal tells why%s%s.\n", cursor ? "" : " of ", cursor ? "" : mangle_unit_name(subject).c_str());
      return EXIT_FAILURE;
    }
    const std::uint64_t wanted = options_.all_lines ? UINT64_MAX : options_.lines.value_or(1);
    for (std::uint64_t told = 0; act && told < wanted; ++told) {
      if (told > 0 && !is_json(options_.output)) std::printf("\n");
      print(chain_from(*act));
      act = find(act->unit, &act->at, Direction::up);
    }
    return EXIT_SUCCESS;
  }

 private:
  Step read_step() {
    const std::string unit = text_of(journal_, "UNIT");
    return {journal_.current(), unit.empty() ? text_of(journal_, "USER_UNIT") : unit, text_of(journal_, "MESSAGE"), text_of(journal_, "JOB_TYPE"),
            text_of(journal_, "INCIPIT_CAUSE_TEXT"), text_of(journal_, "INCIPIT_CAUSE_UNIT"), text_of(journal_, "INCIPIT_CAUSE_PLACE")};
  }

  static Cursor cursor_at(const EntryLocation& at) { return {at, true, true, true, true}; }

  /// The message with a cause that the manager wrote about a unit nearest to a place (null: the end), before it or behind it.
  std::optional<Step> find(const std::string& unit, const EntryLocation* place, Direction direction) {
    Match match;
    // Only the manager's own word counts: anybody can write UNIT=, nobody else _PID=1 or another user's _UID=.
    const auto add = [&match](const std::string& text) { return match.add(text).has_value(); };
    const bool good = add("_PID=1") && add("UNIT=" + unit) && (match.add_or(), add("_UID=" + std::to_string(::getuid()))) && add("USER_UNIT=" + unit);
    if (!good) return std::nullopt;
    journal_.set_match(match);
    if (place == nullptr) journal_.seek_tail();
    else journal_.seek_cursor(cursor_at(*place));
    for (unsigned seen = 0; seen < most_records && journal_.step(direction); ++seen)
      if (Step step = read_step(); !step.cause.empty() && step.unit == unit && (place == nullptr || compare_locations(step.at, *place) != 0)) return step;
    return std::nullopt;
  }

  /// What lay behind a step, unit after unit; the step itself comes first.
  std::vector<Step> chain_from(const Step& first) {
    std::vector<Step> chain{first};
    std::set<std::string> told{first.unit};
    while (chain.size() < longest_chain && !chain.back().cause_unit.empty() && told.insert(chain.back().cause_unit).second) {
      const Step& of = chain.back();
      auto behind = find(of.cause_unit, &of.at, Direction::up);
      // What a unit was started for is often told of only when it is complete.
      if (!behind) behind = find(of.cause_unit, &of.at, Direction::down);
      if (!behind) break;
      chain.push_back(std::move(*behind));
    }
    return chain;
  }

  /// What brought the entry about: its own cause, or what the manager did last to the unit that wrote it.
  std::optional<Step> step_of(const Cursor& cursor) {
    journal_.set_match({});
    journal_.seek_cursor(cursor);
    if (!journal_.step(Direction::down) || !cursor_matches(cursor, journal_.current())) {
      std::fprintf(stderr, "No entry has this cursor.\n");
      return std::nullopt;
    }
    Step step = read_step();
    const bool is_of_manager = text_of(journal_, "_PID") == "1" || text_of(journal_, "_UID") == std::to_string(::getuid());
    if (is_of_manager && !step.cause.empty()) return step;
    std::string writer = text_of(journal_, "_SYSTEMD_USER_UNIT");
    if (writer.empty()) writer = text_of(journal_, "_SYSTEMD_UNIT");
    const std::string line = step.message;
    const EntryLocation at = step.at;
    auto behind = writer.empty() ? std::nullopt : find(writer, &at, Direction::up);
    if (behind && !is_json(options_.output)) print_line(at, writer, line);
    return behind;
  }

  void print_line(const EntryLocation& at, const std::string& unit, const std::string& message) {
    const bool names_unit = message.starts_with(unit + ": ");
    std::printf("%s %s: %s\n", time_.full_with_zone(at.realtime).c_str(), unit.c_str(), message.c_str() + (names_unit ? unit.size() + 2 : 0));
  }

  void print_text(const Step& step) {
    print_line(step.at, step.unit, step.message);
    const char* how = step.job == "start" || step.job == "restart" ? "started because of" : step.job == "stop" ? "stopped because of" : "because of";
    const bool names_place = step.place.empty() || step.cause.find(step.place) != std::string::npos;
    std::printf("    %s %s%s%s%s\n", how, step.cause.c_str(), names_place ? "" : " (", names_place ? "" : step.place.c_str(), names_place ? "" : ")");
  }

  /// As journalctl's JSON: values are strings; what lay behind the step is its member "because".
  static std::string json_of(const std::vector<Step>& chain) {
    std::string out;
    for (const Step& step : chain) {
      if (!out.empty()) out += ",\"because\":";
      out += "{\"realtime\":\"" + std::to_string(step.at.realtime) + "\"";
      for (const auto& [name, value] : {std::pair{"unit", &step.unit}, {"message", &step.message}, {"job", &step.job}, {"cause", &step.cause},
                                        {"cause_unit", &step.cause_unit}, {"place", &step.place}}) {
        if (value->empty()) continue;
        out += std::string(",\"") + name + "\":";
        append_json_string(out, *value);
      }
    }
    return out.append(chain.size(), '}');
  }

  void print(const std::vector<Step>& chain) {
    if (is_json(options_.output)) std::printf("%s\n", json_of(chain).c_str());
    else
      for (const Step& step : chain) print_text(step);
  }

  const Options& options_;
  Journal& journal_;
  TimeFormatter time_;
};

}  // namespace

int print_why(const std::string& subject, const Options& options, Journal& journal) { return Inquiry(options, journal).about(subject); }

}  // namespace journal
