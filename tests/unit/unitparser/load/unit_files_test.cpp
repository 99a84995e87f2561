#include "unitparser/load/unit_files.h"

#include <gtest/gtest.h>

#include "tests/unit/unitparser/memory_files.h"

namespace unitparser {
namespace {

using testing::MemoryFiles;
using Strings = std::vector<std::string>;

struct Fixture {
  MemoryFiles files;
  UnitFiles units{files, make_unit_paths(UnitScope::system)};

  FoundUnit find(const std::string& name) {
    units.refresh();
    return units.find(UnitName::parse(name).value());
  }
};

TEST(UnitFiles, MoreImportantFoldersWin) {
  Fixture f;
  f.files.write("/lib/systemd/system/a.service", "x");
  f.files.write("/etc/systemd/system/a.service", "x");
  f.files.write("/run/systemd/generator/a.service", "x");
  EXPECT_EQ(f.find("a.service").fragment_path, "/etc/systemd/system/a.service");
  EXPECT_EQ(f.find("b.service").fragment_path, "");
  EXPECT_EQ(f.units.all_names(), Strings{"a.service"});
  f.files.write("/run/systemd/generator.early/a.service", "x");
  EXPECT_EQ(f.find("a.service").fragment_path, "/run/systemd/generator.early/a.service");
}

TEST(UnitFiles, AliasesLeadToOneUnit) {
  Fixture f;
  f.files.write("/lib/systemd/system/graphical.target", "x");
  f.files.link("/lib/systemd/system/default.target", "graphical.target");
  f.files.link("/etc/systemd/system/runlevel5.target", "/lib/systemd/system/default.target");
  const FoundUnit unit = f.find("runlevel5.target");
  EXPECT_EQ(unit.id.text(), "graphical.target");
  EXPECT_EQ(unit.fragment_path, "/lib/systemd/system/graphical.target");
  EXPECT_EQ(unit.names, (Strings{"graphical.target", "default.target", "runlevel5.target"}));
}

TEST(UnitFiles, LinkedAndMaskedUnits) {
  Fixture f;
  f.files.write("/opt/x.service", "x");
  f.files.link("/etc/systemd/system/x.service", "/opt/x.service");
  f.files.link("/etc/systemd/system/m.service", "/dev/null");
  f.files.write("/lib/systemd/system/m.service", "x");
  f.files.link("/etc/systemd/system/bad.service", "other.socket");
  f.files.write("/lib/systemd/system/bad.service", "x");
  EXPECT_EQ(f.find("x.service").fragment_path, "/etc/systemd/system/x.service");
  EXPECT_TRUE(f.find("m.service").masked);
  EXPECT_EQ(f.find("bad.service").fragment_path, "/lib/systemd/system/bad.service") << "a link of wrong type is passed over";
}

TEST(UnitFiles, TemplatesAndInstances) {
  Fixture f;
  f.files.write("/lib/systemd/system/getty@.service", "x");
  f.files.link("/etc/systemd/system/autovt@.service", "/lib/systemd/system/getty@.service");
  f.files.link("/etc/systemd/system/console@a.service", "/lib/systemd/system/getty@.service");
  const FoundUnit unit = f.find("autovt@tty1.service");
  EXPECT_EQ(unit.id.text(), "getty@tty1.service");
  EXPECT_EQ(unit.names, (Strings{"getty@tty1.service", "autovt@tty1.service"}));
  EXPECT_EQ(f.find("console@a.service").id.text(), "getty@a.service");
  EXPECT_EQ(f.find("getty@a.service").names, (Strings{"getty@a.service", "autovt@a.service", "console@a.service"}));
}

TEST(UnitFiles, CirclesAndDanglingLinks) {
  Fixture f;
  f.files.link("/etc/systemd/system/a.service", "b.service");
  f.files.link("/etc/systemd/system/b.service", "a.service");
  f.files.link("/etc/systemd/system/c.service", "gone.service");
  f.files.make_folder("/etc/systemd/system/d.service");
  EXPECT_TRUE(f.find("a.service").error.has_value());
  EXPECT_EQ(f.find("c.service").fragment_path, "");
  EXPECT_FALSE(f.find("c.service").error.has_value());
  EXPECT_EQ(f.find("d.service").fragment_path, "");
}

TEST(UnitFiles, DropInsOfEveryLevel) {
  Fixture f;
  f.files.write("/lib/systemd/system/a-b@.service", "x");
  f.files.write("/lib/systemd/system/a-b@i.service.d/50.conf", "");
  f.files.write("/lib/systemd/system/a-b@.service.d/50.conf", "");
  f.files.write("/lib/systemd/system/a-b@.service.d/40.conf", "");
  f.files.write("/lib/systemd/system/a-@.service.d/30.conf", "");
  f.files.write("/lib/systemd/system/service.d/20.conf", "");
  f.files.write("/lib/systemd/system/service.d/30.conf", "");
  f.files.write("/etc/systemd/system/service.d/30.conf", "");
  f.files.write("/etc/systemd/system/service.d/.hidden.conf", "");
  f.files.write("/etc/systemd/system/service.d/30.txt", "");
  const FoundUnit unit = f.find("a-b@i.service");
  EXPECT_EQ(f.units.drop_ins(unit.names),
            (Strings{"/lib/systemd/system/service.d/20.conf", "/lib/systemd/system/a-@.service.d/30.conf",
                     "/lib/systemd/system/a-b@.service.d/40.conf", "/lib/systemd/system/a-b@i.service.d/50.conf"}));
}

TEST(UnitFiles, DependencyLinks) {
  Fixture f;
  f.files.write("/lib/systemd/system/x.target", "x");
  f.files.link("/lib/systemd/system/x.target.wants/a.service", "../a.service");
  f.files.link("/lib/systemd/system/x.target.wants/b.service", "../b.service");
  f.files.link("/etc/systemd/system/x.target.wants/b.service", "/dev/null");
  f.files.link("/etc/systemd/system/x.target.requires/c.service", "/lib/systemd/system/c.service");
  const auto links = f.units.dependency_links((f.units.refresh(), Strings{"x.target"}));
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].unit, "a.service");
  EXPECT_EQ(links[0].folder, LinkFolder::wants);
  EXPECT_EQ(links[1].unit, "c.service");
  EXPECT_EQ(links[1].folder, LinkFolder::requires_);
}

