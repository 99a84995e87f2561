// Measures what reading unit files costs, next to opening and reading each file once: bench_load [--svg] [NUMBER OF UNITS]...
// --svg: as a picture on standard output, both axes logarithmic, of which docs/loading.svg is one.
// CPU time, folders of its own below /tmp, in one process, warm page cache; use a release build. [os]
#include <fmt/format.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "unitparser/load/host_facts.h"
#include "unitparser/load/unit_file_state.h"
#include "unitparser/load/unit_loader.h"
#include "unitparser/syntax/calendar.h"

namespace {

using namespace unitparser;
namespace fs = std::filesystem;

constexpr const char* folder = "/etc/systemd/system";

/// CPU time of this process, its system calls included: what else the machine does must not count.
double milliseconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}
double milliseconds_since(double start) { return milliseconds() - start; }

/// Services, a tenth of them with a drop-in, a fifth enabled. The paths of all files, inside the root.
std::vector<std::string> write_units(const std::string& root, int count) {
  std::vector<std::string> paths;
  const fs::path wants = root + folder + "/multi-user.target.wants";
  fs::create_directories(wants);
  std::ofstream(root + folder + "/multi-user.target") << "[Unit]\nDescription=Multi-User System\n";
  for (int i = 0; i < count; ++i) {
    const std::string name = fmt::format("bench{}.service", i);
    paths.push_back(fmt::format("{}/{}", folder, name));
    std::ofstream(root + paths.back()) << "[Unit]\nDescription=Bench " << i << "\nAfter=network.target\n\n[Service]\nExecStart=/bin/true " << i
                                       << "\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n";
    if (i % 5 == 0) fs::create_symlink(paths.back(), wants / name);
    if (i % 10 != 0) continue;
    fs::create_directories(root + paths.back() + ".d");
    paths.push_back(paths.back() + ".d/override.conf");
    std::ofstream(root + paths.back()) << "[Service]\nMemoryMax=1G\n";
  }
  return paths;
}

/// What so many units cost, in milliseconds.
struct Cost {
  int count = 0;
  double reading = 0;  ///< each file once
  double indexing = 0;
  double loading = 0;
  double nothing_changed = 0;
  double listing = 0;      ///< list-unit-files
  std::size_t memory = 0;  ///< of each unit's LoadedUnit, in bytes
  bool good = false;       ///< all of them could be loaded and listed
  [[nodiscard]] double together() const { return indexing + loading; }
};

Cost measure(int count) {
  Cost cost{.count = count};
  std::string root = "/tmp/incipit-bench-XXXXXX";
  if (mkdtemp(root.data()) == nullptr) return cost;
  const std::vector<std::string> paths = write_units(root, count);
  const auto source = make_disk_file_source(root);

  double start = milliseconds();
  std::size_t bytes = 0;
  for (const std::string& path : paths)
    if (const Result<std::string> text = source->read(path, longest_unit_file)) bytes += text->size();
  cost.reading = milliseconds_since(start);

  start = milliseconds();
  const UnitPaths unit_paths = make_unit_paths(UnitScope::system);
  UnitFiles files(*source, unit_paths);
  files.refresh();
  cost.indexing = milliseconds_since(start);
  const SpecifierFacts facts = read_specifier_facts(ManagerScope::system);
  UnitLoader loader(*source, files, make_load_context(facts, read_machine_facts(), ManagerScope::system, {}));
  std::vector<LoadedUnit> loaded;
  loaded.reserve(static_cast<std::size_t>(count));
  const auto before = mallinfo2();
  start = milliseconds();
  for (int i = 0; i < count; ++i)
    if (const Result<UnitName> name = UnitName::parse(fmt::format("bench{}.service", i))) loaded.push_back(loader.load(*name));
  cost.loading = milliseconds_since(start);
  cost.memory = (mallinfo2().uordblks - before.uordblks) / static_cast<std::size_t>(count);
  std::size_t good = 0;
  for (const LoadedUnit& unit : loaded) good += unit.state == LoadState::loaded ? 1 : 0;

  start = milliseconds();
  files.refresh();
  cost.nothing_changed = milliseconds_since(start);
  start = milliseconds();
  const std::size_t listed = UnitFileStates(*source, unit_paths, facts, root).list().size();
  cost.listing = milliseconds_since(start);
  cost.good = bytes > 0 && good == static_cast<std::size_t>(count) && listed == good + 1;
  fs::remove_all(root);
  return cost;
}

