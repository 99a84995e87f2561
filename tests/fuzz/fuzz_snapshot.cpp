// Feeds what an image of the manager may have left in its memory file: it is refused or it is gone on with. [pure]
#include "tests/fuzz/require.h"
#include "tests/sim/sim.h"

namespace {

constexpr std::pair<const char*, const char*> units[] = {
    {"a.service", "[Unit]\nAfter=b.socket\nWants=c.timer\n[Service]\nExecStart=/bin/run\nRestart=always\nWatchdogSec=3\nFileDescriptorStoreMax=3\n"},
    {"b.socket", "[Socket]\nListenStream=/run/b\nService=a.service\n"},
    {"c.timer", "[Timer]\nOnActiveSec=5\nOnCalendar=hourly\nUnit=d.service\n"},
    {"d.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStartPre=/bin/slow\nExecStart=/bin/true\nExecStop=/bin/slow\n"},
    {"e.path", "[Path]\nPathExists=/watched\nUnit=d.service\n"},
    {"f.mount", "[Mount]\nWhat=none\nWhere=/f\n"},
    {"g.scope", "[Scope]\nRuntimeMaxSec=9\n"},
    {"h.target", "[Unit]\nRequires=a.service d.service\nAfter=a.service d.service\n"},
};

void fill(sim::SimUnitSource& source) {
  for (const auto& [name, text] : units) source.set(name, std::string("[Unit]\nDefaultDependencies=no\n") + text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sim::SimMachine machine;
  machine.keep_log = false;
  fill(machine.source);
  machine.programs["/bin/slow"].exits_after_usec = 3'000'000;
  if (!machine.resume(std::string(reinterpret_cast<const char*>(data), size))) return 0;
  for (const auto& [name, text] : units) machine.start(name);
  machine.advance(20'000'000);
  for (const auto& [name, text] : units) machine.stop(name);
  machine.advance(200'000'000);
  const std::string memory = machine.engine().snapshot();
  sim::SimMachine next;
  next.keep_log = false;
  fill(next.source);
  require(next.resume(memory).has_value());
  return 0;
}
