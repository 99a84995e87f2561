// Entries for other log systems: the journal export format, JSON lines, OTLP/HTTP; printed or sent: `journal export`,
// `journal upload`. [os: sockets]
#pragma once

#include <cstdint>
#include <string>

#include "journal/journalctl/options.h"
#include "journal/journalctl/sources.h"
#include "journal/query/journal.h"

namespace journal {

enum class ExportFormat : std::uint8_t {
  journal_export,  ///< application/vnd.fdo.journal: systemd-journal-remote
  json_lines,      ///< one object a line
  otlp,            ///< OTLP/HTTP logs in JSON: OpenTelemetry collector, Loki
};

struct ExportWishes {
  ExportFormat format = ExportFormat::journal_export;
  std::string url;         ///< of upload: http://HOST[:PORT][/PATH]
  std::string state_file;  ///< of upload: keeps the cursor behind the last entry that was confirmed
};

/// One entry as an OTLP log record (JSON).
void append_log_record(Journal& journal, std::string& out);

/// Prints the wanted entries. The exit code.
int print_export(const Options& options, const ExportWishes& wishes, std::uint64_t now, Journal& journal);

/// Sends the wanted entries in batches, each when the one before was confirmed; tries again when the connection breaks or the
/// receiver is busy, so that each entry arrives at least once; what is too large for the receiver is sent in parts, and an entry
/// that alone is too large is left out and told. With -f it goes on with new ones. The exit code.
int upload_entries(const Options& options, const SourceList& sources, const ExportWishes& wishes, std::uint64_t now, Journal& journal);

}  // namespace journal
