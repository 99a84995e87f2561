// Building plans, starting executors, keeping and cleaning what surrounds them. [port]
#include "init/driver/executions.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "init/cgroup/access_filters.h"
#include "init/conditions/file_conditions.h"
#include "init/os/execution_files.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::UniqueFd;

/// Reads EnvironmentFile= when the process starts; each file at most 64 KiB as for all files that PID 1 reads whole.
class DiskEnvironmentFiles : public EnvironmentFiles {
 public:
  Result<std::vector<std::string>> read(const std::string& pattern) override {
    glob_t found{};
    const int result = ::glob(pattern.c_str(), 0, nullptr, &found);
    std::vector<std::string> contents;
    for (std::size_t i = 0; result == 0 && i < found.gl_pathc; ++i) {
      const UniqueFd fd(::open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
      struct stat status{};
      if (fd && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode))
        contents.push_back(read_text_file(found.gl_pathv[i]));
    }
    ::globfree(&found);
    if (contents.empty()) return unitparser::fail_errno(ENOENT, "");
    return contents;
  }
};

std::array<int, 2> make_pair() {
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return {-1, -1};
  return pair;
}

void close_pair(const std::array<int, 2>& pair) {
  for (int fd : pair)
    if (fd >= 0) ::close(fd);
}

/// Six characters like those of mkdtemp(3).
std::string random_suffix() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::uint64_t bits = read_clocks().monotonic.usec() * 6364136223846793005ULL + static_cast<std::uint64_t>(::getpid());
  std::string suffix;
  for (int i = 0; i < 6; ++i) {
    bits = bits * 6364136223846793005ULL + 1442695040888963407ULL;
    suffix += letters[(bits >> 33U) % letters.size()];
  }
  return suffix;
}

}  // namespace

Executions::Executions(Loop& loop, Post post, Processes& processes, SystemFacts facts)
    : loop_(loop), post_(std::move(post)), processes_(processes), facts_(std::move(facts)) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) == 0) {
    idle_read_.reset(ends[0]);
    idle_write_.reset(ends[1]);
    facts_.idle_fd = ends[0];
  }
}

std::shared_ptr<Executions::Held> Executions::held_for(const Unit& unit) {
  std::shared_ptr<Held>& slot = held_[static_cast<std::uint32_t>(unit.id)];
  if (slot) return slot;
  // Units that join each other's namespaces share what the first of them made.
  for (UnitId other : engine_->graph().others(unit.id, Atom::joins_namespace_of)) {
    const auto at = held_.find(static_cast<std::uint32_t>(other));
    if (at != held_.end() && at->second) {
      slot = at->second;
      slot->users.insert(unit.id);
      return slot;
    }
  }
  slot = std::make_shared<Held>();
  slot->users.insert(unit.id);
  const unitparser::ExecSandbox& sandbox = *unit.config.common->exec_sandbox;
  ExecRuntime& runtime = slot->runtime;
  if (sandbox.private_tmp) runtime.private_tmp_suffix = facts_.boot_id + "-" + unit.name.text() + "-" + random_suffix();
  if (sandbox.private_network || !sandbox.network_namespace_path.empty()) runtime.network_namespace = make_pair();
  if (sandbox.private_ipc || !sandbox.ipc_namespace_path.empty()) runtime.ipc_namespace = make_pair();
  if (unit.config.common->exec_identity->dynamic_user) runtime.dynamic_user = make_pair();
  return slot;
}

void Executions::spawn(const effect::Spawn& wanted) {
  const Unit* unit = engine_->find(wanted.unit);
  if (unit == nullptr) return post_(event::Spawned{wanted.spawn, fail(ErrorCode::not_found, "the unit is gone")});
  SpawnRequest request = *wanted.request;
  if (request.role == SpawnRole::owner) {
    SpawnPlan plan = build_ownership(request, unit->config, facts_);
    plan.process.journal_runs = journal_runs();
    return post_(event::Spawned{wanted.spawn, processes_.spawn(plan)});
  }
  const auto held = held_for(*unit);
  DiskEnvironmentFiles files;
  if (standard_fds_ && request.role == SpawnRole::main) request.standard_fds = standard_fds_(wanted.unit);
  auto plan = build_spawn_plan(request, unit->config, facts_, held->runtime, files);
  if (!plan) return post_(event::Spawned{wanted.spawn, tl::unexpected(std::move(plan.error()))});
  if (auto filters = check_pinned_ip_filters(*unit->config.common->resource_access); !filters)
    return post_(event::Spawned{wanted.spawn, tl::unexpected(std::move(filters.error()))});
  plan->process.journal_runs = journal_runs();
  if (PlanQuestion& question = plan->question; asks_before()) {
    question.description = unit->description();
    question.unit = dumps_.unit(*unit);
    question.jobs = dumps_.jobs();
  }

  UniqueFd report_read;
  UniqueFd report_write;
  if (wanted.request->confirm_exec) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
      report_read.reset(ends[0]);
      report_write.reset(ends[1]);
      plan->descriptors.report = report_write.get();
    }
  }
  if (touches_terminal(plan->streams)) plan->descriptors.terminal_busy = terminal_busy(terminal_path(plan->streams));
  if (request.idle && idle_write_ && !idle_since_.is_set()) idle_since_ = read_clocks().monotonic;
  auto pid = processes_.spawn(*plan);
  const bool started = pid.has_value();
  const pid_t child = started ? *pid : 0;
  post_(event::Spawned{wanted.spawn, std::move(pid)});
  if (started && report_read) watch_confirmation(std::move(report_read), child);
}