TEST(UnitFiles, NothingIsReadAgainWhenNothingChanged) {
  Fixture f;
  f.files.write("/lib/systemd/system/a.service", "x");
  f.files.write("/lib/systemd/system/a.service.d/1.conf", "x");
  EXPECT_TRUE(f.units.refresh());
  EXPECT_EQ(f.units.drop_ins(Strings{"a.service"}).size(), 1U);
  const int lists = f.files.lists;
  EXPECT_FALSE(f.units.refresh());
  EXPECT_EQ(f.units.drop_ins(Strings{"a.service"}).size(), 1U);
  EXPECT_EQ(f.files.lists, lists);
  f.files.write("/lib/systemd/system/a.service.d/2.conf", "x");
  EXPECT_TRUE(f.units.refresh());
  EXPECT_EQ(f.units.drop_ins(Strings{"a.service"}).size(), 2U);
}

TEST(UnitFiles, AnotherLookIsOneAtTheSearchPathAndAtTheFoldersOfTheUnitThatIsAskedFor) {
  Fixture f;
  for (const char* unit : {"a.service", "b.service", "c.service"}) {
    f.files.write(std::string("/lib/systemd/system/") + unit, "x");
    f.files.write(std::string("/lib/systemd/system/") + unit + ".d/1.conf", "x");
  }
  f.units.refresh();
  for (const char* unit : {"a.service", "b.service", "c.service"}) EXPECT_EQ(f.units.drop_ins(Strings{unit}).size(), 1U);
  const int stamps = f.files.stamps;
  const std::uint32_t version = f.units.version();
  f.units.look_again();
  EXPECT_EQ(f.units.drop_ins(Strings{"a.service"}).size(), 1U);
  EXPECT_EQ(f.files.stamps - stamps, static_cast<int>(make_unit_paths(UnitScope::system).search.size()) + 1);
  EXPECT_EQ(f.units.version(), version);
  f.files.write("/lib/systemd/system/b.service.d/2.conf", "x");
  f.files.write("/lib/systemd/system/c.service.d/2.conf", "x");
  f.units.look_again();
  EXPECT_EQ(f.units.drop_ins(Strings{"b.service"}).size(), 2U);
  EXPECT_NE(f.units.version(), version);
  EXPECT_TRUE(f.units.refresh()) << "nobody looked at c.service meanwhile";
  EXPECT_EQ(f.units.drop_ins(Strings{"c.service"}).size(), 2U);
}

TEST(UnitPaths, FollowTheEnvironment) {
  UnitPathEnvironment environment;
  environment.unit_path = "/a:/b:";
  EXPECT_EQ(make_unit_paths(UnitScope::system, environment).search[1], "/b");
  EXPECT_EQ(make_unit_paths(UnitScope::system, environment).search.size(), make_unit_paths(UnitScope::system).search.size() + 2);
  environment.unit_path = "/a";
  EXPECT_EQ(make_unit_paths(UnitScope::system, environment).search, Strings{"/a"});
  EXPECT_TRUE(is_in_generator_directory(make_unit_paths(UnitScope::system), "/run/systemd/generator.late/a.mount"));
}

TEST(UnitFiles, PrefixesOfATemplateArePlainNames) {
  testing::MemoryFiles files;
  files.write("/lib/systemd/system/q-a-b@.service", "");
  // In the order in which systemd 252 prefers them.
  const std::vector<std::string> folders{"q-a-b@x.y.service", "q-a-b@.service", "q-a-.service", "q-.service", "q-a-@x.y.service", "q-a-@.service", "q-@x.y.service", "q-@.service", "service"};
  for (const std::string& folder : folders) files.write("/etc/systemd/system/" + folder + ".d/same.conf", "");
  for (const char* unrelated : {"q-a-b.service", "-.service"}) files.write("/etc/systemd/system/" + std::string(unrelated) + ".d/same.conf", "");
  const std::vector<std::string> names{"q-a-b@x.y.service"};
  for (const std::string& folder : folders) {
    UnitFiles units(files, make_unit_paths(UnitScope::system));
    units.refresh();
    const std::string path = "/etc/systemd/system/" + folder + ".d/same.conf";
    EXPECT_EQ(units.drop_ins(names), std::vector<std::string>{path});
    files.remove(path);
  }
  UnitFiles units(files, make_unit_paths(UnitScope::system));
  units.refresh();
  EXPECT_TRUE(units.drop_ins(names).empty());
}

}  // namespace
}  // namespace unitparser
