// Feeds one of the journal's readers with any bytes; which one says $FUZZ_TARGET (see journal_targets.h), else the first byte.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "tests/fuzz/journal_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using journal::fuzz::targets;
  static const char* const wanted = std::getenv("FUZZ_TARGET");
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const journal::fuzz::Target& target : targets)
    if (wanted != nullptr && std::string_view(wanted) == target.name) {
      target.run(bytes);
      return 0;
    }
  if (bytes.empty()) return 0;
  targets[data[0] % std::size(targets)].run(bytes.substr(1));
  return 0;
}