bool Executions::asks_before() const {
  return !facts_.confirm_terminal.empty() && ::access(confirm_switched_off_path(facts_).c_str(), F_OK) != 0;
}

bool Executions::journal_runs() const {
  // It must not be waited for by what it needs in order to start; that of a user's manager runs before it.
  const Unit* journal = engine_->find("systemd-journald.service");
  return facts_.user_manager || (journal != nullptr && journal->active_state() == ActiveState::active);
}

int Executions::terminal_busy(const std::string& path) {
  const auto at = terminals_.find(path);
  if (at == terminals_.end()) return -1;
  pollfd state{at->second.get(), POLLIN, 0};
  if (::poll(&state, 1, 0) <= 0) return at->second.get();
  terminals_.erase(at);
  return -1;
}

void Executions::release_terminal(const Unit& unit) {
  const unitparser::ExecStreams& streams = *unit.config.common->exec_streams;
  if (!touches_terminal(streams)) return;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  SpawnPlan plan = build_terminal_release(unit.name, streams);
  plan.descriptors.report = write_end.get();
  if (processes_.spawn(plan)) terminals_.insert_or_assign(terminal_path(streams), std::move(read_end));
}

void Executions::watch_confirmation(UniqueFd report, pid_t pid) {
  auto source = loop_.on_ready(report.get(), EPOLLIN, Priority::spawn, [this, fd = report.get(), pid](std::uint32_t) {
    ReportRecord record{};
    ssize_t got = 0;
    while ((got = ::read(fd, &record, sizeof record)) == sizeof record)
      if (record.kind == ReportRecord::Kind::failed) {
        confirmations_.erase(pid);  // its exit status says the rest
        return;
      }
    if (got < 0 && errno == EAGAIN) return;
    // Closed by execve(): the program runs.
    confirmations_.erase(pid);
    post_(event::ExecConfirmed{pid});
  });
  if (source) confirmations_.insert_or_assign(pid, Confirmation{std::move(report), std::move(*source)});
  else post_(event::ExecConfirmed{pid});
}

bool Executions::user_is_free(const Unit& unit) const {
  const std::string& user = unit.config.common->exec_identity->user;
  for (const UnitId id : engine_->units()) {
    const Unit* other = engine_->find(id);
    if (id != unit.id && unitparser::type_has_exec(other->type()) && !is_inactive_or_failed(other->active_state()) &&
        other->config.common->exec_identity->user == user)
      return false;
  }
  return true;
}

void Executions::release(UnitId unit, bool keep_runtime_directories) {
  const Unit* found = engine_->find(unit);
  // Before the dynamic user is given up: its number is found by its name.
  if (found != nullptr && found->config.common->exec_identity->remove_ipc && !found->config.common->exec_identity->user.empty() && user_is_free(*found))
    remove_ipc_of(found->config);
  const auto at = held_.find(static_cast<std::uint32_t>(unit));
  if (at != held_.end()) {
    const std::shared_ptr<Held> held = at->second;
    held_.erase(at);
    held->users.erase(unit);
    if (held->users.empty()) {
      close_pair(held->runtime.network_namespace);
      close_pair(held->runtime.ipc_namespace);
      close_pair(held->runtime.dynamic_user);
      if (!held->runtime.private_tmp_suffix.empty()) remove_private_tmp(held->runtime.private_tmp_suffix);
    }
  }
  if (found == nullptr) return;
  if (found->type() == UnitType::service) release_terminal(*found);
  remove_credentials(credentials_directory(facts_, found->name.text()));
  if (!keep_runtime_directories) remove_runtime_directories(found->config, facts_);
}

void Executions::clean(UnitId unit, std::uint32_t what) {
  const Unit* found = engine_->find(unit);
  if (found == nullptr) return post_(event::CleanDone{unit, false});
  auto pid = remove_managed_directories(found->config, facts_, what);
  // The removal runs as a child of its own; big trees take their time.
  if (!pid) return post_(event::CleanDone{unit, false});
  watch_removal(*pid, unit);
}

