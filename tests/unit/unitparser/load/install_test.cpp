// Runs the recorded cases of enablement in real folders: same words, same exit codes, same files afterwards.
#include "unitparser/load/install.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/unit/unitparser/memory_files.h"
#include "tests/unit/unitparser/test_data.h"
#include "unitparser/base/text.h"
#include "unitparser/load/install_apply.h"
#include "unitparser/load/install_messages.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

/// A temporary root folder.
class Root {
 public:
  Root() {
    std::string name = fs::temp_directory_path() / "unitparser-install-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root() { fs::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

  void put(const std::string& name, const std::string& content) const {
    const fs::path file = path_ + "/" + name;
    fs::create_directories(file.parent_path());
    if (content.starts_with("->")) {
      fs::create_symlink(content.substr(2), file);
    } else {
      std::ofstream(file) << content;
    }
  }

  /// Files, links with their targets, and empty folders with a slash.
  [[nodiscard]] std::set<std::string> tree() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      const std::string name = entry.path().string().substr(path_.size() + 1);
      if (entry.is_symlink()) names.insert(name + " -> " + fs::read_symlink(entry.path()).string());
      else if (!entry.is_directory()) names.insert(name);
      else if (fs::is_empty(entry.path())) names.insert(name + "/");
    }
    return names;
  }

 private:
  std::string path_;
};

struct Outcome {
  int rc = 0;
  std::string out;
  std::string err;
};

/// As much of systemctl as the recorded cases need: options, then one call of the library.
class SmallSystemctl {
 public:
  explicit SmallSystemctl(const Root& root) : root_(root.path()), source_(make_disk_file_source(root_)) {}

  Outcome run(const Strings& arguments) {
    outcome_ = {};
    options_ = {};
    quiet_ = Quiet::no;
    scope_ = UnitScope::system;
    Strings words;
    for (const std::string& argument : arguments) {
      if (argument.starts_with('-') ? !take_option(argument) : (words.push_back(argument), false)) return outcome_;
    }
    paths_ = make_unit_paths(scope_);
    verb_ = words[0];
    words.erase(words.begin());
    call(words);
    return outcome_;
  }

 private:
  bool take_option(const std::string& option) {
    if (option == "--runtime") options_.runtime = true;
    else if (option == "--force") options_.force = true;
    else if (option == "-q") quiet_ = Quiet::yes;
    else if (option == "--global") scope_ = UnitScope::global;
    else if (const auto mode = after_prefix(option, "--preset-mode=")) options_.preset_mode = from_name<PresetMode>(*mode).value();
    else if (option != "--no-reload" && option != "--full" && option != "--no-legend") {
      fail_with(fmt::format("systemctl: unrecognized option '{}'", option));
      return false;
    }
    return true;
  }

  void fail_with(const std::string& line) {
    outcome_.err += line + "\n";
    outcome_.rc = 1;
  }

  bool mangle(Strings& words) {
    const bool masks = verb_ == "mask" || verb_ == "unmask";
    const MangledNames mangled = mangle_unit_arguments(words, masks ? verb_ : std::string("enable"), "/");
    for (const std::string& line : mangled.messages) outcome_.err += line + "\n";
    if (mangled.failed) outcome_.rc = 1;
    words = mangled.names;
    return !mangled.failed;
  }

