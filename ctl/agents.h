// Helper programs that talk to the user meanwhile: the password agent and polkit's text agent. [os]
#pragma once

#include "ctl/session.h"

namespace ctl {

/// Starts systemd-tty-ask-password-agent when there is a terminal and it is installed; it ends with us.
void start_password_agent(Session& session);
/// Starts pkttyagent for a user other than root, and waits (briefly) until it has registered.
void start_polkit_agent(Session& session);

}  // namespace ctl
