// condition: whether Condition*= and Assert*= lines hold on this machine, with PID 1's own answers. [os]
#include <algorithm>
#include <cstdlib>

#include "ctl/verb_list.h"
#include "init/conditions/conditions.h"
#include "init/conditions/virtualization.h"
#include "unitparser/base/text.h"
#include "unitparser/config/resource_config.h"
#include "unitparser/directives/registry.h"
#include "unitparser/load/host_facts.h"
#include "unitparser/load/unit_loader.h"

namespace ctl {
namespace {

constexpr std::string_view test_unit = "test.service";  ///< what specifiers in the lines speak of
extern "C" char** environ;

init::ConditionFacts condition_facts(const unitparser::SpecifierFacts& machine, bool user) {
  const auto source = unitparser::make_disk_file_source();
  const auto text_of = [&source](const char* path) { return source->read(path, 65536).value_or(""); };
  init::ConditionFacts facts;
  // In a container the kernel's line is not about us; PID 1's own stands for it.
  const bool contained = init::detect_container_kind() != "none";
  facts.kernel_command_line = text_of(contained ? "/proc/1/cmdline" : "/proc/cmdline");
  std::replace(facts.kernel_command_line.begin(), facts.kernel_command_line.end(), '\0', ' ');
  facts.machine_id = machine.machine_id;
  facts.boot_id = machine.boot_id;
  facts.user_manager = user;
  for (char** variable = environ; *variable != nullptr; ++variable) facts.environment.emplace_back(*variable);
  if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) facts.credentials_directory = folder;
  const std::string controllers = text_of("/sys/fs/cgroup/cgroup.controllers");
  for (const auto word : unitparser::split_whitespace(controllers))
    if (const auto controller = unitparser::from_name<unitparser::Controller>(word)) facts.cgroup_controllers |= 1U << static_cast<unsigned>(*controller);
  return facts;
}

/// "ConditionHost=x" or "AssertHost = x": whether the key is one of them.
bool is_condition_line(std::string_view line) {
  const auto key = line.substr(0, line.find_first_of(" ="));
  if (!key.starts_with("Condition") && !key.starts_with("Assert")) return false;
  const auto rest = unitparser::trim_left(line.substr(key.size()));
  return rest.starts_with('=') && unitparser::find_directive(unitparser::Section::unit, key) != nullptr;
}

/// Tests a list as PID 1 does: the last one written first, up to the first that decides; '|' ones need one that holds.
bool test_list(Session& session, std::string_view prefix, const std::vector<unitparser::Condition>& list, const init::ConditionFacts& facts) {
  auto& out = session.out();
  std::optional<bool> triggered;
  bool holds = true;
  for (auto condition = list.rbegin(); condition != list.rend() && holds; ++condition) {
    const std::string shown = std::string(test_unit) + ": " + std::string(prefix) + std::string(to_name(condition->kind)) + "=" + (condition->triggering ? "|" : "") +
                              (condition->negated ? "!" : "") + condition->parameter;
    const auto answer = init::condition_holds(*condition, facts);
    const bool good = answer && *answer != condition->negated;
    if (!answer) out.say(Severity::warning, std::string(test_unit) + ": Couldn't determine result for " + shown.substr(test_unit.size() + 2) + ", assuming failed: " + answer.error().message);
    else out.say(Severity::notice, shown + (good ? " succeeded." : " failed."));
    if (condition->triggering) triggered = triggered.value_or(false) || good;
    else holds = good;
  }
  holds = holds && triggered.value_or(true);
  out.say(Severity::notice, std::string(prefix) + "s " + (holds ? "succeeded." : "failed."));
  return holds;
}

}  // namespace

int verb_condition(Session& session, Arguments arguments) {
  const bool user = session.options().scope == Scope::user;
  const auto scope = user ? unitparser::ManagerScope::user : unitparser::ManagerScope::system;
  const auto context = unitparser::make_load_context(unitparser::read_specifier_facts(scope), unitparser::read_machine_facts(), scope, {});
  std::string text = "[Unit]\n";
  for (const auto& line : arguments.subspan(1)) {
    if (!is_condition_line(line)) return session.fail("Cannot parse \"" + line + "\".");
    text += line + "\n";
  }
  const auto unit = unitparser::load_from_texts(unitparser::UnitName::parse(test_unit).value(), {{"(cmdline)", text}}, context);
  for (const auto& finding : unit.diagnostics)
    if (finding.position.line > 0) session.out().say(Severity::warning, "(cmdline): " + finding.message);
  const auto facts = condition_facts(context.specifiers, user);
  const bool asserts = unit.config.common->unit_needs->asserts.empty() || test_list(session, "Assert", unit.config.common->unit_needs->asserts, facts);
  const bool conditions = unit.config.common->unit_needs->conditions.empty() || test_list(session, "Condition", unit.config.common->unit_needs->conditions, facts);
  return asserts && conditions ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace ctl
