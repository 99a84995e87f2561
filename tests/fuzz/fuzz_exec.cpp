// Feeds command lines; what was read must be read again from how it is written. [pure]
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "unitparser/syntax/exec_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unitparser;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (line.find_first_of(std::string_view("\0\n\r", 3)) != std::string_view::npos || line.empty()) return 0;  // ends of lines
  const SpecifierFacts facts;
  const SpecifierContext context{&facts, "f@i.service", "/etc/systemd/system/f@.service", {}};
  Diagnostics said;
  Remarks remarks(said, {}, "ExecStart");
  ExecCommands commands;
  (void)parse_exec_line(line, context, {}, remarks, commands);
  const std::string variables[] = {"A=one two", "B='x y' z", "C="};
  for (const ExecCommand& command : commands) {
    (void)expand_environment(command.argv, variables);
    // What a specifier made begin as a prefix does, or stand for the end of a command, cannot be written without one.
    if (command.path.find_first_of("-@:+!|") == 0 || command.path == ";") continue;
    ExecCommands again;
    if (parse_exec_line(format_exec_line(command), context, {}, remarks, again) != ExecLineOutcome::accepted || again.size() != 1) std::abort();
    if (again[0].path != command.path || again[0].argv != command.argv) std::abort();
  }
  return 0;
}
