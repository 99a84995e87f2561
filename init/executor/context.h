// Context: the plan and what the steps learn one after the other; the steps' declarations. [os]
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <vector>

#include "init/exec/spawn_plan.h"
#include "init/executor/log.h"
#include "unitparser/base/result.h"

namespace executor {

using unitparser::Result;
using unitparser::UniqueFd;

/// Who the process becomes, once names are looked up.
struct User {
  bool known = false;       ///< User= or DynamicUser= is set
  std::string name;
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  std::string home;         ///< empty: not worth telling
  std::string shell;
  std::vector<gid_t> groups;
  bool keep_groups = false; ///< `groups` is not to be set
};

struct Context {
  init::SpawnPlan plan;
  Log& log;
  User user{};
  std::vector<std::string> environment{};
  std::vector<std::string> pam_environment{};
  std::vector<std::string> argv{};
  std::string executable{};
  dev_t journal_device = 0;
  ino_t journal_inode = 0;
  init::ExitStatus failure_status{};  ///< set by a step whose exit code is not the table's; success: use the table's
  std::string_view failure_name{};
  std::span<char> own_arguments{};    ///< where our own command line lies in memory
  bool announced = false;             ///< PID 1 was told that execve() comes next
  bool finish = false;                ///< stop here with success: nothing is there to be executed

  /// Uid and gid that files made for the process belong to.
  [[nodiscard]] uid_t owner_uid() const { return user.uid == static_cast<uid_t>(-1) ? 0 : user.uid; }
  [[nodiscard]] gid_t owner_gid() const { return user.gid == static_cast<gid_t>(-1) ? 0 : user.gid; }
};

using Done = Result<void>;

/// Runs one step. On failure the context says which exit code if it is not the step's own.
[[nodiscard]] Done run_step(Context& context, init::ExecStep step);

// steps_process.cpp
Done step_signals(Context& context);
Done step_idle(Context& context);
Done step_descriptors(Context& context);
Done step_session(Context& context);
Done step_oom_score(Context& context);
Done step_coredump_filter(Context& context);
Done step_nice(Context& context);
Done step_scheduler(Context& context);
Done step_cpu_affinity(Context& context);
Done step_numa_policy(Context& context);
Done step_io_priority(Context& context);
Done step_timer_slack(Context& context);
Done step_personality(Context& context);
Done step_umask(Context& context);
Done step_limits(Context& context);
Done step_keyring(Context& context);
// steps_streams.cpp
Done step_standard_input(Context& context);
Done step_standard_output(Context& context);
Done step_standard_error(Context& context);
// steps_terminal.cpp
Done step_terminal_wait(Context& context);
Done step_terminal_reset(Context& context);
Done step_terminal_release(Context& context);
Done step_terminal_owner(Context& context);
Done step_utmp(Context& context);
/// Opens a terminal as controlling terminal the way StandardInput=tty, tty-force or tty-fail ask. For `tty`, ETIMEDOUT when
/// others have it for longer than `longest_wait_msec` (-1: without limit, as documented; PID 1's start timeout bounds it).
Result<UniqueFd> acquire_terminal(const std::string& path, unitparser::ExecInput mode, int longest_wait_msec = -1);
/// Parts with the controlling terminal again.
void give_up_terminal(int fd);
/// The terminal modes of a fresh login.
void make_sane(int fd);
/// Opens a terminal without making it the controlling one; retries while it is being hung up.
Result<UniqueFd> open_terminal(const std::string& path, int flags);
// steps_confirm.cpp
Done step_confirm(Context& context);
// steps_user.cpp
Done step_user(Context& context);
Done step_groups(Context& context);
Done step_change_user(Context& context);
Done step_delegation(Context& context);
Done step_ownership(Context& context);
// dynamic_user.cpp
Done allocate_dynamic_user(Context& context);
// steps_directories.cpp
Done step_directories(Context& context);
// steps_credentials.cpp
Done step_credentials(Context& context);
// steps_environment.cpp
Done step_environment(Context& context);
// steps_namespaces.cpp
Done step_network_namespace(Context& context);
Done step_ipc_namespace(Context& context);
Done step_own_user_namespace(Context& context);
Done step_user_namespace(Context& context);
Done step_hostname_namespace(Context& context);
Done step_chroot(Context& context);
// steps_mounts.cpp
Done step_mount_namespace(Context& context);
// steps_privileges.cpp
Done step_capabilities(Context& context);
Done step_secure_bits(Context& context);
Done step_no_new_privileges(Context& context);
Done step_labels(Context& context);
// steps_seccomp.cpp
Done step_seccomp(Context& context);
// steps_pam.cpp
Done step_pam(Context& context);
// steps_exec.cpp
Done step_working_directory(Context& context);
Done step_find_program(Context& context);
Done step_pass_descriptors(Context& context);
Done step_exec(Context& context);

// helpers.cpp
/// Failure with the present errno.
[[nodiscard]] tl::unexpected<unitparser::Error> failed(std::string_view what);
/// Opens and writes one value into a kernel file.
Done write_file(const std::string& path, std::string_view value);
/// Whole content of a file of at most `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit = 16U << 20U);
/// mkdir -p, with mode 0755 for what is made.
Done make_parents(const std::string& path, mode_t mode = 0755);
/// Closes every descriptor but the standard streams and those.
Done close_all_but(std::vector<int> fds);
/// Sends `fd` over a socket pair's end and the way back (MSG_DONTWAIT; EAGAIN when none waits).
Done send_fd(int socket, int fd);
Result<UniqueFd> receive_fd(int socket);
/// Holds a lock on a socket pair's end as long as it lives.
class PairLock {
 public:
  explicit PairLock(int fd);
  ~PairLock();
  PairLock(const PairLock&) = delete;
  PairLock& operator=(const PairLock&) = delete;

 private:
  int fd_;
};
/// Tells PID 1 (descriptors.report).
void report(const Context& context, init::ReportRecord::Kind kind, init::ExitStatus status, int os_errno);
/// Tells it that execve() comes next, once; before filters that may forbid writing.
void announce_execution(Context& context);

}  // namespace executor
