// Loads of units: what messages say and where, load states, links, sharing.
#include "unitparser/load/unit_loader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/unitparser/memory_files.h"

namespace unitparser {
namespace {

const LoadContext& context() {
  static const LoadContext made = make_load_context({}, {}, ManagerScope::system, {});
  return made;
}
LoadedUnit load(const std::string& name, const std::string& text, std::vector<std::string> drop_ins = {}) {
  std::vector<std::pair<std::string, std::string>> files{{"/u/" + name, text}};
  for (std::size_t i = 0; i < drop_ins.size(); ++i) files.emplace_back(fmt::format("/u/{}.d/{}.conf", name, i), drop_ins[i]);
  return load_from_texts(*UnitName::parse(name), files, context());
}
std::string messages(const LoadedUnit& unit) {
  std::string text;
  for (const Diagnostic& d : unit.diagnostics)
    text += fmt::format("{}:{}: {}{}\n", d.position.file, d.position.line, d.message, d.hint.empty() ? "" : " [" + d.hint + "]");
  return text;
}

TEST(UnitLoader, NamesThePlaceAndTheNearestSpelling) {
  const LoadedUnit unit = load("a.service", "Foo=1\n[Service]\nExecStart=/bin/true\nRestrat=always\nnonsense\n[Sevice]\nX=1\n[X-Own]\nY=1\n[Service]\nX-Foo=1\nAfter=b.service\n");
  EXPECT_EQ(messages(unit),
            "/u/a.service:1: Assignment outside of section. Ignoring. [put it behind a line such as [Service]]\n"
            "/u/a.service:4: Unknown key 'Restrat' in section [Service], ignoring. [did you mean Restart=?]\n"
            "/u/a.service:5: Missing '=', ignoring line.\n"
            "/u/a.service:6: Unknown section 'Sevice'. Ignoring.\n"
            "/u/a.service:12: Unknown key 'After' in section [Service], ignoring. [it belongs into section [Unit]]\n");
  EXPECT_EQ(unit.state, LoadState::loaded);
}

TEST(UnitLoader, AppliesDropInsInOrderAndResets) {
  const LoadedUnit unit = load("a.service", "[Service]\nExecStart=/bin/a\nEnvironment=A=1\n", {"[Service]\nExecStart=\nExecStart=/bin/b\n", "[Service]\nEnvironment=A=2\n"});
  ASSERT_EQ(unit.config.service_commands->exec_start.size(), 1U);
  EXPECT_EQ(unit.config.service_commands->exec_start[0].path, "/bin/b");
  EXPECT_EQ(unit.config.service_commands->exec_start[0].origin.source, 1U);
  EXPECT_EQ(unit.config.service_commands->exec_start[0].origin.line, 3U);
  EXPECT_EQ(unit.drop_in_paths.size(), 2U);
}

TEST(UnitLoader, TakesQuotesOfUnitNamesForPartOfThem) {
  const LoadedUnit unit = load("a.service", "[Unit]\nAfter=\"b.service\" c.service\nWants=x\\x2dy.service\nRequiresMountsFor=/a\\x20b \"/c d\"\n"
                                            "[Service]\nExecStart=/bin/a\nSockets=\"s.socket\" \\t.socket\n");
  std::vector<std::string> named;
  for (const DependencyEntry& entry : unit.config.unit->dependencies) named.push_back(entry.unit);
  for (const char* name : {"c.service", "x\\x2dy.service"}) EXPECT_NE(std::find(named.begin(), named.end(), name), named.end()) << name;
  EXPECT_EQ(messages(unit), "/u/a.service:2: Failed to add dependency on \"b.service\", ignoring: Invalid argument [a unit name ends in its type, such as .service or .target]\n"
                            "/u/a.service:7: Unit must be of type socket, ignoring: \"s.socket\"\n");
  EXPECT_EQ(unit.diagnostics[0].os_errno, EINVAL);
  EXPECT_EQ(unit.diagnostics[1].os_errno, 0);  // read, and not accepted
}

TEST(UnitLoader, TakesEachPatternOfTheLogWhole) {
  const LoadedUnit unit = load("a.service", "[Service]\nExecStart=/bin/a\nLogFilterPatterns=gone\nLogFilterPatterns=\nLogFilterPatterns=two words %n\n"
                                            "LogFilterPatterns=~\nLogFilterPatterns=~a\\d\n");
  EXPECT_EQ(unit.config.common->exec_logging->log_filter_patterns, (std::vector<std::string>{"two words %n", "~a\\d"}));
  EXPECT_EQ(messages(unit), "/u/a.service:6: Regex pattern invalid, ignoring: ~ [a pattern follows the ~ that denies]\n");
}

TEST(UnitLoader, RefusesServicesThatCannotWork) {
  const std::map<std::string, std::string> cases{
      {"[Service]\n", "Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing."},
      {"[Service]\nExecStop=/bin/true\n", "Service has no ExecStart= and no SuccessAction= settings and does not have RemainAfterExit=yes set. Refusing."},
      {"[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n", "Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing."},
      {"[Service]\nType=oneshot\nRestart=always\nExecStart=/bin/a\n", "Service has Restart= set to either always or on-success, which isn't allowed for Type=oneshot services. Refusing."},
      {"[Service]\nType=dbus\nExecStart=/bin/a\n", "Service is of type D-Bus but no D-Bus service name has been specified. Refusing."},
  };
  for (const auto& [text, message] : cases) {
    const LoadedUnit unit = load("a.service", text);
    EXPECT_EQ(unit.state, LoadState::bad_setting) << text;
    EXPECT_EQ(unit.error.message, "Unit a.service has a bad unit file setting.");
    ASSERT_FALSE(unit.diagnostics.empty()) << text;
    EXPECT_EQ(unit.diagnostics.back().message, "a.service: " + message);
  }
}

TEST(UnitLoader, RemarksOnWhatHasNoEffect) {
  const LoadedUnit unit = load("a.service", "[Service]\nType=oneshot\nRuntimeMaxSec=1\nExecStart=/bin/a\n");
  EXPECT_EQ(unit.state, LoadState::loaded);
  ASSERT_EQ(unit.diagnostics.size(), 1U);
  EXPECT_EQ(unit.diagnostics.front().message, "a.service: RuntimeMaxSec= has no effect in combination with Type=oneshot. Ignoring.");
}

TEST(UnitLoader, DerivesWhatFollows) {
  EXPECT_EQ(load("a.service", "[Service]\nExecStart=/bin/a\nBusName=org.example.A\n").config.common->service->type, ServiceType::dbus);
  EXPECT_EQ(load("a.service", "[Service]\nExecStop=/bin/a\nRemainAfterExit=yes\n").config.common->service->type, ServiceType::oneshot);
  EXPECT_EQ(load("a.service", "[Service]\nType=notify\nExecStart=/bin/a\n").config.common->service->notify_access, NotifyAccess::main);
  EXPECT_TRUE(load("a.service", "[Service]\nType=oneshot\nExecStart=/bin/a\n").config.common->service_timeouts->timeout_start.is_infinite());
  EXPECT_EQ(load("a@b.service", "[Service]\nExecStart=/bin/a\n").config.common->resource_basics->slice, "system-a.slice");
  EXPECT_EQ(load("a-b.slice", "[Slice]\n").config.common->resource_basics->slice, "a.slice");
  EXPECT_EQ(load("mnt-x.mount", "[Mount]\nWhat=tmpfs\n").config.common->mount->where, "/mnt/x");
  const LoadedUnit dynamic = load("a.service", "[Service]\nDynamicUser=yes\nExecStart=/bin/a\n");
  EXPECT_EQ(dynamic.config.common->exec_identity->user, "a");
  EXPECT_EQ(dynamic.config.common->exec_sandbox->protect_system, ProtectSystem::strict);
}

TEST(UnitLoader, SharesWhatUnitsDoNotSay) {
  const LoadedUnit a = load("a.service", "[Service]\nExecStart=/bin/a\n");
  const LoadedUnit b = load("b.service", "[Unit]\nDescription=b\n[Service]\nExecStart=/bin/b\nTimeoutStopSec=90\n");
  EXPECT_TRUE(a.config.common->service_timeouts.same_as(b.config.common->service_timeouts));
  EXPECT_TRUE(a.config.common->resource_basics.same_as(b.config.common->resource_basics));
  EXPECT_TRUE(a.config.common->exec_scheduling.same_as(b.config.common->exec_scheduling));
  EXPECT_TRUE(a.config.common->exec_privileges.same_as(b.config.common->exec_privileges));
  EXPECT_TRUE(a.config.common->unit_limits.same_as(b.config.common->unit_limits));
}

TEST(UnitLoader, SurvivesOddTexts) {
  for (const std::string& text : {std::string(), std::string("\0\0[\0", 4), std::string("[Service]\nExecStart=\"\n"), std::string("[Service]\nType"), std::string("[Unit]\nAfter=") + std::string(100000, 'a'),
                                  std::string("\xff\xfe[Service]\n"), std::string("[Service]\nEnvironment='\n=\n==\n"), "[Service]\n" + std::string(2 * 1024 * 1024, 'x')}) {
    const LoadedUnit unit = load("a.service", text);
    EXPECT_NE(unit.state, LoadState::loaded);
  }
}

TEST(UnitLoader, FindsFragmentsLinksMasksAndMissingUnits) {
  testing::MemoryFiles source;
  source.write("/etc/systemd/system/a.service", "[Service]\nExecStart=/bin/a\n");
  source.write("/etc/systemd/system/a.service.d/x.conf", "[Unit]\nDescription=from %n\n");
  source.link("/etc/systemd/system/a.service.wants/b.service", "../b.service");
  source.link("/etc/systemd/system/a.service.wants/c.service", "../c.service");
  source.link("/etc/systemd/system/t@.service.wants/t@.socket", "../t@.socket");
  source.write("/etc/systemd/system/t@.service", "[Service]\nExecStart=/bin/t %i\n");
  source.link("/etc/systemd/system/m.service", "/dev/null");
  UnitFiles files(source, make_unit_paths(UnitScope::system));
  files.refresh();
  UnitLoader loader(source, files, context());
  const LoadedUnit a = loader.load(*UnitName::parse("a.service"));
  EXPECT_EQ(a.state, LoadState::loaded);
  EXPECT_EQ(a.config.description, "from a.service");
  const auto& links = a.config.unit->dependencies;
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].unit, "b.service");
  EXPECT_EQ(links[0].kind, DependencyKind::wants);
  EXPECT_EQ(place_of(a.config, links[0].origin, "b.service"), "/etc/systemd/system/a.service.wants/b.service");
  EXPECT_EQ(place_of(a.config, links[1].origin, "c.service"), "/etc/systemd/system/a.service.wants/c.service");
  EXPECT_EQ(place_of(a.config, {1, 2}, {}), "/etc/systemd/system/a.service.d/x.conf:2");
  EXPECT_EQ(place_of(a.config, {}, {}), "");
  EXPECT_EQ(loader.load(*UnitName::parse("m.service")).state, LoadState::masked);
  EXPECT_EQ(loader.load(*UnitName::parse("gone.service")).state, LoadState::not_found);
  EXPECT_EQ(loader.load(*UnitName::parse("gone.service")).error.message, "Unit gone.service not found.");
  EXPECT_EQ(loader.load(*UnitName::parse("any.slice")).state, LoadState::loaded);
  const LoadedUnit t = loader.load(*UnitName::parse("t@one.service"));
  ASSERT_EQ(t.config.service_commands->exec_start.size(), 1U);
  EXPECT_EQ(t.config.service_commands->exec_start[0].argv, (std::vector<std::string>{"/bin/t", "one"}));
  ASSERT_EQ(t.config.unit->dependencies.size(), 1U);
  EXPECT_EQ(place_of(t.config, t.config.unit->dependencies[0].origin, "t@one.socket"), "/etc/systemd/system/t@.service.wants/t@.socket");
}

