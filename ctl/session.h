// What a verb works with: the command line, the terminal, and the manager, connected to when first asked for. [bus]
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

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

  /// Fields of one thing that a verb found out or did, for --json.
  using Fact = std::initializer_list<std::pair<std::string_view, Value>>;
  /// Prints a line of text; with --json keeps `fact` instead.
  void answer(std::string_view line, Fact fact);
  /// With --json keeps the fact of something that is otherwise told on stderr or not at all.
  void tell(Fact fact);
  /// After the verb: with --json prints all facts as one array, unless the verb printed JSON of its own.
  void print_facts();

  /// Says "Failed to WHAT: reason" and returns EXIT_FAILURE.
  int fail(std::string_view what, const wire::CallError& error);
  int fail(std::string_view message);

 private:
  const Options& options_;
  Terminal& terminal_;
  std::unique_ptr<Client> client_, bus_client_;
  unitparser::ArrayValue facts_{"a{sv}", {}};
  bool refused_ = false;
};

}  // namespace ctl