  void call(Strings words) {
    Installer installer(*source_, paths_, facts_, root_);
    if (verb_ == "get-default") return get_default(installer);
    if (verb_ == "preset-all") return finish(installer.preset_all(options_), "preset");
    if (words.size() < (verb_.starts_with("add-") ? 2U : 1U)) return fail_with("Too few arguments.");
    if (verb_ == "link" && !words[0].starts_with('/'))
      return fail_with("Non-absolute paths are not allowed when --root is used: " + words[0]);
    if (!mangle(words)) return;
    if (verb_ == "set-default") return set_default(installer, words[0]);
    for (const std::string& name : words) {
      if (name.starts_with('/') || verb_ == "mask" || verb_ == "unmask") continue;
      if (const auto exists = installer.exists(name); !exists && exists.error().os_errno == EISDIR)
        return fail_with(fmt::format("Failed to look up unit file state: {}", strerrordesc_np(exists.error().os_errno)));
    }
    if (verb_ == "is-enabled") return is_enabled(installer, words);
    if (verb_ == "enable") return finish(installer.enable(words, options_), "enable");
    if (verb_ == "disable") return finish(installer.disable(words, options_), "disable");
    if (verb_ == "reenable") return finish(installer.reenable(words, options_), "reenable");
    if (verb_ == "preset") return finish(installer.preset(words, options_), "preset");
    if (verb_ == "mask") return finish(installer.mask(words, options_), "mask");
    if (verb_ == "unmask") return finish(installer.unmask(words, options_), "unmask");
    if (verb_ == "link") return finish(installer.link(words, options_), "link");
    if (verb_ == "revert") return finish(installer.revert(words), "revert");
    const auto kind = verb_ == "add-wants" ? DependencyLinkKind::wants : DependencyLinkKind::requires_;
    const std::string target = words[0];
    words.erase(words.begin());
    finish(installer.add_dependency(words, target, kind, options_), "add dependency on");
  }

  void finish(InstallPlan plan, const std::string& said_verb) {
    apply_install(plan, root_);
    for (const std::string& line : describe_plan(plan, said_verb, quiet_)) outcome_.err += line + "\n";
    if (plan.error != 0) outcome_.rc = 1;
    const bool wants_rules = said_verb == "enable" || said_verb == "reenable";
    if (plan.error == 0 && plan.rules == 0 && wants_rules && quiet_ == Quiet::no) outcome_.err += "@NO_INSTALL_INFO@\n";
  }

  void get_default(Installer& installer) {
    const auto name = installer.get_default();
    if (!name) return fail_with(fmt::format("Failed to get default target: {}", strerrordesc_np(name.error().os_errno)));
    outcome_.out = *name + "\n";
  }

  void set_default(Installer& installer, const std::string& typed) {
    options_.force = true;
    // a word without suffix means a target here
    const std::string name = typed.ends_with(".service") && installer.exists(typed).value_or(false) ? typed : typed.substr(0, typed.rfind('.')) + ".target";
    finish(installer.set_default(name, options_), "set default");
  }

  void is_enabled(Installer& installer, const Strings& words) {
    outcome_.rc = 1;
    for (const std::string& name : words) {
      Strings warnings;
      const auto state = installer.state(name, &warnings);
      for (const std::string& line : warnings) outcome_.err += line + "\n";
      if (!state) {
        fail_with(fmt::format("Failed to get unit file state for {}: {}", name, strerrordesc_np(state.error().os_errno)));
        return;
      }
      if (counts_as_enabled(*state)) outcome_.rc = 0;
      if (quiet_ == Quiet::no) outcome_.out += std::string(to_name(*state)) + "\n";
    }
  }

  std::string root_;
  std::unique_ptr<FileSource> source_;
  UnitPaths paths_;
  SpecifierFacts facts_ = [] {
    SpecifierFacts facts;
    facts.architecture = "x86-64";
    return facts;
  }();
  InstallOptions options_;
  Quiet quiet_ = Quiet::no;
  UnitScope scope_ = UnitScope::system;
  std::string verb_;
  Outcome outcome_;
};

/// Words of the output as they were recorded: the root by its placeholder, "Removed" lines in any order.
std::string comparable(std::string text, const std::string& root) {
  constexpr std::string_view placeholder = "@ROOT@";
  for (std::size_t at = 0; (at = text.find(root, at)) != std::string::npos; at += placeholder.size()) text.replace(at, root.size(), placeholder);
  Strings removed;
  std::string out;
  const auto flush = [&] {
    std::sort(removed.begin(), removed.end());
    for (const std::string& line : removed) out += line + "\n";
    removed.clear();
  };
  for (const std::string_view line : split_at(text, '\n')) {
    if (line.starts_with("Removed")) {
      removed.emplace_back(line);
    } else {
      flush();
      if (!line.empty()) out += std::string(line) + "\n";
    }
  }
  flush();
  return out;
}

