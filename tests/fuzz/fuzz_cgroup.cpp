// Feeds the files of a control group to those who read them. The first byte chooses the file. [os]
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "init/cgroup/group_files.h"
#include "init/driver/linux_world.h"
#include "tests/fuzz/require.h"
#include "tests/unit/unitparser/memory_files.h"

namespace {

constexpr const char* names[] = {"cgroup.procs", "cpu.stat", "cgroup.events", "io.stat"};

/// A folder that stands for a group, as long as the program runs.
struct Folder {
  Folder() { require(::mkdtemp(path) != nullptr); }
  ~Folder() {
    for (const char* name : names) ::unlink((std::string(path) + "/" + name).c_str());
    ::rmdir(path);
  }
  char path[32] = "/dev/shm/fuzz-cgroup-XXXXXX";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  static unitparser::testing::MemoryFiles files;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto key = text.substr(0, text.find(' '));
  if (const auto number = init::keyed_value(text, key)) require(text.find(key + " ") != std::string::npos || *number == 0);
  FILE* file = std::fopen((std::string(folder.path) + "/" + names[data[0] % std::size(names)]).c_str(), "we");
  require(file != nullptr);
  require(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  require(std::fclose(file) == 0);
  init::LinuxWorld::Options options;
  options.cgroup_root = folder.path;
  init::LinuxWorld world(files, std::move(options));
  for (const pid_t pid : world.cgroup_processes("")) require(pid > 0);
  (void)world.cpu_usage_nsec("");
  (void)world.io_traffic("");
  (void)world.cgroup_populated("");
  return 0;
}