void print(const Cost& cost) {
  fmt::print("{:7} units: read once {:8.1f} ms | index {:7.1f} ms, load {:8.1f} ms, together {:4.1f} times that | {:6} bytes each | "
             "nothing changed {:6.1f} ms | list-unit-files {:8.1f} ms\n",
             cost.count, cost.reading, cost.indexing, cost.loading, cost.together() / cost.reading, cost.memory, cost.nothing_changed, cost.listing);
}

/// A picture with a line for what reading costs and one for what we do; where a line is straight and as steep as the grid's
/// diagonals, the cost grows as the number does.
void draw(const std::vector<Cost>& costs) {
  constexpr double left = 70, top = 20, decade = 120;  // pixels; the same for both axes, so that linear growth has 45 degrees
  constexpr int first_x = 2, decades_x = 3, first_y = -1, decades_y = 5;
  const auto x = [](double count) { return left + (std::log10(count) - first_x) * decade; };
  const auto y = [](double milliseconds) { return top + (first_y + decades_y - std::log10(milliseconds)) * decade; };
  fmt::print("<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}' font-family='sans-serif' font-size='12'>\n"
             "<rect width='100%' height='100%' fill='white'/>\n",
             left + decades_x * decade + 190, top + decades_y * decade + 50);
  for (int i = 0; i <= decades_x; ++i) {
    const double at = x(std::pow(10, first_x + i));
    fmt::print("<path d='M{0} {1}V{2}' stroke='#ddd'/><text x='{0}' y='{3}' text-anchor='middle'>{4:.0f} units</text>\n", at, top, top + decades_y * decade,
               top + decades_y * decade + 20, std::pow(10, first_x + i));
  }
  for (int i = 0; i <= decades_y; ++i) {
    const double at = y(std::pow(10, first_y + i));
    fmt::print("<path d='M{0} {1}H{2}' stroke='#ddd'/><text x='{3}' y='{4}' text-anchor='end'>{5:g} ms</text>\n", left, at, left + decades_x * decade, left - 8, at + 4,
               std::pow(10, first_y + i));
  }
  const auto line = [&](const char* name, const char* colour, auto cost_of) {
    std::string path;
    for (const Cost& cost : costs) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(cost.count), y(cost_of(cost)));
    fmt::print("<path d='{0}' fill='none' stroke='{1}' stroke-width='2'/><text x='{2:.1f}' y='{3:.1f}' fill='{1}'>{4}</text>\n", path, colour, x(costs.back().count) + 8,
               y(cost_of(costs.back())) + 4, name);
  };
  line("index and load all units", "#06c", [](const Cost& cost) { return cost.together(); });
  line("open and read each file once", "#888", [](const Cost& cost) { return cost.reading; });
  fmt::print("</svg>\n");
}

class OnlyUtc final : public TimeZones {
 public:
  const TimeZone* find(std::string_view) override { return nullptr; }
  const TimeZone& local() override { return utc_; }

 private:
  TimeZone utc_;
};

void measure_calendar() {
  OnlyUtc zones;
  for (const char* text : {"daily", "Mon..Fri *-*-* 09:00:00", "*:0/15", "*-02-29 12:00"}) {
    const Result<CalendarSpec> spec = parse_calendar(text, zones);
    if (!spec) continue;
    constexpr int rounds = 100000;
    RealTime at = RealTime::from_usec(1700000000000000);
    const double start = milliseconds();
    for (int i = 0; i < rounds; ++i) {
      const Result<RealTime> next = next_elapse(*spec, at, zones.local());
      at = next && i % 16 != 15 ? *next : RealTime::from_usec(1700000000000000);
    }
    fmt::print("next elapse of {}: {:.3f} us\n", text, milliseconds_since(start) * 1000 / rounds);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> counts;
  bool as_picture = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--svg") as_picture = true;
    else counts.push_back(std::max(std::atoi(argv[i]), 1));
  }
  if (counts.empty()) counts = {100, 300, 1000, 3000, 10000, 30000, 100000};
  std::vector<Cost> costs;
  for (const int count : counts) {
    costs.push_back(measure(count));
    if (!as_picture) print(costs.back());
  }
  if (as_picture) draw(costs);
  else measure_calendar();
  return std::all_of(costs.begin(), costs.end(), [](const Cost& cost) { return cost.good; }) ? 0 : 1;
}
