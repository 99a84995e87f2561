// The commands of journalctl that are not showing entries. [os: files, sockets]
#pragma once

#include "journal/journalctl/options.h"
#include "journal/journalctl/sources.h"
#include "journal/query/journal.h"

namespace journal {

// Each prints to stdout or stderr as journalctl does and returns the exit code.
int list_boots(const Options& options, Journal& journal);
int print_headers(const Options& options, Journal& journal);
int verify_files(const Options& options, Journal& journal);
int print_disk_usage(const Options& options, Journal& journal);
int print_field_values(const Options& options, Journal& journal);
int print_fields(Journal& journal);
int vacuum_folders(const Options& options, const SourceList& sources);
/// Calls one method of the daemon's varlink service ("Rotate", "FlushToVar", …).
int call_daemon(const Options& options, const char* method);
int smart_relinquish(const Options& options);
int list_catalog(const Options& options);
int update_catalog(const Options& options);
void print_help();

}  // namespace journal
