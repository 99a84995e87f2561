// ctl: steers and shows the service manager. Chooses by the name it is called by; see options and verbs. [all]
#include <cstdlib>
#include <string>
#include <vector>

#include "ctl/escape.h"
#include "ctl/options.h"
#include "ctl/session.h"
#include "ctl/terminal.h"
#include "ctl/verb_list.h"
#include "ctl/verbs.h"

int main(int argc, char** argv) {
  ctl::Terminal terminal;
  // Its options would mean other things to the other verbs.
  std::vector<std::string> words(argv, argv + argc);
  if (!words.empty() && words[0].ends_with("systemd-escape")) return ctl::run_escape(std::move(words), terminal);
  if (words.size() > 1 && words[1] == "escape") return ctl::run_escape({words.begin() + 1, words.end()}, terminal);
  const auto parsed = ctl::parse_command_line(argc, argv, terminal);
  if (parsed.exit_status) return *parsed.exit_status;
  ctl::Session session(parsed.options, terminal);
  switch (parsed.options.personality) {
    case ctl::Personality::halt:
    case ctl::Personality::poweroff:
    case ctl::Personality::reboot: return ctl::run_halt(session);
    case ctl::Personality::shutdown: return ctl::run_shutdown(session);
    default: return ctl::run_verb(session);
  }
}
