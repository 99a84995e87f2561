// What --help, --version and the "help" values of options print. [pure]
#pragma once

#include "ctl/options.h"

namespace ctl {

void print_help(Terminal& terminal, Personality personality);
/// First two words "systemd NNN" when called as systemctl: programs read them.
void print_version(Terminal& terminal, Personality personality);
void print_types(Terminal& terminal);    ///< -t help
void print_states(Terminal& terminal);   ///< --state=help
void print_signals(Terminal& terminal);  ///< -s help

}  // namespace ctl
