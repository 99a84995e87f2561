// Feeds tables of mounts and of swap areas to what reads them, and then to the engine. [os]
//
// An input is tables, each ended by the byte 0xff; one that begins with '+' is of swap areas.
#include <sys/mman.h>
#include <unistd.h>

#include "init/driver/kernel_tables.h"
#include "tests/fuzz/require.h"
#include "tests/sim/sim.h"

namespace {

constexpr std::size_t most_tables = 8;

std::string file_with(int fd, std::string_view text) {
  require(::ftruncate(fd, 0) == 0);
  require(::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return "/proc/self/fd/" + std::to_string(fd);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("table", MFD_CLOEXEC);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  sim::SimMachine machine;
  machine.keep_log = false;
  machine.source.set("a.mount", "[Mount]\nWhat=none\nWhere=/a\n");
  machine.start("a.mount");
  for (std::size_t count = 0; !rest.empty() && count < most_tables; ++count) {
    const std::size_t end = std::min(rest.find('\xff'), rest.size());
    const std::string_view table = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (table.starts_with('+')) {
      machine.post(init::read_swap_table(file_with(file, table.substr(1)).c_str()));
    } else if (auto mounts = init::read_mount_table(file_with(file, table).c_str())) {
      machine.post(std::move(*mounts));
    }
  }
  machine.reexec();
  machine.advance(100'000'000);
  require(!machine.restless());
  return 0;
}
