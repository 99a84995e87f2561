#include "init/driver/journal_links.h"

#include <dirent.h>

#include <memory>
#include <set>

#include "init/os/execution_files.h"

namespace init {
namespace {

constexpr unitparser::Duration accuracy = unitparser::Duration::from_seconds(1);

bool is_up(const Unit& unit) { return !is_inactive_or_failed(unit.active_state()) && !unit.runtime->invocation_id.empty(); }

/// Units that a folder of links speaks of.
std::set<std::string> units_in(const std::string& folder) {
  std::set<std::string> units;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) units.emplace(name.substr(colon + 1));
  }
  return units;
}

}  // namespace

void JournalLinks::on_unit_changed(UnitId id) {
  const Unit* unit = engine_->find(id);
  // Nobody else has processes that write to the journal.
  if (unit == nullptr || !(unitparser::type_has_exec(unit->type()) || unit->type() == UnitType::scope)) return;
  const std::string& name = unit->name.text();
  const auto at = told_.find(name);
  if (is_up(*unit)) {
    if (at != told_.end() && at->second.due == 0 && at->second.invocation == unit->runtime->invocation_id) return;
    if (at != told_.end() && at->second.has_more) withdraw_unit_from_journal(name, runtime_directory_, true);
    const bool has_more = publish_unit_for_journal(*unit, runtime_directory_);
    told_[name] = {unit->runtime->invocation_id, has_more, 0};
  } else if (at != told_.end() && at->second.due == 0) {
    at->second.due = read_clocks().monotonic.usec() + stay_.usec();
    ended_.emplace_back(at->second.due, name);
    if (!timer_) arm();
  }
}

void JournalLinks::arm() {
  timer_.reset();
  if (ended_.empty()) return;
  auto source = loop_.at(CLOCK_MONOTONIC, ended_.front().first, accuracy, Priority::idle, [this] { withdraw_due(); });
  if (source) timer_ = std::move(*source);
}

void JournalLinks::withdraw_due() {
  const std::uint64_t now = read_clocks().monotonic.usec();
  for (; !ended_.empty() && ended_.front().first <= now; ended_.pop_front()) {
    const auto& [due, name] = ended_.front();
    const auto at = told_.find(name);
    if (at == told_.end() || at->second.due != due) continue;  // it was started again
    withdraw_unit_from_journal(name, runtime_directory_, at->second.has_more);
    told_.erase(at);
  }
  arm();
}

void JournalLinks::adopt() {
  for (const std::string& name : units_in(runtime_directory_ + "/systemd/units")) {
    const Unit* unit = engine_->find(name);
    if (unit != nullptr && is_up(*unit)) told_[name] = {unit->runtime->invocation_id, true, 0};
    else withdraw_unit_from_journal(name, runtime_directory_, true);
  }
}

}  // namespace init
