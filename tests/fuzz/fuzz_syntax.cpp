// Feeds the reader of files with any bytes, and looks whether each entry lies inside them. [pure]
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/require.h"
#include "unitparser/base/text.h"
#include "unitparser/syntax/ini_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unitparser;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const IniDocument document = read_ini(bytes);
  std::uint32_t before = 0;
  for (const IniEntry& entry : document.entries) {
    require(entry.first_line > before || entry.first_line == entry.line);
    require(entry.line >= entry.first_line && entry.line <= size + 1);
    require(entry.kind != IniKind::assignment || !entry.key.empty());
    require(trim(entry.value) == entry.value);
    before = entry.line;
    require(is_valid_utf8(replace_invalid_utf8(entry.value)) || entry.value.find('\0') != std::string_view::npos);
  }
  return 0;
}
