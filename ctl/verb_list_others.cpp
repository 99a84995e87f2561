// list-timers, list-sockets, list-automounts, list-machines. [bus]
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include "ctl/listing.h"
#include "ctl/render/time_text.h"

namespace ctl {
namespace {

constexpr auto never = std::numeric_limits<std::uint64_t>::max();

/// Units of one type with their properties, all asked for before the first answer is read.
std::optional<std::vector<std::pair<UnitInfo, Properties>>> units_with_properties(Session& session, Arguments operands, std::string_view type) {
  std::vector<std::string> with_suffix;
  for (const auto& operand : operands.subspan(1))
    with_suffix.push_back(operand.ends_with("." + std::string(type)) || operand.find('.') != std::string::npos ? operand : operand + "." + std::string(type));
  auto units = listed_units(session, with_suffix);
  if (!units) return std::nullopt;
  std::erase_if(*units, [&](const UnitInfo& u) { return suffix_of(u.id) != type; });
  Client& client = *session.manager();
  std::vector<std::uint32_t> serials;
  for (const auto& unit : *units) {
    const auto serial = client.send_all_properties(unit.unit_path);
    serials.push_back(serial ? *serial : 0);
  }
  std::vector<std::pair<UnitInfo, Properties>> result;
  for (std::size_t i = 0; i < units->size(); ++i)
    if (auto properties = client.receive_all_properties(serials[i])) result.emplace_back(std::move((*units)[i]), std::move(*properties));
  return result;
}

Cell plain(std::string text) { return Cell{std::move(text), {}, {}, false, false, false}; }
Cell plain(std::string text, Value json) { return Cell{std::move(text), std::move(json), {}, false, false, false}; }

/// What a unit starts; null in JSON when it is nothing.
Cell activated(std::string text) {
  const bool none = text.empty();
  return Cell{std::move(text), {}, {}, false, false, none};
}

std::string joined(const std::vector<std::string>& words) {
  std::string result;
  for (const auto& word : words) result += (result.empty() ? "" : ", ") + word;
  return result;
}

}  // namespace

std::uint64_t next_elapse_realtime(std::uint64_t monotonic, std::uint64_t realtime) {
  const bool has_monotonic = monotonic != 0 && monotonic != never, has_realtime = realtime != 0 && realtime != never;
  std::uint64_t converted = never;
  if (has_monotonic) {
    const auto now = monotonic_now_usec();
    converted = monotonic > now ? realtime_now_usec() + (monotonic - now) : realtime_now_usec() - (now - monotonic);
  }
  return has_realtime ? std::min(converted, realtime) : converted;
}

int verb_list_timers(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  const auto units = units_with_properties(session, arguments, "timer");
  if (!units) return EXIT_FAILURE;
  struct Row {
    std::uint64_t next, last;
    std::string id;
    std::vector<std::string> activates;
  };
  std::vector<Row> rows;
  for (const auto& [unit, p] : *units)
    rows.push_back({next_elapse_realtime(p.number("NextElapseUSecMonotonic"), p.number("NextElapseUSecRealtime")), p.number("LastTriggerUSec"),
                    unit.id, p.texts("Triggers")});
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return std::tie(a.next, a.id) < std::tie(b.next, b.id); });
  if (options.pager && !options.json()) out.open_pager();
  Table table({"NEXT", "LEFT", "LAST", "PASSED", "UNIT", "ACTIVATES"});
  table.set_empty_text("-");
  const auto now = realtime_now_usec();
  for (const auto& row : rows) {
    const auto last = row.last == never ? 0 : row.last;
    table.add_row({plain(timestamp_text(row.next, TimestampStyle::pretty), row.next), plain(relative_text(row.next, now), row.next),
                   plain(timestamp_text(last, TimestampStyle::pretty), last), plain(relative_text(last, now), last), plain(row.id),
                   activated(joined(row.activates))});
  }
  print_table(session, table);
  if (!options.json()) print_list_legend(session, rows.size(), "timers");
  return EXIT_SUCCESS;
}

