#include "unitparser/load/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

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

/// Loads units of a small machine and verifies them.
class SmallMachine {
 public:
  SmallMachine() {
    files_.write("/lib/systemd/system/sysinit.target", "[Unit]\nDefaultDependencies=no\n");
    files_.write("/lib/systemd/system/basic.target", "[Unit]\nAfter=sysinit.target\n");
    files_.write("/usr/bin/true", "program");
  }
  void unit(const std::string& name, const std::string& text) { files_.write("/etc/systemd/system/" + name, text); }
  void file(const std::string& path, const std::string& text) { files_.write(path, text); }
  void link(const std::string& path, const std::string& target) { files_.link(path, target); }

  Diagnostics verify(const std::string& name) {
    prepare();
    return verify_unit(loader_->load(UnitName::parse(name).value()), files_, *units_);
  }
  Diagnostics cycles(const std::string& name) {
    prepare();
    const UnitName root = UnitName::parse(name).value();
    return find_ordering_cycles(*loader_, std::span(&root, 1));
  }
  Diagnostics unsupported(const std::string& name) {
    prepare();
    return find_unsupported(loader_->load(UnitName::parse(name).value()), files_);
  }

 private:
  void prepare() {
    units_.emplace(files_, make_unit_paths(UnitScope::system));
    units_->refresh();
    LoadContext context = make_load_context({}, {}, ManagerScope::system, {});
    context.list_assignments = true;
    loader_.emplace(files_, *units_, std::move(context));
  }
  testing::MemoryFiles files_;
  std::optional<UnitFiles> units_;
  std::optional<UnitLoader> loader_;
};

bool has(const Diagnostics& findings, std::uint32_t line, std::string_view message) {
  return std::any_of(findings.begin(), findings.end(), [&](const Diagnostic& d) { return d.position.line == line && d.message.find(message) != std::string::npos; });
}

TEST(Verify, WhatALinkAsksForIsToldOfTheLink) {
  SmallMachine machine;
  machine.unit("a.service", "[Service]\nExecStart=/usr/bin/true\n");
  machine.link("/etc/systemd/system/a.service.requires/gone.service", "../gone.service");
  const Diagnostics findings = machine.verify("a.service");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].position.file, "/etc/systemd/system/a.service.requires/gone.service");
  EXPECT_EQ(findings[0].message, "Unit gone.service not found.");
}

TEST(Verify, NamesLineAndColumnOfWhatItFinds) {
  SmallMachine machine;
  machine.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  machine.unit("a.service", "[Unit]\nDocumentation=file:///usr/share/doc/a\n[Service]\nType=forking\nExecStart=/usr/bin/gone\nUser=nouser\nRestartSec=5 parsecs\n"
                            "WantedBy=x.target\n[Install]\nWantedBy=nosuch.target\n");
  const Diagnostics found = machine.verify("a.service");
  EXPECT_TRUE(has(found, 2, "Documentation file:///usr/share/doc/a is not there"));
  EXPECT_TRUE(has(found, 4, "without PIDFile="));
  EXPECT_TRUE(has(found, 5, "/usr/bin/gone is not executable"));
  EXPECT_TRUE(has(found, 6, "User nouser"));
  EXPECT_TRUE(has(found, 7, "parse sec value, ignoring: 5 parsecs"));
  EXPECT_TRUE(has(found, 8, "Unknown key 'WantedBy'"));
  EXPECT_TRUE(has(found, 10, "Unit nosuch.target not found"));
  for (const Diagnostic& d : found) {
    EXPECT_GT(d.position.column, 0U) << d.message;
    if (d.position.line == 8) {
      EXPECT_EQ(d.hint, "it belongs into section [Install]");
    }
    if (d.position.line == 7) {
      EXPECT_FALSE(d.hint.empty());
    }
  }
}

TEST(Verify, PlacesWhatIsWrongWithSettingsTogetherAtTheFirstItNames) {
  SmallMachine machine;
  machine.unit("a.service", "[Service]\nType=oneshot\nExecStart=/usr/bin/true\nRestart=no\nRestart=always\n");
  EXPECT_TRUE(has(machine.verify("a.service"), 5, "which isn't allowed for Type=oneshot"));
}

TEST(Verify, MissesTheUnitThatATriggerStarts) {
  SmallMachine machine;
  machine.unit("t.timer", "[Timer]\nOnBootSec=1\n");
  machine.unit("s.socket", "[Socket]\nListenStream=/run/s\nAccept=yes\n");
  machine.unit("p.path", "[Path]\nPathExists=/x\nUnit=other.service\n");
  EXPECT_TRUE(has(machine.verify("t.timer"), 0, "Unit t.service not found"));
  EXPECT_TRUE(has(machine.verify("s.socket"), 3, "Unit s@.service not found"));
  EXPECT_TRUE(has(machine.verify("p.path"), 3, "Unit other.service not found"));
  machine.unit("s@.service", "[Service]\nExecStart=/usr/bin/true\n");
  EXPECT_TRUE(machine.verify("s.socket").empty());
}

TEST(Verify, FindsOrdersThatRunInCircles) {
  SmallMachine machine;
  machine.unit("a.service", "[Unit]\nWants=b.service\nAfter=b.service\n[Service]\nExecStart=/usr/bin/true\n");
  machine.unit("b.service", "[Service]\nExecStart=/usr/bin/true\n");
  EXPECT_TRUE(machine.cycles("a.service").empty());
  machine.unit("b.service", "[Unit]\nAfter=a.service\n[Service]\nExecStart=/usr/bin/true\n");
  const Diagnostics found = machine.cycles("a.service");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].why.find("/etc/systemd/system/a.service:3 After=b.service"), std::string::npos) << found[0].why;
  EXPECT_NE(found[0].why.find("/etc/systemd/system/b.service:2 After=a.service"), std::string::npos) << found[0].why;
  // A default edge can close a circle as well.
  machine.unit("a.service", "[Unit]\nBefore=sysinit.target\nWants=sysinit.target basic.target\n[Service]\nExecStart=/usr/bin/true\n");
  EXPECT_EQ(machine.cycles("a.service").size(), 1U);
  machine.unit("a.service", "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\nWants=sysinit.target basic.target\n[Service]\nExecStart=/usr/bin/true\n");
  EXPECT_TRUE(machine.cycles("a.service").empty());
}

TEST(Verify, KnowsWhatTheKernelLacks) {
  SmallMachine machine;
  machine.unit("a.service", "[Service]\nExecStart=/usr/bin/true\nMemoryMax=1G\nCPUWeight=50\nAllowedCPUs=\n");
  machine.file("/sys/fs/cgroup/cgroup.controllers", "cpu pids\n");
  const Diagnostics found = machine.unsupported("a.service");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].position.line, 3U);
  EXPECT_NE(found[0].message.find("the memory controller"), std::string::npos);
}

}  // namespace
}  // namespace unitparser
