// Calls of the varlink protocol: one JSON object with a NUL behind it, in each direction. [pure]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "init/varlink/json.h"

namespace init::varlink {

struct Call {
  std::string method;
  Json parameters = JsonObject{};
  bool more = false;     ///< the caller wants several replies
  bool oneway = false;   ///< the caller wants none
};

/// Error: this is no call; whoever sent it does not speak the protocol.
[[nodiscard]] unitparser::Result<Call> parse_call(std::string_view text);

/// What is sent for one call, each with its NUL. A call that nobody shall hear of has none.
struct Answer {
  std::vector<Json> replies;   ///< parameters of each; all but the last say that more comes
  std::string error;           ///< instead of replies: its name, with `error_parameters`
  Json error_parameters = JsonObject{};
  bool keeps_open = false;     ///< more replies follow later: the last one says so too
};
[[nodiscard]] Answer error_answer(std::string name, Json parameters = JsonObject{});
[[nodiscard]] std::string format_answer(const Answer& answer);

}  // namespace init::varlink