int verb_list_sockets(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  const auto units = units_with_properties(session, arguments, "socket");
  if (!units) return EXIT_FAILURE;
  struct Row {
    std::string address, type, id, activates;
    auto operator<=>(const Row&) const = default;
  };
  std::vector<Row> rows;
  for (const auto& [unit, p] : *units) {
    const auto* listen = p.find("Listen");
    const auto* list = listen == nullptr ? nullptr : std::get_if<unitparser::ArrayValue>(&listen->storage);
    if (list == nullptr) continue;
    for (const auto& element : list->elements) {
      const auto* pair = std::get_if<unitparser::StructValue>(&element.storage);
      if (pair == nullptr || pair->fields.size() != 2) continue;
      rows.push_back({std::get<std::string>(pair->fields[1].storage), std::get<std::string>(pair->fields[0].storage), unit.id,
                      joined(p.texts("Triggers"))});
    }
  }
  std::sort(rows.begin(), rows.end());
  if (options.pager && !options.json()) out.open_pager();
  Table table({"LISTEN", "TYPE", "UNIT", "ACTIVATES"});
  table.set_empty_text("-");
  if (!options.show_types) table.hide_column(1);
  for (const auto& row : rows) table.add_row({plain(row.address), plain(row.type), plain(row.id), activated(row.activates)});
  print_table(session, table);
  if (!options.json()) print_list_legend(session, rows.size(), "sockets");
  return EXIT_SUCCESS;
}

int verb_list_automounts(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  auto units = units_with_properties(session, arguments, "automount");
  if (!units) return EXIT_FAILURE;
  std::sort(units->begin(), units->end(), [](const auto& a, const auto& b) { return a.second.text("Where") < b.second.text("Where"); });
  if (options.pager && !options.json()) out.open_pager();
  Table table({"WHAT", "WHERE", "MOUNTED", "IDLE TIMEOUT", "UNIT"});
  table.set_empty_text("-");
  for (const auto& [unit, p] : *units) {
    const auto mount = unit.id.substr(0, unit.id.size() - std::string_view("automount").size()) + "mount";
    const auto properties = session.manager()->all_properties(unit_path(mount));
    const std::string what = properties ? std::string(properties->text("What")) : "";
    const bool mounted = properties && properties->text("ActiveState") == "active";
    const auto idle = p.number("TimeoutIdleUSec");
    table.add_row({plain(what), plain(std::string(p.text("Where"))), plain(mounted ? "yes" : "no", mounted),
                   plain(idle == never ? "" : span_text(idle, 1'000'000), idle), plain(unit.id)});
  }
  print_table(session, table);
  if (!options.json()) print_list_legend(session, units->size(), "automounts");
  return EXIT_SUCCESS;
}

// Containers belong to machined, which is not among what this project replaces: only the host is listed.
int verb_list_machines(Session& session, Arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  const auto manager = client->all_properties(manager_path, manager_interface);
  if (!manager) return session.fail("query machine state", manager.error());
  const auto state = manager->text("SystemState");
  const auto failed = manager->number("NFailedUnits"), jobs = manager->number("NJobs");
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const auto color = state == "running" ? Style::green : state == "degraded" ? Style::red : Style::yellow;
  const auto failed_color = failed > 0 ? std::optional(Style::red) : std::nullopt;
  Table table({"", "NAME", "STATE", "FAILED", "JOBS"});
  if (options.json() || options.plain) table.hide_column(0);
  table.add_row({Cell{std::string(out.glyph(Glyph::black_circle)), {}, color, false, false, false}, plain(std::string(host.data()) + " (host)"),
                 Cell{std::string(state), {}, color, false, false, false},
                 Cell{std::to_string(failed), Value(failed), failed_color, false, false, false}, plain(std::to_string(jobs), jobs)});
  print_table(session, table);
  if (options.show_legend() && !options.json()) out << "\n1 machines listed.\n";
  return EXIT_SUCCESS;
}

}  // namespace ctl
