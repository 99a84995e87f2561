// The record of a shutdown in utmp and wtmp (utmp(5)). [os]
#include "ctl/wtmp.h"

#include <sys/time.h>
#include <sys/utsname.h>
#include <utmpx.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace ctl {

void write_shutdown_record() {
  utmpx record{};
  record.ut_type = RUN_LVL;
  constexpr std::string_view user = "shutdown", line = "~~", id = "~~";
  std::copy(user.begin(), user.end(), record.ut_user);
  std::copy(line.begin(), line.end(), record.ut_line);
  std::copy(id.begin(), id.end(), record.ut_id);
  utsname names{};
  if (uname(&names) == 0) {
    const std::string_view release = names.release;
    std::copy_n(release.begin(), std::min(release.size(), sizeof record.ut_host - 1), record.ut_host);
  }
  timeval now{};
  gettimeofday(&now, nullptr);
  record.ut_tv.tv_sec = static_cast<decltype(record.ut_tv.tv_sec)>(now.tv_sec);
  record.ut_tv.tv_usec = static_cast<decltype(record.ut_tv.tv_usec)>(now.tv_usec);
  updwtmpx("/var/log/wtmp", &record);
  setutxent();
  pututxline(&record);
  endutxent();
}

}  // namespace ctl
