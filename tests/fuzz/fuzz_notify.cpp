// Feeds datagrams of sd_notify(3) to running services; what the engine remembers of them must survive a re-execution. [pure]
//
// An input is datagrams, each ended by the byte 0xff. One that begins with a digit is the main process's of that service;
// '+' lets two seconds pass first, '!' gives a descriptor.
#include "init/notify/message.h"
#include "tests/fuzz/require.h"
#include "tests/sim/sim.h"

namespace {

constexpr std::size_t most_datagrams = 64;

constexpr const char* services[] = {
    "Type=notify\nNotifyAccess=all\nWatchdogSec=5\nFileDescriptorStoreMax=4\nTimeoutStartSec=20\n",
    "Type=simple\nNotifyAccess=main\nFileDescriptorStoreMax=2\nRestart=always\nRestartSec=1\nTimeoutStopSec=5\n",
    "Type=forking\nNotifyAccess=exec\nRuntimeMaxSec=9\nExecReload=/bin/slow\n",
};

void send(sim::SimMachine& machine, std::string_view datagram) {
  std::size_t service = 0;
  if (!datagram.empty() && datagram[0] >= '0' && datagram[0] <= '2') {
    service = static_cast<std::size_t>(datagram[0] - '0');
    datagram.remove_prefix(1);
  }
  if (datagram.starts_with('+')) {
    machine.advance(2'000'000);
    datagram.remove_prefix(1);
  }
  std::vector<int> fds;
  if (datagram.starts_with('!')) {
    fds.push_back(1000);
    datagram.remove_prefix(1);
  }
  auto fields = init::parse_notify_message(datagram.substr(0, init::notify_message_max));
  for (const auto& [name, value] : fields) {
    require(!name.empty());
    require(value.find('\n') == std::string::npos && value.find('\0') == std::string::npos);
  }
  machine.notify(machine.main_pid(std::string(1, static_cast<char>('a' + service)) + ".service"), std::move(fields), std::move(fds));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  sim::SimMachine machine;
  machine.keep_log = false;
  machine.programs["/bin/slow"].exits_after_usec = 3'000'000;
  for (std::size_t i = 0; i < std::size(services); ++i) {
    const std::string name = std::string(1, static_cast<char>('a' + i)) + ".service";
    machine.source.set(name, std::string("[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n") + services[i]);
    machine.start(name);
  }
  for (std::size_t count = 0; !rest.empty() && count < most_datagrams; ++count) {
    const std::size_t end = std::min(rest.find('\xff'), rest.size());
    send(machine, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const std::string before = machine.engine().snapshot();
  machine.reexec();
  require(machine.unit("b.service") != nullptr);
  machine.advance(30'000'000);
  require(!machine.restless());
  return 0;
}
