// PAMName=: opens a session and leaves a small parent behind that closes it. The library is loaded only when asked for. [os]
#include <dirent.h>
#include <dlfcn.h>
#include <grp.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "init/executor/context.h"
#include "unitparser/base/shared_library.h"
#include "unitparser/syntax/environment.h"

namespace executor {
namespace {

/// The functions we use of libpam.
struct Library {
  decltype(&::pam_start) start = nullptr;
  decltype(&::pam_end) end = nullptr;
  decltype(&::pam_set_item) set_item = nullptr;
  decltype(&::pam_putenv) putenv = nullptr;
  decltype(&::pam_acct_mgmt) acct_mgmt = nullptr;
  decltype(&::pam_setcred) setcred = nullptr;
  decltype(&::pam_open_session) open_session = nullptr;
  decltype(&::pam_close_session) close_session = nullptr;
  decltype(&::pam_getenvlist) getenvlist = nullptr;
  decltype(&::pam_strerror) strerror = nullptr;
};

bool load(Library& library) {
  using unitparser::find_symbol;
  void* handle = ::dlopen("libpam.so.0", RTLD_NOW | RTLD_GLOBAL);
  return handle != nullptr && find_symbol(handle, "pam_start", library.start) && find_symbol(handle, "pam_end", library.end) &&
         find_symbol(handle, "pam_set_item", library.set_item) && find_symbol(handle, "pam_putenv", library.putenv) &&
         find_symbol(handle, "pam_acct_mgmt", library.acct_mgmt) && find_symbol(handle, "pam_setcred", library.setcred) &&
         find_symbol(handle, "pam_open_session", library.open_session) &&
         find_symbol(handle, "pam_close_session", library.close_session) &&
         find_symbol(handle, "pam_getenvlist", library.getenvlist) && find_symbol(handle, "pam_strerror", library.strerror);
}

/// Nobody is there to answer questions.
int no_conversation(int, const pam_message**, pam_response**, void*) { return PAM_CONV_ERR; }

std::vector<int> open_descriptors() {
  std::vector<int> found;
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return found;
  while (const dirent* entry = ::readdir(folder))
    if (const int fd = std::atoi(entry->d_name); entry->d_name[0] != '.' && fd != ::dirfd(folder)) found.push_back(fd);
  ::closedir(folder);
  return found;
}

/// What the keeper of a session has to know; `foreign` are the descriptors that are not of PAM's making.
struct Session {
  pam_handle_t* handle;
  pid_t service;
  std::vector<int> foreign;
};

/// Waits until the service is gone, then ends the session.
[[noreturn]] void keep_session(const Library& library, const Session& session, const Context& context) {
  constexpr std::string_view name = "(sd-pam)";  // by which people know it in lists of processes
  ::prctl(PR_SET_NAME, name.data());
  std::fill(context.own_arguments.begin(), context.own_arguments.end(), '\0');
  std::copy_n(name.begin(), std::min(name.size(), context.own_arguments.size()), context.own_arguments.begin());
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The service's descriptors, held open here, would keep connections alive; those of PAM's modules are the session to logind.
  for (const int fd : session.foreign) ::close(fd);
  const User& user = context.user;
  // As the user, so that the session's keeper is killed with the session and can do no harm.
  if (::setresgid(user.gid, user.gid, user.gid) < 0 || ::setgroups(0, nullptr) < 0 ||
      ::setresuid(user.uid, user.uid, user.uid) < 0)
    ::prctl(PR_SET_DUMPABLE, 0);
  // The service may have ended before PDEATHSIG was armed (or a change of identity cleared it).
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t wait;
  ::sigemptyset(&wait);
  ::sigaddset(&wait, SIGTERM);
  while (::getppid() == session.service) {
    int signal = 0;
    if (::sigwait(&wait, &signal) == 0 && signal == SIGTERM) break;
  }
  library.setcred(session.handle, PAM_DELETE_CRED | PAM_SILENT);
  const int result = library.close_session(session.handle, PAM_DATA_SILENT);
  library.end(session.handle, result | PAM_DATA_SILENT);
  ::_exit(result == PAM_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace

Done step_pam(Context& context) {
  Library library;
  if (!load(library)) {
    context.log.warning("PAMName= is set, but libpam is not installed; proceeding without a PAM session");
    return {};
  }
  const User& user = context.user;
  Session session{nullptr, ::getpid(), open_descriptors()};
  const pam_conv conversation{no_conversation, nullptr};
  pam_handle_t* handle = nullptr;
  int result = library.start(context.plan.identity.pam_service.c_str(), user.name.c_str(), &conversation, &handle);
  const auto fail_pam = [&](std::string_view what) {
    const std::string text = std::string(what) + ": " + library.strerror(handle, result);
    if (handle != nullptr) library.end(handle, result | PAM_DATA_SILENT);
    return unitparser::fail_errno(EPERM, text);
  };
  if (result != PAM_SUCCESS) return fail_pam("PAM failed to start");
  if (!context.plan.streams.tty_path.empty()) library.set_item(handle, PAM_TTY, context.plan.streams.tty_path.c_str());
  for (const std::string& variable : context.environment) library.putenv(handle, variable.c_str());
  result = library.acct_mgmt(handle, PAM_SILENT);
  if (result != PAM_SUCCESS) return fail_pam("PAM account check failed");
  result = library.setcred(handle, PAM_ESTABLISH_CRED | PAM_SILENT);
  if (result != PAM_SUCCESS) context.log.warning("PAM could not establish credentials, ignoring");
  result = library.open_session(handle, PAM_SILENT);
  if (result != PAM_SUCCESS) return fail_pam("PAM failed to open a session");
  char** list = library.getenvlist(handle);
  for (char** entry = list; entry != nullptr && *entry != nullptr; ++entry) {
    unitparser::set_variable(context.environment, *entry);
    std::free(*entry);
  }
  std::free(static_cast<void*>(list));
  unitparser::remove_variables(context.environment, context.plan.environment.unset);
  // SIGTERM must not be lost between fork and wait.
  sigset_t block;
  sigset_t before;
  ::sigemptyset(&block);
  ::sigaddset(&block, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &block, &before);
  session.handle = handle;
  const pid_t keeper = ::fork();
  if (keeper == 0) keep_session(library, session, context);
  const int why = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (keeper < 0) {
    library.close_session(handle, PAM_DATA_SILENT);
    library.end(handle, PAM_DATA_SILENT);
    return unitparser::fail_errno(why, "Failed to fork the keeper of the PAM session");
  }
  return {};
}

}  // namespace executor
