// Measures cold loads of many small units from a folder of its own, next to opening and reading the files once. [os]
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
#include "unitparser/load/unit_loader.h"

namespace {

using namespace unitparser;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

void write_units(const std::filesystem::path& folder, int count) {
  std::filesystem::create_directories(folder);
  for (int i = 0; i < count; ++i)
    std::ofstream(folder / fmt::format("bench{}.service", i)) << "[Unit]\nDescription=Bench " << i << "\nAfter=network.target\n\n[Service]\nExecStart=/bin/true " << i << "\nRestart=on-failure\n";
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 10000;
  std::string root = "/tmp/incipit-bench-XXXXXX";
  if (count <= 0 || mkdtemp(root.data()) == nullptr) return 2;
  write_units(root + "/etc/systemd/system", count);

  const auto source = make_disk_file_source(root);
  Clock::time_point start = Clock::now();
  std::size_t bytes = 0;
  for (int i = 0; i < count; ++i)
    if (const Result<std::string> text = source->read(fmt::format("/etc/systemd/system/bench{}.service", i), longest_unit_file)) bytes += text->size();
  const double reading = milliseconds_since(start);

  start = Clock::now();
  UnitFiles files(*source, make_unit_paths(UnitScope::system));
  files.refresh();
  const double indexing = milliseconds_since(start);
  UnitLoader loader(*source, files, make_load_context(read_specifier_facts(ManagerScope::system), read_machine_facts(), ManagerScope::system, {}));
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
  fmt::print("{} units, {} loaded: read once {:.1f} ms, index {:.1f} ms, load {:.1f} ms ({:.1f} us each), {} bytes of memory each\n", count, good, reading,
             indexing, loading, loading * 1000 / count, (after.uordblks - before.uordblks) / static_cast<std::size_t>(count));
  std::filesystem::remove_all(root);
  return good == static_cast<std::size_t>(count) ? 0 : 1;
}
