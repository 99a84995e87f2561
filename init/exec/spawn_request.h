// SpawnRequest: what a state machine asks to be run; the plan builder resolves it against the unit's config. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "unitparser/base/time.h"
#include "unitparser/config/values.h"
#include "unitparser/names/unit_name.h"

namespace init {

/// A descriptor that the process gets from position 3 on, with its name for LISTEN_FDNAMES. Not owned here.
struct PassedFd {
  int fd = -1;
  std::string name;
};

/// What the process is to its unit; decides credentials, environment and which processes may notify.
enum class SpawnRole : std::uint8_t {
  main,     ///< ExecStart=
  control,  ///< any other command of the unit
  owner,    ///< no command: gives what was made for the unit to whom the files name (SocketUser=, User= of a scope), and ends
};

/// One process to start for one unit.
struct SpawnRequest {
  unitparser::UnitName unit;
  SpawnRole role = SpawnRole::main;
  std::string command_kind;              ///< "ExecStart", "ExecStartPre", …: decides the control group and whether directories are made
  unitparser::ExecCommand command;
  std::string cgroup;                    ///< path below the cgroup root, with leading '/'; control processes may get a
                                         ///< sub-group ".control" by the plan builder
  std::string invocation_id;             ///< 32 hexadecimal digits
  std::vector<std::string> environment;  ///< "NAME=value" that this run adds: MAINPID=, SERVICE_RESULT=, EXIT_CODE=, …
  std::vector<PassedFd> sockets;         ///< LISTEN_FDS part: sockets first, then stored descriptors
  std::uint32_t stored = 0;              ///< how many at the end of `sockets` come from the descriptor store
  int stdin_socket = -1;                 ///< the connection, for StandardInput=socket and Accept=yes; not owned
  std::array<int, 3> standard_fds{-1, -1, -1};  ///< StandardInputFileDescriptor= & co. of transient units; not owned
  bool notify_socket = false;            ///< set NOTIFY_SOCKET=
  unitparser::Duration watchdog;         ///< non-zero: WATCHDOG_USEC= and WATCHDOG_PID=
  bool confirm_exec = false;             ///< the parent wants to know that execve() worked (Type=exec)
  bool idle = false;                     ///< Type=idle: hold back until the boot's jobs are done, at most 5 s
  bool apply_directories = true;         ///< create RuntimeDirectory= & co. before it
};

}  // namespace init
