// Reads recorded answers of systemd 252 and loads the units they are about. [os: reads files]
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/zstd_file.h"
#include "unitparser/load/unit_loader.h"

namespace unitparser::testing {

/// A compressed file under tests/data/unitparser.
inline std::string unpacked(const std::string& name) { return read_zstd_file(TEST_DATA "/unitparser/" + name + ".zst"); }
/// All lines of a compressed JSON-lines file.
inline std::vector<nlohmann::json> recorded_lines(const std::string& name) {
  const std::string text = unpacked(name);
  std::vector<nlohmann::json> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(nlohmann::json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

/// The machine that the answers were recorded on.
inline const LoadContext& recorded_context() {
  static const LoadContext context = [] {
    MachineFacts machine;
    machine.physical_memory = 6225125376;
    machine.tasks_max = 47311;
    machine.cpus = 2;
    machine.numa_nodes = {1, 0, 0, 0, 0, 0, 0, 0};
    constexpr std::uint64_t mib8 = 8388608;
    constexpr std::uint64_t none = UINT64_MAX;
    machine.own_limits = {ResourceLimit{none, none}, {none, none}, {none, none}, {mib8, none}, {0, none}, {none, none}, {23655, 23655}, {1024, 1048576},
                          {778137600, 778137600}, {none, none}, {none, none}, {23655, 23655}, {819200, 819200}, {0, 0}, {0, 0}, {none, none}};
    SpecifierFacts facts;
    facts.host_name = facts.short_host_name = "vm";
    return make_load_context(std::move(facts), std::move(machine), ManagerScope::system, {});
  }();
  return context;
}

/// The unit that the lines were tried in: the smallest of its type that loads, and the lines in `section`.
inline std::string recorded_text(const UnitName& name, const std::string& section, const std::string& lines) {
  const std::string stem(name.stem());
  std::string own;
  switch (name.type()) {
    case UnitType::service: own = "[Service]\nExecStart=/bin/true\n"; break;
    case UnitType::socket: own = "[Socket]\nListenStream=/run/" + stem + ".sock\n"; break;
    case UnitType::mount: own = "[Mount]\nWhat=tmpfs\nWhere=/mnt/" + stem.substr(4) + "\n"; break;
    case UnitType::automount: own = "[Automount]\nWhere=/mnt/" + stem.substr(4) + "\n"; break;
    case UnitType::swap: own = "[Swap]\nWhat=/" + stem + "\n"; break;
    case UnitType::timer: own = "[Timer]\nOnBootSec=1h\n"; break;
    case UnitType::path: own = "[Path]\nPathExists=/nonexistent/x\n"; break;
    default: break;
  }
  return own + "[" + section + "]\n" + lines + "\n";
}
inline LoadedUnit load_recorded(const UnitName& name, const std::string& section, const std::string& lines) {
  std::string unescaped;  // the recording writes line ends as "\n"
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool line_end = lines.compare(i, 2, "\\n") == 0 && lines.find('=', i) != std::string::npos && i + 2 < lines.size() && lines[i + 2] >= 'A' && lines[i + 2] <= 'Z';
    unescaped += line_end ? '\n' : lines[i];
    if (line_end) ++i;
  }
  return load_from_texts(name, {{"/etc/systemd/system/" + name.text(), recorded_text(name, section, unescaped)}}, recorded_context());
}

}  // namespace unitparser::testing
