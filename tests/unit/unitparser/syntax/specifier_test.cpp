#include "unitparser/syntax/specifier.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/unitparser/test_data.h"

namespace unitparser {
namespace {

SpecifierFacts recorded_machine() {
  SpecifierFacts facts;
  facts.shell = "/bin/bash";
  facts.machine_id = "13e7f7c0795f4c5797a87af65ded2828";
  facts.boot_id = "561576f30e8f45b1a21b870e1f71b75e";
  facts.host_name = facts.short_host_name = "vm";
  facts.kernel_release = "6.1.0-56-cloud-amd64";
  facts.architecture = "x86-64";
  facts.os_id = "debian";
  facts.os_version_id = "12";
  return facts;
}

SpecifierFacts recorded_user_manager() {
  SpecifierFacts facts = recorded_machine();
  facts.user = facts.group = "www-data";
  facts.uid = facts.gid = "33";
  facts.home = "/var/www";
  facts.shell = "/usr/sbin/nologin";
  facts.runtime_directory = "/run/user/33";
  facts.state_directory = facts.configuration_directory = "/var/www/.config";
  facts.cache_directory = "/var/www/.cache";
  facts.logs_directory = "/var/www/.config/log";
  facts.cgroup_root = "/user.slice/user-33.slice/user@33.service";
  return facts;
}

std::string fragment_of(const std::string& unit, const std::string& directory) {
  const std::size_t at = unit.find('@');
  return directory + "/" + (at == std::string::npos ? unit : unit.substr(0, at + 1) + ".service");
}

TEST(Specifier, ExpandsLikeTheRecordedUnits) {
  const auto recorded = nlohmann::json::parse(testing::text_file("specifiers.json"));
  const SpecifierFacts system = recorded_machine();
  const SpecifierFacts user = recorded_user_manager();
  std::size_t compared = 0;
  for (const auto& [name, expansions] : recorded["started"].items()) {
    const bool is_user = name.starts_with("user-");
    const std::string unit = is_user ? name.substr(5) : name;
    const std::string fragment = fragment_of(unit, is_user ? "/etc/systemd/user" : "/etc/systemd/system");
    const SpecifierContext context{.facts = is_user ? &user : &system, .unit = unit, .fragment_path = fragment, .slice_cgroup = {}};
    for (const auto& [specifier, expected] : expansions.items()) {
      if (specifier[0] != '%') continue;
      const auto expanded = expand_specifiers(specifier, context);
      ASSERT_TRUE(expanded.has_value()) << specifier;
      EXPECT_EQ(*expanded, expected) << name << " " << specifier;
      ++compared;
    }
  }
  EXPECT_GT(compared, 300U);
}

TEST(Specifier, OddOnes) {
  const SpecifierFacts facts;
  const SpecifierContext context{.facts = &facts, .unit = "a.service", .fragment_path = {}, .slice_cgroup = {}};
  EXPECT_EQ(expand_specifiers("100% %. %%n %", context).value(), "100% %. %n %");
  EXPECT_EQ(expand_specifiers("%z", context).error().os_errno, EBADSLT);
  EXPECT_EQ(expand_specifiers("%D", context).error().os_errno, EBADSLT);
  EXPECT_EQ(expand_specifiers("%t", context, SpecifierSet::unit_name).error().os_errno, EBADSLT);
  EXPECT_EQ(expand_specifiers("%n%n", context, SpecifierSet::full, 12).error().os_errno, ENAMETOOLONG);
  EXPECT_EQ(expand_specifiers("%m", context).error().os_errno, ENOENT);
  EXPECT_EQ(escape_specifiers("100%n"), "100%%n");
}

}  // namespace
}  // namespace unitparser
