// Waits for jobs to end and says how they ended, in the words that people know from systemctl. [bus]
#pragma once

#include <string>
#include <vector>

#include "ctl/session.h"

namespace ctl {

/// Remembers queued jobs; wait() returns when all have ended.
class JobWaiter {
 public:
  explicit JobWaiter(Session& session) : session_(session) {}
  void add(std::string job_path) { waiting_.push_back(std::move(job_path)); }
  /// Success, or EXIT_FAILURE after messages on stderr. There is no deadline of ours: each job has its own.
  [[nodiscard]] int wait(Client& client);

 private:
  void report_failure(Client& client, const std::string& unit, const std::string& result);
  void report_service_failure(Client& client, const std::string& unit);
  Session& session_;
  std::vector<std::string> waiting_;
};

/// "systemctl" or "ctl", with the options that reach the same manager: for hints.
[[nodiscard]] std::string own_command(const Options& options);
/// "journalctl" or "journal", likewise.
[[nodiscard]] std::string journal_command(const Options& options);
/// The exit status that systemctl(1) gives to this error.
[[nodiscard]] int exit_status_of(const wire::CallError& error);

}  // namespace ctl
