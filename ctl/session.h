// What a verb works with: the command line, the terminal, and the manager, connected to when first asked for. [bus]
#pragma once

#include <memory>

#include "ctl/client.h"
#include "ctl/options.h"
#include "ctl/terminal.h"

namespace ctl {

class Session {
 public:
  Session(const Options& options, Terminal& terminal) : options_(options), terminal_(terminal) {}

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] Terminal& out() { return terminal_; }
  /// The manager; on failure says why on stderr and returns nullptr (verbs then leave with EXIT_FAILURE).
  [[nodiscard]] Client* manager();

  /// The same manager over the bus, where it knows who asks (references need that); the private connection when there
  /// is no bus.
  [[nodiscard]] Client* manager_on_bus();

  /// Says "Failed to WHAT: reason" and returns EXIT_FAILURE.
  int fail(std::string_view what, const wire::CallError& error);
  int fail(std::string_view message);

 private:
  const Options& options_;
  Terminal& terminal_;
  std::unique_ptr<Client> client_, bus_client_;
  bool refused_ = false;
};

}  // namespace ctl
