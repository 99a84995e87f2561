// Feeds texts with specifiers and unit names: escaped text must come out as it went in. [pure]
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/require.h"
#include "unitparser/names/unit_name.h"
#include "unitparser/syntax/specifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unitparser;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  SpecifierFacts facts;
  facts.machine_id = facts.boot_id = "0123456789abcdef0123456789abcdef";
  const SpecifierContext context{&facts, "a-b@c\\x2dd-e.service", "/etc/systemd/system/a-b@.service", "/system.slice"};
  for (const SpecifierSet set : {SpecifierSet::full, SpecifierSet::unit_name}) {
    const Result<std::string> expanded = expand_specifiers(text, context, set, 1 << 16);
    require(!expanded || expanded->size() <= 1 << 16);
  }
  if (size < 1 << 15) {
    const Result<std::string> same = expand_specifiers(escape_specifiers(text), context);
    require(same && *same == text);
  }
  const Result<std::string> back = unescape_name(escape_name(text));
  require(text.find('\0') != std::string_view::npos || (back && *back == text));
  if (const Result<UnitName> name = UnitName::parse(text)) {
    require(name->text() == text);
    if (name->is_template())
      if (const Result<UnitName> filled = name->with_instance("x")) require(filled->template_name() == *name);
  }
  for (const Globs globs : {Globs::escape, Globs::keep})
    if (const Result<std::string> mangled = mangle_name(text, ".service", globs); mangled && globs == Globs::escape) require(UnitName::is_valid(*mangled));
  if (const Result<std::string> path = escape_path(text)) require(unescape_path(*path).has_value());
  return 0;
}
