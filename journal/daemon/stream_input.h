// Stdout streams of services: connections, their saved state, their lines. [os: sockets, files]
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "journal/daemon/dispatcher.h"
#include "journal/daemon/notifier.h"
#include "journal/ingest/stream_parser.h"
#include "unitparser/base/fd.h"

namespace journal {

class StreamInput {
 public:
  /// unwatch(fd) is called right before a stream is closed: the manager may hold a copy of the descriptor, and then closing
  /// ours does not take it out of an epoll set.
  StreamInput(Dispatcher& dispatcher, Notifier& notifier, std::string state_folder, std::size_t line_max,
              std::function<void(int)> unwatch);
  ~StreamInput();

  /// Accepts one connection of the listening socket; its descriptor to watch, or -1.
  int accept(int listener);
  /// Takes back a stream that the manager kept for us over a restart; -1 when nothing is known of it.
  int restore(unitparser::UniqueFd fd);
  /// Forgets saved states that no descriptor came back for.
  void forget_unclaimed();

  /// Reads what waits, at most `reads` times. False when the stream has ended and was closed.
  bool receive(int fd, int reads);
  /// Reads all streams dry (before a sync is confirmed), within reason.
  void drain_all();
  [[nodiscard]] bool owns(int fd) const { return streams_.contains(fd); }
  [[nodiscard]] std::size_t count() const { return streams_.size(); }

  /// Hands waiting descriptors to the manager's store; true when all are there.
  bool store_descriptors();

 private:
  struct Stream {
    unitparser::UniqueFd fd;
    StreamParser parser;
    SenderCredentials sender;  ///< label is kept in `label`
    std::string label;
    std::string id;
    std::string state_path;
    SharedFields fixed;  ///< fields that every line of the stream has
    bool tells_unit = false;   ///< who connected may name a unit: root, which is the service manager
    bool announced = false, stored = false;
    Stream(unitparser::UniqueFd socket, StreamParser start) : fd(std::move(socket)), parser(std::move(start)) {}
  };

  int add(std::unique_ptr<Stream> stream);
  [[nodiscard]] bool learn_peer(Stream& stream) const;
  void announce(Stream& stream);
  void save(const Stream& stream) const;
  void set_fixed_fields(Stream& stream) const;
  /// A line that is wanted waits until the next one has come, or store_waiting() is called.
  void take_line(Stream& stream, Sender& sender, std::string_view line, LineBreak why);
  void store_waiting(Stream& stream, Sender& sender);
  void close(int fd);

  Dispatcher& dispatcher_;
  Notifier& notifier_;
  std::string state_folder_;
  std::function<void(int)> unwatch_;
  std::size_t line_max_;
  std::unordered_map<int, std::unique_ptr<Stream>> streams_;
  std::vector<int> unstored_;
  std::vector<char> buffer_;
  struct Line {
    std::string message;
    std::string_view line_break;  ///< as a field; empty: an ordinary one
    int priority = 6;
    ExpectedDatum expected;
  };
  Line next_, waiting_;  ///< that are with the stream that is being read
  bool is_waiting_ = false;
  std::array<SharedFields, 8> priorities_;
};

}  // namespace journal
