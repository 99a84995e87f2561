// ctl: steers and shows the service manager. Chooses by the name it is called by; see options and verbs. [all]
#include <cstdlib>

#include "ctl/options.h"
#include "ctl/session.h"
#include "ctl/terminal.h"
#include "ctl/verb_list.h"
#include "ctl/verbs.h"

int main(int argc, char** argv) {
  ctl::Terminal terminal;
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