bool needs_more_than_the_library(const nlohmann::json& step) {
  return step["args"][0] == "list-unit-files";  // the table is drawn by the client; states are compared below
}

void run_case(const nlohmann::json& recorded) {
  const Root root;
  for (const auto& [name, content] : recorded["input"].items()) root.put(name, content);
  SmallSystemctl systemctl(root);
  for (const auto& step : recorded["steps"]) {
    if (needs_more_than_the_library(step)) continue;
    const std::string label = recorded["name"].get<std::string>() + ": " + step["args"].dump();
    const std::set<std::string> before = root.tree();
    const Outcome outcome = systemctl.run(step["args"].get<Strings>());
    if (step["rc"] == -11) continue;  // the recorded program crashed here; ours must only come back
    EXPECT_EQ(outcome.rc, step["rc"]) << label;
    EXPECT_EQ(outcome.out, step.value("stdout", "")) << label;
    EXPECT_EQ(comparable(outcome.err, root.path()), comparable(step.value("stderr", ""), "@ROOT@")) << label;
    const std::set<std::string> after = root.tree();
    Strings added;
    Strings removed;
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(added));
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(removed));
    EXPECT_EQ(nlohmann::json(added), step.value("added", nlohmann::json::array())) << label;
    EXPECT_EQ(nlohmann::json(removed), step.value("removed", nlohmann::json::array())) << label;
  }
}

TEST(Install, BehavesAsRecorded) {
  std::size_t count = 0;
  for (const char* file : {"enable-1.jsonl", "enable-2.jsonl"})
    for (const auto& recorded : testing::json_lines(file)) {
      ++count;
      if (recorded["name"] != "107-sysv-missing") run_case(recorded);  // SysV scripts are the client's business
    }
  EXPECT_EQ(count, 114U);
}

TEST(Install, ListsUnitFilesWithTheirStates) {
  for (const auto& recorded : testing::json_lines("enable-2.jsonl")) {
    if (recorded["name"] != "105-list-unit-files") continue;
    const Root root;
    for (const auto& [name, content] : recorded["input"].items()) root.put(name, content);
    const auto source = make_disk_file_source(root.path());
    const UnitPaths paths = make_unit_paths(UnitScope::system);
    const SpecifierFacts facts;
    Installer installer(*source, paths, facts, root.path());
    std::string shown;
    Strings names;
    for (const UnitFileEntry& entry : installer.list()) names.emplace_back(file_name(entry.path));
    const auto presets = installer.query_presets(names);
    std::size_t i = 0;
    for (const UnitFileEntry& entry : installer.list()) {
      const bool no_preset = entry.state == UnitFileState::static_ || entry.state == UnitFileState::alias || entry.state == UnitFileState::generated;
      shown += fmt::format("{:<10} {:<9} {}\n", file_name(entry.path), to_name(entry.state), no_preset ? "-" : presets[i] ? "enabled" : "disabled");
      ++i;
    }
    EXPECT_EQ(shown, recorded["steps"][3]["stdout"]);
  }
}

TEST(Install, PlansChangeNothing) {
  testing::MemoryFiles files;
  files.write("/lib/systemd/system/a.service", "[Install]\nWantedBy=x.target\n");
  const UnitPaths paths = make_unit_paths(UnitScope::system);
  const SpecifierFacts facts;
  Installer installer(files, paths, facts);
  const InstallPlan plan = installer.enable(Strings{"a.service"}, {});
  ASSERT_EQ(plan.changes.size(), 2U);
  EXPECT_EQ(plan.changes[0].link, "/etc/systemd/system/x.target.wants/a.service");
  EXPECT_FALSE(files.exists("/etc/systemd/system/x.target.wants/a.service"));
  EXPECT_EQ(installer.state("a.service").value(), UnitFileState::disabled);
}

}  // namespace
}  // namespace unitparser
