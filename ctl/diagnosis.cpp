// Why a unit is as it is. [os: reads the journal; runs `journal --sync`]
#include "ctl/diagnosis.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ctl/local_journal.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

constexpr unsigned most_records = 200;  // of one run that are looked at; a run that said more is judged by the newest
constexpr std::size_t longest_quote = 200;
constexpr int error_priority = 3, notice_priority = 5;

int priority_of(const LocalJournal& journal) {
  constexpr int info = 6;
  return static_cast<int>(unitparser::parse_unsigned(journal.field("PRIORITY"), 7).value_or(info));
}

/// The message as part of a sentence: without the "UNIT: " before it, which is said already, and without its end.
std::string as_part(std::string message, const std::string& unit) {
  if (message.starts_with(unit + ": ")) message.erase(0, unit.size() + 2);
  if (message.ends_with('.')) message.pop_back();
  return message;
}

/// One run of a unit, as its manager told of it.
struct Run {
  std::string invocation;   ///< empty: a job that came to no run
  std::uint64_t began = 0;  ///< monotonic microseconds
};

/// Reads backwards what the manager said of the last run.
Run read_manager(LocalJournal& journal, const std::string& unit, Evidence& found) {
  Run run;
  std::string other;
  for (unsigned seen = 0; seen < most_records && journal.back(1); ++seen) {
    const std::string invocation = journal.field("INVOCATION_ID") + journal.field("USER_INVOCATION_ID");
    if (seen == 0) run.invocation = invocation;
    if (invocation != run.invocation && !run.invocation.empty()) break;
    // What a job failed of is said once more in a line that does not bear its number.
    const bool is_of_job = !journal.field("JOB_ID").empty();
    const std::string message = journal.field("MESSAGE"), job = is_of_job ? journal.field("JOB_TYPE") : "", result = is_of_job ? journal.field("JOB_RESULT") : "";
    const std::string cause = journal.field("INCIPIT_CAUSE_TEXT"), cause_unit = journal.field("INCIPIT_CAUSE_UNIT");
    run.began = journal.monotonic_usec().value_or(0);
    if (job == "start" || job == "restart") found.start_cause = cause;
    if (job == "stop" && found.stop_cause.empty()) found.stop_cause = cause;
    if (result == "dependency") found.blamed_unit = other;
    const bool complains = priority_of(journal) <= notice_priority && job.empty();
    if (complains && cause_unit != unit) other = cause_unit;
    if (complains && message.find("ailed with result '") == std::string::npos) found.complaint = as_part(message, unit);
    if (run.invocation.empty() && !result.empty()) break;  // a job that came to no run
  }
  return run;
}

/// By the invocation: what a quick service says may be in the log before its manager's word that it starts.
bool is_of(const Run& run, const LocalJournal& journal) {
  const std::string invocation = journal.field("_SYSTEMD_INVOCATION_ID");
  return invocation.empty() || run.invocation.empty() ? journal.monotonic_usec().value_or(0) >= run.began : invocation == run.invocation;
}

void read_last_words(LocalJournal& journal, const Run& run, Evidence& found) {
  for (unsigned seen = 0; seen < most_records && journal.back(1) && is_of(run, journal); ++seen) {
    const bool is_error = priority_of(journal) <= error_priority;
    if (found.last_words.empty() || is_error) found.last_words = std::string(unitparser::trim_right(journal.field("MESSAGE")));
    if (is_error) break;
  }
}

std::string quoted(std::string words) {
  std::replace_if(words.begin(), words.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  if (words.size() > longest_quote) {
    std::size_t end = longest_quote;
    while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xc0U) == 0x80U) --end;  // not within a character of UTF-8
    words = words.substr(0, end) + "…";
  }
  return "\"" + words + "\"";
}

/// For the entries of this boot, and of that user only if there is one.
bool open_boot(LocalJournal& journal, std::optional<std::uint32_t> user_uid) {
  if (!journal.open()) return false;
  journal.match("_BOOT_ID=" + journal.boot_id());
  if (user_uid) journal.match("_UID=" + std::to_string(*user_uid));
  return true;
}

}  // namespace

Evidence evidence_about(const std::string& unit, std::optional<std::uint32_t> user_uid) {
  Evidence found;
  LocalJournal manager;
  if (!open_boot(manager, user_uid)) return found;
  if (!user_uid) manager.match("_PID=1");
  manager.match((user_uid ? "USER_UNIT=" : "UNIT=") + unit);
  if (!manager.seek_tail()) return found;
  const Run run = read_manager(manager, unit, found);
  if (found.complaint.empty() || !found.blamed_unit.empty()) return found;
  LocalJournal own;
  if (!open_boot(own, user_uid)) return found;
  own.match((user_uid ? "_SYSTEMD_USER_UNIT=" : "_SYSTEMD_UNIT=") + unit);
  if (own.seek_tail()) read_last_words(own, run, found);
  return found;
}

std::string diagnosis_text(const Evidence& unit, const Evidence& blamed) {
  std::string text;
  const auto add = [&text](std::string_view before, const std::string& what) {
    if (what.empty()) return;
    if (!text.empty()) text += "; ";
    text += std::string(before) + what;
  };
  if (!unit.blamed_unit.empty()) {
    add("its dependency ", unit.blamed_unit + " did not come up");
    add("", blamed.complaint);
    if (!blamed.last_words.empty()) add("its last words: ", quoted(blamed.last_words));
  } else if (!unit.complaint.empty()) {
    add("", unit.complaint);
    if (!unit.last_words.empty()) add("last words: ", quoted(unit.last_words));
  } else if (!unit.stop_cause.empty()) {
    add("stopped because of ", unit.stop_cause);
    return text;
  }
  add("started because of ", unit.start_cause);
  return text;
}

// `journal --sync` has a deadline of its own; without leave to ask it just ends.
void wait_for_log() {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
  std::string program = "journal", option = "--sync";
  char* arguments[] = {program.data(), option.data(), nullptr};
  pid_t pid = 0;
  const bool runs = posix_spawnp(&pid, "journal", &actions, nullptr, arguments, environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  while (runs && waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string diagnosis(const std::string& unit, const Options& options) {
  if (options.personality != Personality::ctl || options.transport != Transport::local) return {};
  const auto uid = options.scope == Scope::user ? std::optional<std::uint32_t>(getuid()) : std::nullopt;
  const Evidence found = evidence_about(unit, uid);
  const std::string text = diagnosis_text(found, found.blamed_unit.empty() ? Evidence{} : evidence_about(found.blamed_unit, uid));
  return text.empty() ? text : "Why: " + text;
}

}  // namespace ctl
