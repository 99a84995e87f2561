#include "unitparser/load/verify.h"

#include <gtest/gtest.h>

#include "tests/unit/unitparser/memory_files.h"
#include "unitparser/load/unit_loader.h"

namespace unitparser {
namespace {

std::vector<std::string> findings_of(const std::string& text) {
  testing::MemoryFiles files;
  files.write("/lib/systemd/system/network.target", "[Unit]\n");
  files.write("/usr/bin/true", "program");
  files.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  files.write("/etc/systemd/system/a.service", text);
  UnitFiles units(files, make_unit_paths(UnitScope::system));
  units.refresh();
  UnitLoader loader(files, units, make_load_context({}, {}, ManagerScope::system, {}));
  std::vector<std::string> lines;
  for (const Diagnostic& d : verify_unit(loader.load(UnitName::parse("a.service").value()), files, units))
    lines.push_back(std::to_string(d.position.line) + " " + std::string(to_name(d.severity)) + " " + d.message + (d.hint.empty() ? "" : " | " + d.hint));
  return lines;
}

TEST(Verify, SaysWhatIsMissing) {
  EXPECT_TRUE(findings_of("[Unit]\nWants=network.target\n[Service]\nExecStart=/usr/bin/true\nUser=root\n").empty());
  const auto lines = findings_of("[Unit]\nRequires=networkk.target\n[Service]\nExecStart=true\nExecStop=/usr/bin/gone\nUser=nouser\n");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].substr(0, 43), "0 warning User nouser is not in /etc/passwd");
  EXPECT_EQ(lines[1], "2 error Unit networkk.target not found. | did you mean network.target?");
  EXPECT_EQ(lines[2].substr(0, 67), "5 error Command /usr/bin/gone is not executable: No such file or di");
}

}  // namespace
}  // namespace unitparser