void Executions::watch_removal(pid_t pid, UnitId unit) {
  UniqueFd child = open_pidfd(pid);
  if (!child) return post_(event::CleanDone{unit, true});
  auto source = loop_.on_ready(child.get(), EPOLLIN, Priority::spawn, [this, pid, unit](std::uint32_t) {
    removals_.erase(pid);
    post_(event::CleanDone{unit, true});
  });
  if (source) removals_.insert_or_assign(pid, Removal{std::move(child), unit, std::move(*source)});
  else post_(event::CleanDone{unit, true});
}

std::vector<std::string> Executions::hand_over() const {
  std::vector<std::string> lines;
  std::set<const Held*> seen;
  for (const auto& [number, held] : held_) {
    if (!held || !seen.insert(held.get()).second) continue;
    const ExecRuntime& runtime = held->runtime;
    std::string line = "held " + (runtime.private_tmp_suffix.empty() ? "-" : runtime.private_tmp_suffix);
    for (const auto& pair : {runtime.network_namespace, runtime.ipc_namespace, runtime.dynamic_user})
      for (int fd : pair) line += " " + std::to_string(fd);
    for (UnitId user : held->users)
      if (const Unit* unit = engine_->find(user)) line += " " + unit->name.text();
    lines.push_back(std::move(line));
  }
  for (const auto& [pid, confirmation] : confirmations_)
    lines.push_back("confirmation " + std::to_string(pid) + " " + std::to_string(confirmation.report.get()));
  for (const auto& [path, busy] : terminals_) lines.push_back("terminal " + path + " " + std::to_string(busy.get()));
  for (const auto& [pid, removal] : removals_)
    if (const Unit* unit = engine_->find(removal.unit)) lines.push_back("removal " + std::to_string(pid) + " " + unit->name.text());
  return lines;
}

std::vector<int> Executions::descriptors() const {
  std::vector<int> fds;
  for (const auto& [number, held] : held_) {
    if (!held) continue;
    for (const auto& pair : {held->runtime.network_namespace, held->runtime.ipc_namespace, held->runtime.dynamic_user})
      for (int fd : pair)
        if (fd >= 0) fds.push_back(fd);
  }
  for (const auto& [pid, confirmation] : confirmations_) fds.push_back(confirmation.report.get());
  for (const auto& [path, busy] : terminals_) fds.push_back(busy.get());
  return fds;
}

void Executions::take_over(const std::string& line) {
  const auto words = unitparser::split_whitespace(line);
  if (words.empty()) return;
  if (words[0] == "held") return take_over_held(words);
  if (words.size() != 3) return;
  if (words[0] == "terminal") {
    terminals_.insert_or_assign(std::string(words[1]), unitparser::inherit_fd(unitparser::parse_signed(words[2]).value_or(-1)));
    return;
  }
  const auto pid = static_cast<pid_t>(unitparser::parse_signed(words[1]).value_or(0));
  if (pid <= 0) return;
  if (words[0] == "confirmation") watch_confirmation(unitparser::inherit_fd(unitparser::parse_signed(words[2]).value_or(-1)), pid);
  else if (const Unit* unit = engine_->find(words[2]); unit != nullptr && words[0] == "removal") watch_removal(pid, unit->id);
}

void Executions::take_over_held(const std::vector<std::string_view>& words) {
  constexpr std::size_t fixed_words = 8;
  if (words.size() <= fixed_words) return;
  auto held = std::make_shared<Held>();
  if (words[1] != "-") held->runtime.private_tmp_suffix = std::string(words[1]);
  std::size_t at = 2;
  for (auto* pair : {&held->runtime.network_namespace, &held->runtime.ipc_namespace, &held->runtime.dynamic_user})
    for (int& fd : *pair) fd = unitparser::inherit_fd(unitparser::parse_signed(words[at++]).value_or(-1)).release();
  for (; at < words.size(); ++at)
    if (const Unit* unit = engine_->find(words[at])) {
      held->users.insert(unit->id);
      held_[static_cast<std::uint32_t>(unit->id)] = held;
    }
}

void Executions::release_idle() {
  if (!idle_gave_up()) idle_since_ = {};
  idle_write_.reset();
}

bool Executions::idle_gave_up() const {
  return idle_since_.is_set() && read_clocks().monotonic >= idle_since_ + Duration::from_msec(longest_idle_msec);
}

void Executions::end_login_record(const effect::EndLoginRecord& record) {
  write_dead_login_record(record.id, record.pid, record.code, record.status);
}

}  // namespace init
