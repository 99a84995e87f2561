// Server: varlink on sockets of the file system, from the event loop. [loop]
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "init/driver/loop.h"
#include "init/varlink/call.h"
#include "unitparser/base/fd.h"

namespace init::varlink {

/// Who calls.
struct Peer {
  std::uint64_t connection = 0;
  pid_t pid = 0;
  uid_t uid = 0;
};

/// Serves all of its sockets with one handler. What a client sends or leaves unread is bounded; a client that breaks the
/// protocol, sends too much or reads nothing loses its connection, and nobody else notices.
class Server {
 public:
  using Handle = std::function<Answer(const Peer&, const Call&)>;
  Server(Loop& loop, Handle handle) : loop_(loop), handle_(std::move(handle)) {}
  /// Listens at `path`, with the socket of an earlier image or else a new one that replaces what is there; anybody may connect.
  [[nodiscard]] unitparser::Result<void> listen(const std::string& path);
  /// One more reply to a call whose answer kept the connection open; false when the client is gone.
  bool send(std::uint64_t connection, const Json& reply);

  /// For the image after this one: sockets, and clients in whose conversation nothing is half said; `subscriber` (0: none)
  /// is left out, it has to subscribe anew.
  [[nodiscard]] std::vector<std::string> hand_over(std::uint64_t subscriber) const;
  [[nodiscard]] std::vector<int> descriptors(std::uint64_t subscriber) const;
  /// Takes a line of hand_over(); before listen().
  void take_over(std::string_view line);

 private:
  struct Client {
    unitparser::UniqueFd fd;
    Peer peer;
    std::string in;
    std::string out;
    Source source;
    bool waits_for_room = false;
    [[nodiscard]] bool is_idle() const { return in.empty() && out.empty(); }
  };
  struct Listener {
    std::string path;
    unitparser::UniqueFd fd;
    Source source;
  };
  void accept(int listener);
  void adopt(unitparser::UniqueFd socket);
  void watch(Client& client);
  void on_ready(std::uint64_t connection, std::uint32_t events);
  [[nodiscard]] bool read(Client& client);
  [[nodiscard]] bool take_messages(Client& client);
  [[nodiscard]] bool flush(Client& client);

  Loop& loop_;
  Handle handle_;
  std::vector<Listener> listeners_;
  std::map<std::string, unitparser::UniqueFd> handed_;   ///< sockets of an earlier image, by path
  std::map<std::uint64_t, Client> clients_;
  std::uint64_t last_connection_ = 0;
};

}  // namespace init::varlink