TEST(UnitLoader, UnitsOfAUsersManager) {
  SpecifierFacts facts;
  facts.home = "/home/demo";
  const LoadContext user = make_load_context(facts, {}, ManagerScope::user, {});
  const auto load_for_user = [&user](const std::string& name, const std::string& text) {
    return load_from_texts(*UnitName::parse(name), {{"/u/" + name, text}}, user);
  };
  const LoadedUnit plain = load_for_user("a.service", "[Service]\nExecStart=/bin/true\n");
  EXPECT_EQ(plain.config.common->exec_identity->working_directory, "/home/demo");
  EXPECT_TRUE(plain.config.common->exec_identity->working_directory_missing_ok);
  EXPECT_EQ(plain.config.common->resource_basics->slice, "app.slice");
  EXPECT_EQ(plain.config.common->exec_privileges->keyring_mode, KeyringMode::inherit);
  const LoadedUnit reset = load_for_user("a.service", "[Service]\nExecStart=/bin/true\nWorkingDirectory=/x\nWorkingDirectory=\n");
  EXPECT_EQ(reset.config.common->exec_identity->working_directory, "/home/demo");
  const LoadedUnit own = load_for_user("a.service", "[Service]\nExecStart=/bin/true\nWorkingDirectory=/x\n");
  EXPECT_EQ(own.config.common->exec_identity->working_directory, "/x");
  EXPECT_FALSE(own.config.common->exec_identity->working_directory_missing_ok);
  EXPECT_EQ(load_for_user("home-demo-x.mount", "[Mount]\nWhat=/a\nWhere=/home/demo/x\n").config.common->resource_basics->slice, "-.slice");
}

TEST(UnitLoader, WhatWouldEndTheMachineEndsAUsersManagerOnly) {
  const LoadContext user = make_load_context({}, {}, ManagerScope::user, {});
  const LoadedUnit unit = load_from_texts(*UnitName::parse("a.service"),
                                          {{"/u/a.service", "[Unit]\nFailureAction=reboot\nSuccessAction=exit\n[Service]\nExecStart=/bin/true\n"}}, user);
  EXPECT_EQ(unit.config.common->unit_limits->failure_action, EmergencyAction::exit_force);
  EXPECT_EQ(unit.config.common->unit_limits->success_action, EmergencyAction::exit);
  EXPECT_EQ(messages(unit), "/u/a.service:2: FailureAction= in user mode specified as \"reboot\", using \"exit-force\" instead.\n");
  EXPECT_EQ(load("a.service", "[Unit]\nFailureAction=reboot\n[Service]\nExecStart=/bin/true\n").config.common->unit_limits->failure_action, EmergencyAction::reboot);
}

}  // namespace
}  // namespace unitparser
