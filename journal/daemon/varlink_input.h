// The varlink service io.systemd.Journal: Synchronize, Rotate, FlushToVar, RelinquishVar. [os: sockets]
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "unitparser/base/fd.h"

namespace journal {

/// One varlink call as far as this service needs it.
struct VarlinkCall {
  std::string method;
  bool oneway = false;
};
/// Reads one request object; nullopt when it is not one.
[[nodiscard]] std::optional<VarlinkCall> parse_varlink_call(std::string_view json);

/// What became of a call.
enum class VarlinkOutcome : std::uint8_t {
  done,
  failed,  ///< the disk refused: the caller must not believe that its lines are safe
  unknown_method,
};

class VarlinkInput {
 public:
  /// Does what the method names.
  using Perform = std::function<VarlinkOutcome(std::string_view method)>;
  explicit VarlinkInput(Perform perform) : perform_(std::move(perform)) {}

  int accept(int listener);
  /// False when the connection ended and was closed.
  bool receive(int fd);
  [[nodiscard]] bool owns(int fd) const { return connections_.contains(fd); }

 private:
  struct Connection {
    unitparser::UniqueFd fd;
    std::string pending;
  };
  [[nodiscard]] std::string answer(const VarlinkCall& call);

  Perform perform_;
  std::unordered_map<int, Connection> connections_;
};

}  // namespace journal
