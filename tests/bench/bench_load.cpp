// Measures what reading unit files costs, next to opening and reading each file once: bench_load [NUMBER OF UNITS]...
// Folders of its own below /tmp, in one process, warm page cache; use a release build. [os]
#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
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
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr const char* folder = "/etc/systemd/system";

double milliseconds_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

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

bool measure(int count) {
  std::string root = "/tmp/incipit-bench-XXXXXX";
  if (mkdtemp(root.data()) == nullptr) return false;
  const std::vector<std::string> paths = write_units(root, count);
  const auto source = make_disk_file_source(root);

  Clock::time_point start = Clock::now();
  std::size_t bytes = 0;
  for (const std::string& path : paths)
    if (const Result<std::string> text = source->read(path, longest_unit_file)) bytes += text->size();
  const double reading = milliseconds_since(start);

  start = Clock::now();
  const UnitPaths unit_paths = make_unit_paths(UnitScope::system);
  UnitFiles files(*source, unit_paths);
  files.refresh();
  const double indexing = milliseconds_since(start);
  const SpecifierFacts facts = read_specifier_facts(ManagerScope::system);
  UnitLoader loader(*source, files, make_load_context(facts, read_machine_facts(), ManagerScope::system, {}));
  std::vector<LoadedUnit> loaded;
  loaded.reserve(static_cast<std::size_t>(count));
  const auto before = mallinfo2();
  start = Clock::now();
  for (int i = 0; i < count; ++i)
    if (const Result<UnitName> name = UnitName::parse(fmt::format("bench{}.service", i))) loaded.push_back(loader.load(*name));
  const double loading = milliseconds_since(start);
  const auto after = mallinfo2();
  std::size_t good = 0;
  for (const LoadedUnit& unit : loaded) good += unit.state == LoadState::loaded ? 1 : 0;

  start = Clock::now();
  files.refresh();
  const double nothing_changed = milliseconds_since(start);
  start = Clock::now();
  const std::size_t listed = UnitFileStates(*source, unit_paths, facts, root).list().size();
  const double listing = milliseconds_since(start);

  fmt::print("{:7} units: read once {:8.1f} ms | index {:7.1f} ms, load {:8.1f} ms, together {:4.1f} times that | {:6} bytes each | "
             "nothing changed {:6.1f} ms | list-unit-files {:8.1f} ms\n",
             count, reading, indexing, loading, (indexing + loading) / reading, (after.uordblks - before.uordblks) / static_cast<std::size_t>(count), nothing_changed, listing);
  fs::remove_all(root);
  return good == static_cast<std::size_t>(count) && listed == good + 1;
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
    const Clock::time_point start = Clock::now();
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
  for (int i = 1; i < argc; ++i) counts.push_back(std::atoi(argv[i]));
  if (counts.empty()) counts = {100, 1000, 10000, 100000};
  bool good = true;
  for (const int count : counts) good = count > 0 && measure(count) && good;
  measure_calendar();
  return good ? 0 : 1;
}
