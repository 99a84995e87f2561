// Waits for jobs to end and says how they ended, in the words that people know from systemctl. [bus]
#include "ctl/job_waiter.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "ctl/diagnosis.h"
#include "ctl/render/text.h"

namespace ctl {
namespace {

struct Phrase {
  std::string_view result, before, after;
};
// How a job that did not succeed is announced: BEFORE unit AFTER. Results without a row are failures.
constexpr std::array phrases{
    Phrase{"canceled", "Job for ", " canceled."},
    Phrase{"timeout", "Job for ", " timed out."},
    Phrase{"dependency", "A dependency job for ", " failed. See 'journalctl -xe' for details."},
    Phrase{"invalid", "", " is not active, cannot reload."},
    Phrase{"assert", "Assertion failed on job for ", "."},
    Phrase{"unsupported", "Operation on or unit type of ", " not supported on this system."},
    Phrase{"collected", "Queued job for ", " was garbage collected."},
    Phrase{"once", "Unit ", " was started already once and can't be started again."},
};

// Why a service failed, by its Result property.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> service_reasons{{
    {"resources", "of unavailable resources or another system error"},
    {"protocol", "the service did not take the steps required by its unit configuration"},
    {"timeout", "a timeout was exceeded"},
    {"exit-code", "the control process exited with error code"},
    {"signal", "a fatal signal was delivered to the control process"},
    {"core-dump", "a fatal signal was delivered causing the control process to dump core"},
    {"watchdog", "the service failed to send watchdog ping"},
    {"start-limit-hit", "start of the service was attempted too often"},
}};

}  // namespace

std::string own_command(const Options& options) {
  std::string command = options.personality == Personality::ctl ? "ctl" : "systemctl";
  return options.scope == Scope::user ? command + " --user" : command;
}

std::string journal_command(const Options& options) {
  std::string command = options.personality == Personality::ctl ? "journal" : "journalctl";
  return options.scope == Scope::user ? command + " --user" : command;
}

int exit_status_of(const wire::CallError& error) {
  // LSB exit statuses of init scripts, as systemctl(1) maps them.
  constexpr int not_implemented = 3, no_permission = 4, not_installed = 5, not_configured = 6;
  constexpr std::array<std::pair<std::string_view, int>, 8> table{{
      {"org.freedesktop.DBus.Error.AccessDenied", no_permission},
      {"org.freedesktop.systemd1.OnlyByDependency", no_permission},
      {"org.freedesktop.systemd1.NoIsolation", no_permission},
      {"org.freedesktop.systemd1.TransactionIsDestructive", no_permission},
      {"org.freedesktop.systemd1.NoSuchUnit", not_installed},
      {"org.freedesktop.systemd1.JobTypeNotApplicable", not_implemented},
      {"org.freedesktop.DBus.Error.NotSupported", not_implemented},
      {"org.freedesktop.systemd1.LoadFailed", not_configured},
  }};
  for (const auto& [name, status] : table)
    if (name == error.name) return status;
  return EXIT_FAILURE;
}

void JobWaiter::report_service_failure(Client& client, const std::string& unit) {
  std::string result;
  if (const auto value = client.property(unit_path(unit), "org.freedesktop.systemd1.Service", "Result"); value)
    if (const auto* text = std::get_if<std::string>(&value->storage)) result = *text;
  const auto known = std::find_if(service_reasons.begin(), service_reasons.end(), [&](const auto& row) { return row.first == result; });
  const auto& options = session_.options();
  const auto quoted = shell_quote_posix(unit);
  std::string message = "Job for " + unit + " failed";
  if (known != service_reasons.end()) message += " because " + std::string(known->second);
  message += ".\nSee \"" + own_command(options) + " status " + quoted + "\" and \"" + journal_command(options) + " -xeu " + quoted +
             "\" for details.";
  session_.out().error(message);
  if (result == "start-limit-hit")
    session_.out().say(Severity::info, "To force a start use \"" + own_command(options) + " reset-failed " + quoted +
                                           "\"\nfollowed by \"" + own_command(options) + " start " + quoted + "\" again.");
}

void JobWaiter::report_failure(Client& client, const std::string& unit, const std::string& result) {
  const auto phrase = std::find_if(phrases.begin(), phrases.end(), [&](const Phrase& row) { return row.result == result; });
  if (phrase != phrases.end())
    session_.out().error(std::string(phrase->before) + unit + std::string(phrase->after));
  else if (unit.ends_with(".service"))
    report_service_failure(client, unit);
  else
    session_.out().error("Job failed. See \"" + journal_command(session_.options()) + " -xe\" for details.");
  if (session_.options().personality != Personality::ctl) return;
  wait_for_log();  // what a service said as it died may still be on its way
  if (const auto why = diagnosis(unit, session_.options()); !why.empty()) session_.out().say(Severity::info, why);
}

int JobWaiter::wait(Client& client) {
  int status = EXIT_SUCCESS;
  while (!waiting_.empty()) {
    const auto signal = client.next_signal(Duration::infinity());
    if (!signal) return session_.fail("wait for jobs", signal.error());
    if (signal->interface != manager_interface || signal->member != "JobRemoved" || signal->signature != "uoss") continue;
    wire::Reader reader(*signal);
    const auto id = reader.number<std::uint32_t>();
    const std::string path(reader.text()), unit(reader.text()), result(reader.text());
    const auto found = std::find(waiting_.begin(), waiting_.end(), path);
    if (!reader.ok() || found == waiting_.end()) continue;
    waiting_.erase(found);
    session_.tell({{"unit", unit}, {"job", id}, {"result", result}});
    if (result == "done" || result == "skipped") continue;
    if (!session_.options().quiet) report_failure(client, unit, result);
    status = EXIT_FAILURE;
  }
  return status;
}

}  // namespace ctl
