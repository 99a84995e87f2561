// Opening of everything a socket unit can listen on (systemd.socket(5)). [os]
#pragma once

#include <functional>
#include <vector>

#include "init/engine/event.h"
#include "unitparser/config/socket_config.h"

namespace init {

/// What opening needs besides the config.
struct SocketSurroundings {
  std::string network_namespace;  ///< path of NetworkNamespacePath=, empty: ours
  std::function<void(const unitparser::Error&)> warn;  ///< an option this kernel refuses: named, and the socket still opens
};

/// Opens, binds and listens on every entry, in order; all or nothing. The descriptors belong to the caller; they are
/// close-on-exec and non-blocking. Nodes and links in the file system are made with SocketMode= and DirectoryMode=.
[[nodiscard]] unitparser::Result<std::vector<SocketPort>> open_sockets(
    const unitparser::SocketConfig& config, const unitparser::SocketOptions& options,
    const SocketSurroundings& surroundings);

/// Removes the nodes and links that open_sockets() made (RemoveOnStop=).
void remove_socket_files(const unitparser::SocketConfig& config);

/// A connection that waits at a listener: close-on-exec, non-blocking, the caller's. -1 and errno when there is none; never
/// waits, even when a service that has the listener too made it blocking.
[[nodiscard]] int accept_connection(int listener);

/// Reads and throws away what is queued (FlushPending=); bounded, and never waits, as accept_connection().
void flush_sockets(const std::vector<int>& fds);

/// Makes every folder above `path` that is missing, with `mode`.
void make_parent_folders(const std::string& path, std::uint32_t mode);

}  // namespace init
