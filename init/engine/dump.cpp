// Lines about units and jobs. [pure]
#include "init/engine/dump.h"

#include <string_view>

namespace init {
namespace {

void add_row(std::string& text, std::string_view name, std::string_view value) {
  text.append("\t").append(name).append(": ").append(value.empty() ? "n/a" : value).append("\n");
}

std::string number_of(const Job& job) { return std::to_string(static_cast<std::uint32_t>(job.id)); }

}  // namespace

std::string dump_unit(const Engine& engine, const Unit& unit) {
  std::string text = "-> Unit " + unit.name.text() + ":\n";
  add_row(text, "Description", unit.description());
  for (const auto& alias : *unit.aliases) add_row(text, "Name", alias.text());
  add_row(text, "Unit Load State", unitparser::to_name(unit.origin.load_state));
  add_row(text, "Unit Active State", unitparser::to_name(unit.active_state()));
  add_row(text, "Unit Sub State", sub_state(unit));
  add_row(text, "Fragment Path", unit.origin.fragment_path.str());
  for (const auto& path : *unit.origin.drop_in_paths) add_row(text, "DropIn Path", path);
  add_row(text, "CGroup", unit.runtime->cgroup);
  add_row(text, "Invocation ID", unit.runtime->invocation_id);
  if (const Job* job = engine.find_job(unit.job))
    add_row(text, "Job", number_of(*job) + " " + std::string(unitparser::to_name(job->type)) + " " + std::string(unitparser::to_name(job->state)));
  return text;
}

std::string dump_jobs(const Engine& engine) {
  std::string text;
  for (const JobId id : engine.jobs()) {
    const Job* job = engine.find_job(id);
    const Unit* unit = job == nullptr ? nullptr : engine.find(job->unit);
    if (unit == nullptr) continue;
    text += "-> Job " + number_of(*job) + ":\n";
    add_row(text, "Action", unit->name.text() + " -> " + std::string(unitparser::to_name(job->type)));
    add_row(text, "State", unitparser::to_name(job->state));
    add_row(text, "Irreversible", job->irreversible ? "yes" : "no");
  }
  return text;
}

}  // namespace init
