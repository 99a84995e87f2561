// The record of a shutdown in utmp and wtmp (utmp(5)). [os]
#pragma once

namespace ctl {

/// Appends a shutdown entry; failure changes nothing and is not worth a message on the way down.
void write_shutdown_record();

}  // namespace ctl
